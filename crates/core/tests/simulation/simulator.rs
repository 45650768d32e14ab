//! `Simulator`: the event queue between clients and server, with simulated time.

use natter_core::event::{ConnectionEvent, ThreadEvent};
use std::collections::{BTreeMap, BTreeSet};

use natter_core::chatwoot::{Body, HttpRequest};
use natter_core::model::EchoId;
use natter_core::rng::Rng;
use natter_core::{Event, Outcome, RequestId, SocketEvent, SocketId};
use serde_json::{Value, json};

use crate::defects::Defect;
use crate::device::{Lock, Page, State};
use crate::fault_schedule::{Connection, NetworkOutcome};
use crate::invariants::Submitted;
use crate::server::Server;

/// How long actors act and faults occur, in simulated ms.
const FAULTS_MS: u64 = 90_000;
/// The limit in simulated ms for everything to settle after the faults stop: the grace time, some retries and their
/// backoff.
const SETTLE_MS: u64 = 900_000;
/// The limit of updates of all pages together; a run that needs more never comes to rest.
const UPDATES_MAX: u64 = 100_000;
pub const START_S: u64 = 1_795_223_800;

/// A run's parameters: the same plan gives the same run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Whether requests may be stored after the grace time.
    pub stores_late: bool,
    pub defect: Option<Defect>,
    /// Actions that are skipped.
    pub skipped: BTreeSet<usize>,
}

impl Plan {
    pub const fn new(seed: u64) -> Self {
        Self { seed, stores_late: false, defect: None, skipped: BTreeSet::new() }
    }
}

/// An event in the queue.
#[derive(Clone, Debug)]
pub enum ScheduledEvent {
    /// A request reaches the server. What becomes of its response is decided already.
    RequestArrives { page: u64, call: RequestId, request: HttpRequest, outcome: NetworkOutcome },
    /// A response, or the end of a connection, reaches a page.
    RequestEnds { page: u64, call: RequestId, outcome: Outcome },
    /// A socket opens, or fails to.
    SocketOpens { page: u64, socket: SocketId },
    /// A text frame of the client reaches the server.
    CommandArrives { page: u64, socket: SocketId, text: String },
    /// A cable frame reaches a page.
    FrameArrives { page: u64, socket: SocketId, text: String },
    /// A page notices the end of its socket.
    SocketCloses { page: u64, socket: SocketId },
    /// An event of the lock or the broadcast channel reaches a page.
    Dispatch { page: u64, event: Event },
    /// The answer to a page's lock query.
    LockQueryAnswered(u64),
    /// The files of a page's message are written to storage.
    FilesWritten { page: u64, echo: EchoId, sizes: Vec<u64> },
    /// A frozen page thaws.
    Thaw(u64),
    /// A page leaves the back/forward cache.
    Resume(u64),
    /// The server's ping.
    Ping,
    /// The server is up again.
    Restarted,
    /// The device is online again.
    BackOnline,
    /// The action of this number runs.
    ActorAction(usize),
}

pub struct Simulator {
    pub plan: Plan,
    pub rng: Rng,
    pub now: u64,
    /// How far the wall clock is ahead of the monotonic one, because of sleep and clock changes.
    pub wall_ahead_ms: i64,
    queue: BTreeMap<(u64, u64), ScheduledEvent>,
    pub count: u64,
    updates: u64,
    pub server: Server,
    pub connections: BTreeMap<(u64, SocketId), Connection>,
    /// Sockets that the client closed.
    pub closed: BTreeSet<(u64, SocketId)>,
    pub storage: BTreeMap<String, String>,
    /// The sizes of stored files, by the echo_id of their message.
    pub files: BTreeMap<EchoId, Vec<u64>>,
    /// The last POST of each message, for the defect that repeats it.
    pub posted: BTreeMap<String, HttpRequest>,
    /// Until when files are being written.
    pub files_written_until: u64,
    /// The storage at an earlier ping, for the defect that reads stale storage.
    pub storage_before: BTreeMap<String, String>,
    pub lock: Lock,
    pub pages: BTreeMap<u64, Page>,
    pub pages_opened: u64,
    pub is_offline: bool,
    pub is_fault_free: bool,
    /// The page in which the visitor is submitting right now.
    pub submitting: Option<u64>,
    pub submitted: Vec<Submitted>,
    /// Whether the last update accepted a message.
    pub is_accepting: bool,
    /// Whether storage may hold a message that no open page knows of.
    pub is_orphaned: bool,
    log: Vec<String>,
}

impl Simulator {
    /// More actions than fit into the time of faults.
    pub const ACTIONS_MAX: usize = 128;

    /// Runs a plan; an error names the broken invariant.
    pub fn run(plan: &Plan) -> Result<(), String> {
        Self::new(plan.clone()).run_to_end()
    }

    /// Runs a plan; returns its log and its result.
    pub fn run_with_log(plan: &Plan) -> (Vec<String>, Result<(), String>) {
        let mut simulator = Self::new(plan.clone());
        let result = simulator.run_to_end();
        (simulator.log, result)
    }

    fn new(plan: Plan) -> Self {
        let seed = plan.seed;
        let mut rng = Rng::new([seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), seed ^ 77, 77, !seed]);
        for _ in 0..8 {
            rng.below(2);
        }
        Self {
            plan,
            rng,
            now: 1_000,
            wall_ahead_ms: 0,
            queue: BTreeMap::new(),
            count: 0,
            updates: 0,
            server: Server::default(),
            connections: BTreeMap::new(),
            closed: BTreeSet::new(),
            storage: BTreeMap::new(),
            files: BTreeMap::new(),
            posted: BTreeMap::new(),
            files_written_until: 0,
            storage_before: BTreeMap::new(),
            lock: Lock::default(),
            pages: BTreeMap::new(),
            pages_opened: 0,
            is_offline: false,
            is_fault_free: false,
            submitting: None,
            submitted: Vec::new(),
            is_accepting: false,
            is_orphaned: false,
            log: Vec::new(),
        }
    }

    fn run_to_end(&mut self) -> Result<(), String> {
        self.open_page()?;
        self.schedule(0, ScheduledEvent::Ping);
        self.schedule(0, ScheduledEvent::ActorAction(0));
        self.run_until(FAULTS_MS)?;
        self.stop_faults()?;
        let end = self.now + SETTLE_MS;
        while self.now < end {
            self.run_until(self.now + 5_000)?;
            self.retry_failed()?;
            if self.plan.seed.is_multiple_of(2) {
                self.retry_unconfirmed()?;
            }
            if self.is_settled() {
                break;
            }
        }
        self.check_end_state()
    }

    /// Ends all faults; thaws and resumes all pages.
    fn stop_faults(&mut self) -> Result<(), String> {
        self.note("the faults stop");
        self.is_fault_free = true;
        self.server.is_down = false;
        // Broken broadcasts end with a restart; and only a new subscription shows that the contact was deleted.
        self.close_sockets();
        self.set_online(true)?;
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            if let Some(page) = self.pages.get_mut(&number) {
                page.crash_after = None;
            }
            self.thaw(number)?;
            self.resume(number)?;
            self.dispatch(number, Event::Thread(ThreadEvent::NewestRequested))?;
        }
        if self.is_orphaned {
            for number in self.pages.keys().copied().collect::<Vec<_>>() {
                self.drop_page(number);
            }
        }
        self.open_if_none()?;
        let first = self.pages.keys().next().copied().unwrap_or_default();
        self.show_page(first)
    }

    // --- Time ---

    pub fn run_until(&mut self, end: u64) -> Result<(), String> {
        loop {
            let next = self.queue.keys().next().map(|(due, _)| *due);
            let awake = self.pages.iter().filter(|(_, page)| page.state == State::Awake);
            let deadlines = awake.filter_map(|(number, page)| Some((page.widget.deadline()?.at.0, *number)));
            let deadline = deadlines.min().map(|(due, number)| (due.max(self.now + 1), number));
            let due = next.into_iter().chain(deadline.map(|(due, _)| due)).min().unwrap_or(end);
            if due > end {
                self.now = end;
                return Ok(());
            }
            self.now = due;
            self.updates += 1;
            if self.updates > UPDATES_MAX {
                return Err("the run never comes to rest".to_owned());
            }
            if next == Some(due) {
                if let Some((_, event)) = self.queue.pop_first() {
                    self.run_event(event)?;
                }
            } else if let Some((_, number)) = deadline {
                self.dispatch(number, Event::Tick)?;
            }
        }
    }

    pub fn schedule(&mut self, ms: u64, event: ScheduledEvent) {
        self.count += 1;
        self.queue.insert((self.now + ms, self.count), event);
    }

    /// The echo_ids of messages whose POST is still in flight.
    pub fn posts_in_flight(&self) -> BTreeSet<String> {
        let request = |event: &ScheduledEvent| {
            if let ScheduledEvent::RequestArrives { request, .. } = event { echo_of(request) } else { None }
        };
        self.queue.values().filter_map(request).collect()
    }

    /// Whether any request is still in flight.
    pub fn has_requests_in_flight(&self) -> bool {
        self.queue.values().any(|event| matches!(event, ScheduledEvent::RequestArrives { .. }))
    }

    // --- Events ---

    fn run_event(&mut self, event: ScheduledEvent) -> Result<(), String> {
        match event {
            ScheduledEvent::RequestArrives { page, call, request, outcome } => {
                self.handle_request(page, call, &request, outcome)
            }
            ScheduledEvent::RequestEnds { page, call, outcome } => {
                let outcome = self.inject_into_outcome(outcome);
                if self.pages.contains_key(&page) {
                    self.note(&format!("page {page}: request {} ends: {}", call.0, summary(&outcome)));
                }
                return self
                    .dispatch(page, Event::Connection(ConnectionEvent::RequestEnded { request: call, outcome }));
            }
            ScheduledEvent::SocketOpens { page, socket } => {
                if self.server.is_down || self.is_offline || self.occurs(10) {
                    return self.run_event(ScheduledEvent::SocketCloses { page, socket });
                }
                if self.pages.contains_key(&page) && !self.has_closed(page, socket) {
                    self.connections.insert((page, socket), Connection::default());
                    self.deliver(page, socket, &json!({ "type": "welcome" }));
                }
            }
            ScheduledEvent::CommandArrives { page, socket, text } => self.handle_command(page, socket, &text),
            ScheduledEvent::FrameArrives { page, socket, text } => {
                if !self.has_closed(page, socket) && !self.is_frame_lost() {
                    return self.dispatch(
                        page,
                        Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Frame(text) }),
                    );
                }
            }
            ScheduledEvent::SocketCloses { page, socket } => {
                self.connections.remove(&(page, socket));
                if !self.has_closed(page, socket) {
                    return self.dispatch(
                        page,
                        Event::Connection(ConnectionEvent::Socket { socket, event: SocketEvent::Closed }),
                    );
                }
            }
            ScheduledEvent::Dispatch { page, event } => {
                return self.dispatch(page, event);
            }
            ScheduledEvent::LockQueryAnswered(page) => return self.answer_lock_query(page),
            ScheduledEvent::FilesWritten { page, echo, sizes } => return self.store_files(page, echo, sizes),
            ScheduledEvent::Thaw(page) => return self.thaw(page),
            ScheduledEvent::Resume(page) => return self.resume(page),
            ScheduledEvent::Ping => {
                self.schedule(3_000, ScheduledEvent::Ping);
                self.remember_storage();
                let open: Vec<(u64, SocketId)> = self.connections.keys().copied().collect();
                for (page, socket) in open {
                    self.deliver(page, socket, &json!({ "type": "ping", "message": self.now / 1_000 }));
                }
            }
            ScheduledEvent::Restarted => {
                self.note("the server is up again");
                self.server.is_down = false;
            }
            ScheduledEvent::BackOnline => {
                self.note("the device is online again");
                return self.set_online(true);
            }
            ScheduledEvent::ActorAction(number) => return self.run_action(number),
        }
        Ok(())
    }

    fn remember_storage(&mut self) {
        if self.plan.defect == Some(Defect::StorageReadStale) {
            self.storage_before.clone_from(&self.storage);
        }
    }

    pub fn note(&mut self, what: &str) {
        self.log.push(format!("{:>7} ms {what}", self.now));
    }
}

/// The echo_id of the message that a request posts, if it does.
pub fn echo_of(request: &HttpRequest) -> Option<String> {
    match &request.body {
        Body::None => None,
        Body::Json(text) => {
            let body: Value = serde_json::from_str(text).expect("JSON");
            body["echo_id"].as_str().map(str::to_owned)
        }
        Body::Form(_, echo) => Some(echo.to_string()),
    }
}

fn summary(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered { status, body, .. } => {
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            let ids: Vec<u64> = body.as_array().into_iter().flatten().filter_map(|item| item["id"].as_u64()).collect();
            format!("{status} {:?} to {:?}", ids.first(), ids.last())
        }
        Outcome::NotSent => "not sent".to_owned(),
        Outcome::Unknown => "no response".to_owned(),
        Outcome::FilesMissing => "files missing".to_owned(),
    }
}
