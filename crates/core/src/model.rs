//! The data of a conversation, as the core uses it. `chatwoot` parses it from the server's JSON.

use std::sync::Arc;

use serde::Serialize;

use crate::content::{Answer, Attachment, AttachmentKind, MessageKind};
use crate::spoofing::without_bidi_controls;

/// A message's id at the server; messages are ordered by their ids.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct MessageId(pub u64);

/// A conversation's display id, as in the paths of the client API. It is counted per account, so it can be guessed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct ConversationId(pub u64);

/// The echo_id of an outgoing message. The server returns it in the cable frame only, never in an HTTP response.
pub type EchoId = Arc<str>;

/// A message that the server has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its id, which also orders it.
    pub id: MessageId,
    /// Its conversation, if the server names it.
    pub conversation: Option<ConversationId>,
    /// The id of its inbox; only frames contain it.
    pub inbox: Option<u64>,
    /// Its text, in Markdown; empty if it only has other content.
    pub text: String,
    /// Its author.
    pub author: Author,
    /// When it was created, in seconds since 1970 (the server's precision).
    pub at: u64,
    /// Whether an agent deleted it; its text is then the server's notice.
    pub is_deleted: bool,
    /// Its kind: what it asks for.
    pub kind: MessageKind,
    /// The visitor's answers.
    pub answers: Vec<Answer>,
    /// Its attachments.
    pub attachments: Vec<Attachment>,
    /// The message it replies to.
    pub reply_to: Option<MessageId>,
}

impl Message {
    /// A message of text alone.
    #[must_use]
    pub fn plain(id: MessageId, author: Author, text: &str, at: u64) -> Self {
        Self {
            id,
            conversation: None,
            inbox: None,
            text: text.to_owned(),
            author,
            at,
            is_deleted: false,
            kind: MessageKind::Plain,
            answers: Vec::new(),
            attachments: Vec::new(),
            reply_to: None,
        }
    }
}

/// The queue of an outgoing message. There are two, so that a long upload does not delay a text. Within a queue,
/// messages are sent one after the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Queue {
    /// Messages of text alone.
    Text,
    /// Messages with files.
    Upload,
}

impl Queue {
    /// Both queues.
    pub const ALL: [Self; 2] = [Self::Text, Self::Upload];
}

/// A file of an outgoing message. The platform holds its contents: under a number while it is picked, under the
/// message's echo_id from then on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutgoingFile {
    /// Its number on this page; 0 for one of an earlier page or another tab.
    pub pick: u64,
    /// Its name.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// How this page can show it without the server; not stored on the device.
    pub local: Option<LocalFile>,
}

impl OutgoingFile {
    /// A file with its name, made safe to show.
    #[must_use]
    pub fn new(pick: u64, name: &str, size: u64) -> Self {
        Self { pick, name: without_bidi_controls(name), size, local: None }
    }
}

/// A picked file that this page can show: an image, a sound or a video.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalFile {
    /// How it is shown.
    pub kind: AttachmentKind,
    /// Its URL on this page (`blob:`), valid until the page is left or the visitor forgotten.
    pub url: String,
}

/// The author of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Author {
    /// The visitor: message_type 0, from this device or another of theirs.
    Visitor,
    /// An agent: message_type 1.
    Agent(Person),
    /// An agent bot: message_type 1 from a bot.
    Bot(Person),
    /// The inbox itself (greeting, out of office, survey): message_type 3, without sender.
    Inbox,
}

impl Author {
    /// Whether it is the visitor.
    #[must_use]
    pub const fn is_visitor(&self) -> bool {
        matches!(self, Self::Visitor)
    }

    /// The agent or bot, if it is one.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::Agent(person) | Self::Bot(person) => Some(person),
            Self::Visitor | Self::Inbox => None,
        }
    }
}

/// An agent or a bot, with what a visitor may know.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Person {
    /// Their id, if they have one.
    pub id: Option<u64>,
    /// Their display name.
    pub name: String,
    /// Their avatar's URL, unchecked: check it before showing it.
    pub avatar_url: String,
}

/// A conversation, as the server reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conversation {
    /// Its display id.
    pub id: ConversationId,
    /// Its status.
    pub status: Status,
    /// Up to when an agent has read it, in seconds since 1970; 0 for never.
    pub agent_last_seen_at: u64,
    /// Up to when the visitor has read it on any device, in seconds since 1970; 0 for never.
    pub contact_last_seen_at: u64,
    /// The id of its inbox, if the server names it. A contact's conversations may be in several inboxes.
    pub inbox: Option<u64>,
    /// The source_id of the contact inbox that created it; only frames contain it.
    pub source_id: Option<String>,
}

/// A conversation's status.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Status {
    /// Open: an agent is to answer.
    #[default]
    Open,
    /// Resolved; a visitor's message reopens it.
    Resolved,
    /// Handled by a bot.
    Pending,
    /// Snoozed until later.
    Snoozed,
}

impl Status {
    /// Chatwoot's own name for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
        }
    }
}

/// The visitor's contact, as the server reports it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// The contact inbox's source_id: it gives access to all of this visitor's conversations.
    pub source_id: String,
    /// The token for the subscription at `/cable`.
    pub pubsub_token: String,
}
