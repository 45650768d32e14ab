//! The same visitor's other tabs: which tab leads, and the messages between them.

pub mod leader_election;
pub mod messages;

use crate::host::settings::Settings;
use crate::time::{Due, Mono};
use crate::{Effect, Update};
use leader_election::{LeaderElection, TabAction, TabMessage};

/// The most messages held while the browser answers who holds the lock.
const PENDING_MAX: usize = 1_000;

/// This tab among the others.
#[derive(Debug, Default)]
pub(crate) struct TabSync {
    pub(crate) election: LeaderElection,
    /// Messages from other tabs, until it is certain whether this tab leads or follows.
    pending: Vec<TabMessage>,
}

impl TabSync {
    /// Another visitor follows: messages about the former one are dropped.
    pub(crate) fn replace_visitor(&mut self) {
        let Self { election: _, pending } = self;
        pending.clear();
    }

    /// Adds a message from another tab.
    pub(crate) fn receive(&mut self, text: &str) {
        self.pending.extend(messages::decode(text));
        if self.pending.len() > PENDING_MAX {
            // The browser no longer answers: this tab is as good as alone.
            self.pending.remove(0);
        }
    }

    /// Takes the messages to be applied now. A leader has to confirm its lock first.
    pub(crate) fn take_pending(&mut self, now: Mono, update: &mut Update) -> Vec<TabMessage> {
        if !self.election.may_have_other_tabs() {
            // A tab that works alone applies only this message of the others.
            self.pending.retain(|message| matches!(message, TabMessage::ForgetVisitor { .. }));
        }
        if self.pending.is_empty() || (self.election.is_leading() && !self.may_write(now, update)) {
            return Vec::new();
        }
        std::mem::take(&mut self.pending)
    }

    /// Whether this tab may write now, to the server or on the device. If the lock has to be confirmed first, the
    /// browser is asked.
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

    /// Pings the leader, because what happens next depends on it.
    pub(crate) fn ping_leader(&mut self, now: Mono, update: &mut Update) {
        act(self.election.ping_leader(now), update);
    }

    /// Sends a message to the other tabs, if there may be any.
    pub(crate) fn broadcast(&self, message: &TabMessage, update: &mut Update) {
        if self.election.may_have_other_tabs() {
            broadcast(message, update);
        }
    }

    /// When the election has something to do.
    pub(crate) fn deadline(&self, now: Mono) -> Option<Due> {
        self.election.deadline(now)
    }
}

/// The name of the lock and the channel of one visitor's tabs on this server and inbox.
#[must_use]
pub fn channel_name(settings: &Settings) -> String {
    format!("{}tabs/{}", settings.storage_prefix(), messages::PROTOCOL)
}

/// Has the platform act on the other tabs.
pub(crate) fn act(action: Option<TabAction>, update: &mut Update) {
    update.effects.extend(action.map(Effect::Tabs));
}

/// Sends a message to all other tabs, whether or not this one works with them.
pub(crate) fn broadcast(message: &TabMessage, update: &mut Update) {
    act(Some(leader_election::encode_action(message)), update);
}
