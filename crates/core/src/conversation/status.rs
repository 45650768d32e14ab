//! The open conversation's status, and how far the agents and the visitor have read.
//!
//! Frames report every change; what changed in a gap is requested when the socket is live again. The server's response
//! contains every message of the conversation after the few fields needed here, so only its beginning is parsed.

use crate::model::{Conversation, Status};
use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// The status as last reported, and the request for it.
#[derive(Debug, Default)]
pub struct ConversationStatus {
    status: Status,
    agent_last_seen_at: u64,
    contact_last_seen_at: u64,
    is_known: bool,
    request: RetryingRequest,
}

impl ConversationStatus {
    /// Requests the status: changes may have been missed.
    pub const fn request_update(&mut self) {
        self.request.request();
    }

    /// Whether the request is to be sent now; then it counts as sent.
    pub fn start_request_if_due(&mut self, now: Mono) -> bool {
        self.request.start_if_due(now)
    }

    /// Applies what the server reported. A frame may be older than what is known, so the read times never go back.
    pub fn apply(&mut self, conversation: &Conversation) {
        self.status = conversation.status;
        self.agent_last_seen_at = self.agent_last_seen_at.max(conversation.agent_last_seen_at);
        self.contact_last_seen_at = self.contact_last_seen_at.max(conversation.contact_last_seen_at);
    }

    /// Marks the status as known from a response. Returns whether this was the first.
    pub const fn mark_known(&mut self) -> bool {
        !std::mem::replace(&mut self.is_known, true)
    }

    /// Whether a response has reported the status.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        self.is_known
    }

    /// Up to when the visitor has read, on any device, in seconds since 1970; 0 for never.
    #[must_use]
    pub const fn contact_last_seen_at(&self) -> u64 {
        self.contact_last_seen_at
    }

    /// The request was answered, usefully or not.
    pub const fn request_answered(&mut self) {
        self.request.answered();
    }

    /// The request failed; the next one waits, at least this long, in ms.
    pub fn request_failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, rng, at_least_ms);
    }

    /// The conversation's status.
    #[must_use]
    pub const fn status(&self) -> Status {
        self.status
    }

    /// Up to when agents have read, in seconds since 1970; 0 for never.
    #[must_use]
    pub const fn agent_last_seen_at(&self) -> u64 {
        self.agent_last_seen_at
    }

    /// When the request may be sent again.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.request.deadline().map(|until| until.due("conversation status: again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConversationId;

    #[test]
    fn conversation_status_is_requested_once_a_gap_and_again_after_a_failure() {
        let mut status = ConversationStatus::default();
        assert!(!status.start_request_if_due(Mono(0)), "nothing was missed");
        status.request_update();
        assert!(status.start_request_if_due(Mono(0)) && !status.start_request_if_due(Mono(0)));
        status.request_failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        let due = status.deadline().unwrap().at;
        assert!(!status.start_request_if_due(Mono(0)) && status.start_request_if_due(due));
        status.request_update();
        assert!(!status.start_request_if_due(due), "one question at a time");
        status.request_answered();
        assert!(status.start_request_if_due(due), "what was missed meanwhile is asked for after");
    }

    #[test]
    fn conversation_status_never_moves_read_times_back() {
        let conversation_with = |status, agent_last_seen_at| Conversation {
            id: ConversationId(6),
            status,
            agent_last_seen_at,
            contact_last_seen_at: 0,
            inbox: None,
            source_id: None,
        };
        let mut status = ConversationStatus::default();
        status.apply(&conversation_with(Status::Resolved, 50));
        status.apply(&conversation_with(Status::Open, 0));
        assert_eq!((status.status(), status.agent_last_seen_at()), (Status::Open, 50));
    }
}
