//! The events for the website, as docs/embedding.md promises them, and instructions to the element.

use std::sync::Arc;

use crate::connection::diagnostics::ConnectionIssue;
use crate::content::Choice;
use crate::model::{Author, ConversationId, Message, MessageId, Status};
use crate::tolerant_json;
use crate::visitor::preferences::Theme;
use serde::Serialize;

/// An event for the website, or an instruction to its element.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum HostEvent {
    /// `unread`: the number of messages to the visitor that arrived while the panel was closed.
    UnreadChanged {
        /// How many.
        count: u32,
    },
    /// `connection`: a problem between page and server was found, or is over.
    ConnectionChanged {
        /// The problem; `None` when there is none any more.
        issue: Option<ConnectionIssue>,
    },
    /// `message`: a message was added, the visitor's or the team's.
    MessageAdded(Arc<Message>),
    /// `conversation-started`: the visitor's first message began a conversation.
    ConversationStarted {
        /// Its display id.
        conversation: ConversationId,
    },
    /// `status`: the open conversation's status changed.
    StatusChanged {
        /// Its display id.
        conversation: ConversationId,
        /// Its status now.
        status: Status,
    },
    /// `typing`: an agent began or stopped writing.
    TypingChanged {
        /// Whether they are writing.
        is_typing: bool,
        /// Their name.
        name: String,
    },
    /// `postback`: the visitor chose an option that a message offers.
    Postback {
        /// The message.
        message: MessageId,
        /// The option.
        choice: Choice,
    },
    /// `error`: something was lost, or may be.
    Error(HostError),
    /// `forgotten`: the visitor was forgotten. Nothing of theirs may stay visible or audible.
    VisitorForgotten,
    /// `theme`: the chat is to look like this.
    ThemeChanged(Theme),
    /// A message arrived of which the visitor wants to be notified.
    NotificationDue(Notification),
    /// The requested transcript is complete.
    TranscriptReady {
        /// All messages, oldest first.
        messages: Vec<Arc<Message>>,
    },
}

/// What was lost, or may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HostError {
    /// Messages of the former user were not sent before another user followed.
    UnsentDropped,
    /// The device stores nothing more.
    StorageUnavailable,
}

impl HostError {
    /// The `name` in the event.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnsentDropped => "unsent-dropped",
            Self::StorageUnavailable => "storage-unavailable",
        }
    }
}

/// A message that arrived, and how the visitor is to be notified of it, if no tab of theirs shows it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Notification {
    /// The message.
    pub message: Arc<Message>,
    /// Whether the visitor sees it in this tab: then no other tab notifies.
    pub is_seen: bool,
    /// Whether a sound is to be played.
    pub plays_sound: bool,
    /// Whether the browser is to show a notification, if the page is hidden.
    pub shows_notification: bool,
}

impl HostEvent {
    /// The event as the element receives it. `None` for those that need the locale's texts, which the platform adds.
    #[must_use]
    pub fn element_event(&self) -> Option<ElementEvent<'_>> {
        Some(match self {
            Self::UnreadChanged { count } => ElementEvent::Unread { count: *count },
            Self::ConnectionChanged { issue } => ElementEvent::Connection { trouble: issue.map(ConnectionIssue::name) },
            Self::MessageAdded(message) => ElementEvent::message(message),
            Self::ConversationStarted { conversation } => {
                ElementEvent::ConversationStarted { conversation: *conversation }
            }
            Self::StatusChanged { conversation, status } => {
                ElementEvent::Status { conversation: *conversation, status: status.name() }
            }
            Self::TypingChanged { is_typing, name } => ElementEvent::Typing { is_typing: *is_typing, name },
            Self::Postback { message, choice } => {
                ElementEvent::Postback { message: *message, title: &choice.title, value: &choice.value }
            }
            Self::Error(error) => ElementEvent::Error { name: error.name() },
            Self::VisitorForgotten => ElementEvent::Forgotten,
            Self::ThemeChanged(theme) => ElementEvent::Theme { name: theme.name() },
            Self::NotificationDue(_) | Self::TranscriptReady { .. } => return None,
        })
    }

    /// The event as the element receives it, as JSON; `None` as for [`HostEvent::element_event`].
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        Some(self.element_event()?.to_json())
    }
}

/// An event as the element receives it: a JSON object with a `type`. `embed/panel.js` acts on some itself, and passes the
/// others on to the website, as docs/embedding.md describes them.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
#[allow(missing_docs, reason = "docs/embedding.md describes the fields")]
pub enum ElementEvent<'event> {
    Unread {
        count: u32,
    },
    Connection {
        trouble: Option<&'static str>,
    },
    Message {
        id: MessageId,
        conversation: Option<ConversationId>,
        from: &'static str,
        name: &'event str,
        text: &'event str,
        files: usize,
        at: u64,
    },
    ConversationStarted {
        conversation: ConversationId,
    },
    Status {
        conversation: ConversationId,
        status: &'static str,
    },
    Typing {
        #[serde(rename = "isTyping")]
        is_typing: bool,
        name: &'event str,
    },
    Postback {
        message: MessageId,
        title: &'event str,
        value: &'event str,
    },
    Error {
        name: &'static str,
    },
    Forgotten,
    Theme {
        name: &'static str,
    },
    /// The visitor is to be notified of a message, if no other tab does so under the same name.
    Arrived {
        name: &'event str,
        title: &'event str,
        text: &'event str,
        seen: bool,
        heard: bool,
        noticed: bool,
    },
    /// The visitor has chosen a language.
    Language {
        code: &'event str,
    },
    /// The attribute of this name can't be read.
    Odd {
        name: &'static str,
    },
}

impl<'event> ElementEvent<'event> {
    /// The event as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        tolerant_json::write(self)
    }

    fn message(message: &'event Message) -> Self {
        Self::Message {
            id: message.id,
            conversation: message.conversation,
            from: match message.author {
                Author::Visitor => "visitor",
                Author::Agent(_) => "agent",
                Author::Bot(_) => "bot",
                Author::Inbox => "inbox",
            },
            name: message.author.person().map_or("", |person| person.name.as_str()),
            text: &message.text,
            files: message.attachments.len(),
            at: message.at,
        }
    }
}
