//! Which conversation is open: ending it, beginning another, going back to an earlier one.

use super::ChatClient;
use crate::Update;
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, ApiResponse};
use crate::model::{ConversationId, Status};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::visitor::conversation_list::ConversationSummary;

impl ChatClient {
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
    pub(super) fn switch(&mut self, to: Option<ConversationId>, turn: &mut Update) {
        self.visitor.conversation_list.show(false);
        let is_open = self.visitor.session.conversation() == to;
        let is_ours = to.is_none_or(|id| self.knows(id));
        if is_open || !is_ours || (self.visitor.session.conversation().is_some() && !self.can_leave()) {
            return;
        }
        if !self.tabs.election.is_active() {
            return self.say(&TabMessage::OpenConversation(to), turn);
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
    pub(super) fn end_conversation(&mut self, now: Mono, turn: &mut Update) {
        let is_asked =
            self.connection.requests.iter().any(|(_, call, _)| matches!(call, ApiRequest::ResolveConversation { .. }));
        if let Some(conversation) = self.visitor.session.conversation().filter(|_| !is_asked) {
            self.call(now, ApiRequest::ResolveConversation { conversation }, turn);
        }
    }

    /// Asks for the list, if somebody looks at it.
    pub(super) fn browse(&mut self, now: Mono, turn: &mut Update) {
        if self.visitor.session.is_contact_verified()
            && self.connection.is_online
            && self.visitor.conversation_list.next(now)
        {
            self.call(now, ApiRequest::Browse, turn);
        }
    }

    pub(super) fn reply_browse(&mut self, now: Mono, verdict: &ApiResponse<'_>) {
        let listing = if let ApiResponse::Success(body) = verdict { chatwoot::listing(body) } else { None };
        match (listing, verdict) {
            (Some(listing), _) => {
                let ours = self.ours_of(listing);
                self.visitor.conversation_list.are(ours);
            }
            // So Chatwoot 4.0.4 answers every verified contact: what is known without a list can be opened all the same.
            (None, ApiResponse::ServerError) if self.visitor.session.is_user_proven() => {
                let one = |id: &ConversationId| ConversationSummary { id: *id, status: Status::Open, last: None };
                let all = self.visitor.session.conversations().iter().map(one).collect();
                self.visitor.conversation_list.are(all);
            }
            (None, ApiResponse::Busy(ms)) => self.visitor.conversation_list.failed(now, &mut self.rng, *ms),
            (None, _) => self.visitor.conversation_list.failed(now, &mut self.rng, 0),
        }
    }

    /// Forgets what was shown of a conversation; it is there still.
    pub(super) fn turn_page(&mut self) {
        self.conversation.replace();
        // A read of the old conversation's has nobody to answer to any more.
        let is_of_it = |call: &ApiRequest| {
            matches!(
                call,
                ApiRequest::GetConversation { .. } | ApiRequest::ListMessages { .. } | ApiRequest::CreateMessage { .. }
            )
        };
        self.connection.requests.retain(|(_, call, _)| !is_of_it(call));
    }

    fn knows(&self, id: ConversationId) -> bool {
        self.visitor.session.knows(id)
            || self.visitor.conversation_list.all().is_some_and(|all| all.iter().any(|one| one.id == id))
    }
}
