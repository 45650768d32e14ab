//! The website around the chat: its settings, its calls, and the state that was reported to it.

pub mod attributes;
pub mod calls;
pub mod events;
pub mod mount_options;
pub mod settings;

use crate::model::{ConversationId, Person, Status};
use crate::{PageContext, Update};
use events::{HostError, HostEvent};

/// The state that was reported to the website, and the page that the visitor is on.
#[derive(Debug, Default)]
pub(crate) struct HostState {
    pub(crate) page: PageContext,
    last_reported: LastReported,
    is_storage_failure_reported: bool,
}

/// The state that was reported last.
#[derive(Debug, Default)]
struct LastReported {
    status: Option<(ConversationId, Status)>,
    /// The name of the agent who is writing.
    typing: Option<String>,
}

impl HostState {
    /// Reports changes of the open conversation to the website: its status, if known, and the agent who is writing.
    pub(crate) fn report_changes(
        &mut self,
        status: Option<(ConversationId, Status)>,
        is_status_known: bool,
        typing: Option<&Person>,
        update: &mut Update,
    ) {
        if self.last_reported.status != status {
            let is_told = is_status_known || self.last_reported.status.is_some();
            if let Some((conversation, status)) = status.filter(|_| is_told) {
                update.tell_host(HostEvent::StatusChanged { conversation, status });
            }
            self.last_reported.status = status;
        }
        let typing = typing.map(|person| person.name.clone());
        if self.last_reported.typing != typing {
            let name = typing.clone().or(self.last_reported.typing.take()).unwrap_or_default();
            update.tell_host(HostEvent::TypingChanged { is_typing: typing.is_some(), name });
            self.last_reported.typing = typing;
        }
    }

    /// Reports to the website, once, that the device stores nothing more.
    pub(crate) fn report_storage_failure(&mut self, update: &mut Update) {
        if !std::mem::replace(&mut self.is_storage_failure_reported, true) {
            update.tell_host(HostEvent::Error(HostError::StorageUnavailable));
        }
    }
}
