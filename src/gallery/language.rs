//! A language of long words: English with every vowel drawn out, for seeing what other languages do to the panel.

use crate::i18n::{ENGLISH, Locale};
use natter_core::tolerant_json;

/// Words this short become more than twice as long in some languages, sentences a third longer.
const SHORT_CHARS: usize = 16;

/// The locale.
#[must_use]
pub fn long_words() -> Locale {
    let long: Vec<String> = ENGLISH.lines().map(drawn_out).collect();
    Locale::read(&tolerant_json::write(&long))
}

/// A text with its vowels drawn out; what is to be filled in stays.
fn drawn_out(text: &str) -> String {
    let times = if text.len() <= SHORT_CHARS { 3 } else { 2 };
    let mut is_name = false;
    let mut long = String::new();
    for letter in text.chars() {
        is_name = letter == '{' || (is_name && letter != '}');
        let is_vowel = !is_name && "aeiouAEIOU".contains(letter);
        long.push(letter);
        (1..times).filter(|_| is_vowel).for_each(|_| long.extend(letter.to_lowercase()));
    }
    long
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::TextKey;

    #[test]
    fn words_grow_and_what_is_filled_in_does_not() {
        assert_eq!(drawn_out("Edit"), "Eeediiit");
        assert_eq!(drawn_out("{name} is typing a message"), "{name} iis typiing aa meessaagee");
        let said = long_words().text(&TextKey::Typing("Ida".to_owned()));
        assert!(said.starts_with("Ida i"), "{said}");
    }
}
