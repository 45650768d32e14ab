//! Which conversation is open: ending it, beginning another, going back to an earlier one.

use super::Widget;
use super::reading::ReadReceipts;
use crate::calls::{Call, Verdict};
use crate::condition::Condition;
use crate::conversations::Summary;
use crate::history::History;
use crate::model::{ConversationId, Status};
use crate::tabs::Word;
use crate::time::Mono;
use crate::unread::Unread;
use crate::window::Window;
use crate::{Turn, wire};

impl Widget {
    /// Whether another conversation can be opened: whatever waits to be sent belongs to this one.
    pub(super) fn can_leave(&self) -> bool {
        self.session.conversation().is_some() && self.timeline.sends().next().is_none()
    }

    /// Whether the conversation has ended and takes no more, as the site wants it.
    pub(super) fn is_closed(&self) -> bool {
        self.settings.options.closes_resolved
            && self.session.conversation().is_some()
            && self.condition.status() == Status::Resolved
    }

    /// The visitor opens a conversation, or will begin another.
    pub(super) fn switch(&mut self, to: Option<ConversationId>, turn: &mut Turn) {
        self.conversations.show(false);
        let is_open = self.session.conversation() == to;
        let is_ours = to.is_none_or(|id| self.knows(id));
        if is_open || !is_ours || (self.session.conversation().is_some() && !self.can_leave()) {
            return;
        }
        if !self.tabs.is_in_charge() {
            return self.say(&Word::Switch(to), turn);
        }
        self.turn_page();
        self.prompt.clear();
        self.is_conversation_gone = false;
        match to {
            Some(id) => {
                self.session.remember(&[id]);
                self.session.conversation_is(id);
                self.adopt_conversation(id);
                self.condition.want();
            }
            None => self.session.leave_conversation(),
        }
    }

    /// The visitor ends the conversation.
    pub(super) fn end_conversation(&mut self, now: Mono, turn: &mut Turn) {
        let is_asked = self.calls.iter().any(|(_, call, _)| matches!(call, Call::Resolve { .. }));
        if let Some(conversation) = self.session.conversation().filter(|_| !is_asked) {
            self.call(now, Call::Resolve { conversation }, turn);
        }
    }

    /// Asks for the list, if somebody looks at it.
    pub(super) fn browse(&mut self, now: Mono, turn: &mut Turn) {
        if self.session.is_contact_sure() && self.is_online && self.conversations.next(now) {
            self.call(now, Call::Browse, turn);
        }
    }

    pub(super) fn reply_browse(&mut self, now: Mono, verdict: &Verdict<'_>) {
        let listing = if let Verdict::Good(body) = verdict { wire::listing(body) } else { None };
        match (listing, verdict) {
            (Some(listing), _) => {
                let ours = self.ours_of(listing);
                self.conversations.are(ours);
            }
            // So Chatwoot 4.0.4 answers every verified contact: what is known without a list can be opened all the same.
            (None, Verdict::Fault) if self.session.is_user_proven() => {
                let one = |id: &ConversationId| Summary { id: *id, status: Status::Open, last: None };
                let all = self.session.conversations().iter().map(one).collect();
                self.conversations.are(all);
            }
            (None, Verdict::Busy(ms)) => self.conversations.failed(now, &mut self.chance, *ms),
            (None, _) => self.conversations.failed(now, &mut self.chance, 0),
        }
    }

    /// Forgets what was shown of a conversation; it is there still.
    pub(super) fn turn_page(&mut self) {
        self.timeline.start_over();
        self.window = Window::default();
        self.unread = Unread::default();
        self.typing.ended();
        self.read_receipts = ReadReceipts::default();
        self.history = History::default();
        self.condition = Condition::default();
        // A read of the old conversation's has nobody to answer to any more.
        let is_of_it =
            |call: &Call| matches!(call, Call::ReadConversation { .. } | Call::ReadMessages { .. } | Call::Post { .. });
        self.calls.retain(|(_, call, _)| !is_of_it(call));
    }

    fn knows(&self, id: ConversationId) -> bool {
        self.session.knows(id) || self.conversations.all().is_some_and(|all| all.iter().any(|one| one.id == id))
    }
}
