//! What agents write, when it is nothing an editor makes.

use natter_core::markdown::{self, Mark, Piece};
use natter_core::url::SafeUrl;
use proptest::prelude::*;
use proptest::sample::select;

use super::holds;
use super::inputs::nonsense;

/// Signs, and what stands between them.
const SIGNS: [&str; 45] = [
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
    "\n  ",
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
    "mailto:",
    ":",
    "\u{202e}",
];

fn soup() -> impl Strategy<Value = String> {
    let signs = prop::collection::vec(select(&SIGNS[..]), 0..40).prop_map(|signs| signs.concat());
    prop_oneof![6 => signs, 1 => nonsense()]
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

/// Asserts that links are safe and lead somewhere from something.
fn look_at_links(pieces: &[Piece]) {
    for piece in pieces {
        let Piece::Marked(mark, inner) = piece else { continue };
        if let Mark::Link(url) = mark {
            assert!(!text(inner).is_empty(), "a link that can't be seen");
            assert_eq!(SafeUrl::new(url.as_str()).as_ref(), Some(url));
        }
        look_at_links(inner);
    }
}

#[test]
fn links_are_whole_whatever_is_around_them() {
    holds(4_000, soup(), |soup| {
        look_at_links(&markdown::read(&soup));
        look_at_links(&markdown::read_plain(&soup));
    });
}

#[test]
fn no_letter_is_lost_that_is_not_an_address_behind_a_text() {
    // A link shows its text in place of its address, and a fence names the language of what is in it.
    let is_shown = |text: &String| !["](", "```", "~~~"].iter().any(|sign| text.contains(sign));
    holds(3_000, soup().prop_filter("all of it is shown", is_shown), |soup| {
        assert_eq!(letters(&text(&markdown::read(&soup))), letters(&soup));
    });
}

#[test]
fn plain_text_stays_as_it_is() {
    holds(2_000, soup(), |soup| assert_eq!(text(&markdown::read_plain(&soup)), soup));
}
