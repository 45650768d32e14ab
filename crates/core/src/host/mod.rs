//! The website around the chat: its settings, what it calls, and what it is told.

pub mod attributes;
pub mod calls;
pub mod events;
pub mod settings;

use crate::PageContext;
use crate::model::{ConversationId, Status};

/// How things stood when the page was last told.
#[derive(Debug, Default)]
pub(crate) struct LastReported {
    pub(crate) status: Option<(ConversationId, Status)>,
    pub(crate) writes: Option<String>,
}

/// The page around the chat.
#[derive(Debug, Default)]
pub(crate) struct HostState {
    pub(crate) page: PageContext,
    pub(crate) last_reported: LastReported,
    /// Whether the page was told that the device keeps nothing more.
    pub(crate) is_storage_failure_reported: bool,
}
