//! What the server says.

use super::content::{answers, attachments, kind};
use super::fields::{below, is_true, list, number, object, string, text};
use crate::availability::{Hours, Inbox};
use crate::content::Kind;
use crate::digits::digits;
use crate::json::{Object, Value};
use crate::model::{Author, Contact, Conversation, ConversationId, EchoId, Message, MessageId, Person, Status};
use crate::spoofing::without_bidi_controls;
use crate::visitor::conversation_index::{CONVERSATIONS_ATTRIBUTE, ConversationIndex, INBOXES_ATTRIBUTE};
use crate::visitor::conversation_list::ConversationSummary;

/// A frame of `/cable`, sub-protocol `actioncable-v1-json`.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The server is ready for commands.
    Welcome,
    /// Sent every 3 s as long as the connection lives.
    Ping,
    /// Our subscription stands.
    Confirmed,
    /// Our subscription was refused. Chatwoot itself stays silent instead; servers in front of it do send this.
    Rejected,
    /// The server ends the connection, and says whether coming back makes sense.
    Disconnect {
        /// Whether to come back.
        reconnect: bool,
    },
    /// Something happened.
    Event(Box<ServerEvent>),
    /// Anything else, broken JSON included.
    Unknown,
}

/// What happened, of the things a visitor may know. Frames carry much more (labels, assignees, tokens): it is dropped.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// A message came to be.
    MessageCreated(Message, Option<EchoId>),
    /// A message changed; whether the visitor has read it by now, as far as the server was told.
    MessageUpdated(Message, bool),
    /// A conversation came to be or changed.
    ConversationChanged(Conversation),
    /// Somebody of the team writes in this conversation, or nobody any more.
    TypingChanged(ConversationId, Option<Person>),
    /// Whether any agent of the account is online.
    PresenceChanged(bool),
    /// Something this version has no use for.
    Other,
}

/// Reads a frame.
#[must_use]
pub fn frame(text: &str) -> Frame {
    let Some(frame) = object(text) else { return Frame::Unknown };
    match string(&frame, "type") {
        Some("welcome") => Frame::Welcome,
        Some("ping") => Frame::Ping,
        Some("confirm_subscription") => Frame::Confirmed,
        Some("reject_subscription") => Frame::Rejected,
        Some("disconnect") => Frame::Disconnect { reconnect: is_true(&frame, "reconnect").unwrap_or(true) },
        Some(_) => Frame::Unknown,
        None => below(&frame, "message").map_or(Frame::Unknown, |m| Frame::Event(news(m).into())),
    }
}

fn news(message: &Object) -> ServerEvent {
    let (Some(event), Some(data)) = (string(message, "event"), below(message, "data")) else {
        return ServerEvent::Other;
    };
    let heard = match event {
        "message.created" => read_message(data).map(|message| ServerEvent::MessageCreated(message, echo(data))),
        "message.updated" => read_message(data)
            .map(|message| ServerEvent::MessageUpdated(message, string(data, "status") == Some("read"))),
        "presence.update" => below(data, "users")
            .map(|users| ServerEvent::PresenceChanged(users.names().any(|id| string(users, id) == Some("online")))),
        "conversation.created" | "conversation.updated" | "conversation.status_changed" => {
            read_conversation(data).map(ServerEvent::ConversationChanged)
        }
        "conversation.typing_on" | "conversation.typing_off" => typing(data, event.ends_with("on")),
        _ => None,
    };
    heard.unwrap_or(ServerEvent::Other)
}

/// Agents see each other write private notes, and the server tells visitors, too; and it tells them of themselves.
fn typing(data: &Object, is_on: bool) -> Option<ServerEvent> {
    let user = below(data, "user")?;
    let is_ours_to_know = string(user, "type") != Some("contact") && is_true(data, "is_private") != Some(true);
    let conversation = ConversationId(number(below(data, "conversation")?, "id")?);
    is_ours_to_know.then(|| ServerEvent::TypingChanged(conversation, is_on.then(|| person(user))))
}

/// What an answer to a contact request holds: PATCH leaves out what only the first answers carry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContactAnswer {
    /// A usable contact.
    Known(Contact),
    /// JSON, but not of a contact we could work with.
    Unusable,
}

/// Reads a contact, as answered by create and show.
#[must_use]
pub fn contact(body: &str) -> ContactAnswer {
    let known = object(body).and_then(|contact| {
        let source_id = string(&contact, "source_id").filter(|id| !id.is_empty())?.to_owned();
        let pubsub_token = string(&contact, "pubsub_token").filter(|token| !token.is_empty())?.to_owned();
        Some(Contact { source_id, pubsub_token })
    });
    known.map_or(ContactAnswer::Unusable, ContactAnswer::Known)
}

/// Reads which conversations a contact's attributes say it has, from the answer to a change of the contact or one that
/// holds a conversation; `None` where that carries no attributes.
#[must_use]
pub fn listed(body: &str) -> Option<ConversationIndex> {
    let answer = object(body)?;
    let attributes = below(&answer, "custom_attributes");
    attributes.filter(|_| below(&answer, "contact").is_none()).map(read_listed).or_else(|| listed_beside(&answer))
}

fn read_listed(attributes: &Object) -> ConversationIndex {
    ConversationIndex::parse(&text(attributes, CONVERSATIONS_ATTRIBUTE), &text(attributes, INBOXES_ATTRIBUTE))
}

/// What the contact's attributes say that a conversation comes with.
fn listed_beside(conversation: &Object) -> Option<ConversationIndex> {
    below(below(conversation, "contact")?, "custom_attributes").map(read_listed)
}

/// Reads one conversation, as answered by create.
#[must_use]
pub fn conversation(body: &str) -> Option<Conversation> {
    read_conversation(&object(body)?)
}

/// Reads the beginning of a conversation, cut off before its messages.
#[must_use]
pub fn conversation_head(text: &str) -> Option<Conversation> {
    conversation(&[text.trim_end().trim_end_matches(','), "}"].concat())
}

/// Reads a list of conversations; `None` when it is no list.
#[must_use]
pub fn conversations(body: &str) -> Option<Vec<Conversation>> {
    list(body, read_conversation)
}

/// A list of conversations.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// Each with what was said last in it, and its inbox where the server says so.
    pub all: Vec<(ConversationSummary, Option<u64>)>,
    /// What the contact's attributes say that they come with.
    pub index: Option<ConversationIndex>,
}

/// Reads a list of conversations with what was said last in each; `None` when it is no list.
#[must_use]
pub fn listing(body: &str) -> Option<Listing> {
    let mut listing = Listing::default();
    let all = list(body, |data| {
        let Conversation { id, status, inbox, .. } = read_conversation(data)?;
        let said = data.get("messages").and_then(Value::items).unwrap_or_default();
        let last = said.iter().filter_map(|message| read_message(message.object()?)).max_by_key(|message| message.id);
        Some((ConversationSummary { id, status, last: last.map(Into::into) }, inbox, listed_beside(data)))
    })?;
    for (summary, inbox, listed) in all {
        listing.all.push((summary, inbox));
        listing.index = listing.index.or(listed);
    }
    Some(listing)
}

/// Reads one message, as answered by create.
#[must_use]
pub fn message(body: &str) -> Option<Message> {
    read_message(&object(body)?)
}

/// Reads a page of messages, oldest first; `None` when it is no list.
#[must_use]
pub fn messages(body: &str) -> Option<Vec<Message>> {
    list(body, read_message)
}

/// The server's own words about a request it refused (`message` of a 422, `error` of others), if it gave any.
#[must_use]
pub fn refusal(body: &str) -> Option<String> {
    let answer = object(body)?;
    ["message", "error"]
        .iter()
        .find_map(|key| string(&answer, key))
        .filter(|words| !words.is_empty())
        .map(str::to_owned)
}

/// Whether a 500's body is Chatwoot's own word that it failed: what Rails says to whoever asked for JSON. A gateway's
/// JSON has other fields.
#[must_use]
pub fn is_fault(body: &str) -> bool {
    object(body).is_some_and(|answer| number(&answer, "status") == Some(500) && string(&answer, "error").is_some())
}

/// Reads an inbox.
#[must_use]
pub fn inbox(body: &str) -> Option<Inbox> {
    let inbox = object(body)?;
    let keeps_hours = is_true(&inbox, "working_hours_enabled") == Some(true);
    let hours = inbox.get("working_hours").and_then(Value::items).filter(|_| keeps_hours);
    Some(Inbox {
        name: without_bidi_controls(string(&inbox, "name")?),
        zone: text(&inbox, "timezone"),
        hours: hours.map(|days| days.iter().take(DAYS_MAX).filter_map(|day| hours_of(day.object()?)).collect()),
        demands_proof: is_true(&inbox, "identity_validation_enabled") == Some(true),
    })
}

/// The server holds one entry for each day of the week.
const DAYS_MAX: usize = 7;

/// A day's hours, if it has any. A day that closes at 23:59 ends where the next one begins.
fn hours_of(day: &Object) -> Option<Hours> {
    let minutes = |hour, minute| Some(number(day, hour)?.min(24) * 60 + number(day, minute).unwrap_or(0).min(59));
    let is = |what| is_true(day, what) == Some(true);
    let (opens, closes) = match (is("closed_all_day"), is("open_all_day")) {
        (true, _) => return None,
        (false, true) => (0, 1_440),
        (false, false) => (minutes("open_hour", "open_minutes")?, minutes("close_hour", "close_minutes")?),
    };
    Some(Hours { day: number(day, "day_of_week")?, opens, closes: if closes >= 1_439 { 1_440 } else { closes } })
}

fn read_message(data: &Object) -> Option<Message> {
    let attributes = below(data, "content_attributes");
    let kind = kind(data, attributes);
    Some(Message {
        id: MessageId(number(data, "id")?),
        conversation: number(data, "conversation_id").map(ConversationId),
        inbox: number(data, "inbox_id"),
        text: if matches!(kind, Kind::Rating(_)) { question(data) } else { text(data, "content") },
        author: author(data),
        at: number(data, "created_at").unwrap_or(0),
        is_deleted: attributes.and_then(|them| is_true(them, "deleted")).unwrap_or(false),
        answers: attributes.map(answers).unwrap_or_default(),
        kind,
        attachments: attachments(data),
        reply_to: attributes.and_then(|them| number(them, "in_reply_to")).map(MessageId),
    })
}

/// What a survey asks. Up to Chatwoot 4.2 that is a sentence with a link to a page of the server's own, which leads away
/// from here and says who was asked: then it is nothing, and the widget's own words ask.
fn question(data: &Object) -> String {
    let question = text(data, "content");
    if question.contains("://") { String::new() } else { question }
}

fn author(data: &Object) -> Author {
    let sender = below(data, "sender");
    match (number(data, "message_type"), sender) {
        (Some(0), _) => Author::Visitor,
        (_, None) => Author::Inbox,
        (_, Some(sender)) => {
            let person = person(sender);
            let is_bot = matches!(string(sender, "type"), Some("agent_bot" | "captain_assistant"));
            if is_bot { Author::Bot(person) } else { Author::Agent(person) }
        }
    }
}

fn person(data: &Object) -> Person {
    let name = ["available_name", "name"].iter().find_map(|key| string(data, key));
    Person {
        id: number(data, "id"),
        name: without_bidi_controls(name.unwrap_or_default()),
        avatar_url: text(data, "avatar_url"),
    }
}

fn read_conversation(data: &Object) -> Option<Conversation> {
    Some(Conversation {
        id: ConversationId(number(data, "id")?),
        status: match string(data, "status") {
            Some("resolved") => Status::Resolved,
            Some("pending") => Status::Pending,
            Some("snoozed") => Status::Snoozed,
            Some(_) | None => Status::Open,
        },
        agent_last_seen_at: number(data, "agent_last_seen_at").unwrap_or(0),
        contact_last_seen_at: number(data, "contact_last_seen_at").unwrap_or(0),
        inbox: number(data, "inbox_id"),
        source_id: below(data, "contact_inbox").and_then(|ours| string(ours, "source_id")).map(str::to_owned),
    })
}

/// The echo_id of a frame; a number where somebody else's client sent one.
fn echo(data: &Object) -> Option<EchoId> {
    let echo = data.get("echo_id")?;
    match echo.text() {
        Some(text) => Some(text.into()).filter(|_| !text.is_empty()),
        None => Some(digits(echo.number()?).into()),
    }
}
