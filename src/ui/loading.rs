//! Pictures, sounds and films that could not be loaded: they are asked for again for a while, and once more when the
//! connection is back.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlMediaElement};

use natter_core::content::Sources;
use natter_core::view::{ConnectionState, View};

/// The number of failures since it was last loaded.
const FAILURES: &str = "data-failures";
/// It can't be had; the style sheet shows what stands for it.
const GONE: &str = "data-gone";

/// The waits between two tries.
#[derive(Default)]
pub struct Loading {
    next: Cell<u32>,
    waits: RefCell<Vec<(u32, Timeout)>>,
}

impl Loading {
    /// Tries the next address, or gives up.
    pub fn failed(self: &Rc<Self>, media: &HtmlElement, sources: &Sources) {
        let failures = 1 + media.get_attribute(FAILURES).and_then(|count| count.parse().ok()).unwrap_or(0_usize);
        set(media, FAILURES, &failures.to_string());
        let Some((wait_ms, url)) = sources.next_after(failures) else {
            set(media, GONE, "");
            return;
        };
        let (number, all, media, url) = (self.next.get(), Rc::downgrade(self), media.clone(), url.to_owned());
        self.next.set(number.wrapping_add(1));
        let wait = Timeout::new(wait_ms, move || {
            if let Some(all) = all.upgrade() {
                all.waits.borrow_mut().retain(|(other, _)| *other != number);
            }
            if media.is_connected() {
                load(&media, &url);
            }
        });
        self.waits.borrow_mut().push((number, wait));
    }

    /// Tries nothing any more.
    pub fn stop(&self) {
        self.waits.borrow_mut().clear();
    }
}

/// It is there.
pub fn succeeded(media: &Element) {
    for mark in [FAILURES, GONE] {
        // Whether it was marked or not, it is not marked now.
        let _ = media.remove_attribute(mark);
    }
}

/// Asks again for what could not be had, when the connection is back.
pub fn load_missing(view: &View, was: Option<&View>, header: &Element) {
    let was_fine = was.is_none_or(|was| was.panel.connection == ConnectionState::Connected);
    let Some(panel) =
        header.parent_element().filter(|_| !was_fine && view.panel.connection == ConnectionState::Connected)
    else {
        return;
    };
    let Ok(missing) = panel.query_selector_all("[data-gone]") else { return };
    for at in 0..missing.length() {
        if let Some(media) = missing.item(at).map(JsCast::unchecked_into::<HtmlElement>) {
            let url = media.get_attribute("src").unwrap_or_default();
            succeeded(&media);
            load(&media, &url);
        }
    }
}

/// Loads from an address, though it may be the same. A sound or film stays where it was played to: its address leads on
/// to one that ends after some minutes.
fn load(media: &HtmlElement, url: &str) {
    let player = (media.local_name() != "img").then(|| media.unchecked_ref::<HtmlMediaElement>());
    let at = player.map_or(0.0, HtmlMediaElement::current_time);
    set(media, "src", url);
    if let Some(player) = player.filter(|_| at > 0.0) {
        player.set_current_time(at);
    }
}

fn set(media: &Element, name: &str, value: &str) {
    // These names are good.
    let _ = media.set_attribute(name, value);
}
