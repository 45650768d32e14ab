//! The beginning of a long text, cut in its tree: no link and no mark is torn.

use super::{Mark, Piece, parse, text_of};
use crate::unicode;

/// How many of the text's characters are read for one that is shown. The others are Markdown's signs and URLs.
const READ_CHARS: usize = 8;

/// The beginning of a text, in at most this many characters and lines. The cost does not depend on the text's length.
#[must_use]
pub fn beginning(text: &str, chars: usize, lines: usize) -> Vec<Piece> {
    Room { chars, lines, is_full: false }.fit(parse(unicode::beginning(text, READ_CHARS * chars)))
}

/// What still may be shown.
struct Room {
    chars: usize,
    lines: usize,
    is_full: bool,
}

impl Room {
    fn fit(&mut self, pieces: Vec<Piece>) -> Vec<Piece> {
        let mut fitting = Vec::new();
        for piece in pieces {
            if self.is_full {
                break;
            }
            fitting.extend(match piece {
                Piece::Text(text) => Some(Piece::Text(self.fit_text(text))),
                Piece::Marked(mark, inner) => self.fit_marked(mark, inner),
            });
        }
        fitting
    }

    fn fit_text(&mut self, text: String) -> String {
        let shown = unicode::beginning(&text, self.chars);
        let end = shown.match_indices('\n').nth(self.lines).map_or(shown.len(), |(at, _)| at);
        let shown = shown.get(..end).unwrap_or_default();
        self.chars = self.chars.saturating_sub(shown.chars().count());
        self.lines = self.lines.saturating_sub(shown.matches('\n').count());
        self.is_full = shown.len() < text.len();
        if self.is_full { [shown, "…"].concat() } else { text }
    }

    fn fit_marked(&mut self, mark: Mark, inner: Vec<Piece>) -> Option<Piece> {
        if matches!(mark, Mark::Paragraph | Mark::CodeBlock | Mark::Item | Mark::Row) {
            let Some(lines) = self.lines.checked_sub(1) else {
                self.is_full = true;
                return None;
            };
            self.lines = lines;
        }
        if let Mark::Link(_) = mark
            && text_of(&inner).chars().count() > self.chars
        {
            self.is_full = true;
            return Some(Piece::Text("…".to_owned()));
        }
        let fitting = self.fit(inner);
        (!fitting.is_empty()).then_some(Piece::Marked(mark, fitting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, chars: usize, lines: usize) -> String {
        text_of(&beginning(text, chars, lines))
    }

    #[test]
    fn a_short_text_is_whole() {
        let text = "**Hello**, [there](https://a.test)\n\n- one\n- two\n\n| a | b |\n|--|--|\n| c | d |";
        assert_eq!(beginning(text, 900, 18), parse(text));
    }

    #[test]
    fn lines_are_counted_in_every_block() {
        for line in ["a\n", "- a\n", "1. a\n", "> a\n", "a\n\n", "`a`\n"] {
            let shown = shown(&line.repeat(25), 900, 18);
            assert_eq!(shown.lines().count(), 18, "{line:?}: {shown}");
        }
        assert_eq!(shown(&format!("```\n{}```", "a\n".repeat(25)), 900, 18).lines().count(), 18);
    }

    #[test]
    fn no_mark_is_left_open() {
        for (text, chars, expected) in [
            ("one **two three** four", 9, "one two…"),
            ("one `two three` four", 9, "one two…"),
            ("one [two three](https://a.test) four", 9, "one …"),
            ("one https://a.test/long/path four", 9, "one …"),
            ("[two three](https://a.test) four", 9, "two three…"),
        ] {
            assert_eq!(shown(text, chars, 18), expected, "{text}");
        }
        let link = format!("{}https://a.test/{}", "word ".repeat(20), "x".repeat(50));
        for chars in 0..200 {
            let pieces = format!("{:?}", beginning(&link, chars, 18));
            assert!(!pieces.contains("https") || pieces.contains(&"x".repeat(50)), "{chars}: {pieces}");
        }
    }

    #[test]
    fn the_cost_is_bounded() {
        let text = "[a](https://a.test/) ".repeat(1_000_000);
        // 342 links are in 7,200 characters.
        assert_eq!(shown(&text, 900, 18), vec!["a"; 342].join(" "));
    }
}
