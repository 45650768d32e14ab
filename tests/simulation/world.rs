//! The world between a widget and a server: time, weather, and people.

use std::collections::{BTreeMap, BTreeSet};

use natter::core::chance::{Chance, Seed};
use natter::core::settings::Settings;
use natter::core::time::{Mono, Now, Wall};
use natter::core::timeline::{GRACE_MS, RowKey};
use natter::core::view::{Content, Row};
use natter::core::wire::{Body, Method, Request};
use natter::core::{CallId, Effect, Event, Link, Outcome, SocketNews, Widget};
use serde_json::{Value, json};

use crate::server::{Server, Stored};

/// How long people are at it, in simulated ms.
const BUSY_MS: u64 = 90_000;
/// By when everything must be in order once the weather has cleared: the grace time, some tries, and their waits.
const CALM_MS: u64 = 900_000;
/// Few words, so that equal ones are common: that is what makes history's guesses hard.
const WORDS: [&str; 4] = ["ok", "yes", "hello", "one more thing"];
const DAWN_S: u64 = 1_795_223_800;

/// Something that is going to happen.
#[derive(Clone, Debug)]
enum Happening {
    /// A request reaches the server; its answer's fate is decided already.
    Arrives { tab: u64, call: CallId, request: Request, fate: Fate },
    /// An answer reaches a tab.
    Ends { tab: u64, call: CallId, outcome: Outcome },
    /// A socket opens, or not.
    Opens { tab: u64, link: Link },
    /// Something reaches a socket's other end.
    ToServer { tab: u64, link: Link, text: String },
    /// A frame reaches a tab.
    Frame { tab: u64, link: Link, text: String },
    /// A socket's end is noticed.
    Closes { tab: u64, link: Link },
    /// The server's heartbeat.
    Ping,
    /// A server that was down is up.
    Restarted,
    /// The visitor or an agent does something.
    Deed,
}

/// What becomes of a request on its way and back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Fate {
    /// Answered after so many ms.
    Answered(u64),
    /// Stored, but the connection ends without an answer.
    AnswerLost(u64),
}

/// A connection, as the server sees it.
struct Connection {
    is_subscribed: bool,
    /// Half-open: nothing comes through any more, and neither end knows.
    is_dead: bool,
    /// Pings go through, nothing else does.
    is_mute: bool,
}

pub struct World {
    seed: u64,
    chance: Chance,
    now: u64,
    /// How much further the wall clock has gone than the monotonic one: sleep.
    slept: u64,
    happenings: BTreeMap<(u64, u64), Happening>,
    count: u64,
    server: Server,
    connections: BTreeMap<(u64, Link), Connection>,
    storage: BTreeMap<String, String>,
    widget: Widget,
    /// The number of the page load; what belongs to an earlier one reaches nobody.
    tab: u64,
    is_calm: bool,
    submitted: Vec<String>,
    /// What each row key said, in this page load.
    keys: BTreeMap<RowKey, String>,
    story: Vec<String>,
}

impl World {
    /// Runs a seed; an error is its story.
    pub fn run(seed: u64) -> Result<(), String> {
        let mut world = Self::new(seed);
        let result = world.live();
        result.map_err(|what| {
            let last = world.story.len().saturating_sub(120);
            format!("seed {seed}: {what}\n{}", world.story[last..].join("\n"))
        })
    }

    /// What happens with a seed, for comparing.
    pub fn story(seed: u64) -> Vec<String> {
        let mut world = Self::new(seed);
        // The other test judges.
        drop(world.live());
        world.story
    }

    fn new(seed: u64) -> Self {
        let state = |salt: u64| [seed.wrapping_mul(0x9e37_79b9_7f4a_7c15), seed ^ salt, salt, !seed];
        let mut chance = Chance::new(state(77));
        for _ in 0..8 {
            chance.below(2);
        }
        Self {
            seed,
            chance,
            now: 1_000,
            slept: 0,
            happenings: BTreeMap::new(),
            count: 0,
            server: Server::default(),
            connections: BTreeMap::new(),
            storage: BTreeMap::new(),
            widget: widget(state(1), 1_000, 0),
            tab: 0,
            is_calm: false,
            submitted: Vec::new(),
            keys: BTreeMap::new(),
            story: Vec::new(),
        }
    }

    fn live(&mut self) -> Result<(), String> {
        self.load()?;
        self.after(0, Happening::Ping);
        self.after(0, Happening::Deed);
        self.run_until(BUSY_MS)?;
        self.note("the weather clears");
        self.is_calm = true;
        self.server.is_down = false;
        // A broken broadcast is mended by a restart, which ends the sockets.
        for ((tab, link), connection) in &self.connections {
            if connection.is_mute {
                self.count += 1;
                self.happenings.insert((self.now + 50, self.count), Happening::Closes { tab: *tab, link: *link });
            }
        }
        let end = self.now + CALM_MS;
        while self.now < end {
            self.run_until(self.now + 5_000)?;
            self.retry_what_failed()?;
            if self.is_done() {
                break;
            }
        }
        self.judge()
    }

    // --- Time ---

    fn run_until(&mut self, end: u64) -> Result<(), String> {
        loop {
            let next = self.happenings.keys().next().map(|(due, _)| *due);
            let deadline = self.widget.deadline().map(|(due, _)| due.0.max(self.now + 1));
            let due = next.into_iter().chain(deadline).min().unwrap_or(end);
            if due > end {
                self.now = end;
                return Ok(());
            }
            self.now = due;
            if next == Some(due) {
                if let Some((_, happening)) = self.happenings.pop_first() {
                    self.happen(happening)?;
                }
            } else {
                self.tell(Event::Tick)?;
            }
        }
    }

    fn after(&mut self, ms: u64, happening: Happening) {
        self.count += 1;
        self.happenings.insert((self.now + ms, self.count), happening);
    }

    fn chances(&mut self, percent: u64) -> bool {
        !self.is_calm && self.chance.below(100) < percent
    }

    /// How long something takes on its way.
    fn way(&mut self) -> u64 {
        if self.chances(8) { self.chance.below(9_000) } else { 5 + self.chance.below(400) }
    }

    // --- What happens ---

    fn happen(&mut self, happening: Happening) -> Result<(), String> {
        match happening {
            Happening::Arrives { tab, call, request, fate } => self.arrive(tab, call, &request, fate),
            Happening::Ends { tab, call, outcome } => {
                if tab == self.tab {
                    self.note(&format!("call {} ends: {}", call.0, brief(&outcome)));
                    return self.tell(Event::Replied(call, outcome));
                }
            }
            Happening::Opens { tab, link } => {
                if self.server.is_down || self.chances(10) {
                    return self.happen(Happening::Closes { tab, link });
                }
                self.connections
                    .insert((tab, link), Connection { is_subscribed: false, is_dead: false, is_mute: false });
                self.deliver(tab, link, &json!({ "type": "welcome" }));
            }
            Happening::ToServer { tab, link, text } => self.command(tab, link, &text),
            Happening::Frame { tab, link, text } => {
                if tab == self.tab {
                    return self.tell(Event::Socket(link, SocketNews::Frame(text)));
                }
            }
            Happening::Closes { tab, link } => {
                self.connections.remove(&(tab, link));
                if tab == self.tab {
                    self.note(&format!("socket {} closes", link.0));
                    return self.tell(Event::Socket(link, SocketNews::Closed));
                }
            }
            Happening::Ping => {
                self.after(3_000, Happening::Ping);
                let open: Vec<(u64, Link)> = self.connections.keys().copied().collect();
                for (tab, link) in open {
                    self.deliver(tab, link, &json!({ "type": "ping", "message": self.now / 1_000 }));
                }
            }
            Happening::Restarted => {
                self.note("the server is back");
                self.server.is_down = false;
            }
            Happening::Deed => return self.deed(),
        }
        Ok(())
    }

    fn arrive(&mut self, tab: u64, call: CallId, request: &Request, fate: Fate) {
        if self.server.is_down {
            let ms = self.way();
            self.after(ms, Happening::Ends { tab, call, outcome: Outcome::Unclear });
            return;
        }
        let method = match request.method {
            Method::Get => "GET",
            Method::Post => "POST",
        };
        let body = match &request.body {
            Body::None => Value::Null,
            Body::Json(text) => serde_json::from_str(text).expect("JSON"),
        };
        let path = request.url.strip_prefix("https://chat.example.test").expect("our server");
        let answer = self.server.answer(method, path, &body, DAWN_S + self.now / 1_000);
        self.note(&format!("the server handles {method} {path} {body}"));
        // A frame is usually there before the answer.
        for frame in &answer.frames {
            self.broadcast(frame);
        }
        if let Fate::Answered(ms) = fate {
            let outcome =
                Outcome::Answered { status: answer.status, body: answer.body.to_string(), retry_after_ms: None };
            self.after(ms, Happening::Ends { tab, call, outcome });
        }
    }

    fn command(&mut self, tab: u64, link: Link, text: &str) {
        let command: Value = serde_json::from_str(text).expect("JSON");
        let identifier: Value = serde_json::from_str(command["identifier"].as_str().unwrap_or("{}")).expect("JSON");
        let is_known = self.server.knows(identifier["pubsub_token"].as_str().unwrap_or_default());
        let Some(connection) = self.connections.get_mut(&(tab, link)).filter(|connection| !connection.is_dead) else {
            return;
        };
        if command["command"] == "subscribe" && is_known {
            connection.is_subscribed = true;
            self.deliver(tab, link, &json!({ "type": "confirm_subscription", "identifier": command["identifier"] }));
        }
    }

    fn broadcast(&mut self, frame: &Value) {
        let subscribed: Vec<(u64, Link)> =
            self.connections.iter().filter(|(_, c)| c.is_subscribed && !c.is_mute).map(|(key, _)| *key).collect();
        for (tab, link) in subscribed {
            self.deliver(tab, link, frame);
            if self.chances(3) {
                self.deliver(tab, link, frame);
            }
        }
    }

    fn deliver(&mut self, tab: u64, link: Link, frame: &Value) {
        if self.connections.get(&(tab, link)).is_some_and(|connection| !connection.is_dead) {
            // Worker threads broadcast in no fixed order, so frames overtake each other.
            let ms = 1 + self.chance.below(60);
            self.after(ms, Happening::Frame { tab, link, text: frame.to_string() });
        }
    }

    // --- What people do ---

    fn deed(&mut self) -> Result<(), String> {
        if self.is_calm {
            return Ok(());
        }
        let pause = 50 + self.chance.below(4_000);
        self.after(pause, Happening::Deed);
        match self.chance.below(100) {
            0..40 => self.submit(),
            40..56 => {
                let count = if self.chance.below(6) == 0 { self.chance.below(70) } else { 1 };
                self.agent_says(count);
                Ok(())
            }
            56..62 => {
                let text = self.some_words();
                self.note(&format!("another device of the visitor's says {text:?}"));
                let echo = format!("foreign-{}", self.count);
                let at = DAWN_S + self.now / 1_000;
                if let Some(frame) = self.server.other_device_says(text, at, echo) {
                    self.broadcast(&frame);
                }
                Ok(())
            }
            62..70 => {
                self.note("the visitor reloads");
                self.load()
            }
            70..76 => {
                self.note("the server restarts");
                self.server.is_down = true;
                let open: Vec<(u64, Link)> = self.connections.keys().copied().collect();
                for (tab, link) in open {
                    let ms = self.way();
                    self.after(ms, Happening::Closes { tab, link });
                }
                self.connections.values_mut().for_each(|connection| connection.is_dead = true);
                let down = 100 + self.chance.below(20_000);
                self.after(down, Happening::Restarted);
                Ok(())
            }
            76..84 => {
                self.note("the sockets go half-open");
                self.connections.values_mut().for_each(|connection| connection.is_dead = true);
                Ok(())
            }
            84..85 => {
                self.note("the sockets carry pings only");
                self.connections.values_mut().for_each(|connection| connection.is_mute = true);
                Ok(())
            }
            85..88 => {
                self.note("the laptop sleeps");
                self.slept += 600_000;
                self.connections.values_mut().for_each(|connection| connection.is_dead = true);
                self.tell(Event::Woke)
            }
            88..92 => {
                let is_online = self.chance.below(2) == 0;
                self.tell(Event::Online(is_online))?;
                let ms = self.chance.below(5_000);
                self.run_for(ms)?;
                self.tell(Event::Online(true))
            }
            92..96 => {
                self.note("the visitor scrolls to the top");
                self.tell(Event::ReachedTop)
            }
            _ => self.retry_what_failed(),
        }
    }

    fn agent_says(&mut self, count: u64) {
        self.note(&format!("an agent says {count} things"));
        for _ in 0..count {
            let text = format!("agent {}", self.server.messages.len());
            let at = DAWN_S + self.now / 1_000;
            if let Some(frame) = self.server.agent_says(text, at) {
                self.broadcast(&frame);
            }
        }
    }

    fn run_for(&mut self, ms: u64) -> Result<(), String> {
        // Nested deeds would be a story nobody can follow: what is due meanwhile happens right after.
        self.now += ms;
        Ok(())
    }

    fn submit(&mut self) -> Result<(), String> {
        let text = self.some_words();
        self.note(&format!("the visitor submits {text:?}"));
        self.submitted.push(text.clone());
        self.tell(Event::Submitted(text))
    }

    fn some_words(&mut self) -> String {
        WORDS[self.chance.below(4) as usize].to_owned()
    }

    fn retry_what_failed(&mut self) -> Result<(), String> {
        let is_failed = |row: &&Row| matches!(row.content, Content::Unsent { failure: Some(_), .. });
        let failed: Vec<RowKey> = self.widget.view().thread.rows.iter().filter(is_failed).map(|row| row.key).collect();
        for key in failed {
            self.note("the visitor tries again");
            self.tell(Event::Retried(key))?;
        }
        Ok(())
    }

    /// A page load: storage stays, everything else begins anew.
    fn load(&mut self) -> Result<(), String> {
        self.tab += 1;
        self.keys.clear();
        let salt = 100 + self.tab;
        let state = [self.seed, salt, self.seed.wrapping_mul(31) ^ salt, 5];
        self.widget = widget(state, self.now, self.slept);
        let kept: Vec<_> = self.storage.clone().into_iter().collect();
        self.tell(Event::Began(kept.clone()))?;
        self.tell(Event::Inherited(kept))
    }

    // --- The widget's hands ---

    fn tell(&mut self, event: Event) -> Result<(), String> {
        let turn = self.widget.update(clocks(self.now, self.slept), event);
        for effect in turn.effects {
            self.perform(effect);
        }
        self.look()
    }

    fn perform(&mut self, effect: Effect) {
        let tab = self.tab;
        match effect {
            Effect::Call(call, request) => self.send(tab, call, request),
            Effect::Abort(_) | Effect::Tell(_) => {}
            Effect::Connect(link, _) => {
                let ms = self.way();
                self.after(ms, Happening::Opens { tab, link });
            }
            Effect::Transmit(link, text) => {
                let ms = 1 + self.chance.below(50);
                self.after(ms, Happening::ToServer { tab, link, text });
            }
            Effect::Disconnect(link) => {
                self.connections.remove(&(tab, link));
            }
            Effect::Save(key, value) => {
                self.storage.insert(key, value);
            }
            Effect::Erase(key) => {
                self.storage.remove(&key);
            }
        }
    }

    fn send(&mut self, tab: u64, call: CallId, request: Request) {
        let there = self.way();
        if self.chances(6) {
            // Lost on the way there: the connection ends, nothing is stored.
            self.after(there, Happening::Ends { tab, call, outcome: Outcome::Unclear });
            return;
        }
        if self.chances(4) {
            // Held up somewhere: the connection ends first, and the server hears of it later, within the grace time.
            self.after(there, Happening::Ends { tab, call, outcome: Outcome::Unclear });
            let late = there + self.chance.below(GRACE_MS - 20_000);
            self.after(late, Happening::Arrives { tab, call, request, fate: Fate::AnswerLost(0) });
            return;
        }
        let back = self.way();
        let fate = if self.chances(8) { Fate::AnswerLost(back) } else { Fate::Answered(back) };
        if let Fate::AnswerLost(back) = fate {
            self.after(there + back, Happening::Ends { tab, call, outcome: Outcome::Unclear });
        }
        self.after(there, Happening::Arrives { tab, call, request, fate });
    }

    // --- Judgement ---

    /// What must hold after every single event.
    fn look(&mut self) -> Result<(), String> {
        let rows = &self.widget.view().thread.rows;
        let mut seen = BTreeSet::new();
        for row in rows {
            if !seen.insert(row.key) {
                return Err(format!("two rows have the key {:?}", row.key));
            }
            let known = self.keys.entry(row.key).or_insert_with(|| row.content.text().to_owned());
            if known != row.content.text() {
                return Err(format!("row {:?} said {known:?} and now says {:?}", row.key, row.content.text()));
            }
        }
        let ids = rows.iter().filter_map(|row| match &row.content {
            Content::Said(message) => Some(message.id),
            Content::Unsent { .. } => None,
        });
        if !ids.is_sorted() {
            return Err("messages are out of order".to_owned());
        }
        Ok(())
    }

    fn is_done(&self) -> bool {
        let is_quiet = !self.storage.keys().any(|key| key.starts_with("send/"));
        is_quiet && self.shown_texts() == self.stored_texts()
    }

    fn judge(&mut self) -> Result<(), String> {
        for words in WORDS {
            let count = |is_it: &dyn Fn(&Stored) -> bool| {
                self.server.messages.iter().filter(|message| message.text == words && is_it(message)).count()
            };
            let submitted = self.submitted.iter().filter(|text| *text == words).count();
            let (ours, others) = (count(&Stored::is_this_devices), count(&Stored::is_other_devices));
            // The same words from another device, read in history where nothing marks them, are the one thing a lost
            // answer can be mistaken for.
            if ours > submitted || ours + others < submitted {
                return Err(format!(
                    "{words:?}: submitted {submitted}, stored {ours} and {others} of another device's"
                ));
            }
        }
        let mut echoes = BTreeSet::new();
        for message in self.server.messages.iter().filter_map(|message| message.echo.as_ref()) {
            if !echoes.insert(message) {
                return Err(format!("{message} is stored twice"));
            }
        }
        for _ in 0..200 {
            if !self.widget.view().thread.has_earlier {
                break;
            }
            self.tell(Event::ReachedTop)?;
            let until = self.now + 2_000;
            self.run_until(until)?;
        }
        if self.shown_texts() != self.stored_texts() {
            return Err(format!("shown {:?}, stored {:?}", self.shown_texts(), self.stored_texts()));
        }
        if self.storage.keys().any(|key| key.starts_with("send/")) {
            return Err(format!("something is left to send: {:?}", self.storage));
        }
        Ok(())
    }

    /// What the widget shows, and which of it is said.
    fn shown_texts(&self) -> Vec<(bool, String)> {
        let rows = self.widget.view().thread.rows.iter();
        rows.map(|row| (matches!(row.content, Content::Said(_)), row.content.text().to_owned())).collect()
    }

    /// As many of the newest messages as the widget shows.
    fn stored_texts(&self) -> Vec<(bool, String)> {
        let all = self.server.messages.iter().map(|message| (true, message.text.clone()));
        all.skip(self.widget.view().thread.skipped).collect()
    }

    fn note(&mut self, what: &str) {
        self.story.push(format!("{:>7} ms  {what}", self.now));
    }
}

fn brief(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Answered { status, body, .. } => {
            let body: Value = serde_json::from_str(body).unwrap_or_default();
            let ids: Vec<u64> = body.as_array().into_iter().flatten().filter_map(|item| item["id"].as_u64()).collect();
            format!("{status} {:?} to {:?}", ids.first(), ids.last())
        }
        Outcome::NeverLeft => "never left".to_owned(),
        Outcome::Unclear => "unclear".to_owned(),
    }
}

fn widget(state: [u64; 4], now: u64, slept: u64) -> Widget {
    let settings = Settings::new("https://chat.example.test", "inbox").expect("good settings");
    let [a, b, c, d] = state;
    let seed = Seed { identity: state, chance: [d ^ 0xdead_beef, c, b, a.wrapping_add(1)] };
    Widget::new(settings, seed, clocks(now, slept))
}

fn clocks(now: u64, slept: u64) -> Now {
    Now { mono: Mono(now), wall: Wall(DAWN_S * 1_000 + now + slept) }
}
