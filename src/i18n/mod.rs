//! The texts of the widget: one key for each, and a locale's words for it.
//!
//! `build.rs` makes [`TextKey`] of `locales/en.json`: a variant for each text, with its placeholders' values.

mod formatter;
mod localizer;

use natter_core::tolerant_json::{self, Json};

pub use formatter::{Formatter, day_title};
pub use localizer::Localizer;
#[cfg(feature = "gallery")]
pub(crate) use texts::ENGLISH;
#[cfg(not(feature = "gallery"))]
use texts::ENGLISH;
pub use texts::TextKey;

/// What `build.rs` has made.
mod texts {
    include!(concat!(env!("OUT_DIR"), "/texts.rs"));
}

/// One language's texts; where it lacks one, the English text.
#[derive(Debug)]
pub struct Locale(Vec<String>);

impl Locale {
    /// English, which is compiled in.
    #[must_use]
    pub fn english() -> Self {
        Self(ENGLISH.lines().map(str::to_owned).collect())
    }

    /// Reads a language: a JSON list of its texts, in the order of their keys. Anything else is English.
    #[must_use]
    pub fn read(list: &str) -> Self {
        Self::from_json(&tolerant_json::read(list).unwrap_or(Json::Null))
    }

    /// The same of a parsed list.
    #[must_use]
    pub fn from_json(list: &Json) -> Self {
        let mut locale = Self::english();
        let texts = list.items().unwrap_or_default();
        if texts.len() == locale.0.len() {
            for (place, text) in locale.0.iter_mut().zip(texts) {
                if let Json::Text(text) = text {
                    place.clone_from(text);
                }
            }
        }
        locale
    }

    /// A text in this language, its placeholders filled in.
    #[must_use]
    pub fn text(&self, key: &TextKey) -> String {
        fill(self.0.get(key.place()).map_or("", String::as_str), &key.values())
    }
}

/// A whole number as texts show it.
fn whole_number(number: i64) -> String {
    number.to_string()
}

/// Fills in a text's placeholders (`{name}`). What looks like a placeholder in a value is none.
fn fill(text: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    for part in text.split_inclusive('}') {
        let value = |(text, name): (&str, &str)| {
            let (_, value) = values.iter().find(|(other, _)| *other == name)?;
            Some([text, value].concat())
        };
        let known = part.strip_suffix('}').and_then(|part| part.rsplit_once('{')).and_then(value);
        filled.push_str(known.as_deref().unwrap_or(part));
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_with_another_number_of_texts_is_english() {
        let close = |list: &str| Locale::read(list).text(&TextKey::Close);
        let mut texts = vec![serde_json::json!("x"); ENGLISH.lines().count()];
        assert_eq!(close(&tolerant_json::write(&texts)), "x");
        texts[TextKey::Close.place()] = 7.into();
        assert_eq!(close(&tolerant_json::write(&texts)), "Close", "what is missing is said in English");
        texts.pop();
        for other in [tolerant_json::write(&texts), String::new(), "{}".to_owned()] {
            assert_eq!(close(&other), "Close", "of another version, or none at all");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_not_filled_in() {
        let values = [("name", "{text}".to_owned()), ("text", "{name} }{".to_owned())];
        assert_eq!(fill("{name} says: {text}, {other} {", &values), "{text} says: {name} }{, {other} {");
    }

    #[test]
    fn placeholders_of_every_text_are_filled_in_and_texts_are_in_their_places() {
        let english = Locale::english();
        let keys = TextKey::all();
        assert_eq!(
            keys.iter().map(TextKey::place).collect::<Vec<_>>(),
            (0..ENGLISH.lines().count()).collect::<Vec<_>>()
        );
        for key in keys {
            let text = english.text(&key);
            let is_template = key == TextKey::PictureViewer;
            assert!(!text.is_empty() && (is_template || !text.contains(['{', '}'])), "{key:?}: {text}");
        }
        assert!(english.text(&TextKey::NotSentBecause("Too many messages".to_owned())).ends_with("Too many messages"));
        assert!(english.text(&TextKey::CharactersLeft(-3)).ends_with("-3"));
    }
}
