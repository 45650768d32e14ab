//! The page's state: visibility, page lifecycle (`pagehide`, `freeze`), network and policy violations.

use js_sys::Reflect;
use natter_core::event::{BlockReason, ConnectionEvent, PageEvent};
use natter_core::{Event, PageContext};
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::Reporter;
use crate::js;

/// The page that the visitor is on, without query and fragment, which may hold private data.
pub fn page_context() -> PageContext {
    let Some(window) = web_sys::window() else { return PageContext::default() };
    let without_query = |url: String| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    PageContext {
        url: window.location().href().map(without_query).unwrap_or_default(),
        referrer: js::page().map(|page| without_query(page.referrer())).unwrap_or_default(),
        language: window.navigator().language().unwrap_or_default(),
    }
}

/// The listeners to the page's state; removed when dropped.
pub struct PageListeners {
    targets: Vec<(js::Target, &'static str)>,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for PageListeners {
    fn drop(&mut self) {
        for (target, name) in &self.targets {
            target.unlisten(name, self.closure.as_ref().unchecked_ref());
        }
    }
}

/// Listens to visibility, page lifecycle, network and policy violations, and reports them. `base_url` is the server's
/// address, which a policy may forbid; `stored` reads the device's records.
pub fn listen(
    report: Reporter,
    stored: impl Fn() -> Vec<(String, String)> + 'static,
    base_url: String,
) -> Option<PageListeners> {
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| match &*event.type_() {
        "online" | "offline" => report(is_online()),
        "visibilitychange" => report(is_visible()),
        // Chromium freezes pages in the background without hiding them first.
        "pagehide" | "freeze" => report(Event::Page(PageEvent::Suspended)),
        "pageshow" | "resume" => {
            // No event told of changes while the page was away.
            report(is_visible());
            report(is_online());
            report(Event::Page(PageEvent::Resumed { stored: stored() }));
        }
        // securitypolicyviolation: the page's policy may forbid the server.
        _ => {
            let uri = Reflect::get(&event, &"blockedURI".into()).ok().and_then(|uri| uri.as_string());
            let is_ours = |uri: String| !uri.is_empty() && (uri.starts_with(&base_url) || base_url.starts_with(&uri));
            if uri.is_some_and(is_ours) {
                report(Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)));
            }
        }
    });
    let window: js::Target = web_sys::window()?.unchecked_into();
    let page: js::Target = js::page()?.unchecked_into();
    let of_window = ["online", "offline", "pagehide", "pageshow"].map(|name| (window.clone(), name));
    let of_page = ["freeze", "resume", "visibilitychange", "securitypolicyviolation"];
    let targets = of_window.into_iter().chain(of_page.map(|name| (page.clone(), name))).collect();
    let listeners = PageListeners { targets, closure };
    for (target, name) in &listeners.targets {
        target.listen(name, listeners.closure.as_ref().unchecked_ref());
    }
    Some(listeners)
}

/// Reports whether the page can be seen now.
pub fn is_visible() -> Event {
    Event::Page(PageEvent::VisibilityChanged {
        is_visible: js::page().is_none_or(|page| page.visibility_state() == "visible"),
    })
}

/// Reports whether the device has a network now.
pub fn is_online() -> Event {
    Event::Connection(ConnectionEvent::OnlineChanged {
        is_online: web_sys::window().is_none_or(|window| window.navigator().on_line()),
    })
}
