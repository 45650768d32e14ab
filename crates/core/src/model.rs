//! The things a conversation is made of, as the core knows them. `wire` makes them from Chatwoot's JSON.

use std::sync::Arc;

use crate::content::{Answer, Attachment, AttachmentKind, Kind};
use crate::spoofing::without_bidi_controls;

/// A message's id at the server; messages are in order when their ids are.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MessageId(pub u64);

/// A conversation's display id: what the client API's paths hold. Counted per account, so it can be guessed.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct ConversationId(pub u64);

/// Our own mark on a send; the server hands it back in the cable frame only, never in an HTTP answer.
pub type EchoId = Arc<str>;

/// A message the server has.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// Its id and its place.
    pub id: MessageId,
    /// The conversation it belongs to, where the server says so.
    pub conversation: Option<ConversationId>,
    /// The number of the inbox it came in: frames alone say so.
    pub inbox: Option<u64>,
    /// What it says; empty when it only carries something else.
    pub text: String,
    /// Who said it.
    pub author: Author,
    /// When, in seconds since 1970 (the server knows no finer).
    pub at: u64,
    /// Whether an agent deleted it; the text is then the server's own sentence about that.
    pub is_deleted: bool,
    /// What it asks of the visitor.
    pub kind: Kind,
    /// What the visitor answered to that.
    pub answers: Vec<Answer>,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// The message it answers.
    pub reply_to: Option<MessageId>,
}

impl Message {
    /// A message that is nothing but text.
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
            kind: Kind::Plain,
            answers: Vec::new(),
            attachments: Vec::new(),
            reply_to: None,
        }
    }
}

/// Outgoing messages wait in two queues, so that a long upload keeps no text waiting. Within a queue, one is sent after
/// the other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Queue {
    /// Messages of text alone.
    Text,
    /// Messages with files.
    Upload,
}

impl Queue {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Text, Self::Upload];
}

/// A file the visitor sends along. Its bytes are the shell's: under a number while it is picked, under the send's
/// echo_id from then on.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutgoingFile {
    /// The shell's number for it on this page; 0 for one of an earlier page or another tab.
    pub pick: u64,
    /// What it is called.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// How this page can show it without the server; nothing of it is kept on the device.
    pub local: Option<LocalFile>,
}

impl OutgoingFile {
    /// A file under its name, as far as that can be shown.
    #[must_use]
    pub fn new(pick: u64, name: &str, size: u64) -> Self {
        Self { pick, name: without_bidi_controls(name), size, local: None }
    }
}

/// A picked file that this page can show: a picture, a sound or a film.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalFile {
    /// What it is.
    pub kind: AttachmentKind,
    /// Its address on this page (`blob:`), good until the page is left or its visitor forgotten.
    pub url: String,
}

/// Who said a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Author {
    /// The visitor: message_type 0, from this device or another of theirs.
    Visitor,
    /// A person of the team: message_type 1.
    Agent(Person),
    /// A program of the team's: message_type 1 from an agent bot.
    Bot(Person),
    /// The inbox itself (greeting, out of office, survey): message_type 3, without sender.
    Inbox,
}

impl Author {
    /// Whether it was the visitor.
    #[must_use]
    pub const fn is_visitor(&self) -> bool {
        matches!(self, Self::Visitor)
    }

    /// The agent or bot, if it was one.
    #[must_use]
    pub const fn person(&self) -> Option<&Person> {
        match self {
            Self::Agent(person) | Self::Bot(person) => Some(person),
            Self::Visitor | Self::Inbox => None,
        }
    }
}

/// An agent or a bot, as far as a visitor may know them.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Person {
    /// Their id, where there is one.
    pub id: Option<u64>,
    /// The name they show visitors.
    pub name: String,
    /// Their picture's address; unchecked, so painting it means checking it.
    pub avatar_url: String,
}

/// What we know of a conversation.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Conversation {
    /// Its display id.
    pub id: ConversationId,
    /// Where it stands.
    pub status: Status,
    /// Up to when an agent has read it, in seconds since 1970; 0 for never.
    pub agent_last_seen_at: u64,
    /// Up to when the visitor has read it, on whichever device; 0 where none ever said so.
    pub contact_last_seen_at: u64,
    /// The number of the inbox it is in, where the server says so. A contact's conversations may be in several.
    pub inbox: Option<u64>,
    /// The contact inbox that began it: frames alone say so.
    pub source_id: Option<String>,
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Status {
    /// Somebody is to answer.
    #[default]
    Open,
    /// Ended; a visitor's message opens it again.
    Resolved,
    /// With a bot.
    Pending,
    /// Put aside until later.
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

/// What the server says of us.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Contact {
    /// The contact inbox's source_id: the key to everything of this visitor's.
    pub source_id: String,
    /// What `/cable` wants to hear.
    pub pubsub_token: String,
}
