//! The conversation: its rows, what comes before them, and what is there while there are none.

use super::icon::button;
use super::row::row;
use super::{Act, Element, Node, Words, el};
use crate::core::Event;
use crate::core::view::{Row, Thread, View};
use crate::text::Sentence;

/// The scrolling part of the panel.
///
/// Its content is laid out from the bottom up (`column-reverse`), so that the browser itself keeps the newest message
/// in sight and the place somebody reads in still, whatever comes in above or below.
#[must_use]
pub fn thread(words: &Words, view: &View, was: Option<&View>) -> Node {
    let before: &[Row] = was.map_or(&[], |was| &was.thread.rows);
    let mut list = el("ol", "list").with("aria-label", &words.say(&Sentence::ThreadLabel));
    let mut nearby = before.iter();
    for one in &view.thread.rows {
        // Rows keep their order, so the one painted before is the next one, or a few further on.
        let painted = nearby.clone().position(|other| other.key == one.key);
        let is_same = painted.and_then(|at| nearby.nth(at)).is_some_and(|other| other == one);
        list = list.holding(if is_same { Node::Same(one.key.0) } else { Node::Element(row(words, one)) });
    }
    let rows = el("div", "rows").maybe(lead(words, &view.thread)).and(list);
    Node::Element(
        el("div", "thread").on("scroll", Act::Scrolled).on("dragover", Act::Dropped).on("drop", Act::Dropped).and(rows),
    )
}

/// What stands before the first row: a greeting, a word of patience, or the way to older messages for those who don't
/// scroll.
fn lead(words: &Words, thread: &Thread) -> Option<Element> {
    let earlier = |sentence| button("earlier").on("click", Act::Tell(Event::ReachedTop)).saying(&words.say(&sentence));
    match thread {
        Thread { is_loading: true, rows, .. } if rows.is_empty() => {
            Some(el("p", "quiet").with("role", "status").saying(&words.say(&Sentence::ThreadLoading)))
        }
        Thread { rows, .. } if rows.is_empty() => Some(
            el("div", "greeting")
                .and(el("p", "greeting-title").saying(&words.say(&Sentence::GreetingTitle)))
                .and(el("p", "").saying(&words.say(&Sentence::GreetingText))),
        ),
        Thread { is_loading_earlier: true, .. } => Some(earlier(Sentence::EarlierLoading)),
        Thread { has_earlier: true, .. } => Some(earlier(Sentence::Earlier)),
        Thread { .. } => None,
    }
}
