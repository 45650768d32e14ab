//! What is due: after every event each part does what it can now, and what one does may free another.

use super::ChatClient;
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, ListPurpose, Outcome};
use crate::model::{ConversationId, Queue};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::tolerant_json::{self, write_object_of_json};
use crate::visitor::form_submissions::FormSubmission;
use crate::visitor::identity::User;
use crate::{Effect, PageContext, Update, tabs};

impl ChatClient {
    /// Does all that is due.
    pub(super) fn run_due(&mut self, now: Mono, update: &mut Update) {
        for request in self.connection.abort_timed_out(now, update) {
            let is_user_proven = self.visitor.session.is_user_proven();
            self.connection.note_outcome(now, &request, &Outcome::Unknown, is_user_proven);
            self.apply_response(now, request, &Outcome::Unknown, update);
        }
        if self.tabs.election.is_lock_unresponsive(now) {
            self.work_alone(update);
        }
        tabs::act(self.tabs.election.tick(now), update);
        self.run_succession(now, update);
        let is_active = self.tabs.election.is_active();
        if is_active {
            self.run_active_tab(now, update);
            self.check_route(now);
        }
        self.run_reads(now, update);
        if self.tabs.election.is_active() {
            for queue in Queue::ALL {
                self.send_next_message(now, queue, update);
            }
        }
        self.send_hints(now, update);
        self.clear_storage_warning();
    }

    /// Does what only the active tab does, sending messages apart.
    fn run_active_tab(&mut self, now: Mono, update: &mut Update) {
        if self.conversation.can_resolve_unconfirmed(now) && !self.conversation.history.is_reading_newest() {
            self.request_history();
        }
        for echo in self.conversation.timeline.newly_overdue(now) {
            self.show_unconfirmed(&echo);
            self.tabs.broadcast(&TabMessage::SendUnconfirmed(echo), update);
        }
        self.apply_identity(update);
        self.conversation.timeline.set_user(self.visitor.sending_user());
        self.run_cable(now, update);
        // After the cable: an unconfirmed subscription is a reason to ask for the contact.
        self.update_contact(now, update);
        self.discover_conversations(now, update);
        self.create_what_is_needed(now, update);
        let hears_frames = self.connection.cable.is_live() && !self.visitor.session.may_lack_frames();
        let is_reading = self.connection.is_pending(|request| matches!(request, ApiRequest::ListMessages { .. }));
        if self.connection.polling.take_due_poll(now, hears_frames) && self.connection.is_online && !is_reading {
            self.request_history();
        }
    }

    fn run_cable(&mut self, now: Mono, update: &mut Update) {
        let mut actions = Vec::new();
        if self.visitor.session.is_contact_verified()
            && !self.visitor.is_unnamed()
            && let Some(token) = self.visitor.session.pubsub_token()
        {
            self.connection.cable.subscribe_as(token, &mut actions);
        }
        self.connection.cable.set_visible(self.tabs.election.is_watched(now));
        let event = self.connection.cable.tick(now, &mut self.rng, &mut actions);
        crate::connection::Connection::perform(actions, &self.settings, update);
        self.apply_cable_event(event, update);
    }

    /// Sends the contact's data to the server.
    fn update_contact(&mut self, now: Mono, update: &mut Update) {
        if self.visitor.session.is_contact_verified()
            && self.connection.is_online
            && self.visitor.pre_chat.is_due(now)
            && self.tabs.may_write(now, update)
            && self.visitor.pre_chat.start_if_due(now)
        {
            let (about, index) = self.visitor.contact_update(&self.settings);
            self.request(now, ApiRequest::UpdateContact { about, index }, update);
        }
    }

    /// Requests a verified user's conversations, if they are needed.
    fn discover_conversations(&mut self, now: Mono, update: &mut Update) {
        let is_wanted = self.view_model.is_open || self.conversation.timeline.has_queued();
        if is_wanted
            && self.visitor.session.is_contact_verified()
            && self.connection.is_online
            && self.visitor.discovery.start_if_due(now)
        {
            self.request(now, ApiRequest::ListConversations(ListPurpose::Discover), update);
        }
    }

    /// Asks for the contact or the conversation that is needed and not there.
    fn create_what_is_needed(&mut self, now: Mono, update: &mut Update) {
        let need = self.visitor.need(self.conversation.timeline.has_queued(), self.view_model.is_open);
        if self.visitor.session.has_due_request(now, need)
            && self.knows_how_to_ask_for_contact()
            && self.tabs.may_write(now, update)
            && let Some(request) = self.visitor.session.next_request(now, need)
        {
            if matches!(request, ApiRequest::CreateContact) {
                let User { mark, is_proven, .. } = *self.visitor.identity.user();
                self.visitor.session.set_user(mark, is_proven);
            }
            self.store_session_and_outbox(now, update);
            self.request(now, request, update);
        }
    }

    /// Whether it is known how to request the contact. A proof of identity would be part of the URL, and URLs end up in
    /// logs: only an inbox that requires the proof gets it.
    fn knows_how_to_ask_for_contact(&mut self) -> bool {
        let needs_proof = self.visitor.identity.user().is_proven && self.visitor.session.must_verify_contact();
        !needs_proof || self.availability.knows_proof_requirement()
    }

    /// A message that ends without an answer waits for long, and a read costs nothing. So where the last request ended
    /// without an answer, a read has to be answered before a message leaves, or a socket to come to life. On a route that
    /// is not in doubt nothing is asked first: a browser repeats a POST by itself when a connection that it used before is
    /// reset, and the read would make it one.
    fn check_route(&mut self, now: Mono) {
        let is_waiting =
            self.connection.is_route_in_doubt() && Queue::ALL.iter().any(|queue| self.is_send_due(now, *queue));
        if is_waiting && !self.conversation.history.is_reading_newest() {
            self.request_history();
        }
    }

    /// What every tab reads by itself.
    fn run_reads(&mut self, now: Mono, update: &mut Update) {
        if self.visitor.session.is_contact_verified()
            && self.connection.is_online
            && self.visitor.conversation_list.start_if_due(now)
        {
            self.request(now, ApiRequest::ListConversations(ListPurpose::Show), update);
        }
        self.read_inbox(now, update);
        self.write_transcript(update);
        let Some(conversation) = self.visitor.usable_conversation() else { return };
        if let Some(before) = self.conversation.next_page(now) {
            self.request(now, ApiRequest::ListMessages { conversation, before }, update);
        }
        if self.connection.is_online
            && let Some((FormSubmission { message, answers }, is_survey)) =
                self.visitor.form_submissions.start_next(now, conversation)
        {
            self.request(now, ApiRequest::SubmitForm { conversation, message, answers, is_survey }, update);
        }
        if self.conversation.history.has_begun() && self.conversation.status.start_request_if_due(now) {
            self.request(now, ApiRequest::GetConversation { conversation }, update);
        }
    }

    /// Requests the inbox once the panel is shown.
    fn read_inbox(&mut self, now: Mono, update: &mut Update) {
        if self.view_model.is_open && self.view_model.is_visible {
            self.availability.request_inbox(now);
        }
        if self.connection.is_online && self.availability.start_request_if_due(now) {
            self.request(now, ApiRequest::GetInbox, update);
        }
        let zone = self.availability.take_time_zone_lookup();
        update.effects.extend(zone.map(|zone| Effect::LookUpTimeZone { zone }));
    }

    /// Read receipts and typing, of which only the last counts. Browsers make six requests to a host at a time: none of
    /// these is begun while a text is being sent, and never two of a kind.
    fn send_hints(&mut self, now: Mono, update: &mut Update) {
        let is_sending = self
            .connection
            .is_pending(|request| matches!(request, ApiRequest::CreateMessage { queue: Queue::Text, .. }));
        let conversation = self.visitor.usable_conversation().filter(|_| !is_sending);
        if let Some(conversation) = conversation {
            self.send_read_receipt(now, conversation, update);
        }
        let is_telling = self.connection.is_pending(|request| matches!(request, ApiRequest::ToggleTyping { .. }));
        let may_tell = self.connection.is_online && !is_telling && conversation.is_some();
        let is_typing = self.conversation.typing.next_signal(now, may_tell);
        if let (Some(conversation), Some(is_typing)) = (conversation, is_typing) {
            self.request(now, ApiRequest::ToggleTyping { conversation, is_typing }, update);
        }
    }

    fn send_read_receipt(&mut self, now: Mono, conversation: ConversationId, update: &mut Update) {
        let is_at_newest = self.attention().is_at_newest() && self.connection.is_online;
        let is_sending = self.connection.is_pending(|request| matches!(request, ApiRequest::UpdateLastSeen { .. }));
        if self.conversation.take_due_read_receipt(now, is_at_newest, is_sending) {
            self.request(now, ApiRequest::UpdateLastSeen { conversation }, update);
        }
    }

    /// Makes a request of the client API.
    pub(super) fn request(&mut self, now: Mono, request: ApiRequest, update: &mut Update) {
        let is_create = matches!(request, ApiRequest::CreateConversation);
        let attributes = if is_create { self.conversation_attributes() } else { String::new() };
        let is_withheld = matches!(request, ApiRequest::GetContact) && !self.availability.requires_proof();
        let proof = if is_withheld { Vec::new() } else { self.visitor.identity.user().proof() };
        let source_id = self.visitor.session.source_id().unwrap_or_default();
        let http = chatwoot::build_request(&self.settings, source_id, &request, &attributes, &proof);
        self.connection.send(now, request, http, update);
    }

    /// What a conversation that is created now is about, as JSON; empty for nothing.
    fn conversation_attributes(&self) -> String {
        let PageContext { url, referrer, language } = &self.host.page;
        let page = [("page_url", url), ("referrer", referrer), ("language", language)];
        let page = page.into_iter().filter(|_| self.settings.options.sends_page_context);
        let all: Vec<(&str, String)> = page
            .chain([("prompt", &self.conversation.proactive_message)])
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, value)| (name, tolerant_json::write(value)))
            .chain(
                self.visitor
                    .identity
                    .conversation_attributes()
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.clone())),
            )
            .collect();
        if all.is_empty() {
            String::new()
        } else {
            write_object_of_json(&[("custom_attributes", write_object_of_json(&all))])
        }
    }

    /// The page was shown, the network came back or the device woke up: waits make no sense now, and a silent socket is
    /// not trusted.
    pub(super) fn wake(&mut self, now: Mono, update: &mut Update) {
        let mut actions = Vec::new();
        let event = self.connection.cable.wake(now, &mut self.rng, &mut actions);
        crate::connection::Connection::perform(actions, &self.settings, update);
        self.apply_cable_event(event, update);
        self.conversation.history.retry_now();
        self.visitor.session.retry_now();
        self.connection.retry_sending_now();
        self.visitor.form_submissions.retry_now();
        self.tabs.ping_leader(now, update);
    }

    /// Past failures had another reason than the server.
    pub(super) fn reset_backoffs(&mut self) {
        self.connection.reset_backoffs();
        self.conversation.history.reset_backoff();
        self.visitor.session.reset_backoff();
    }

    /// Has the newest messages of the open conversation read.
    pub(super) fn request_history(&mut self) {
        if self.visitor.session.conversation().is_some() {
            self.conversation.history.request_newest();
        }
    }
}
