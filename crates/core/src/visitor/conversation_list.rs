//! The list of the visitor's conversations.
//!
//! The server's list contains every message of every conversation, so it is requested only while the list is shown.

use std::sync::Arc;

use crate::model::{ConversationId, Message, Status};
use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// One conversation in the list.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConversationSummary {
    /// Its display id.
    pub id: ConversationId,
    /// Its status.
    pub status: Status,
    /// Its last message.
    pub last: Option<Arc<Message>>,
}

/// The list, and the unread messages of conversations that are not open.
#[derive(Debug, Default)]
pub struct ConversationList {
    is_shown: bool,
    all: Option<Vec<ConversationSummary>>,
    request: RetryingRequest,
    /// How many messages to the visitor arrived in each conversation that was not open.
    unread_counts: Vec<(ConversationId, u32)>,
}

impl ConversationList {
    /// The list is shown or hidden.
    pub const fn set_shown(&mut self, is_shown: bool) {
        self.is_shown = is_shown;
        if is_shown {
            self.request.request();
            self.request.reset_backoff();
        }
    }

    /// A message arrived in a conversation that is not open.
    pub fn message_arrived_elsewhere(&mut self, id: ConversationId, is_to_visitor: bool) {
        if self.is_shown {
            self.request.request();
        }
        if is_to_visitor {
            let count = self.unread_in(id);
            self.conversation_opened(id);
            self.unread_counts.push((id, count.saturating_add(1)));
        }
    }

    /// A conversation was opened: its messages are read.
    pub fn conversation_opened(&mut self, id: ConversationId) {
        self.unread_counts.retain(|(other, _)| *other != id);
    }

    /// Whether the list is to be requested now; then the request counts as sent.
    pub fn start_if_due(&mut self, now: Mono) -> bool {
        self.is_shown && self.request.start_if_due(now)
    }

    /// Applies the server's list. The conversation with the newest message comes first.
    pub fn list_received(&mut self, all: Vec<ConversationSummary>) {
        self.request.answered();
        // Message ids are in the order of creation, across conversations.
        let age = |one: &ConversationSummary| (one.last.as_ref().map(|last| last.id), one.id);
        // The list is short, and the standard library's sort would add more code than this.
        let sorted = all.into_iter().fold(Vec::new(), |mut sorted: Vec<ConversationSummary>, one| {
            let index = sorted.partition_point(|other| age(other) > age(&one));
            sorted.insert(index, one);
            sorted
        });
        self.all = Some(sorted);
    }

    /// The request failed; the next one waits, at least this long, in ms.
    pub fn request_failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, rng, at_least_ms);
    }

    /// When the request may be sent again.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.request.deadline().filter(|_| self.is_shown).map(|until| until.due("conversation list: again"))
    }

    /// Whether the list is shown.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Whether the last request failed.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        self.request.is_failing()
    }

    /// How many messages arrived in this conversation while it was not open.
    #[must_use]
    pub fn unread_in(&self, id: ConversationId) -> u32 {
        self.unread_counts.iter().find(|(other, _)| *other == id).map_or(0, |(_, count)| *count)
    }

    /// How many messages arrived in all conversations that are not open.
    #[must_use]
    pub fn unread_count(&self) -> u32 {
        self.unread_counts.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The list, if it was received.
    #[must_use]
    pub fn all(&self) -> Option<&[ConversationSummary]> {
        self.all.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Author, MessageId};

    fn summary(id: u64, last: Option<u64>) -> ConversationSummary {
        let last = last.map(|last| Message::plain(MessageId(last), Author::Visitor, "hello", 0).into());
        ConversationSummary { id: ConversationId(id), status: Status::Open, last }
    }

    #[test]
    fn conversation_list_is_requested_only_while_it_is_shown() {
        let mut list = ConversationList::default();
        assert!(!list.start_if_due(Mono(0)));
        list.message_arrived_elsewhere(ConversationId(3), true);
        list.message_arrived_elsewhere(ConversationId(3), true);
        list.message_arrived_elsewhere(ConversationId(3), false);
        list.message_arrived_elsewhere(ConversationId(1), true);
        assert_eq!((list.unread_in(ConversationId(3)), list.unread_count(), list.start_if_due(Mono(0))), (2, 3, false));
        list.set_shown(true);
        assert!(list.start_if_due(Mono(0)) && !list.start_if_due(Mono(0)), "once");
        list.list_received(vec![summary(1, Some(9)), summary(2, None), summary(3, Some(12))]);
        let ids: Vec<u64> = list.all().unwrap().iter().map(|one| one.id.0).collect();
        assert_eq!(ids, [3, 1, 2]);
        list.conversation_opened(ConversationId(3));
        assert_eq!((list.unread_in(ConversationId(3)), list.unread_count()), (0, 1));
        list.message_arrived_elsewhere(ConversationId(3), false);
        assert!(list.start_if_due(Mono(0)), "what is looked at is kept up to date");
        list.request_failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        assert!(list.is_failing() && !list.start_if_due(Mono(0)) && list.deadline().is_some());
        list.set_shown(false);
        assert!(!list.start_if_due(Mono(100_000)) && list.deadline().is_none());
    }
}
