//! Leader election: which of the visitor's tabs talks to the server.
//!
//! Every tab runs the same core. One leads: it holds a Web Lock, has the socket, and alone creates contacts,
//! conversations and messages. The others follow: they store what the visitor submits on the device and report it to
//! the leader, and the leader forwards to them the frames it receives, unchanged. Reading history does no harm, so each
//! tab does that itself.
//!
//! The hard case is a leader that hangs: it still holds the lock and does nothing. So a visible tab pings the leader
//! from time to time (messages between tabs are not throttled as timers are), and steals the lock if it gets no answer.
//! The former leader may not know that yet. So a leader writes nothing, to the server or on the device, and applies
//! nothing that other tabs send, unless the browser has just confirmed that it holds the lock. (A mark on the device
//! would not do: a tab that hung reads outdated storage for a moment.)
//!
//! The browser answers a query for the lock at once, whichever tab holds it. If it does not (a page script has broken
//! the API), waiting would keep the visitor from writing forever: the tab then works alone, and sends only what was
//! written in it, because another tab may be sending the rest.

use super::messages;
pub use super::messages::{LeaderStatus, TabMessage};
use crate::time::{Due, Mono, next_due};

/// What the platform reports about the lock and the other tabs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TabEvent {
    /// This tab holds the lock now; `stored` is what the device holds at this moment.
    LockGranted {
        /// The records.
        stored: Vec<(String, String)>,
    },
    /// Another tab has stolen the lock.
    LockStolen,
    /// The browser refuses to wait for the lock, at once and for a lasting reason.
    LockRefused,
    /// The browser answered who holds the lock (`TabAction::QueryLock`).
    LockQueried {
        /// Whether this tab holds it.
        is_ours: bool,
        /// The generation on the device (`generation`), read after the answer.
        generation: u64,
    },
    /// A message from another tab arrived.
    Received {
        /// The message's text.
        text: String,
    },
}

/// What the platform is to do about the lock and the other tabs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TabAction {
    /// Listen to the other tabs, and request the lock.
    RequestLock,
    /// Listen to the other tabs without a lock: a tab that works alone still learns that the visitor was forgotten.
    Listen,
    /// Steal the lock.
    StealLock,
    /// Ask the browser who holds the lock.
    QueryLock,
    /// Release the lock, or the request for it, and stop listening.
    Leave,
    /// Send this to all other tabs.
    Broadcast(String),
}

/// A visible tab pings the leader this often, in ms. The ping also keeps the visitor's presence, which lasts 20 s on
/// the server.
const PING_MS: u64 = 10_000;
/// A leader that does not answer a ping within this time hangs, in ms.
const PING_TIMEOUT_MS: u64 = 2_000;
/// A confirmation of the lock is valid this long, in ms: shorter than another tab needs to steal it after a ping.
const LOCK_VALID_MS: u64 = 1_000;
/// A query for the lock that is not answered within this time is repeated, in ms.
const QUERY_TIMEOUT_MS: u64 = 2_500;
/// After this many queries without an answer, the browser is considered to answer none. One alone may have been missed
/// by a tab that hung or slept.
const QUERIES_MAX: u64 = 2;
/// After this many steals that were not granted, the browser is considered to grant none.
const STEALS_MAX: u8 = 2;
/// A leader that was seen within this time is not pinged, in ms.
const RECENT_MS: u64 = 1_000;

/// This tab's role, and what it knows of the leader and the lock.
#[derive(Debug, Default)]
pub struct LeaderElection {
    role: Role,
    has_tab_sync: bool,
    is_visible: bool,
    /// As a follower: when the leader last gave a sign of life.
    leader_seen: Option<Mono>,
    /// As a follower: since when a ping is unanswered.
    ping_sent: Option<Mono>,
    /// As a follower: what the leader reported last; as the leader: what was reported last, if anything was.
    status: Option<LeaderStatus>,
    /// As the leader: when a visible follower last pinged.
    last_ping: Option<Mono>,
    /// As the leader: when the query was made whose answer confirmed the lock.
    lock_confirmed: Option<Mono>,
    /// Since when a query for the lock is unanswered. A repeated one counts from the first.
    lock_queried_at: Option<Mono>,
    /// How often that query was made.
    queries: u64,
    /// How often the lock was stolen since it was last granted.
    steals: u8,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Role {
    /// Not started, or in the back/forward cache.
    #[default]
    Suspended,
    /// The browser has no Web Locks or no channel between tabs.
    Solo,
    Follower,
    Leader,
}

impl LeaderElection {
    /// Starts. `has_tab_sync` is whether the browser has Web Locks and a channel between tabs.
    pub fn start(&mut self, has_tab_sync: bool) -> Option<TabAction> {
        self.has_tab_sync = has_tab_sync;
        self.resume()
    }

    /// The page was restored from the back/forward cache.
    pub fn resume(&mut self) -> Option<TabAction> {
        self.become_follower();
        if self.has_tab_sync {
            return Some(TabAction::RequestLock);
        }
        self.role = Role::Solo;
        Some(TabAction::Listen)
    }

    /// The page enters the back/forward cache.
    pub const fn suspend(&mut self) -> TabAction {
        self.role = Role::Suspended;
        TabAction::Leave
    }

    /// This tab holds the lock: it leads.
    pub const fn become_leader(&mut self) {
        self.role = Role::Leader;
        // The former leader may have stopped before reporting: the followers must learn that there is a new one.
        self.status = None;
        self.ping_sent = None;
        self.steals = 0;
    }

    /// Whether this tab may write now and apply what others send. If the lock has to be confirmed first, the action
    /// that asks for it.
    pub fn may_write(&mut self, now: Mono) -> (bool, Option<TabAction>) {
        if !self.is_leading() {
            return (self.is_active(), None);
        }
        if self.lock_confirmed.is_some_and(|at| now.since(at) < LOCK_VALID_MS) {
            return (true, None);
        }
        (false, self.query_lock(now))
    }

    /// Asks who holds the lock, unless a query is unanswered.
    pub const fn query_lock(&mut self, now: Mono) -> Option<TabAction> {
        if self.lock_queried_at.is_some() {
            return None;
        }
        self.lock_queried_at = Some(now);
        self.queries = 1;
        Some(TabAction::QueryLock)
    }

    /// The browser answered whether this tab held the lock when it was asked.
    pub const fn lock_queried(&mut self, is_ours: bool) {
        let queried_at = self.lock_queried_at.take();
        self.lock_confirmed = if is_ours { queried_at } else { None };
    }

    /// The browser does not answer queries for the lock: works alone from now on.
    pub const fn work_alone(&mut self) {
        self.become_follower();
        self.has_tab_sync = false;
        self.role = Role::Solo;
    }

    /// Another tab holds the lock now: this tab follows, and requests the lock again.
    pub fn lose_leadership(&mut self) -> Option<TabAction> {
        if !self.may_have_other_tabs() {
            return None;
        }
        self.become_follower();
        Some(TabAction::RequestLock)
    }

    /// Sets whether the page is visible.
    pub const fn set_visible(&mut self, is_visible: bool) {
        self.is_visible = is_visible;
        self.ping_sent = None;
    }

    /// The leader gave a sign of life.
    pub const fn note_leader_alive(&mut self, now: Mono) {
        self.leader_seen = Some(now);
        self.ping_sent = None;
    }

    /// The leader reported the state of its connection. Returns whether its subscription has just become live.
    pub fn leader_reported(&mut self, now: Mono, status: LeaderStatus) -> bool {
        self.note_leader_alive(now);
        let is_changed = status.is_live && !self.leader_status().is_live;
        self.status = Some(status);
        is_changed
    }

    /// A visible follower has pinged; returns the answer.
    pub fn answer_ping(&mut self, now: Mono) -> TabMessage {
        self.last_ping = Some(now);
        TabMessage::Leader(self.leader_status())
    }

    /// The leader's report to the others, if its state differs from the last report.
    pub fn announce(&mut self, status: LeaderStatus) -> Option<TabMessage> {
        let is_changed = self.is_leading() && self.status != Some(status);
        is_changed.then(|| {
            self.status = Some(status);
            TabMessage::Leader(status)
        })
    }

    /// Pings the leader if it was not seen lately: what happens next depends on it.
    pub fn ping_leader(&mut self, now: Mono) -> Option<TabAction> {
        let is_not_recent = self.leader_seen.is_none_or(|leader_seen| now.since(leader_seen) > RECENT_MS);
        if self.role == Role::Follower && self.is_visible && self.ping_sent.is_none() && is_not_recent {
            self.ping_sent = Some(now);
            return Some(encode_action(&TabMessage::PingLeader));
        }
        None
    }

    /// Pings when it is time to; steals the lock when no answer came.
    pub fn tick(&mut self, now: Mono) -> Option<TabAction> {
        if self.query_deadline().is_some_and(|due| now >= due) {
            self.queries += 1;
            return Some(TabAction::QueryLock);
        }
        if self.ping_due().is_none_or(|due| now < due.at) {
            return None;
        }
        if self.ping_sent.take().is_some() {
            // If the browser does not grant the lock, the leader is pinged again later.
            self.leader_seen = Some(now);
            self.steals = self.steals.saturating_add(1);
            return Some(TabAction::StealLock);
        }
        self.ping_leader(now)
    }

    /// Whether queries or steals failed so often that the browser is considered to grant no lock.
    #[must_use]
    pub fn is_lock_unresponsive(&self, now: Mono) -> bool {
        let is_unanswered = self.queries >= QUERIES_MAX && self.query_deadline().is_some_and(|due| now >= due);
        let is_not_granted =
            self.steals >= STEALS_MAX && self.ping_sent.is_some_and(|ping_sent| now >= ping_sent.plus(PING_TIMEOUT_MS));
        is_unanswered || is_not_granted
    }

    fn query_deadline(&self) -> Option<Mono> {
        self.lock_queried_at.map(|at| at.plus(QUERY_TIMEOUT_MS * self.queries))
    }

    /// When a visible follower pings the leader next, or waits no longer for its answer.
    fn ping_due(&self) -> Option<Due> {
        (self.is_visible && self.role == Role::Follower).then(|| match (self.ping_sent, self.leader_seen) {
            (Some(ping_sent), _) => ping_sent.plus(PING_TIMEOUT_MS).due("tabs: no answer"),
            (None, Some(leader_seen)) => leader_seen.plus(PING_MS).due("tabs: ping"),
            (None, None) => Mono::default().due("tabs: ping"),
        })
    }

    /// When `tick` may have something to do.
    #[must_use]
    pub fn deadline(&self, now: Mono) -> Option<Due> {
        next_due(now, [self.query_deadline().map(|at| at.due("tabs: unconfirmed")), self.ping_due()])
    }

    /// Whether this tab talks to the server.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.role, Role::Solo | Role::Leader)
    }

    /// Whether it leads other tabs.
    #[must_use]
    pub const fn is_leading(&self) -> bool {
        matches!(self.role, Role::Leader)
    }

    /// Whether there may be other tabs to work with.
    #[must_use]
    pub const fn may_have_other_tabs(&self) -> bool {
        matches!(self.role, Role::Follower | Role::Leader)
    }

    /// Whether it follows.
    #[must_use]
    pub const fn is_following(&self) -> bool {
        matches!(self.role, Role::Follower)
    }

    /// Whether it follows a leader that gave a sign of life.
    #[must_use]
    pub const fn has_live_leader(&self) -> bool {
        self.is_following() && self.leader_seen.is_some() && self.steals == 0
    }

    /// Whether it leads, and has not reported that yet.
    #[must_use]
    pub const fn has_new_leadership(&self) -> bool {
        self.is_leading() && self.status.is_none()
    }

    /// Whether the page is in the back/forward cache, or has not started.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        matches!(self.role, Role::Suspended)
    }

    /// Whether any tab of the visitor's is visible, as far as is known.
    #[must_use]
    pub fn is_watched(&self, now: Mono) -> bool {
        self.is_visible || self.last_ping.is_some_and(|last_ping| now.since(last_ping) <= PING_MS + PING_TIMEOUT_MS)
    }

    /// The state of the leader's connection, as last reported.
    #[must_use]
    pub fn leader_status(&self) -> LeaderStatus {
        self.status.unwrap_or_default()
    }

    const fn become_follower(&mut self) {
        self.role = Role::Follower;
        self.status = None;
        self.leader_seen = None;
        self.ping_sent = None;
        self.last_ping = None;
        self.lock_confirmed = None;
        self.lock_queried_at = None;
        self.queries = 0;
        self.steals = 0;
    }
}

/// The action that sends this message to all other tabs.
#[must_use]
pub fn encode_action(message: &TabMessage) -> TabAction {
    TabAction::Broadcast(messages::encode(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: LeaderStatus = LeaderStatus { is_live: true, is_failing: false };

    fn follower() -> LeaderElection {
        let mut election = LeaderElection::default();
        election.set_visible(true);
        assert_eq!(election.start(true), Some(TabAction::RequestLock));
        election
    }

    fn ping() -> Option<TabAction> {
        Some(encode_action(&TabMessage::PingLeader))
    }

    #[test]
    fn leader_election_without_tab_sync_makes_the_tab_active_at_once() {
        let mut election = LeaderElection::default();
        assert!(election.is_suspended());
        assert_eq!(
            election.start(false),
            Some(TabAction::Listen),
            "that the visitor was forgotten is for everybody to hear"
        );
        assert!(election.is_active() && !election.is_leading());
        assert_eq!(election.deadline(Mono(0)), None);
        assert_eq!((election.suspend(), election.resume()), (TabAction::Leave, Some(TabAction::Listen)));
    }

    #[test]
    fn leader_election_keeps_a_leader_that_answers_pings() {
        let mut election = follower();
        assert_eq!(election.tick(Mono(0)), ping());
        assert!(election.leader_reported(Mono(10), LIVE), "this is when its frames begin to count");
        assert_eq!(election.tick(Mono(10_009)), None);
        assert_eq!(election.tick(Mono(10_010)), ping());
        assert!(!election.leader_reported(Mono(10_020), LIVE));
        assert_eq!(election.tick(Mono(12_010)), None);
    }

    #[test]
    fn leader_election_steals_the_lock_of_a_silent_leader_once_at_a_time() {
        let mut election = follower();
        assert_eq!(election.tick(Mono(0)), ping());
        assert_eq!(election.tick(Mono(1_999)), None);
        assert_eq!(election.tick(Mono(2_000)), Some(TabAction::StealLock));
        assert_eq!(election.tick(Mono(2_001)), None);
        assert_eq!(election.tick(Mono(12_000)), ping());
    }

    #[test]
    fn leader_election_in_a_hidden_tab_neither_pings_nor_steals() {
        let mut election = follower();
        assert_eq!(election.tick(Mono(0)), ping());
        election.set_visible(false);
        assert_eq!(
            (election.deadline(Mono(0)), election.tick(Mono(60_000)), election.ping_leader(Mono(60_000))),
            (None, None, None)
        );
        election.set_visible(true);
        assert_eq!(election.ping_leader(Mono(60_000)), ping());
    }

    #[test]
    fn leader_election_does_not_ping_a_leader_seen_just_now() {
        let mut election = follower();
        election.note_leader_alive(Mono(5_000));
        assert_eq!(election.ping_leader(Mono(6_000)), None);
        assert_eq!(election.ping_leader(Mono(6_001)), ping());
        assert_eq!(election.ping_leader(Mono(6_002)), None, "the question is out");
    }

    #[test]
    fn leader_election_announces_leadership_and_status_once() {
        let mut election = follower();
        assert_eq!(election.announce(LIVE), None, "it is not for followers to say");
        election.become_leader();
        assert_eq!(election.announce(LeaderStatus::default()), Some(TabMessage::Leader(LeaderStatus::default())));
        assert_eq!(election.announce(LIVE), Some(TabMessage::Leader(LIVE)));
        assert_eq!(election.announce(LIVE), None);
        assert_eq!(election.answer_ping(Mono(3)), TabMessage::Leader(LIVE));
        assert_eq!(election.deadline(Mono(0)), None);
    }

    #[test]
    fn leader_election_requests_the_lock_again_after_losing_it() {
        let mut election = follower();
        election.become_leader();
        assert_eq!(election.lose_leadership(), Some(TabAction::RequestLock));
        assert!(!election.is_active());
    }

    #[test]
    fn leader_election_allows_writes_only_within_a_second_of_confirming_the_lock() {
        let mut election = follower();
        assert_eq!(election.may_write(Mono(0)), (false, None));
        election.become_leader();
        assert_eq!(election.may_write(Mono(100)), (false, Some(TabAction::QueryLock)));
        assert_eq!(election.may_write(Mono(200)), (false, None), "it is asked already");
        election.lock_queried(true);
        assert_eq!(election.may_write(Mono(1_099)), (true, None));
        assert_eq!(election.may_write(Mono(1_100)), (false, Some(TabAction::QueryLock)));
        election.lock_queried(true);
        assert_eq!(
            election.may_write(Mono(9_000)),
            (false, Some(TabAction::QueryLock)),
            "an answer that arrives too late does not count"
        );
        assert_eq!(election.deadline(Mono(10_000)).map(|due| due.at), Some(Mono(11_500)));
        assert_eq!(election.tick(Mono(11_500)), Some(TabAction::QueryLock), "one question may have been missed");
        election.lock_queried(true);
        assert_eq!(
            election.may_write(Mono(11_600)),
            (false, Some(TabAction::QueryLock)),
            "it counts from when it was put first"
        );
        election.lose_leadership();
        assert_eq!(election.may_write(Mono(11_601)), (false, None));
    }

    #[test]
    fn leader_election_knows_whether_any_tab_is_visible() {
        let mut election = follower();
        election.become_leader();
        election.set_visible(false);
        assert!(!election.is_watched(Mono(5)));
        election.answer_ping(Mono(5));
        assert!(election.is_watched(Mono(12_005)) && !election.is_watched(Mono(12_006)));
    }

    #[test]
    fn leader_election_gives_up_an_unresponsive_lock_after_five_seconds() {
        let mut election = follower();
        assert_eq!(election.query_lock(Mono(0)), Some(TabAction::QueryLock));
        election.set_visible(false);
        assert_eq!((election.tick(Mono(2_499)), election.tick(Mono(2_500))), (None, Some(TabAction::QueryLock)));
        assert!(!election.is_lock_unresponsive(Mono(4_999)) && election.is_lock_unresponsive(Mono(5_000)));
        election.work_alone();
        assert!(election.is_active() && !election.is_leading() && !election.may_have_other_tabs());
        assert_eq!(
            (election.deadline(Mono(0)), election.resume()),
            (None, Some(TabAction::Listen)),
            "nor ever asked again"
        );
    }

    #[test]
    fn leader_election_repeats_a_query_that_the_tab_slept_through() {
        let mut election = follower();
        election.become_leader();
        assert_eq!(election.may_write(Mono(0)), (false, Some(TabAction::QueryLock)));
        assert!(!election.is_lock_unresponsive(Mono(3_600_000)));
        assert_eq!(election.tick(Mono(3_600_000)), Some(TabAction::QueryLock));
        election.lock_queried(true);
        assert!(!election.is_lock_unresponsive(Mono(3_600_010)));
    }

    #[test]
    fn leader_election_gives_up_a_lock_that_is_not_granted_after_two_steals() {
        let mut election = follower();
        for from in [0, 12_000] {
            assert_eq!(election.tick(Mono(from)), ping());
            assert!(!election.is_lock_unresponsive(Mono(from + 2_000)));
            assert_eq!(election.tick(Mono(from + 2_000)), Some(TabAction::StealLock));
        }
        assert_eq!(election.tick(Mono(24_000)), ping());
        assert!(election.is_lock_unresponsive(Mono(26_000)));
        election.become_leader();
        assert!(!election.is_lock_unresponsive(Mono(26_000)));
    }
}
