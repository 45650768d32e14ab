//! Characters that people can't see: those that change what is shown, and texts without any visible one. Where a text may
//! be cut.

/// Whether a character is invisible but changes what is shown: direction marks and overrides, joiners and separators.
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Whether a text shows nothing: it has only whitespace, invisible characters, and characters whose glyph is empty or
/// that only modify a visible one (Unicode's Default_Ignorable_Code_Point, and U+2800, Braille's empty pattern).
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || c.is_control() || is_invisible(c) || has_no_glyph(c))
}

const fn has_no_glyph(c: char) -> bool {
    matches!(
        c,
        '\u{34f}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// How far back the end of a word is looked for, in bytes.
const WORD_BYTES_MAX: usize = 120;

/// At most this many characters of a text's beginning: up to the end of a word if one is near, else up to the end of what
/// is seen as one character. The whole text if it is not longer.
#[must_use]
pub fn beginning(text: &str, chars: usize) -> &str {
    let Some((limit, _)) = text.char_indices().nth(chars) else { return text };
    let cut = |at: usize| text.split_at_checked(at).unwrap_or((text, ""));
    let is_near = |at: &usize| at + WORD_BYTES_MAX >= limit;
    let (before, after) = cut(limit);
    if after.starts_with(char::is_whitespace) {
        return before;
    }
    let boundaries = before.char_indices().rev().map(|(at, _)| at).take_while(is_near);
    let word_end = before.rfind(char::is_whitespace).filter(is_near);
    let end = word_end.or_else(|| [limit].into_iter().chain(boundaries).find(|at| is_boundary(cut(*at))));
    cut(end.unwrap_or(limit)).0
}

/// Whether what is seen as one character ends between the two texts: an approximation of Unicode's grapheme clusters
/// (UAX 29) without its tables. It finds no boundary inside words of Indic scripts, which have spaces between words.
fn is_boundary((before, after): (&str, &str)) -> bool {
    let is_flag_letter = |c: &char| matches!(c, '\u{1f1e6}'..='\u{1f1ff}');
    let flag_letters = before.chars().rev().take_while(is_flag_letter).count();
    let follows_joiner = before.ends_with(['\u{200d}', '\r']);
    match after.chars().next() {
        Some(c) if is_flag_letter(&c) => flag_letters % 2 == 0,
        Some(c) => !follows_joiner && !continues_character(c),
        None => true,
    }
}

/// Whether this is a part of the character before it: combining marks, variation selectors, joiners, skin tones, tags.
const fn continues_character(c: char) -> bool {
    matches!(
        c,
        '\u{300}'..='\u{36f}'
            | '\u{483}'..='\u{489}'
            | '\u{591}'..='\u{5c7}'
            | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}'
            | '\u{670}'
            | '\u{6d6}'..='\u{6ed}'
            | '\u{900}'..='\u{dff}'
            | '\u{e31}'..='\u{e3a}'
            | '\u{e47}'..='\u{e4e}'
            | '\u{eb1}'..='\u{ebc}'
            | '\u{ec8}'..='\u{ece}'
            | '\u{f71}'..='\u{fbc}'
            | '\u{102b}'..='\u{103e}'
            | '\u{1160}'..='\u{11ff}'
            | '\u{135d}'..='\u{135f}'
            | '\u{17b4}'..='\u{17d3}'
            | '\u{1ab0}'..='\u{1aff}'
            | '\u{1dc0}'..='\u{1dff}'
            | '\u{200c}'..='\u{200d}'
            | '\u{20d0}'..='\u{20ff}'
            | '\u{302a}'..='\u{302f}'
            | '\u{3099}'..='\u{309a}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{fe20}'..='\u{fe2f}'
            | '\u{ff9e}'..='\u{ff9f}'
            | '\u{1f3fb}'..='\u{1f3ff}'
            | '\u{e0020}'..='\u{e01ef}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_after_a_word() {
        assert_eq!(beginning("Hello there", 11), "Hello there");
        assert_eq!(beginning("Hello there", 10), "Hello");
        assert_eq!(beginning("Hello there", 5), "Hello");
        assert_eq!(beginning("Hello there", 6), "Hello");
        let no_spaces = "漢".repeat(1_000);
        assert_eq!(beginning(&no_spaces, 900).chars().count(), 900);
        let word = ["a ", &"b".repeat(1_000)].concat();
        assert_eq!(beginning(&word, 500).len(), 500, "the word's beginning is far");
    }

    #[test]
    fn a_text_is_cut_outside_of_what_is_seen_as_one_character() {
        // Each cluster with the number of its characters.
        let clusters = [
            "e\u{301}",
            "👩\u{200d}🚀",
            "👩\u{200d}❤\u{fe0f}\u{200d}👩",
            "👍\u{1f3fd}",
            "🇩🇪",
            "1\u{fe0f}\u{20e3}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e007f}",
            "กี่",
            "\u{1112}\u{1161}\u{11ab}",
            "が",
        ];
        for cluster in clusters {
            let decomposed = if cluster == "が" { "か\u{3099}" } else { cluster };
            let (text, length) = (decomposed.repeat(20), decomposed.chars().count());
            for chars in 0..20 * length {
                let shown = beginning(&text, chars);
                assert_eq!(shown.chars().count(), chars / length * length, "{decomposed:?} {chars}");
            }
        }
    }
}
