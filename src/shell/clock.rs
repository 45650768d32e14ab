//! Time, chance and the page's own state.

use js_sys::{Array, Reflect};
use natter_core::event::{BlockReason, ConnectionEvent, PageEvent};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::{Parts, Reporter};
use crate::js;
use natter_core::availability::UtcOffset;
use natter_core::rng::Seed;
use natter_core::time::{Mono, Now, Wall};
use natter_core::{Event, PageContext};

/// Both clocks.
pub fn now() -> Now {
    let mono = web_sys::window().and_then(|window| window.performance()).map_or(0.0, |clock| clock.now());
    Now { mono: Mono(mono as u64), wall: Wall(js_sys::Date::now() as u64) }
}

/// A seed from the browser's crypto.
#[must_use]
pub fn seed() -> Seed {
    let mut bytes = [0_u8; 64];
    let crypto = web_sys::window().and_then(|window| window.crypto().ok());
    let is_filled = crypto.is_some_and(|crypto| crypto.get_random_values_with_u8_array(&mut bytes).is_ok());
    if !is_filled {
        // No browser that runs wasm lacks crypto; a host page may have broken it, and then this must do.
        for byte in &mut bytes {
            *byte = (js_sys::Math::random() * 256.0) as u8;
        }
    }
    let mut words = bytes.chunks_exact(8).map(|word| {
        let mut number = [0; 8];
        number.copy_from_slice(word);
        u64::from_le_bytes(number)
    });
    let mut four = || [(); 4].map(|()| words.next().unwrap_or(1));
    Seed { identity: four(), general: four() }
}

/// Whether browsers refuse requests to this address because it is http and the page is not.
pub fn is_mixed_content(base_url: &str) -> bool {
    let is_secure = web_sys::window().and_then(|window| window.location().protocol().ok()).as_deref() == Some("https:");
    let host = base_url.strip_prefix("http://").unwrap_or_default();
    is_secure && !host.is_empty() && !host.starts_with("localhost") && !host.starts_with("127.")
}

/// Where the visitor is.
pub fn whereabouts() -> PageContext {
    let Some(window) = web_sys::window() else { return PageContext::default() };
    let without_query = |url: String| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    PageContext {
        url: window.location().href().map(without_query).unwrap_or_default(),
        referrer: js::page().map(|page| without_query(page.referrer())).unwrap_or_default(),
        language: window.navigator().language().unwrap_or_default(),
    }
}

/// Looks up what the clocks of a time zone show.
pub fn look_up(zone: String, parts: &Parts, report: Reporter) {
    let then = move |found: Option<JsValue>| {
        // A zone the browser doesn't know has no clocks: nothing is said of hours then.
        let Some(found) = found else { return };
        let numbers: Vec<f64> = Array::from(&found).iter().filter_map(|number| number.as_f64()).collect();
        let offset = |pair: &[f64]| Some(UtcOffset { from: *pair.first()? as u64, ahead: *pair.last()? as i64 });
        report(Event::TimeZoneLookedUp { offsets: numbers.chunks_exact(2).filter_map(offset).collect() });
    };
    parts.call("zone", "offsets", &[zone.into()], Box::new(then));
}

/// One listener for all that is heard of the page, gone when dropped.
pub struct Ears {
    listens: Vec<(js::Target, &'static str)>,
    closure: Closure<dyn FnMut(web_sys::Event)>,
}

impl Drop for Ears {
    fn drop(&mut self) {
        for (target, name) in &self.listens {
            target.unlisten(name, self.closure.as_ref().unchecked_ref());
        }
    }
}

/// Listens to what wakes a page, sends it to sleep, or keeps it from the server at `base_url`; `kept` reads what the
/// device keeps.
pub fn listen(report: Reporter, kept: impl Fn() -> Vec<(String, String)> + 'static, base_url: String) -> Option<Ears> {
    let closure = Closure::<dyn FnMut(web_sys::Event)>::new(move |event: web_sys::Event| match &*event.type_() {
        "online" | "offline" => report(is_online()),
        "visibilitychange" => report(is_visible()),
        // Chromium freezes pages in the background without hiding them first.
        "pagehide" | "freeze" => report(Event::Page(PageEvent::Suspended)),
        "pageshow" | "resume" => {
            // Nobody told the page of changes while it was away.
            report(is_visible());
            report(is_online());
            report(Event::Page(PageEvent::Resumed { stored: kept() }));
        }
        // The page's policy was violated.
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
    let listens = of_window.into_iter().chain(of_page.map(|name| (page.clone(), name))).collect();
    let ears = Ears { listens, closure };
    for (target, name) in &ears.listens {
        target.listen(name, ears.closure.as_ref().unchecked_ref());
    }
    Some(ears)
}

/// Whether the page can be seen right now.
pub fn is_visible() -> Event {
    Event::Page(PageEvent::VisibilityChanged {
        is_visible: js::page().is_none_or(|page| page.visibility_state() == "visible"),
    })
}

/// Whether the device has a network right now.
pub fn is_online() -> Event {
    Event::Connection(ConnectionEvent::OnlineChanged {
        is_online: web_sys::window().is_none_or(|window| window.navigator().on_line()),
    })
}
