//! The same visitor's other tabs: who leads, and what they tell each other.

pub mod leader_election;
pub mod messages;

use crate::time::{Due, Mono};
use crate::{Effect, Update};
use leader_election::{LeaderElection, TabAction, TabMessage};

/// More than tabs say while the browser looks who holds a lock.
const PENDING_MAX: usize = 1_000;

/// This tab among the others.
#[derive(Debug, Default)]
pub(crate) struct TabSync {
    pub(crate) election: LeaderElection,
    /// What other tabs said, until it is sure whether this tab leads or follows.
    pending: Vec<TabMessage>,
}

impl TabSync {
    /// Another visitor follows: what was said of the former one is dropped.
    pub(crate) fn replace_visitor(&mut self) {
        self.pending.clear();
    }

    /// Takes what another tab said.
    pub(crate) fn receive(&mut self, text: &str) {
        self.pending.extend(messages::decode(text));
        if self.pending.len() > PENDING_MAX {
            // The browser confirms nothing any more: this tab is as good as alone.
            self.pending.remove(0);
        }
    }

    /// What other tabs said and is to be applied now. A leader must be sure of its lock first.
    pub(crate) fn take_pending(&mut self, now: Mono, update: &mut Update) -> Vec<TabMessage> {
        if !self.election.may_have_other_tabs() {
            // A tab that works alone believes the others one thing.
            self.pending.retain(|message| matches!(message, TabMessage::ForgetVisitor { .. }));
        }
        if self.pending.is_empty() || (self.election.is_leading() && !self.may_write(now, update)) {
            return Vec::new();
        }
        std::mem::take(&mut self.pending)
    }

    /// Whether this tab may write now, to the server or on the device. Where the browser has to confirm the lock first,
    /// that is asked for.
    pub(crate) fn may_write(&mut self, now: Mono, update: &mut Update) -> bool {
        let (may, question) = self.election.may_write(now);
        act(question, update);
        may
    }

    /// Asks the browser to confirm who holds the lock.
    pub(crate) fn query_lock(&mut self, now: Mono, update: &mut Update) {
        if self.election.may_have_other_tabs() {
            act(self.election.query_lock(now), update);
        }
    }

    /// What happens next depends on the leader: find out whether there is one.
    pub(crate) fn ping_leader(&mut self, now: Mono, update: &mut Update) {
        act(self.election.ping_leader(now), update);
    }

    /// Says this to the other tabs, if there may be any.
    pub(crate) fn broadcast(&self, message: &TabMessage, update: &mut Update) {
        if self.election.may_have_other_tabs() {
            broadcast(message, update);
        }
    }

    /// When the election has something to do.
    pub(crate) fn deadline(&self) -> Option<Due> {
        self.election.deadline()
    }
}

/// Has the platform act on the other tabs.
pub(crate) fn act(action: Option<TabAction>, update: &mut Update) {
    update.effects.extend(action.map(Effect::Tabs));
}

/// Says this to all other tabs, whether or not this one works with them.
pub(crate) fn broadcast(message: &TabMessage, update: &mut Update) {
    act(Some(leader_election::encode_action(message)), update);
}
