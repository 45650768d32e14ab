//! Finds out what is wrong between the page and the server, as far as a browser lets a page know.
//!
//! A browser reports of a failed request only that it failed. A second request whose response the page may not read (a
//! `no-cors` probe of the server's address) tells more: if it succeeds, the server is there, and something between page
//! and server withholds its responses. Other signs are in responses that do arrive: HTML instead of JSON, a 404 for the
//! inbox itself, a 500 for a contact with a proof of identity.

use crate::time::Mono;

/// A problem with the connection. Visitors see it in general terms; this is for the website's developers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConnectionIssue {
    /// The device has no network.
    Offline,
    /// Nothing responds at the server's address.
    Unreachable,
    /// The server responds, but the browser withholds the response from the page: no CORS headers, as from a proxy in
    /// front.
    AnswersWithheld,
    /// The page is https, the server's address http: browsers block mixed content.
    MixedContent,
    /// The page's own Content-Security-Policy forbids the server's address.
    ForbiddenByPolicy,
    /// The response is not Chatwoot's: HTML, or JSON of another kind.
    NotChatwoot,
    /// The server has no inbox with this identifier.
    UnknownInbox,
    /// The server fails when the contact is requested, as it does when an inbox requires proof of identity (HMAC).
    ContactRefused,
    /// The server limits the rate of requests, or is starting.
    Busy,
    /// `/cable` can't be opened though requests succeed: a proxy that doesn't upgrade connections.
    NoSocket,
    /// Subscribed, but no events arrive: broadcasts don't get through.
    SilentSocket,
}

/// What the end of a request says about the connection to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// A usable response.
    Healthy,
    /// No response.
    NoResponse,
    /// A response from another kind of server.
    NotChatwoot,
    /// The inbox was not found.
    UnknownInbox,
    /// A server error for the contact.
    ContactError,
    /// The server limits the rate of requests, or is starting.
    Busy,
}

/// The state of the socket.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SocketHealth {
    /// Whether it could not be opened several times in a row.
    pub is_failing: bool,
    /// Whether it is subscribed and brings no events.
    pub is_silent: bool,
}

/// How many requests in a row end without a response before that counts: single connections break.
const UNANSWERED_MIN: u32 = 2;
/// The server is probed at most this often, in ms.
const PROBE_MS: u64 = 30_000;

/// What is known about the connection.
#[derive(Debug, Default)]
pub struct ConnectionDiagnostics {
    signal: Option<Signal>,
    /// How many requests in a row had no response.
    unanswered: u32,
    is_mixed_content: bool,
    is_blocked_by_policy: bool,
    /// When the server was last probed.
    last_probe: Option<Mono>,
    /// Whether the last probe reached the server, since requests began to fail.
    is_reachable: Option<bool>,
    last_reported: Option<ConnectionIssue>,
}

impl ConnectionDiagnostics {
    /// The page is https and the server's address is not: requests are blocked as mixed content.
    pub const fn set_mixed_content(&mut self) {
        self.is_mixed_content = true;
    }

    /// The page's Content-Security-Policy blocked a request to the server.
    pub const fn set_blocked_by_policy(&mut self) {
        self.is_blocked_by_policy = true;
    }

    /// Takes note of how a request ended.
    pub const fn note(&mut self, signal: Signal) {
        if matches!(signal, Signal::NoResponse) {
            self.unanswered = self.unanswered.saturating_add(1);
            if self.unanswered < UNANSWERED_MIN {
                return;
            }
        } else {
            // The request was allowed, and had a response.
            self.unanswered = 0;
            self.is_blocked_by_policy = false;
            self.is_reachable = None;
        }
        self.signal = Some(signal);
    }

    /// Whether the server is to be probed now; then the probe counts as sent.
    pub fn take_due_probe(&mut self, now: Mono, is_online: bool) -> bool {
        let is_unexplained = self.signal == Some(Signal::NoResponse)
            && is_online
            && !self.is_mixed_content
            && !self.is_blocked_by_policy;
        if !is_unexplained || self.last_probe.is_some_and(|last_probe| now.since(last_probe) < PROBE_MS) {
            return false;
        }
        self.last_probe = Some(now);
        true
    }

    /// The probe ended: whether it reached the server.
    pub const fn probe_ended(&mut self, is_reachable: bool) {
        self.is_reachable = Some(is_reachable);
    }

    /// What is wrong with the connection, if anything is.
    #[must_use]
    pub fn issue(&self, is_online: bool, socket: SocketHealth) -> Option<ConnectionIssue> {
        if !is_online {
            return Some(ConnectionIssue::Offline);
        }
        match self.signal {
            Some(Signal::NoResponse) if self.is_mixed_content => Some(ConnectionIssue::MixedContent),
            Some(Signal::NoResponse) if self.is_blocked_by_policy => Some(ConnectionIssue::ForbiddenByPolicy),
            // Until the probe ends, the reason is not known.
            Some(Signal::NoResponse) => self.is_reachable.map(|is_reachable| {
                if is_reachable { ConnectionIssue::AnswersWithheld } else { ConnectionIssue::Unreachable }
            }),
            Some(Signal::NotChatwoot) => Some(ConnectionIssue::NotChatwoot),
            Some(Signal::UnknownInbox) => Some(ConnectionIssue::UnknownInbox),
            Some(Signal::ContactError) => Some(ConnectionIssue::ContactRefused),
            Some(Signal::Busy) => Some(ConnectionIssue::Busy),
            Some(Signal::Healthy) if socket.is_silent => Some(ConnectionIssue::SilentSocket),
            Some(Signal::Healthy) if socket.is_failing => Some(ConnectionIssue::NoSocket),
            Some(Signal::Healthy) | None => None,
        }
    }

    /// The issue, if it is not the one reported last; then it counts as reported.
    pub fn take_change(&mut self, is_online: bool, socket: SocketHealth) -> Option<Option<ConnectionIssue>> {
        let issue = self.issue(is_online, socket);
        (issue != self.last_reported).then(|| {
            self.last_reported = issue;
            issue
        })
    }
}

impl ConnectionIssue {
    /// Its name in the website's events and in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Unreachable => "unreachable",
            Self::AnswersWithheld => "answers-withheld",
            Self::MixedContent => "mixed-content",
            Self::ForbiddenByPolicy => "forbidden-by-policy",
            Self::NotChatwoot => "not-chatwoot",
            Self::UnknownInbox => "unknown-inbox",
            Self::ContactRefused => "contact-refused",
            Self::Busy => "busy",
            Self::NoSocket => "no-socket",
            Self::SilentSocket => "silent-socket",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: SocketHealth = SocketHealth { is_failing: false, is_silent: false };

    /// The issue when requests end like this, and the probe like that.
    fn found(signal: Signal, is_reachable: Option<bool>) -> Option<ConnectionIssue> {
        let mut diagnostics = ConnectionDiagnostics::default();
        diagnostics.note(signal);
        assert!(!diagnostics.take_due_probe(Mono(0), true), "connections break");
        diagnostics.note(signal);
        assert_eq!(diagnostics.take_due_probe(Mono(0), true), signal == Signal::NoResponse);
        is_reachable.into_iter().for_each(|is_reachable| diagnostics.probe_ended(is_reachable));
        diagnostics.issue(true, FINE)
    }

    #[test]
    fn diagnostics_names_the_issue_of_each_signal() {
        assert_eq!(found(Signal::Healthy, None), None);
        assert_eq!(found(Signal::NoResponse, None), None, "nothing is said before the probe is back");
        assert_eq!(found(Signal::NoResponse, Some(true)), Some(ConnectionIssue::AnswersWithheld));
        assert_eq!(found(Signal::NoResponse, Some(false)), Some(ConnectionIssue::Unreachable));
        assert_eq!(found(Signal::NotChatwoot, None), Some(ConnectionIssue::NotChatwoot));
        assert_eq!(found(Signal::UnknownInbox, None), Some(ConnectionIssue::UnknownInbox));
        assert_eq!(found(Signal::ContactError, None), Some(ConnectionIssue::ContactRefused));
        assert_eq!(found(Signal::Busy, None), Some(ConnectionIssue::Busy));
    }

    #[test]
    fn diagnostics_does_not_probe_what_the_page_itself_blocks() {
        let mut diagnostics = ConnectionDiagnostics::default();
        diagnostics.set_blocked_by_policy();
        diagnostics.note(Signal::NoResponse);
        diagnostics.note(Signal::NoResponse);
        assert!(!diagnostics.take_due_probe(Mono(0), true));
        assert_eq!(diagnostics.issue(true, FINE), Some(ConnectionIssue::ForbiddenByPolicy));
        diagnostics.note(Signal::Healthy);
        diagnostics.note(Signal::NoResponse);
        diagnostics.note(Signal::NoResponse);
        diagnostics.probe_ended(false);
        assert_eq!(diagnostics.issue(true, FINE), Some(ConnectionIssue::Unreachable), "it was let through since");
        diagnostics.set_mixed_content();
        assert_eq!(diagnostics.issue(true, FINE), Some(ConnectionIssue::MixedContent));
        assert_eq!(diagnostics.issue(false, FINE), Some(ConnectionIssue::Offline));
    }

    #[test]
    fn diagnostics_blames_the_socket_only_when_requests_succeed() {
        let mut diagnostics = ConnectionDiagnostics::default();
        let failing = SocketHealth { is_failing: true, is_silent: false };
        assert_eq!(diagnostics.issue(true, failing), None, "nothing was asked yet");
        diagnostics.note(Signal::Healthy);
        assert_eq!(diagnostics.issue(true, failing), Some(ConnectionIssue::NoSocket));
        assert_eq!(
            diagnostics.issue(true, SocketHealth { is_silent: true, ..failing }),
            Some(ConnectionIssue::SilentSocket)
        );
        diagnostics.note(Signal::Busy);
        assert_eq!(diagnostics.issue(true, failing), Some(ConnectionIssue::Busy));
    }

    #[test]
    fn diagnostics_probes_rarely_and_reports_a_change_once() {
        let mut diagnostics = ConnectionDiagnostics::default();
        diagnostics.note(Signal::NoResponse);
        diagnostics.note(Signal::NoResponse);
        assert!(!diagnostics.take_due_probe(Mono(0), false), "there is no network to send it over");
        assert!(diagnostics.take_due_probe(Mono(0), true));
        assert!(!diagnostics.take_due_probe(Mono(29_999), true));
        assert!(diagnostics.take_due_probe(Mono(30_000), true));
        diagnostics.probe_ended(false);
        assert_eq!(diagnostics.take_change(true, FINE), Some(Some(ConnectionIssue::Unreachable)));
        assert_eq!(diagnostics.take_change(true, FINE), None);
        diagnostics.note(Signal::Healthy);
        assert_eq!(diagnostics.take_change(true, FINE), Some(None));
    }
}
