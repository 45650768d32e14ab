//! The contract's one implementation: routes each event to the machine it concerns, lets every machine do what is due,
//! and says what changed.

mod answers;
mod asked;
mod attending;
mod conversing;
mod diagnosis;
mod due;
mod identifying;
mod introducing;
mod privacy;
mod publishing;
mod reading;
mod telling;
mod together;
mod view_model;
mod wishing;

use crate::event::{
    BlockReason, ComposerEvent, ConnectionEvent, ConversationsEvent, PageEvent, PanelEvent, StorageEvent, ThreadEvent,
    VisitorEvent,
};
use crate::host::calls::{AttributeTarget, HostCall};
use crate::host::events::{HostError, HostEvent};
use std::sync::Arc;

use crate::availability::Availability;
use crate::backoff::Backoff;
use crate::chatwoot::ServerEvent;
use crate::chatwoot::requests::{ApiRequest, CALL_MS_MAX, Outcome, RequestId};
use crate::connection::Connection;
use crate::connection::cable::{CableEvent, SocketEvent};
use crate::conversation::Conversation;
use crate::conversation::message_window::ScrollPosition;
use crate::conversation::timeline::{OutgoingMessage, Queue, RowKey};
use crate::event_log::{self as recording, EventLog};
use crate::host::HostState;
use crate::host::settings::Settings;
use crate::model::{EchoId, OutgoingFile};
use crate::rng::{Rng, Seed};
use crate::tabs::TabSync;
use crate::tabs::leader_election::TabMessage;
use crate::time::{Due, Mono, Now};
use crate::view::{self, ComposerProblem, View};
use crate::visitor::Visitor;
use crate::visitor::generation;
use crate::visitor::session::Session;
use crate::{Effect, Event, Update};
use together::tell;
use view_model::ViewModel;

/// The whole state of one chat.
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

/// Sends that may wait: more is no conversation.
const UNSENT_MAX: usize = 100;

/// More than tabs say while the browser looks who holds a lock.
const WORDS_MAX: usize = 1_000;

const KEY_SESSION: &str = "session";
const KEY_DRAFT: &str = "draft";
const KEY_SEND: &str = "send/";
const KEY_ANSWER: &str = "answer/";
const KEY_INTRODUCTION: &str = "introduction";
const KEY_PREFERENCES: &str = "preferences";
/// The day of the last visit, counted from 1970, where the site wants visitors forgotten after some.
const KEY_VISITED: &str = "visited";

impl ChatClient {
    /// A widget that has not begun yet.
    #[must_use]
    pub fn new(settings: Settings, seed: Seed, now: Now) -> Self {
        Self {
            view_model: ViewModel::new(&settings.options),
            event_log: EventLog::new(now, seed.chance, &settings.options),
            settings,
            rng: Rng::new(seed.chance),
            now,
            visitor: Visitor::new(Session::new(Rng::new(seed.identity))),
            conversation: Conversation::default(),
            connection: Connection::default(),
            tabs: TabSync::default(),
            availability: Availability::default(),
            host: HostState::default(),
        }
    }

    /// Takes what happened; tells what to do and what changed.
    pub fn update(&mut self, now: Now, event: Event) -> Update {
        let mut turn = Update::default();
        if now.slept_since(self.now) {
            self.wake(now.mono, &mut turn);
        }
        self.now = now;
        let event = self.without_outdated(event, &mut turn);
        let (record, is_ping) = (recording::record(now, &event), recording::is_ping(&event));
        let missing = self.event_log.missing();
        self.route(now, event, &mut turn);
        if !self.tabs.election.is_suspended() {
            self.pump(now.mono, &mut turn);
        }
        self.keep(now.mono, &mut turn);
        self.keep_answers(&mut turn);
        self.announce(&mut turn);
        self.diagnose(now.mono, &mut turn);
        self.tell_changes(&mut turn);
        turn.changed = self.publish();
        // What led to the visitor's being forgotten can hold something of theirs, and goes with the rest.
        if self.event_log.missing() == missing {
            self.event_log.keep(now, record, is_ping && turn.is_empty());
        }
        turn
    }

    /// When the next `Tick` is wanted, and by whom.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let call =
            self.connection.requests.iter().map(|(.., asked)| asked.plus(CALL_MS_MAX).due("call: given up")).min();
        let mut all = vec![
            call,
            self.tabs.election.deadline(),
            self.conversation.history.deadline(),
            self.conversation.status.deadline(),
            self.visitor.form_submissions.deadline(),
            self.conversation.typing.deadline(),
            self.visitor.conversation_list.deadline(),
            self.availability.deadline(self.now),
            self.succession_deadline(),
            self.conversation.read_receipts.deadline(),
        ];
        let lane = |lane: Queue| {
            let until = self
                .connection
                .retries
                .get(lane as usize)
                .and_then(Backoff::until)
                .max(self.connection.rate_limit.opens());
            until.filter(|_| self.conversation.timeline.can_send(lane)).map(|until| until.due("send: again"))
        };
        if self.tabs.election.is_active() {
            all.extend([
                self.connection.cable.deadline(),
                self.visitor.session.deadline(),
                self.connection.polling.deadline(),
                self.visitor.pre_chat_form.deadline(),
                self.visitor.finding.deadline().map(|until| until.due("conversations: find again")),
                lane(Queue::Text),
                lane(Queue::Upload),
                self.conversation.timeline.unconfirmed_deadline().map(|end| end.due("send: decide")),
                self.conversation.timeline.next_overdue().map(|from| from.due("send: unconfirmed")),
            ]);
        }
        // What is past had its chance in the last turn and waits for something else.
        all.into_iter().flatten().filter(|due| due.at > self.now.mono).min()
    }

    /// What there is to see.
    #[must_use]
    pub const fn view(&self) -> &Arc<View> {
        &self.view_model.view
    }

    fn route(&mut self, now: Now, event: Event, turn: &mut Update) {
        match event {
            Event::Started { stored: kept, has_tab_sync: is_shared } => self.begin(now.mono, kept, is_shared, turn),
            Event::Tabs(news) => self.hear_tabs(now.mono, news, turn),
            Event::Panel(PanelEvent::Toggled { is_open }) => {
                self.view_model.is_open = is_open;
                if self.conversation.unread.opened(is_open) {
                    self.tell_unread(turn);
                }
            }
            Event::Composer(ComposerEvent::DraftChanged { text }) => {
                self.visitor.composer.problem = None;
                self.visitor.composer.hold(&text);
                self.conversation.typing.drafted(now.mono, !self.visitor.composer.has_text);
                keep_draft(&text, turn);
            }
            Event::Composer(ComposerEvent::FilesPicked { files }) => self.pick(files),
            Event::Composer(ComposerEvent::FileRemoved { pick }) => {
                self.visitor.composer.files.retain(|file| file.pick != pick)
            }
            Event::Composer(ComposerEvent::Submitted { text }) => self.submit(now, &text, turn),
            Event::Storage(StorageEvent::FilesStored { message: echo }) => {
                self.conversation.timeline.files_stored(&echo);
                self.keep_sends(turn);
            }
            Event::Storage(StorageEvent::FilesMissing { message: echo }) => {
                self.conversation.timeline.files_missing(&echo);
                self.keep_sends(turn);
            }
            Event::Storage(StorageEvent::WriteFailed) => self.note_not_kept(turn),
            Event::Connection(ConnectionEvent::UploadProgressed { request: id, percent }) => {
                self.progressed(now.mono, id, percent)
            }
            Event::Thread(ThreadEvent::RetryRequested { row: key }) => self.try_again(now.mono, key, turn),
            Event::Thread(ThreadEvent::MessageDiscarded { row: key }) => self.discard(key, turn),
            Event::Thread(ThreadEvent::TextFolded { row: key, is_folded }) => {
                self.conversation.timeline.fold(key, is_folded)
            }
            Event::Thread(ThreadEvent::FormSubmitted { message, fields }) => self.fill(message, fields),
            Event::Thread(ThreadEvent::ChoiceSelected { message, choice }) => self.choose(message, choice, turn),
            Event::Thread(ThreadEvent::Scrolled { position: sight, focused_row: held }) => self.scrolled(sight, held),
            Event::Thread(ThreadEvent::EarlierRequested) => {
                if self.conversation.window.page_up(&self.conversation.timeline) {
                    self.conversation.history.want_earlier();
                }
            }
            Event::Thread(ThreadEvent::NewestRequested) => self.jump(),
            Event::Conversations(ConversationsEvent::ListToggled { is_shown }) => {
                self.visitor.conversation_list.show(is_shown)
            }
            Event::Conversations(ConversationsEvent::Opened { conversation: to }) => self.switch(to, turn),
            Event::Conversations(ConversationsEvent::Resolved) => self.end_conversation(now.mono, turn),
            Event::Visitor(VisitorEvent::PreChatFormSubmitted { values }) => self.introduce(now, &values, turn),
            Event::Visitor(VisitorEvent::PreferenceChosen(preference)) => self.prefer(preference, turn),
            Event::Visitor(VisitorEvent::NotificationsDenied) => self.is_denied(turn),
            Event::Panel(PanelEvent::PreviewsDismissed) => self.conversation.unread.dismiss(),
            Event::Thread(ThreadEvent::TranscriptRequested { format }) => self.want_transcript(format),
            Event::Visitor(VisitorEvent::ForgetRequested) | Event::Host(HostCall::Reset | HostCall::Forget) => {
                self.forget_visitor(turn)
            }
            Event::Page(PageEvent::Navigated(page)) => self.host.page = page,
            Event::Host(HostCall::ProactiveMessageShown { text: prompt }) => self.conversation.prompt = prompt,
            Event::Host(HostCall::SetUser(user)) => self.identified(user, turn),
            Event::Host(HostCall::SetAttributes { attributes: said, target: is_of_conversation }) => {
                self.attributed(said, is_of_conversation == AttributeTarget::Conversation, turn)
            }
            Event::Host(HostCall::Prefill { text }) => self.prefill(&text, turn),
            Event::Host(HostCall::SendMessage { text }) => self.say_for_visitor(now, &text, turn),
            Event::Host(HostCall::Configure(options)) => self.configure(*options),
            Event::TimeZoneLookedUp { offsets } => self.availability.set_utc_offsets(offsets),
            Event::Connection(ConnectionEvent::Socket { socket: link, event: news }) => {
                let mut acts = Vec::new();
                let heard = self.connection.cable.hear(now.mono, link, &news, &mut self.rng, &mut acts);
                self.act(acts, turn);
                if let (Some(CableEvent::Received(heard)), SocketEvent::Frame(text)) = (&heard, news)
                    && !matches!(**heard, ServerEvent::Other)
                {
                    self.say(&TabMessage::CableFrame(text), turn);
                }
                self.take(heard, turn);
            }
            Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }) => {
                if let Some(call) = self.end_call(id) {
                    self.examine(&call, &outcome);
                    self.reply(now.mono, call, &outcome, turn);
                }
            }
            Event::Page(PageEvent::VisibilityChanged { is_visible }) => {
                self.view_model.is_visible = is_visible;
                self.tabs.election.set_visible(is_visible);
                if is_visible {
                    self.wake(now.mono, turn);
                }
            }
            Event::Connection(ConnectionEvent::OnlineChanged { is_online }) => {
                if is_online && !self.connection.is_online {
                    // What failed without a network says nothing about the server.
                    self.forgive();
                }
                self.connection.is_online = is_online;
                if is_online {
                    self.wake(now.mono, turn);
                }
            }
            Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)) => {
                self.connection.diagnostics.is_forbidden()
            }
            Event::Connection(ConnectionEvent::Blocked(BlockReason::MixedContent)) => {
                self.connection.diagnostics.is_mixed()
            }
            Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: answers }) => {
                self.connection.diagnostics.probed(answers)
            }
            Event::Page(PageEvent::Suspended) => self.leave(now.mono, turn),
            Event::Page(PageEvent::Resumed { stored: kept }) => self.resume(now.mono, kept, turn),
            Event::Tick => {}
        }
    }

    fn begin(&mut self, now: Mono, kept: Vec<(String, String)>, is_shared: bool, turn: &mut Update) {
        self.visitor.generation = self.visitor.generation.max(generation::kept_in(&kept));
        let kept = self.retained(kept, turn);
        self.visitor.kept_draft = kept.iter().find(|(key, _)| key == KEY_DRAFT).map(|(_, draft)| draft.as_str().into());
        self.revive_answers(&kept);
        if let Some((_, preferences)) = kept.iter().find(|(key, _)| key == KEY_PREFERENCES) {
            self.learn_preferences(preferences, turn);
        }
        tell(self.tabs.election.begin(is_shared), turn);
        self.confirm_lock(now, turn);
        self.introduce_to_tabs(turn);
        self.take_stock(now, kept);
        self.restore_draft();
    }

    fn submit(&mut self, now: Now, text: &str, turn: &mut Update) {
        // The server answers a NUL with a fault.
        let text = text.replace('\0', "");
        let text = text.trim();
        if text.is_empty() && self.visitor.composer.files.is_empty() {
            return;
        }
        if self.is_closed() || self.form().is_some() {
            return self.put_into_composer(text.into());
        }
        self.visitor.composer.problem = if text.chars().count() > view::TEXT_CHARS_MAX as usize {
            Some(ComposerProblem::TooLong)
        } else if self.conversation.timeline.visible_outgoing().count() >= UNSENT_MAX {
            Some(ComposerProblem::TooManyUnsent)
        } else {
            None
        };
        if self.visitor.composer.problem.is_some() {
            self.put_into_composer(text.into());
            return;
        }
        self.visitor.composer.hold("");
        self.conversation.typing.drafted(now.mono, true);
        self.conversation.unread.wrote();
        self.jump();
        let echo: EchoId = self.rng.uuid().into();
        let files = std::mem::take(&mut self.visitor.composer.files);
        if !files.is_empty() {
            turn.effects.push(Effect::StoreFiles {
                message: echo.clone(),
                picks: files.iter().map(|file| file.pick).collect(),
            });
        }
        self.conversation.timeline.submit(echo, text, files, now.wall, self.speaker());
        self.keep_sends(turn);
        keep_draft("", turn);
        tell(self.tabs.election.ping_leader(now.mono), turn);
    }

    fn scrolled(&mut self, sight: ScrollPosition, held: Option<RowKey>) {
        let held = held.and_then(|key| self.view_model.view.thread.rows.iter().find(|row| row.key == key));
        let held = held.and_then(|row| row.content.said()).map(|message| message.id);
        if self.conversation.window.scrolled(&self.conversation.timeline, sight, held) {
            self.conversation.history.want_earlier();
        }
        if self.conversation.window.shows_newest() {
            self.conversation.unread.reached_end();
        }
    }

    fn jump(&mut self) {
        self.conversation.window.jump();
        self.conversation.unread.reached_end();
    }

    fn try_again(&mut self, now: Mono, key: RowKey, turn: &mut Update) {
        let Some(echo) = self.conversation.timeline.echo_of(key).filter(|_| !self.is_closed()) else { return };
        self.send_again(now, &echo, turn);
        if !self.tabs.election.is_active() {
            self.say(&TabMessage::RetrySend(echo), turn);
            tell(self.tabs.election.ping_leader(now), turn);
        }
    }

    /// The person wants a send tried again. For one of unclear fate that is a question to history first: not to a read
    /// that hangs with the rest, but to a new one.
    fn send_again(&mut self, now: Mono, echo: &EchoId, turn: &mut Update) {
        self.connection.retries.iter_mut().for_each(Backoff::hurry);
        self.conversation.timeline.retry(echo, now);
        if self.tabs.election.is_active()
            && self.conversation.timeline.unconfirmed_deadline().is_some_and(|end| end <= now)
        {
            for call in self.abort(&|call, _| matches!(call, ApiRequest::ListMessages { .. }), turn) {
                self.reply(now, call, &Outcome::Unknown, turn);
            }
            self.conversation.history.hurry();
        }
    }

    fn discard(&mut self, key: RowKey, turn: &mut Update) {
        let Some(echo) = self.conversation.timeline.echo_of(key) else { return };
        if let Some(send) = self.give_up(&echo, turn) {
            if !send.text.is_empty() {
                self.put_into_composer(send.text);
            }
            // Of an earlier page's files there is nothing left to pick.
            self.visitor.composer.files.extend(send.files.into_iter().filter(|file| file.pick > 0));
            if !self.tabs.election.is_active() {
                self.say(&TabMessage::DiscardSend(echo), turn);
            }
        }
    }

    /// A send is not to be sent any more; a request that carries it is dropped.
    fn give_up(&mut self, echo: &EchoId, turn: &mut Update) -> Option<OutgoingMessage> {
        let send = self.conversation.timeline.discard(echo)?;
        self.abort(&|call, _| matches!(call, ApiRequest::CreateMessage { echo: other, .. } if other == echo), turn);
        Some(send)
    }

    fn pick(&mut self, files: Vec<OutgoingFile>) {
        self.visitor.composer.problem = None;
        for file in files {
            if self.visitor.composer.files.len() >= view::FILES_MAX {
                self.visitor.composer.problem = Some(ComposerProblem::TooManyFiles);
            } else if file.size > view::FILE_BYTES_MAX {
                self.visitor.composer.problem = Some(ComposerProblem::FileTooLarge(file.name));
            } else {
                self.visitor.composer.files.push(file);
            }
        }
    }

    /// A request is given up when nothing moves for a while, not when it takes long.
    fn progressed(&mut self, now: Mono, id: RequestId, percent: u8) {
        if let Some((_, call, asked)) = self.connection.requests.iter_mut().find(|(other, ..)| *other == id) {
            *asked = now;
            if let ApiRequest::CreateMessage { echo, .. } = call {
                self.conversation.timeline.progressed(echo, percent);
            }
        }
    }

    const fn retry(&mut self, lane: Queue) -> &mut Backoff {
        let [text, upload] = &mut self.connection.retries;
        match lane {
            Queue::Text => text,
            Queue::Upload => upload,
        }
    }

    fn pause(&mut self, lane: Queue, now: Mono, at_least_ms: u64) {
        let mut chance = self.rng.clone();
        self.retry(lane).failed(now, &mut chance, at_least_ms);
        self.rng = chance;
    }

    fn wake(&mut self, now: Mono, turn: &mut Update) {
        let mut acts = Vec::new();
        let heard = self.connection.cable.wake(now, &mut self.rng, &mut acts);
        self.act(acts, turn);
        self.take(heard, turn);
        self.conversation.history.hurry();
        self.visitor.session.hurry();
        self.connection.retries.iter_mut().for_each(Backoff::hurry);
        self.visitor.form_submissions.hurry();
        tell(self.tabs.election.ping_leader(now), turn);
    }

    fn forgive(&mut self) {
        self.connection.cable.forgive();
        self.conversation.history.forgive();
        self.visitor.session.forgive();
        self.connection.retries.iter_mut().for_each(Backoff::succeeded);
    }

    /// The device has not kept what it was to keep. Who waits for a message to leave is told not to leave the page before.
    fn note_not_kept(&mut self, turn: &mut Update) {
        if !std::mem::replace(&mut self.host.is_storage_failure_reported, true) {
            turn.tell_host(HostEvent::Error(HostError::StorageUnavailable));
        }
        if self.conversation.timeline.visible_outgoing().next().is_some() {
            self.visitor.composer.problem = Some(ComposerProblem::StorageUnavailable);
        }
    }

    /// Puts the draft that the device kept into the composer, once the visitor may see it.
    fn restore_draft(&mut self) {
        if !self.is_hidden()
            && let Some(draft) = self.visitor.kept_draft.take().filter(|_| !self.visitor.composer.has_text)
        {
            self.put_into_composer(draft);
        }
    }

    fn put_into_composer(&mut self, text: Arc<str>) {
        self.visitor.composer.hold(&text);
        self.visitor.composer.put = (self.visitor.composer.put.0.wrapping_add(1), text);
    }
}

fn keep_draft(text: &str, turn: &mut Update) {
    turn.effects.push(if text.is_empty() {
        Effect::Delete { key: KEY_DRAFT.to_owned() }
    } else {
        Effect::Save { key: KEY_DRAFT.to_owned(), value: text.to_owned() }
    });
}
