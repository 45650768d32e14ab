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
mod wishing;

use std::sync::Arc;

use super::answering::Answering;
use super::availability::Availability;
use super::backoff::Backoff;
use super::cable::{Cable, Heard, SocketNews};
use super::calls::{CALL_MS_MAX, Call, CallId, Outcome};
use super::chance::{Chance, Seed};
use super::condition::Condition;
use super::conversations::Conversations;
use super::doctor::Doctor;
use super::history::History;
use super::identity::Identity;
use super::introduction::Introduction;
use super::listed::Listed;
use super::model::{EchoId, Enclosed, Person};
use super::pace::Pace;
use super::preferences::Preferences;
use super::question::Question;
use super::recording::{self, Recording};
use super::session::Session;
use super::settings::Settings;
use super::tabs::{Tabs, Word};
use super::time::{Due, Mono, Now};
use super::timeline::{Lane, RowKey, Send, Timeline};
use super::typing::Typing;
use super::unread::Unread;
use super::view::{self, Problem, View};
use super::watch::Watch;
use super::window::{Sight, Window};
use super::wire::News;
use super::{Blocked, Effect, Event, Format, Page, Turn, generation};
use together::tell;

/// All chat state.
#[derive(Debug)]
pub struct Widget {
    settings: Settings,
    chance: Chance,
    last: Now,
    tabs: Tabs,
    /// What other tabs said and is not taken yet.
    words: Vec<Word>,
    /// The number of visitors that this device has forgotten (`generation`).
    generation: u64,
    session: Session,
    cable: Cable,
    history: History,
    condition: Condition,
    watch: Watch,
    timeline: Timeline,
    /// The pauses after posts that could not be made, text's and uploads'.
    retries: [Backoff; 2],
    pace: Pace,
    answering: Answering,
    calls: Vec<(CallId, Call, Mono)>,
    last_call: u64,
    doctor: Doctor,
    /// When the server last answered a call.
    answered: Option<Mono>,
    /// Whether a call has ended without an answer since the server was last heard.
    is_way_broken: bool,
    recording: Recording,
    /// Whether the conversation itself was not found; asking for the contact tells whether only that is gone.
    is_conversation_missed: bool,
    /// Whether the conversation that was open is gone: the team has deleted it.
    is_conversation_gone: bool,
    is_online: bool,
    is_open: bool,
    is_visible: bool,
    unread: Unread,
    window: Window,
    typing: Typing,
    read_receipts: reading::ReadReceipts,
    conversations: Conversations,
    availability: Availability,
    introduction: Introduction,
    identity: Identity,
    /// Who follows, if the page has named another user and the present one's messages are still being sent.
    successor: Option<Box<identifying::Successor>>,
    /// What a proven contact's attributes are known to say of its conversations.
    listed: Option<Listed>,
    /// The question which conversations a proven user has whose device knows none.
    finding: Question,
    preferences: Preferences,
    /// What the visitor wants to keep the conversation as, until all of it is here.
    transcript: Option<Format>,
    page: Page,
    /// What the site said to the visitor before they opened the panel, until they leave the conversation it began.
    prompt: String,
    /// What is said aloud, and how many times anything was.
    told: (u32, Option<view::Told>),
    /// Who answers here.
    faces: Vec<Person>,
    composer: view::Composer,
    /// Whether the page was told that the device keeps nothing more.
    is_not_kept_told: bool,
    /// What the device kept of the composer's text, until it may be shown.
    kept_draft: Option<Arc<str>>,
    /// What the page was last told of how things stand.
    noted: telling::Noted,
    /// What of the thread the view holds.
    shown: view::Shown,
    view: Arc<View>,
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

impl Widget {
    /// A widget that has not begun yet.
    #[must_use]
    pub fn new(settings: Settings, seed: Seed, now: Now) -> Self {
        Self {
            faces: settings.options.team.iter().take(view::FACES_MAX).cloned().collect(),
            recording: Recording::new(now, seed.chance, &settings.options),
            settings,
            chance: Chance::new(seed.chance),
            last: now,
            tabs: Tabs::default(),
            words: Vec::new(),
            generation: 0,
            session: Session::new(Chance::new(seed.identity)),
            cable: Cable::default(),
            history: History::default(),
            condition: Condition::default(),
            watch: Watch::default(),
            timeline: Timeline::default(),
            retries: [(); 2].map(|()| Backoff::new(1_000, 30_000)),
            pace: Pace::default(),
            answering: Answering::default(),
            calls: Vec::new(),
            last_call: 0,
            doctor: Doctor::default(),
            answered: None,
            is_way_broken: false,
            is_conversation_missed: false,
            is_conversation_gone: false,
            is_online: true,
            is_open: false,
            is_visible: true,
            unread: Unread::default(),
            window: Window::default(),
            typing: Typing::default(),
            read_receipts: reading::ReadReceipts::default(),
            told: (0, None),
            conversations: Conversations::default(),
            availability: Availability::default(),
            introduction: Introduction::default(),
            identity: Identity::default(),
            successor: None,
            listed: None,
            finding: Question::default(),
            preferences: Preferences::default(),
            transcript: None,
            page: Page::default(),
            prompt: String::new(),
            composer: view::Composer::default(),
            is_not_kept_told: false,
            kept_draft: None,
            noted: telling::Noted::default(),
            shown: view::Shown::default(),
            view: Arc::default(),
        }
    }

    /// Takes what happened; tells what to do and what changed.
    pub fn update(&mut self, now: Now, event: Event) -> Turn {
        let mut turn = Turn::default();
        if now.slept_since(self.last) {
            self.wake(now.mono, &mut turn);
        }
        self.last = now;
        let event = self.without_outdated(event, &mut turn);
        let (record, is_ping) = (recording::record(now, &event), recording::is_ping(&event));
        let missing = self.recording.missing();
        self.route(now, event, &mut turn);
        if !self.tabs.is_resting() {
            self.pump(now.mono, &mut turn);
        }
        self.keep(now.mono, &mut turn);
        self.keep_answers(&mut turn);
        self.announce(&mut turn);
        self.diagnose(now.mono, &mut turn);
        self.tell_changes(&mut turn);
        turn.changed = self.publish();
        // What led to the visitor's being forgotten can hold something of theirs, and goes with the rest.
        if self.recording.missing() == missing {
            self.recording.keep(now, record, is_ping && turn.is_empty());
        }
        turn
    }

    /// When the next `Tick` is wanted, and by whom.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let call = self.calls.iter().map(|(.., asked)| asked.plus(CALL_MS_MAX).due("call: given up")).min();
        let mut all = vec![
            call,
            self.tabs.deadline(),
            self.history.deadline(),
            self.condition.deadline(),
            self.answering.deadline(),
            self.typing.deadline(),
            self.conversations.deadline(),
            self.availability.deadline(self.last),
            self.succession_deadline(),
            self.read_receipts.deadline(),
        ];
        let lane = |lane: Lane| {
            let until = self.retries.get(lane as usize).and_then(Backoff::until).max(self.pace.opens());
            until.filter(|_| self.timeline.can_post(lane)).map(|until| until.due("send: again"))
        };
        if self.tabs.is_in_charge() {
            all.extend([
                self.cable.deadline(),
                self.session.deadline(),
                self.watch.deadline(),
                self.introduction.deadline(),
                self.finding.deadline().map(|until| until.due("conversations: find again")),
                lane(Lane::Text),
                lane(Lane::Upload),
                self.timeline.grace_ends().map(|end| end.due("send: decide")),
                self.timeline.doubt_begins().map(|from| from.due("send: unconfirmed")),
            ]);
        }
        // What is past had its chance in the last turn and waits for something else.
        all.into_iter().flatten().filter(|due| due.at > self.last.mono).min()
    }

    /// What there is to see.
    #[must_use]
    pub const fn view(&self) -> &Arc<View> {
        &self.view
    }

    fn route(&mut self, now: Now, event: Event, turn: &mut Turn) {
        match event {
            Event::Began { kept, is_shared } => self.begin(now.mono, kept, is_shared, turn),
            Event::Tabs(news) => self.hear_tabs(now.mono, news, turn),
            Event::Opened(is_open) => {
                self.is_open = is_open;
                if self.unread.opened(is_open) {
                    self.tell_unread(turn);
                }
            }
            Event::Drafted(text) => {
                self.composer.problem = None;
                self.composer.hold(&text);
                self.typing.drafted(now.mono, !self.composer.has_text);
                keep_draft(&text, turn);
            }
            Event::Picked(files) => self.pick(files),
            Event::Unpicked(pick) => self.composer.files.retain(|file| file.pick != pick),
            Event::Submitted(text) => self.submit(now, &text, turn),
            Event::Gathered(echo) => {
                self.timeline.gathered(&echo);
                self.keep_sends(turn);
            }
            Event::FilesMissing(echo) => {
                self.timeline.files_are_gone(&echo);
                self.keep_sends(turn);
            }
            Event::NotKept => self.note_not_kept(turn),
            Event::Progressed(id, percent) => self.progressed(now.mono, id, percent),
            Event::Retried(key) => self.try_again(now.mono, key, turn),
            Event::Discarded(key) => self.discard(key, turn),
            Event::Folded(key, is_folded) => self.timeline.fold(key, is_folded),
            Event::Filled(message, fields) => self.fill(message, fields),
            Event::Chosen(message, choice) => self.choose(message, choice, turn),
            Event::Scrolled(sight, held) => self.scrolled(sight, held),
            Event::WantedEarlier => {
                if self.window.rise(&self.timeline) {
                    self.history.want_earlier();
                }
            }
            Event::WantedNewest => self.jump(),
            Event::Listed(is_shown) => self.conversations.show(is_shown),
            Event::Switched(to) => self.switch(to, turn),
            Event::Ended => self.end_conversation(now.mono, turn),
            Event::Introduced(values) => self.introduce(now, &values, turn),
            Event::Preferred(preference) => self.prefer(preference, turn),
            Event::Denied => self.is_denied(turn),
            Event::Dismissed => self.unread.dismiss(),
            Event::WantedTranscript(format) => self.want_transcript(format),
            Event::Forgot | Event::LoggedOut => self.forget_visitor(turn),
            Event::Paged(page) => self.page = page,
            Event::Prompted(prompt) => self.prompt = prompt,
            Event::Identified(user) => self.identified(user, turn),
            Event::Attributed(said, is_of_conversation) => self.attributed(said, is_of_conversation, turn),
            Event::Prefilled(text) => self.prefill(&text, turn),
            Event::Said(text) => self.say_for_visitor(now, &text, turn),
            Event::Configured(options) => self.configure(*options),
            Event::Zoned(offsets) => self.availability.clocks_are(offsets),
            Event::Socket(link, news) => {
                let mut acts = Vec::new();
                let heard = self.cable.hear(now.mono, link, &news, &mut self.chance, &mut acts);
                self.act(acts, turn);
                if let (Some(Heard::News(heard)), SocketNews::Frame(text)) = (&heard, news)
                    && !matches!(**heard, News::Other)
                {
                    self.say(&Word::Frame(text), turn);
                }
                self.take(heard, turn);
            }
            Event::Replied(id, outcome) => {
                if let Some(call) = self.end_call(id) {
                    self.examine(&call, &outcome);
                    self.reply(now.mono, call, &outcome, turn);
                }
            }
            Event::Visible(is_visible) => {
                self.is_visible = is_visible;
                self.tabs.set_visible(is_visible);
                if is_visible {
                    self.wake(now.mono, turn);
                }
            }
            Event::Online(is_online) => {
                if is_online && !self.is_online {
                    // What failed without a network says nothing about the server.
                    self.forgive();
                }
                self.is_online = is_online;
                if is_online {
                    self.wake(now.mono, turn);
                }
            }
            Event::Blocked(Blocked::ByPolicy) => self.doctor.is_forbidden(),
            Event::Blocked(Blocked::AsMixedContent) => self.doctor.is_mixed(),
            Event::Probed(answers) => self.doctor.probed(answers),
            Event::Left => self.leave(now.mono, turn),
            Event::Returned(kept) => self.come_back(now.mono, kept, turn),
            Event::Tick => {}
        }
    }

    fn begin(&mut self, now: Mono, kept: Vec<(String, String)>, is_shared: bool, turn: &mut Turn) {
        self.generation = self.generation.max(generation::kept_in(&kept));
        let kept = self.retained(kept, turn);
        self.kept_draft = kept.iter().find(|(key, _)| key == KEY_DRAFT).map(|(_, draft)| draft.as_str().into());
        self.revive_answers(&kept);
        if let Some((_, preferences)) = kept.iter().find(|(key, _)| key == KEY_PREFERENCES) {
            self.learn_preferences(preferences, turn);
        }
        tell(self.tabs.begin(is_shared), turn);
        self.confirm_lock(now, turn);
        self.introduce_to_tabs(turn);
        self.take_stock(now, kept);
        self.restore_draft();
    }

    fn submit(&mut self, now: Now, text: &str, turn: &mut Turn) {
        // The server answers a NUL with a fault.
        let text = text.replace('\0', "");
        let text = text.trim();
        if text.is_empty() && self.composer.files.is_empty() {
            return;
        }
        if self.is_closed() || self.form().is_some() {
            return self.put_into_composer(text.into());
        }
        self.composer.problem = if text.chars().count() > view::TEXT_CHARS_MAX as usize {
            Some(Problem::TooLong)
        } else if self.timeline.shown_sends().count() >= UNSENT_MAX {
            Some(Problem::TooMany)
        } else {
            None
        };
        if self.composer.problem.is_some() {
            self.put_into_composer(text.into());
            return;
        }
        self.composer.hold("");
        self.typing.drafted(now.mono, true);
        self.unread.wrote();
        self.jump();
        let echo: EchoId = self.chance.uuid().into();
        let files = std::mem::take(&mut self.composer.files);
        if !files.is_empty() {
            turn.effects.push(Effect::Gather(echo.clone(), files.iter().map(|file| file.pick).collect()));
        }
        self.timeline.submit(echo, text, files, now.wall, self.speaker());
        self.keep_sends(turn);
        keep_draft("", turn);
        tell(self.tabs.wonder(now.mono), turn);
    }

    fn scrolled(&mut self, sight: Sight, held: Option<RowKey>) {
        let held = held.and_then(|key| self.view.thread.rows.iter().find(|row| row.key == key));
        let held = held.and_then(|row| row.content.said()).map(|message| message.id);
        if self.window.scrolled(&self.timeline, sight, held) {
            self.history.want_earlier();
        }
        if self.window.shows_newest() {
            self.unread.reached_end();
        }
    }

    fn jump(&mut self) {
        self.window.jump();
        self.unread.reached_end();
    }

    fn try_again(&mut self, now: Mono, key: RowKey, turn: &mut Turn) {
        let Some(echo) = self.timeline.echo_of(key).filter(|_| !self.is_closed()) else { return };
        self.send_again(now, &echo, turn);
        if !self.tabs.is_in_charge() {
            self.say(&Word::Retry(echo), turn);
            tell(self.tabs.wonder(now), turn);
        }
    }

    /// The person wants a send tried again. For one of unclear fate that is a question to history first: not to a read
    /// that hangs with the rest, but to a new one.
    fn send_again(&mut self, now: Mono, echo: &EchoId, turn: &mut Turn) {
        self.retries.iter_mut().for_each(Backoff::hurry);
        self.timeline.retry(echo, now);
        if self.tabs.is_in_charge() && self.timeline.grace_ends().is_some_and(|end| end <= now) {
            for call in self.abort(&|call, _| matches!(call, Call::ReadMessages { .. }), turn) {
                self.reply(now, call, &Outcome::Unclear, turn);
            }
            self.history.hurry();
        }
    }

    fn discard(&mut self, key: RowKey, turn: &mut Turn) {
        let Some(echo) = self.timeline.echo_of(key) else { return };
        if let Some(send) = self.give_up(&echo, turn) {
            if !send.text.is_empty() {
                self.put_into_composer(send.text);
            }
            // Of an earlier page's files there is nothing left to pick.
            self.composer.files.extend(send.files.into_iter().filter(|file| file.pick > 0));
            if !self.tabs.is_in_charge() {
                self.say(&Word::Discard(echo), turn);
            }
        }
    }

    /// A send is not to be sent any more; a request that carries it is dropped.
    fn give_up(&mut self, echo: &EchoId, turn: &mut Turn) -> Option<Send> {
        let send = self.timeline.discard(echo)?;
        self.abort(&|call, _| matches!(call, Call::Post { echo: other, .. } if other == echo), turn);
        Some(send)
    }

    fn pick(&mut self, files: Vec<Enclosed>) {
        self.composer.problem = None;
        for file in files {
            if self.composer.files.len() >= view::FILES_MAX {
                self.composer.problem = Some(Problem::TooManyFiles);
            } else if file.size > view::FILE_BYTES_MAX {
                self.composer.problem = Some(Problem::FileTooLarge(file.name));
            } else {
                self.composer.files.push(file);
            }
        }
    }

    /// A request is given up when nothing moves for a while, not when it takes long.
    fn progressed(&mut self, now: Mono, id: CallId, percent: u8) {
        if let Some((_, call, asked)) = self.calls.iter_mut().find(|(other, ..)| *other == id) {
            *asked = now;
            if let Call::Post { echo, .. } = call {
                self.timeline.progressed(echo, percent);
            }
        }
    }

    const fn retry(&mut self, lane: Lane) -> &mut Backoff {
        let [text, upload] = &mut self.retries;
        match lane {
            Lane::Text => text,
            Lane::Upload => upload,
        }
    }

    fn pause(&mut self, lane: Lane, now: Mono, at_least_ms: u64) {
        let mut chance = self.chance.clone();
        self.retry(lane).failed(now, &mut chance, at_least_ms);
        self.chance = chance;
    }

    fn wake(&mut self, now: Mono, turn: &mut Turn) {
        let mut acts = Vec::new();
        let heard = self.cable.wake(now, &mut self.chance, &mut acts);
        self.act(acts, turn);
        self.take(heard, turn);
        self.history.hurry();
        self.session.hurry();
        self.retries.iter_mut().for_each(Backoff::hurry);
        self.answering.hurry();
        tell(self.tabs.wonder(now), turn);
    }

    fn forgive(&mut self) {
        self.cable.forgive();
        self.history.forgive();
        self.session.forgive();
        self.retries.iter_mut().for_each(Backoff::succeeded);
    }

    /// The device has not kept what it was to keep. Who waits for a message to leave is told not to leave the page before.
    fn note_not_kept(&mut self, turn: &mut Turn) {
        if !std::mem::replace(&mut self.is_not_kept_told, true) {
            telling::tell_not_kept(turn);
        }
        if self.timeline.shown_sends().next().is_some() {
            self.composer.problem = Some(Problem::NotKept);
        }
    }

    /// Puts the draft that the device kept into the composer, once the visitor may see it.
    fn restore_draft(&mut self) {
        if !self.is_hidden()
            && let Some(draft) = self.kept_draft.take().filter(|_| !self.composer.has_text)
        {
            self.put_into_composer(draft);
        }
    }

    fn put_into_composer(&mut self, text: Arc<str>) {
        self.composer.hold(&text);
        self.composer.put = (self.composer.put.0.wrapping_add(1), text);
    }
}

fn keep_draft(text: &str, turn: &mut Turn) {
    turn.effects.push(if text.is_empty() {
        Effect::Erase(KEY_DRAFT.to_owned())
    } else {
        Effect::Save(KEY_DRAFT.to_owned(), text.to_owned())
    });
}
