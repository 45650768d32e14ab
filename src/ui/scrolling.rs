//! What of the thread is in sight, and how it stays there while rows come and go around it.
//!
//! The thread is laid out from the bottom up: its `scrollTop` is 0 at the bottom and negative above.

use std::iter::successors;

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, ShadowRoot};

use super::Ui;
use crate::core::Event;
use crate::core::view::Thread;
use crate::core::window::{Distance, Sight};

/// This near to the first row, in CSS pixels, the visitor is about to want more.
const NEAR_TOP_PX: i32 = 240;
/// This far from the last row it is still in sight.
const AT_END_PX: i32 = 24;

/// What the visitor saw, and where the thread was scrolled to.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    sight: Option<Sight>,
    scroll_top: i32,
}

/// The visitor scrolled, or the browser did.
pub fn scrolled(ui: Ui, thread: &Element) {
    let (scroll_top, screen) = (thread.scroll_top(), thread.client_height());
    let below = match -scroll_top {
        ..AT_END_PX => Distance::Here,
        below if below < screen => Distance::Near,
        _ => Distance::Far,
    };
    let above = thread.scroll_height() - screen + scroll_top;
    let sight = Sight { is_at_top: above < NEAR_TOP_PX, below };
    let was = ui.sees(Seen { sight: Some(sight), scroll_top });
    let Thread { has_earlier, is_loading_earlier, newer, .. } = ui.view().thread;
    // Only whoever moves towards an end of the window wants it moved: in a thread that is hardly higher than the screen
    // both are near.
    let is_rising = scroll_top < was.scroll_top && sight.is_at_top && has_earlier && !is_loading_earlier;
    let is_sinking = scroll_top > was.scroll_top && below != Distance::Far && newer > 0;
    if is_rising || is_sinking || was.sight != Some(sight) {
        let held = held(thread);
        if let Some(row) = rows(thread).find(|row| is_in_sight(row, thread)) {
            keep_still(&row);
        }
        ui.dispatch(Event::Scrolled(sight, held.and_then(|at| ui.view().thread.rows.get(at).map(|row| row.key))));
    }
}

/// Keeps an element where it is on the screen while what is around it is about to change.
pub fn keep_still(element: &Element) {
    let (Ok(Some(thread)), Some(window)) = (element.closest(".thread"), web_sys::window()) else { return };
    let (element, was) = (element.clone(), top(element));
    let painted = Closure::once_into_js(move || {
        let moved = top(&element) - was;
        if element.is_connected() && moved != 0.0 {
            thread.set_scroll_top(thread.scroll_top() + moved as i32);
        }
    });
    // A page without frames shows nothing that could move.
    let _ = window.request_animation_frame(painted.unchecked_ref());
}

fn top(element: &Element) -> f64 {
    element.get_bounding_client_rect().top()
}

fn is_in_sight(row: &Element, thread: &Element) -> bool {
    row.get_bounding_client_rect().bottom() > top(thread)
}

fn rows(thread: &Element) -> impl Iterator<Item = Element> {
    let list = thread.query_selector(".list").ok().flatten();
    successors(list.and_then(|list| list.first_element_child()), Element::next_element_sibling)
}

/// The place of the row that has the focus: it must not be taken away.
fn held(thread: &Element) -> Option<usize> {
    let focused = thread.get_root_node().dyn_into::<ShadowRoot>().ok()?.active_element()?;
    let row = focused.closest(".row").ok()??;
    rows(thread).position(|other| other == row)
}
