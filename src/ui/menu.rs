//! The menu in the panel's head: a `details` element, which opens by itself and closes when it is done with.

use wasm_bindgen::JsCast;
use web_sys::{Element, Event, FocusEvent, HtmlElement, KeyboardEvent};

/// Closes the menu that this is in, if it is in one; the focus goes back to where it was opened.
pub fn close(inside: &Element) {
    if let Ok(Some(menu)) = inside.closest("details[open]")
        && menu.remove_attribute("open").is_ok()
        && let Ok(Some(opener)) = menu.query_selector("summary")
    {
        // It is right above.
        let _ = opener.unchecked_ref::<HtmlElement>().focus();
    }
}

/// The focus leaves something in the menu: one that holds it no more is closed.
pub fn left(event: &Event) {
    let Some(menu) = event.current_target().map(JsCast::unchecked_into::<Element>) else { return };
    let next = event.unchecked_ref::<FocusEvent>().related_target().map(JsCast::unchecked_into::<Element>);
    if !next.is_some_and(|next| menu.contains(Some(&next))) {
        // An attribute that is not there is not missed.
        let _ = menu.remove_attribute("open");
    }
}

/// Esc closes the menu, and nothing behind it.
pub fn steered(event: &KeyboardEvent) {
    let menu = event.current_target().map(JsCast::unchecked_into::<Element>);
    if let Some(menu) = menu.filter(|menu| event.key() == "Escape" && menu.has_attribute("open")) {
        event.stop_propagation();
        close(&menu);
    }
}
