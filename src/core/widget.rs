//! The contract's one implementation: routes each event to the machine it concerns, lets every machine do what is due,
//! and says what changed.

use std::sync::Arc;

use super::backoff::Backoff;
use super::cable::{Act, Cable, Heard};
use super::calls::{CALL_MS_MAX, Call, CallId, Outcome, Verdict};
use super::chance::{Chance, Seed};
use super::history::{History, Progress};
use super::model::{Author, ConversationId, EchoId, MessageId};
use super::session::Session;
use super::settings::Settings;
use super::time::{Mono, Now};
use super::timeline::{Keep, KeptSend, Road, Timeline};
use super::view::{self, Changed, Connection, Problem, View};
use super::wire::{self, ContactAnswer, News};
use super::{Effect, Event, Tell, Turn};

/// All chat state.
#[derive(Debug)]
pub struct Widget {
    settings: Settings,
    chance: Chance,
    last: Now,
    session: Session,
    cable: Cable,
    history: History,
    timeline: Timeline,
    /// The pause after a post that could not be made.
    lane: Backoff,
    calls: Vec<(CallId, Call, Mono)>,
    last_call: u64,
    /// Whether the conversation itself was not found; asking for the contact tells whether only that is gone.
    is_conversation_missed: bool,
    is_online: bool,
    is_open: bool,
    unread: u32,
    shown: usize,
    composer: view::Composer,
    view: View,
}

/// Rows shown to begin with, and how many more each time somebody scrolls to the top.
const SHOWN_FIRST: usize = 40;
const SHOWN_MORE: usize = 20;
/// The server's own limit, in characters.
const TEXT_CHARS_MAX: usize = 150_000;
/// Sends that may wait: more is no conversation.
const UNSENT_MAX: usize = 100;

const KEY_SESSION: &str = "session";
const KEY_DRAFT: &str = "draft";
const KEY_SEND: &str = "send/";

impl Widget {
    /// A widget that has not begun yet.
    #[must_use]
    pub fn new(settings: Settings, seed: Seed, now: Now) -> Self {
        Self {
            settings,
            chance: Chance::new(seed.chance),
            last: now,
            session: Session::new(Chance::new(seed.identity)),
            cable: Cable::default(),
            history: History::default(),
            timeline: Timeline::default(),
            lane: Backoff::new(1_000, 30_000),
            calls: Vec::new(),
            last_call: 0,
            is_conversation_missed: false,
            is_online: true,
            is_open: false,
            unread: 0,
            shown: SHOWN_FIRST,
            composer: view::Composer::default(),
            view: View::default(),
        }
    }

    /// Takes what happened; tells what to do and what changed.
    pub fn update(&mut self, now: Now, event: Event) -> Turn {
        let mut turn = Turn::default();
        if now.slept_since(self.last) {
            self.wake(now.mono, &mut turn);
        }
        self.last = now;
        self.route(now, event, &mut turn);
        self.pump(now.mono, &mut turn);
        self.keep(&mut turn);
        turn.changed = self.publish();
        turn
    }

    /// When the next `Tick` is wanted, and by whom.
    #[must_use]
    pub fn deadline(&self) -> Option<(Mono, &'static str)> {
        let call = self.calls.iter().map(|(.., asked)| (asked.plus(CALL_MS_MAX), "call: given up")).min();
        let lane = self.lane.until().filter(|_| self.timeline.has_unsent()).map(|until| (until, "send: again"));
        let grace = self.timeline.grace_ends().map(|end| (end, "send: decide"));
        [self.cable.deadline(), self.history.deadline(), self.session.deadline(), call, lane, grace]
            .into_iter()
            .flatten()
            // What is past had its chance in the last turn and waits for something else.
            .filter(|(due, _)| *due > self.last.mono)
            .min()
    }

    /// What there is to see.
    #[must_use]
    pub const fn view(&self) -> &View {
        &self.view
    }

    // --- Events ---

    fn route(&mut self, now: Now, event: Event, turn: &mut Turn) {
        match event {
            Event::Began(kept) => self.begin(now.mono, kept),
            Event::Opened(is_open) => {
                self.is_open = is_open;
                if is_open && self.unread > 0 {
                    self.unread = 0;
                    turn.effects.push(Effect::Tell(Tell::Unread(0)));
                }
            }
            Event::Drafted(text) => {
                self.composer.problem = None;
                keep_draft(&text, turn);
            }
            Event::Submitted(text) => self.submit(now, &text, turn),
            Event::Retried(key) => {
                self.lane.hurry();
                self.timeline.retry(key);
            }
            Event::Discarded(key) => {
                if let Some(text) = self.timeline.discard(key) {
                    self.put_into_composer(text);
                }
            }
            Event::ReachedTop => {
                self.shown = self.shown.min(self.timeline.len()) + SHOWN_MORE;
                if self.shown > self.timeline.len() {
                    self.history.want_earlier();
                }
            }
            Event::Socket(link, news) => {
                let mut acts = Vec::new();
                let heard = self.cable.hear(now.mono, link, &news, &mut self.chance, &mut acts);
                self.act(acts, turn);
                self.take(heard, turn);
            }
            Event::Replied(id, outcome) => {
                if let Some(call) = self.end_call(id) {
                    self.reply(now.mono, call, &outcome, turn);
                }
            }
            Event::Visible(is_visible) => {
                self.cable.set_visible(is_visible);
                if is_visible {
                    self.wake(now.mono, turn);
                }
            }
            Event::Online(is_online) => {
                self.is_online = is_online;
                if is_online {
                    self.wake(now.mono, turn);
                }
            }
            Event::Woke => self.wake(now.mono, turn),
            Event::Tick => {}
        }
    }

    fn begin(&mut self, now: Mono, kept: Vec<(String, String)>) {
        for (key, value) in kept {
            if key == KEY_SESSION {
                self.session.revive(&value);
            } else if key == KEY_DRAFT {
                self.put_into_composer(value.into());
            } else if let (Some(echo), Some(kept)) = (key.strip_prefix(KEY_SEND), KeptSend::read(&value)) {
                self.timeline.revive(kept, echo.into(), now);
            }
        }
        if let Some(id) = self.session.conversation() {
            self.timeline.belongs_to(id);
            self.history.want();
        } else {
            self.timeline.give_up_deciding();
        }
    }

    fn submit(&mut self, now: Now, text: &str, turn: &mut Turn) {
        // The server answers a NUL with a fault.
        let text = text.replace('\0', "");
        let text = text.trim();
        if text.is_empty() {
            return;
        }
        self.composer.problem = if text.chars().count() > TEXT_CHARS_MAX {
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
        let echo: EchoId = self.chance.uuid().into();
        self.timeline.submit(echo, text, now.wall);
        keep_draft("", turn);
    }

    fn wake(&mut self, now: Mono, turn: &mut Turn) {
        let mut acts = Vec::new();
        let heard = self.cable.wake(now, &mut self.chance, &mut acts);
        self.act(acts, turn);
        self.take(heard, turn);
        self.history.hurry();
        self.session.hurry();
        self.lane.hurry();
    }

    // --- What the server says by itself ---

    fn take(&mut self, heard: Option<Heard>, turn: &mut Turn) {
        match heard {
            Some(Heard::Live) => self.want_history(),
            Some(Heard::Unconfirmed) => self.session.doubt_contact(),
            Some(Heard::News(news)) => self.take_news(news, turn),
            Some(Heard::Lost) | None => {}
        }
    }

    fn take_news(&mut self, news: News, turn: &mut Turn) {
        match news {
            News::Created(message, echo) => {
                if message.conversation.is_some() && message.conversation != self.session.conversation() {
                    return;
                }
                let is_to_visitor = message.author != Author::Visitor;
                self.history.heard(message.id);
                let is_new = self.timeline.settle(message, &Road::Frame(echo));
                if is_new && is_to_visitor && !self.is_open {
                    self.unread = self.unread.saturating_add(1);
                    turn.effects.push(Effect::Tell(Tell::Unread(self.unread)));
                }
            }
            News::Updated(message) => {
                if message.conversation.is_none() || message.conversation == self.session.conversation() {
                    self.timeline.amend(message);
                }
            }
            News::Conversation(conversation) => {
                // The answer that would have told us its id was lost; this is the same news by another road.
                let is_awaited = self.calls.iter().any(|(_, call, _)| *call == Call::CreateConversation);
                if self.session.is_conversation_doubted() && !is_awaited {
                    self.session.conversation_is(conversation.id);
                    self.adopt_conversation(conversation.id);
                }
            }
            News::Other => {}
        }
    }

    // --- Answers ---

    fn reply(&mut self, now: Mono, call: Call, outcome: &Outcome, turn: &mut Turn) {
        let verdict = outcome.verdict();
        match call {
            Call::CreateContact | Call::ReadContact => self.reply_contact(now, &call, &verdict, turn),
            Call::CreateConversation | Call::ListConversations => self.reply_conversation(now, &call, &verdict),
            Call::ReadMessages { conversation, .. } => self.reply_messages(now, conversation, &verdict),
            Call::Post { conversation, echo, .. } => self.reply_post(now, conversation, &echo, verdict),
        }
    }

    fn reply_contact(&mut self, now: Mono, call: &Call, verdict: &Verdict<'_>, turn: &mut Turn) {
        match verdict {
            Verdict::Good(body) => match wire::contact(body) {
                ContactAnswer::Known(contact) => {
                    self.session.contact_is(contact);
                    if std::mem::take(&mut self.is_conversation_missed) {
                        self.session.conversation_is_gone();
                        self.start_over();
                    }
                }
                ContactAnswer::Unusable => self.session.failed(now, &mut self.chance, 0),
            },
            Verdict::Gone if *call == Call::ReadContact => {
                self.is_conversation_missed = false;
                self.session.contact_is_gone();
                self.start_over();
                let mut acts = Vec::new();
                self.cable.close(&mut acts);
                self.act(acts, turn);
            }
            // An unknown inbox identifier is found at the first message and stays so until the site is mended: the
            // message is kept, the visitor told that the team can't be reached.
            Verdict::Gone | Verdict::Refused(_) | Verdict::Unclear | Verdict::NeverLeft => {
                self.session.failed(now, &mut self.chance, 0);
            }
            Verdict::Busy(ms) => self.session.failed(now, &mut self.chance, *ms),
        }
    }

    fn reply_conversation(&mut self, now: Mono, call: &Call, verdict: &Verdict<'_>) {
        let is_create = *call == Call::CreateConversation;
        match verdict {
            // Its frame was faster. If it told of another one, that is ours now, and this one stays empty.
            Verdict::Good(_) if self.session.conversation().is_some() => self.session.is_answered(),
            Verdict::Good(body) if is_create => match wire::conversation(body) {
                Some(conversation) => self.begin_conversation(conversation.id),
                None => self.session.failed(now, &mut self.chance, 0),
            },
            Verdict::Good(body) => {
                let found = wire::conversations(body).map(|all| self.session.conversations_are(&all));
                match found {
                    Some(Some(id)) => self.adopt_conversation(id),
                    Some(None) => {}
                    None => self.session.failed(now, &mut self.chance, 0),
                }
            }
            Verdict::Gone => {
                self.session.doubt_contact();
                self.session.failed(now, &mut self.chance, 0);
            }
            Verdict::Unclear => self.session.failed(now, &mut self.chance, 0),
            Verdict::Refused(_) | Verdict::NeverLeft | Verdict::Busy(_) => {
                if is_create {
                    self.session.conversation_was_not_made();
                }
                let ms = if let Verdict::Busy(ms) = verdict { *ms } else { 0 };
                self.session.failed(now, &mut self.chance, ms);
            }
        }
    }

    fn reply_messages(&mut self, now: Mono, conversation: ConversationId, verdict: &Verdict<'_>) {
        if self.session.conversation() != Some(conversation) {
            return;
        }
        let page = match verdict {
            Verdict::Good(body) => wire::messages(body),
            Verdict::Gone => {
                self.miss_conversation();
                None
            }
            Verdict::Busy(ms) => return self.history.failed(now, &mut self.chance, *ms),
            Verdict::Refused(_) | Verdict::Unclear | Verdict::NeverLeft => None,
        };
        let Some(page) = page else {
            return self.history.failed(now, &mut self.chance, 0);
        };
        let progress = self.history.page(&page.iter().map(|message| message.id).collect::<Vec<_>>());
        for message in page {
            self.timeline.settle(message, &Road::History);
        }
        match progress {
            Progress::CaughtUp { asked, top } => {
                self.is_in_step_up_to(top);
                let from = if self.history.may_have_earlier() { self.timeline.oldest() } else { None };
                self.timeline.decide(asked, from);
            }
            Progress::Anew { oldest, asked, top } => {
                self.timeline.let_go_before(oldest);
                self.is_in_step_up_to(top);
                self.timeline.decide(asked, Some(oldest));
            }
            Progress::Earlier | Progress::Onward => {}
        }
    }

    fn is_in_step_up_to(&mut self, top: Option<MessageId>) {
        self.history.is_in_step_with(self.timeline.newest_first().filter(|id| Some(*id) <= top));
    }

    fn reply_post(&mut self, now: Mono, conversation: ConversationId, echo: &EchoId, verdict: Verdict<'_>) {
        match verdict {
            Verdict::Good(body) => match wire::message(body) {
                Some(message) => {
                    self.lane.succeeded();
                    self.timeline.settle(message, &Road::Answer(Arc::clone(echo)));
                }
                None => self.lose_sight(now, echo),
            },
            Verdict::Refused(words) => {
                self.lane.succeeded();
                self.timeline.refused(echo, words);
            }
            Verdict::Gone => {
                self.timeline.never_left(echo);
                if self.session.conversation() == Some(conversation) {
                    self.miss_conversation();
                }
            }
            Verdict::Unclear => self.lose_sight(now, echo),
            Verdict::NeverLeft => {
                self.timeline.never_left(echo);
                self.lane.failed(now, &mut self.chance, 0);
            }
            Verdict::Busy(ms) => {
                self.timeline.never_left(echo);
                self.lane.failed(now, &mut self.chance, ms);
            }
        }
    }

    fn lose_sight(&mut self, now: Mono, echo: &EchoId) {
        self.timeline.lost_sight(echo, now);
        self.lane.failed(now, &mut self.chance, 0);
        self.want_history();
    }

    fn miss_conversation(&mut self) {
        self.is_conversation_missed = true;
        self.session.doubt_contact();
    }

    /// We have just made this conversation.
    fn begin_conversation(&mut self, id: ConversationId) {
        self.session.conversation_is(id);
        self.timeline.belongs_to(id);
        self.history.is_new();
    }

    /// We found it: it may hold messages already.
    fn adopt_conversation(&mut self, id: ConversationId) {
        self.timeline.belongs_to(id);
        self.history.want();
    }

    fn start_over(&mut self) {
        self.timeline.start_over();
        self.history = History::default();
        // A read of the old conversation's has nobody to answer to any more.
        self.calls.retain(|(_, call, _)| !matches!(call, Call::ReadMessages { .. } | Call::Post { .. }));
    }

    fn want_history(&mut self) {
        if self.session.conversation().is_some() {
            self.history.want();
        }
    }

    // --- What is due ---

    /// Lets every machine do what it can now; what one does may free another.
    fn pump(&mut self, now: Mono, turn: &mut Turn) {
        self.give_up_calls(now, turn);
        if self.timeline.grace_ends().is_some_and(|end| end <= now) && !self.is_reading() {
            self.want_history();
        }
        let has_unsent = self.timeline.has_unsent();
        if let Some(call) = self.session.next(now, has_unsent) {
            self.keep(turn);
            self.call(now, call, turn);
        }
        let mut acts = Vec::new();
        if self.session.is_contact_sure()
            && let Some(token) = self.session.pubsub_token()
        {
            self.cable.subscribe_as(token, &mut acts);
        }
        let heard = self.cable.tick(now, &mut self.chance, &mut acts);
        self.act(acts, turn);
        self.take(heard, turn);
        self.read_and_post(now, turn);
    }

    fn read_and_post(&mut self, now: Mono, turn: &mut Turn) {
        let Some(conversation) = self.session.conversation().filter(|_| self.session.is_contact_sure()) else {
            return;
        };
        let floor = self.timeline.doubtful_from().map_or(self.history.floor(), |floor| floor.and(self.history.floor()));
        if let Some(before) = self.history.next(now, floor, self.timeline.oldest()) {
            self.call(now, Call::ReadMessages { conversation, before }, turn);
        }
        // Until the newest messages are known, nobody could tell an old message from this one, were its answer lost.
        if self.history.has_begun()
            && self.is_online
            && self.lane.is_over(now)
            && let Some((echo, text)) = self.timeline.begin_post()
        {
            self.keep(turn);
            self.call(now, Call::Post { conversation, echo, text }, turn);
        }
    }

    fn give_up_calls(&mut self, now: Mono, turn: &mut Turn) {
        let late = |asked: &Mono| asked.plus(CALL_MS_MAX) <= now;
        let ids: Vec<CallId> = self.calls.iter().filter(|(.., asked)| late(asked)).map(|(id, ..)| *id).collect();
        for id in ids {
            turn.effects.push(Effect::Abort(id));
            if let Some(call) = self.end_call(id) {
                self.reply(now, call, &Outcome::Unclear, turn);
            }
        }
    }

    fn is_reading(&self) -> bool {
        self.calls.iter().any(|(_, call, _)| matches!(call, Call::ReadMessages { .. }))
    }

    fn call(&mut self, now: Mono, call: Call, turn: &mut Turn) {
        self.last_call += 1;
        let id = CallId(self.last_call);
        let request = wire::request(&self.settings, self.session.source_id().unwrap_or_default(), &call);
        self.calls.push((id, call, now));
        turn.effects.push(Effect::Call(id, request));
    }

    fn end_call(&mut self, id: CallId) -> Option<Call> {
        let at = self.calls.iter().position(|(other, ..)| *other == id)?;
        Some(self.calls.remove(at).1)
    }

    fn act(&self, acts: Vec<Act>, turn: &mut Turn) {
        turn.effects.extend(acts.into_iter().map(|act| match act {
            Act::Connect(link) => Effect::Connect(link, wire::cable_url(&self.settings)),
            Act::Transmit(link, text) => Effect::Transmit(link, text),
            Act::Disconnect(link) => Effect::Disconnect(link),
        }));
    }

    /// Whatever must survive a crash goes to storage before what depends on it leaves the device.
    fn keep(&mut self, turn: &mut Turn) {
        if let Some(kept) = self.session.take_kept() {
            turn.effects.push(match kept {
                Some(kept) => Effect::Save(KEY_SESSION.to_owned(), kept),
                None => Effect::Erase(KEY_SESSION.to_owned()),
            });
        }
        turn.effects.extend(self.timeline.take_keep().into_iter().map(|keep| match keep {
            Keep::Save(echo, kept) => Effect::Save(format!("{KEY_SEND}{echo}"), kept),
            Keep::Erase(echo) => Effect::Erase(format!("{KEY_SEND}{echo}")),
        }));
    }

    // --- What there is to see ---

    fn put_into_composer(&mut self, text: Arc<str>) {
        self.composer.put = (self.composer.put.0.wrapping_add(1), text);
    }

    fn publish(&mut self) -> Changed {
        let panel = view::Panel { is_open: self.is_open, unread: self.unread, connection: self.connection() };
        let around = view::Thread {
            rows: Vec::new(),
            skipped: 0,
            is_loading: self.session.conversation().is_some() && !self.history.has_begun(),
            has_earlier: self.history.may_have_earlier() || self.timeline.len() > self.shown,
            is_loading_earlier: self.history.is_reading_earlier(),
        };
        let was = &self.view.thread;
        let is_same_around = (was.is_loading, was.has_earlier, was.is_loading_earlier)
            == (around.is_loading, around.has_earlier, around.is_loading_earlier);
        let is_same_window = was.rows.len() + was.skipped == self.timeline.len()
            && was.skipped == self.timeline.len().saturating_sub(self.shown);
        let mut changed = Changed::default();
        if self.timeline.take_changed() || !is_same_around || !is_same_window {
            let (skipped, rows) = view::rows(&self.timeline, self.shown);
            let thread = view::Thread { rows, skipped, ..around };
            changed.thread = thread != self.view.thread;
            self.view.thread = thread;
        }
        if panel != self.view.panel {
            changed.panel = true;
            self.view.panel = panel;
        }
        if self.composer != self.view.composer {
            changed.composer = true;
            self.view.composer = self.composer.clone();
        }
        changed
    }

    /// One failure is nothing: the next try comes within a second or two.
    fn connection(&self) -> Connection {
        let failures = [self.cable.failures(), self.history.failures(), self.session.failures(), self.lane.tries()];
        if !self.is_online {
            Connection::Offline
        } else if failures.iter().any(|failures| *failures > 1) {
            Connection::Unreachable
        } else {
            Connection::Fine
        }
    }
}

fn keep_draft(text: &str, turn: &mut Turn) {
    turn.effects.push(if text.is_empty() {
        Effect::Erase(KEY_DRAFT.to_owned())
    } else {
        Effect::Save(KEY_DRAFT.to_owned(), text.to_owned())
    });
}
