//! What there is to see: slices, each published only when it changed.

use std::mem::discriminant;
use std::ops::Range;
use std::sync::Arc;

use crate::availability::Presence;
use crate::content::{Answer, Choice};
use crate::conversation::timeline::{DeliveryState, Failure, OutgoingMessage, RowKey, Timeline};
use crate::host::settings::ReplyTime;
use crate::markdown;
use crate::model::{Author, ConversationId, Message, MessageId, OutgoingFile, Person, Status};
use crate::url::SafeUrl;
use crate::visitor::conversation_list::ConversationSummary;
use crate::visitor::form_submissions::{FormSubmissions, SubmissionStatus};
use crate::visitor::pre_chat_form::PreChatForm;
use crate::visitor::preferences::Theme;

/// Everything there is to see.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The panel around the conversation.
    pub panel: Panel,
    /// The conversation.
    pub thread: Thread,
    /// Where the visitor writes.
    pub composer: Composer,
    /// What is shown over the launcher: the newest messages nobody has looked at, oldest first.
    pub previews: Vec<Arc<Message>>,
}

impl View {
    /// The same without anything of the conversation or of who the visitor is: for whoever must not see it.
    #[must_use]
    pub fn without_conversation(self) -> Self {
        let Panel { is_open, connection, name, presence, reply, settings, languages, told: (told, _), .. } = self.panel;
        let settings = MenuSettings { has_transcript: false, is_known: false, ..settings };
        let panel = Panel {
            is_open,
            connection,
            name,
            presence,
            reply,
            settings,
            languages,
            told: (told, None),
            ..Panel::default()
        };
        let thread = Thread { form: self.thread.form, prompt: self.thread.prompt, ..Thread::default() };
        Self { panel, thread, composer: self.composer, previews: Vec::new() }
    }

    /// Which slices are others than in this one.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Changed {
        Changed {
            panel: self.panel != before.panel,
            thread: self.thread != before.thread,
            composer: self.composer != before.composer,
            previews: self.previews != before.previews,
        }
    }
}

/// The panel around the conversation.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Panel {
    /// Whether it is open.
    pub is_open: bool,
    /// Messages to the visitor that came while it was closed.
    pub unread: u32,
    /// How the connection is.
    pub connection: ConnectionState,
    /// Where else the visitor can turn, while the page keeps them from the server.
    pub fallback: Option<SafeUrl>,
    /// Where the conversation stands.
    pub status: Status,
    /// Up to when agents have read it, in seconds since 1970; 0 for never.
    pub agent_last_seen_at: u64,
    /// What the visitor can do about their conversations.
    pub choices: ConversationActions,
    /// What the inbox is called; empty as long as nobody knows.
    pub name: String,
    /// Whether anybody is there.
    pub presence: Presence,
    /// How soon the team answers, as the site says.
    pub reply: Option<ReplyTime>,
    /// Who answers here: as the site says, and then agents who wrote; at most [`FACES_MAX`].
    pub faces: Vec<Person>,
    /// What can be chosen, and was.
    pub settings: MenuSettings,
    /// The languages to choose from, and the code of the one it began with.
    pub languages: (Arc<[Choice]>, String),
    /// What is to be said aloud to whoever can't see it, raised by one for each time.
    pub told: (u32, Option<Announcement>),
}

/// What is said aloud.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Announcement {
    /// A message to the visitor came.
    NewMessage(Arc<Message>),
    /// Somebody of the team began to write.
    Typing(Person),
    /// Nobody knows whether a message of the visitor's has arrived.
    DeliveryUnconfirmed,
    /// The connection is back.
    Reconnected,
}

/// As many faces stand in the panel's head.
pub const FACES_MAX: usize = 3;

/// What can be chosen about the widget itself, and was.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MenuSettings {
    /// Whether messages are heard.
    pub is_heard: bool,
    /// Whether the browser tells of them; `None` where that is not offered.
    pub notices: Option<bool>,
    /// Light or dark; `None` where that is not offered.
    pub theme: Option<Theme>,
    /// Whether there is anything to be kept as a file.
    pub has_transcript: bool,
    /// Whether the device knows the visitor at all.
    pub is_known: bool,
}

/// What the visitor can do about their conversations.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ConversationActions {
    /// Look at all of them.
    pub list: bool,
    /// Messages to the visitor in those that are not open.
    pub unread: u32,
    /// Begin another.
    pub begin: bool,
    /// End the open one.
    pub end: bool,
    /// Whether they are looking at all of them.
    pub is_listing: bool,
}

/// How the connection is, as far as the visitor should care.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectionState {
    /// Nothing to say.
    #[default]
    Connected,
    /// The device has no network.
    Offline,
    /// The server can't be reached, and not just for a moment.
    Unreachable,
    /// The server asks for a pause.
    Busy,
    /// Something about the page or its settings is wrong: whoever runs it must help.
    Blocked,
}

/// The conversation: the rows in the window, and what lies around it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// The rows, oldest first.
    pub rows: Arc<Vec<Row>>,
    /// How many rows come before these.
    pub skipped: usize,
    /// How many rows come after these.
    pub newer: usize,
    /// Whether the newest row is more than a screen away.
    pub is_away: bool,
    /// Messages to the visitor that came below what is in sight.
    pub unread: u32,
    /// Raised by one each time the newest row is to be in sight, wherever the visitor was.
    pub jumps: u32,
    /// Who of the team is writing.
    pub typing: Option<Person>,
    /// How it ended, if it did.
    pub end: Option<ConversationEnd>,
    /// All conversations, in place of this one.
    pub list: Option<ConversationListView>,
    /// What is to be asked before the first message.
    pub form: Option<PreChatForm>,
    /// What the site said to the visitor before they opened the panel; empty for nothing.
    pub prompt: String,
    /// Whether nothing is known yet and the first page is on its way.
    pub is_loading: bool,
    /// Whether older messages may exist.
    pub has_earlier: bool,
    /// Whether they are on their way.
    pub is_loading_earlier: bool,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConversationEnd {
    /// Whether a message opens it again.
    pub takes_more: bool,
    /// Whether another can be begun.
    pub can_begin: bool,
}

/// All conversations.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConversationListView {
    /// What was said in last comes first; `None` as long as nobody knows. With the messages to the visitor in each
    /// that came while another was open.
    pub all: Option<Vec<(ConversationSummary, u32)>>,
    /// Whether the server did not give it.
    pub is_failing: bool,
    /// Which is open.
    pub open: Option<ConversationId>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its name, the same from unsent to echoed.
    pub key: RowKey,
    /// What it shows.
    pub content: RowContent,
    /// When it was said, in seconds since 1970.
    pub at: u64,
    /// When the row before it was said: where the day differs, a separator comes between.
    pub previous_at: Option<u64>,
    /// Whether it begins a group of one author's rows.
    pub opens_group: bool,
    /// Whether it ends one.
    pub closes_group: bool,
    /// Whether it is the first one that came unseen: where reading stopped.
    pub is_first_unread: bool,
    /// What the visitor answered to what it asks.
    pub answers: Vec<Answer>,
    /// How that answer fares.
    pub fate: SubmissionStatus,
    /// What it replies to.
    pub quoted: Option<Quoted>,
    /// Whether agents have seen it, the newest of the visitor's that they have.
    pub is_last_seen: bool,
    /// How much of its text is shown.
    pub length: TextFold,
    /// The files it was sent with, where that was from this page: they can be shown before the server's.
    pub files: Vec<OutgoingFile>,
}

/// How much of a text is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TextFold {
    /// All of it; it is not long.
    #[default]
    Short,
    /// Its beginning, until the visitor wants more.
    Folded,
    /// All of it, though it is long.
    Unfolded,
}

/// A message that another one replies to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quoted {
    /// Who said it.
    pub author: Author,
    /// The beginning of what was said.
    pub text: String,
}

/// As much of a message as is shown where it is replied to, in characters.
const QUOTED_CHARS_MAX: usize = 140;

impl Row {
    /// A row by itself.
    #[must_use]
    pub const fn new(key: RowKey, content: RowContent, at: u64) -> Self {
        Self {
            key,
            content,
            at,
            previous_at: None,
            opens_group: true,
            closes_group: true,
            is_first_unread: false,
            answers: Vec::new(),
            fate: SubmissionStatus::Accepted,
            quoted: None,
            is_last_seen: false,
            length: TextFold::Short,
            files: Vec::new(),
        }
    }
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum RowContent {
    /// What the server has.
    Stored(Arc<Message>),
    /// What it is not yet known to have.
    Outgoing {
        /// The text.
        text: Arc<str>,
        /// Why it waits for the person; `None` while it is on its way.
        failure: Option<Failure>,
        /// Its files.
        files: Vec<OutgoingFile>,
        /// How much of it is on its way, in percent.
        progress: u8,
        /// Whether nobody knows if the server has it, and that has been so for a while.
        is_unconfirmed: bool,
    },
}

impl RowContent {
    /// The message, if the server has it.
    #[must_use]
    pub fn said(&self) -> Option<&Message> {
        match self {
            Self::Stored(message) => Some(message),
            Self::Outgoing { .. } => None,
        }
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Stored(message) => &message.text,
            Self::Outgoing { text, .. } => text,
        }
    }
}

/// Where the visitor writes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Composer {
    /// Whether there is nothing to write to.
    pub is_away: bool,
    /// What a reload or a discarded send puts into the field; raised by one for each time.
    pub put: (u32, Arc<str>),
    /// What is wrong with what the visitor wanted to send.
    pub problem: Option<ComposerProblem>,
    /// Whether anything is written that could be sent.
    pub has_text: bool,
    /// Whether the visitor is to be asked if the browser may tell them of the answer.
    pub offers_notifications: bool,
    /// How many more characters the server takes, once they are few; below zero, how many are too many.
    pub left: Option<i32>,
    /// The files that go with it.
    pub files: Vec<OutgoingFile>,
}

/// What the server takes at most, in characters.
pub const TEXT_CHARS_MAX: u32 = 150_000;
/// Some sentences before that, visitors are told.
const FEW_CHARS: u32 = 500;

impl Composer {
    /// An empty one for another visitor: the field is emptied, too.
    #[must_use]
    pub fn for_next_visitor(&self) -> Self {
        let (count, _) = &self.put;
        Self { put: (count.wrapping_add(1), "".into()), ..Self::default() }
    }

    /// Puts a text into the field.
    pub fn insert(&mut self, text: Arc<str>) {
        self.hold(&text);
        self.put = (self.put.0.wrapping_add(1), text);
    }

    /// Takes note of what is written.
    pub fn hold(&mut self, text: &str) {
        let text = text.trim();
        self.has_text = !text.is_empty();
        // There are no more characters than bytes, and those are counted.
        let is_near = text.len() >= (TEXT_CHARS_MAX - FEW_CHARS) as usize;
        let left = || i64::from(TEXT_CHARS_MAX) - text.chars().count() as i64;
        self.left = is_near.then(left).filter(|left| *left <= FEW_CHARS.into()).map(|left| left as i32);
    }
}

/// What is wrong with what the visitor wanted to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ComposerProblem {
    /// It is longer than the server takes: [`TEXT_CHARS_MAX`].
    TooLong,
    /// Too much waits to be sent already.
    TooManyUnsent,
    /// A file of this name is larger than the server takes: [`FILE_BYTES_MAX`].
    FileTooLarge(String),
    /// More files than one message takes: [`FILES_MAX`].
    TooManyFiles,
    /// The conversation could not be read to its beginning.
    TranscriptUnavailable,
    /// The browser won't tell of messages.
    NotificationsDenied,
    /// The device can't keep what waits to be sent: a reload would lose it.
    StorageUnavailable,
}

/// A file's size at most, in bytes: what Chatwoot's own widget allows.
pub const FILE_BYTES_MAX: u64 = 40_000_000;
/// Files in one message at most: what Chatwoot's own models allow.
pub const FILES_MAX: usize = 15;

/// Which slices changed.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Changed {
    /// [`View::panel`].
    pub panel: bool,
    /// [`View::thread`].
    pub thread: bool,
    /// [`View::composer`].
    pub composer: bool,
    /// [`View::previews`].
    pub previews: bool,
}

impl std::ops::BitOrAssign for Changed {
    fn bitor_assign(&mut self, other: Self) {
        self.panel |= other.panel;
        self.thread |= other.thread;
        self.composer |= other.composer;
        self.previews |= other.previews;
    }
}

/// Rows of one author within this many seconds are one group.
const GROUP_S: u64 = 300;

/// What of the thread is shown, and how.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ThreadScope {
    /// Whether nobody may see any of it.
    pub is_hidden: bool,
    /// The rows in these places.
    pub range: Range<usize>,
    /// And this message, wherever it is.
    pub held: Option<MessageId>,
    /// Where reading stopped.
    pub first_unread: Option<MessageId>,
    /// Up to when agents have read, in seconds since 1970.
    pub seen_at: u64,
}

/// The rows that are shown.
#[must_use]
pub fn rows(timeline: &Timeline, answering: &FormSubmissions, shown: &ThreadScope) -> Vec<Row> {
    let Range { start, end } = shown.range;
    // One row before the window tells whether the first one in it opens a group.
    let first = start.saturating_sub(1);
    let said = timeline
        .messages_from(first)
        .map(|row| (row.key, row.message.at, RowContent::Stored(Arc::clone(&row.message))));
    let sends = timeline.visible_outgoing().skip(first.saturating_sub(timeline.message_count()));
    let sends = sends.map(|send| (send.key, send.at.0 / 1_000, unsent(send)));
    let all: Vec<_> = said.chain(sends).take(end - first).collect();
    let joins = |a: usize, b: usize| match (all.get(a), all.get(b)) {
        (Some((_, before, one)), Some((_, after, other))) => {
            same_author(one, other) && after.saturating_sub(*before) < GROUP_S
        }
        _ => false,
    };
    let is_seen = |(_, at, content): &(RowKey, u64, RowContent)| {
        *at <= shown.seen_at && matches!(content, RowContent::Stored(message) if message.author.is_visitor())
    };
    // Only the newest that was seen says so, and it may lie further down.
    let last_seen = all.iter().rposition(is_seen).filter(|_| end == timeline.len());
    let mut rows = Vec::new();
    for (place, (key, at, content)) in all.iter().enumerate().skip(start - first) {
        let before = place.checked_sub(1);
        rows.push(Row {
            previous_at: before.and_then(|before| all.get(before)).map(|(_, at, _)| *at),
            opens_group: !before.is_some_and(|before| joins(before, place)),
            closes_group: !joins(place, place + 1),
            is_last_seen: last_seen == Some(place),
            ..complete(timeline, answering, shown, Row::new(*key, content.clone(), *at))
        });
    }
    if let Some(held) = shown.held.and_then(|id| timeline.row(id)) {
        let place = timeline.count_up_to(held.id).saturating_sub(1);
        if !shown.range.contains(&place) {
            let row = Row::new(held.key, RowContent::Stored(Arc::clone(&held.message)), held.message.at);
            let at = if place < start { 0 } else { rows.len() };
            rows.insert(at, complete(timeline, answering, shown, row));
        }
    }
    rows
}

/// What a row shows beside its message, whatever its neighbours.
fn complete(timeline: &Timeline, answering: &FormSubmissions, shown: &ThreadScope, mut row: Row) -> Row {
    row.length = length(timeline, row.key, row.content.text());
    if let RowContent::Stored(message) = &row.content {
        row.is_first_unread = shown.first_unread == Some(message.id);
        if !message.attachments.is_empty() {
            row.files = timeline.row(message.id).map_or_else(Vec::new, |row| row.files.clone());
        }
        row.quoted = message.reply_to.and_then(|id| quoted(timeline, id));
        (row.answers, row.fate) = match answering.status_of(message.id) {
            Some((answers, fate)) => (answers.to_vec(), fate),
            None => (message.answers.clone(), SubmissionStatus::Accepted),
        };
    }
    row
}

fn length(timeline: &Timeline, key: RowKey, text: &str) -> TextFold {
    if beginning(text).is_none() {
        TextFold::Short
    } else if timeline.is_unfolded(key) {
        TextFold::Unfolded
    } else {
        TextFold::Folded
    }
}

/// A text of more than that is long, in characters and in lines.
const SHORT_CHARS_MAX: usize = 1_200;
const SHORT_LINES_MAX: usize = 24;
/// What is then shown of it: enough less that the rest is worth asking for.
const BEGINNING_CHARS: usize = 900;
const BEGINNING_LINES: usize = 18;

/// The beginning of a long text, up to the end of a line or a word if there is one nearby. It costs no more for being
/// longer.
#[must_use]
pub fn beginning(text: &str) -> Option<&str> {
    let text = text.trim_end();
    let (mut lines, mut end, mut line_end, mut word_end) = (1, 0, 0, 0);
    for (nth, (at, c)) in text.char_indices().enumerate() {
        if nth < BEGINNING_CHARS && lines <= BEGINNING_LINES {
            match c {
                '\n' => line_end = at,
                ' ' => word_end = at,
                _ => {}
            }
            end = at;
        }
        lines += usize::from(c == '\n');
        if nth >= SHORT_CHARS_MAX || lines > SHORT_LINES_MAX {
            let near = [line_end, word_end].into_iter().find(|near| *near >= end / 2);
            return text.get(..near.unwrap_or(end));
        }
    }
    None
}

fn quoted(timeline: &Timeline, id: MessageId) -> Option<Quoted> {
    let message = &timeline.row(id)?.message;
    Some(Quoted { author: message.author.clone(), text: excerpt(message, QUOTED_CHARS_MAX) })
}

/// The beginning of what was said, in so many characters, without the signs that format it.
#[must_use]
pub fn excerpt(message: &Message, chars: usize) -> String {
    // Signs are not words: there are as many words at the beginning of a text some times as long.
    let text: String = message.text.chars().take(4 * chars).collect();
    markdown::words(&text).chars().take(chars).collect()
}

fn unsent(send: &OutgoingMessage) -> RowContent {
    let failure = match &send.state {
        DeliveryState::Failed(failure) => Some(failure.clone()),
        DeliveryState::StoringFiles
        | DeliveryState::Queued
        | DeliveryState::Sending { .. }
        | DeliveryState::Unconfirmed { .. }
        | DeliveryState::StoredElsewhere { .. } => None,
    };
    RowContent::Outgoing {
        text: Arc::clone(&send.text),
        failure,
        files: send.files.clone(),
        progress: send.progress,
        is_unconfirmed: send.is_unconfirmed,
    }
}

fn same_author(one: &RowContent, other: &RowContent) -> bool {
    fn author(content: &RowContent) -> &Author {
        match content {
            RowContent::Stored(message) => &message.author,
            RowContent::Outgoing { .. } => &Author::Visitor,
        }
    }
    match (author(one), author(other)) {
        (Author::Agent(one), Author::Agent(other)) | (Author::Bot(one), Author::Bot(other)) => {
            (one.id, &one.name) == (other.id, &other.name)
        }
        (one, other) => discriminant(one) == discriminant(other),
    }
}
