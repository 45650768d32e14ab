//! What the answers to requests lead to. Sending messages has its own file, `outbox`.
//!
//! All follow one rule: an answer that leaves the question open has it asked again after a pause, which is as long as the
//! server asks for (`ApiResponse::retry_after_ms`).

use super::ChatClient;
use crate::Update;
use crate::chatwoot::requests::{ApiRequest, ApiResponse, ListPurpose, Outcome};
use crate::chatwoot::{self, ContactAnswer};
use crate::conversation::Existence;
use crate::model::{ConversationId, MessageId, Status};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::visitor::conversation_index::ConversationIndex;
use crate::visitor::conversation_list::ConversationSummary;

impl ChatClient {
    /// A request has ended.
    pub(super) fn apply_response(&mut self, now: Mono, request: ApiRequest, outcome: &Outcome, update: &mut Update) {
        let response = outcome.response();
        match request {
            ApiRequest::CreateContact | ApiRequest::GetContact => {
                self.apply_contact(now, &request, &response, update);
            }
            ApiRequest::GetInbox => self.apply_inbox(now, &response),
            ApiRequest::UpdateContact { index, .. } => self.apply_contact_update(now, &response, index, update),
            ApiRequest::CreateConversation => self.apply_created_conversation(now, &response, update),
            ApiRequest::ListConversations(purpose) => self.apply_list(now, purpose, &response),
            ApiRequest::GetConversation { conversation } => {
                self.apply_conversation(now, conversation, &response, update);
            }
            ApiRequest::ListMessages { conversation, .. } => self.apply_messages(now, conversation, &response, update),
            ApiRequest::SubmitForm { message, .. } => self.apply_submission(now, message, &response),
            ApiRequest::CreateMessage { conversation, echo, queue, .. } => {
                self.apply_sent_message(now, conversation, (&echo, queue), outcome, update);
            }
            // An event tells of it, too; where neither arrives, the status is asked for.
            ApiRequest::ResolveConversation { .. } => self.conversation.status.request_update(),
            // The visitor writes here, and the leader will send it: it should find out first that the route is broken.
            ApiRequest::ToggleTyping { .. } if response == ApiResponse::Unknown && !self.tabs.election.is_active() => {
                self.tabs.broadcast(&TabMessage::ReadHistory, update);
            }
            ApiRequest::UpdateLastSeen { .. } | ApiRequest::ToggleTyping { .. } => {}
        }
    }

    fn apply_contact(&mut self, now: Mono, request: &ApiRequest, response: &ApiResponse<'_>, update: &mut Update) {
        if let ApiResponse::Success(body) = response
            && let ContactAnswer::Known(contact) = chatwoot::parse_contact(body)
            && self.visitor.session.contact_received(contact)
        {
            if self.conversation.existence == Existence::InDoubt {
                self.visitor.session.conversation_lost();
                self.conversation_deleted();
            }
        } else if *response == ApiResponse::NotFound && matches!(request, ApiRequest::GetContact) {
            self.replace_contact(update);
        } else {
            // An unknown inbox identifier is found at the first message, and stays so until the website is mended: the
            // message is kept, and the visitor told that the team can't be reached.
            self.visitor.session.request_failed(now, &mut self.rng, response.retry_after_ms());
        }
    }

    fn apply_created_conversation(&mut self, now: Mono, response: &ApiResponse<'_>, update: &mut Update) {
        match response {
            // Its event was faster. If that told of another one, that is open now, and this one stays empty.
            ApiResponse::Success(body) if self.visitor.session.conversation().is_some() => {
                self.visitor.session.request_answered();
                self.visitor.conversation_created(body, &self.settings);
                return;
            }
            ApiResponse::Success(body) => {
                if let Some(conversation) = chatwoot::parse_conversation(body) {
                    self.conversation_created(conversation.id, update);
                    self.visitor.conversation_created(body, &self.settings);
                    return;
                }
            }
            ApiResponse::NotFound => self.visitor.session.verify_contact(),
            ApiResponse::Rejected(_) | ApiResponse::NotSent | ApiResponse::Busy { .. } => {
                self.visitor.session.conversation_not_created();
            }
            ApiResponse::ServerError | ApiResponse::Unknown => {}
        }
        self.visitor.session.request_failed(now, &mut self.rng, response.retry_after_ms());
    }

    fn apply_list(&mut self, now: Mono, purpose: ListPurpose, response: &ApiResponse<'_>) {
        let listing = if let ApiResponse::Success(body) = response { chatwoot::parse_listing(body) } else { None };
        let ours = listing.map(|listing| self.visitor.list_received(listing, &self.settings));
        match purpose {
            ListPurpose::FindCreated => self.apply_list_after_lost_create(now, ours, response),
            ListPurpose::Show => self.apply_shown_list(now, ours, response),
            ListPurpose::Discover => self.apply_discovery(now, ours, response),
        }
    }

    fn apply_list_after_lost_create(
        &mut self,
        now: Mono,
        ours: Option<Vec<ConversationSummary>>,
        response: &ApiResponse<'_>,
    ) {
        let session = &mut self.visitor.session;
        match (ours, response) {
            // An event has told of it meanwhile.
            (_, ApiResponse::Success(_)) if session.conversation().is_some() => session.request_answered(),
            (Some(ours), _) => {
                let ids: Vec<ConversationId> = ours.iter().map(|one| one.id).collect();
                if let Some(id) = session.find_created(&ids) {
                    session.frames_received_for(id);
                    self.conversation_found(id);
                    self.visitor.request_index_update();
                }
            }
            // Chatwoot 4.0.4 answers every verified contact like that: nobody can know whether it was created.
            (None, ApiResponse::ServerError) if session.is_user_proven() => {
                session.request_answered();
                session.conversation_not_created();
            }
            (None, _) => {
                if *response == ApiResponse::NotFound {
                    session.verify_contact();
                }
                session.request_failed(now, &mut self.rng, response.retry_after_ms());
            }
        }
    }

    fn apply_shown_list(&mut self, now: Mono, ours: Option<Vec<ConversationSummary>>, response: &ApiResponse<'_>) {
        let list = &mut self.visitor.conversation_list;
        match (ours, response) {
            (Some(ours), _) => list.list_received(ours),
            // Chatwoot 4.0.4 answers every verified contact like that: what is known without a list can be opened.
            (None, ApiResponse::ServerError) if self.visitor.session.is_user_proven() => {
                let one = |id: &ConversationId| ConversationSummary { id: *id, status: Status::Open, last: None };
                list.list_received(self.visitor.session.conversations().iter().map(one).collect());
            }
            (None, _) => list.request_failed(now, &mut self.rng, response.retry_after_ms()),
        }
    }

    fn apply_discovery(&mut self, now: Mono, ours: Option<Vec<ConversationSummary>>, response: &ApiResponse<'_>) {
        match (ours, response) {
            (Some(ours), _) => {
                self.visitor.discovery.answered();
                let ids: Vec<ConversationId> = ours.iter().map(|one| one.id).collect();
                let newest = ours.iter().max_by_key(|one| (one.last.as_ref().map(|last| last.id), one.id));
                let found = self.visitor.discovered(&ids, newest.map(|one| one.id));
                self.open_discovered(found);
                self.visitor.request_index_update();
            }
            // Chatwoot 4.0.4 answers every verified contact with a server error.
            (None, ApiResponse::ServerError | ApiResponse::Rejected(_)) => {
                self.visitor.discovery.answered();
                let found = self.visitor.discovered_by_index();
                self.open_discovered(found);
            }
            (None, ApiResponse::NotFound) => {
                self.visitor.discovery.answered();
                self.visitor.session.verify_contact();
            }
            (None, _) => self.visitor.discovery.failed(now, &mut self.rng, response.retry_after_ms()),
        }
    }

    fn apply_contact_update(
        &mut self,
        now: Mono,
        response: &ApiResponse<'_>,
        index: Option<ConversationIndex>,
        update: &mut Update,
    ) {
        match response {
            // What is rejected once is rejected again: the conversation is worth more.
            ApiResponse::Success(_) | ApiResponse::Rejected(_) => {
                self.visitor.pre_chat.answered();
                self.store_pre_chat(update);
                if let ApiResponse::Success(body) = response {
                    let found = self.visitor.contact_updated(body, index, &self.settings);
                    self.open_discovered(found);
                }
            }
            ApiResponse::NotFound
            | ApiResponse::Busy { .. }
            | ApiResponse::ServerError
            | ApiResponse::Unknown
            | ApiResponse::NotSent => {
                self.visitor.pre_chat.failed(now, &mut self.rng, response.retry_after_ms());
                if *response == ApiResponse::NotFound {
                    self.visitor.session.verify_contact();
                }
            }
        }
    }

    fn apply_conversation(
        &mut self,
        now: Mono,
        conversation: ConversationId,
        response: &ApiResponse<'_>,
        update: &mut Update,
    ) {
        match response {
            ApiResponse::Success(body) => {
                self.conversation.status.request_answered();
                if let Some(head) = chatwoot::parse_conversation_head(body).filter(|head| head.id == conversation) {
                    let session = &mut self.visitor.session;
                    // The first conversation is this inbox's. A later one may be another's that an earlier version opened.
                    if session.inbox().is_none() && session.conversations().first() == Some(&conversation) {
                        session.set_inbox(head.inbox);
                    }
                    if head.inbox.is_some() && session.inbox().is_some() && head.inbox != session.inbox() {
                        return self.leave_foreign_conversation();
                    }
                    self.conversation.status.apply(&head);
                    if self.conversation.status.mark_known() {
                        let attention = self.attention();
                        if self.conversation.count_unread(attention) {
                            self.report_unread(update);
                        }
                    }
                }
            }
            // Verified contacts get no list on 4.0.4, and may get no conversation either one day: messages come anyway.
            ApiResponse::Rejected(_) => self.conversation.status.request_answered(),
            ApiResponse::NotFound => {
                self.conversation.status.request_answered();
                self.conversation_not_found(update);
            }
            ApiResponse::Busy { .. } | ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent => {
                self.conversation.status.request_failed(now, &mut self.rng, response.retry_after_ms())
            }
        }
    }

    fn apply_messages(
        &mut self,
        now: Mono,
        conversation: ConversationId,
        response: &ApiResponse<'_>,
        update: &mut Update,
    ) {
        if self.visitor.session.conversation() != Some(conversation) {
            return;
        }
        if *response == ApiResponse::NotFound {
            self.conversation_not_found(update);
        }
        let page = if let ApiResponse::Success(body) = response { chatwoot::parse_messages(body) } else { None };
        let Some(page) = page else {
            return self.conversation.page_failed(now, &mut self.rng, response.retry_after_ms());
        };
        let applied = self.conversation.apply_page(page, self.tabs.election.is_active());
        for id in applied.arrived {
            self.message_arrived(id, update);
        }
        let hears_frames = self.connection.cable.is_live()
            && !self.connection.polling.is_silent()
            && !self.visitor.session.may_lack_frames();
        if applied.is_news && self.tabs.election.is_leading() && !hears_frames {
            self.tabs.broadcast(&TabMessage::ReadHistory, update);
        }
    }

    fn apply_submission(&mut self, now: Mono, message: MessageId, response: &ApiResponse<'_>) {
        let submissions = &mut self.visitor.form_submissions;
        match response {
            ApiResponse::Success(body) => {
                // First the message as it is now: between the two, the answer would be gone for a moment.
                if let Some(message) = chatwoot::parse_message(body) {
                    self.conversation.timeline.update_message(message);
                }
                submissions.submission_accepted(message);
            }
            ApiResponse::Rejected(reason) => submissions.submission_rejected(message, reason.clone()),
            ApiResponse::NotFound => submissions.discard(message),
            ApiResponse::Busy { .. } | ApiResponse::ServerError | ApiResponse::Unknown | ApiResponse::NotSent => {
                submissions.submission_failed(message, now, &mut self.rng, response.retry_after_ms())
            }
        }
    }

    fn apply_inbox(&mut self, now: Mono, response: &ApiResponse<'_>) {
        let inbox = if let ApiResponse::Success(body) = response { chatwoot::parse_inbox(body) } else { None };
        match (inbox, response) {
            (Some(inbox), _) => self.availability.set_inbox(now, inbox),
            // It is not there, or is no inbox: the diagnostics tell.
            (None, ApiResponse::Success(_) | ApiResponse::NotFound | ApiResponse::Rejected(_)) => {
                self.availability.request_answered(now);
            }
            (None, _) => self.availability.request_failed(now, &mut self.rng, response.retry_after_ms()),
        }
    }
}
