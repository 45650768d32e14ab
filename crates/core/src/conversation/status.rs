//! Where the conversation stands: its status, and how far agents have read.
//!
//! Frames tell of every change; what changed in a gap is asked for when the socket is live again. The server's answer
//! holds every message there ever was behind the few fields wanted here, so only its beginning is read.

use crate::model::{Conversation, Status};
use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// The machine.
#[derive(Debug, Default)]
pub struct ConversationStatus {
    status: Status,
    agent_last_seen_at: u64,
    contact_last_seen_at: u64,
    is_known: bool,
    question: RetryingRequest,
}

impl ConversationStatus {
    /// Changes may have been missed.
    pub const fn want(&mut self) {
        self.question.want();
    }

    /// Whether to ask now. Then the answer is waited for.
    pub fn next(&mut self, now: Mono) -> bool {
        self.question.next(now)
    }

    /// The server says where it stands. Frames may be older than what is known, but nobody unreads anything.
    pub fn apply(&mut self, conversation: &Conversation) {
        self.status = conversation.status;
        self.agent_last_seen_at = self.agent_last_seen_at.max(conversation.agent_last_seen_at);
        self.contact_last_seen_at = self.contact_last_seen_at.max(conversation.contact_last_seen_at);
    }

    /// An answer told all of that; whether it is the first one.
    pub const fn becomes_known(&mut self) -> bool {
        !std::mem::replace(&mut self.is_known, true)
    }

    /// Whether the server was asked, and answered.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.is_known
    }

    /// Up to when the visitor has read, as far as the server was told, in seconds since 1970; 0 for never.
    #[must_use]
    pub const fn contact_last_seen_at(&self) -> u64 {
        self.contact_last_seen_at
    }

    /// The question was answered, be it usefully or not.
    pub const fn answered(&mut self) {
        self.question.answered();
    }

    /// The question was not answered.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.question.failed(now, chance, at_least_ms);
    }

    /// Its status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Up to when agents have read, in seconds since 1970; 0 for never.
    #[must_use]
    pub const fn agent_last_seen_at(&self) -> u64 {
        self.agent_last_seen_at
    }

    /// When `next` may ask.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.question.deadline().map(|until| until.due("condition: ask again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConversationId;

    #[test]
    fn it_is_asked_for_once_a_gap_and_again_when_that_fails() {
        let mut condition = ConversationStatus::default();
        assert!(!condition.next(Mono(0)), "nothing was missed");
        condition.want();
        assert!(condition.next(Mono(0)) && !condition.next(Mono(0)));
        condition.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        let due = condition.deadline().unwrap().at;
        assert!(!condition.next(Mono(0)) && condition.next(due));
        condition.want();
        assert!(!condition.next(due), "one question at a time");
        condition.answered();
        assert!(condition.next(due), "what was missed meanwhile is asked for after");
    }

    #[test]
    fn what_agents_have_read_they_have_read() {
        let told = |status, agent_last_seen_at| Conversation {
            id: ConversationId(6),
            status,
            agent_last_seen_at,
            contact_last_seen_at: 0,
            inbox: None,
            source_id: None,
        };
        let mut condition = ConversationStatus::default();
        condition.apply(&told(Status::Resolved, 50));
        condition.apply(&told(Status::Open, 0));
        assert_eq!((condition.status(), condition.agent_last_seen_at()), (Status::Open, 50));
    }
}
