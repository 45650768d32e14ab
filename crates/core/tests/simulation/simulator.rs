//! The world between the widgets and a server: time, and what happens when.

use natter_core::event::{ConnectionEvent, ThreadEvent};
use std::collections::{BTreeMap, BTreeSet};

use natter_core::chatwoot::{Body, HttpRequest};
use natter_core::model::EchoId;
use natter_core::rng::Rng;
use natter_core::{Event, Outcome, RequestId, SocketEvent, SocketId};
use serde_json::{Value, json};

use crate::defects::Defect;
use crate::device::{Lock, Page, State};
use crate::fault_schedule::{Connection, Fate};
use crate::invariants::Submitted;
use crate::server::Server;

/// How long people are at it, in simulated ms.
const BUSY_MS: u64 = 90_000;
/// By when everything must be in order once the weather has cleared: the grace time, some tries, and their waits.
const CALM_MS: u64 = 900_000;
/// Turns of all pages together; a run that needs more never comes to rest.
const TURNS_MAX: u64 = 100_000;
pub const DAWN_S: u64 = 1_795_223_800;

/// What makes a run: the same plan is the same run.
#[derive(Clone, Debug)]
pub struct Plan {
    pub seed: u64,
    /// Whether requests may be stored after the grace time.
    pub is_late: bool,
    pub defect: Option<Defect>,
    /// Deeds that are not done.
    pub left_out: BTreeSet<usize>,
}

impl Plan {
    pub const fn new(seed: u64) -> Self {
        Self { seed, is_late: false, defect: None, left_out: BTreeSet::new() }
    }
}

/// Something that is going to happen.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A request reaches the server; its answer's fate is decided already.
    Arrives { page: u64, call: RequestId, request: HttpRequest, fate: Fate },
    /// An answer reaches a page.
    Ends { page: u64, call: RequestId, outcome: Outcome },
    /// A socket opens, or not.
    Opens { page: u64, link: SocketId },
    /// Something reaches a socket's other end.
    ToServer { page: u64, link: SocketId, text: String },
    /// A frame reaches a page.
    Frame { page: u64, link: SocketId, text: String },
    /// A socket's end is noticed.
    Closes { page: u64, link: SocketId },
    /// Other tabs, or the lock between them, reach a page.
    Told { page: u64, event: Event },
    /// The browser looks who holds the lock, for this page.
    Confirms(u64),
    /// A page's files are where every page finds them.
    Gathers { page: u64, echo: EchoId, sizes: Vec<u64> },
    /// A page that hung runs on.
    Thaws(u64),
    /// A page that was put away is back.
    Returns(u64),
    /// The server's heartbeat.
    Ping,
    /// A server that was down is up.
    Restarted,
    /// The device has a network again.
    BackOnline,
    /// Somebody does something.
    Deed(usize),
}

pub struct World {
    pub plan: Plan,
    pub chance: Rng,
    pub now: u64,
    /// How much further the wall clock has gone than the monotonic one: sleep, and people who set clocks.
    pub wall_ahead_ms: i64,
    happenings: BTreeMap<(u64, u64), Happening>,
    pub count: u64,
    turns: u64,
    pub server: Server,
    pub connections: BTreeMap<(u64, SocketId), Connection>,
    /// Sockets that their pages closed.
    pub closed: BTreeSet<(u64, SocketId)>,
    pub storage: BTreeMap<String, String>,
    /// The sizes of the files that are kept, by the send they belong to.
    pub files: BTreeMap<EchoId, Vec<u64>>,
    /// What was last posted of each send, for a defect that posts it once more.
    pub posted: BTreeMap<String, HttpRequest>,
    /// Until when files are being written.
    pub gathers_until: u64,
    /// What the device kept a heartbeat or two ago.
    pub storage_before: BTreeMap<String, String>,
    pub lock: Lock,
    pub pages: BTreeMap<u64, Page>,
    pub pages_opened: u64,
    pub is_offline: bool,
    pub is_calm: bool,
    /// The page the visitor is submitting something in, this very moment.
    pub submitting: Option<u64>,
    pub submitted: Vec<Submitted>,
    /// Whether the last turn accepted something.
    pub is_accepting: bool,
    /// Whether something may be on the device that no living page knows of.
    pub is_orphaned: bool,
    story: Vec<String>,
}

impl World {
    /// More than anybody does in the busy time.
    pub const DEEDS_MAX: usize = 128;

    /// Runs a plan; an error says what went wrong.
    pub fn run(plan: &Plan) -> Result<(), String> {
        Self::new(plan.clone()).live()
    }

    /// What happens in it, and how it ends.
    pub fn story(plan: &Plan) -> (Vec<String>, Result<(), String>) {
        let mut world = Self::new(plan.clone());
        let result = world.live();
        (world.story, result)
    }

    fn new(plan: Plan) -> Self {
        let seed = plan.seed;
        let mut chance = Rng::new([seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), seed ^ 77, 77, !seed]);
        for _ in 0..8 {
            chance.below(2);
        }
        Self {
            plan,
            chance,
            now: 1_000,
            wall_ahead_ms: 0,
            happenings: BTreeMap::new(),
            count: 0,
            turns: 0,
            server: Server::default(),
            connections: BTreeMap::new(),
            closed: BTreeSet::new(),
            storage: BTreeMap::new(),
            files: BTreeMap::new(),
            posted: BTreeMap::new(),
            gathers_until: 0,
            storage_before: BTreeMap::new(),
            lock: Lock::default(),
            pages: BTreeMap::new(),
            pages_opened: 0,
            is_offline: false,
            is_calm: false,
            submitting: None,
            submitted: Vec::new(),
            is_accepting: false,
            is_orphaned: false,
            story: Vec::new(),
        }
    }

    fn live(&mut self) -> Result<(), String> {
        self.open_page()?;
        self.after(0, Happening::Ping);
        self.after(0, Happening::Deed(0));
        self.run_until(BUSY_MS)?;
        self.calm()?;
        let end = self.now + CALM_MS;
        while self.now < end {
            self.run_until(self.now + 5_000)?;
            self.retry_what_failed()?;
            if self.plan.seed.is_multiple_of(2) {
                self.send_again()?;
            }
            if self.is_done() {
                break;
            }
        }
        self.judge()
    }

    /// The weather clears, and everybody is there.
    fn calm(&mut self) -> Result<(), String> {
        self.note("the weather clears");
        self.is_calm = true;
        self.server.is_down = false;
        // A broken broadcast is mended by a restart; and only a new subscription shows that a contact is gone.
        self.close_sockets();
        self.set_online(true)?;
        for number in self.pages.keys().copied().collect::<Vec<_>>() {
            if let Some(page) = self.pages.get_mut(&number) {
                page.fuse = None;
            }
            self.thaw(number)?;
            self.bring_back(number)?;
            self.tell(number, Event::Thread(ThreadEvent::NewestRequested))?;
        }
        if self.is_orphaned {
            for number in self.pages.keys().copied().collect::<Vec<_>>() {
                self.drop_page(number);
            }
        }
        self.open_if_none()?;
        let first = self.pages.keys().next().copied().unwrap_or_default();
        self.look_at(first)
    }

    // --- Time ---

    pub fn run_until(&mut self, end: u64) -> Result<(), String> {
        loop {
            let next = self.happenings.keys().next().map(|(due, _)| *due);
            let awake = self.pages.iter().filter(|(_, page)| page.state == State::Awake);
            let deadlines = awake.filter_map(|(number, page)| Some((page.widget.deadline()?.at.0, *number)));
            let deadline = deadlines.min().map(|(due, number)| (due.max(self.now + 1), number));
            let due = next.into_iter().chain(deadline.map(|(due, _)| due)).min().unwrap_or(end);
            if due > end {
                self.now = end;
                return Ok(());
            }
            self.now = due;
            self.turns += 1;
            if self.turns > TURNS_MAX {
                return Err("it never comes to rest".to_owned());
            }
            if next == Some(due) {
                if let Some((_, happening)) = self.happenings.pop_first() {
                    self.happen(happening)?;
                }
            } else if let Some((_, number)) = deadline {
                self.tell(number, Event::Tick)?;
            }
        }
    }

    pub fn after(&mut self, ms: u64, happening: Happening) {
        self.count += 1;
        self.happenings.insert((self.now + ms, self.count), happening);
    }

    /// The sends of which a request is still on its way, by their echo_ids.
    pub fn posts_under_way(&self) -> BTreeSet<String> {
        let request = |happening: &Happening| {
            if let Happening::Arrives { request, .. } = happening { echo_of(request) } else { None }
        };
        self.happenings.values().filter_map(request).collect()
    }

    /// Whether a request is still on its way.
    pub fn is_anything_under_way(&self) -> bool {
        self.happenings.values().any(|happening| matches!(happening, Happening::Arrives { .. }))
    }

    // --- What happens ---

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Arrives { page, call, request, fate } => self.arrive(page, call, &request, fate),
            Happening::Ends { page, call, outcome } => {
                let outcome = self.spoil_outcome(outcome);
                if self.pages.contains_key(&page) {
                    self.note(&format!("page {page}: call {} ends: {}", call.0, brief(&outcome)));
                }
                return self.tell(page, Event::Connection(ConnectionEvent::RequestEnded { request: call, outcome }));
            }
            Happening::Opens { page, link } => {
                if self.server.is_down || self.is_offline || self.chances(10) {
                    return self.happen(Happening::Closes { page, link });
                }
                if self.pages.contains_key(&page) && !self.has_closed(page, link) {
                    self.connections.insert((page, link), Connection::default());
                    self.deliver(page, link, &json!({ "type": "welcome" }));
                }
            }
            Happening::ToServer { page, link, text } => self.command(page, link, &text),
            Happening::Frame { page, link, text } => {
                if !self.has_closed(page, link) && !self.is_frame_lost() {
                    return self.tell(
                        page,
                        Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Frame(text) }),
                    );
                }
            }
            Happening::Closes { page, link } => {
                self.connections.remove(&(page, link));
                if !self.has_closed(page, link) {
                    return self.tell(
                        page,
                        Event::Connection(ConnectionEvent::Socket { socket: link, event: SocketEvent::Closed }),
                    );
                }
            }
            Happening::Told { page, event } => {
                return self.tell(page, event);
            }
            Happening::Confirms(page) => return self.confirm(page),
            Happening::Gathers { page, echo, sizes } => return self.gather(page, echo, sizes),
            Happening::Thaws(page) => return self.thaw(page),
            Happening::Returns(page) => return self.bring_back(page),
            Happening::Ping => {
                self.after(3_000, Happening::Ping);
                self.remember_storage();
                let open: Vec<(u64, SocketId)> = self.connections.keys().copied().collect();
                for (page, link) in open {
                    self.deliver(page, link, &json!({ "type": "ping", "message": self.now / 1_000 }));
                }
            }
            Happening::Restarted => {
                self.note("the server is back");
                self.server.is_down = false;
            }
            Happening::BackOnline => {
                self.note("there is a network again");
                return self.set_online(true);
            }
            Happening::Deed(number) => return self.deed(number),
        }
        Ok(())
    }

    fn remember_storage(&mut self) {
        if self.plan.defect == Some(Defect::DeviceReadLate) {
            self.storage_before.clone_from(&self.storage);
        }
    }

    pub fn note(&mut self, what: &str) {
        self.story.push(format!("{:>7} ms  {what}", self.now));
    }
}

/// The mark of the send that a request posts, if it does.
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

fn brief(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered { status, body, .. } => {
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            let ids: Vec<u64> = body.as_array().into_iter().flatten().filter_map(|item| item["id"].as_u64()).collect();
            format!("{status} {:?} to {:?}", ids.first(), ids.last())
        }
        Outcome::NotSent => "never left".to_owned(),
        Outcome::Unknown => "unclear".to_owned(),
        Outcome::FilesMissing => "its files are gone".to_owned(),
    }
}
