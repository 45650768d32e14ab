//! A widget on the client: its clock is turned by hand, its effects are collected, and a small server of messages says
//! what Chatwoot says.

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
/// When the client's day begins, in seconds since 1970.
pub const START: u64 = 1_795_223_800;

/// A widget with its clock, its storage and what it asked for.
pub struct ClientHarness {
    pub widget: ChatClient,
    settings: Settings,
    pub now: Mono,
    /// What the device keeps.
    pub storage: std::collections::BTreeMap<String, String>,
    /// Requests nobody has answered yet.
    pub requests: Vec<(RequestId, HttpRequest)>,
    /// The socket asked for last, unless it was closed.
    pub socket: Option<SocketId>,
    /// What was sent on sockets.
    pub transmitted: Vec<(SocketId, String)>,
    /// What the page was told.
    pub host_events: Vec<HostEvent>,
    /// Calls dropped by the widget.
    pub aborted: Vec<RequestId>,
    /// What the server says of where the conversation stands, as far as that is read.
    pub status_response: String,
    /// How often it was asked for that; it is answered at once.
    pub status_requests: u32,
    /// What the server says of the inbox; it is answered at once.
    pub inbox_response: Value,
    /// With which status.
    pub inbox_status: u16,
    /// How often it was asked for.
    pub inbox_requests: usize,
    /// Time zones it wants looked up.
    pub time_zone_lookups: Vec<String>,
    /// Addresses it wants probed.
    pub probes: Vec<String>,
    /// What it wants done about other tabs.
    pub tab_actions: Vec<TabAction>,
    /// Files it wants kept, by their picks.
    pub files_to_store: Vec<(EchoId, Vec<u64>)>,
    /// Sends whose files it wants forgotten.
    pub deleted_files: Vec<EchoId>,
    /// Each time it wanted all forgotten: the sends whose files stay.
    pub erasures: Vec<Vec<EchoId>>,
}

/// Whatever a story was about: its report can be lived through, unless it was too long to be told.
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
    /// A first-time visitor.
    pub fn new() -> Self {
        Self::with_storage(Default::default(), 7)
    }

    /// A page load on a device that keeps this.
    pub fn with_storage(storage: std::collections::BTreeMap<String, String>, seed: u64) -> Self {
        let mut client = Self::at(settings(), storage, seed, Mono(1_000));
        client.begin(false);
        client
    }

    fn at(settings: Settings, storage: std::collections::BTreeMap<String, String>, seed: u64, now: Mono) -> Self {
        // Spread over all bits: neighbouring seeds would begin with the same numbers.
        let word = |salt: u64| (seed ^ (salt << 48)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        let seed = Seed { identity: [1, 2, 3, 4].map(word), general: [5, 6, 7, 8].map(word) };
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

    /// A page load in one of several tabs, on a site with these options that asks for this at once.
    pub fn tab(
        options: Options,
        storage: std::collections::BTreeMap<String, String>,
        seed: u64,
        now: Mono,
        events: Vec<Event>,
    ) -> Self {
        let mut client = Self::at(settings().with_options(options), storage, seed, now);
        events.into_iter().for_each(|event| client.event(event));
        client.begin(true);
        client
    }

    fn begin(&mut self, is_shared: bool) {
        let stored = self.stored();
        self.event(Event::Started { stored, has_tab_sync: is_shared });
    }

    /// The names of what the device keeps.
    pub fn stored_keys(&self) -> Vec<&str> {
        self.storage.keys().map(String::as_str).collect()
    }

    /// What the device keeps, as the shell reports it.
    pub fn stored(&self) -> Vec<(String, String)> {
        self.storage.clone().into_iter().collect()
    }

    /// A visitor with a contact, a conversation and a live socket; these messages were said before.
    pub fn returning(said: &[Value]) -> Self {
        let mut client = Self::with_storage(stored_session(), 7);
        client.answer("/messages", 200, &json!(said));
        client.go_live();
        client.answer("/messages", 200, &json!(said));
        client
    }

    /// The same, on a site with these options.
    pub fn with_options(options: Options, said: &[Value]) -> Self {
        let mut client = Self::at(settings().with_options(options), stored_session(), 7, Mono(1_000));
        client.begin(false);
        client.answer("/messages", 200, &json!(said));
        client.go_live();
        client.answer("/messages", 200, &json!(said));
        client
    }

    /// A stranger on such a site.
    pub fn first_visit(options: Options) -> Self {
        let mut client = Self::at(settings().with_options(options), std::collections::BTreeMap::new(), 7, Mono(1_000));
        client.begin(false);
        client
    }

    /// A page load on a device that keeps this, of a site with these options that asks for something at once; perhaps in
    /// one of several tabs.
    pub fn page_load(
        options: Options,
        storage: std::collections::BTreeMap<String, String>,
        events: impl IntoIterator<Item = Event>,
        is_shared: bool,
    ) -> Self {
        let mut client = Self::at(settings().with_options(options), storage, 7, Mono(1_000));
        events.into_iter().for_each(|event| client.event(event));
        client.begin(is_shared);
        client
    }

    /// The same, on a site whose ended conversations take no more.
    pub fn with_closed_resolved() -> Self {
        Self::with_options(Options { closes_resolved: true, ..Options::default() }, &[by_agent(1, "hi")])
    }

    /// The same device, after a reload.
    pub fn reload(&self, seed: u64) -> Self {
        let mut reloaded = Self::at(self.settings.clone(), self.storage.clone(), seed, Mono(1_000));
        reloaded.begin(false);
        reloaded.now = self.now;
        reloaded
    }

    pub fn event(&mut self, event: Event) {
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
                        let kept = self.storage.get(&format!("send/{echo}")).expect("kept before it leaves");
                        assert!(kept.contains("\"posting\":true"), "what leaves is kept as leaving: {kept}");
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
            assert!(self.inbox_requests < 100, "it asks without end");
            let outcome = Outcome::answered(self.inbox_status, self.inbox_response.to_string(), None);
            self.event(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
        }
    }

    fn answer_status_request(&mut self, id: RequestId) {
        self.status_requests += 1;
        let outcome = Outcome::Answered { status: 200, body: self.status_response.clone(), retry_after_ms: None };
        self.event(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
    }

    pub fn submit(&mut self, text: &str) {
        self.event(Event::Composer(ComposerEvent::Submitted { text: text.to_owned() }));
    }

    /// Lets time pass; deadlines are kept on the way.
    pub fn wait(&mut self, ms: u64) {
        let end = self.now.plus(ms);
        while let Some(Due { at: due, .. }) = self.widget.deadline().filter(|due| due.at <= end) {
            assert!(due > self.now, "a deadline in the past would keep a browser busy for ever");
            self.now = due;
            self.event(Event::Tick);
        }
        self.now = end;
        self.event(Event::Tick);
    }

    /// The oldest open request whose URL ends like this (after its last `/`, `?…` included).
    pub fn pending(&self, method: Method, ending: &str) -> Option<&(RequestId, HttpRequest)> {
        self.requests.iter().find(|(_, request)| request.method == method && path(request).ends_with(ending))
    }

    /// Answers the oldest open request whose path ends like this.
    pub fn answer(&mut self, ending: &str, status: u16, body: &Value) -> HttpRequest {
        self.end(ending, Outcome::Answered { status, body: body.to_string(), retry_after_ms: None })
    }

    /// Ends the oldest open request whose path ends like this.
    pub fn end(&mut self, ending: &str, outcome: Outcome) -> HttpRequest {
        let at = self.requests.iter().position(|(_, request)| path(request).ends_with(ending));
        let at = at.unwrap_or_else(|| panic!("nobody asked for {ending}; open: {:?}", self.requests));
        let (id, request) = self.requests.remove(at);
        self.event(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
        request
    }

    /// A frame on the newest socket.
    pub fn receive(&mut self, frame: &Value) {
        let socket = self.socket.expect("a socket");
        self.event(Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Frame(frame.to_string()) }));
    }

    pub fn close_socket(&mut self) {
        let socket = self.socket.take().expect("a socket");
        self.event(Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Closed }));
    }

    /// Welcome and confirmation, on the socket asked for (or after the wait for the next one).
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

    /// What the rows say, in their order.
    pub fn texts(&self) -> Vec<String> {
        self.rows().iter().map(|row| row.content.text().to_owned()).collect()
    }

    /// The keys of the rows that say this.
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

/// What a device keeps of a visitor with a conversation.
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

/// A cable frame that tells of a message; `echo` where the POST carried one.
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
        Body::Form(fields, _) => fields.iter().map(|(name, said)| ((*name).to_owned(), json!(said))).collect(),
        Body::None => Value::Null,
    }
}

fn path(request: &HttpRequest) -> &str {
    request.url.strip_prefix("https://chat.example.test").expect("our server")
}

fn clocks(mono: Mono) -> Now {
    Now { mono, wall: Wall(START * 1_000 + mono.0) }
}
