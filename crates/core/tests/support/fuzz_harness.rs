//! Every parser of the core that reads foreign text, and a client that runs any sequence of events. Property tests and
//! the fuzzer share both, so that either can repeat what the other has found.

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

/// Parses a text and drops the result: it matters only that it returns.
pub type Parser = fn(&str);

/// The parsers by name.
pub const PARSERS: [(&str, Parser); 14] = [
    ("frame", |text| _ = black_box(chatwoot::parse_frame(text))),
    ("contact", |text| _ = black_box(chatwoot::parse_contact(text))),
    ("conversation", |text| _ = black_box(chatwoot::parse_conversation(text))),
    ("conversations", |text| _ = black_box(chatwoot::parse_conversations(text))),
    ("message", |text| _ = black_box(chatwoot::parse_message(text))),
    ("messages", |text| _ = black_box(chatwoot::parse_messages(text))),
    ("rejection reason", |text| _ = black_box(chatwoot::parse_error_text(text))),
    ("response status", |text| {
        let outcome = |status| Outcome::Answered { status, body: text.to_owned(), retry_after_ms: Some(u64::MAX) };
        for status in [0, 200, 404, 422, 429, 503, u16::MAX] {
            black_box(outcome(status).response());
        }
    }),
    ("outbox record", |text| {
        if let Some(record) = OutgoingRecord::parse(text) {
            black_box(record.to_json());
            black_box(record.restore(RowKey(1), "echo".into(), Mono(0)));
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
            black_box(chatwoot::build_request(&settings, text, &natter_core::ApiRequest::GetContact, "", &[]));
            black_box(settings.storage_prefix());
        }
    }),
    ("markdown", |text| _ = black_box(markdown::parse(text))),
    ("plain text of markdown", |text| _ = black_box(markdown::plain_text(text))),
    ("URL", |text| _ = black_box((SafeUrl::new(text), SafeUrl::of_file(text)))),
];

/// A step in a client's run.
#[derive(Clone, Debug)]
pub enum Step {
    /// Both clocks advance.
    Wait(u64),
    /// The device sleeps: only the wall clock advances.
    Sleep(u64),
    /// A cable frame arrives on the open socket.
    Frame(String),
    /// The open socket closes.
    Close,
    /// The oldest pending request ends.
    End(Outcome),
    /// Any other event.
    Event(Event),
}

/// A client with its clocks, its pending requests and its effects.
pub struct FuzzClient {
    pub widget: ChatClient,
    now: Now,
    /// Requests without a response so far.
    pub requests: VecDeque<(RequestId, HttpRequest)>,
    socket: Option<SocketId>,
    /// All effects so far.
    pub effects: Vec<Effect>,
}

const SERVER: &str = "https://chat.example.test";

impl FuzzClient {
    /// A first visit.
    pub fn new() -> Self {
        let settings = Settings::new(SERVER, "inboxMainIdentifier00001").expect("these can be used");
        let now = Now { mono: Mono(1_000), wall: Wall(1_795_223_800_000) };
        let seed = Seed { identity: [1, 2, 3, 4], general: [5, 6, 7, 8] };
        let widget = ChatClient::new(settings, seed, now);
        Self { widget, now, requests: VecDeque::new(), socket: None, effects: Vec::new() }
    }

    /// A returning visitor with conversation 6, this history page and a live socket.
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

    /// Dispatches one step, then checks the invariants.
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
            assert!(due > self.now.mono, "a deadline of {reason} in the past would loop for ever");
        }
        let rows = &self.widget.view().thread.rows;
        let mut keys: Vec<RowKey> = rows.iter().map(|row| row.key).collect();
        keys.sort_unstable();
        keys.dedup();
        assert_eq!(keys.len(), rows.len(), "row keys are unique");
        let ids = rows.iter().map_while(|row| match &row.content {
            RowContent::Stored(message) => Some(message.id),
            RowContent::Outgoing { .. } => None,
        });
        assert!(ids.is_sorted_by(|one, next| one < next), "messages are in order, once each");
    }
}

/// The session record of a visitor with conversation 6.
pub const SESSION: &str = concat!(
    r#"{"v":1,"customer_identifier":"9e46c098-beaf-4807-8512-94a2614abf55","pubsub_token":"PTAuuZcXEafsxcdaFHtyzGdD","#,
    r#""conversation":6,"conversations":[6],"creating":false}"#
);

/// Runs a script: each line is a step, as a letter and its text. The client is a returning visitor unless the first
/// line is `new`.
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

/// A page load in a single tab with these stored records.
pub fn started(stored: Vec<(String, String)>) -> Step {
    Step::Event(Event::Started { stored, has_tab_sync: false })
}

fn record(text: &str) -> (String, String) {
    let (key, value) = text.split_once('=').unwrap_or((text, ""));
    (key.to_owned(), value.to_owned())
}
