//! The visitor's other tabs: a Web Lock that one of them holds, and a channel they talk over.

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

/// A page that hung reads an old device for a moment, until the browser has told it of all that was written meanwhile.
const CATCH_UP_MS: u32 = 30;

/// The lock and the channel, while this tab has to do with others.
pub struct TabChannel {
    name: String,
    lock: Option<Lock>,
    channel: Option<Channel>,
}

/// A Web Lock asked for or held; let go when dropped.
struct Lock {
    /// What is reported of a lock that was let go concerns nobody.
    is_current: Rc<Cell<bool>>,
    /// Whether it was ours when we were last told.
    is_granted: Rc<Cell<bool>>,
    release: Rc<RefCell<Option<Function>>>,
    abort: AbortController,
    /// What the browser calls the page that holds it: us.
    client: Rc<RefCell<Option<String>>>,
}

struct Channel {
    channel: BroadcastChannel,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
}

impl TabChannel {
    /// Nobody's tab yet; the name is the lock's and the channel's.
    pub const fn new(name: String) -> Self {
        Self { name, lock: None, channel: None }
    }

    /// Whether the browser has what this takes.
    pub fn are_supported() -> bool {
        locks().is_some() && Reflect::has(&js_sys::global(), &"BroadcastChannel".into()).unwrap_or(false)
    }

    /// Does what the core wants.
    pub fn perform(&mut self, act: TabAction, device: &Rc<DeviceStorage>, report: &Reporter) {
        match act {
            TabAction::RequestLock => {
                if self.channel.is_none() {
                    self.channel = Channel::open(&self.name, report);
                }
                self.lock = Lock::ask(&self.name, false, device, report);
            }
            TabAction::Listen => self.channel = Channel::open(&self.name, report),
            TabAction::StealLock => self.lock = Lock::ask(&self.name, true, device, report),
            TabAction::QueryLock => self.confirm(device, report.clone()),
            TabAction::Leave => self.leave(),
            TabAction::Broadcast(text) => {
                if let Some(open) = &self.channel {
                    // It can only fail on a channel that is closed.
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
            // Without an answer nothing is reported: the core waits for one no longer than it should take.
            let Ok(holder) = holder(&name).await else { return };
            if is_current.get() {
                // A browser that tells nobody's name gives no reason to doubt.
                let is_ours = is_granted.get() && *client.borrow() == holder;
                report(Event::Tabs(TabEvent::LockQueried { is_ours, generation: device.generation() }));
            }
        });
    }

    /// Lets the lock go, and hears no more.
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
    /// Asks for the lock, or takes it away from whoever has it, and reports when it is ours, be it now or when another
    /// tab is gone, and when it is ours no more.
    fn ask(name: &str, is_theft: bool, device: &Rc<DeviceStorage>, report: &Reporter) -> Option<Self> {
        let locks = locks()?;
        let request = method(&locks, "request")?;
        let abort = AbortController::new().ok()?;
        let options = Object::new();
        // The two can't go together; a theft is over before anybody could think better of it.
        let (option, value) = if is_theft { ("steal", true.into()) } else { ("signal", abort.signal().into()) };
        Reflect::set(&options, &option.into(), &value).ok()?;
        // What is left out here, the page may have given to every object.
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
                // Where that can't be had, no lock is ours: the core notices.
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
            // The lock is ours until this promise ends.
            Promise::new(&mut |resolve, _| {
                slot.replace(Some(resolve));
            })
        });
        let asked = request.apply(&locks, &Array::of3(&name.into(), &options, &granted)).ok()?;
        let (is_current, release, on_end) = (Rc::clone(&lock.is_current), Rc::clone(&lock.release), report.clone());
        spawn_local(async move {
            // It ends badly when the lock is stolen, or the wait for it given up; or it did not begin: asked for again, the
            // browser would refuse it again, without end.
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

/// Who holds the lock of this name, as the browser calls its pages; `None` when nobody does, or it tells no names.
///
/// # Errors
/// When the browser does not answer as it should.
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
