//! One visitor in several tabs: what the browser and the other tabs report, and what this tab gives up or takes over.

use super::ChatClient;
use super::storage::Records;
use crate::Update;
use crate::chatwoot::requests::{ApiRequest, Outcome};
use crate::chatwoot::{self, Frame};
use crate::tabs::leader_election::{LeaderStatus, TabAction, TabEvent, TabMessage};
use crate::tabs::{act, broadcast};
use crate::time::Mono;
use crate::visitor::generation;

impl ChatClient {
    /// Applies what the browser reports about the lock, or a message from another tab.
    pub(super) fn apply_tab_event(&mut self, now: Mono, event: TabEvent, update: &mut Update) {
        match event {
            TabEvent::LockGranted { stored } => {
                self.apply_generation(generation::stored_generation(&stored), update);
                self.tabs.election.become_leader();
                self.take_over(now, stored);
            }
            TabEvent::LockRefused => self.work_alone(update),
            TabEvent::LockStolen => {
                let was_leading = self.tabs.election.is_leading();
                let action = self.tabs.election.lose_leadership();
                if was_leading {
                    self.give_up_leading(now, update);
                }
                act(action, update);
                self.apply_pending_messages(now, update);
            }
            TabEvent::LockQueried { is_ours, generation } => {
                self.apply_generation(generation, update);
                self.tabs.election.lock_queried(is_ours);
                self.apply_pending_messages(now, update);
            }
            TabEvent::Received { text } => {
                self.tabs.receive(&text);
                self.apply_pending_messages(now, update);
            }
        }
    }

    /// Another tab has taken the lock: only requests that any tab may make go on.
    fn give_up_leading(&mut self, now: Mono, update: &mut Update) {
        self.stop_speaking(now, update, &|request| {
            !matches!(
                request,
                ApiRequest::CreateMessage { .. }
                    | ApiRequest::SubmitForm { .. }
                    | ApiRequest::ListMessages { .. }
                    | ApiRequest::GetConversation { .. }
            )
        });
        // What this tab would have stored by now is not its to store any more.
        self.store_session_and_outbox(now, update);
    }

    /// Gives up the socket, and the requests that are not this tab's to make any more.
    fn stop_speaking(&mut self, now: Mono, update: &mut Update, is_given_up: &dyn Fn(&ApiRequest) -> bool) {
        self.connection.close_socket(&self.settings, update);
        self.connection.polling.reset();
        for request in self.connection.abort(is_given_up, update) {
            self.apply_response(now, request, &Outcome::Unknown, update);
        }
        self.visitor.session.reset_backoff();
    }

    /// The browser puts the page away. An open socket or lock would keep it from being restored as it is.
    pub(super) fn suspend(&mut self, now: Mono, update: &mut Update) {
        let action = self.tabs.election.suspend();
        self.stop_speaking(now, update, &|_| true);
        act(Some(action), update);
    }

    /// The page is back; other tabs may have led meanwhile.
    pub(super) fn resume(&mut self, now: Mono, stored: Records, update: &mut Update) {
        if self.tabs.election.is_suspended() {
            act(self.tabs.election.resume(), update);
            self.tabs.query_lock(now, update);
            self.reset_backoffs();
            self.apply_generation(generation::stored_generation(&stored), update);
            self.restore_and_read(now, stored);
        }
        self.wake(now, update);
    }

    /// The browser does not answer questions about locks: this tab works alone from now on, and lets the lock be.
    pub(super) fn work_alone(&mut self, update: &mut Update) {
        self.tabs.election.work_alone();
        act(Some(TabAction::Leave), update);
        act(Some(TabAction::Listen), update);
        self.conversation.timeline.release_foreign_messages();
        self.request_history();
    }

    fn apply_pending_messages(&mut self, now: Mono, update: &mut Update) {
        for message in self.tabs.take_pending(now, update) {
            self.apply_tab_message(now, message, update);
        }
    }

    /// Applies a message from another tab. A leader neither answers another nor applies its messages: one of the two is
    /// about to learn that it is none.
    fn apply_tab_message(&mut self, now: Mono, message: TabMessage, update: &mut Update) {
        let is_leading = self.tabs.election.is_leading();
        match message {
            TabMessage::PingLeader if is_leading => self.answer_ping(now, update),
            TabMessage::Leader(status) if !is_leading => {
                if self.tabs.election.leader_reported(now, status) {
                    self.request_history();
                    self.conversation.status.request_update();
                }
            }
            TabMessage::Stored { key, value } => self.record_changed_elsewhere(now, &key, value.as_deref(), update),
            TabMessage::CableFrame(text) if !is_leading => {
                self.tabs.election.note_leader_alive(now);
                if let Frame::Event(event) = chatwoot::parse_frame(&text) {
                    self.apply_server_event(*event, update);
                }
            }
            TabMessage::SendResponse { echo, status, body } => {
                let outcome = Outcome::Answered { status, body, retry_after_ms: None };
                self.apply_response_elsewhere(echo, &outcome, update);
            }
            TabMessage::RetrySend(echo) => self.send_again(now, &echo, update),
            TabMessage::SendUnconfirmed(echo) if !is_leading => self.show_unconfirmed(&echo),
            TabMessage::DiscardSend(echo) => drop(self.discard(&echo, update)),
            TabMessage::OpenConversation(to) if is_leading => self.switch_conversation(to, update),
            TabMessage::ReadHistory => self.request_history(),
            TabMessage::ForgetVisitor { generation, is_succeeded } => {
                self.visitor_forgotten_elsewhere(generation, is_succeeded, update);
            }
            TabMessage::SetUser(user) => self.apply_user(user),
            TabMessage::SetAttributes { user, attributes, target } => {
                self.visitor.add_attributes_of(user, attributes, target);
            }
            TabMessage::PingLeader
            | TabMessage::Leader(_)
            | TabMessage::CableFrame(_)
            | TabMessage::OpenConversation(_)
            | TabMessage::SendUnconfirmed(_) => {}
        }
    }

    /// Answers a visible tab's ping with what it could not know by itself.
    fn answer_ping(&mut self, now: Mono, update: &mut Update) {
        let status = self.tabs.election.answer_ping(now);
        broadcast(&status, update);
        // The last leader may have gone between storing the session and telling of it.
        broadcast(&self.session_message(), update);
        // The device does not store which messages are unconfirmed.
        for message in self.conversation.timeline.outgoing().filter(|message| message.is_unconfirmed) {
            broadcast(&TabMessage::SendUnconfirmed(message.echo.clone()), update);
        }
    }

    /// Announces to the other tabs that this one leads, and the state of its connection, whenever that changes.
    pub(super) fn announce_leadership(&mut self, update: &mut Update) {
        if self.tabs.election.has_new_leadership() {
            broadcast(&self.session_message(), update);
        }
        let status = LeaderStatus { is_live: self.connection.cable.is_live(), is_failing: self.is_failing() };
        if let Some(message) = self.tabs.election.announce(status) {
            broadcast(&message, update);
        }
    }
}
