//! Markdown that no editor writes.

use natter_core::markdown::{self, Mark, Piece};
use natter_core::url::SafeUrl;
use proptest::prelude::*;
use proptest::sample::select;

use super::check_property;
use super::generators::any_text;

/// Markdown syntax, and what stands between it.
const FRAGMENTS: [&str; 54] = [
    "*",
    "**",
    "***",
    "_",
    "__",
    "~~",
    "~",
    "`",
    "``",
    "```",
    "~~~",
    "[",
    "![",
    "]",
    "](",
    "](https://a.test/x)",
    "(",
    ")",
    "<",
    ">",
    "> ",
    "# ",
    "- ",
    "* ",
    "1. ",
    "2) ",
    "\\",
    "\n",
    "\n\n",
    "\n ",
    "\n\t",
    " ",
    "\"",
    "'",
    "a",
    "b c",
    "é",
    "漢。",
    "👍",
    "https://a.test/x",
    "javascript:alert(1)",
    "a@b.test",
    "é",
    "'",
    "&",
    "www.",
    "a.com",
    ".",
    "|",
    "|a|b|\n|-|-|\n",
    "/x_",
    "mailto:",
    ":",
    "\u{202e}",
];

fn markdown_text() -> impl Strategy<Value = String> {
    let fragments = prop::collection::vec(select(&FRAGMENTS[..]), 0..40).prop_map(|fragments| fragments.concat());
    prop_oneof![6 => fragments, 1 => any_text()]
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphabetic()).collect()
}

fn text(pieces: &[Piece]) -> String {
    let of = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Marked(_, inner) => text(inner),
    };
    pieces.iter().map(of).collect()
}

/// Asserts that links have a visible text and a safe URL.
fn assert_links(pieces: &[Piece]) {
    for piece in pieces {
        let Piece::Marked(mark, inner) = piece else { continue };
        if let Mark::Link(url) = mark {
            assert!(!text(inner).is_empty(), "a link that can't be seen");
            assert_eq!(SafeUrl::new(url.as_str()).as_ref(), Some(url));
        }
        assert_links(inner);
    }
}

#[test]
fn markdown_links_are_visible_and_safe_in_any_context() {
    check_property(4_000, markdown_text(), |markdown_text| {
        assert_links(&markdown::parse(&markdown_text));
    });
}

#[test]
fn markdown_shows_every_letter_except_link_targets() {
    // A link shows its text in place of its URL, and a fence hides the name of its language.
    let is_shown = |text: &String| !["](", "```", "~~~"].iter().any(|sign| text.contains(sign));
    check_property(3_000, markdown_text().prop_filter("all of it is shown", is_shown), |markdown_text| {
        assert_eq!(letters(&text(&markdown::parse(&markdown_text))), letters(&markdown_text));
    });
}

/// The URL of an autolink is exactly its text, apart from an added scheme: no link leads to a part of what was written.
#[test]
fn markdown_email_autolinks_are_never_cut_at_their_start() {
    check_property(4_000, markdown_text(), |markdown_text| {
        for (url, shown, before) in links_after_text(&markdown::parse(&markdown_text)) {
            if url == format!("mailto:{shown}") {
                let last = before.chars().next_back();
                assert!(!last.is_some_and(|c| c.is_ascii_alphanumeric() || c == 'é'), "{before:?} before {shown:?}");
            }
        }
    });
}

/// Each link's URL and text, and the text right before it.
fn links_after_text(pieces: &[Piece]) -> Vec<(String, String, String)> {
    let (mut all, mut before) = (Vec::new(), String::new());
    for piece in pieces {
        match piece {
            Piece::Text(said) => before = said.clone(),
            Piece::Marked(mark, inner) => {
                if let Mark::Link(url) = mark {
                    all.push((url.as_str().to_owned(), text(inner), std::mem::take(&mut before)));
                }
                all.extend(links_after_text(inner));
                before.clear();
            }
        }
    }
    all
}
