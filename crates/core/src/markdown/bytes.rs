//! Access to a text by byte offsets: past its end is 0, and a slice that would cut a character is empty.

/// The byte at an offset.
pub fn byte_at(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// The text from an offset on.
pub fn text_from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// The text up to an offset.
pub fn text_to(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

/// How many bytes at the beginning match.
pub fn leading_len(text: &str, matches: &dyn Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !matches(byte)).unwrap_or(text.len())
}

/// How many bytes at the end match.
pub fn trailing_len(text: &str, matches: &dyn Fn(u8) -> bool) -> usize {
    text.bytes().rev().position(|byte| !matches(byte)).unwrap_or(text.len())
}

/// How many times this byte is repeated at the beginning.
pub fn run_len(text: &str, byte: u8) -> usize {
    leading_len(text, &|other| other == byte)
}
