//! Addresses in a text: how far they go, and what they are.

use super::bytes::{byte, from, span, to};
use crate::url::{SafeUrl, is_invisible};

/// Brackets in an address.
const NESTED_MAX: u8 = 8;

/// Where a link leads to, after its text: the address, and how long all this is.
pub fn destination(text: &str) -> Option<(&str, usize)> {
    if byte(text, 0) != b'(' {
        return None;
    }
    let mut at = 1 + span(from(text, 1), &|byte| byte.is_ascii_whitespace());
    let is_angled = byte(text, at) == b'<';
    at += usize::from(is_angled);
    let begin = at;
    let mut nested = 0_u8;
    loop {
        match byte(text, at) {
            0 if at >= text.len() => return None,
            b'\\' => at += 1,
            b'>' if is_angled => break,
            b'<' | b'\n' if is_angled => return None,
            _ if is_angled => {}
            b'(' if nested == NESTED_MAX => return None,
            b'(' => nested += 1,
            b')' if nested == 0 => break,
            b')' => nested -= 1,
            other if other.is_ascii_whitespace() => break,
            _ => {}
        }
        at += 1;
    }
    let address = text.get(begin..at)?;
    let space = |at| at + span(from(text, at), &|byte| byte.is_ascii_whitespace());
    at = space(at + usize::from(is_angled));
    let quote = byte(text, at);
    if matches!(quote, b'"' | b'\'') {
        let title = from(text, at + 1);
        at = space(at + 2 + span(title, &|byte| byte != quote));
    }
    (byte(text, at) == b')').then_some((address, at + 1))
}

/// How far a bare address goes, from its colon on: neither the sentence's punctuation nor a bracket around it is part
/// of it.
pub fn extent(text: &str, is_plain: bool) -> usize {
    let mut bytes = 0;
    let (mut round, mut square) = (0_u32, 0_u32);
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            // Chatwoot's editor escapes what it takes for Markdown, in addresses, too.
            '\\' if !is_plain && !is_escaped => {
                is_escaped = true;
                continue;
            }
            '(' => round += 1,
            '[' => square += 1,
            ')' if round == 0 => break,
            ')' => round -= 1,
            ']' if square == 0 => break,
            ']' => square -= 1,
            '\\' | '<' | '>' | '"' | '`' | '\u{2018}'..='\u{201f}' | '\u{3000}'..='\u{303f}' => break,
            '\u{ff01}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0c}' | '\u{ff1a}' | '\u{ff1b}' | '\u{ff1f}' => break,
            c if c.is_whitespace() || c.is_control() || is_invisible(c) => break,
            _ => {}
        }
        is_escaped = false;
        if !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '(' | '[' | '|') {
            bytes = at + c.len_utf8();
        }
    }
    bytes
}

/// The text without the backslashes that say that a sign means itself.
pub fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let is_sign = byte(after, 0).is_ascii_punctuation();
        // It is taken along in any case, so that one after another is none.
        let length = usize::from(is_sign);
        if !is_sign {
            plain.push('\\');
        }
        plain.push_str(to(after, length));
        rest = from(after, length);
    }
    plain.push_str(rest);
    plain
}

/// What an e-mail address as an address begins with.
pub const MAILTO: &str = "mailto:";

/// An e-mail address, if it is one that people have.
pub fn email(local: &str, domain: &str) -> Option<SafeUrl> {
    let (name, top) = domain.rsplit_once('.')?;
    let is_address = !local.is_empty()
        && !matches!(byte(name, 0), 0 | b'.')
        && top.len() >= 2
        && span(local, &is_email) == local.len()
        && span(name, &is_email) == name.len()
        && span(top, &|byte| byte.is_ascii_alphabetic()) == top.len();
    if !is_address {
        return None;
    }
    SafeUrl::new(&[MAILTO, local, "@", domain].concat())
}

/// Whether people have this in their e-mail addresses, beside a dot and what follows the last one.
pub const fn is_email(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-')
}
