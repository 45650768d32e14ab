//! What is wrong between the page and the server, as far as a browser lets one know.
//!
//! A browser says of a failed request only that it failed. What it hides is found out by a second one whose answer may
//! not be read (a `no-cors` probe of the server's address): if that arrives, the server is there, and something between
//! page and server keeps its answers back. The rest is told by what does come: HTML where JSON should be, a 404 for the
//! inbox itself, a 500 for a contact that proves who it is.

use crate::time::Mono;

/// What is wrong. Visitors are told in general terms; this is for whoever runs the page.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ConnectionIssue {
    /// The device has no network.
    Offline,
    /// Nothing answers at the server's address.
    Unreachable,
    /// Something answers there, but the browser keeps it from this page: no CORS headers, as from a proxy in front.
    AnswersWithheld,
    /// The page is https, the server's address http: browsers refuse that.
    MixedContent,
    /// The page's own Content-Security-Policy forbids the server's address.
    ForbiddenByPolicy,
    /// What answers is no Chatwoot: HTML, or JSON of another kind.
    NotChatwoot,
    /// The server knows no inbox of this identifier.
    UnknownInbox,
    /// The server fails when asked for the contact; so it does when an inbox demands proof of identity (HMAC).
    ContactRefused,
    /// The server asks for a pause, or is starting.
    Busy,
    /// `/cable` can't be had though the rest works: a proxy that doesn't upgrade connections.
    NoSocket,
    /// Subscribed, but nothing comes: broadcasts don't get through.
    SilentSocket,
}

/// What an ended request says about the way to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Signal {
    /// All is well.
    Healthy,
    /// No answer.
    NoResponse,
    /// An answer of another kind of server.
    NotChatwoot,
    /// The inbox is not there.
    UnknownInbox,
    /// A fault where the contact was asked for.
    ContactError,
    /// A pause is asked for.
    Busy,
}

/// What the socket is like.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct SocketHealth {
    /// Whether it could not be had several times in a row.
    pub is_failing: bool,
    /// Whether it keeps things to itself.
    pub is_silent: bool,
}

/// One request without an answer is nothing: connections break.
const NOTHINGS: u32 = 2;
/// A probe again at most this often.
const PROBE_MS: u64 = 30_000;

/// The machine.
#[derive(Debug, Default)]
pub struct ConnectionDiagnostics {
    sign: Option<Signal>,
    /// Requests without an answer, in a row.
    nothings: u32,
    is_mixed: bool,
    is_forbidden: bool,
    /// When the server was last probed.
    probed: Option<Mono>,
    /// Whether something answered the last probe, since the requests began to fail.
    answers: Option<bool>,
    told: Option<ConnectionIssue>,
}

impl ConnectionDiagnostics {
    /// The page is https and the server's address is not.
    pub const fn set_mixed_content(&mut self) {
        self.is_mixed = true;
    }

    /// The page's policy has kept a request from the server.
    pub const fn set_blocked_by_policy(&mut self) {
        self.is_forbidden = true;
    }

    /// A request ended.
    pub const fn see(&mut self, sign: Signal) {
        if matches!(sign, Signal::NoResponse) {
            self.nothings = self.nothings.saturating_add(1);
            if self.nothings < NOTHINGS {
                return;
            }
        } else {
            // It left, and came back.
            self.nothings = 0;
            self.is_forbidden = false;
            self.answers = None;
        }
        self.sign = Some(sign);
    }

    /// Whether the server is to be probed now.
    pub fn take_due_probe(&mut self, now: Mono, is_online: bool) -> bool {
        let is_in_the_dark = self.sign == Some(Signal::NoResponse) && is_online && !self.is_mixed && !self.is_forbidden;
        if !is_in_the_dark || self.probed.is_some_and(|probed| now.since(probed) < PROBE_MS) {
            return false;
        }
        self.probed = Some(now);
        true
    }

    /// Whether anything answered the probe.
    pub const fn probe_ended(&mut self, answers: bool) {
        self.answers = Some(answers);
    }

    /// What is wrong, if anything is.
    #[must_use]
    pub fn finding(&self, is_online: bool, socket: SocketHealth) -> Option<ConnectionIssue> {
        if !is_online {
            return Some(ConnectionIssue::Offline);
        }
        match self.sign {
            Some(Signal::NoResponse) if self.is_mixed => Some(ConnectionIssue::MixedContent),
            Some(Signal::NoResponse) if self.is_forbidden => Some(ConnectionIssue::ForbiddenByPolicy),
            // Until the probe is back there is nothing to say.
            Some(Signal::NoResponse) => self
                .answers
                .map(|answers| if answers { ConnectionIssue::AnswersWithheld } else { ConnectionIssue::Unreachable }),
            Some(Signal::NotChatwoot) => Some(ConnectionIssue::NotChatwoot),
            Some(Signal::UnknownInbox) => Some(ConnectionIssue::UnknownInbox),
            Some(Signal::ContactError) => Some(ConnectionIssue::ContactRefused),
            Some(Signal::Busy) => Some(ConnectionIssue::Busy),
            Some(Signal::Healthy) if socket.is_silent => Some(ConnectionIssue::SilentSocket),
            Some(Signal::Healthy) if socket.is_failing => Some(ConnectionIssue::NoSocket),
            Some(Signal::Healthy) | None => None,
        }
    }

    /// The finding, if it is another than was told last.
    pub fn news(&mut self, is_online: bool, socket: SocketHealth) -> Option<Option<ConnectionIssue>> {
        let finding = self.finding(is_online, socket);
        (finding != self.told).then(|| {
            self.told = finding;
            finding
        })
    }
}

impl ConnectionIssue {
    /// A name for programs.
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

    /// What is found when requests end like this, and the probe like that.
    fn found(sign: Signal, answers: Option<bool>) -> Option<ConnectionIssue> {
        let mut doctor = ConnectionDiagnostics::default();
        doctor.see(sign);
        assert!(!doctor.take_due_probe(Mono(0), true), "connections break");
        doctor.see(sign);
        assert_eq!(doctor.take_due_probe(Mono(0), true), sign == Signal::NoResponse);
        answers.into_iter().for_each(|answers| doctor.probe_ended(answers));
        doctor.finding(true, FINE)
    }

    #[test]
    fn each_sign_has_its_finding() {
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
    fn what_the_page_itself_forbids_needs_no_probe() {
        let mut doctor = ConnectionDiagnostics::default();
        doctor.set_blocked_by_policy();
        doctor.see(Signal::NoResponse);
        doctor.see(Signal::NoResponse);
        assert!(!doctor.take_due_probe(Mono(0), true));
        assert_eq!(doctor.finding(true, FINE), Some(ConnectionIssue::ForbiddenByPolicy));
        doctor.see(Signal::Healthy);
        doctor.see(Signal::NoResponse);
        doctor.see(Signal::NoResponse);
        doctor.probe_ended(false);
        assert_eq!(doctor.finding(true, FINE), Some(ConnectionIssue::Unreachable), "it was let through since");
        doctor.set_mixed_content();
        assert_eq!(doctor.finding(true, FINE), Some(ConnectionIssue::MixedContent));
        assert_eq!(doctor.finding(false, FINE), Some(ConnectionIssue::Offline));
    }

    #[test]
    fn a_socket_is_only_to_blame_when_the_rest_works() {
        let mut doctor = ConnectionDiagnostics::default();
        let failing = SocketHealth { is_failing: true, is_silent: false };
        assert_eq!(doctor.finding(true, failing), None, "nothing was asked yet");
        doctor.see(Signal::Healthy);
        assert_eq!(doctor.finding(true, failing), Some(ConnectionIssue::NoSocket));
        assert_eq!(
            doctor.finding(true, SocketHealth { is_silent: true, ..failing }),
            Some(ConnectionIssue::SilentSocket)
        );
        doctor.see(Signal::Busy);
        assert_eq!(doctor.finding(true, failing), Some(ConnectionIssue::Busy));
    }

    #[test]
    fn probes_are_rare_and_news_is_told_once() {
        let mut doctor = ConnectionDiagnostics::default();
        doctor.see(Signal::NoResponse);
        doctor.see(Signal::NoResponse);
        assert!(!doctor.take_due_probe(Mono(0), false), "there is no network to send it over");
        assert!(doctor.take_due_probe(Mono(0), true));
        assert!(!doctor.take_due_probe(Mono(29_999), true));
        assert!(doctor.take_due_probe(Mono(30_000), true));
        doctor.probe_ended(false);
        assert_eq!(doctor.news(true, FINE), Some(Some(ConnectionIssue::Unreachable)));
        assert_eq!(doctor.news(true, FINE), None);
        doctor.see(Signal::Healthy);
        assert_eq!(doctor.news(true, FINE), Some(None));
    }
}
