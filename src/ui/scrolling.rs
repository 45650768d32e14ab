//! What of the thread is in sight, and how it stays there while rows come and go around it.
//!
//! The thread is laid out from the bottom up: its `scrollTop` is 0 at the bottom and negative above.

use natter_core::event::ThreadEvent;
use std::iter::successors;

use wasm_bindgen::JsCast;
use web_sys::{Element, ShadowRoot};

use super::Ui;
use natter_core::Event;
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::view::Thread;

/// This near to the first row, in CSS pixels, the visitor is about to want more.
const NEAR_TOP_PX: i32 = 240;
/// This far from the last row it is still in sight.
const AT_END_PX: i32 = 24;

/// What the visitor saw of the thread when it was scrolled last.
#[derive(Clone, Copy, Default)]
pub struct Seen {
    sight: Option<ScrollPosition>,
    scroll_top: i32,
}

/// The visitor scrolled, or the browser did.
pub fn scrolled(ui: &Ui, thread: &Element) {
    let (scroll_top, screen) = (thread.scroll_top(), thread.client_height());
    let below = match -scroll_top {
        ..AT_END_PX => Distance::Here,
        below if below < screen => Distance::Near,
        _ => Distance::Far,
    };
    let above = thread.scroll_height() - screen + scroll_top;
    let sight = ScrollPosition { is_at_top: above < NEAR_TOP_PX, below };
    let was = ui.sees(Seen { sight: Some(sight), scroll_top });
    let Thread { has_earlier, is_loading_earlier, newer, ref rows, .. } = ui.view().thread;
    // Only whoever moves towards an end of the window wants it moved: in a thread that is hardly higher than the screen
    // both are near.
    let is_rising = scroll_top < was.scroll_top && sight.is_at_top && has_earlier && !is_loading_earlier;
    let is_sinking = scroll_top > was.scroll_top && below != Distance::Far && newer > 0;
    if is_rising || is_sinking || was.sight != Some(sight) {
        ui.dispatch(Event::Thread(ThreadEvent::Scrolled {
            position: sight,
            focused_row: held(thread).and_then(|at| rows.get(at)).map(|row| row.key),
        }));
    }
}

/// An element that is to stay where it is on the screen, whatever is painted around it.
pub struct Still {
    element: Element,
    /// Its end, since its beginning may lose the name of a day or of a sender.
    bottom: f64,
}

impl Still {
    /// This element.
    pub fn at(element: Element) -> Self {
        let bottom = bottom(&element);
        Self { element, bottom }
    }

    /// What the visitor reads in a thread that is about to be painted, if they read further up. The browser itself sees
    /// to that only for what changes above.
    pub fn reading(ui: &Ui, thread: &Element) -> Option<Self> {
        let read = || {
            let top = thread.get_bounding_client_rect().top();
            let is_up = thread.scroll_top() <= -AT_END_PX;
            rows(thread).find(|row| is_up && bottom(row) > top).map(Self::at)
        };
        ui.still().or_else(read)
    }

    /// Nothing.
    pub const fn nothing(_: &Ui, _: &Element) -> Option<Self> {
        None
    }

    /// It is painted.
    pub fn restore(self, thread: &Element) {
        let moved = bottom(&self.element) - self.bottom;
        if self.element.is_connected() && moved != 0.0 {
            thread.set_scroll_top(thread.scroll_top() + moved as i32);
        }
    }
}

fn bottom(element: &Element) -> f64 {
    element.get_bounding_client_rect().bottom()
}

fn rows(thread: &Element) -> impl Iterator<Item = Element> {
    let list = thread.query_selector(".list").ok().flatten();
    successors(list.and_then(|list| list.first_element_child()), Element::next_element_sibling)
}

/// The place of the row that has the focus: it must not be taken away.
fn held(thread: &Element) -> Option<usize> {
    let focused = thread.get_root_node().unchecked_into::<ShadowRoot>().active_element()?;
    let row = focused.closest(".row").ok()??;
    rows(thread).position(|other| other == row)
}
