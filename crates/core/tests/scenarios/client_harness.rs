//! `ClientHarness`: one `ChatClient` with a manual clock and in-memory storage. It collects the client's effects, and
//! tests answer its requests with Chatwoot's JSON.

use natter_core::chatwoot::{Body, HttpRequest, Method};
use natter_core::conversation::timeline::RowKey;
use natter_core::event::{ComposerEvent, ConnectionEvent};
use natter_core::host::events::HostEvent;
use natter_core::host::settings::{Options, Settings};
use natter_core::model::EchoId;
use natter_core::rng::Seed;
use natter_core::time::{Due, Mono, Now, Wall};
use natter_core::view::{Row, RowContent};
use natter_core::visitor::generation;
use natter_core::{ChatClient, Effect, Event, Outcome, RequestId, SocketEvent, SocketId, TabAction};
use serde_json::{Value, json};

use crate::replay::Report;

pub const CONVERSATION: u64 = 6;
pub const TOKEN: &str = "PTAuuZcXEafsxcdaFHtyzGdD";
/// The wall clock at the start, in seconds since 1970.
pub const START: u64 = 1_795_223_800;

/// A client with its clock, its storage and the effects it asked for.
pub struct ClientHarness {
    pub widget: ChatClient,
    settings: Settings,
    pub now: Mono,
    /// The records on the device (localStorage in a browser).
    pub storage: std::collections::BTreeMap<String, String>,
    /// Requests without a response so far.
    pub requests: Vec<(RequestId, HttpRequest)>,
    /// The socket the client opened last, unless it was closed.
    pub socket: Option<SocketId>,
    /// Text frames that the client sent on sockets.
    pub transmitted: Vec<(SocketId, String)>,
    /// Host events: what the host page was told.
    pub host_events: Vec<HostEvent>,
    /// Requests that the client aborted.
    pub aborted: Vec<RequestId>,
    /// The response body to status requests (`Request::read_until`), as far as the client reads it.
    pub status_response: String,
    /// The number of status requests; each is answered at once.
    pub status_requests: u32,
    /// The response body to inbox requests; each is answered at once.
    pub inbox_response: Value,
    /// The HTTP status of the response to inbox requests.
    pub inbox_status: u16,
    /// The number of inbox requests.
    pub inbox_requests: usize,
    /// Time zones that the client asked the platform to look up.
    pub time_zone_lookups: Vec<String>,
    /// URLs that the client asked the platform to probe.
    pub probes: Vec<String>,
    /// Lock and channel actions that the client asked for (`TabAction`).
    pub tab_actions: Vec<TabAction>,
    /// Files that the client asked to store: the message's echo_id and its picked files.
    pub files_to_store: Vec<(EchoId, Vec<u64>)>,
    /// Messages (by echo_id) whose stored files the client deleted.
    pub deleted_files: Vec<EchoId>,
    /// One entry for each erasure of the device: the messages whose files were kept.
    pub erasures: Vec<Vec<EchoId>>,
}

/// Every test also checks diagnostics: the client's report must replay to the same state, unless its oldest events were
/// dropped.
impl Drop for ClientHarness {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let report = Report::of(&self.widget);
        if report.is_complete() {
            report.assert_replays();
        }
    }
}

impl ClientHarness {
    /// A first visit: nothing is stored.
    pub fn new() -> Self {
        Self::with_storage(Default::default(), 7)
    }

    /// A page load on a device with these stored records.
    pub fn with_storage(storage: std::collections::BTreeMap<String, String>, seed: u64) -> Self {
        let mut client = Self::at(settings(), storage, seed, Mono(1_000));
        client.begin(false);
        client
    }

    fn at(settings: Settings, storage: std::collections::BTreeMap<String, String>, seed: u64, now: Mono) -> Self {
        // Spreads the seed over all bits: neighbouring seeds would give similar random numbers.
        let spread = |salt: u64| (seed ^ (salt << 48)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        let seed = Seed { identity: [1, 2, 3, 4].map(spread), general: [5, 6, 7, 8].map(spread) };
        Self {
            widget: ChatClient::new(settings.clone(), seed, clocks(now)),
            settings,
            now,
            storage,
            requests: Vec::new(),
            socket: None,
            transmitted: Vec::new(),
            host_events: Vec::new(),
            aborted: Vec::new(),
            status_response: format!(r#"{{"id":{CONVERSATION},"inbox_id":1,"status":"open","agent_last_seen_at":0,"#),
            status_requests: 0,
            inbox_response: json!({ "name": "Workshop", "timezone": "Europe/Berlin", "working_hours_enabled": false }),
            inbox_status: 200,
            inbox_requests: 0,
            time_zone_lookups: Vec::new(),
            probes: Vec::new(),
            tab_actions: Vec::new(),
            files_to_store: Vec::new(),
            deleted_files: Vec::new(),
            erasures: Vec::new(),
        }
    }

    /// A page load in one of several tabs, with these site options. `events` are dispatched before the start.
    pub fn tab(
        options: Options,
        storage: std::collections::BTreeMap<String, String>,
        seed: u64,
        now: Mono,
        events: Vec<Event>,
    ) -> Self {
        let mut client = Self::at(settings().with_options(options), storage, seed, now);
        events.into_iter().for_each(|event| client.dispatch(event));
        client.begin(true);
        client
    }

    fn begin(&mut self, is_shared: bool) {
        let stored = self.stored();
        self.dispatch(Event::Started { stored, has_tab_sync: is_shared });
    }

    /// The keys of the stored records.
    pub fn stored_keys(&self) -> Vec<&str> {
        self.storage.keys().map(String::as_str).collect()
    }

    /// The stored records, as the platform reports them to the client.
    pub fn stored(&self) -> Vec<(String, String)> {
        self.storage.clone().into_iter().collect()
    }

    /// A returning visitor with a contact, a conversation with these messages, and a live socket.
    pub fn returning(messages: &[Value]) -> Self {
        let mut client = Self::with_storage(stored_session(), 7);
        client.answer("/messages", 200, &json!(messages));
        client.go_live();
        client.answer("/messages", 200, &json!(messages));
        client
    }

    /// A returning visitor on a site with these options.
    pub fn with_options(options: Options, messages: &[Value]) -> Self {
        let mut client = Self::at(settings().with_options(options), stored_session(), 7, Mono(1_000));
        client.begin(false);
        client.answer("/messages", 200, &json!(messages));
        client.go_live();
        client.answer("/messages", 200, &json!(messages));
        client
    }

    /// A first visit to a site with these options.
    pub fn first_visit(options: Options) -> Self {
        let mut client = Self::at(settings().with_options(options), std::collections::BTreeMap::new(), 7, Mono(1_000));
        client.begin(false);
        client
    }

    /// A page load with these stored records and site options, alone or with other tabs. `events` are dispatched before
    /// the start.
    pub fn page_load(
        options: Options,
        storage: std::collections::BTreeMap<String, String>,
        events: impl IntoIterator<Item = Event>,
        is_shared: bool,
    ) -> Self {
        let mut client = Self::at(settings().with_options(options), storage, 7, Mono(1_000));
        events.into_iter().for_each(|event| client.dispatch(event));
        client.begin(is_shared);
        client
    }

    /// A returning visitor on a site where resolved conversations take no more messages.
    pub fn with_closed_resolved() -> Self {
        Self::with_options(Options { closes_resolved: true, ..Options::default() }, &[by_agent(1, "hi")])
    }

    /// A page load with the records that this client has stored.
    pub fn reload(&self, seed: u64) -> Self {
        let mut reloaded = Self::at(self.settings.clone(), self.storage.clone(), seed, Mono(1_000));
        reloaded.begin(false);
        reloaded.now = self.now;
        reloaded
    }

    pub fn dispatch(&mut self, event: Event) {
        let update = self.widget.update(clocks(self.now), event);
        let (mut status, mut inbox) = (None, None);
        for effect in update.effects {
            match effect {
                Effect::SendRequest { id, request } if request.read_until.is_some() => status = Some(id),
                Effect::SendRequest { id, request } if request.url.ends_with("/inboxes/inboxMainIdentifier00001") => {
                    inbox = Some(id)
                }
                Effect::SendRequest { id, request } => {
                    if let Some(echo) = json_body(&request)["echo_id"].as_str() {
                        let record = self.storage.get(&format!("send/{echo}")).expect("stored before it is posted");
                        assert!(
                            record.contains("\"posting\":true"),
                            "the record says that it is being posted: {record}"
                        );
                    }
                    self.requests.push((id, request));
                }
                Effect::AbortRequest { id } => {
                    self.aborted.push(id);
                    self.requests.retain(|(other, _)| *other != id);
                }
                Effect::OpenSocket { socket, url } => {
                    assert_eq!(url, "wss://chat.example.test/cable");
                    self.socket = Some(socket);
                }
                Effect::Transmit { socket, text } => self.transmitted.push((socket, text)),
                Effect::CloseSocket { socket } => self.socket = self.socket.filter(|open| *open != socket),
                Effect::Save { key, value } => {
                    self.storage.insert(key, value);
                }
                Effect::Delete { key } => {
                    self.storage.remove(&key);
                }
                Effect::Host(event) => self.host_events.push(event),
                Effect::Probe { url } => self.probes.push(url),
                Effect::Tabs(action) => self.tab_actions.push(action),
                Effect::StoreFiles { message: echo, picks } => self.files_to_store.push((echo, picks)),
                Effect::DeleteFiles { message: echo } => self.deleted_files.push(echo),
                Effect::EraseDevice { generation, keep_files } => {
                    self.storage.clear();
                    self.storage.insert(generation::KEY.to_owned(), generation.to_string());
                    self.erasures.push(keep_files);
                }
                Effect::LookUpTimeZone { zone } => self.time_zone_lookups.push(zone),
            }
        }
        if let Some(id) = status {
            self.answer_status_request(id);
        }
        if let Some(id) = inbox {
            self.inbox_requests += 1;
            assert!(self.inbox_requests < 100, "endless inbox requests");
            let outcome = Outcome::answered(self.inbox_status, self.inbox_response.to_string(), None);
            self.dispatch(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
        }
    }

    fn answer_status_request(&mut self, id: RequestId) {
        self.status_requests += 1;
        let outcome = Outcome::Answered { status: 200, body: self.status_response.clone(), retry_after_ms: None };
        self.dispatch(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
    }

    pub fn submit(&mut self, text: &str) {
        self.dispatch(Event::Composer(ComposerEvent::Submitted { text: text.to_owned() }));
    }

    /// Advances the clock; dispatches `Tick` at every deadline on the way.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while let Some(Due { at: due, .. }) = self.widget.deadline().filter(|due| due.at <= end) {
            assert!(due > self.now, "a deadline in the past would loop for ever");
            self.now = due;
            self.dispatch(Event::Tick);
        }
        self.now = end;
        self.dispatch(Event::Tick);
    }

    /// The oldest pending request of this method whose URL ends with `ending`.
    pub fn pending(&self, method: Method, ending: &str) -> Option<&(RequestId, HttpRequest)> {
        self.requests.iter().find(|(_, request)| request.method == method && path(request).ends_with(ending))
    }

    /// Answers the oldest pending request whose path ends with `ending`, and returns that request.
    pub fn answer(&mut self, ending: &str, status: u16, body: &Value) -> HttpRequest {
        self.end(ending, Outcome::Answered { status, body: body.to_string(), retry_after_ms: None })
    }

    /// Ends the oldest pending request whose path ends with `ending` with any outcome.
    pub fn end(&mut self, ending: &str, outcome: Outcome) -> HttpRequest {
        let at = self.requests.iter().position(|(_, request)| path(request).ends_with(ending));
        let at = at.unwrap_or_else(|| panic!("no pending request for {ending}; pending: {:?}", self.requests));
        let (id, request) = self.requests.remove(at);
        self.dispatch(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
        request
    }

    /// Delivers a cable frame on the open socket.
    pub fn receive(&mut self, frame: &Value) {
        let socket = self.socket.expect("a socket");
        self.dispatch(Event::Connection(ConnectionEvent::Socket {
            socket,
            event: SocketEvent::Frame(frame.to_string()),
        }));
    }

    pub fn close_socket(&mut self) {
        let socket = self.socket.take().expect("a socket");
        self.dispatch(Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Closed }));
    }

    /// Delivers welcome and subscription confirmation on the open socket, waiting for a reconnect where there is none.
    pub fn go_live(&mut self) {
        for _ in 0..100 {
            if self.socket.is_some() {
                break;
            }
            self.wait(500);
        }
        self.receive(&json!({ "type": "welcome" }));
        self.receive(&json!({ "type": "confirm_subscription", "identifier": "{}" }));
    }

    pub fn rows(&self) -> &[Row] {
        &self.widget.view().thread.rows
    }

    /// The texts of the rows, in order.
    pub fn texts(&self) -> Vec<String> {
        self.rows().iter().map(|row| row.content.text().to_owned()).collect()
    }

    /// The keys of the rows with this text.
    pub fn row_keys(&self, wanted: &str) -> Vec<RowKey> {
        self.rows().iter().filter(|row| row.content.text() == wanted).map(|row| row.key).collect()
    }

    pub fn is_stored(&self, wanted: &str) -> bool {
        self.rows().iter().any(|row| matches!(&row.content, RowContent::Stored(message) if message.text == wanted))
    }
}

fn settings() -> Settings {
    Settings::new("https://chat.example.test", "inboxMainIdentifier00001").unwrap()
}

/// Storage of a visitor with a contact and a conversation.
pub fn stored_session() -> std::collections::BTreeMap<String, String> {
    let session = json!({
        "v": 1,
        "customer_identifier": "9e46c098-beaf-4807-8512-94a2614abf55",
        "pubsub_token": TOKEN,
        "conversation": CONVERSATION,
        "conversations": [CONVERSATION],
    });
    [("session".to_owned(), session.to_string())].into()
}

pub fn contact() -> Value {
    json!({
        "source_id": "9e46c098-beaf-4807-8512-94a2614abf55",
        "pubsub_token": TOKEN,
        "id": 25,
        "name": "icy-brook-588",
        "email": null,
        "phone_number": null,
    })
}

pub fn conversation(id: u64) -> Value {
    json!({
        "id": id, "uuid": "78776242-bb83-40b9-bfd0-276bb40b894f", "inbox_id": 1, "contact_last_seen_at": 0,
        "status": "open", "agent_last_seen_at": 0, "messages": [], "contact": { "id": 25, "name": "icy-brook-588" },
    })
}

pub fn by_visitor(id: u64, text: &str) -> Value {
    json!({
        "id": id, "content": text, "message_type": 0, "content_type": "text", "content_attributes": {},
        "created_at": START + id, "conversation_id": CONVERSATION,
        "sender": { "id": 25, "name": "icy-brook-588", "type": "contact" },
    })
}

pub fn by_agent(id: u64, text: &str) -> Value {
    json!({
        "id": id, "content": text, "message_type": 1, "content_type": "text", "content_attributes": {},
        "created_at": START + id, "conversation_id": CONVERSATION,
        "sender": { "id": 2, "name": "Alice Agent", "available_name": "Alice Agent", "avatar_url": "", "type": "user" },
    })
}

/// A `message.created` frame; `echo` is the echo_id of the POST, where it had one.
pub fn created(message: &Value, echo: Option<&str>) -> Value {
    let mut data = message.clone();
    if let Some(echo) = echo {
        data["echo_id"] = json!(echo);
    }
    cable_event("message.created", data)
}

pub fn cable_event(name: &str, data: Value) -> Value {
    let identifier = json!({ "channel": "RoomChannel", "pubsub_token": TOKEN }).to_string();
    json!({ "identifier": identifier, "message": { "event": name, "data": data } })
}

pub fn json_body(request: &HttpRequest) -> Value {
    match &request.body {
        Body::Json(text) => serde_json::from_str(text).unwrap(),
        Body::Form(fields, _) => fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect(),
        Body::None => Value::Null,
    }
}

fn path(request: &HttpRequest) -> &str {
    request.url.strip_prefix("https://chat.example.test").expect("our server")
}

fn clocks(mono: Mono) -> Now {
    Now { mono, wall: Wall(START * 1_000 + mono.0) }
}
