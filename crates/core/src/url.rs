//! Safe URLs: every URL from outside is checked here before it becomes a link, an image or a sound.

use crate::unicode::is_invisible;

/// An absolute URL with a harmless scheme: http, https, mailto or tel.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct SafeUrl(String);

/// The longest URL accepted, in bytes: longer than any real link.
const CHARS_MAX: usize = 4_096;

impl SafeUrl {
    /// The URL, if it is harmless.
    ///
    /// Browsers drop tabs, line breaks and leading control characters before they parse the scheme, so a URL with any
    /// of these is refused. So is one with characters that are invisible or reorder the text.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim_matches(' ');
        let (scheme, rest) = text.split_once(':')?;
        let is_known = match scheme.to_ascii_lowercase().as_str() {
            "http" | "https" => rest.strip_prefix("//").is_some_and(|host| !host.is_empty() && !host.starts_with('/')),
            "mailto" | "tel" => !rest.is_empty(),
            _ => false,
        };
        let is_unsafe_char = |c: char| {
            c.is_control() || c.is_whitespace() || matches!(c, '\\' | '<' | '>' | '"' | '`') || is_invisible(c)
        };
        (is_known && text.len() <= CHARS_MAX && !text.contains(is_unsafe_char)).then(|| Self(text.to_owned()))
    }

    /// The URL, if it is harmless and something can be fetched from it: an image, a sound, a file.
    #[must_use]
    pub fn of_file(text: &str) -> Option<Self> {
        Self::new(text).filter(|url| url.0.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http")))
    }

    /// The URL as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What follows `://` in a text.
#[must_use]
pub fn after_scheme(text: &str) -> Option<&str> {
    text.match_indices(':').find_map(|(at, _)| text.get(at..)?.strip_prefix("://"))
}

/// A text as one segment of a path: everything but RFC 3986's unreserved characters is escaped, and the dot, too.
#[must_use]
pub fn escape_segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            segment.push(char::from(byte));
        } else {
            let digit = |four_bits: u8| char::from(b"0123456789ABCDEF"[usize::from(four_bits)]);
            segment.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    segment
}

/// Decodes percent-escapes, for display.
#[must_use]
pub fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |digit: Option<u8>| char::from(digit?).to_digit(16);
        let mut ahead = rest.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.push((high << 4 | low) as u8);
                rest = ahead;
            }
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_that_is_safe_is_kept_as_written() {
        for good in [
            "https://example.test/a?b=c#d",
            "HTTP://example.test",
            "mailto:someone@example.test",
            "tel:+49-30-1234",
            "https://münchen.example/straße",
        ] {
            assert_eq!(SafeUrl::new(good).unwrap().as_str(), good);
        }
        assert_eq!(SafeUrl::new("  https://a.test ").unwrap().as_str(), "https://a.test");
        assert!(SafeUrl::of_file("https://a.test/a.png").is_some() && SafeUrl::of_file("mailto:a@b.test").is_none());
    }

    #[test]
    fn url_segment_is_escaped() {
        for (text, segment) in
            [("aZ09-_~", "aZ09-_~"), ("a b/c?", "a%20b%2Fc%3F"), ("..", "%2E%2E"), ("é%", "%C3%A9%25")]
        {
            assert_eq!(escape_segment(text), segment);
            assert_eq!(unescape(segment), text);
        }
    }

    #[test]
    fn url_escapes_that_are_invalid_stay() {
        for (text, expected) in
            [("100%", "100%"), ("%4", "%4"), ("%g0%+1", "%g0%+1"), ("a%ffb", "a\u{fffd}b"), ("%c3%A9", "é")]
        {
            assert_eq!(unescape(text), expected);
        }
    }

    #[test]
    fn url_that_could_run_scripts_is_refused() {
        for bad in [
            "",
            "example.test",
            "//example.test",
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "java\tscript:alert(1)",
            "\u{1}javascript:alert(1)",
            "data:text/html,<script>alert(1)</script>",
            "vbscript:msgbox(1)",
            "blob:https://a.test/1",
            "file:///etc/passwd",
            "https:example.test",
            "https:///example.test",
            "https://",
            "https://a.test/\u{0}",
            "https://a.test/ b",
            "https://a.test\\@b.test",
            "mailto:",
            "https://a.test/\u{202e}gpj.exe",
            "https://a\u{200b}.test",
        ] {
            assert_eq!(SafeUrl::new(bad), None, "{bad:?}");
        }
        assert_eq!(SafeUrl::new(&format!("https://a.test/{}", "a".repeat(5_000))), None);
    }
}
