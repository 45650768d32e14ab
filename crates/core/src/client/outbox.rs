//! Sending messages: when the next one leaves, what its answer means, and having one sent again.

use std::sync::Arc;

use super::ChatClient;
use crate::Update;
use crate::chatwoot;
use crate::chatwoot::requests::{ApiRequest, ApiResponse, Outcome};
use crate::conversation::timeline::{OutgoingMessage, RowKey, Source};
use crate::model::{ConversationId, EchoId, Queue};
use crate::tabs::leader_election::TabMessage;
use crate::time::{Due, Mono, next_due};
use crate::view::Announcement;

impl ChatClient {
    /// Sends a queue's next message, if it may leave now.
    pub(super) fn send_next_message(&mut self, now: Mono, queue: Queue, update: &mut Update) {
        let Some(conversation) = self.visitor.usable_conversation() else { return };
        if self.is_closed() {
            return self.conversation.timeline.fail_queued(queue);
        }
        // Until the newest messages are known, an old message could be taken for this one, were its answer lost.
        if self.conversation.history.has_begun()
            && !self.connection.is_route_in_doubt()
            && self.is_send_due(now, queue)
            && self.tabs.may_write(now, update)
            && let Some(message) = self.conversation.timeline.begin_send(queue)
        {
            let (echo, text) = (EchoId::clone(&message.echo), Arc::clone(&message.text));
            self.connection.count_sent_message(now);
            self.store_session_and_outbox(now, update);
            self.request(now, ApiRequest::CreateMessage { conversation, echo, text, queue }, update);
        }
    }

    /// Whether a queue's next message is to leave now.
    pub(super) fn is_send_due(&self, now: Mono, queue: Queue) -> bool {
        self.connection.may_send(now, queue) && self.conversation.timeline.can_send(queue)
    }

    /// When a queue's next message may leave, if it has to wait for that.
    pub(super) fn send_deadline(&self, now: Mono) -> Option<Due> {
        let waiting = Queue::ALL.into_iter().filter(|queue| self.conversation.timeline.can_send(*queue));
        let from = waiting.map(|queue| self.connection.may_send_from(queue));
        next_due(now, from.map(|from| from.map(|from| from.due("outbox: send again"))))
    }

    /// The answer to a message that this tab has sent.
    pub(super) fn apply_sent_message(
        &mut self,
        now: Mono,
        conversation: ConversationId,
        (echo, queue): (&EchoId, Queue),
        outcome: &Outcome,
        update: &mut Update,
    ) {
        let response = outcome.response();
        if let (ApiResponse::Success(_) | ApiResponse::Rejected(_), Outcome::Answered { status, body, .. }) =
            (&response, outcome)
        {
            let response = TabMessage::SendResponse { echo: echo.clone(), status: *status, body: body.clone() };
            self.tabs.broadcast(&response, update);
        }
        if matches!(outcome, Outcome::FilesMissing) {
            return self.conversation.timeline.files_missing(echo);
        }
        match response {
            ApiResponse::Success(body) => {
                if let Some(message) = chatwoot::parse_message(body) {
                    self.connection.sending_succeeded(queue);
                    let id = message.id;
                    if self.conversation.apply_message(message, Source::Response(echo.clone())) {
                        self.connection.polling.message_stored(now, self.connection.cable.is_live());
                        self.report_message(id, update);
                    }
                } else {
                    self.response_lost(now, echo, queue);
                }
            }
            ApiResponse::Rejected(reason) => {
                self.connection.sending_succeeded(queue);
                self.conversation.timeline.mark_rejected(echo, reason);
            }
            ApiResponse::NotFound => {
                self.conversation.timeline.mark_not_sent(echo);
                if self.visitor.session.conversation() == Some(conversation) {
                    self.conversation_not_found(update);
                }
            }
            ApiResponse::Unknown => self.response_lost(now, echo, queue),
            ApiResponse::ServerError => {
                // One page decides, read once it can: `run_active_tab` asks for it.
                self.conversation.timeline.mark_server_error(echo, now);
                self.connection.delay_sending(now, queue, &mut self.rng, 0);
            }
            ApiResponse::NotSent | ApiResponse::Busy { .. } => {
                self.conversation.timeline.mark_not_sent(echo);
                self.connection.delay_sending(now, queue, &mut self.rng, response.retry_after_ms());
            }
        }
    }

    fn response_lost(&mut self, now: Mono, echo: &EchoId, queue: Queue) {
        self.conversation.timeline.mark_response_lost(echo, now);
        self.connection.delay_sending(now, queue, &mut self.rng, 0);
        self.request_history();
    }

    /// The answer to a message that another tab has sent.
    pub(super) fn apply_response_elsewhere(&mut self, echo: EchoId, outcome: &Outcome, update: &mut Update) {
        match outcome.response() {
            ApiResponse::Success(body) => {
                let message = chatwoot::parse_message(body).filter(|message| !self.is_of_other_conversation(message));
                if let Some(message) = message {
                    let id = message.id;
                    if self.conversation.apply_message(message, Source::Response(echo)) {
                        self.report_message(id, update);
                    }
                }
            }
            ApiResponse::Rejected(reason) if self.tabs.election.is_active() => {
                self.conversation.timeline.mark_rejected(&echo, reason);
            }
            // The leader reports what follows.
            ApiResponse::Rejected(_)
            | ApiResponse::NotFound
            | ApiResponse::Busy { .. }
            | ApiResponse::ServerError
            | ApiResponse::Unknown
            | ApiResponse::NotSent => {}
        }
    }

    /// Shows that a message is unconfirmed, and announces it.
    pub(super) fn show_unconfirmed(&mut self, echo: &EchoId) {
        if self.conversation.timeline.set_unconfirmed_notice(echo, true) {
            self.announce(Announcement::DeliveryUnconfirmed);
        }
    }

    /// The visitor wants a message sent again.
    pub(super) fn retry_message(&mut self, now: Mono, row: RowKey, update: &mut Update) {
        let Some(echo) = self.conversation.timeline.echo_of(row).filter(|_| !self.is_closed()) else { return };
        self.send_again(now, &echo, update);
        if !self.tabs.election.is_active() {
            self.tabs.broadcast(&TabMessage::RetrySend(echo), update);
            self.tabs.ping_leader(now, update);
        }
    }

    /// Sends a message again. An unconfirmed one is looked for in history first: not by a read that hangs with the rest,
    /// but by a new one.
    pub(super) fn send_again(&mut self, now: Mono, echo: &EchoId, update: &mut Update) {
        self.connection.retry_sending_now();
        self.conversation.timeline.retry_message(echo, now);
        if self.tabs.election.is_active() && self.conversation.can_resolve_unconfirmed(now) {
            let is_read = |request: &ApiRequest| matches!(request, ApiRequest::ListMessages { .. });
            for request in self.connection.abort(&is_read, update) {
                self.apply_response(now, request, &Outcome::Unknown, update);
            }
            self.conversation.history.retry_now();
        }
    }

    /// The visitor takes a failed message back into the composer, or cancels an upload.
    pub(super) fn discard_message(&mut self, row: RowKey, update: &mut Update) {
        let Some(echo) = self.conversation.timeline.echo_of(row) else { return };
        let Some(message) = self.discard(&echo, update) else { return };
        if !message.text.is_empty() {
            self.visitor.insert_text(message.text);
        }
        // File handles don't survive a reload; only files picked on this page can be restored.
        self.visitor.composer.files.extend(message.files.into_iter().filter(|file| file.pick > 0));
        if !self.tabs.election.is_active() {
            self.tabs.broadcast(&TabMessage::DiscardSend(echo), update);
        }
    }

    /// A message is not to be sent any more; a request that carries it is aborted.
    pub(super) fn discard(&mut self, echo: &EchoId, update: &mut Update) -> Option<OutgoingMessage> {
        let message = self.conversation.timeline.discard(echo)?;
        let carries_it =
            |request: &ApiRequest| matches!(request, ApiRequest::CreateMessage { echo: other, .. } if other == echo);
        drop(self.connection.abort(&carries_it, update));
        Some(message)
    }
}
