//! Percent-encoding, both ways.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All characters but letters, digits and the marks that `encodeURIComponent` does not encode either.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'(')
    .remove(b')')
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'');

/// A text as one part of a path.
pub fn encode(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// A name or value of a form or query, where `+` is a space. `None`: not UTF-8.
pub fn decode_form(text: &str) -> Option<String> {
    percent_decode_str(&text.replace('+', " ")).decode_utf8().ok().map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_of_a_file_name_is_undone_by_decoding() {
        let name = "naïve résumé (1).png";
        assert_eq!(encode(name), "na%C3%AFve%20r%C3%A9sum%C3%A9%20(1).png");
        assert_eq!(decode_form(&encode(name)).as_deref(), Some(name));
    }

    #[test]
    fn broken_percent_escapes_stay_as_they_are() {
        assert_eq!(decode_form("100%+%zz").as_deref(), Some("100% %zz"));
        assert_eq!(decode_form("%ff"), None);
    }
}
