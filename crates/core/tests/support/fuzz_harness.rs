//! Every place where the core reads what somebody else wrote, and a widget that can be made to live through anything.
//! The property tests and the fuzzer share it, so that what the one finds the other can repeat.

use natter_core::event::{ComposerEvent, ConnectionEvent, PageEvent, PanelEvent, ThreadEvent};
use std::collections::VecDeque;
use std::hint::black_box;

use natter_core::chatwoot::{self, HttpRequest};
use natter_core::conversation::timeline::{OutgoingRecord, RowKey};
use natter_core::host::settings::Settings;
use natter_core::markdown;
use natter_core::rng::{Rng, Seed};
use natter_core::time::{Due, Mono, Now, Wall};
use natter_core::url::SafeUrl;
use natter_core::view::RowContent;
use natter_core::visitor::session::Session;
use natter_core::{ChatClient, Effect, Event, Outcome, RequestId, SocketEvent, SocketId, TabEvent};

/// Reads a text, whatever comes of it: here it matters only that it comes to an end.
pub type Parser = fn(&str);

/// The readers by name.
pub const PARSERS: [(&str, Parser); 14] = [
    ("frame", |text| _ = black_box(chatwoot::frame(text))),
    ("contact", |text| _ = black_box(chatwoot::contact(text))),
    ("conversation", |text| _ = black_box(chatwoot::conversation(text))),
    ("conversations", |text| _ = black_box(chatwoot::conversations(text))),
    ("message", |text| _ = black_box(chatwoot::message(text))),
    ("messages", |text| _ = black_box(chatwoot::messages(text))),
    ("refusal", |text| _ = black_box(chatwoot::error_text(text))),
    ("verdict", |text| {
        let outcome = |status| Outcome::Answered { status, body: text.to_owned(), retry_after_ms: Some(u64::MAX) };
        for status in [0, 200, 404, 422, 429, 503, u16::MAX] {
            black_box(outcome(status).response());
        }
    }),
    ("kept send", |text| {
        if let Some(kept) = OutgoingRecord::parse(text) {
            black_box(kept.to_json());
            black_box(kept.restore(RowKey(1), "echo".into(), Mono(0)));
        }
    }),
    ("session", |text| {
        let mut session = Session::new(Rng::new([1, 2, 3, 4]));
        session.restore(text);
        black_box(session.next_request(Mono(0), natter_core::visitor::session::Need::Conversation));
        black_box(session.take_record());
    }),
    ("settings", |text| {
        _ = black_box(Settings::new(text, "inbox"));
        if let Ok(settings) = Settings::new("https://chat.example.test", text) {
            black_box(chatwoot::request(&settings, text, &natter_core::ApiRequest::GetContact, "", &[]));
            black_box(settings.storage_prefix());
        }
    }),
    ("markdown", |text| _ = black_box(markdown::parse(text))),
    ("words", |text| _ = black_box(markdown::plain_text(text))),
    ("address", |text| _ = black_box((SafeUrl::new(text), SafeUrl::of_file(text)))),
];

/// What befalls a widget.
#[derive(Clone, Debug)]
pub enum Step {
    /// Time passes.
    Wait(u64),
    /// The device sleeps: only its wall clock goes on.
    Sleep(u64),
    /// A frame comes on the socket that is open.
    Frame(String),
    /// The socket that is open closes.
    Close,
    /// The oldest open request ends.
    End(Outcome),
    /// Whatever else.
    Event(Event),
}

/// A widget, its clocks, and what it waits for.
pub struct FuzzClient {
    pub widget: ChatClient,
    now: Now,
    /// Requests nobody has answered yet.
    pub requests: VecDeque<(RequestId, HttpRequest)>,
    socket: Option<SocketId>,
    /// What it asked for so far.
    pub effects: Vec<Effect>,
}

const SERVER: &str = "https://chat.example.test";

impl FuzzClient {
    /// A first-time visitor.
    pub fn new() -> Self {
        let settings = Settings::new(SERVER, "inboxMainIdentifier00001").expect("these can be used");
        let now = Now { mono: Mono(1_000), wall: Wall(1_795_223_800_000) };
        let seed = Seed { identity: [1, 2, 3, 4], general: [5, 6, 7, 8] };
        let widget = ChatClient::new(settings, seed, now);
        Self { widget, now, requests: VecDeque::new(), socket: None, effects: Vec::new() }
    }

    /// A visitor with a conversation, number 6, whose history is these messages, and with a live socket.
    pub fn returning(page: &str) -> Self {
        let mut client = Self::new();
        client.step(started(vec![("session".to_owned(), SESSION.to_owned())]));
        let page = || Step::End(Outcome::Answered { status: 200, body: page.to_owned(), retry_after_ms: None });
        client.step(page());
        client.step(Step::Frame(r#"{"type":"welcome"}"#.to_owned()));
        client.step(Step::Frame(r#"{"type":"confirm_subscription"}"#.to_owned()));
        client.step(page());
        client
    }

    /// Lives through one thing, and looks whether what must always hold still does.
    pub fn step(&mut self, step: Step) {
        let event = match step {
            Step::Wait(ms) => {
                self.now.mono = self.now.mono.plus(ms);
                self.now.wall.0 = self.now.wall.0.saturating_add(ms);
                Event::Tick
            }
            Step::Sleep(ms) => {
                self.now.wall.0 = self.now.wall.0.saturating_add(ms);
                Event::Tick
            }
            Step::Frame(text) => match self.socket {
                Some(socket) => Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Frame(text) }),
                None => return,
            },
            Step::Close => match self.socket.take() {
                Some(socket) => Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Closed }),
                None => return,
            },
            Step::End(outcome) => match self.requests.pop_front() {
                Some((request, _)) => Event::Connection(ConnectionEvent::RequestEnded { request, outcome }),
                None => return,
            },
            Step::Event(event) => event,
        };
        let update = self.widget.update(self.now, event);
        for effect in update.effects {
            self.perform(&effect);
            self.effects.push(effect);
        }
        self.check_invariants();
    }

    fn perform(&mut self, effect: &Effect) {
        match effect {
            Effect::SendRequest { id, request } => {
                assert!(request.url.starts_with("https://chat.example.test/public/api/v1/inboxes/"), "{request:?}");
                self.requests.push_back((*id, request.clone()));
            }
            Effect::AbortRequest { id } => self.requests.retain(|(other, _)| other != id),
            Effect::OpenSocket { socket, url } => {
                assert_eq!(url, "wss://chat.example.test/cable");
                self.socket = Some(*socket);
            }
            Effect::CloseSocket { socket } => self.socket = self.socket.filter(|open| open != socket),
            Effect::Save { key, value: _ } | Effect::Delete { key } => {
                let is_ours = ["send/", "answer/"].iter().any(|ours| key.starts_with(ours));
                let names = ["session", "draft", "introduction", "preferences", "generation"];
                assert!(names.contains(&key.as_str()) || is_ours, "{key}");
            }
            Effect::Transmit { .. }
            | Effect::Host(_)
            | Effect::Tabs(_)
            | Effect::Probe { url: _ }
            | Effect::LookUpTimeZone { zone: _ }
            | Effect::StoreFiles { .. }
            | Effect::DeleteFiles { message: _ }
            | Effect::EraseDevice { .. } => {}
        }
    }

    fn check_invariants(&self) {
        if let Some(Due { at: due, reason }) = self.widget.deadline() {
            assert!(due > self.now.mono, "{reason} would keep a browser busy for ever");
        }
        let rows = &self.widget.view().thread.rows;
        let mut keys: Vec<RowKey> = rows.iter().map(|row| row.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), rows.len(), "a row's key is its own");
        let said = rows.iter().map_while(|row| match &row.content {
            RowContent::Stored(message) => Some(message.id),
            RowContent::Outgoing { .. } => None,
        });
        assert!(said.is_sorted_by(|one, next| one < next), "messages are in order, once each");
    }
}

/// What a device keeps of a visitor whose conversation is number 6.
pub const SESSION: &str = concat!(
    r#"{"v":1,"customer_identifier":"9e46c098-beaf-4807-8512-94a2614abf55","pubsub_token":"PTAuuZcXEafsxcdaFHtyzGdD","#,
    r#""conversation":6,"conversations":[6],"creating":false}"#
);

/// A client told in lines: what befalls, in a letter, and its text. It begins with a conversation unless the first line
/// is `new`.
pub fn run_script(script: &str) {
    let mut client = if script.starts_with("new\n") { FuzzClient::new() } else { FuzzClient::returning("[]") };
    for line in script.lines() {
        if let Some(step) = read_step(line) {
            client.step(step);
        }
    }
}

fn read_step(line: &str) -> Option<Step> {
    let mut letters = line.chars();
    let letter = letters.next()?;
    let text = letters.as_str();
    let number = || text.parse().unwrap_or(1);
    let answered =
        |status| Step::End(Outcome::Answered { status, body: text.to_owned(), retry_after_ms: text.parse().ok() });
    Some(match letter {
        'f' => Step::Frame(text.to_owned()),
        '2' => answered(200),
        '4' => answered(404),
        '9' => answered(429),
        '!' => answered(422),
        '?' => Step::End(Outcome::Unknown),
        'n' => Step::End(Outcome::NotSent),
        'c' => Step::Close,
        'w' => Step::Wait(number()),
        'z' => Step::Sleep(number()),
        's' => Step::Event(Event::Composer(ComposerEvent::Submitted { text: text.to_owned() })),
        'd' => Step::Event(Event::Composer(ComposerEvent::DraftChanged { text: text.to_owned() })),
        'r' => Step::Event(Event::Thread(ThreadEvent::RetryRequested { row: RowKey(number()) })),
        'x' => Step::Event(Event::Thread(ThreadEvent::MessageDiscarded { row: RowKey(number()) })),
        'p' => Step::Event(Event::Thread(ThreadEvent::TextFolded { row: RowKey(number()), is_folded: false })),
        'q' => Step::Event(Event::Thread(ThreadEvent::TextFolded { row: RowKey(number()), is_folded: true })),
        'o' => Step::Event(Event::Panel(PanelEvent::Toggled { is_open: text.is_empty() })),
        'v' => Step::Event(Event::Page(PageEvent::VisibilityChanged { is_visible: text.is_empty() })),
        'l' => Step::Event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: text.is_empty() })),
        'u' => Step::Event(Event::Thread(ThreadEvent::EarlierRequested)),
        'j' => Step::Event(Event::Thread(ThreadEvent::NewestRequested)),
        'b' => started(vec![record(text)]),
        'g' => Step::Event(Event::Started { stored: vec![record(text)], has_tab_sync: true }),
        'k' => Step::Event(Event::Tabs(TabEvent::LockGranted { stored: vec![record(text)] })),
        't' => Step::Event(Event::Tabs(TabEvent::LockStolen)),
        'i' => Step::Event(Event::Tabs(TabEvent::LockQueried { is_ours: text.is_empty(), generation: number() })),
        'm' => Step::Event(Event::Tabs(TabEvent::Received { text: text.to_owned() })),
        'a' => Step::Event(Event::Page(PageEvent::Suspended)),
        'e' => Step::Event(Event::Page(PageEvent::Resumed { stored: vec![record(text)] })),
        _ => return None,
    })
}

/// A page load in the only tab there is, on a device that keeps this.
pub fn started(kept: Vec<(String, String)>) -> Step {
    Step::Event(Event::Started { stored: kept, has_tab_sync: false })
}

fn record(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}
