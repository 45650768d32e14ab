//! Parsers for what the server sends: frames of `/cable`, and responses of the client API.

use super::content::{parse_answers, parse_attachments, parse_kind};
use super::fields::{bool_at, number_at, object_at, parse_list, parse_object, str_at, text_at};
use crate::availability::{Inbox, WorkingHours};
use crate::content::MessageKind;
use crate::model::{Author, Contact, Conversation, ConversationId, EchoId, Message, MessageId, Person, Status};
use crate::spoofing::without_bidi_controls;
use crate::tolerant_json::{Json, Object};
use crate::url::after_scheme;
use crate::visitor::conversation_index::{CONVERSATIONS_ATTRIBUTE, ConversationIndex, INBOXES_ATTRIBUTE};
use crate::visitor::conversation_list::ConversationSummary;

/// A frame of `/cable`, subprotocol `actioncable-v1-json`.
#[derive(Clone, Debug, PartialEq)]
pub enum Frame {
    /// The server is ready for commands.
    Welcome,
    /// A ping, sent every 3 s as long as the connection lives.
    Ping,
    /// The subscription is confirmed.
    Confirmed,
    /// The subscription is rejected. Chatwoot itself does not answer instead; servers in front of it do send this.
    Rejected,
    /// The server closes the connection.
    Disconnect {
        /// Whether the client should reconnect.
        reconnect: bool,
    },
    /// An event of Chatwoot's.
    Event(Box<ServerEvent>),
    /// Anything else, invalid JSON included.
    Unknown,
}

/// An event of Chatwoot's, with what a visitor may know. Frames carry much more (labels, assignees, tokens), which is
/// dropped.
#[derive(Clone, Debug, PartialEq)]
pub enum ServerEvent {
    /// `message.created`: a message, and the echo_id of the client that sent it.
    MessageCreated {
        /// The message.
        message: Message,
        /// Its echo_id.
        echo: Option<EchoId>,
    },
    /// `message.updated`: a change of a message.
    MessageUpdated {
        /// The message.
        message: Message,
        /// Whether the visitor has read it, on any device.
        is_read: bool,
    },
    /// `conversation.created`, `.updated`, `.status_changed`.
    ConversationChanged(Conversation),
    /// `conversation.typing_on`, `.typing_off`: an agent began or stopped writing.
    TypingChanged {
        /// The conversation.
        conversation: ConversationId,
        /// The agent who writes; `None` when they stopped.
        agent: Option<Person>,
    },
    /// `presence.update`: agents went online or offline.
    PresenceChanged {
        /// Whether any agent of the account is online.
        is_online: bool,
    },
    /// An event without meaning for this version.
    Other,
}

/// Parses a frame.
#[must_use]
pub fn parse_frame(text: &str) -> Frame {
    let Some(frame) = parse_object(text) else { return Frame::Unknown };
    match str_at(&frame, "type") {
        Some("welcome") => Frame::Welcome,
        Some("ping") => Frame::Ping,
        Some("confirm_subscription") => Frame::Confirmed,
        Some("reject_subscription") => Frame::Rejected,
        Some("disconnect") => Frame::Disconnect { reconnect: bool_at(&frame, "reconnect").unwrap_or(true) },
        Some(_) => Frame::Unknown,
        None => object_at(&frame, "message").map_or(Frame::Unknown, |m| Frame::Event(read_server_event(m).into())),
    }
}

fn read_server_event(message: &Object) -> ServerEvent {
    let (Some(event), Some(data)) = (str_at(message, "event"), object_at(message, "data")) else {
        return ServerEvent::Other;
    };
    let event = match event {
        "message.created" => {
            read_message(data).map(|message| ServerEvent::MessageCreated { message, echo: read_echo(data) })
        }
        "message.updated" => read_message(data)
            .map(|message| ServerEvent::MessageUpdated { message, is_read: str_at(data, "status") == Some("read") }),
        "presence.update" => object_at(data, "users").map(|users| ServerEvent::PresenceChanged {
            is_online: users.names().any(|id| str_at(users, id) == Some("online")),
        }),
        "conversation.created" | "conversation.updated" | "conversation.status_changed" => {
            read_conversation(data).map(ServerEvent::ConversationChanged)
        }
        "conversation.typing_on" | "conversation.typing_off" => read_typing(data, event.ends_with("on")),
        _ => None,
    };
    event.unwrap_or(ServerEvent::Other)
}

/// The typing event of an agent. The server also sends events of agents writing private notes, and of the visitor; they
/// are dropped.
fn read_typing(data: &Object, is_on: bool) -> Option<ServerEvent> {
    let user = object_at(data, "user")?;
    let is_visible_to_visitor = str_at(user, "type") != Some("contact") && bool_at(data, "is_private") != Some(true);
    let conversation = ConversationId(number_at(object_at(data, "conversation")?, "id")?);
    is_visible_to_visitor.then(|| ServerEvent::TypingChanged { conversation, agent: is_on.then(|| read_person(user)) })
}

/// The response to a contact request. The response to an update lacks fields that only the first responses carry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ContactAnswer {
    /// A usable contact.
    Known(Contact),
    /// JSON without a usable contact.
    Unusable,
}

/// Parses the contact from a create or show response.
#[must_use]
pub fn parse_contact(body: &str) -> ContactAnswer {
    let known = parse_object(body).and_then(|contact| {
        let source_id = str_at(&contact, "source_id").filter(|id| !id.is_empty())?.to_owned();
        let pubsub_token = str_at(&contact, "pubsub_token").filter(|token| !token.is_empty())?.to_owned();
        Some(Contact { source_id, pubsub_token })
    });
    known.map_or(ContactAnswer::Unusable, ContactAnswer::Known)
}

/// Parses the conversation index in a contact's attributes, from the response to a contact update or one with a
/// conversation; `None` if it contains no attributes.
#[must_use]
pub fn parse_conversation_index(body: &str) -> Option<ConversationIndex> {
    let answer = parse_object(body)?;
    let attributes = object_at(&answer, "custom_attributes");
    attributes
        .filter(|_| object_at(&answer, "contact").is_none())
        .map(read_index)
        .or_else(|| read_index_of_contact(&answer))
}

fn read_index(attributes: &Object) -> ConversationIndex {
    ConversationIndex::parse(&text_at(attributes, CONVERSATIONS_ATTRIBUTE), &text_at(attributes, INBOXES_ATTRIBUTE))
}

/// The conversation index in the attributes of a conversation's contact.
fn read_index_of_contact(conversation: &Object) -> Option<ConversationIndex> {
    object_at(object_at(conversation, "contact")?, "custom_attributes").map(read_index)
}

/// Parses a conversation from a create response.
#[must_use]
pub fn parse_conversation(body: &str) -> Option<Conversation> {
    read_conversation(&parse_object(body)?)
}

/// Parses the beginning of a conversation, cut off before its messages.
#[must_use]
pub fn parse_conversation_head(text: &str) -> Option<Conversation> {
    parse_conversation(&[text.trim_end().trim_end_matches(','), "}"].concat())
}

/// Parses a list of conversations; `None` if it is no list.
#[must_use]
pub fn parse_conversations(body: &str) -> Option<Vec<Conversation>> {
    parse_list(body, read_conversation)
}

/// A list of conversations with more detail.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    /// Each with its last message, and its inbox if the server names it.
    pub all: Vec<(ConversationSummary, Option<u64>)>,
    /// The conversation index in the contact's attributes.
    pub index: Option<ConversationIndex>,
}

/// Parses a list of conversations with the last message of each; `None` if it is no list.
#[must_use]
pub fn parse_listing(body: &str) -> Option<Listing> {
    let mut listing = Listing::default();
    let all = parse_list(body, |data| {
        let Conversation { id, status, inbox, .. } = read_conversation(data)?;
        let messages = data.get("messages").and_then(Json::items).unwrap_or_default();
        let last =
            messages.iter().filter_map(|message| read_message(message.object()?)).max_by_key(|message| message.id);
        Some((ConversationSummary { id, status, last: last.map(Into::into) }, inbox, read_index_of_contact(data)))
    })?;
    for (summary, inbox, conversation_index) in all {
        listing.all.push((summary, inbox));
        listing.index = listing.index.or(conversation_index);
    }
    Some(listing)
}

/// Parses a message from a create response.
#[must_use]
pub fn parse_message(body: &str) -> Option<Message> {
    read_message(&parse_object(body)?)
}

/// Parses a page of messages, oldest first; `None` if it is no list.
#[must_use]
pub fn parse_messages(body: &str) -> Option<Vec<Message>> {
    parse_list(body, read_message)
}

/// The server's own text about a request it rejected (`message` of a 422, `error` of others), if it gave one.
#[must_use]
pub fn parse_error_text(body: &str) -> Option<String> {
    let answer = parse_object(body)?;
    ["message", "error"].iter().find_map(|key| str_at(&answer, key)).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Whether the body of a 500 is Chatwoot's own: what Rails answers to JSON requests. A gateway's JSON has other fields.
#[must_use]
pub fn is_server_error(body: &str) -> bool {
    parse_object(body)
        .is_some_and(|answer| number_at(&answer, "status") == Some(500) && str_at(&answer, "error").is_some())
}

/// Parses an inbox.
#[must_use]
pub fn parse_inbox(body: &str) -> Option<Inbox> {
    let inbox = parse_object(body)?;
    let keeps_hours = bool_at(&inbox, "working_hours_enabled") == Some(true);
    let hours = inbox.get("working_hours").and_then(Json::items).filter(|_| keeps_hours);
    Some(Inbox {
        name: without_bidi_controls(str_at(&inbox, "name")?),
        zone: text_at(&inbox, "timezone"),
        hours: hours.map(|days| days.iter().take(DAYS_MAX).filter_map(|day| read_hours(day.object()?)).collect()),
        requires_proof: bool_at(&inbox, "identity_validation_enabled") == Some(true),
    })
}

/// The server has one entry for each day of the week.
const DAYS_MAX: usize = 7;

/// A day's working hours, if it has any. A day that closes at 23:59 ends where the next one begins.
fn read_hours(day: &Object) -> Option<WorkingHours> {
    let minutes = |hour, minute| Some(number_at(day, hour)?.min(24) * 60 + number_at(day, minute).unwrap_or(0).min(59));
    let is_set = |key| bool_at(day, key) == Some(true);
    let (opens, closes) = match (is_set("closed_all_day"), is_set("open_all_day")) {
        (true, _) => return None,
        (false, true) => (0, 1_440),
        (false, false) => (minutes("open_hour", "open_minutes")?, minutes("close_hour", "close_minutes")?),
    };
    Some(WorkingHours {
        day: number_at(day, "day_of_week")?,
        opens,
        closes: if closes >= 1_439 { 1_440 } else { closes },
    })
}

fn read_message(data: &Object) -> Option<Message> {
    let attributes = object_at(data, "content_attributes");
    let kind = parse_kind(data, attributes);
    Some(Message {
        id: MessageId(number_at(data, "id")?),
        conversation: number_at(data, "conversation_id").map(ConversationId),
        inbox: number_at(data, "inbox_id"),
        text: if matches!(kind, MessageKind::Rating(_)) { read_survey_text(data) } else { text_at(data, "content") },
        author: read_author(data),
        at: number_at(data, "created_at").unwrap_or(0),
        is_deleted: attributes.and_then(|them| bool_at(them, "deleted")).unwrap_or(false),
        answers: attributes.map(parse_answers).unwrap_or_default(),
        kind,
        attachments: parse_attachments(data),
        reply_to: attributes.and_then(|them| number_at(them, "in_reply_to")).map(MessageId),
    })
}

/// A survey's question. Up to Chatwoot 4.2 it is a sentence with a link to a page of the server's own, which leads away
/// from the chat and names the survey: then it is empty, and the default text is shown.
fn read_survey_text(data: &Object) -> String {
    let survey_text = text_at(data, "content");
    if after_scheme(&survey_text).is_some() { String::new() } else { survey_text }
}

fn read_author(data: &Object) -> Author {
    let sender = object_at(data, "sender");
    match (number_at(data, "message_type"), sender) {
        (Some(0), _) => Author::Visitor,
        (_, None) => Author::Inbox,
        (_, Some(sender)) => {
            let person = read_person(sender);
            let is_bot = matches!(str_at(sender, "type"), Some("agent_bot" | "captain_assistant"));
            if is_bot { Author::Bot(person) } else { Author::Agent(person) }
        }
    }
}

fn read_person(data: &Object) -> Person {
    let name = ["available_name", "name"].iter().find_map(|key| str_at(data, key));
    Person {
        id: number_at(data, "id"),
        name: without_bidi_controls(name.unwrap_or_default()),
        avatar_url: text_at(data, "avatar_url"),
    }
}

fn read_conversation(data: &Object) -> Option<Conversation> {
    Some(Conversation {
        id: ConversationId(number_at(data, "id")?),
        status: match str_at(data, "status") {
            Some("resolved") => Status::Resolved,
            Some("pending") => Status::Pending,
            Some("snoozed") => Status::Snoozed,
            Some(_) | None => Status::Open,
        },
        agent_last_seen_at: number_at(data, "agent_last_seen_at").unwrap_or(0),
        contact_last_seen_at: number_at(data, "contact_last_seen_at").unwrap_or(0),
        inbox: number_at(data, "inbox_id"),
        source_id: object_at(data, "contact_inbox")
            .and_then(|contact_inbox| str_at(contact_inbox, "source_id"))
            .map(str::to_owned),
    })
}

/// The echo_id of a frame; some clients send a number.
fn read_echo(data: &Object) -> Option<EchoId> {
    let echo = data.get("echo_id")?;
    match echo.text() {
        Some(text) => Some(text.into()).filter(|_| !text.is_empty()),
        None => Some(echo.number()?.to_string().into()),
    }
}
