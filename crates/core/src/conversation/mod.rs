//! The open conversation.

pub mod history;
pub mod message_window;
pub(crate) mod read_receipts;
pub mod status;
pub mod timeline;
pub mod typing;
pub mod unread;

use crate::TranscriptFormat;
use history::History;
use message_window::MessageWindow;
use read_receipts::ReadReceipts;
use status::ConversationStatus;
use timeline::Timeline;
use typing::Typing;
use unread::Unread;

/// The open conversation. Replaced whole for another one.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) timeline: Timeline,
    pub(crate) history: History,
    pub(crate) status: ConversationStatus,
    pub(crate) unread: Unread,
    pub(crate) window: MessageWindow,
    pub(crate) typing: Typing,
    pub(crate) read_receipts: ReadReceipts,
    /// What the visitor wants to keep the conversation as, until all of it is here.
    pub(crate) transcript: Option<TranscriptFormat>,
    /// The proactive message that the visitor was shown before they opened the panel; empty for none.
    pub(crate) prompt: String,
    /// Whether the server did not find it; asking for the contact tells whether only the conversation is gone.
    pub(crate) is_missing: bool,
    /// Whether it is gone: the team has deleted it.
    pub(crate) is_deleted: bool,
}

impl Conversation {
    /// Becomes the state of another conversation of the same visitor, with the messages that are still to be sent.
    pub(crate) fn replace(&mut self) {
        let Self {
            timeline,
            history: _,
            status: _,
            unread: _,
            window: _,
            typing,
            read_receipts: _,
            transcript: _,
            prompt,
            is_missing,
            is_deleted,
        } = std::mem::take(self);
        *self = Self {
            timeline: timeline.for_next_conversation(),
            history: History::default(),
            status: ConversationStatus::default(),
            unread: Unread::default(),
            window: MessageWindow::default(),
            typing: typing.for_next_conversation(),
            read_receipts: ReadReceipts::default(),
            transcript: None,
            prompt,
            is_missing,
            is_deleted,
        };
    }

    /// Becomes the state of another visitor, with the messages that were written for this user.
    pub(crate) fn replace_visitor(&mut self, user: Option<u64>) {
        let Self {
            timeline,
            history: _,
            status: _,
            unread: _,
            window: _,
            typing: _,
            read_receipts: _,
            transcript: _,
            prompt: _,
            is_missing: _,
            is_deleted: _,
        } = std::mem::take(self);
        self.timeline = timeline.for_next_visitor(user);
    }
}
