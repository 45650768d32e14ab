//! The root of a chat's state: hands each event to the part it concerns, lets every part do what is due, and publishes
//! what changed. What one part asks of another goes through here; the parts don't know each other.

mod cable_events;
mod composer;
mod conversation_switch;
mod diagnostics;
mod notifications;
mod outbox;
mod publish;
mod responses;
mod scheduler;
mod storage;
mod tab_sync;
mod transcript;
mod visitor_switch;

use std::sync::Arc;

use crate::availability::Availability;
use crate::connection::Connection;
use crate::conversation::Conversation;
use crate::event::{
    BlockReason, ComposerEvent, ConnectionEvent, ConversationsEvent, PageEvent, PanelEvent, StorageEvent, ThreadEvent,
    VisitorEvent,
};
use crate::event_log::{self, EventLog};
use crate::host::HostState;
use crate::host::calls::HostCall;
use crate::host::settings::Settings;
use crate::rng::{Rng, Seed};
use crate::tabs::TabSync;
use crate::time::{Due, Now, next_due};
use crate::view::View;
use crate::visitor::Visitor;
use crate::visitor::session::Session;
use crate::{Event, Update};
use publish::ViewModel;

/// The whole state of one chat. It performs nothing: [`update`](Self::update) takes what happened and returns what is to
/// be done.
#[derive(Debug)]
pub struct ChatClient {
    settings: Settings,
    rng: Rng,
    /// When the latest event came.
    now: Now,
    visitor: Visitor,
    conversation: Conversation,
    connection: Connection,
    tabs: TabSync,
    availability: Availability,
    host: HostState,
    view_model: ViewModel,
    event_log: EventLog,
}

impl ChatClient {
    /// A client that has not started yet: `Event::Started` starts it.
    #[must_use]
    pub fn new(settings: Settings, seed: Seed, now: Now) -> Self {
        Self {
            view_model: ViewModel::new(&settings.options),
            event_log: EventLog::new(now, seed.general, &settings.options),
            settings,
            rng: Rng::new(seed.general),
            now,
            visitor: Visitor::new(Session::new(Rng::new(seed.identity))),
            conversation: Conversation::default(),
            connection: Connection::default(),
            tabs: TabSync::default(),
            availability: Availability::default(),
            host: HostState::default(),
        }
    }

    /// Applies an event. Returns the effects to perform, in their order, and which slices of the view changed.
    pub fn update(&mut self, now: Now, event: Event) -> Update {
        let mut update = Update::default();
        if now.slept_since(self.now) {
            self.wake(now.mono, &mut update);
        }
        self.now = now;
        let event = self.without_outdated_records(event, &mut update);
        let (record, is_ping) = (event_log::record_event(now, &event), event_log::is_ping(&event));
        let missing = self.event_log.missing();
        self.apply(now, event, &mut update);
        if !self.tabs.election.is_suspended() {
            self.run_due(now.mono, &mut update);
        }
        self.store_changes(now.mono, &mut update);
        self.announce_leadership(&mut update);
        self.diagnose(now.mono, &mut update);
        self.report_changes(&mut update);
        update.changed = self.publish();
        // An event that led to the visitor's being forgotten may hold something of theirs, and goes with the rest.
        if self.event_log.missing() == missing {
            self.event_log.push(now, record, is_ping && update.is_empty());
        }
        update
    }

    /// When the next `Tick` is wanted, and by what.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let now = self.now.mono;
        let mut all = vec![
            self.connection.request_deadline(now),
            self.tabs.deadline(now),
            self.conversation.deadline(now),
            self.visitor.deadline(now),
            self.availability.deadline(self.now),
        ];
        if self.tabs.election.is_active() {
            all.extend([
                self.connection.deadline(now),
                self.visitor.request_deadline(now),
                self.conversation.outbox_deadline(now),
                self.send_deadline(now),
            ]);
        }
        next_due(now, all)
    }

    /// What there is to see.
    #[must_use]
    pub const fn view(&self) -> &Arc<View> {
        self.view_model.view()
    }

    fn apply(&mut self, now: Now, event: Event, update: &mut Update) {
        match event {
            Event::Started { stored, has_tab_sync } => self.start(now.mono, stored, has_tab_sync, update),
            Event::Panel(event) => self.apply_panel(event, update),
            Event::Composer(event) => self.apply_composer(now, event, update),
            Event::Thread(event) => self.apply_thread(now, event, update),
            Event::Conversations(event) => self.apply_conversations(now, event, update),
            Event::Visitor(event) => self.apply_visitor(now, event, update),
            Event::Host(call) => self.apply_host_call(now, call, update),
            Event::Page(event) => self.apply_page_event(now, event, update),
            Event::Connection(event) => self.apply_connection(now, event, update),
            Event::Tabs(event) => self.apply_tab_event(now.mono, event, update),
            Event::Storage(event) => self.apply_storage(event, update),
            Event::TimeZoneLookedUp { offsets } => self.availability.set_utc_offsets(offsets),
            Event::Tick => {}
        }
    }

    fn apply_panel(&mut self, event: PanelEvent, update: &mut Update) {
        match event {
            PanelEvent::Toggled { is_open } => {
                self.view_model.is_open = is_open;
                if self.conversation.unread.panel_toggled(is_open) {
                    self.report_unread(update);
                }
            }
            PanelEvent::PreviewsDismissed => self.conversation.unread.dismiss_previews(),
        }
    }

    fn apply_composer(&mut self, now: Now, event: ComposerEvent, update: &mut Update) {
        match event {
            ComposerEvent::DraftChanged { text } => self.draft_changed(now.mono, &text, update),
            ComposerEvent::FilesPicked { files } => self.visitor.attach(files),
            ComposerEvent::FileRemoved { pick } => self.visitor.composer.files.retain(|file| file.pick != pick),
            ComposerEvent::Submitted { text } => self.submit(now, &text, update),
        }
    }

    fn apply_thread(&mut self, now: Now, event: ThreadEvent, update: &mut Update) {
        match event {
            ThreadEvent::Scrolled { position, focused_row } => {
                let held = focused_row.and_then(|row| self.view_model.message_in(row));
                self.conversation.scrolled(position, held);
            }
            ThreadEvent::EarlierRequested => self.conversation.page_up(),
            ThreadEvent::NewestRequested => self.conversation.jump_to_newest(),
            ThreadEvent::TextFolded { row, is_folded } => self.conversation.timeline.fold(row, is_folded),
            ThreadEvent::RetryRequested { row } => self.retry_message(now.mono, row, update),
            ThreadEvent::MessageDiscarded { row } => self.discard_message(row, update),
            ThreadEvent::FormSubmitted { message, fields } => self.submit_form(message, fields),
            ThreadEvent::ChoiceSelected { message, choice } => self.select_choice(message, choice, update),
            ThreadEvent::TranscriptRequested => self.request_transcript(),
        }
    }

    fn apply_conversations(&mut self, now: Now, event: ConversationsEvent, update: &mut Update) {
        match event {
            ConversationsEvent::ListToggled { is_shown } => self.visitor.conversation_list.set_shown(is_shown),
            ConversationsEvent::Opened { conversation } => self.switch_conversation(conversation, update),
            ConversationsEvent::Resolved => self.resolve_conversation(now.mono, update),
        }
    }

    fn apply_visitor(&mut self, now: Now, event: VisitorEvent, update: &mut Update) {
        match event {
            VisitorEvent::PreChatFormSubmitted { values } => self.submit_pre_chat_form(now, &values, update),
            VisitorEvent::PreferenceChosen(preference) => self.choose_preference(preference, update),
            VisitorEvent::NotificationsDenied => self.notifications_denied(update),
            VisitorEvent::ForgetRequested => self.forget_visitor(update),
        }
    }

    fn apply_host_call(&mut self, now: Now, call: HostCall, update: &mut Update) {
        match call {
            HostCall::SetUser(user) => self.set_user(user, update),
            HostCall::SetAttributes { attributes, target } => self.set_attributes(attributes, target, update),
            HostCall::Prefill { text } => self.prefill(&text, update),
            HostCall::ProactiveMessageShown { text } => self.conversation.proactive_message = text,
            HostCall::SendMessage { text } => self.send_for_visitor(now, &text, update),
            HostCall::Reset | HostCall::Forget => self.forget_visitor(update),
            HostCall::PanelToggled { is_open } => self.apply_panel(PanelEvent::Toggled { is_open }, update),
            HostCall::Configure(options) => {
                self.settings.options = *options;
                self.refresh_agents();
            }
        }
    }

    fn apply_page_event(&mut self, now: Now, event: PageEvent, update: &mut Update) {
        match event {
            PageEvent::Navigated(page) => self.host.page = page,
            PageEvent::VisibilityChanged { is_visible } => {
                self.view_model.is_visible = is_visible;
                self.tabs.election.set_visible(is_visible);
                if is_visible {
                    self.wake(now.mono, update);
                }
            }
            PageEvent::Suspended => self.suspend(now.mono, update),
            PageEvent::Resumed { stored } => self.resume(now.mono, stored, update),
        }
    }

    fn apply_connection(&mut self, now: Now, event: ConnectionEvent, update: &mut Update) {
        match event {
            ConnectionEvent::Socket { socket, event } => self.apply_socket_event(now.mono, socket, event, update),
            ConnectionEvent::RequestEnded { request, outcome } => {
                if let Some(request) = self.connection.finish(request) {
                    let is_user_proven = self.visitor.session.is_user_proven();
                    self.connection.note_outcome(now.mono, &request, &outcome, is_user_proven);
                    self.apply_response(now.mono, request, &outcome, update);
                }
            }
            ConnectionEvent::UploadProgressed { request, percent } => {
                if let Some(echo) = self.connection.upload_progressed(now.mono, request) {
                    self.conversation.timeline.set_upload_progress(echo, percent);
                }
            }
            ConnectionEvent::OnlineChanged { is_online } => {
                if is_online && !self.connection.is_online {
                    // What failed without a network says nothing about the server.
                    self.reset_backoffs();
                }
                self.connection.is_online = is_online;
                if is_online {
                    self.wake(now.mono, update);
                }
            }
            ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy) => {
                self.connection.diagnostics.set_blocked_by_policy();
            }
            ConnectionEvent::Blocked(BlockReason::MixedContent) => self.connection.diagnostics.set_mixed_content(),
            ConnectionEvent::ProbeEnded { is_reachable } => self.connection.diagnostics.probe_ended(is_reachable),
        }
    }

    fn apply_storage(&mut self, event: StorageEvent, update: &mut Update) {
        match event {
            StorageEvent::WriteFailed => self.storage_failed(update),
            StorageEvent::FilesStored { message } => {
                self.conversation.timeline.files_stored(&message);
                self.store_outbox(update);
            }
            StorageEvent::FilesMissing { message } => {
                self.conversation.timeline.files_missing(&message);
                self.store_outbox(update);
            }
        }
    }
}
