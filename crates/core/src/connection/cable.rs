//! Our end of Action Cable: when to connect, when to doubt, when to try again.
//!
//! It promises that at most one socket counts at a time, that news of any other changes nothing, and that a
//! connection which has died without saying so (half-open, a sleeping laptop, a subscription met with silence) is
//! given up within a known time. The hard case is the last: Chatwoot never refuses a subscription, it just says
//! nothing while pings go on. So a confirmation has its own deadline, and a second try needs a second socket, because
//! a server ignores a repeated subscribe.

use crate::backoff::Backoff;
use crate::chatwoot::{self, Frame, ServerEvent};
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// A socket's number. Every socket gets a new one, so that late news of an old one can be told apart.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct SocketId(pub u32);

/// What the shell reports of a socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SocketEvent {
    /// A text frame came.
    Frame(String),
    /// It closed, or never opened.
    Closed,
}

/// What the machine wants done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CableAction {
    /// Open a socket under this number.
    Connect(SocketId),
    /// Send this text on it.
    Transmit(SocketId, String),
    /// Close it.
    Disconnect(SocketId),
}

/// What the rest of the core has to know.
#[derive(Clone, Debug, PartialEq)]
pub enum CableEvent {
    /// Subscribed: from here on news comes by itself, and what came before must be read.
    Subscribed,
    /// An event.
    Received(Box<ServerEvent>),
    /// Live no longer: what comes now will be missed.
    Disconnected,
    /// Nobody confirmed the subscription: the token may be no good any more.
    Unconfirmed,
}

/// Two missed pings: the server sends one every 3 s.
const STALE_MS: u64 = 6_000;
/// A connection that isn't open and greeted by then won't be: mobile networks need seconds, not tens of them.
const OPEN_MS_MAX: u64 = 10_000;
/// Servers confirm within milliseconds; this leaves room for a busy one.
const CONFIRM_MS_MAX: u64 = 8_000;
/// The first wait has a median of 0.75 s; jitter spreads the visitors of a restarted server.
const RETRY_FIRST_MS: u64 = 1_500;
const RETRY_MS_MAX: u64 = 30_000;
/// Presence holds for 20 s at the server.
const PRESENCE_MS: u64 = 15_000;

/// The machine.
#[derive(Debug)]
pub struct Cable {
    token: Option<String>,
    phase: Phase,
    links: u32,
    retry: Backoff,
    /// When the last connection that stood was lost, or the first could not be had.
    failing_since: Option<Mono>,
    is_visible: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// No socket; one is opened as soon as there is a token and the wait is over.
    Idle,
    /// The socket opens; a welcome ends this.
    Opening { link: SocketId, since: Mono },
    /// Subscribed, not yet confirmed.
    Subscribing { link: SocketId, since: Mono, heard: Mono },
    /// Confirmed.
    Live { link: SocketId, heard: Mono, present: Option<Mono> },
    /// The token went unconfirmed, or the server sent us away for good: waits for `subscribe_as`.
    TokenInDoubt,
}

impl Default for Cable {
    fn default() -> Self {
        Self {
            token: None,
            phase: Phase::Idle,
            links: 0,
            retry: Backoff::new(RETRY_FIRST_MS, RETRY_MS_MAX),
            failing_since: None,
            is_visible: true,
        }
    }
}

impl Cable {
    /// Wants a subscription with this token from now on. The same token again ends a doubt about it.
    pub fn subscribe_as(&mut self, pubsub_token: &str, acts: &mut Vec<CableAction>) {
        if self.token.as_deref() != Some(pubsub_token) {
            self.hang_up(acts);
            self.token = Some(pubsub_token.to_owned());
        }
        if self.phase == Phase::TokenInDoubt {
            self.phase = Phase::Idle;
        }
    }

    /// Wants no socket any more.
    pub fn close(&mut self, acts: &mut Vec<CableAction>) {
        self.hang_up(acts);
        self.token = None;
        self.forgive();
    }

    /// Takes what a socket reports; an old socket's report changes nothing.
    pub fn hear(
        &mut self,
        now: Mono,
        link: SocketId,
        news: &SocketEvent,
        chance: &mut Rng,
        acts: &mut Vec<CableAction>,
    ) -> Option<CableEvent> {
        if self.link() != Some(link) {
            return None;
        }
        let text = match news {
            SocketEvent::Closed => return self.lose(now, chance),
            SocketEvent::Frame(text) => text,
        };
        if let Phase::Live { heard, .. } | Phase::Subscribing { heard, .. } = &mut self.phase {
            *heard = now;
        }
        match chatwoot::frame(text) {
            Frame::Welcome => {
                if let (Phase::Opening { .. }, Some(token)) = (self.phase, &self.token) {
                    acts.push(CableAction::Transmit(link, chatwoot::subscribe(token)));
                    self.phase = Phase::Subscribing { link, since: now, heard: now };
                }
                None
            }
            Frame::Confirmed => {
                let Phase::Subscribing { .. } = self.phase else {
                    return None;
                };
                self.phase = Phase::Live { link, heard: now, present: None };
                self.forgive();
                self.show_presence(now, acts);
                Some(CableEvent::Subscribed)
            }
            Frame::Rejected => self.doubt(now, chance, acts),
            Frame::Disconnect { reconnect: true } => {
                acts.push(CableAction::Disconnect(link));
                self.lose(now, chance)
            }
            Frame::Disconnect { reconnect: false } => self.doubt(now, chance, acts),
            // Presence may come before the confirmation, and it is news all the same.
            Frame::Event(news) => Some(CableEvent::Received(news)),
            Frame::Ping | Frame::Unknown => None,
        }
    }

    /// Does what time asks for: gives up the silent, tries again, tells the team we are here.
    pub fn tick(&mut self, now: Mono, chance: &mut Rng, acts: &mut Vec<CableAction>) -> Option<CableEvent> {
        match self.phase {
            Phase::Idle => {
                if self.token.is_some() && self.retry.is_ready(now) {
                    self.links = self.links.wrapping_add(1);
                    let link = SocketId(self.links);
                    acts.push(CableAction::Connect(link));
                    self.phase = Phase::Opening { link, since: now };
                }
                None
            }
            Phase::TokenInDoubt => None,
            Phase::Opening { link, since } if now >= since.plus(OPEN_MS_MAX) => self.drop_link(link, now, chance, acts),
            Phase::Subscribing { link, heard, .. } | Phase::Live { link, heard, .. } if now >= heard.plus(STALE_MS) => {
                self.drop_link(link, now, chance, acts)
            }
            Phase::Subscribing { since, .. } if now >= since.plus(CONFIRM_MS_MAX) => self.doubt(now, chance, acts),
            Phase::Live { .. } => {
                self.show_presence(now, acts);
                None
            }
            Phase::Opening { .. } | Phase::Subscribing { .. } => None,
        }
    }

    /// The page woke up or the network came back: waiting makes no sense now, and a connection not heard of lately
    /// is taken for dead at once.
    pub fn wake(&mut self, now: Mono, chance: &mut Rng, acts: &mut Vec<CableAction>) -> Option<CableEvent> {
        let heard = match self.phase {
            Phase::Live { link, heard, .. } | Phase::Subscribing { link, heard, .. }
                if now.since(heard) >= STALE_MS =>
            {
                self.drop_link(link, now, chance, acts)
            }
            Phase::Idle
            | Phase::Opening { .. }
            | Phase::Subscribing { .. }
            | Phase::Live { .. }
            | Phase::TokenInDoubt => None,
        };
        self.retry.retry_now();
        heard
    }

    /// Past failures had another reason than the server.
    pub const fn forgive(&mut self) {
        self.failing_since = None;
        self.retry.succeeded();
    }

    /// Whether the page can be seen; agents are only told of visitors who look.
    pub const fn set_visible(&mut self, is_visible: bool) {
        self.is_visible = is_visible;
    }

    /// Whether news comes by itself.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// Connections that failed since the last that stood.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.retry.failures()
    }

    /// Since when no connection stands that should.
    #[must_use]
    pub const fn failing_since(&self) -> Option<Mono> {
        self.failing_since
    }

    /// When `tick` has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        match self.phase {
            Phase::Idle => self.token.as_ref().map(|_| self.retry.until().unwrap_or_default().due("cable: connect")),
            Phase::TokenInDoubt => None,
            Phase::Opening { since, .. } => Some(since.plus(OPEN_MS_MAX).due("cable: still opening")),
            Phase::Subscribing { since, heard, .. } => {
                Some(since.plus(CONFIRM_MS_MAX).min(heard.plus(STALE_MS)).due("cable: unconfirmed"))
            }
            Phase::Live { heard, present, .. } => {
                let stale = heard.plus(STALE_MS);
                let due = present.filter(|_| self.is_visible).map_or(stale, |present| present.plus(PRESENCE_MS));
                Some(stale.min(due).due("cable: stale or presence"))
            }
        }
    }

    fn link(&self) -> Option<SocketId> {
        match self.phase {
            Phase::Opening { link, .. } | Phase::Subscribing { link, .. } | Phase::Live { link, .. } => Some(link),
            Phase::Idle | Phase::TokenInDoubt => None,
        }
    }

    fn show_presence(&mut self, now: Mono, acts: &mut Vec<CableAction>) {
        let (Phase::Live { link, present, .. }, Some(token)) = (&mut self.phase, &self.token) else {
            return;
        };
        if self.is_visible && present.is_none_or(|present| now >= present.plus(PRESENCE_MS)) {
            *present = Some(now);
            acts.push(CableAction::Transmit(*link, chatwoot::presence(token)));
        }
    }

    /// The socket is gone; the next comes after a wait.
    fn lose(&mut self, now: Mono, chance: &mut Rng) -> Option<CableEvent> {
        let was_live = self.is_live();
        self.phase = Phase::Idle;
        self.failed(now, chance);
        was_live.then_some(CableEvent::Disconnected)
    }

    fn failed(&mut self, now: Mono, chance: &mut Rng) {
        self.failing_since.get_or_insert(now);
        self.retry.failed(now, chance, 0);
    }

    fn drop_link(
        &mut self,
        link: SocketId,
        now: Mono,
        chance: &mut Rng,
        acts: &mut Vec<CableAction>,
    ) -> Option<CableEvent> {
        acts.push(CableAction::Disconnect(link));
        self.lose(now, chance)
    }

    /// Counts as a failure too, so that a server which knows us but never confirms isn't asked in a tight circle.
    fn doubt(&mut self, now: Mono, chance: &mut Rng, acts: &mut Vec<CableAction>) -> Option<CableEvent> {
        self.hang_up(acts);
        self.failed(now, chance);
        self.phase = Phase::TokenInDoubt;
        Some(CableEvent::Unconfirmed)
    }

    fn hang_up(&mut self, acts: &mut Vec<CableAction>) {
        if let Some(link) = self.link() {
            acts.push(CableAction::Disconnect(link));
        }
        self.phase = Phase::Idle;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "PTAuuZcXEafsxcdaFHtyzGdD";
    const WELCOME: &str = r#"{"type":"welcome"}"#;
    const PING: &str = r#"{"type":"ping","message":1795223824}"#;
    const CONFIRM: &str = r#"{"identifier":"{\"channel\":\"RoomChannel\"}","type":"confirm_subscription"}"#;

    /// A cable with its clock, its dice and all it ever wanted done.
    struct Bench {
        cable: Cable,
        now: Mono,
        chance: Rng,
        acts: Vec<CableAction>,
    }

    impl Bench {
        fn new() -> Self {
            let mut bench =
                Self { cable: Cable::default(), now: Mono(1_000), chance: Rng::new([1, 2, 3, 4]), acts: Vec::new() };
            bench.cable.subscribe_as(TOKEN, &mut bench.acts);
            bench
        }

        fn live() -> Self {
            let mut bench = Self::new();
            bench.tick();
            bench.frame(1, WELCOME);
            assert_eq!(bench.frame(1, CONFIRM), Some(CableEvent::Subscribed));
            bench.acts.clear();
            bench
        }

        fn frame(&mut self, link: u32, text: &str) -> Option<CableEvent> {
            self.report(link, SocketEvent::Frame(text.to_owned()))
        }

        fn report(&mut self, link: u32, news: SocketEvent) -> Option<CableEvent> {
            self.cable.hear(self.now, SocketId(link), &news, &mut self.chance, &mut self.acts)
        }

        fn tick(&mut self) -> Option<CableEvent> {
            self.cable.tick(self.now, &mut self.chance, &mut self.acts)
        }

        fn wait(&mut self, ms: u64) -> Option<CableEvent> {
            self.now = self.now.plus(ms);
            self.tick()
        }

        /// Lets time run to the next deadline.
        fn run_on(&mut self) -> Option<CableEvent> {
            let due = self.cable.deadline().unwrap().at;
            self.now = self.now.max(due);
            self.tick()
        }

        fn connects(&self) -> Vec<SocketId> {
            let link = |act: &CableAction| match act {
                CableAction::Connect(link) => Some(*link),
                CableAction::Transmit(..) | CableAction::Disconnect(_) => None,
            };
            self.acts.iter().filter_map(link).collect()
        }
    }

    #[test]
    fn subscribes_once_welcomed_and_is_live_once_confirmed() {
        let mut bench = Bench::new();
        bench.tick();
        assert_eq!(bench.acts, [CableAction::Connect(SocketId(1))]);
        assert_eq!(bench.frame(1, WELCOME), None);
        assert_eq!(bench.acts[1], CableAction::Transmit(SocketId(1), chatwoot::subscribe(TOKEN)));
        assert!(!bench.cable.is_live());
        assert_eq!(bench.frame(1, CONFIRM), Some(CableEvent::Subscribed));
        assert!(bench.cable.is_live());
        assert_eq!(bench.frame(1, CONFIRM), None, "a second confirmation is no second beginning");
    }

    #[test]
    fn does_not_subscribe_twice_on_one_socket() {
        let mut bench = Bench::new();
        bench.tick();
        bench.frame(1, WELCOME);
        bench.frame(1, WELCOME);
        assert_eq!(bench.acts.len(), 2);
    }

    #[test]
    fn two_missed_pings_are_the_end_of_a_connection() {
        let mut bench = Bench::live();
        bench.cable.set_visible(false);
        assert_eq!(bench.wait(5_999), None);
        bench.frame(1, PING);
        assert_eq!(bench.wait(5_999), None);
        assert_eq!(bench.wait(1), Some(CableEvent::Disconnected));
        assert_eq!(bench.acts, [CableAction::Disconnect(SocketId(1))]);
    }

    #[test]
    fn any_frame_is_a_sign_of_life() {
        let mut bench = Bench::live();
        bench.wait(5_000);
        bench.frame(1, "not even JSON");
        assert_eq!(bench.wait(5_000), None);
    }

    #[test]
    fn news_of_an_old_socket_changes_nothing() {
        let mut bench = Bench::live();
        bench.report(1, SocketEvent::Closed);
        bench.run_on();
        assert_eq!(bench.connects(), [SocketId(2)]);
        assert_eq!(bench.report(1, SocketEvent::Closed), None);
        assert_eq!(bench.frame(1, WELCOME), None);
        assert_eq!(bench.frame(1, CONFIRM), None);
        assert_eq!(bench.connects(), [SocketId(2)]);
        bench.frame(2, WELCOME);
        assert_eq!(bench.frame(2, CONFIRM), Some(CableEvent::Subscribed));
    }

    #[test]
    fn waits_longer_after_each_failure_and_little_after_a_success() {
        let mut longest = [0; 7];
        for seed in 1..200 {
            let mut bench = Bench::new();
            bench.chance = Rng::new([seed << 40, seed << 13, 3, 4]);
            bench.tick();
            for (link, longest) in (1..).zip(&mut longest) {
                bench.report(link, SocketEvent::Closed);
                let before = bench.now;
                bench.run_on();
                *longest = bench.now.since(before).max(*longest);
            }
        }
        assert!(
            longest[0] <= 1_500 && longest[2] > 4_500 && longest[6] > 27_000 && longest[6] <= 30_000,
            "{longest:?}"
        );
    }

    #[test]
    fn a_subscription_nobody_confirms_is_doubted_and_not_repeated() {
        let mut bench = Bench::new();
        bench.tick();
        bench.frame(1, WELCOME);
        bench.wait(4_000);
        bench.frame(1, PING);
        assert_eq!(bench.wait(3_999), None);
        assert_eq!(bench.wait(1), Some(CableEvent::Unconfirmed));
        assert_eq!(bench.acts.last(), Some(&CableAction::Disconnect(SocketId(1))));
        assert_eq!(bench.wait(3_600_000), None);
        assert_eq!((bench.connects(), bench.cable.deadline()), (vec![SocketId(1)], None));
        bench.cable.subscribe_as(TOKEN, &mut bench.acts);
        bench.run_on();
        assert_eq!(bench.connects(), [SocketId(1), SocketId(2)]);
    }

    #[test]
    fn a_refused_subscription_is_doubted_at_once() {
        let mut bench = Bench::new();
        bench.tick();
        bench.frame(1, WELCOME);
        assert_eq!(
            bench.frame(1, r#"{"type":"reject_subscription","identifier":"{}"}"#),
            Some(CableEvent::Unconfirmed)
        );
    }

    #[test]
    fn a_server_that_says_goodbye_is_taken_at_its_word() {
        let mut bench = Bench::live();
        assert_eq!(
            bench.frame(1, r#"{"type":"disconnect","reason":"server_restart","reconnect":true}"#),
            Some(CableEvent::Disconnected)
        );
        bench.run_on();
        assert_eq!(bench.connects(), [SocketId(2)]);

        let mut bench = Bench::live();
        assert_eq!(
            bench.frame(1, r#"{"type":"disconnect","reason":"unauthorized","reconnect":false}"#),
            Some(CableEvent::Unconfirmed)
        );
        bench.wait(3_600_000);
        assert_eq!(bench.connects(), []);
    }

    #[test]
    fn a_socket_that_never_opens_is_given_up() {
        let mut bench = Bench::new();
        bench.tick();
        bench.wait(9_999);
        assert_eq!(bench.connects(), [SocketId(1)]);
        bench.wait(1);
        assert_eq!(bench.acts.last(), Some(&CableAction::Disconnect(SocketId(1))));
        bench.run_on();
        assert_eq!(bench.connects(), [SocketId(1), SocketId(2)]);
    }

    #[test]
    fn waking_ends_the_wait_and_does_not_trust_a_silent_socket() {
        let mut bench = Bench::live();
        bench.now = bench.now.plus(600_000);
        assert_eq!(bench.cable.wake(bench.now, &mut bench.chance, &mut bench.acts), Some(CableEvent::Disconnected));
        bench.tick();
        assert_eq!(bench.acts, [CableAction::Disconnect(SocketId(1)), CableAction::Connect(SocketId(2))]);
    }

    #[test]
    fn waking_leaves_a_lively_socket_alone() {
        let mut bench = Bench::live();
        bench.now = bench.now.plus(2_000);
        assert_eq!(bench.cable.wake(bench.now, &mut bench.chance, &mut bench.acts), None);
        bench.tick();
        assert_eq!(bench.acts, []);
    }

    #[test]
    fn presence_is_told_every_15_s_and_only_while_seen() {
        let mut bench = Bench::live();
        let mut told = 0;
        for second in 1..=60 {
            bench.now = bench.now.plus(1_000);
            bench.frame(1, PING);
            if second == 31 {
                bench.cable.set_visible(false);
            }
            bench.tick();
            told += bench.acts.iter().filter(|act| matches!(act, CableAction::Transmit(..))).count();
            bench.acts.clear();
        }
        assert_eq!(told, 2, "at 15 and 30 s; the first went out with the confirmation");
    }

    #[test]
    fn without_a_token_there_is_no_socket() {
        let mut bench = Bench::live();
        bench.cable.close(&mut bench.acts);
        assert_eq!(bench.acts, [CableAction::Disconnect(SocketId(1))]);
        bench.wait(100_000);
        assert_eq!((bench.acts.len(), bench.cable.deadline()), (1, None));
    }
}
