//! The view: what the chat shows, in slices that are published only when they change.

mod rows;

use std::sync::Arc;

pub use rows::{ThreadScope, beginning_of, build_rows, excerpt, is_long};

use crate::availability::Presence;
use crate::content::{Answer, Choice};
use crate::conversation::timeline::{Failure, RowKey};
use crate::host::settings::ReplyTime;
use crate::model::{Author, ConversationId, Message, OutgoingFile, Person, Status};
use crate::unicode::is_blank;
use crate::url::SafeUrl;
use crate::visitor::conversation_list::ConversationSummary;
use crate::visitor::form_submissions::SubmissionStatus;
use crate::visitor::pre_chat_form::PreChatForm;
use crate::visitor::preferences::Theme;

/// Everything that the chat shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// The panel around the conversation.
    pub panel: Panel,
    /// The conversation.
    pub thread: Thread,
    /// The field that the visitor writes in, and its attachments.
    pub composer: Composer,
    /// The message previews at the launcher: the newest unread messages, oldest first.
    pub previews: Vec<Arc<Message>>,
}

impl View {
    /// This view without the conversation and the visitor's data, for a page where they must stay hidden.
    #[must_use]
    pub fn without_conversation(self) -> Self {
        let Panel { is_open, connection, name, presence, reply, settings, languages, announcement: (count, _), .. } =
            self.panel;
        let settings = MenuSettings { has_transcript: false, is_known: false, ..settings };
        let panel = Panel {
            is_open,
            connection,
            name,
            presence,
            reply,
            settings,
            languages,
            announcement: (count, None),
            ..Panel::default()
        };
        let thread = Thread { form: self.thread.form, prompt: self.thread.prompt, ..Thread::default() };
        Self { panel, thread, composer: self.composer, previews: Vec::new() }
    }

    /// Which slices differ from those of an earlier view.
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
    /// How many messages to the visitor arrived while it was closed.
    pub unread: u32,
    /// The state of the connection.
    pub connection: ConnectionState,
    /// Another way to reach the team, given while the chat can't connect because of the page's settings.
    pub fallback: Option<SafeUrl>,
    /// The conversation's status.
    pub status: Status,
    /// Up to when agents have read it, in seconds since 1970; 0 for never.
    pub agent_last_seen_at: u64,
    /// What the visitor can do with their conversations.
    pub actions: ConversationActions,
    /// The inbox's name; empty until it is known.
    pub name: String,
    /// Whether the team is available.
    pub presence: Presence,
    /// How soon the team usually replies, as the website says.
    pub reply: Option<ReplyTime>,
    /// The agents shown in the header: those that the website names, then those who wrote last; at most [`AGENTS_MAX`].
    pub agents: Vec<Person>,
    /// The settings in the menu.
    pub settings: MenuSettings,
    /// The languages in the menu, and the code of the language at the start.
    pub languages: (Arc<[Choice]>, String),
    /// What screen readers are to announce; the number grows by one with each announcement.
    pub announcement: (u32, Option<Announcement>),
}

/// An announcement for screen readers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Announcement {
    /// A message to the visitor arrived.
    NewMessage(Arc<Message>),
    /// An agent began to write.
    Typing(Person),
    /// A message of the visitor's is unconfirmed.
    DeliveryUnconfirmed,
    /// The connection works again.
    Reconnected,
}

/// The most agents shown in the header.
pub const AGENTS_MAX: usize = 3;

/// The menu's settings.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct MenuSettings {
    /// Whether new messages make a sound.
    pub is_sound_on: bool,
    /// Whether the browser shows notifications; `None` if the website does not offer them.
    pub notifications: Option<bool>,
    /// The theme; `None` if the website does not offer a choice.
    pub theme: Option<Theme>,
    /// Whether there are messages for a transcript.
    pub has_transcript: bool,
    /// Whether the device has data of the visitor.
    pub is_known: bool,
}

/// What the visitor can do with their conversations.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ConversationActions {
    /// Whether the list can be shown.
    pub can_list: bool,
    /// How many messages to the visitor arrived in conversations that are not open.
    pub unread: u32,
    /// Whether another conversation can be begun.
    pub can_begin: bool,
    /// Whether the open conversation can be resolved.
    pub can_end: bool,
    /// Whether the list is shown.
    pub is_list_shown: bool,
}

/// The state of the connection, as the visitor is shown it.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum ConnectionState {
    /// It works, or nothing is known to the contrary.
    #[default]
    Connected,
    /// The device has no network.
    Offline,
    /// The server can't be reached, and not only for a moment.
    Unreachable,
    /// The server limits the rate of requests.
    Busy,
    /// The page or its settings keep it from connecting: only the website's developers can help.
    Blocked,
}

/// The thread: the rows in the window, and what surrounds them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thread {
    /// The rows, oldest first.
    pub rows: Arc<Vec<Row>>,
    /// How many rows lie before these.
    pub skipped: usize,
    /// How many rows lie after these.
    pub newer: usize,
    /// Whether the newest row is more than a screen away.
    pub is_scrolled_away: bool,
    /// How many messages to the visitor arrived below the visible part.
    pub unread: u32,
    /// Grows by one each time the thread is to scroll to the newest row.
    pub jumps: u32,
    /// The agent who is writing.
    pub typing: Option<Person>,
    /// How the conversation ended, if it did.
    pub end: Option<ConversationEnd>,
    /// The conversation list, shown in place of the thread.
    pub list: Option<ConversationListView>,
    /// The pre-chat form, if it is to be filled in first.
    pub form: Option<PreChatForm>,
    /// The proactive message that was shown before the panel was opened; empty for none.
    pub prompt: String,
    /// Whether the first page is being loaded.
    pub is_loading: bool,
    /// Whether older messages may exist.
    pub has_earlier: bool,
    /// Whether an earlier page is being loaded.
    pub is_loading_earlier: bool,
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ConversationEnd {
    /// Whether a message reopens it.
    pub can_reopen: bool,
    /// Whether another conversation can be begun.
    pub can_begin: bool,
}

/// The conversation list.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConversationListView {
    /// Each conversation with its number of unread messages, the one with the newest message first; `None` until it is
    /// loaded.
    pub all: Option<Vec<(ConversationSummary, u32)>>,
    /// Whether loading it failed.
    pub is_failing: bool,
    /// The open conversation.
    pub open: Option<ConversationId>,
}

/// One row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Its key, the same before and after the server stored the message.
    pub key: RowKey,
    /// What it shows.
    pub content: RowContent,
    /// When it was written, in seconds since 1970.
    pub at: u64,
    /// When the row before it was written: a new day gets a separator.
    pub previous_at: Option<u64>,
    /// Whether it is the first of a group of one author's rows.
    pub is_first_in_group: bool,
    /// Whether it is the last of its group.
    pub is_last_in_group: bool,
    /// Whether it is the first unread message: the mark is shown before it.
    pub is_first_unread: bool,
    /// The visitor's answers, if it is interactive.
    pub answers: Vec<Answer>,
    /// The state of their submission.
    pub submission: SubmissionStatus,
    /// The message it replies to.
    pub quoted: Option<Quoted>,
    /// Whether it is the newest of the visitor's messages that agents have seen.
    pub is_last_seen: bool,
    /// How much of its text is shown.
    pub fold: TextFold,
    /// The files it was sent with, if this page sent it: they can be shown before the server's.
    pub files: Vec<OutgoingFile>,
}

/// How much of a text is shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum TextFold {
    /// All of a short text.
    #[default]
    Short,
    /// The beginning of a long text.
    Folded,
    /// All of a long text.
    Unfolded,
}

/// A message that another one replies to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Quoted {
    /// Its author.
    pub author: Author,
    /// The beginning of its text.
    pub text: String,
}

impl Row {
    /// A row that is a group by itself.
    #[must_use]
    pub const fn new(key: RowKey, content: RowContent, at: u64) -> Self {
        Self {
            key,
            content,
            at,
            previous_at: None,
            is_first_in_group: true,
            is_last_in_group: true,
            is_first_unread: false,
            answers: Vec::new(),
            submission: SubmissionStatus::Accepted,
            quoted: None,
            is_last_seen: false,
            fold: TextFold::Short,
            files: Vec::new(),
        }
    }
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq)]
pub enum RowContent {
    /// A message that the server has.
    Stored(Arc<Message>),
    /// An outgoing message.
    Outgoing {
        /// The text.
        text: Arc<str>,
        /// Why it failed; `None` while it is being sent.
        failure: Option<Failure>,
        /// Its files.
        files: Vec<OutgoingFile>,
        /// How much of an upload is sent, in percent.
        progress: u8,
        /// Whether the visitor is warned that it is unconfirmed.
        is_unconfirmed: bool,
    },
}

impl RowContent {
    /// The message, if the server has it.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match self {
            Self::Stored(message) => Some(message),
            Self::Outgoing { .. } => None,
        }
    }

    /// Its text, in Markdown.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Stored(message) => &message.text,
            Self::Outgoing { text, .. } => text,
        }
    }
}

/// The field that the visitor writes in, and its attachments.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Composer {
    /// Whether something else takes its place: the conversation list, the pre-chat form, the end of a conversation.
    pub is_covered: bool,
    /// A text to be put into the field, after a reload or for a discarded message; the number grows by one with each.
    pub injected_text: (u32, Arc<str>),
    /// A problem with what the visitor wanted to send.
    pub problem: Option<ComposerProblem>,
    /// Whether the field has text that could be sent.
    pub has_text: bool,
    /// Whether to offer browser notifications.
    pub offers_notifications: bool,
    /// How many more characters Chatwoot accepts, once they are few; negative if there are too many.
    pub characters_left: Option<i32>,
    /// The attached files.
    pub files: Vec<OutgoingFile>,
}

/// The most characters in a message (Chatwoot's limit).
pub const TEXT_CHARS_MAX: u32 = 150_000;
/// The remaining characters are shown from this number on.
const CHARACTERS_LEFT_SHOWN: u32 = 500;

impl Composer {
    /// The composer of another visitor: empty, and the field is cleared.
    #[must_use]
    pub fn for_next_visitor(&self) -> Self {
        let (count, _) = &self.injected_text;
        Self { injected_text: (count.wrapping_add(1), "".into()), ..Self::default() }
    }

    /// Puts a text into the field.
    pub fn insert(&mut self, text: Arc<str>) {
        self.update_text(&text);
        self.injected_text = (self.injected_text.0.wrapping_add(1), text);
    }

    /// Updates the state for the field's present text.
    pub fn update_text(&mut self, text: &str) {
        let text = text.trim();
        self.has_text = !is_blank(text);
        // A text has at most as many characters as bytes, and the bytes are counted already.
        let is_near = text.len() >= (TEXT_CHARS_MAX - CHARACTERS_LEFT_SHOWN) as usize;
        let characters_left = || i64::from(TEXT_CHARS_MAX) - text.chars().count() as i64;
        self.characters_left = is_near
            .then(characters_left)
            .filter(|characters_left| *characters_left <= CHARACTERS_LEFT_SHOWN.into())
            .map(|characters_left| characters_left as i32);
    }
}

/// A problem with what the visitor wanted to send.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum ComposerProblem {
    /// The text is longer than [`TEXT_CHARS_MAX`].
    TooLong,
    /// Too many messages wait to be sent.
    TooManyUnsent,
    /// The file with this name is larger than [`FILE_BYTES_MAX`].
    FileTooLarge(String),
    /// There are more files than [`FILES_MAX`].
    TooManyFiles,
    /// The transcript can't be written: the history could not be read to its beginning.
    TranscriptUnavailable,
    /// The browser does not permit notifications.
    NotificationsDenied,
    /// The device can't store what waits to be sent: a reload would lose it.
    StorageUnavailable,
}

/// The largest size of a file, in bytes: the limit of Chatwoot's own widget.
pub const FILE_BYTES_MAX: u64 = 40_000_000;
/// The most files in a message: the limit of Chatwoot's own models.
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
