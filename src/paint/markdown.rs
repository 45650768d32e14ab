//! What was written: its blocks, its links, and only its beginning where it is long.

use super::files::{destined, link};
use super::icon::button;
use super::wish::Wish;
use super::{Act, Element, Node, Words, el};
use crate::i18n::TextKey;
use natter_core::conversation::timeline::RowKey;
use natter_core::markdown::{self, Align, Mark, Piece};
use natter_core::view::{TextFold, beginning_of};

/// What was written, block by block; each block has its own direction.
pub fn formatted(words: &Words, text: &str) -> Vec<Element> {
    let block = |piece| match piece {
        Piece::Marked(mark, inner) => element(words, mark, inner, false),
        Piece::Text(text) => el("p", "").saying(&text),
    };
    markdown::parse(text).into_iter().map(|piece| block(piece).with("class", "text").in_own_direction()).collect()
}

/// As much of a text as is to be seen.
pub fn shown(text: &str, length: TextFold) -> String {
    match (length, beginning_of(text)) {
        (TextFold::Folded, Some(beginning)) => [beginning, "…"].concat(),
        (TextFold::Folded | TextFold::Unfolded | TextFold::Short, _) => text.to_owned(),
    }
}

/// The way to the rest of a long text, and back.
pub fn fold(words: &Words, key: RowKey, length: TextFold) -> Option<Element> {
    let (sentence, is_folded) = match length {
        TextFold::Short => return None,
        TextFold::Folded => (TextKey::ShowMore, true),
        TextFold::Unfolded => (TextKey::ShowLess, false),
    };
    // Its key keeps it, and with it the focus, when there are more blocks before it.
    let fold = button("link fold").with("aria-expanded", if is_folded { "false" } else { "true" }).keyed(0);
    Some(fold.on("click", Act::Tell(Wish::Folded(key, !is_folded))).told(words, &sentence))
}

fn hold(words: &Words, element: Element, pieces: Vec<Piece>, is_in_link: bool) -> Element {
    pieces.into_iter().fold(element, |element, piece| match piece {
        Piece::Text(text) => element.holding(Node::Text(text)),
        Piece::Marked(mark, inner) => element.and(self::element(words, mark, inner, is_in_link)),
    })
}

/// The element of a mark. The outermost link is the one that is meant: there are none in links.
fn element(words: &Words, mark: Mark, inner: Vec<Piece>, is_in_link: bool) -> Element {
    let tag = match mark {
        Mark::Paragraph => "p",
        Mark::Quote => "blockquote",
        Mark::List => "ul",
        Mark::NumberedList(1) => "ol",
        Mark::NumberedList(first) => {
            return hold(words, el("ol", "").with("start", &first.to_string()), inner, is_in_link);
        }
        Mark::Item => "li",
        Mark::CodeBlock => "pre",
        Mark::Strong => "strong",
        Mark::Emphasis => "em",
        Mark::Strikethrough => "s",
        Mark::Code => "code",
        Mark::Table => {
            // It scrolls by itself, also by keyboard.
            let table = hold(words, el("table", ""), inner, is_in_link);
            return el("div", "").with("tabindex", "0").and(table);
        }
        Mark::Row => "tr",
        Mark::Cell { is_head, align } => {
            let class = match align {
                Align::Start => "",
                Align::Center => "col-middle",
                Align::End => "col-end",
            };
            let cell = el(if is_head { "th" } else { "td" }, class).in_own_direction();
            return hold(words, cell, inner, is_in_link);
        }
        Mark::Link(_) if is_in_link => "span",
        Mark::Link(url) => {
            let text = markdown::text_of(&inner);
            return destined(words, hold(words, link(&url, ""), inner, true), &text, &url);
        }
    };
    hold(words, el(tag, ""), inner, is_in_link)
}
