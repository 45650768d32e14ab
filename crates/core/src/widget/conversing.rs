//! Which conversation is open: ending it, beginning another, going back to an earlier one.

use super::Widget;
use crate::calls::{Call, Verdict};
use crate::conversations::Summary;
use crate::model::{ConversationId, Status};
use crate::tabs::Word;
use crate::time::Mono;
use crate::{Turn, wire};

impl Widget {
    /// Whether another conversation can be opened: whatever waits to be sent belongs to this one.
    pub(super) fn can_leave(&self) -> bool {
        self.visitor.session.conversation().is_some() && self.conversation.timeline.sends().next().is_none()
    }

    /// Whether the conversation has ended and takes no more, as the site wants it.
    pub(super) fn is_closed(&self) -> bool {
        self.settings.options.closes_resolved
            && self.visitor.session.conversation().is_some()
            && self.conversation.status.status() == Status::Resolved
    }

    /// The visitor opens a conversation, or will begin another.
    pub(super) fn switch(&mut self, to: Option<ConversationId>, turn: &mut Turn) {
        self.visitor.conversation_list.show(false);
        let is_open = self.visitor.session.conversation() == to;
        let is_ours = to.is_none_or(|id| self.knows(id));
        if is_open || !is_ours || (self.visitor.session.conversation().is_some() && !self.can_leave()) {
            return;
        }
        if !self.tabs.election.is_in_charge() {
            return self.say(&Word::Switch(to), turn);
        }
        self.turn_page();
        self.conversation.prompt.clear();
        self.conversation.is_deleted = false;
        match to {
            Some(id) => {
                self.visitor.session.remember(&[id]);
                self.visitor.session.conversation_is(id);
                self.adopt_conversation(id);
                self.conversation.status.want();
            }
            None => self.visitor.session.leave_conversation(),
        }
    }

    /// The visitor ends the conversation.
    pub(super) fn end_conversation(&mut self, now: Mono, turn: &mut Turn) {
        let is_asked = self.connection.requests.iter().any(|(_, call, _)| matches!(call, Call::Resolve { .. }));
        if let Some(conversation) = self.visitor.session.conversation().filter(|_| !is_asked) {
            self.call(now, Call::Resolve { conversation }, turn);
        }
    }

    /// Asks for the list, if somebody looks at it.
    pub(super) fn browse(&mut self, now: Mono, turn: &mut Turn) {
        if self.visitor.session.is_contact_sure()
            && self.connection.is_online
            && self.visitor.conversation_list.next(now)
        {
            self.call(now, Call::Browse, turn);
        }
    }

    pub(super) fn reply_browse(&mut self, now: Mono, verdict: &Verdict<'_>) {
        let listing = if let Verdict::Good(body) = verdict { wire::listing(body) } else { None };
        match (listing, verdict) {
            (Some(listing), _) => {
                let ours = self.ours_of(listing);
                self.visitor.conversation_list.are(ours);
            }
            // So Chatwoot 4.0.4 answers every verified contact: what is known without a list can be opened all the same.
            (None, Verdict::Fault) if self.visitor.session.is_user_proven() => {
                let one = |id: &ConversationId| Summary { id: *id, status: Status::Open, last: None };
                let all = self.visitor.session.conversations().iter().map(one).collect();
                self.visitor.conversation_list.are(all);
            }
            (None, Verdict::Busy(ms)) => self.visitor.conversation_list.failed(now, &mut self.rng, *ms),
            (None, _) => self.visitor.conversation_list.failed(now, &mut self.rng, 0),
        }
    }

    /// Forgets what was shown of a conversation; it is there still.
    pub(super) fn turn_page(&mut self) {
        self.conversation.replace();
        // A read of the old conversation's has nobody to answer to any more.
        let is_of_it =
            |call: &Call| matches!(call, Call::ReadConversation { .. } | Call::ReadMessages { .. } | Call::Post { .. });
        self.connection.requests.retain(|(_, call, _)| !is_of_it(call));
    }

    fn knows(&self, id: ConversationId) -> bool {
        self.visitor.session.knows(id)
            || self.visitor.conversation_list.all().is_some_and(|all| all.iter().any(|one| one.id == id))
    }
}
