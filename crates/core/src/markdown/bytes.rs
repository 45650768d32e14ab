//! Bytes of a text: what is beyond its end is 0, and what would cut a character is nothing.

/// The byte there.
pub fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

/// The text from there on.
pub fn from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

/// The text up to there.
pub fn to(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

/// How many bytes at the beginning are like this.
pub fn span(text: &str, is: &dyn Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// How many bytes at the end are like this.
pub fn backwards(text: &str, is: &dyn Fn(u8) -> bool) -> usize {
    text.bytes().rev().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// How many at the beginning are this sign.
pub fn run(text: &str, sign: u8) -> usize {
    span(text, &|byte| byte == sign)
}
