//! The event loop: events are queued, the core is asked about each, its effects are performed at once, and when the queue
//! is empty, the changed slices are published once. An effect that fails on the spot only queues another event, so the
//! core is never re-entered.

use super::lazy_modules::LazyModules;
use super::storage::DeviceStorage;
use super::{clock, http, intl, page_lifecycle, rng, uploads, web_locks, websocket};
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

/// Where the driver publishes.
pub trait Output {
    /// Slices of the view changed.
    fn publish(&self, view: &Arc<View>, changed: Changed);
    /// The website, or its element, is told something.
    fn tell_host(&self, event: HostEvent);
}

/// The loop, its hands and its listeners.
pub struct Driver {
    me: Weak<Self>,
    client: RefCell<ChatClient>,
    queue: RefCell<VecDeque<Event>>,
    is_running: Cell<bool>,
    output: Box<dyn Output>,
    device: Rc<DeviceStorage>,
    requests: RefCell<http::Requests>,
    sockets: RefCell<websocket::Sockets>,
    timer: RefCell<Option<Timeout>>,
    listeners: RefCell<Option<page_lifecycle::PageListeners>>,
    tabs: RefCell<web_locks::TabChannel>,
    uploads: uploads::Uploads,
    modules: LazyModules,
    /// Whether agents are told on which page the visitor is.
    sends_page_context: bool,
}

/// Events handled before the browser gets its turn: a burst must not freeze the page.
const STEPS_MAX: usize = 200;

impl Driver {
    /// Starts the client with the website's first calls and the device's records, and listens to the page.
    pub fn start(settings: Settings, calls: Vec<Event>, modules: LazyModules, output: Box<dyn Output>) -> Rc<Self> {
        let is_mixed = http::is_mixed_content(settings.base_url());
        let base_url = settings.base_url().to_owned();
        let device = Rc::new(DeviceStorage::open(settings.storage_prefix()));
        let tabs = web_locks::TabChannel::new(natter_core::tabs::channel_name(&settings));
        let uploads = uploads::Uploads::new(modules.clone(), settings.storage_prefix());
        let sends_page_context = settings.options.sends_page_context;
        let is_shared = device.is_shared() && web_locks::TabChannel::are_supported();
        let driver = Rc::new_cyclic(|me: &Weak<Self>| Self {
            me: me.clone(),
            client: RefCell::new(ChatClient::new(settings, rng::seed(), clock::now())),
            queue: RefCell::default(),
            is_running: Cell::new(false),
            output,
            device,
            requests: RefCell::default(),
            sockets: RefCell::default(),
            timer: RefCell::default(),
            listeners: RefCell::default(),
            tabs: RefCell::new(tabs),
            uploads,
            modules,
            sends_page_context,
        });
        let device = Rc::clone(&driver.device);
        driver.listeners.replace(page_lifecycle::listen(driver.reporter(), move || device.all(), base_url));
        driver.enqueue(page_lifecycle::is_visible());
        driver.enqueue(page_lifecycle::is_online());
        if is_mixed {
            driver.enqueue(Event::Connection(ConnectionEvent::Blocked(BlockReason::MixedContent)));
        }
        driver.report_page_context();
        // First of all who the visitor is: what that leads to is on the device before the device is read.
        calls.into_iter().for_each(|event| driver.dispatch(event));
        driver.dispatch(Event::Started { stored: driver.device.all(), has_tab_sync: is_shared });
        driver
    }

    /// The state and the event log, as JSON. It holds message texts: only masked may it leave the page.
    pub fn diagnostics(&self) -> String {
        self.client.borrow().diagnostics()
    }

    /// The visitor picked files.
    pub fn pick(&self, files: Vec<web_sys::File>) {
        if !files.is_empty() {
            self.dispatch(Event::Composer(ComposerEvent::FilesPicked { files: self.uploads.pick(files) }));
        }
    }

    /// Dispatches an event: it is handled at once, unless another one is being handled.
    pub fn dispatch(&self, event: Event) {
        if let Event::Composer(ComposerEvent::Submitted { text: _ }) = event {
            self.report_page_context();
        }
        self.enqueue(event);
        if !self.is_running.replace(true) {
            self.run();
            self.is_running.set(false);
            self.set_timer();
        }
    }

    /// Stops everything: no timer, socket, request or listener stays.
    pub fn stop(&self) {
        self.listeners.borrow_mut().take();
        self.tabs.borrow_mut().leave();
        self.timer.borrow_mut().take();
        self.sockets.borrow_mut().close_all();
        self.requests.borrow_mut().abort_all();
        self.queue.borrow_mut().clear();
        self.uploads.release();
    }

    fn run(&self) {
        for _ in 0..STEPS_MAX {
            let mut changed = Changed::default();
            let mut steps = 0;
            while let Some(event) = self.next_event().filter(|_| steps < STEPS_MAX) {
                let update = self.client.borrow_mut().update(clock::now(), event);
                changed |= update.changed;
                for effect in update.effects {
                    self.perform(effect);
                }
                steps += 1;
            }
            if changed != Changed::default() {
                self.output.publish(self.client.borrow().view(), changed);
            }
            if steps == 0 || steps == STEPS_MAX {
                return;
            }
        }
    }

    fn report_page_context(&self) {
        if self.sends_page_context {
            self.enqueue(Event::Page(PageEvent::Navigated(page_lifecycle::page_context())));
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
                self.requests.borrow_mut().send(id, request, &self.uploads, self.reporter());
            }
            Effect::Probe { url } => http::probe(url, self.reporter()),
            Effect::AbortRequest { id } => self.requests.borrow_mut().abort(id),
            Effect::OpenSocket { socket, url } => self.sockets.borrow_mut().connect(socket, &url, &self.reporter()),
            Effect::Transmit { socket, text } => self.sockets.borrow().transmit(socket, &text),
            Effect::CloseSocket { socket } => self.sockets.borrow_mut().disconnect(socket),
            Effect::Tabs(act) => self.tabs.borrow_mut().perform(act, &self.device, &self.reporter()),
            Effect::Save { key, value } => {
                if !self.device.save(&key, &value) {
                    self.enqueue(Event::Storage(StorageEvent::WriteFailed));
                }
            }
            Effect::Delete { key } => self.device.erase(&key),
            Effect::StoreFiles { message: echo, picks } => self.uploads.store(echo, &picks, self.reporter()),
            Effect::DeleteFiles { message: echo } => self.uploads.delete(&echo),
            Effect::EraseDevice { generation, keep_files } => {
                self.device.begin_generation(generation);
                self.uploads.delete_all_but(&keep_files);
            }
            Effect::LookUpTimeZone { zone } => intl::look_up_time_zone(zone, &self.modules, self.reporter()),
            Effect::Host(event) => self.output.tell_host(event),
        }
    }

    /// One timer for everything: the core's next deadline, or at once if events are left over.
    fn set_timer(&self) {
        let is_left_over = !self.queue.borrow().is_empty();
        let due = self.client.borrow().deadline().map(|due| due.at);
        let ms = if is_left_over { Some(0) } else { due.map(|due| due.since(clock::now().mono).min(TIMER_MS_MAX)) };
        let timer = ms.map(|ms| {
            let report = self.reporter();
            // Browsers round down; a millisecond more spares an update that is too early.
            Timeout::new(ms as u32 + u32::from(!is_left_over), move || report(Event::Tick))
        });
        self.timer.replace(timer);
    }

    /// What the hands and listeners report through; it holds no driver alive.
    fn reporter(&self) -> Reporter {
        let me = self.me.clone();
        Rc::new(move |event| {
            if let Some(driver) = me.upgrade() {
                driver.dispatch(event);
            }
        })
    }
}

/// Browsers take a 32-bit number of milliseconds; waking once an hour costs nothing.
const TIMER_MS_MAX: u64 = 3_600_000;

/// Reports an event to the driver.
pub type Reporter = Rc<dyn Fn(Event)>;
