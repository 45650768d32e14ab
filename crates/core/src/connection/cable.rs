//! The client side of Action Cable (Rails' WebSocket protocol, at `/cable`): when to connect, when to give a connection
//! up, when to try again.
//!
//! At most one socket counts at a time, and events of any other change nothing. A connection that has died without
//! closing (half-open, a sleeping laptop, a subscription that is never confirmed) is given up within a known time. The
//! hard case is the last: Chatwoot never rejects a subscription, it just does not confirm it while pings continue. So a
//! confirmation has its own deadline, and a second attempt needs a second socket, because a server ignores a repeated
//! `subscribe`.

use crate::backoff::Backoff;
use crate::chatwoot::{self, Frame, ServerEvent};
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// Identifies a socket. Every socket gets a new number, so that a late event of an old one is recognized.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct SocketId(pub u32);

/// What the platform reports of a socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SocketEvent {
    /// It received a text frame.
    Frame(String),
    /// It closed, or failed to open.
    Closed,
}

/// What the platform is to do with a socket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CableAction {
    /// Open a socket with this number.
    Connect(SocketId),
    /// Send this text on it.
    Transmit(SocketId, String),
    /// Close it.
    Disconnect(SocketId),
}

/// What applying an event led to.
#[derive(Clone, Debug, PartialEq)]
pub enum CableEvent {
    /// The subscription was confirmed: from now on events arrive as frames, and what happened before must be read.
    Subscribed,
    /// The server sent an event.
    Received(Box<ServerEvent>),
    /// The confirmed connection was lost: events are missed from now on.
    Disconnected,
    /// The subscription was not confirmed, or was rejected: the token may have become invalid.
    Unconfirmed,
}

/// A connection without a frame for this long is dead, in ms: two missed pings, since the server sends one every 3 s.
const STALE_MS: u64 = 6_000;
/// A connection without a welcome after this is given up, in ms: mobile networks need seconds, not tens of seconds.
const OPEN_MS_MAX: u64 = 10_000;
/// A subscription without a confirmation after this is given up, in ms. Servers confirm within milliseconds; this
/// leaves time for a busy one.
const CONFIRM_MS_MAX: u64 = 8_000;
/// The first pause has a median of 0.75 s; the jitter spreads the visitors of a restarted server.
const RETRY_FIRST_MS: u64 = 1_500;
const RETRY_MS_MAX: u64 = 30_000;
/// Presence is sent this often, in ms: it lasts 20 s on the server.
const PRESENCE_MS: u64 = 15_000;

/// The connection's state.
#[derive(Debug)]
pub struct Cable {
    token: Option<String>,
    phase: Phase,
    last_socket: u32,
    retry: Backoff,
    /// When the last working connection was lost, or the first attempt failed.
    failing_since: Option<Mono>,
    is_visible: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Phase {
    /// No socket; one is opened as soon as there is a token and the pause is over.
    Idle,
    /// The socket is opening; a welcome ends this.
    Opening { socket: SocketId, since: Mono },
    /// The subscription is sent, and not confirmed yet.
    Subscribing { socket: SocketId, since: Mono, last_frame: Mono },
    /// The subscription is confirmed.
    Live { socket: SocketId, last_frame: Mono, presence_sent: Option<Mono> },
    /// The subscription was not confirmed, or the server forbade a reconnect: waits for `subscribe_as`.
    TokenRejected,
}

impl Default for Cable {
    fn default() -> Self {
        Self {
            token: None,
            phase: Phase::Idle,
            last_socket: 0,
            retry: Backoff::new(RETRY_FIRST_MS, RETRY_MS_MAX),
            failing_since: None,
            is_visible: true,
        }
    }
}

impl Cable {
    /// Subscribes with this token from now on. The same token again makes a rejected one usable again.
    pub fn subscribe_as(&mut self, pubsub_token: &str, actions: &mut Vec<CableAction>) {
        if self.token.as_deref() != Some(pubsub_token) {
            self.disconnect(actions);
            self.token = Some(pubsub_token.to_owned());
        }
        if self.phase == Phase::TokenRejected {
            self.phase = Phase::Idle;
        }
    }

    /// Closes the socket, and opens none until `subscribe_as`.
    pub fn close(&mut self, actions: &mut Vec<CableAction>) {
        self.disconnect(actions);
        self.token = None;
        self.reset_backoff();
    }

    /// Applies what a socket reports; an old socket's report changes nothing.
    pub fn apply_socket_event(
        &mut self,
        now: Mono,
        socket: SocketId,
        event: &SocketEvent,
        rng: &mut Rng,
        actions: &mut Vec<CableAction>,
    ) -> Option<CableEvent> {
        if self.socket() != Some(socket) {
            return None;
        }
        let text = match event {
            SocketEvent::Closed => return self.socket_lost(now, rng),
            SocketEvent::Frame(text) => text,
        };
        if let Phase::Live { last_frame, .. } | Phase::Subscribing { last_frame, .. } = &mut self.phase {
            *last_frame = now;
        }
        match chatwoot::parse_frame(text) {
            Frame::Welcome => {
                if let (Phase::Opening { .. }, Some(token)) = (self.phase, &self.token) {
                    actions.push(CableAction::Transmit(socket, chatwoot::subscribe_command(token)));
                    self.phase = Phase::Subscribing { socket, since: now, last_frame: now };
                }
                None
            }
            Frame::Confirmed => {
                let Phase::Subscribing { .. } = self.phase else {
                    return None;
                };
                self.phase = Phase::Live { socket, last_frame: now, presence_sent: None };
                self.reset_backoff();
                self.send_presence_if_due(now, actions);
                Some(CableEvent::Subscribed)
            }
            Frame::Rejected => self.reject_token(now, rng, actions),
            Frame::Disconnect { reconnect: true } => {
                actions.push(CableAction::Disconnect(socket));
                self.socket_lost(now, rng)
            }
            Frame::Disconnect { reconnect: false } => self.reject_token(now, rng, actions),
            // An event may arrive before the confirmation, and counts all the same.
            Frame::Event(event) => Some(CableEvent::Received(event)),
            Frame::Ping | Frame::Unknown => None,
        }
    }

    /// Does what is due: gives up a silent socket, connects again, sends presence.
    pub fn tick(&mut self, now: Mono, rng: &mut Rng, actions: &mut Vec<CableAction>) -> Option<CableEvent> {
        match self.phase {
            Phase::Idle => {
                if self.token.is_some() && self.retry.is_ready(now) {
                    self.last_socket = self.last_socket.wrapping_add(1);
                    let socket = SocketId(self.last_socket);
                    actions.push(CableAction::Connect(socket));
                    self.phase = Phase::Opening { socket, since: now };
                }
                None
            }
            Phase::TokenRejected => None,
            Phase::Opening { socket, since } if now >= since.plus(OPEN_MS_MAX) => {
                self.drop_socket(socket, now, rng, actions)
            }
            Phase::Subscribing { socket, last_frame, .. } | Phase::Live { socket, last_frame, .. }
                if now >= last_frame.plus(STALE_MS) =>
            {
                self.drop_socket(socket, now, rng, actions)
            }
            Phase::Subscribing { since, .. } if now >= since.plus(CONFIRM_MS_MAX) => {
                self.reject_token(now, rng, actions)
            }
            Phase::Live { .. } => {
                self.send_presence_if_due(now, actions);
                None
            }
            Phase::Opening { .. } | Phase::Subscribing { .. } => None,
        }
    }

    /// The page was shown again or the network is back: ends the pause, and gives up a connection that received nothing
    /// lately.
    pub fn wake(&mut self, now: Mono, rng: &mut Rng, actions: &mut Vec<CableAction>) -> Option<CableEvent> {
        let event = match self.phase {
            Phase::Live { socket, last_frame, .. } | Phase::Subscribing { socket, last_frame, .. }
                if now.since(last_frame) >= STALE_MS =>
            {
                self.drop_socket(socket, now, rng, actions)
            }
            Phase::Idle
            | Phase::Opening { .. }
            | Phase::Subscribing { .. }
            | Phase::Live { .. }
            | Phase::TokenRejected => None,
        };
        self.retry.retry_now();
        event
    }

    /// Forgets past failures: their reason was not the server.
    pub const fn reset_backoff(&mut self) {
        self.failing_since = None;
        self.retry.succeeded();
    }

    /// Sets whether the page is visible: only then the agents are shown that the visitor is online.
    pub const fn set_visible(&mut self, is_visible: bool) {
        self.is_visible = is_visible;
    }

    /// Whether the subscription is confirmed, so that events arrive as frames.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    /// How many connections failed since one was confirmed.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.retry.failures()
    }

    /// Since when there is no confirmed connection that should be there.
    #[must_use]
    pub const fn failing_since(&self) -> Option<Mono> {
        self.failing_since
    }

    /// When `tick` has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        match self.phase {
            Phase::Idle => self.token.as_ref().map(|_| self.retry.until().unwrap_or_default().due("cable: connect")),
            Phase::TokenRejected => None,
            Phase::Opening { since, .. } => Some(since.plus(OPEN_MS_MAX).due("cable: still opening")),
            Phase::Subscribing { since, last_frame, .. } => {
                Some(since.plus(CONFIRM_MS_MAX).min(last_frame.plus(STALE_MS)).due("cable: unconfirmed"))
            }
            Phase::Live { last_frame, presence_sent, .. } => {
                let stale = last_frame.plus(STALE_MS);
                let due = presence_sent
                    .filter(|_| self.is_visible)
                    .map_or(stale, |presence_sent| presence_sent.plus(PRESENCE_MS));
                Some(stale.min(due).due("cable: stale or presence"))
            }
        }
    }

    fn socket(&self) -> Option<SocketId> {
        match self.phase {
            Phase::Opening { socket, .. } | Phase::Subscribing { socket, .. } | Phase::Live { socket, .. } => {
                Some(socket)
            }
            Phase::Idle | Phase::TokenRejected => None,
        }
    }

    fn send_presence_if_due(&mut self, now: Mono, actions: &mut Vec<CableAction>) {
        let (Phase::Live { socket, presence_sent, .. }, Some(token)) = (&mut self.phase, &self.token) else {
            return;
        };
        if self.is_visible && presence_sent.is_none_or(|presence_sent| now >= presence_sent.plus(PRESENCE_MS)) {
            *presence_sent = Some(now);
            actions.push(CableAction::Transmit(*socket, chatwoot::presence_command(token)));
        }
    }

    /// The socket is gone; the next one is opened after a pause.
    fn socket_lost(&mut self, now: Mono, rng: &mut Rng) -> Option<CableEvent> {
        let was_live = self.is_live();
        self.phase = Phase::Idle;
        self.count_failure(now, rng);
        was_live.then_some(CableEvent::Disconnected)
    }

    fn count_failure(&mut self, now: Mono, rng: &mut Rng) {
        self.failing_since.get_or_insert(now);
        self.retry.failed(now, rng, 0);
    }

    fn drop_socket(
        &mut self,
        socket: SocketId,
        now: Mono,
        rng: &mut Rng,
        actions: &mut Vec<CableAction>,
    ) -> Option<CableEvent> {
        actions.push(CableAction::Disconnect(socket));
        self.socket_lost(now, rng)
    }

    /// Gives the token up. It counts as a failure, so that a server that knows the contact but never confirms is not
    /// asked in a tight loop.
    fn reject_token(&mut self, now: Mono, rng: &mut Rng, actions: &mut Vec<CableAction>) -> Option<CableEvent> {
        self.disconnect(actions);
        self.count_failure(now, rng);
        self.phase = Phase::TokenRejected;
        Some(CableEvent::Unconfirmed)
    }

    fn disconnect(&mut self, actions: &mut Vec<CableAction>) {
        if let Some(socket) = self.socket() {
            actions.push(CableAction::Disconnect(socket));
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

    /// A cable with its clock, its random numbers and all actions so far.
    struct Bench {
        cable: Cable,
        now: Mono,
        rng: Rng,
        actions: Vec<CableAction>,
    }

    impl Bench {
        fn new() -> Self {
            let mut bench =
                Self { cable: Cable::default(), now: Mono(1_000), rng: Rng::new([1, 2, 3, 4]), actions: Vec::new() };
            bench.cable.subscribe_as(TOKEN, &mut bench.actions);
            bench
        }

        fn live() -> Self {
            let mut bench = Self::new();
            bench.tick();
            bench.frame(1, WELCOME);
            assert_eq!(bench.frame(1, CONFIRM), Some(CableEvent::Subscribed));
            bench.actions.clear();
            bench
        }

        fn frame(&mut self, socket: u32, text: &str) -> Option<CableEvent> {
            self.report(socket, SocketEvent::Frame(text.to_owned()))
        }

        fn report(&mut self, socket: u32, event: SocketEvent) -> Option<CableEvent> {
            self.cable.apply_socket_event(self.now, SocketId(socket), &event, &mut self.rng, &mut self.actions)
        }

        fn tick(&mut self) -> Option<CableEvent> {
            self.cable.tick(self.now, &mut self.rng, &mut self.actions)
        }

        fn wait(&mut self, ms: u64) -> Option<CableEvent> {
            self.now = self.now.plus(ms);
            self.tick()
        }

        /// Moves the clock to the next deadline.
        fn run_to_deadline(&mut self) -> Option<CableEvent> {
            let due = self.cable.deadline().unwrap().at;
            self.now = self.now.max(due);
            self.tick()
        }

        fn connects(&self) -> Vec<SocketId> {
            let socket = |action: &CableAction| match action {
                CableAction::Connect(socket) => Some(*socket),
                CableAction::Transmit(..) | CableAction::Disconnect(_) => None,
            };
            self.actions.iter().filter_map(socket).collect()
        }
    }

    #[test]
    fn cable_subscribes_once_welcomed_and_is_live_once_confirmed() {
        let mut bench = Bench::new();
        bench.tick();
        assert_eq!(bench.actions, [CableAction::Connect(SocketId(1))]);
        assert_eq!(bench.frame(1, WELCOME), None);
        assert_eq!(bench.actions[1], CableAction::Transmit(SocketId(1), chatwoot::subscribe_command(TOKEN)));
        assert!(!bench.cable.is_live());
        assert_eq!(bench.frame(1, CONFIRM), Some(CableEvent::Subscribed));
        assert!(bench.cable.is_live());
        assert_eq!(bench.frame(1, CONFIRM), None, "a second confirmation is no second beginning");
    }

    #[test]
    fn cable_does_not_subscribe_twice_on_one_socket() {
        let mut bench = Bench::new();
        bench.tick();
        bench.frame(1, WELCOME);
        bench.frame(1, WELCOME);
        assert_eq!(bench.actions.len(), 2);
    }

    #[test]
    fn cable_gives_up_a_connection_after_two_missed_pings() {
        let mut bench = Bench::live();
        bench.cable.set_visible(false);
        assert_eq!(bench.wait(5_999), None);
        bench.frame(1, PING);
        assert_eq!(bench.wait(5_999), None);
        assert_eq!(bench.wait(1), Some(CableEvent::Disconnected));
        assert_eq!(bench.actions, [CableAction::Disconnect(SocketId(1))]);
    }

    #[test]
    fn cable_keeps_a_connection_that_receives_any_frame() {
        let mut bench = Bench::live();
        bench.wait(5_000);
        bench.frame(1, "not even JSON");
        assert_eq!(bench.wait(5_000), None);
    }

    #[test]
    fn cable_ignores_events_of_an_old_socket() {
        let mut bench = Bench::live();
        bench.report(1, SocketEvent::Closed);
        bench.run_to_deadline();
        assert_eq!(bench.connects(), [SocketId(2)]);
        assert_eq!(bench.report(1, SocketEvent::Closed), None);
        assert_eq!(bench.frame(1, WELCOME), None);
        assert_eq!(bench.frame(1, CONFIRM), None);
        assert_eq!(bench.connects(), [SocketId(2)]);
        bench.frame(2, WELCOME);
        assert_eq!(bench.frame(2, CONFIRM), Some(CableEvent::Subscribed));
    }

    #[test]
    fn cable_backoff_grows_with_each_failure_and_starts_over_after_a_success() {
        let mut longest = [0; 7];
        for seed in 1..200 {
            let mut bench = Bench::new();
            bench.rng = Rng::new([seed << 40, seed << 13, 3, 4]);
            bench.tick();
            for (socket, longest) in (1..).zip(&mut longest) {
                bench.report(socket, SocketEvent::Closed);
                let before = bench.now;
                bench.run_to_deadline();
                *longest = bench.now.since(before).max(*longest);
            }
        }
        assert!(
            longest[0] <= 1_500 && longest[2] > 4_500 && longest[6] > 27_000 && longest[6] <= 30_000,
            "{longest:?}"
        );
    }

    #[test]
    fn cable_rejects_the_token_of_an_unconfirmed_subscription_and_does_not_repeat_it() {
        let mut bench = Bench::new();
        bench.tick();
        bench.frame(1, WELCOME);
        bench.wait(4_000);
        bench.frame(1, PING);
        assert_eq!(bench.wait(3_999), None);
        assert_eq!(bench.wait(1), Some(CableEvent::Unconfirmed));
        assert_eq!(bench.actions.last(), Some(&CableAction::Disconnect(SocketId(1))));
        assert_eq!(bench.wait(3_600_000), None);
        assert_eq!((bench.connects(), bench.cable.deadline()), (vec![SocketId(1)], None));
        bench.cable.subscribe_as(TOKEN, &mut bench.actions);
        bench.run_to_deadline();
        assert_eq!(bench.connects(), [SocketId(1), SocketId(2)]);
    }

    #[test]
    fn cable_rejects_the_token_of_a_rejected_subscription_at_once() {
        let mut bench = Bench::new();
        bench.tick();
        bench.frame(1, WELCOME);
        assert_eq!(
            bench.frame(1, r#"{"type":"reject_subscription","identifier":"{}"}"#),
            Some(CableEvent::Unconfirmed)
        );
    }

    #[test]
    fn cable_reconnects_after_a_disconnect_frame_only_if_it_says_so() {
        let mut bench = Bench::live();
        assert_eq!(
            bench.frame(1, r#"{"type":"disconnect","reason":"server_restart","reconnect":true}"#),
            Some(CableEvent::Disconnected)
        );
        bench.run_to_deadline();
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
    fn cable_gives_up_a_socket_that_never_opens() {
        let mut bench = Bench::new();
        bench.tick();
        bench.wait(9_999);
        assert_eq!(bench.connects(), [SocketId(1)]);
        bench.wait(1);
        assert_eq!(bench.actions.last(), Some(&CableAction::Disconnect(SocketId(1))));
        bench.run_to_deadline();
        assert_eq!(bench.connects(), [SocketId(1), SocketId(2)]);
    }

    #[test]
    fn cable_wake_ends_the_pause_and_gives_up_a_silent_socket() {
        let mut bench = Bench::live();
        bench.now = bench.now.plus(600_000);
        assert_eq!(bench.cable.wake(bench.now, &mut bench.rng, &mut bench.actions), Some(CableEvent::Disconnected));
        bench.tick();
        assert_eq!(bench.actions, [CableAction::Disconnect(SocketId(1)), CableAction::Connect(SocketId(2))]);
    }

    #[test]
    fn cable_wake_keeps_a_socket_that_receives_frames() {
        let mut bench = Bench::live();
        bench.now = bench.now.plus(2_000);
        assert_eq!(bench.cable.wake(bench.now, &mut bench.rng, &mut bench.actions), None);
        bench.tick();
        assert_eq!(bench.actions, []);
    }

    #[test]
    fn cable_presence_is_sent_every_15_s_and_only_while_visible() {
        let mut bench = Bench::live();
        let mut sent = 0;
        for second in 1..=60 {
            bench.now = bench.now.plus(1_000);
            bench.frame(1, PING);
            if second == 31 {
                bench.cable.set_visible(false);
            }
            bench.tick();
            sent += bench.actions.iter().filter(|action| matches!(action, CableAction::Transmit(..))).count();
            bench.actions.clear();
        }
        assert_eq!(sent, 2, "at 15 and 30 s; the first went out with the confirmation");
    }

    #[test]
    fn cable_opens_no_socket_without_a_token() {
        let mut bench = Bench::live();
        bench.cable.close(&mut bench.actions);
        assert_eq!(bench.actions, [CableAction::Disconnect(SocketId(1))]);
        bench.wait(100_000);
        assert_eq!((bench.actions.len(), bench.cable.deadline()), (1, None));
    }
}
