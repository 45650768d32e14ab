//! The browser's side: performs what the core wants done, reports what happened. It decides nothing.
//!
//! The driver is one loop: events queue up, the core is asked about each, its effects are performed at once, and when
//! the queue is empty, what changed is published once. An effect that fails on the spot only queues another event, so
//! the core is never entered twice.

mod clock;
mod files;
mod net;
mod parts;
mod socket;
mod speech;
mod storage;
mod tabs;

use natter_core::event::{BlockReason, ComposerEvent, ConnectionEvent, PageEvent, StorageEvent};
use natter_core::host::events::HostEvent;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use gloo_timers::callback::Timeout;

use natter_core::host::settings::Settings;
use natter_core::view::{Changed, View};
use natter_core::{ChatClient, Effect, Event};

pub use clock::seed;
pub use parts::Parts;
pub use speech::IntlSpeech;
pub use storage::Device;

/// Where the driver's news goes.
pub trait Audience {
    /// The view's slices that changed.
    fn publish(&self, view: &Arc<View>, changed: Changed);
    /// Something the page wants to know.
    fn tell(&self, event: HostEvent);
}

/// The loop, its hands and its ears.
pub struct Driver {
    me: Weak<Self>,
    widget: RefCell<ChatClient>,
    queue: RefCell<VecDeque<Event>>,
    is_running: Cell<bool>,
    audience: Box<dyn Audience>,
    device: Rc<Device>,
    calls: RefCell<net::Calls>,
    sockets: RefCell<socket::Sockets>,
    timer: RefCell<Option<Timeout>>,
    ears: RefCell<Option<clock::Ears>>,
    tabs: RefCell<tabs::Tabs>,
    files: files::Files,
    parts: Parts,
    /// Whether the core wants to know where the visitor is.
    tells_page: bool,
}

/// Events handled before the browser gets a turn: a burst must not freeze the page.
const STEPS_MAX: usize = 200;

impl Driver {
    /// Wakes the core with what the page asks of it and what the device keeps, and begins to listen to the page.
    pub fn start(settings: Settings, asked: Vec<Event>, parts: Parts, audience: Box<dyn Audience>) -> Rc<Self> {
        let is_mixed = clock::is_mixed_content(settings.base_url());
        let base_url = settings.base_url().to_owned();
        let device = Rc::new(Device::open(settings.storage_prefix()));
        let tabs = tabs::Tabs::new(settings.tabs_name());
        let files = files::Files::new(parts.clone(), settings.storage_prefix());
        let tells_page = settings.options.tells_page;
        let is_shared = device.is_shared() && tabs::Tabs::are_supported();
        let driver = Rc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            widget: RefCell::new(ChatClient::new(settings, seed(), clock::now())),
            queue: RefCell::default(),
            is_running: Cell::new(false),
            audience,
            device,
            calls: RefCell::default(),
            sockets: RefCell::default(),
            timer: RefCell::default(),
            ears: RefCell::default(),
            tabs: RefCell::new(tabs),
            files,
            parts,
            tells_page,
        });
        let device = Rc::clone(&driver.device);
        driver.ears.replace(clock::listen(driver.reporter(), move || device.all(), base_url));
        driver.enqueue(clock::is_visible());
        driver.enqueue(clock::is_online());
        if is_mixed {
            driver.enqueue(Event::Connection(ConnectionEvent::Blocked(BlockReason::MixedContent)));
        }
        driver.tell_page();
        // First of all: whose chat it is. What that leads to is on the device before the device is read.
        asked.into_iter().for_each(|event| driver.dispatch(event));
        driver.dispatch(Event::Started { stored: driver.device.all(), has_tab_sync: is_shared });
        driver
    }

    /// How things stand and what led there, as JSON; not for anybody to see as it is.
    pub fn diagnostics(&self) -> String {
        self.widget.borrow().diagnostics()
    }

    /// Takes files the visitor picked.
    pub fn pick(&self, files: Vec<web_sys::File>) {
        if !files.is_empty() {
            self.dispatch(Event::Composer(ComposerEvent::FilesPicked { files: self.files.pick(files) }));
        }
    }

    /// Takes an event; it is handled at once unless another one just is.
    pub fn dispatch(&self, event: Event) {
        if let Event::Composer(ComposerEvent::Submitted { text: _ }) = event {
            self.tell_page();
        }
        self.enqueue(event);
        if !self.is_running.replace(true) {
            self.run();
            self.is_running.set(false);
            self.set_timer();
        }
    }

    /// Ends everything: no timer, socket, request or listener stays.
    pub fn stop(&self) {
        self.ears.borrow_mut().take();
        self.tabs.borrow_mut().leave();
        self.timer.borrow_mut().take();
        self.sockets.borrow_mut().close_all();
        self.calls.borrow_mut().abort_all();
        self.queue.borrow_mut().clear();
        self.files.release();
    }

    fn run(&self) {
        for _ in 0..STEPS_MAX {
            let mut changed = Changed::default();
            let mut steps = 0;
            while let Some(event) = self.next_event().filter(|_| steps < STEPS_MAX) {
                let turn = self.widget.borrow_mut().update(clock::now(), event);
                changed |= turn.changed;
                for effect in turn.effects {
                    self.perform(effect);
                }
                steps += 1;
            }
            if changed != Changed::default() {
                self.audience.publish(self.widget.borrow().view(), changed);
            }
            if steps == 0 || steps == STEPS_MAX {
                return;
            }
        }
    }

    fn tell_page(&self) {
        if self.tells_page {
            self.enqueue(Event::Page(PageEvent::Navigated(clock::whereabouts())));
        }
    }

    fn enqueue(&self, event: Event) {
        self.queue.borrow_mut().push_back(event);
    }

    fn next_event(&self) -> Option<Event> {
        self.queue.borrow_mut().pop_front()
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::SendRequest { id, request } => {
                self.calls.borrow_mut().call(id, request, &self.files, self.reporter());
            }
            Effect::Probe { url } => net::probe(url, self.reporter()),
            Effect::AbortRequest { id } => self.calls.borrow_mut().abort(id),
            Effect::OpenSocket { socket: link, url } => self.sockets.borrow_mut().connect(link, &url, &self.reporter()),
            Effect::Transmit { socket: link, text } => self.sockets.borrow().transmit(link, &text),
            Effect::CloseSocket { socket: link } => self.sockets.borrow_mut().disconnect(link),
            Effect::Tabs(act) => self.tabs.borrow_mut().perform(act, &self.device, &self.reporter()),
            Effect::Save { key, value } => {
                if !self.device.save(&key, &value) {
                    self.enqueue(Event::Storage(StorageEvent::WriteFailed));
                }
            }
            Effect::Delete { key } => self.device.erase(&key),
            Effect::StoreFiles { message: echo, picks } => self.files.gather(echo, &picks, self.reporter()),
            Effect::DeleteFiles { message: echo } => self.files.scatter(&echo),
            Effect::EraseDevice { generation, keep_files } => {
                self.device.begin_generation(generation);
                self.files.forget_all_but(&keep_files);
            }
            Effect::LookUpTimeZone { zone } => clock::look_up(zone, &self.parts, self.reporter()),
            Effect::Host(tell) => self.audience.tell(tell),
        }
    }

    /// One timer for everything: the core's next deadline, or at once if events are left over.
    fn set_timer(&self) {
        let is_left_over = !self.queue.borrow().is_empty();
        let due = self.widget.borrow().deadline().map(|due| due.at);
        let ms = if is_left_over { Some(0) } else { due.map(|due| due.since(clock::now().mono).min(TIMER_MS_MAX)) };
        let timer = ms.map(|ms| {
            let report = self.reporter();
            // Browsers round down; a millisecond more spares a turn that is too early.
            Timeout::new(ms as u32 + u32::from(!is_left_over), move || report(Event::Tick))
        });
        self.timer.replace(timer);
    }

    /// What the hands and ears report through; it holds no driver alive.
    fn reporter(&self) -> Reporter {
        let me = self.me.clone();
        Rc::new(move |event| {
            if let Some(driver) = me.upgrade() {
                driver.dispatch(event);
            }
        })
    }
}

/// Browsers take at most a 32-bit wait; an hour is often enough.
const TIMER_MS_MAX: u64 = 3_600_000;

/// How the shell's parts report.
type Reporter = Rc<dyn Fn(Event)>;
