//! Which conversation is open: resolving it, beginning another, going back to an earlier one, losing it.

use super::ChatClient;
use crate::Update;
use crate::chatwoot::requests::ApiRequest;
use crate::conversation::Existence;
use crate::host::events::HostEvent;
use crate::model::{ConversationId, Status};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;

impl ChatClient {
    /// Whether another conversation can be opened: messages that wait belong to this one.
    pub(super) fn can_leave_conversation(&self) -> bool {
        self.visitor.session.conversation().is_some() && !self.conversation.has_outgoing()
    }

    /// Whether the conversation is resolved and takes no more messages, as the website wants it.
    pub(super) fn is_closed(&self) -> bool {
        self.settings.options.closes_resolved
            && self.visitor.session.conversation().is_some()
            && self.conversation.status.status() == Status::Resolved
    }

    /// The visitor opens a conversation, or (`None`) will begin another. The tab that speaks to the server does it.
    pub(super) fn switch_conversation(&mut self, to: Option<ConversationId>, update: &mut Update) {
        self.visitor.conversation_list.set_shown(false);
        let open = self.visitor.session.conversation();
        let is_ours = to.is_none_or(|id| self.visitor.knows_conversation(id));
        if open == to || !is_ours || (open.is_some() && !self.can_leave_conversation()) {
            return;
        }
        if !self.tabs.election.is_active() {
            return self.tabs.broadcast(&TabMessage::OpenConversation(to), update);
        }
        self.replace_conversation();
        self.conversation.proactive_message.clear();
        match to {
            Some(id) => {
                self.visitor.session.add_conversations(&[id]);
                self.visitor.session.open_conversation(id);
                self.conversation_found(id);
                self.conversation.status.request_update();
            }
            None => self.visitor.session.leave_conversation(),
        }
    }

    /// The visitor resolves the conversation. Its end is at the newest message.
    pub(super) fn resolve_conversation(&mut self, now: Mono, update: &mut Update) {
        let is_asked = self.connection.is_pending(|request| matches!(request, ApiRequest::ResolveConversation { .. }));
        if let Some(conversation) = self.visitor.session.conversation().filter(|_| !is_asked) {
            self.request(now, ApiRequest::ResolveConversation { conversation }, update);
            self.conversation.jump_to_newest();
        }
    }

    /// This device has just created a conversation.
    pub(super) fn conversation_created(&mut self, id: ConversationId, update: &mut Update) {
        let is_known = self.visitor.session.has_conversation(id);
        self.visitor.session.open_conversation(id);
        if is_known {
            // An inbox with one conversation for each contact gives that one back, whatever was asked for.
            return self.conversation_found(id);
        }
        self.conversation.created(id);
        update.tell_host(HostEvent::ConversationStarted { conversation: id });
    }

    /// A conversation is open that may hold messages already.
    pub(super) fn conversation_found(&mut self, id: ConversationId) {
        self.visitor.conversation_list.conversation_opened(id);
        self.conversation.found(id);
    }

    /// Opens a conversation that another device has begun, unless one is being created here.
    pub(super) fn open_discovered(&mut self, id: Option<ConversationId>) {
        let is_creating = self.connection.is_pending(|request| matches!(request, ApiRequest::CreateConversation));
        if let Some(id) = id.filter(|_| !is_creating) {
            self.visitor.session.open_conversation(id);
            self.conversation_found(id);
            self.conversation.status.request_update();
        }
    }

    /// The server did not find the conversation. The active tab asks for the contact next.
    pub(super) fn conversation_not_found(&mut self, update: &mut Update) {
        if !self.tabs.election.is_active() {
            // It is for the leader to look, and to conclude.
            return self.tabs.broadcast(&TabMessage::ReadHistory, update);
        }
        self.conversation.existence = Existence::InDoubt;
        self.visitor.session.verify_contact();
    }

    /// The contact is known and its conversation is not: the team has deleted it.
    pub(super) fn conversation_deleted(&mut self) {
        self.lose_conversation();
        self.conversation.existence = Existence::Deleted;
    }

    /// The open conversation turns out to be another inbox's: nothing is read or written there from here.
    pub(super) fn leave_foreign_conversation(&mut self) {
        if self.tabs.election.is_active() && self.can_leave_conversation() {
            self.visitor.session.conversation_lost();
            self.replace_conversation();
        }
    }

    /// The server knows the open conversation no more: what it held goes, what is not sent stays.
    pub(super) fn lose_conversation(&mut self) {
        self.replace_conversation();
        self.visitor.form_submissions.discard_all();
        self.connection.forget_requests(|request| matches!(request, ApiRequest::SubmitForm { .. }));
    }

    /// Replaces the conversation's state for another one. Requests about the old one are ignored when they end.
    pub(super) fn replace_conversation(&mut self) {
        self.conversation.replace();
        self.connection.forget_requests(|request| {
            matches!(
                request,
                ApiRequest::GetConversation { .. } | ApiRequest::ListMessages { .. } | ApiRequest::CreateMessage { .. }
            )
        });
    }
}
