//! Messages' texts: Markdown as elements, links with their real destination, and the beginning of long texts.

use leptos::html::custom;
use leptos::prelude::*;

use super::part::{IntoPart, Part};
use crate::i18n::Localizer;
use natter_core::markdown::{Align, Mark, Piece, text_of};
use natter_core::spoofing::real_destination;
use natter_core::url::SafeUrl;

/// A text's blocks. Each has the direction of its own text.
pub fn formatted(localizer: &Localizer, blocks: Vec<Piece>) -> Part {
    let block = |piece| match piece {
        Piece::Marked(mark, inner) => marked(localizer, mark, inner, false, BLOCK),
        Piece::Text(text) => element("p", BLOCK, text.into_part()),
    };
    Part::all(blocks.into_iter().map(block).collect())
}

/// A text in an element that has the text's own direction, whatever the page's is.
pub fn line(tag: &'static str, class: &'static str, text: String) -> Part {
    let class = Some(class).filter(|class| !class.is_empty());
    element(tag, Attributes { class, is_in_own_direction: true, ..Attributes::default() }, text.into_part())
}

/// A link out of the page: its target learns nothing of this page, and can't reach it.
pub fn link(url: &SafeUrl, class: Option<&'static str>, dir: Option<&'static str>, content: Part) -> Part {
    let href = url.as_str().to_owned();
    view! {
        <a class=class dir=dir href=href target="_blank" rel="noopener noreferrer nofollow ugc">{content}</a>
    }
    .into_part()
}

/// After a link's text: where it really leads to, if that is another place than the text says.
pub fn destination(localizer: &Localizer, text: &str, url: &SafeUrl) -> Part {
    let shown = real_destination(text, url, &|url| localizer.formatter.host(url));
    // An address is written in the same direction in every language.
    let shown = shown.map(|place| {
        let place = ["(", &place, ")"].concat();
        view! { {" ".to_owned()}<span class="destination" dir="ltr">{place}</span> }.into_part()
    });
    Part::maybe(shown)
}

/// The attributes of an element of a text.
#[derive(Clone, Copy, Default)]
struct Attributes {
    class: Option<&'static str>,
    is_in_own_direction: bool,
    /// Whether the keyboard can scroll it.
    is_focusable: bool,
    /// The number that a list begins with.
    start: Option<u32>,
}

/// Those of a block.
const BLOCK: Attributes =
    Attributes { class: Some("text"), is_in_own_direction: true, is_focusable: false, start: None };

fn element(tag: &'static str, attributes: Attributes, content: Part) -> Part {
    let Attributes { class, is_in_own_direction, is_focusable, start } = attributes;
    custom(tag)
        .attr("start", start.map(|number| number.to_string()))
        .attr("tabindex", is_focusable.then_some("0"))
        .attr("class", class)
        .attr("dir", is_in_own_direction.then_some("auto"))
        .child(content)
        .into_part()
}

fn content(localizer: &Localizer, pieces: Vec<Piece>, is_in_link: bool) -> Part {
    let piece = |piece| match piece {
        Piece::Text(text) => text.into_part(),
        Piece::Marked(mark, inner) => marked(localizer, mark, inner, is_in_link, Attributes::default()),
    };
    Part::all(pieces.into_iter().map(piece).collect())
}

/// The element of a mark. Of nested links the outermost one counts.
fn marked(localizer: &Localizer, mark: Mark, inner: Vec<Piece>, is_in_link: bool, attributes: Attributes) -> Part {
    let (tag, attributes) = match mark {
        Mark::Paragraph => ("p", attributes),
        Mark::Quote => ("blockquote", attributes),
        Mark::List => ("ul", attributes),
        Mark::NumberedList(first) => {
            let has_wide_numbers = u64::from(first) + inner.len() as u64 > 100;
            let class = match attributes.class {
                class if !has_wide_numbers => class,
                None => Some("wide"),
                Some(_) => Some("text wide"),
            };
            ("ol", Attributes { start: Some(first).filter(|first| *first != 1), class, ..attributes })
        }
        Mark::Item => ("li", attributes),
        Mark::CodeBlock => ("pre", attributes),
        Mark::Strong => ("strong", attributes),
        Mark::Emphasis => ("em", attributes),
        Mark::Strikethrough => ("s", attributes),
        Mark::Code => ("code", attributes),
        Mark::Table => {
            let table = element("table", Attributes::default(), content(localizer, inner, is_in_link));
            // It scrolls by itself, also by keyboard.
            return element("div", Attributes { is_focusable: true, ..attributes }, table);
        }
        Mark::Row => ("tr", attributes),
        Mark::Cell { is_head, align } => {
            let class = match align {
                Align::Start => None,
                Align::Center => Some("col-middle"),
                Align::End => Some("col-end"),
            };
            let attributes = Attributes { class, is_in_own_direction: true, ..attributes };
            (if is_head { "th" } else { "td" }, attributes)
        }
        Mark::Link(_) if is_in_link => ("span", attributes),
        Mark::Link(url) => {
            let destination = destination(localizer, &text_of(&inner), &url);
            let content = content(localizer, inner, true);
            return link(&url, attributes.class, None, Part::all(vec![content, destination]));
        }
    };
    element(tag, attributes, content(localizer, inner, is_in_link))
}
