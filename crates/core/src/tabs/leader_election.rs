//! Several tabs, one visitor: which of them speaks to the server.
//!
//! Every tab runs the same core. One leads: it holds a Web Lock, keeps the socket, and alone makes contacts,
//! conversations and messages. The others follow: what they submit they put on the device and tell the leader of; what
//! the leader hears it tells them, word for word. Reading history harms nobody, so each tab does that by itself.
//!
//! The hard case is a leader that hangs: it still has the lock, and does nothing. So a tab that is looked at asks from
//! time to time whether anybody leads (messages between tabs are not throttled as timers are), and without an answer
//! takes the lock away. The deposed may not know it yet. So a leader writes nothing, be it to the server or on the
//! device, and believes nothing other tabs say, unless the browser has just confirmed that the lock is still its own. (A
//! mark on the device would not do: a tab that hung reads an old device for a moment.)
//!
//! The browser answers that question at once, whoever has the lock. Where it does not (a page script has broken what the
//! answer comes by), waiting would keep the visitor silent for ever: the tab then works alone, and posts only what was
//! written in it, because another tab may be posting the rest.

use crate::host::calls::AttributeTarget;
use crate::model::{ConversationId, EchoId};
use crate::time::{Due, Mono};
use crate::visitor::identity::User;

/// What the shell reports of the other tabs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TabEvent {
    /// The lock is ours; this is what the device keeps at this moment, as (key, value).
    LockGranted {
        /// The records.
        stored: Vec<(String, String)>,
    },
    /// Another tab has taken the lock away.
    LockStolen,
    /// The browser refuses to wait for the lock, at once and for a reason that stays.
    LockRefused,
    /// The browser answered who holds the lock, as `TabAct::Confirm` wants to know.
    LockQueried {
        /// Whether the lock is this tab's.
        is_ours: bool,
        /// The generation that the device keeps (`generation`), read after the answer.
        generation: u64,
    },
    /// Another tab says this.
    Received {
        /// The message's text.
        text: String,
    },
}

/// What the shell is to do about the other tabs.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TabAction {
    /// Listen to them, and ask for the lock.
    RequestLock,
    /// Listen to them without a lock: whoever works alone hears at least that the visitor was forgotten.
    Listen,
    /// Take the lock away from whoever has it.
    StealLock,
    /// Ask the browser who holds the lock.
    QueryLock,
    /// Give up the lock, or the wait for it, and listen no more.
    Leave,
    /// Say this to all of them.
    Broadcast(String),
}

/// What tabs say to each other; `wire` has its form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum TabMessage {
    /// From a tab that is looked at: does anybody lead?
    PingLeader,
    /// From the leader: I do, and so things are.
    Leader(LeaderStatus),
    /// The device keeps this now under this key; `None` for nothing any more.
    Stored {
        /// The record's key.
        key: String,
        /// The record.
        value: Option<String>,
    },
    /// From the leader: its socket brought this frame.
    CableFrame(String),
    /// The server answered the post of this send.
    SendResponse {
        /// Which.
        echo: EchoId,
        /// The answer's HTTP status.
        status: u16,
        /// Its body.
        body: String,
    },
    /// To the leader: the person wants this send tried again, which failed or nobody knows of.
    RetrySend(EchoId),
    /// From the leader: nobody knows whether the server has this send, and the person is told so.
    SendUnconfirmed(EchoId),
    /// To the leader: the person gives this failed send up.
    DiscardSend(EchoId),
    /// To the leader: the person opens this conversation, or (none) will begin another.
    OpenConversation(Option<ConversationId>),
    /// Something may have been missed, or is not where it was: read the newest messages.
    ReadHistory,
    /// The visitor is forgotten on this device.
    ForgetVisitor {
        /// The generation that begins with it; `None` from a page that can't read the device.
        generation: Option<u64>,
        /// Whether another user takes over, who was told of before (`User`). Otherwise nobody in particular does.
        is_succeeded: bool,
    },
    /// The site says whom it takes the visitor for.
    SetUser(User),
    /// The site says what agents may know of this user.
    SetAttributes {
        /// The user's mark (`identity`); 0 for nobody in particular.
        user: u64,
        /// Names, and values as JSON.
        attributes: Vec<(String, String)>,
        /// What they belong to.
        target: AttributeTarget,
    },
}

/// How the leader's connection is.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeaderStatus {
    /// Whether news comes by itself.
    pub is_live: bool,
    /// Whether the server can't be reached, and not just for a moment.
    pub is_failing: bool,
}

/// How often a tab that is looked at asks. It also shows the team that somebody is there, which holds for 20 s.
const ASK_MS: u64 = 10_000;
/// Without an answer for so long, the leader hangs.
const ANSWER_MS_MAX: u64 = 2_000;
/// How long a confirmation of the lock is good for; shorter than it takes to lose it to somebody who asked first.
const SURE_MS: u64 = 1_000;
/// A question about the lock that is not answered by then is put again.
const CONFIRM_MS_MAX: u64 = 2_500;
/// So many questions without an answer, and the browser is taken to answer none. One alone may have been missed by a tab
/// that hung or slept.
const CONFIRMS_MAX: u64 = 2;
/// So many times the lock was taken away from a leader that hangs, and never came.
const THEFTS_MAX: u8 = 2;
/// Whoever was heard so lately need not be asked.
const LATELY_MS: u64 = 1_000;

/// The machine.
#[derive(Debug, Default)]
pub struct LeaderElection {
    role: Role,
    is_shared: bool,
    is_visible: bool,
    /// As a follower: when the leader was last heard.
    heard: Option<Mono>,
    /// As a follower: since when a question is unanswered.
    asked: Option<Mono>,
    /// As a follower: what the leader says of itself; as the leader: what was said last, if anything was.
    standing: Option<LeaderStatus>,
    /// As the leader: when a follower that is looked at last asked.
    looked: Option<Mono>,
    /// As the leader: when the question was put to which the answer was that the lock is ours.
    confirmed: Option<Mono>,
    /// Since when that question is open. Put again, it still counts from the first time.
    confirming: Option<Mono>,
    /// How often it was put.
    confirms: u64,
    /// How often the lock was taken away from others since it last came.
    thefts: u8,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Role {
    /// Not begun, or put away by the browser.
    #[default]
    Resting,
    /// The browser can't tell tabs of each other.
    Alone,
    Following,
    Leading,
}

impl LeaderElection {
    /// The widget starts; whether the browser can bring tabs together.
    pub fn begin(&mut self, is_shared: bool) -> Option<TabAction> {
        self.is_shared = is_shared;
        self.resume()
    }

    /// The page is back from where the browser had put it.
    pub fn resume(&mut self) -> Option<TabAction> {
        self.become_follower();
        if self.is_shared {
            return Some(TabAction::RequestLock);
        }
        self.role = Role::Alone;
        Some(TabAction::Listen)
    }

    /// The browser puts the page away.
    pub const fn suspend(&mut self) -> TabAction {
        self.role = Role::Resting;
        TabAction::Leave
    }

    /// The lock is ours: this tab leads.
    pub const fn lead(&mut self) {
        self.role = Role::Leading;
        // Nobody hears what the last leader did not tell: the others must know that there is a new one.
        self.standing = None;
        self.asked = None;
        self.thefts = 0;
    }

    /// Whether this tab may write at this moment, and believe what others say; if that has to be asked first, the question.
    pub fn may_write(&mut self, now: Mono) -> (bool, Option<TabAction>) {
        if !self.is_leading() {
            return (self.is_active(), None);
        }
        if self.confirmed.is_some_and(|asked| now.since(asked) < SURE_MS) {
            return (true, None);
        }
        (false, self.confirm(now))
    }

    /// Asks who holds the lock, unless that is asked already.
    pub const fn confirm(&mut self, now: Mono) -> Option<TabAction> {
        if self.confirming.is_some() {
            return None;
        }
        self.confirming = Some(now);
        self.confirms = 1;
        Some(TabAction::QueryLock)
    }

    /// The browser says whether the lock was ours when that was asked.
    pub const fn lock_queried(&mut self, is_ours: bool) {
        let asked = self.confirming.take();
        self.confirmed = if is_ours { asked } else { None };
    }

    /// The browser answers no question about locks: works alone from now on, if it had to do with others.
    pub const fn work_alone(&mut self) {
        self.become_follower();
        self.is_shared = false;
        self.role = Role::Alone;
    }

    /// The lock is another's now: this tab follows, and waits for its turn.
    pub fn lose_leadership(&mut self) -> Option<TabAction> {
        if !self.is_shared() {
            return None;
        }
        self.become_follower();
        Some(TabAction::RequestLock)
    }

    /// Whether the page is looked at.
    pub const fn set_visible(&mut self, is_visible: bool) {
        self.is_visible = is_visible;
        self.asked = None;
    }

    /// The leader was heard.
    pub const fn heard(&mut self, now: Mono) {
        self.heard = Some(now);
        self.asked = None;
    }

    /// The leader says how it stands. Whether its socket has just come to life.
    pub fn leader_reported(&mut self, now: Mono, standing: LeaderStatus) -> bool {
        self.heard(now);
        let is_news = standing.is_live && !self.leader_status().is_live;
        self.standing = Some(standing);
        is_news
    }

    /// A follower that is looked at has asked; the answer.
    pub fn answer_ping(&mut self, now: Mono) -> TabMessage {
        self.looked = Some(now);
        TabMessage::Leader(self.leader_status())
    }

    /// What the leader is to tell the others, if it stands otherwise than it said last.
    pub fn announce(&mut self, standing: LeaderStatus) -> Option<TabMessage> {
        let is_news = self.is_leading() && self.standing != Some(standing);
        is_news.then(|| {
            self.standing = Some(standing);
            TabMessage::Leader(standing)
        })
    }

    /// What happens next depends on the leader: is there one?
    pub fn ping_leader(&mut self, now: Mono) -> Option<TabAction> {
        let is_quiet = self.heard.is_none_or(|heard| now.since(heard) > LATELY_MS);
        if self.role == Role::Following && self.is_visible && self.asked.is_none() && is_quiet {
            self.asked = Some(now);
            return Some(say(&TabMessage::PingLeader));
        }
        None
    }

    /// Asks when it is time to; takes the lock when nobody answers.
    pub fn tick(&mut self, now: Mono) -> Option<TabAction> {
        if now < self.deadline()?.at {
            return None;
        }
        if self.query_deadline().is_some_and(|due| now >= due) {
            self.confirms += 1;
            return Some(TabAction::QueryLock);
        }
        if self.asked.take().is_some() {
            // Should the browser not give us the lock, we ask anew, and later try again.
            self.heard = Some(now);
            self.thefts = self.thefts.saturating_add(1);
            return Some(TabAction::StealLock);
        }
        self.ping_leader(now)
    }

    /// Whether the browser was asked about locks often enough, and in vain.
    #[must_use]
    pub fn is_lock_unresponsive(&self, now: Mono) -> bool {
        let is_silent = self.confirms >= CONFIRMS_MAX && self.query_deadline().is_some_and(|due| now >= due);
        let is_withheld = self.thefts >= THEFTS_MAX && self.asked.is_some_and(|asked| now >= asked.plus(ANSWER_MS_MAX));
        is_silent || is_withheld
    }

    fn query_deadline(&self) -> Option<Mono> {
        self.confirming.map(|asked| asked.plus(CONFIRM_MS_MAX * self.confirms))
    }

    /// When `tick` has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let confirm = self.query_deadline().map(|at| at.due("tabs: unconfirmed"));
        if !self.is_visible || self.role != Role::Following {
            return confirm;
        }
        let ask = match (self.asked, self.heard) {
            (Some(asked), _) => asked.plus(ANSWER_MS_MAX).due("tabs: no answer"),
            (None, Some(heard)) => heard.plus(ASK_MS).due("tabs: ask"),
            (None, None) => Mono::default().due("tabs: ask"),
        };
        Some(confirm.map_or(ask, |confirm| confirm.min(ask)))
    }

    /// Whether this tab writes to the server.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.role, Role::Alone | Role::Leading)
    }

    /// Whether it does so for others too.
    #[must_use]
    pub const fn is_leading(&self) -> bool {
        matches!(self.role, Role::Leading)
    }

    /// Whether there may be anybody to talk to.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        matches!(self.role, Role::Following | Role::Leading)
    }

    /// Whether it follows, or waits to lead.
    #[must_use]
    pub const fn is_following(&self) -> bool {
        matches!(self.role, Role::Following)
    }

    /// Whether it follows, and has heard of whoever leads.
    #[must_use]
    pub const fn has_live_leader(&self) -> bool {
        self.is_following() && self.heard.is_some() && self.thefts == 0
    }

    /// Whether it leads, and has not said so yet.
    #[must_use]
    pub const fn has_new_leadership(&self) -> bool {
        self.is_leading() && self.standing.is_none()
    }

    /// Whether the browser has put the page away.
    #[must_use]
    pub const fn is_suspended(&self) -> bool {
        matches!(self.role, Role::Resting)
    }

    /// Whether the visitor looks at any tab that we know of.
    #[must_use]
    pub fn is_watched(&self, now: Mono) -> bool {
        self.is_visible || self.looked.is_some_and(|looked| now.since(looked) <= ASK_MS + ANSWER_MS_MAX)
    }

    /// How the leader said its connection is; as the leader, what was said last.
    #[must_use]
    pub fn leader_status(&self) -> LeaderStatus {
        self.standing.unwrap_or_default()
    }

    const fn become_follower(&mut self) {
        self.role = Role::Following;
        self.standing = None;
        self.heard = None;
        self.asked = None;
        self.looked = None;
        self.confirmed = None;
        self.confirming = None;
        self.confirms = 0;
        self.thefts = 0;
    }
}

/// Says a word to all other tabs.
#[must_use]
pub fn say(word: &TabMessage) -> TabAction {
    TabAction::Broadcast(super::messages::say(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: LeaderStatus = LeaderStatus { is_live: true, is_failing: false };

    fn follower() -> LeaderElection {
        let mut tabs = LeaderElection::default();
        tabs.set_visible(true);
        assert_eq!(tabs.begin(true), Some(TabAction::RequestLock));
        tabs
    }

    fn ask() -> Option<TabAction> {
        Some(say(&TabMessage::PingLeader))
    }

    #[test]
    fn a_tab_the_browser_leaves_alone_is_in_charge_at_once() {
        let mut tabs = LeaderElection::default();
        assert!(tabs.is_suspended());
        assert_eq!(
            tabs.begin(false),
            Some(TabAction::Listen),
            "that the visitor was forgotten is for everybody to hear"
        );
        assert!(tabs.is_active() && !tabs.is_leading());
        assert_eq!(tabs.deadline(), None);
        assert_eq!((tabs.suspend(), tabs.resume()), (TabAction::Leave, Some(TabAction::Listen)));
    }

    #[test]
    fn a_follower_that_is_looked_at_asks_and_a_leader_that_answers_keeps_the_lock() {
        let mut tabs = follower();
        assert_eq!(tabs.tick(Mono(0)), ask());
        assert!(tabs.leader_reported(Mono(10), LIVE), "this is when its frames begin to count");
        assert_eq!(tabs.tick(Mono(10_009)), None);
        assert_eq!(tabs.tick(Mono(10_010)), ask());
        assert!(!tabs.leader_reported(Mono(10_020), LIVE));
        assert_eq!(tabs.tick(Mono(12_010)), None);
    }

    #[test]
    fn a_leader_that_does_not_answer_loses_the_lock_and_only_one_attempt_is_made_at_a_time() {
        let mut tabs = follower();
        assert_eq!(tabs.tick(Mono(0)), ask());
        assert_eq!(tabs.tick(Mono(1_999)), None);
        assert_eq!(tabs.tick(Mono(2_000)), Some(TabAction::StealLock));
        assert_eq!(tabs.tick(Mono(2_001)), None);
        assert_eq!(tabs.tick(Mono(12_000)), ask());
    }

    #[test]
    fn a_hidden_tab_neither_asks_nor_steals() {
        let mut tabs = follower();
        assert_eq!(tabs.tick(Mono(0)), ask());
        tabs.set_visible(false);
        assert_eq!((tabs.deadline(), tabs.tick(Mono(60_000)), tabs.ping_leader(Mono(60_000))), (None, None, None));
        tabs.set_visible(true);
        assert_eq!(tabs.ping_leader(Mono(60_000)), ask());
    }

    #[test]
    fn a_leader_heard_just_now_is_not_asked() {
        let mut tabs = follower();
        tabs.heard(Mono(5_000));
        assert_eq!(tabs.ping_leader(Mono(6_000)), None);
        assert_eq!(tabs.ping_leader(Mono(6_001)), ask());
        assert_eq!(tabs.ping_leader(Mono(6_002)), None, "the question is out");
    }

    #[test]
    fn a_leader_says_that_it_is_one_and_how_it_stands_once() {
        let mut tabs = follower();
        assert_eq!(tabs.announce(LIVE), None, "it is not for followers to say");
        tabs.lead();
        assert_eq!(tabs.announce(LeaderStatus::default()), Some(TabMessage::Leader(LeaderStatus::default())));
        assert_eq!(tabs.announce(LIVE), Some(TabMessage::Leader(LIVE)));
        assert_eq!(tabs.announce(LIVE), None);
        assert_eq!(tabs.answer_ping(Mono(3)), TabMessage::Leader(LIVE));
        assert_eq!(tabs.deadline(), None);
    }

    #[test]
    fn the_deposed_waits_for_its_turn() {
        let mut tabs = follower();
        tabs.lead();
        assert_eq!(tabs.lose_leadership(), Some(TabAction::RequestLock));
        assert!(!tabs.is_active());
    }

    #[test]
    fn a_leader_writes_only_within_a_second_of_asking_whether_it_is_one() {
        let mut tabs = follower();
        assert_eq!(tabs.may_write(Mono(0)), (false, None));
        tabs.lead();
        assert_eq!(tabs.may_write(Mono(100)), (false, Some(TabAction::QueryLock)));
        assert_eq!(tabs.may_write(Mono(200)), (false, None), "it is asked already");
        tabs.lock_queried(true);
        assert_eq!(tabs.may_write(Mono(1_099)), (true, None));
        assert_eq!(tabs.may_write(Mono(1_100)), (false, Some(TabAction::QueryLock)));
        tabs.lock_queried(true);
        assert_eq!(
            tabs.may_write(Mono(9_000)),
            (false, Some(TabAction::QueryLock)),
            "an answer heard too late is none"
        );
        assert_eq!(tabs.deadline().map(|due| due.at), Some(Mono(11_500)));
        assert_eq!(tabs.tick(Mono(11_500)), Some(TabAction::QueryLock), "one question may have been missed");
        tabs.lock_queried(true);
        assert_eq!(
            tabs.may_write(Mono(11_600)),
            (false, Some(TabAction::QueryLock)),
            "it counts from when it was put first"
        );
        tabs.lose_leadership();
        assert_eq!(tabs.may_write(Mono(11_601)), (false, None));
    }

    #[test]
    fn somebody_looking_at_any_tab_is_somebody_looking() {
        let mut tabs = follower();
        tabs.lead();
        tabs.set_visible(false);
        assert!(!tabs.is_watched(Mono(5)));
        tabs.answer_ping(Mono(5));
        assert!(tabs.is_watched(Mono(12_005)) && !tabs.is_watched(Mono(12_006)));
    }

    #[test]
    fn a_browser_that_answers_nothing_about_locks_for_five_seconds_is_not_waited_for() {
        let mut tabs = follower();
        assert_eq!(tabs.confirm(Mono(0)), Some(TabAction::QueryLock));
        tabs.set_visible(false);
        assert_eq!((tabs.tick(Mono(2_499)), tabs.tick(Mono(2_500))), (None, Some(TabAction::QueryLock)));
        assert!(!tabs.is_lock_unresponsive(Mono(4_999)) && tabs.is_lock_unresponsive(Mono(5_000)));
        tabs.work_alone();
        assert!(tabs.is_active() && !tabs.is_leading() && !tabs.is_shared());
        assert_eq!((tabs.deadline(), tabs.resume()), (None, Some(TabAction::Listen)), "nor ever asked again");
    }

    #[test]
    fn a_tab_that_slept_through_one_answer_is_given_a_second() {
        let mut tabs = follower();
        tabs.lead();
        assert_eq!(tabs.may_write(Mono(0)), (false, Some(TabAction::QueryLock)));
        assert!(!tabs.is_lock_unresponsive(Mono(3_600_000)));
        assert_eq!(tabs.tick(Mono(3_600_000)), Some(TabAction::QueryLock));
        tabs.lock_queried(true);
        assert!(!tabs.is_lock_unresponsive(Mono(3_600_010)));
    }

    #[test]
    fn a_lock_that_can_not_be_taken_away_twice_is_none() {
        let mut tabs = follower();
        for from in [0, 12_000] {
            assert_eq!(tabs.tick(Mono(from)), ask());
            assert!(!tabs.is_lock_unresponsive(Mono(from + 2_000)));
            assert_eq!(tabs.tick(Mono(from + 2_000)), Some(TabAction::StealLock));
        }
        assert_eq!(tabs.tick(Mono(24_000)), ask());
        assert!(tabs.is_lock_unresponsive(Mono(26_000)));
        tabs.lead();
        assert!(!tabs.is_lock_unresponsive(Mono(26_000)));
    }
}
