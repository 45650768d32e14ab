//! The visitor's other tabs: a Web Lock that the leader holds, and a BroadcastChannel for their messages.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{AbortController, BroadcastChannel, MessageEvent};

use super::{DeviceStorage, Reporter};
use crate::js::{method, settled};
use natter_core::{Event, TabAction, TabEvent};

/// After a hang a page reads outdated localStorage for a moment (seen in Chromium): as long is waited, in milliseconds.
const CATCH_UP_MS: u32 = 30;

/// The lock and the channel, while this tab works with others.
pub struct TabChannel {
    name: String,
    lock: Option<Lock>,
    channel: Option<Channel>,
}

/// A Web Lock that is requested or held; released when dropped.
struct Lock {
    /// `false` once it is released: what the browser reports of it then is ignored.
    is_current: Rc<Cell<bool>>,
    /// Whether the browser has granted it.
    is_granted: Rc<Cell<bool>>,
    release: Rc<RefCell<Option<Function>>>,
    abort: AbortController,
    /// The browser's client id of the page that holds it: this page.
    client: Rc<RefCell<Option<String>>>,
}

struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl TabChannel {
    /// Neither lock nor channel yet; `name` is the name of both.
    pub const fn new(name: String) -> Self {
        Self { name, lock: None, channel: None }
    }

    /// Whether the browser has Web Locks and BroadcastChannel.
    pub fn are_supported() -> bool {
        locks().is_some() && Reflect::has(&js_sys::global(), &"BroadcastChannel".into()).unwrap_or(false)
    }

    /// Performs an action of the core's.
    pub fn perform(&mut self, act: TabAction, device: &Rc<DeviceStorage>, report: &Reporter) {
        match act {
            TabAction::RequestLock => {
                if self.channel.is_none() {
                    self.channel = Channel::open(&self.name, report);
                }
                self.lock = Lock::request(&self.name, false, device, report);
            }
            TabAction::Listen => self.channel = Channel::open(&self.name, report),
            TabAction::StealLock => self.lock = Lock::request(&self.name, true, device, report),
            TabAction::QueryLock => self.confirm(device, report.clone()),
            TabAction::Leave => self.leave(),
            TabAction::Broadcast(text) => {
                if let Some(open) = &self.channel {
                    // It fails on a closed channel alone.
                    let _ = open.channel.post_message(&text.into());
                }
            }
        }
    }

    fn confirm(&self, device: &Rc<DeviceStorage>, report: Reporter) {
        let Some(lock) = &self.lock else { return };
        let (name, device) = (self.name.clone(), Rc::clone(device));
        let (is_current, is_granted, client) =
            (Rc::clone(&lock.is_current), Rc::clone(&lock.is_granted), Rc::clone(&lock.client));
        spawn_local(async move {
            // Without an answer nothing is reported: the core waits no longer than an answer takes.
            let Ok(holder) = holder(&name).await else { return };
            if is_current.get() {
                // A browser that tells no client ids gives no reason for doubt.
                let is_ours = is_granted.get() && *client.borrow() == holder;
                report(Event::Tabs(TabEvent::LockQueried { is_ours, generation: device.generation() }));
            }
        });
    }

    /// Releases the lock, and closes the channel.
    pub fn leave(&mut self) {
        self.lock = None;
        self.channel = None;
    }
}

impl Channel {
    fn open(name: &str, report: &Reporter) -> Option<Self> {
        let channel = BroadcastChannel::new(name).ok()?;
        let report = report.clone();
        let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                report(Event::Tabs(TabEvent::Received { text }));
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        Some(Self { channel, _on_message: on_message })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

impl Lock {
    /// Requests the lock, or steals it from its holder. Reports when it is granted, now or when another tab is gone, and
    /// when it is lost.
    fn request(name: &str, is_theft: bool, device: &Rc<DeviceStorage>, report: &Reporter) -> Option<Self> {
        let locks = locks()?;
        let request = method(&locks, "request")?;
        let abort = AbortController::new().ok()?;
        let options = Object::new();
        // `steal` and `signal` exclude each other; a steal is granted before it could be aborted.
        let (option, value) = if is_theft { ("steal", true.into()) } else { ("signal", abort.signal().into()) };
        Reflect::set(&options, &option.into(), &value).ok()?;
        // The mode is named: a page may have given `Object.prototype` a property of that name.
        Reflect::set(&options, &"mode".into(), &"exclusive".into()).ok()?;

        let is_current = Rc::new(Cell::new(true));
        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let client: Rc<RefCell<Option<String>>> = Rc::default();
        let is_granted = Rc::new(Cell::new(false));
        let lock = Self { is_current, is_granted, release, abort, client };
        let (is_wanted, slot, client) =
            (Rc::clone(&lock.is_current), Rc::clone(&lock.release), Rc::clone(&lock.client));
        let is_granted = Rc::clone(&lock.is_granted);
        let (lock_name, device, on_granted) = (name.to_owned(), Rc::clone(device), report.clone());
        let granted = Closure::once_into_js(move |_: JsValue| {
            if !is_wanted.get() {
                return Promise::resolve(&JsValue::UNDEFINED);
            }
            spawn_local(async move {
                // Without an answer no grant is reported: the core notices.
                let Ok(holder) = holder(&lock_name).await else { return };
                client.replace(holder);
                is_granted.set(true);
                let caught_up = move || {
                    if is_wanted.get() {
                        on_granted(Event::Tabs(TabEvent::LockGranted { stored: device.all() }));
                    }
                };
                Timeout::new(CATCH_UP_MS, caught_up).forget();
            });
            // The lock is held until this promise settles.
            Promise::new(&mut |resolve, _| {
                slot.replace(Some(resolve));
            })
        });
        let asked = request.apply(&locks, &Array::of3(&name.into(), &options, &granted)).ok()?;
        let (is_current, release, on_end) = (Rc::clone(&lock.is_current), Rc::clone(&lock.release), report.clone());
        spawn_local(async move {
            // The request's promise is rejected when the lock is stolen, or the wait for it aborted; or at once, when the
            // browser refuses locks: requested again, it would be refused again, without end.
            if settled(asked).await.is_err() && is_current.replace(false) {
                let is_refused = !is_theft && release.borrow().is_none();
                on_end(Event::Tabs(if is_refused { TabEvent::LockRefused } else { TabEvent::LockStolen }));
            }
        });
        Some(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.is_current.set(false);
        match self.release.borrow_mut().take() {
            Some(release) => drop(release.call0(&JsValue::UNDEFINED)),
            None => self.abort.abort(),
        }
    }
}

/// The client id of the lock's holder; `None` when nobody holds it, or the browser tells no ids.
///
/// # Errors
/// When the browser does not answer as specified.
async fn holder(name: &str) -> Result<Option<String>, JsValue> {
    let locks = locks().ok_or(JsValue::UNDEFINED)?;
    let query = method(&locks, "query").ok_or(JsValue::UNDEFINED)?;
    let answer = settled(query.call0(&locks)?).await?;
    let held: Array = Reflect::get(&answer, &"held".into())?.dyn_into()?;
    let text = |lock: &JsValue, key: &str| Reflect::get(lock, &key.into()).ok()?.as_string();
    Ok(held.iter().find(|lock| text(lock, "name").as_deref() == Some(name)).and_then(|lock| text(&lock, "clientId")))
}

/// The browser's lock manager.
fn locks() -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    Reflect::get(&navigator, &"locks".into()).ok().filter(JsValue::is_object)
}
