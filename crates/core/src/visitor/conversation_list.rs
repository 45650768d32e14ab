//! All of the visitor's conversations, for them to choose from.
//!
//! The server's list embeds every message ever said, so it is asked for only while somebody looks at it.

use std::sync::Arc;

use crate::model::{ConversationId, Message, Status};
use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// One of them.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ConversationSummary {
    /// Its display id.
    pub id: ConversationId,
    /// Where it stands.
    pub status: Status,
    /// What was said last.
    pub last: Option<Arc<Message>>,
}

/// The list.
#[derive(Debug, Default)]
pub struct ConversationList {
    is_shown: bool,
    all: Option<Vec<ConversationSummary>>,
    request: RetryingRequest,
    /// Messages to the visitor that came in others than the one that was open, since that one was open last.
    unread: Vec<(ConversationId, u32)>,
}

impl ConversationList {
    /// Somebody wants to see it, or has seen enough.
    pub const fn show(&mut self, is_shown: bool) {
        self.is_shown = is_shown;
        if is_shown {
            self.request.request();
            self.request.reset_backoff();
        }
    }

    /// Something came in one that is not open.
    pub fn heard_elsewhere(&mut self, id: ConversationId, is_to_visitor: bool) {
        if self.is_shown {
            self.request.request();
        }
        if is_to_visitor {
            let others = self.unread_in(id);
            self.opened(id);
            self.unread.push((id, others.saturating_add(1)));
        }
    }

    /// This one is open now.
    pub fn opened(&mut self, id: ConversationId) {
        self.unread.retain(|(other, _)| *other != id);
    }

    /// Whether to ask for it now. Then the answer is waited for.
    pub fn next(&mut self, now: Mono) -> bool {
        self.is_shown && self.request.start_if_due(now)
    }

    /// The server's list. What was said in last comes first.
    pub fn received(&mut self, all: Vec<ConversationSummary>) {
        self.request.answered();
        // Messages' ids are in the order they were said in, whatever the conversation.
        let age = |one: &ConversationSummary| (one.last.as_ref().map(|last| last.id), one.id);
        // There are few, and the library's sorting would weigh more than all of this.
        let sorted = all.into_iter().fold(Vec::new(), |mut sorted: Vec<ConversationSummary>, one| {
            let place = sorted.partition_point(|other| age(other) > age(&one));
            sorted.insert(place, one);
            sorted
        });
        self.all = Some(sorted);
    }

    /// The question was not answered.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, chance, at_least_ms);
    }

    /// When `next` may ask.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.request.deadline().filter(|_| self.is_shown).map(|until| until.due("conversations: again"))
    }

    /// Whether it is looked at.
    #[must_use]
    pub const fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Whether the server did not give it.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        self.request.is_failing()
    }

    /// Messages that came in this one while another was open.
    #[must_use]
    pub fn unread_in(&self, id: ConversationId) -> u32 {
        self.unread.iter().find(|(other, _)| *other == id).map_or(0, |(_, count)| *count)
    }

    /// Messages that came in all that are not open.
    #[must_use]
    pub fn unread(&self) -> u32 {
        self.unread.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
    }

    /// The server's list, if it came.
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
    fn it_is_asked_for_when_it_is_looked_at_and_only_then() {
        let mut list = ConversationList::default();
        assert!(!list.next(Mono(0)));
        list.heard_elsewhere(ConversationId(3), true);
        list.heard_elsewhere(ConversationId(3), true);
        list.heard_elsewhere(ConversationId(3), false);
        list.heard_elsewhere(ConversationId(1), true);
        assert_eq!((list.unread_in(ConversationId(3)), list.unread(), list.next(Mono(0))), (2, 3, false));
        list.show(true);
        assert!(list.next(Mono(0)) && !list.next(Mono(0)), "once");
        list.received(vec![summary(1, Some(9)), summary(2, None), summary(3, Some(12))]);
        let ids: Vec<u64> = list.all().unwrap().iter().map(|one| one.id.0).collect();
        assert_eq!(ids, [3, 1, 2]);
        list.opened(ConversationId(3));
        assert_eq!((list.unread_in(ConversationId(3)), list.unread()), (0, 1));
        list.heard_elsewhere(ConversationId(3), false);
        assert!(list.next(Mono(0)), "what is looked at is kept up to date");
        list.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        assert!(list.is_failing() && !list.next(Mono(0)) && list.deadline().is_some());
        list.show(false);
        assert!(!list.next(Mono(100_000)) && list.deadline().is_none());
    }
}
