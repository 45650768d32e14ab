//! The element in the page. Its script comes from the bundle; its panel is mounted by this program's own [`mount`].

use std::cell::Cell;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::{Callable, Get, IntoView, MaybeProp, RenderEffect, on_cleanup};
use leptos::tachys::dom::document;
use send_wrapper::SendWrapper;
use wasm_bindgen::prelude::*;
use web_sys::{CustomEvent, Element, HtmlElement};

use super::events::Detail;
use super::handle::ChatHandle;
use super::settings::User;
use super::{Attribute, Callbacks, ChatError};
use crate::components::part::Part;
use crate::js;
use crate::mount::mount;

const TAG: &str = "natter-chat";
/// The property of the element with which it fetches the wasm (`embed/embed.js`).
const WASM: &str = "_wasm";

#[wasm_bindgen(module = "/embed/index.js")]
extern "C" {
    /// Defines the element, once for the page.
    #[wasm_bindgen(catch)]
    async fn load(options: &JsValue) -> Result<JsValue, JsValue>;
}

/// The component's view.
pub(super) fn build(
    assets: &str,
    attributes: Vec<Attribute>,
    callbacks: Callbacks,
    handle: ChatHandle,
    user: MaybeProp<User>,
) -> impl IntoView + use<> {
    // It fails only for a name that is none.
    let Ok(element) = document().create_element(TAG) else { return Part::maybe(None) };
    // A fresh object takes any property.
    let _ = Reflect::set(&element, &WASM.into(), &own_wasm());
    let attributes: Vec<RenderEffect<()>> = attributes
        .into_iter()
        .map(|(name, value)| {
            let element = element.clone();
            RenderEffect::new(move |_| {
                // The names are valid.
                let _ = match value() {
                    Some(value) => element.set_attribute(name, &value),
                    None => element.remove_attribute(name),
                };
            })
        })
        .collect();
    let identified = RenderEffect::new(move |was_known: Option<bool>| match user.get() {
        Some(user) => {
            handle.set_user(&user);
            true
        }
        None => {
            if was_known == Some(true) {
                handle.reset();
            }
            false
        }
    });
    let callbacks = Rc::new(callbacks);
    let listeners = Listeners::new(&element, &callbacks);
    let is_mounted = Rc::new(Cell::new(true));
    // They end with the component.
    let ends = SendWrapper::new((attributes, identified, listeners, Rc::clone(&is_mounted), element.clone()));
    on_cleanup(move || {
        let (_, _, _, is_mounted, element) = ends.take();
        is_mounted.set(false);
        handle.detach(&element);
    });
    let (options, loaded) = (js::object(&[("assets", assets.into())]), element.clone());
    wasm_bindgen_futures::spawn_local(async move {
        let result = load(&options).await;
        if !is_mounted.get() {
            return;
        }
        match result {
            Ok(_) => handle.attach(&loaded),
            Err(_) => {
                if let Some(on_error) = &callbacks.error {
                    on_error.run(ChatError { name: "load-failed".to_owned() });
                }
            }
        }
    });
    Part::built(element)
}

type Mount = dyn Fn(HtmlElement, HtmlElement, String, JsValue) -> Result<JsValue, JsValue>;

thread_local! {
    static OWN_WASM: Function = {
        let mount: Box<Mount> =
            Box::new(|panel, over, given, host| mount(panel, over, &given, &host).map(JsValue::from));
        let mount = Closure::<Mount>::wrap(mount).into_js_value();
        Closure::<dyn Fn() -> Promise>::new(move || Promise::resolve(&mount)).into_js_value().unchecked_into()
    };
}

/// A function that returns a promise of this program's `mount`; one for all chats.
fn own_wasm() -> Function {
    OWN_WASM.with(Clone::clone)
}

type Listener = Closure<dyn FnMut(CustomEvent)>;

/// The listeners to the element's events; removed when dropped.
struct Listeners {
    element: Element,
    all: Vec<(&'static str, Listener)>,
}

impl Drop for Listeners {
    fn drop(&mut self) {
        for (name, listener) in &self.all {
            // It never fails: removing a listener that is not there does nothing.
            let _ = self.element.remove_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
    }
}

impl Listeners {
    fn new(element: &Element, callbacks: &Rc<Callbacks>) -> Self {
        let listener = |run: fn(&Callbacks, Detail)| {
            let callbacks = Rc::clone(callbacks);
            Listener::new(move |event: CustomEvent| run(&callbacks, Detail(event.detail())))
        };
        /// The listener that runs the callback of this name with what is read of the event.
        macro_rules! listeners {
            ($($name:literal: $callback:ident($($read:expr)?),)*) => {
                vec![$(($name, listener(|callbacks, _detail| {
                    if let Some(callback) = &callbacks.$callback {
                        callback.run(($($read(&_detail))?));
                    }
                }))),*]
            };
        }
        let all = listeners! {
            "natter-ready": ready(),
            "natter-opened": opened(),
            "natter-closed": closed(),
            "natter-message": message(Detail::message),
            "natter-unread": unread(|detail: &Detail| detail.number("count") as u32),
            "natter-conversation-started": conversation_started(|detail: &Detail| detail.number("conversation")),
            "natter-status": status(Detail::status),
            "natter-typing": typing(Detail::typing),
            "natter-connection": connection(Detail::connection),
            "natter-postback": postback(Detail::postback),
            "natter-error": error(Detail::error),
        };
        for (name, listener) in &all {
            // It never fails: adding a listener has no errors.
            let _ = element.add_event_listener_with_callback(name, listener.as_ref().unchecked_ref());
        }
        Self { element: element.clone(), all }
    }
}
