//! What the developer of the page may know: what is wrong, how things stand, and what led there.

use super::ChatClient;
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, ApiResponse, Outcome};
use crate::connection::diagnostics::{Signal, SocketHealth};
use crate::digits::digits;
use crate::host::events::HostEvent;
use crate::time::Mono;
use crate::{Effect, Update};

/// Sockets that could not be had in a row before they are thought to be impossible.
const SOCKETS_MAX: u32 = 2;

impl ChatClient {
    /// What the doctor learns from the end of a call.
    pub(super) fn examine(&mut self, call: &ApiRequest, outcome: &Outcome) {
        match outcome.verdict() {
            ApiResponse::Unknown => self.connection.is_way_broken = true,
            ApiResponse::NotSent => {}
            ApiResponse::Success(_)
            | ApiResponse::Busy(_)
            | ApiResponse::NotFound
            | ApiResponse::Rejected(_)
            | ApiResponse::ServerError => {
                self.connection.is_way_broken = false;
            }
        }
        let sign = match outcome {
            Outcome::NotSent | Outcome::FilesMissing => return,
            Outcome::Unknown => Signal::NoResponse,
            Outcome::Answered { status, body, .. } => {
                self.connection.last_response = Some(self.now.mono);
                let is_json = body.trim_start().starts_with(['{', '[']);
                let is_contact = matches!(call, ApiRequest::CreateContact | ApiRequest::GetContact);
                let is_list =
                    matches!(call, ApiRequest::FindConversations | ApiRequest::Browse | ApiRequest::ListConversations);
                match status {
                    429 | 502..=504 => Signal::Busy,
                    500..=599 if is_contact => Signal::ContactError,
                    // So Chatwoot 4.0.4 answers every verified contact, and nothing else is wrong.
                    500 if is_list && self.visitor.session.is_user_proven() && chatwoot::is_fault(body) => {
                        Signal::Healthy
                    }
                    500..=599 => Signal::Busy,
                    // So Chatwoot answers what it has nothing to say to: typing, and what was read.
                    200..=299 if body.is_empty() => Signal::Healthy,
                    200..=499 if !is_json => Signal::NotChatwoot,
                    404 if matches!(call, ApiRequest::CreateContact | ApiRequest::GetInbox) => Signal::UnknownInbox,
                    _ => Signal::Healthy,
                }
            }
        };
        self.connection.diagnostics.see(sign);
    }

    /// Asks what can be asked, and tells the page what has been found.
    pub(super) fn diagnose(&mut self, now: Mono, turn: &mut Update) {
        if self.connection.diagnostics.take_due_probe(now, self.connection.is_online) {
            turn.effects.push(Effect::Probe { url: self.settings.base_url().to_owned() });
        }
        if let Some(finding) = self.connection.diagnostics.news(self.connection.is_online, self.socket()) {
            turn.effects.push(Effect::Host(HostEvent::ConnectionChanged { issue: finding }));
        }
    }

    pub(super) fn socket(&self) -> SocketHealth {
        SocketHealth {
            is_failing: self.connection.cable.failures() > SOCKETS_MAX,
            is_silent: self.connection.polling.is_silent() && self.connection.cable.is_live(),
        }
    }

    /// How things stand and what led there, for whoever runs the page: a JSON list of one object and then one list of
    /// strings for everything that happened. Word for word, so nobody may see it as it is (`recording`).
    #[must_use]
    pub fn diagnostics(&self) -> String {
        let finding = self
            .connection
            .diagnostics
            .finding(self.connection.is_online, self.socket())
            .map_or("none", |finding| finding.name());
        let is = |holds: bool| if holds { "yes" } else { "no" };
        let due = self.deadline().map_or(0, |due| due.at.0);
        let standing = chatwoot::write(&[
            ("version", env!("CARGO_PKG_VERSION")),
            ("closes_resolved", is(self.settings.options.closes_resolved)),
            ("asks", &self.settings.options.outline()),
            ("trouble", finding),
            ("leads", is(self.tabs.election.is_active())),
            ("socket_live", is(self.connection.cable.is_live())),
            ("socket_failures", &digits(self.connection.cable.failures().into())),
            ("has_contact", is(self.visitor.session.pubsub_token().is_some())),
            ("has_conversation", is(self.visitor.session.conversation().is_some())),
            ("status", self.conversation.status.status().name()),
            ("messages", &digits(self.conversation.timeline.message_count() as u64)),
            ("waiting", &digits(self.conversation.timeline.visible_outgoing().count() as u64)),
            ("unread", &digits(self.conversation.unread.count().into())),
            ("calls", &digits(self.connection.last_request)),
            ("next_ms", &digits(due)),
            ("missing", &digits(self.event_log.missing())),
        ]);
        self.event_log.after(&standing)
    }
}
