//! The visitor's device: its pages, their shared storage, the Web Lock and the broadcast channel.

use natter_core::event::{ConnectionEvent, PageEvent, StorageEvent};
use std::collections::BTreeMap;

use natter_core::conversation::timeline::RowKey;
use natter_core::host::settings::Settings;
use natter_core::model::EchoId;
use natter_core::rng::Seed;
use natter_core::time::{Mono, Now, Wall};
use natter_core::visitor::generation;
use natter_core::{ChatClient, Effect, Event, SocketId, TabAction, TabEvent};

use crate::defects::Defect;
use crate::simulator::{START_S, ScheduledEvent, Simulator};

/// A page load. Events for an earlier page load are dropped.
pub struct Page {
    pub widget: ChatClient,
    pub state: State,
    pub is_visible: bool,
    is_listening: bool,
    /// Events that arrived while it was frozen, in order.
    held: Vec<Event>,
    /// For each other page, when its latest broadcast arrives: broadcasts of a page stay in order.
    last_broadcasts: BTreeMap<u64, u64>,
    /// The text with which each row key was first shown.
    pub keys: BTreeMap<RowKey, String>,
    /// A thawed page reads stale storage until then.
    stale_until: u64,
    /// It crashes after this many effects.
    pub crash_after: Option<u64>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum State {
    Awake,
    /// Its script does not run. It keeps its lock and its socket, and its events are held.
    Frozen,
    /// In the back/forward cache.
    Suspended,
}

/// How long storage is stale after a thaw, as measured in Chromium, whose processes synchronise localStorage. The
/// platform waits longer than this before it reports a lock grant.
const STALE_MS: u64 = 10;

/// The Web Lock.
#[derive(Default)]
pub struct Lock {
    holder: Option<u64>,
    waiting: Vec<u64>,
}

impl Simulator {
    /// Opens a page and starts its client.
    pub fn open_page(&mut self) -> Result<(), String> {
        self.pages_opened += 1;
        let number = self.pages_opened;
        self.note(&format!("page {number} opens"));
        let page = Page {
            widget: self.widget(number),
            state: State::Awake,
            is_visible: true,
            is_listening: false,
            held: Vec::new(),
            last_broadcasts: BTreeMap::new(),
            keys: BTreeMap::new(),
            stale_until: 0,
            crash_after: None,
        };
        self.pages.insert(number, page);
        self.dispatch(number, Event::Page(PageEvent::VisibilityChanged { is_visible: true }))?;
        self.dispatch(number, Event::Connection(ConnectionEvent::OnlineChanged { is_online: !self.is_offline }))?;
        let stored = self.stored();
        self.dispatch(number, Event::Started { stored, has_tab_sync: true })
    }

    /// Removes a page with its lock and its sockets.
    pub fn drop_page(&mut self, number: u64) {
        self.pages.remove(&number);
        self.connections.retain(|(page, _), _| *page != number);
        self.release_lock(number);
    }

    /// Dispatches an event to a page; a frozen page handles it after its thaw, a suspended one never.
    pub fn dispatch(&mut self, number: u64, event: Event) -> Result<(), String> {
        if self.is_stale_grant(number, &event) {
            return Ok(());
        }
        let clocks = self.clocks();
        let Some(page) = self.pages.get_mut(&number) else { return Ok(()) };
        match page.state {
            State::Awake => {}
            State::Frozen => {
                page.held.push(event);
                return Ok(());
            }
            State::Suspended => return Ok(()),
        }
        if matches!(event, Event::Tabs(TabEvent::LockGranted { stored: _ })) && page.stale_until > self.now {
            self.schedule(STALE_MS, ScheduledEvent::Dispatch { page: number, event });
            return Ok(());
        }
        let is_grant = matches!(event, Event::Tabs(TabEvent::LockGranted { stored: _ }));
        let granted =
            || Event::Tabs(TabEvent::LockGranted { stored: self.stale_storage().unwrap_or_else(|| self.stored()) });
        let event = if is_grant { granted() } else { event };
        let Some(page) = self.pages.get_mut(&number) else { return Ok(()) };
        let update = page.widget.update(clocks, event);
        self.record_submissions(&update.effects);
        let effects = self.inject_defect(update.effects);
        for effect in effects {
            if self.is_crash_due(number) {
                self.note(&format!("page {number} crashes in the middle of an update"));
                self.drop_page(number);
                self.drop_unaccepted();
                return self.open_if_none();
            }
            self.perform(number, effect);
        }
        self.check_page(number)
    }

    /// Freezes a page: its script does not run.
    pub fn freeze(&mut self, number: u64) {
        self.note(&format!("page {number} freezes"));
        if let Some(page) = self.pages.get_mut(&number).filter(|page| page.state == State::Awake) {
            page.state = State::Frozen;
        }
    }

    /// Thaws a page: it handles the events it missed, in order.
    pub fn thaw(&mut self, number: u64) -> Result<(), String> {
        let Some(page) = self.pages.get_mut(&number).filter(|page| page.state == State::Frozen) else { return Ok(()) };
        page.state = State::Awake;
        page.stale_until = self.now + STALE_MS;
        let held = std::mem::take(&mut page.held);
        self.note(&format!("page {number} thaws"));
        for event in held {
            if event == Event::Tabs(TabEvent::LockStolen) {
                // The loss of a lock is reported apart from other events, which may overtake it.
                let ms = self.rng.below(STALE_MS);
                self.schedule(ms, ScheduledEvent::Dispatch { page: number, event });
            } else {
                self.dispatch(number, event)?;
            }
        }
        Ok(())
    }

    /// Puts a page into the back/forward cache.
    pub fn suspend(&mut self, number: u64) -> Result<(), String> {
        if self.pages.get(&number).is_none_or(|page| page.state != State::Awake) {
            return Ok(());
        }
        self.note(&format!("page {number} is suspended"));
        self.dispatch(number, Event::Page(PageEvent::Suspended))?;
        if let Some(page) = self.pages.get_mut(&number) {
            page.state = State::Suspended;
        }
        Ok(())
    }

    /// Takes a page out of the back/forward cache.
    pub fn resume(&mut self, number: u64) -> Result<(), String> {
        let Some(page) = self.pages.get_mut(&number).filter(|page| page.state == State::Suspended) else {
            return Ok(());
        };
        page.state = State::Awake;
        self.note(&format!("page {number} is resumed"));
        self.dispatch(number, Event::Connection(ConnectionEvent::OnlineChanged { is_online: !self.is_offline }))?;
        let stored = self.stored();
        self.dispatch(number, Event::Page(PageEvent::Resumed { stored }))
    }

    fn is_crash_due(&mut self, number: u64) -> bool {
        let Some(crash_after) = self.pages.get_mut(&number).and_then(|page| page.crash_after.as_mut()) else {
            return false;
        };
        let is_crash_due = *crash_after == 0;
        *crash_after = crash_after.saturating_sub(1);
        is_crash_due
    }

    fn perform(&mut self, page: u64, effect: Effect) {
        match effect {
            Effect::SendRequest { id: call, request } => self.send(page, call, request),
            Effect::AbortRequest { id: _ }
            | Effect::Host(_)
            | Effect::Probe { url: _ }
            | Effect::LookUpTimeZone { zone: _ } => {}
            Effect::OpenSocket { socket, url: _ } => {
                let ms = self.latency();
                self.schedule(ms, ScheduledEvent::SocketOpens { page, socket });
            }
            Effect::Transmit { socket, text } => {
                let ms = 1 + self.rng.below(50);
                self.schedule(ms, ScheduledEvent::CommandArrives { page, socket, text });
            }
            Effect::CloseSocket { socket } => {
                self.connections.remove(&(page, socket));
                self.closed.insert((page, socket));
            }
            Effect::Save { key, value } => {
                self.note(&format!("page {page} stores {key} {value}"));
                self.storage.insert(key, value);
            }
            Effect::Delete { key } => {
                self.note(&format!("page {page} deletes {key}"));
                self.storage.remove(&key);
            }
            Effect::StoreFiles { message: echo, picks: sizes } => {
                // Files are written one message at a time.
                let at = self.files_written_until.max(self.now) + 1 + self.rng.below(500);
                self.files_written_until = at;
                self.schedule(at - self.now, ScheduledEvent::FilesWritten { page, echo, sizes });
            }
            Effect::DeleteFiles { message: echo } => {
                self.note(&format!("page {page} deletes the files of {echo}"));
                self.files.remove(&echo);
            }
            Effect::EraseDevice { generation, keep_files } => {
                self.note(&format!("page {page} erases the device: generation {generation}"));
                self.storage.clear();
                self.storage.insert(generation::KEY.to_owned(), generation.to_string());
                self.files.retain(|echo, _| keep_files.contains(echo));
            }
            Effect::Tabs(action) => self.perform_tab_action(page, action),
        }
    }

    /// Files have been written. A page that was closed before has written nothing.
    pub fn store_files(&mut self, page: u64, echo: EchoId, sizes: Vec<u64>) -> Result<(), String> {
        let Some(state) = self.pages.get(&page).map(|page| page.state) else { return Ok(()) };
        if state == State::Suspended {
            // A suspended page is told when it is resumed.
            self.schedule(100, ScheduledEvent::FilesWritten { page, echo, sizes });
            return Ok(());
        }
        self.note(&format!("page {page} has stored the files of {echo}"));
        self.files.insert(echo.clone(), sizes);
        self.submitting = Some(page);
        let done = self.dispatch(page, Event::Storage(StorageEvent::FilesStored { message: echo }));
        self.submitting = None;
        done
    }

    fn perform_tab_action(&mut self, page: u64, action: TabAction) {
        match action {
            TabAction::RequestLock => {
                self.listen(page, true);
                self.lock.waiting.retain(|other| *other != page);
                self.lock.waiting.push(page);
                self.grant_lock();
            }
            TabAction::StealLock => {
                self.note(&format!("page {page} steals the lock"));
                self.lock.waiting.retain(|other| *other != page);
                if let Some(holder) = self.lock.holder.take().filter(|holder| *holder != page) {
                    self.schedule(
                        1,
                        ScheduledEvent::Dispatch { page: holder, event: Event::Tabs(TabEvent::LockStolen) },
                    );
                }
                self.lock.waiting.insert(0, page);
                self.grant_lock();
            }
            TabAction::Listen => self.listen(page, true),
            TabAction::QueryLock => {
                let ms = 1 + self.rng.below(3);
                self.schedule(ms, ScheduledEvent::LockQueryAnswered(page));
            }
            TabAction::Leave => {
                self.listen(page, false);
                self.release_lock(page);
            }
            TabAction::Broadcast(text) => {
                if !self.is_broadcast(&text) {
                    return;
                }
                let others: Vec<u64> = self.pages.iter().filter(|(_, p)| p.is_listening).map(|(n, _)| *n).collect();
                for other in others.into_iter().filter(|other| *other != page) {
                    let arrives_at = self.now + 1 + self.rng.below(20);
                    let Some(receiver) = self.pages.get_mut(&other) else { continue };
                    let last = receiver.last_broadcasts.entry(page).or_default();
                    *last = arrives_at.max(*last);
                    let due = *last - self.now;
                    let event = Event::Tabs(TabEvent::Received { text: text.clone() });
                    self.schedule(due, ScheduledEvent::Dispatch { page: other, event });
                }
            }
        }
    }

    /// Answers a lock query: whether this page holds the lock.
    pub fn answer_lock_query(&mut self, page: u64) -> Result<(), String> {
        let is_so = self.lock.holder == Some(page) || self.plan.defect == Some(Defect::LeadershipNotQueried);
        let generation = generation::stored_generation(&self.stored());
        self.dispatch(page, Event::Tabs(TabEvent::LockQueried { is_ours: is_so, generation }))
    }

    fn listen(&mut self, number: u64, is_listening: bool) {
        if let Some(page) = self.pages.get_mut(&number) {
            page.is_listening = is_listening;
        }
    }

    fn release_lock(&mut self, page: u64) {
        self.lock.waiting.retain(|other| *other != page);
        if self.lock.holder == Some(page) {
            self.lock.holder = None;
            self.grant_lock();
        }
    }

    fn grant_lock(&mut self) {
        let is_free = self.lock.holder.is_none() || self.plan.defect == Some(Defect::LockGrantedToAll);
        if is_free && !self.lock.waiting.is_empty() {
            let page = self.lock.waiting.remove(0);
            self.lock.holder = Some(page);
            let ms = 1 + self.rng.below(5);
            self.schedule(
                ms,
                ScheduledEvent::Dispatch { page, event: Event::Tabs(TabEvent::LockGranted { stored: Vec::new() }) },
            );
        }
    }

    /// Whether this is a lock grant that arrives after the lock was stolen: the platform checks before it passes a
    /// grant on.
    fn is_stale_grant(&self, page: u64, event: &Event) -> bool {
        matches!(event, Event::Tabs(TabEvent::LockGranted { stored: _ }))
            && self.pages.get(&page).is_some_and(|page| page.state == State::Awake)
            && self.lock.holder != Some(page)
            && self.plan.defect != Some(Defect::LockGrantedToAll)
    }

    /// The stored records, as the platform reports them.
    pub fn stored(&self) -> Vec<(String, String)> {
        self.storage.clone().into_iter().collect()
    }

    pub fn clocks(&self) -> Now {
        let wall = (START_S * 1_000 + self.now).saturating_add_signed(self.wall_ahead_ms);
        Now { mono: Mono(self.now), wall: Wall(wall) }
    }

    fn widget(&self, page: u64) -> ChatClient {
        let settings = Settings::new("https://chat.example.test", "inbox").expect("good settings");
        // Spreads the seed over all bits: neighbouring seeds would give similar random numbers.
        let spread =
            |salt: u64| (self.plan.seed ^ (page << 32) ^ (salt << 48)).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ salt;
        let seed = Seed { identity: [1, 2, 3, 4].map(spread), general: [5, 6, 7, 8].map(spread) };
        ChatClient::new(settings, seed, self.clocks())
    }

    /// Whether the page has closed this socket itself.
    pub fn has_closed(&self, page: u64, socket: SocketId) -> bool {
        self.closed.contains(&(page, socket))
    }
}
