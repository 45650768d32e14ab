//! Requests images, sounds and videos again that could not be loaded: a few times after pauses, and once more when the
//! connection works again.

use gloo_timers::callback::Timeout;
use wasm_bindgen::JsCast;
use web_sys::{Element, Event, HtmlElement, HtmlMediaElement};

use natter_core::content::Sources;

/// The attribute with the number of failures since the file was last loaded.
const FAILURES: &str = "data-failures";
/// The attribute of an element whose file can't be loaded; the style sheet shows its replacement.
const GONE: &str = "data-gone";

/// The retries of one image, sound or video. Dropping it cancels the next one.
pub struct MediaRetry {
    sources: Sources,
    next: Option<Timeout>,
}

impl MediaRetry {
    /// Retries with these URLs.
    pub const fn new(sources: Sources) -> Self {
        Self { sources, next: None }
    }

    /// Handles an `error` event: requests the next URL after a pause, or marks the element when all were tried.
    pub fn on_error(&mut self, event: &Event) {
        let Some(media) = event.current_target().map(JsCast::unchecked_into::<HtmlElement>) else { return };
        let failures = 1 + media.get_attribute(FAILURES).and_then(|count| count.parse().ok()).unwrap_or(0_usize);
        set(&media, FAILURES, &failures.to_string());
        let Some((pause_ms, url)) = self.sources.next_after(failures) else {
            set(&media, GONE, "");
            return;
        };
        let url = url.to_owned();
        self.next = Some(Timeout::new(pause_ms, move || {
            if media.is_connected() {
                load(&media, &url);
            }
        }));
    }
}

/// Handles a `load` or `loadeddata` event: the element is not marked any more.
pub fn on_load(event: &Event) {
    if let Some(media) = event.current_target() {
        clear_marks(media.unchecked_ref());
    }
}

/// Handles an `error` event of an image that only decorates: it is hidden, and what lies under it is seen.
pub fn hide(event: &Event) {
    if let Some(image) = event.current_target() {
        image.unchecked_ref::<HtmlElement>().set_hidden(true);
    }
}

/// Requests again all files in the panel that could not be loaded.
pub fn retry_missing(panel: &Element) {
    let Ok(missing) = panel.query_selector_all("[data-gone]") else { return };
    for index in 0..missing.length() {
        if let Some(media) = missing.item(index).map(JsCast::unchecked_into::<HtmlElement>) {
            let url = media.get_attribute("src").unwrap_or_default();
            clear_marks(&media);
            load(&media, &url);
        }
    }
}

fn clear_marks(media: &Element) {
    for mark in [FAILURES, GONE] {
        // Removing an attribute that is not set does nothing.
        let _ = media.remove_attribute(mark);
    }
}

/// Loads a URL, even the present one. A sound or video keeps its playing position: its URL redirects to one that
/// expires after some minutes.
fn load(media: &HtmlElement, url: &str) {
    let player = (media.local_name() != "img").then(|| media.unchecked_ref::<HtmlMediaElement>());
    let position = player.map_or(0.0, HtmlMediaElement::current_time);
    set(media, "src", url);
    if let Some(player) = player.filter(|_| position > 0.0) {
        player.set_current_time(position);
    }
}

fn set(media: &Element, name: &str, value: &str) {
    // Both names are valid, so this can't fail.
    let _ = media.set_attribute(name, value);
}
