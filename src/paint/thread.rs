//! The conversation: its rows, what comes before them, and what is there while there are none.

use super::conversations::{conversations, end};
use super::icon::{DOWN, button, icon};
use super::introduction::introduction;
use super::markdown::formatted;
use super::row::row;
use super::wish::Wish;
use super::{Act, Element, Node, Place, Words, el};
use crate::i18n::TextKey;
use natter_core::view::{ConversationEnd, Row, Thread, View};

/// The scrolling part of the panel.
///
/// Its content is laid out from the bottom up (`column-reverse`), so that the browser itself keeps the newest message
/// in sight and the place somebody reads in still, whatever comes in above or below.
#[must_use]
pub fn thread(words: &Words, view: &View, was: Option<&View>) -> Node {
    let before: &[Row] = was.map_or(&[], |was| &was.thread.rows);
    let place_before = |at| was.and_then(|was| place(&was.thread, at));
    let mut list = el("ol", "list");
    let mut nearby = before.iter().enumerate();
    for (at, one) in view.thread.rows.iter().enumerate() {
        // Rows keep their order, so the one painted before is the next one, or a few further on.
        let painted = nearby.clone().position(|(_, other)| other.key == one.key);
        let painted = painted.and_then(|at| nearby.nth(at));
        let place = place(&view.thread, at);
        let is_same = painted.is_some_and(|(at, other)| other == one && place_before(at) == place);
        list = list.holding(if is_same { Node::Same(one.key.0) } else { Node::Element(row(words, one, place)) });
    }
    let talk = || {
        let rows = el("div", "rows").maybe(lead(words, &view.thread)).and(list);
        let is_gone = |end: &ConversationEnd| !end.can_reopen && !end.can_begin;
        let over = view.thread.end.filter(|end| is_gone(end) || !view.thread.rows.is_empty());
        rows.maybe(typing(words, &view.thread)).maybe(over.map(|over| end(words, &over)))
    };
    let rows = match (&view.thread.list, &view.thread.form) {
        (Some(list), _) => conversations(words, list).keyed(1),
        (None, Some(form)) => el("div", "rows").keyed(2).and(introduction(words, form)),
        (None, None) => talk().keyed(0),
    };
    Node::Element(
        el("div", "thread")
            .with("role", "group")
            .labelled(words, &TextKey::ThreadLabel)
            .with("tabindex", "0")
            .on("scroll", Act::Scrolled)
            .on("dragover", Act::Dropped)
            .on("drop", Act::Dropped)
            .maybe(newest(words, &view.thread).filter(|_| view.thread.list.is_none()))
            .and(rows),
    )
}

/// A row's place, where the page does not hold the whole list.
fn place(thread: &Thread, at: usize) -> Option<Place> {
    let Thread { skipped, newer, has_earlier, rows, .. } = thread;
    let is_whole = !has_earlier && skipped + newer == 0;
    let of = Some(skipped + rows.len() + newer).filter(|_| !has_earlier);
    (!is_whole).then_some(Place { nth: skipped + at + 1, of })
}

/// The way down for whoever reads further up.
fn newest(words: &Words, thread: &Thread) -> Option<Element> {
    let button = || button("newest").on("click", Act::Tell(Wish::WantedNewest));
    let button = match thread {
        Thread { unread: 0, is_scrolled_away: false, .. } => return None,
        Thread { unread: 0, .. } => button().labelled(words, &TextKey::Newest).and(icon(DOWN)),
        Thread { unread, .. } => {
            button().told(words, &TextKey::Unread).and(el("span", "count").saying(&unread.to_string()))
        }
    };
    Some(el("div", "below").and(button))
}

/// Who is writing.
fn typing(words: &Words, thread: &Thread) -> Option<Element> {
    let person = thread.typing.as_ref()?;
    let dots = (0..3).fold(el("span", "dots").with("aria-hidden", "true"), |dots, _| dots.and(el("i", "")));
    let who = words.say(&TextKey::Typing(words.called(person)));
    Some(el("p", "typing").and(dots).and(el("span", "").in_own_direction().saying(&who)))
}

/// What stands before the first row: a greeting, a word of patience, or the way to older messages for those who don't
/// scroll.
fn lead(words: &Words, thread: &Thread) -> Option<Element> {
    let earlier = |sentence| button("earlier").on("click", Act::Tell(Wish::WantedEarlier)).told(words, &sentence);
    match thread {
        Thread { is_loading: true, rows, .. } if rows.is_empty() => {
            let bones = (0..3).fold(el("div", "skeleton").with("role", "status"), |bones, _| bones.and(el("i", "")));
            Some(bones.and(el("span", "spoken").told(words, &TextKey::ThreadLoading)))
        }
        Thread { rows, prompt, .. } if rows.is_empty() && !prompt.is_empty() => Some(said_first(words, prompt)),
        Thread { rows, .. } if rows.is_empty() => Some(
            el("div", "greeting")
                .and(el("p", "greeting-title").told(words, &TextKey::GreetingTitle))
                .and(el("p", "").told(words, &TextKey::GreetingText)),
        ),
        Thread { is_loading_earlier: true, .. } => Some(earlier(TextKey::EarlierLoading)),
        Thread { has_earlier: true, .. } => Some(earlier(TextKey::Earlier)),
        Thread { prompt, .. } if !prompt.is_empty() => Some(said_first(words, prompt)),
        Thread { .. } => None,
    }
}

/// The prompt that the visitor answers: the first thing said.
fn said_first(words: &Words, prompt: &str) -> Element {
    let bubble = formatted(words, prompt).into_iter().fold(el("div", "bubble"), Element::and);
    el("div", "row opens closes prompt").and(bubble)
}
