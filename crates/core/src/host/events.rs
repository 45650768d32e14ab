//! The events for the website, as docs/embedding.md promises them, and instructions to the element.

use std::sync::Arc;

use crate::connection::diagnostics::ConnectionIssue;
use crate::content::Choice;
use crate::digits::digits;
use crate::event::TranscriptFormat;
use crate::json;
use crate::model::{Author, ConversationId, Message, MessageId, Status};
use crate::visitor::preferences::Theme;

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
        /// The file's format.
        format: TranscriptFormat,
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
    /// The event as the website receives it: a JSON object with a `type`. `None` for those that need the locale's texts,
    /// which the platform adds.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        let number = |number: u64| digits(number);
        Some(match self {
            Self::UnreadChanged { count } => event_json("unread", &[("count", number((*count).into()))]),
            Self::ConnectionChanged { issue } => {
                let name = json::or_null(issue.map(|issue| json::string(issue.name())));
                event_json("connection", &[("trouble", name)])
            }
            Self::MessageAdded(message) => message_json(message),
            Self::ConversationStarted { conversation } => {
                event_json("conversation-started", &[("conversation", number(conversation.0))])
            }
            Self::StatusChanged { conversation, status } => event_json(
                "status",
                &[("conversation", number(conversation.0)), ("status", json::string(status.name()))],
            ),
            Self::TypingChanged { is_typing, name } => {
                event_json("typing", &[("isTyping", json::truth(*is_typing)), ("name", json::string(name))])
            }
            Self::Postback { message, choice } => event_json(
                "postback",
                &[
                    ("message", number(message.0)),
                    ("title", json::string(&choice.title)),
                    ("value", json::string(&choice.value)),
                ],
            ),
            Self::Error(error) => event_json("error", &[("name", json::string(error.name()))]),
            Self::VisitorForgotten => event_json("forgotten", &[]),
            Self::ThemeChanged(theme) => event_json("theme", &[("name", json::string(theme.name()))]),
            Self::NotificationDue(_) | Self::TranscriptReady { .. } => return None,
        })
    }
}

fn message_json(message: &Message) -> String {
    let from = match message.author {
        Author::Visitor => "visitor",
        Author::Agent(_) => "agent",
        Author::Bot(_) => "bot",
        Author::Inbox => "inbox",
    };
    let name = message.author.person().map_or("", |person| person.name.as_str());
    event_json(
        "message",
        &[
            ("id", digits(message.id.0)),
            ("conversation", json::or_null(message.conversation.map(|id| digits(id.0)))),
            ("from", json::string(from)),
            ("name", json::string(name)),
            ("text", json::string(&message.text)),
            ("files", digits(message.attachments.len() as u64)),
            ("at", digits(message.at)),
        ],
    )
}

/// An event of this type as a JSON object; the fields' values are JSON.
#[must_use]
pub fn event_json(event_type: &str, fields: &[(&str, String)]) -> String {
    let mut text = ["{\"type\":", &json::string(event_type)].concat();
    for (name, value) in fields {
        text.push_str([",", &json::string(name), ":", value].concat().as_str());
    }
    text.push('}');
    text
}
