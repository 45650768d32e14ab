//! What the developer of the page may know: what is wrong, and what happened lately. Never who wrote what.

use super::Widget;
use crate::core::calls::{Call, Outcome};
use crate::core::doctor::{Sign, Socket};
use crate::core::time::{Mono, Now};
use crate::core::{Blocked, Effect, Event, SocketNews, Tell, Turn, wire};

/// What is kept of what happened lately.
const RECENT_MAX: usize = 60;
/// Sockets that could not be had in a row before they are thought to be impossible.
const SOCKETS_MAX: u32 = 2;

impl Widget {
    /// What the doctor learns from the end of a call.
    pub(super) fn examine(&mut self, call: &Call, outcome: &Outcome) {
        let sign = match outcome {
            Outcome::NeverLeft => return,
            Outcome::Unclear => Sign::Nothing,
            Outcome::Answered { status, body, .. } => {
                self.answered = Some(self.last.mono);
                let is_json = body.trim_start().starts_with(['{', '[']);
                let is_contact = matches!(call, Call::CreateContact | Call::ReadContact);
                match status {
                    429 | 502..=504 => Sign::Busy,
                    500..=599 if is_contact => Sign::ContactFault,
                    500..=599 => Sign::Busy,
                    200..=499 if !is_json => Sign::Foreign,
                    404 if *call == Call::CreateContact => Sign::NoInbox,
                    _ => Sign::Good,
                }
            }
        };
        self.doctor.see(sign);
    }

    /// Asks what can be asked, and tells the page what has been found.
    pub(super) fn diagnose(&mut self, now: Mono, turn: &mut Turn) {
        if self.doctor.wants_probe(now, self.is_online) {
            turn.effects.push(Effect::Probe(self.settings.base_url().to_owned()));
        }
        if let Some(finding) = self.doctor.news(self.is_online, self.socket()) {
            turn.effects.push(Effect::Tell(Tell::Trouble(finding)));
        }
    }

    fn socket(&self) -> Socket {
        Socket {
            is_failing: self.cable.failures() > SOCKETS_MAX,
            is_silent: self.watch.is_silent() && self.cable.is_live(),
        }
    }

    /// Notes that something happened, by its kind and a number alone.
    pub(super) fn note(&mut self, now: Now, event: &Event) {
        let (what, number) = match event {
            Event::Began { .. } => ("began", 0),
            Event::Tabs(_) => ("tabs", 0),
            Event::Opened(is_open) => ("opened", u64::from(*is_open)),
            Event::Submitted(_) => ("submitted", 0),
            Event::Retried(_) => ("retried", 0),
            Event::Discarded(_) => ("discarded", 0),
            Event::Socket(_, SocketNews::Frame(text)) => ("frame of bytes", text.len() as u64),
            Event::Socket(link, SocketNews::Closed) => ("closed socket", u64::from(link.0)),
            Event::Replied(_, Outcome::Answered { status, .. }) => ("answered", u64::from(*status)),
            Event::Replied(id, Outcome::NeverLeft) => ("never left call", id.0),
            Event::Replied(id, Outcome::Unclear) => ("unanswered call", id.0),
            Event::Visible(is_visible) => ("visible", u64::from(*is_visible)),
            Event::Online(is_online) => ("online", u64::from(*is_online)),
            Event::Blocked(Blocked::ByPolicy) => ("blocked by policy", 0),
            Event::Blocked(Blocked::AsMixedContent) => ("blocked as mixed content", 0),
            Event::Probed(answers) => ("probed", u64::from(*answers)),
            Event::Left => ("left", 0),
            Event::Returned(_) => ("returned", 0),
            Event::Filled(..) => ("filled", 0),
            Event::Chosen(..) => ("chosen", 0),
            Event::Drafted(_) | Event::Folded(..) | Event::ReachedTop | Event::Tick => return,
        };
        if self.recent.len() >= RECENT_MAX {
            self.recent.pop_front();
        }
        self.recent.push_back((now.mono, what, number));
    }

    /// What is wrong and what happened lately, as JSON, for whoever runs the page. There is no token, no id and no
    /// text in it.
    #[must_use]
    pub fn diagnostics(&self) -> String {
        let finding = self.doctor.finding(self.is_online, self.socket()).map_or("none", |finding| finding.name());
        let is = |holds: bool| if holds { "yes" } else { "no" };
        let recent: Vec<String> =
            self.recent.iter().map(|(at, what, number)| format!("{} ms: {what} {number}", at.0)).collect();
        wire::write(&[
            ("version", env!("CARGO_PKG_VERSION")),
            ("trouble", finding),
            ("leads", is(self.tabs.is_in_charge())),
            ("socket_live", is(self.cable.is_live())),
            ("socket_failures", &self.cable.failures().to_string()),
            ("has_contact", is(self.session.pubsub_token().is_some())),
            ("has_conversation", is(self.session.conversation().is_some())),
            ("status", self.condition.status().name()),
            ("messages", &self.timeline.said_len().to_string()),
            ("waiting", &self.timeline.shown_sends().count().to_string()),
            ("recent", &recent.join("\n")),
        ])
    }
}
