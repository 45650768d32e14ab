//! One tab at a time owns what earlier pages left unsent.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::AbortController;

/// A Web Lock asked for or held; let go when dropped.
pub struct Lock {
    release: Rc<RefCell<Option<Function>>>,
    abort: AbortController,
    /// What the browser calls when the lock is ours.
    _granted: Closure<dyn FnMut(JsValue) -> Promise>,
}

impl Lock {
    /// Asks for the lock of this name and calls back once it is ours, be it now or when another tab is gone. `None`
    /// where the browser has no Web Locks.
    pub fn ask(name: &str, on_granted: impl Fn() + 'static) -> Option<Self> {
        let navigator = web_sys::window()?.navigator();
        let locks = Reflect::get(&navigator, &"locks".into()).ok().filter(|locks| locks.is_object())?;
        let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
        let abort = AbortController::new().ok()?;
        let options = Object::new();
        Reflect::set(&options, &"signal".into(), &abort.signal()).ok()?;

        let release: Rc<RefCell<Option<Function>>> = Rc::default();
        let slot = Rc::clone(&release);
        let granted = Closure::<dyn FnMut(JsValue) -> Promise>::new(move |_| {
            on_granted();
            // The lock is ours until this promise ends.
            Promise::new(&mut |resolve, _| {
                slot.replace(Some(resolve));
            })
        });
        let asked = request.apply(&locks, &Array::of3(&name.into(), &options, granted.as_ref())).ok()?;
        // An abort rejects it; nobody waits for it.
        drop(wasm_bindgen_futures::JsFuture::from(asked.dyn_into::<Promise>().ok()?));
        Some(Self { release, abort, _granted: granted })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        match self.release.borrow_mut().take() {
            Some(release) => drop(release.call0(&JsValue::UNDEFINED)),
            None => self.abort.abort(),
        }
    }
}
