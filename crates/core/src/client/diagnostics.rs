//! Diagnostics for the website's developer: what is wrong between page and server, the state, and the events that led
//! to it.

use super::ChatClient;
use crate::chatwoot;
use crate::host::events::HostEvent;
use crate::time::Mono;
use crate::{Effect, Update};

impl ChatClient {
    /// Probes the server if that can explain a failure, and reports problems to the website.
    pub(super) fn diagnose(&mut self, now: Mono, update: &mut Update) {
        if self.connection.diagnostics.take_due_probe(now, self.connection.is_online) {
            update.effects.push(Effect::Probe { url: self.settings.base_url().to_owned() });
        }
        if let Some(issue) = self.connection.take_issue_change() {
            update.tell_host(HostEvent::ConnectionChanged { issue });
        }
    }

    /// The state and the event log: a JSON list of one object with the state, then one list of strings for each event.
    /// It contains message texts, so it must not leave the page before `embed/parts/diagnostics.js` has masked them.
    #[must_use]
    pub fn diagnostics(&self) -> String {
        let issue = self.connection.issue().map_or("none", |issue| issue.name());
        let is = |holds: bool| if holds { "yes" } else { "no" };
        let due = self.deadline().map_or(0, |due| due.at.0);
        let state = chatwoot::write_object(&[
            ("version", env!("CARGO_PKG_VERSION")),
            ("closes_resolved", is(self.settings.options.closes_resolved)),
            ("asks", &self.settings.options.outline()),
            ("trouble", issue),
            ("leads", is(self.tabs.election.is_active())),
            ("socket_live", is(self.connection.cable.is_live())),
            ("socket_failures", &self.connection.cable.failures().to_string()),
            ("has_contact", is(self.visitor.session.pubsub_token().is_some())),
            ("has_conversation", is(self.visitor.session.conversation().is_some())),
            ("status", self.conversation.status.status().name()),
            ("messages", &self.conversation.timeline.message_count().to_string()),
            ("waiting", &self.conversation.timeline.visible_outgoing().count().to_string()),
            ("unread", &self.conversation.unread.count().to_string()),
            ("calls", &self.connection.request_count().to_string()),
            ("next_ms", &due.to_string()),
            ("missing", &self.event_log.missing().to_string()),
        ]);
        self.event_log.to_json(&state)
    }
}
