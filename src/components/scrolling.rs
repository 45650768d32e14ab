//! The thread's scroll position: what of the thread is visible, and how it stays in place while rows are added and
//! removed around it.
//!
//! The thread is laid out from the bottom up: its `scrollTop` is 0 at the bottom and negative above. So the browser
//! itself keeps the position when something changes above the visible part. When something changes below it, the
//! position is measured before and restored after.

use std::iter::successors;

use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, ShadowRoot};

use super::composer::focus_first_field;
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::event::ThreadEvent;
use natter_core::view::{Thread, View};

/// Nearer than this to the first row, in CSS pixels, the visitor is about to want more rows.
const NEAR_TOP_PX: i32 = 240;
/// Nearer than this to the last row, in CSS pixels, the last row is visible.
const AT_END_PX: i32 = 24;

/// What was visible when the thread was last scrolled.
#[derive(Clone, Copy, Default)]
pub struct LastScroll {
    position: Option<ScrollPosition>,
    scroll_top: i32,
}

/// Handles the thread's `scroll` event. Returns the event for the core, if the visible part changed or more rows are
/// needed.
pub fn on_scroll(thread: &Element, view: &Thread, last: &mut LastScroll) -> Option<ThreadEvent> {
    let (scroll_top, screen) = (thread.scroll_top(), thread.client_height());
    let below = match -scroll_top {
        ..AT_END_PX => Distance::Here,
        below if below < screen => Distance::Near,
        _ => Distance::Far,
    };
    let above = thread.scroll_height() - screen + scroll_top;
    let position = ScrollPosition { is_at_top: above < NEAR_TOP_PX, below };
    let before = std::mem::replace(last, LastScroll { position: Some(position), scroll_top });
    let Thread { has_earlier, is_loading_earlier, newer, rows, .. } = view;
    // Only a visitor who scrolls towards an end of the window wants it moved: in a thread that is hardly higher than
    // the screen, both ends are near.
    let wants_earlier = scroll_top < before.scroll_top && position.is_at_top && *has_earlier && !is_loading_earlier;
    let wants_newer = scroll_top > before.scroll_top && below != Distance::Far && *newer > 0;
    (wants_earlier || wants_newer || before.position != Some(position)).then(|| ThreadEvent::Scrolled {
        position,
        focused_row: focused_row(thread).and_then(|index| rows.get(index)).map(|row| row.key),
    })
}

/// An element that is to stay in its place on the screen while the thread changes around it.
pub struct ScrollAnchor {
    element: Element,
    /// The position of its end: its beginning may lose the separator of a day or the name of an author.
    bottom: f64,
}

impl ScrollAnchor {
    /// Measures this element.
    #[must_use]
    pub fn at(element: Element) -> Self {
        let bottom = bottom(&element);
        Self { element, bottom }
    }

    /// Measures the first visible row, if the visitor reads further up.
    #[must_use]
    pub fn of_first_visible_row(thread: &Element) -> Option<Self> {
        let top = thread.get_bounding_client_rect().top();
        let is_scrolled_up = thread.scroll_top() <= -AT_END_PX;
        rows(thread).find(|row| is_scrolled_up && bottom(row) > top).map(Self::at)
    }

    /// Scrolls the thread so that the element is where it was.
    pub fn restore(&self, thread: &Element) {
        let moved = bottom(&self.element) - self.bottom;
        if self.element.is_connected() && moved != 0.0 {
            thread.set_scroll_top(thread.scroll_top() + moved as i32);
        }
    }
}

/// Scrolls to the newest row when the core says so, and focuses the first field of a pre-chat form that appears.
pub fn show_newest(view: &View, before: Option<&View>, thread: &Element) {
    if before.map_or(0, |before| before.thread.jumps) != view.thread.jumps {
        thread.set_scroll_top(0);
    }
    // While a form is to be filled in first, the visitor can do nothing else.
    let has_form = |view: &View| view.thread.form.is_some();
    if has_form(view)
        && view.panel.is_open
        && !before.is_some_and(has_form)
        && let Some(panel) = thread.parent_element()
    {
        focus_first_field(&panel);
    }
}

/// Moves the focus to the thread that an element is in: the element is about to be removed.
pub fn focus_thread(inside: &Element) {
    if let Ok(Some(thread)) = inside.closest(".thread") {
        // It fails only for a thread that is not in the page any more.
        let _ = thread.unchecked_ref::<HtmlElement>().focus();
    }
}

fn bottom(element: &Element) -> f64 {
    element.get_bounding_client_rect().bottom()
}

fn rows(thread: &Element) -> impl Iterator<Item = Element> {
    let list = thread.query_selector(".list").ok().flatten();
    successors(list.and_then(|list| list.first_element_child()), Element::next_element_sibling)
}

/// The index of the row that has the focus: it must not be removed.
fn focused_row(thread: &Element) -> Option<usize> {
    let focused = thread.get_root_node().unchecked_into::<ShadowRoot>().active_element()?;
    let row = focused.closest(".row").ok()??;
    rows(thread).position(|other| other == row)
}
