//! The other tabs of the same visitor.

pub mod leader_election;
pub mod messages;

use leader_election::{LeaderElection, TabMessage};

/// The other tabs of this visitor.
#[derive(Debug, Default)]
pub(crate) struct TabSync {
    pub(crate) election: LeaderElection,
    /// What other tabs said and is not taken yet.
    pub(crate) pending: Vec<TabMessage>,
}
