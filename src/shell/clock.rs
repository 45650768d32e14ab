//! Time, chance and the page's own state.

use std::rc::Rc;

use js_sys::{Array, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, VisibilityState, Window};

use super::{Parts, Reporter};
use crate::core::availability::Offset;
use crate::core::chance::Seed;
use crate::core::time::{Mono, Now, Wall};
use crate::core::{Blocked, Event, Page};

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
    Seed { identity: four(), chance: four() }
}

/// What the page is like right now.
pub fn page_state() -> [Event; 2] {
    let window = web_sys::window();
    let is_visible = window.as_ref().and_then(Window::document).is_none_or(|page| is_visible(&page));
    let is_online = window.is_none_or(|window| window.navigator().on_line());
    [Event::Visible(is_visible), Event::Online(is_online)]
}

/// Whether browsers refuse requests to this address because it is http and the page is not.
pub fn is_mixed_content(base_url: &str) -> bool {
    let is_secure = web_sys::window().and_then(|window| window.location().protocol().ok()).as_deref() == Some("https:");
    let host = base_url.strip_prefix("http://").unwrap_or_default();
    is_secure && !host.is_empty() && !host.starts_with("localhost") && !host.starts_with("127.")
}

/// Where the visitor is.
pub fn whereabouts() -> Page {
    let Some(window) = web_sys::window() else { return Page::default() };
    let without_query = |url: String| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    Page {
        url: window.location().href().map(without_query).unwrap_or_default(),
        referrer: window.document().map(|page| without_query(page.referrer())).unwrap_or_default(),
        language: window.navigator().language().unwrap_or_default(),
    }
}

/// Looks up what the clocks of a time zone show.
pub fn look_up(zone: String, parts: Parts, report: Reporter) {
    wasm_bindgen_futures::spawn_local(async move {
        // A zone the browser doesn't know has no clocks: nothing is said of hours then.
        let Some(found) = parts.call("zone", "offsets", &[zone.into()]).await else { return };
        let numbers: Vec<f64> = Array::from(&found).iter().filter_map(|number| number.as_f64()).collect();
        let offset = |pair: &[f64]| Some(Offset { from: *pair.first()? as u64, ahead: *pair.last()? as i64 });
        report(Event::Zoned(numbers.chunks_exact(2).filter_map(offset).collect()));
    });
}

/// A listener on the page, gone when dropped.
pub struct Ear {
    target: EventTarget,
    name: &'static str,
    closure: Closure<dyn FnMut(JsValue)>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        // It can only fail for a target that is gone, and then so is the listener.
        let _ = self.target.remove_event_listener_with_callback(self.name, self.closure.as_ref().unchecked_ref());
    }
}

/// Listens to what wakes a page, sends it to sleep, or keeps it from the server at `base_url`; `kept` reads what the
/// device keeps.
pub fn listen(report: &Reporter, kept: impl Fn() -> Vec<(String, String)> + 'static, base_url: String) -> Vec<Ear> {
    let Some(window) = web_sys::window() else { return Vec::new() };
    let Some(page) = window.document() else { return Vec::new() };
    let [online, visible, left, returned, blocked] = [(); 5].map(|()| report.clone());
    let online = hear(move |_| online(page_state()[1].clone()));
    let visible = hear(move |_| visible(page_state()[0].clone()));
    let left = hear(move |_| left(Event::Left));
    let returned = hear(move |_| {
        // Nobody told the page of changes while it was away.
        page_state().into_iter().for_each(&*returned);
        returned(Event::Returned(kept()));
    });
    let blocked = hear(move |event| {
        let uri = Reflect::get(event, &"blockedURI".into()).ok().and_then(|uri| uri.as_string()).unwrap_or_default();
        if !uri.is_empty() && (uri.starts_with(&base_url) || base_url.starts_with(&uri)) {
            blocked(Event::Blocked(Blocked::ByPolicy));
        }
    });
    let ears = [
        ear(&window, "online", &online),
        ear(&window, "offline", &online),
        ear(&window, "pagehide", &left),
        ear(&window, "pageshow", &returned),
        // Chromium freezes pages in the background without hiding them first.
        ear(&page, "freeze", &left),
        ear(&page, "resume", &returned),
        ear(&page, "visibilitychange", &visible),
        ear(&page, "securitypolicyviolation", &blocked),
    ];
    ears.into_iter().flatten().collect()
}

type Hearing = Rc<dyn Fn(&JsValue)>;

fn hear(hearing: impl Fn(&JsValue) + 'static) -> Hearing {
    Rc::new(hearing)
}

fn ear(target: &EventTarget, name: &'static str, hearing: &Hearing) -> Result<Ear, JsValue> {
    let hearing = Rc::clone(hearing);
    let closure = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| hearing(&event));
    target.add_event_listener_with_callback(name, closure.as_ref().unchecked_ref())?;
    Ok(Ear { target: target.clone(), name, closure })
}

fn is_visible(page: &web_sys::Document) -> bool {
    page.visibility_state() == VisibilityState::Visible
}
