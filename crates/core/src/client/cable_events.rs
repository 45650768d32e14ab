//! What the cable brings: the socket's state, and the server's events.

use super::ChatClient;
use crate::Update;
use crate::chatwoot::ServerEvent;
use crate::chatwoot::requests::ApiRequest;
use crate::connection::Connection;
use crate::connection::cable::{CableEvent, SocketEvent, SocketId};
use crate::conversation::timeline::Source;
use crate::host::events::HostEvent;
use crate::model::{Conversation, ConversationId, EchoId, Message, MessageId, Person};
use crate::tabs::leader_election::TabMessage;
use crate::time::Mono;
use crate::view::Announcement;

impl ChatClient {
    /// A socket received something or closed. Frames with events are forwarded to the other tabs, unchanged.
    pub(super) fn apply_socket_event(&mut self, now: Mono, socket: SocketId, event: SocketEvent, update: &mut Update) {
        let mut actions = Vec::new();
        let applied = self.connection.cable.apply_socket_event(now, socket, &event, &mut self.rng, &mut actions);
        Connection::perform(actions, &self.settings, update);
        if let (Some(CableEvent::Received(server_event)), SocketEvent::Frame(text)) = (&applied, event)
            && !matches!(**server_event, ServerEvent::Other)
        {
            self.tabs.broadcast(&TabMessage::CableFrame(text), update);
        }
        self.apply_cable_event(applied, update);
    }

    pub(super) fn apply_cable_event(&mut self, event: Option<CableEvent>, update: &mut Update) {
        match event {
            Some(CableEvent::Subscribed) => {
                self.connection.subscribed();
                self.request_history();
                self.conversation.status.request_update();
            }
            Some(CableEvent::Unconfirmed) => self.visitor.session.verify_contact(),
            Some(CableEvent::Received(event)) => self.apply_server_event(*event, update),
            Some(CableEvent::Disconnected) | None => {}
        }
    }

    pub(super) fn apply_server_event(&mut self, event: ServerEvent, update: &mut Update) {
        match event {
            ServerEvent::MessageCreated { message, echo } => self.message_created(message, echo, update),
            ServerEvent::MessageUpdated { message, is_read } => {
                if !self.is_of_other_conversation(&message) {
                    let is_read_elsewhere = is_read && !message.author.is_visitor();
                    if is_read_elsewhere && self.conversation.read_elsewhere(message.id) {
                        self.report_unread(update);
                    }
                    self.conversation.timeline.update_message(message);
                }
            }
            ServerEvent::PresenceChanged { is_online } => self.availability.set_online(self.now.mono, is_online),
            ServerEvent::ConversationChanged(conversation) => self.conversation_changed(&conversation),
            ServerEvent::TypingChanged { conversation, agent } => self.typing_changed(conversation, agent),
            ServerEvent::Other => {}
        }
    }

    fn message_created(&mut self, message: Message, echo: Option<EchoId>, update: &mut Update) {
        if let Some(id) = message.conversation {
            self.visitor.session.frames_received_for(id);
        }
        if self.is_of_other_conversation(&message) {
            return self.message_created_elsewhere(message, update);
        }
        if self.receives_frames() {
            self.conversation.history.message_received(message.id);
        }
        if self.connection.polling.frame_received() {
            // The socket carries frames again; what it did not carry meanwhile has to be read.
            self.request_history();
        }
        let (id, is_to_visitor) = (message.id, !message.author.is_visitor());
        if is_to_visitor {
            self.conversation.typing.agent_stopped();
        }
        if self.conversation.apply_message(message, Source::Frame(echo)) {
            if is_to_visitor {
                self.message_arrived(id, update);
            } else {
                self.report_message(id, update);
            }
        }
        self.conversation.drop_oldest();
    }

    /// A message came in a conversation that is not open: the visitor's own, or, as verified contacts receive them, one
    /// of another inbox.
    fn message_created_elsewhere(&mut self, message: Message, update: &mut Update) {
        let Some(id) = message.conversation else { return };
        if !self.visitor.session.has_conversation(id) && !self.visitor.session.is_in_inbox(message.inbox) {
            return;
        }
        let is_to_visitor = !message.author.is_visitor();
        self.visitor.conversation_list.message_arrived_elsewhere(id, is_to_visitor);
        if is_to_visitor && !self.visitor.is_hidden() {
            if self.conversation.unread.message_arrived_elsewhere(self.attention()) {
                self.report_unread(update);
            }
            self.notify(&message.into(), update);
        }
    }

    /// A message to the visitor came just now.
    pub(super) fn message_arrived(&mut self, id: MessageId, update: &mut Update) {
        if self.visitor.is_hidden() {
            return;
        }
        if self.conversation.unread.message_arrived(id, self.attention()) {
            self.report_unread(update);
        }
        if let Some(message) = self.conversation.message(id) {
            self.notify(&message, update);
            update.tell_host(HostEvent::MessageAdded(message.clone()));
            self.announce(Announcement::NewMessage(message));
        }
    }

    fn conversation_changed(&mut self, conversation: &Conversation) {
        let session = &mut self.visitor.session;
        session.frames_received_for(conversation.id);
        let is_own = conversation.source_id.as_deref().is_some_and(|id| Some(id) == session.source_id());
        if is_own {
            session.set_inbox(conversation.inbox);
        }
        if session.conversation() == Some(conversation.id) {
            self.conversation.status.apply(conversation);
        }
        if !self.tabs.election.is_active() {
            return;
        }
        // The response with the id of a created conversation was lost: this event contains it.
        let is_ours = is_own || (conversation.source_id.is_none() && session.is_in_inbox(conversation.inbox));
        let is_awaited = self.connection.is_pending(|request| matches!(request, ApiRequest::CreateConversation));
        if session.may_have_created_conversation() && !is_awaited && is_ours {
            session.open_conversation(conversation.id);
            self.conversation_found(conversation.id);
            if self.visitor.session.is_user_proven() {
                // The lost answer would have carried the contact's attributes.
                self.visitor.discovery.request();
            }
        }
    }

    fn typing_changed(&mut self, conversation: ConversationId, person: Option<Person>) {
        if self.visitor.session.conversation() != Some(conversation) {
            return;
        }
        match person {
            Some(person) => {
                if self.conversation.typing.agent().is_none() {
                    self.announce(Announcement::Typing(person.clone()));
                }
                self.conversation.typing.agent_started(self.now.mono, person);
            }
            None => self.conversation.typing.agent_stopped(),
        }
    }

    /// Whether frames follow each other without a gap, be they this tab's or its leader's. Those that come before a
    /// subscription is confirmed say nothing about what came before them.
    fn receives_frames(&self) -> bool {
        if self.tabs.election.is_active() {
            self.connection.cable.is_live()
        } else {
            self.tabs.election.leader_status().is_live
        }
    }

    /// Whether a message belongs to a conversation that is not open.
    pub(super) fn is_of_other_conversation(&self, message: &Message) -> bool {
        message.conversation.is_some() && message.conversation != self.visitor.session.conversation()
    }
}
