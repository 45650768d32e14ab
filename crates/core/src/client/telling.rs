//! What the page may know of what happens: a few facts in a form that is promised (`tests/scenarios/telling.rs` holds all
//! of it), and never what the server said besides.

use std::sync::Arc;

use super::ChatClient;
use crate::Update;
use crate::host::events::HostEvent;
use crate::model::MessageId;

impl ChatClient {
    /// The visitor's own message is at the server.
    pub(super) fn tell_own(&self, id: MessageId, turn: &mut Update) {
        if let Some(message) = self.conversation.timeline.row(id).map(|row| Arc::clone(&row.message)) {
            turn.tell_host(HostEvent::MessageAdded(message));
        }
    }

    /// Tells what has changed since the page was last told.
    pub(super) fn tell_changes(&mut self, turn: &mut Update) {
        let status = self.visitor.session.conversation().map(|id| (id, self.conversation.status.status()));
        if self.host.last_reported.status != status {
            if let Some((id, status)) =
                status.filter(|_| self.conversation.status.is_known() || self.host.last_reported.status.is_some())
            {
                turn.tell_host(HostEvent::StatusChanged { conversation: id, status });
            }
            self.host.last_reported.status = status;
        }
        let writes = self.conversation.typing.theirs().map(|person| person.name.clone());
        if self.host.last_reported.writes != writes {
            let name = writes.as_deref().or(self.host.last_reported.writes.as_deref()).unwrap_or_default();
            turn.tell_host(HostEvent::TypingChanged { is_typing: writes.is_some(), name: name.to_owned() });
            self.host.last_reported.writes = writes;
        }
    }
}
