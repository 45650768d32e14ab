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
///
/// Signs at its end may be its own, or end something around it: so it goes as far as the first number for certain, and as
/// far as the second one if they are its own.
pub fn extent(text: &str) -> (usize, usize) {
    let (mut certain, mut whole) = (0, 0);
    let (mut round, mut square) = (0_u32, 0_u32);
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            // Chatwoot's editor escapes what it takes for Markdown, in addresses, too.
            '\\' if !is_escaped => {
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
        let is_own = matches!(c, '*' | '_' | '~') && std::mem::take(&mut is_escaped);
        is_escaped = false;
        if is_own || !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '(' | '[' | '|') {
            certain = at + c.len_utf8();
        }
        if is_own || !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '(' | '[' | '|') {
            whole = at + c.len_utf8();
        }
    }
    (certain, whole)
}

/// Top-level domains of more than two letters by which the stock widget (linkify-it) knows an address.
const TOPS: &str = "biz com edu gov net org pro web xxx aero asia coop info museum name shop рф";
/// Those of two letters: the second ones, by the first one.
const COUNTRIES: [&str; 26] = [
    "cdefgilmnoqrstuwxz",
    "abdefghijmnorstvwyz",
    "acdfghiklmnoruvwxyz",
    "ejkmoz",
    "cegrstu",
    "ijkmor",
    "abdefghilmnpqrstuwy",
    "kmnrtu",
    "delmnoqrst",
    "emop",
    "eghimnprwyz",
    "abcikrstuvy",
    "acdeghklmnopqrstuvwxyz",
    "acefgilopruz",
    "m",
    "aefghklmnrstwy",
    "a",
    "eosuw",
    "abcdeghijklmnortuvxyz",
    "cdfghjklmnortvwz",
    "agksyz",
    "aceginu",
    "fs",
    "",
    "et",
    "amw",
];
/// The longest label of a domain.
const LABEL_MAX: usize = 63;

/// How long the host is that this text begins with, and all that looks like it might belong to one: a host whose last
/// label is a domain's, or that calls itself `www`.
pub fn host(text: &str) -> (Option<usize>, usize) {
    let span = text.find(|c| c != '.' && !is_label(c)).unwrap_or(text.len());
    let host = to(text, span).trim_end_matches('.');
    let mut next = from(text, host.len()).chars();
    let mut labels = host.split('.');
    let (first, last) = (labels.next().unwrap_or_default(), host.rsplit('.').next().unwrap_or_default());
    let is_host = host.len() > first.len()
        && is_domain(host)
        && match next.next() {
            // Somebody's address; a name with underscores.
            Some('@') => false,
            Some('_') => !next.next().is_some_and(is_label),
            _ => true,
        };
    let is_top =
        first.eq_ignore_ascii_case("www") && last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            || is_top(last);
    // "Thanks.So" is two sentences.
    let begins_sentence =
        last.starts_with(|c: char| c.is_ascii_uppercase()) && host.bytes().any(|byte| byte.is_ascii_lowercase());
    ((is_host && is_top && !begins_sentence).then_some(host.len()), span)
}

fn is_top(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    match *label.as_bytes() {
        [first @ b'a'..=b'z', second] => {
            COUNTRIES.get(usize::from(first - b'a')).is_some_and(|all| all.as_bytes().contains(&second))
        }
        _ => TOPS.split(' ').any(|top| top == label),
    }
}

/// Whether labels are what domains have.
fn is_domain(host: &str) -> bool {
    let is_one = |label: &str| {
        !label.is_empty()
            && label.len() <= LABEL_MAX
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(is_label)
    };
    host.split('.').all(is_one)
}

/// Whether it can be in a domain's label.
pub const fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || is_foreign(c)
}

/// Where an address leads that has no scheme.
pub fn schemeless(address: &str) -> Option<SafeUrl> {
    let end = host(address).0?;
    let is_whole = matches!(byte(address, end), 0 | b'/' | b'?' | b'#' | b':');
    SafeUrl::new(&["http://", address].concat()).filter(|_| is_whole)
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
    let top = domain.rsplit('.').next().unwrap_or_default();
    let is_address = !local.is_empty()
        && local.chars().all(is_local)
        && domain.len() > top.len()
        && is_domain(domain)
        && top.len() >= 2
        && (top.chars().all(|c| !c.is_ascii() || c.is_ascii_alphabetic()) || top.starts_with("xn--"));
    if !is_address {
        return None;
    }
    SafeUrl::new(&[MAILTO, local, "@", domain].concat())
}

/// Whether people have this in their e-mail addresses, before the @.
pub const fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '\'') || is_foreign(c)
}

/// Whether an e-mail address that seems to begin after this may have begun before it: what servers allow in one and
/// hardly anybody has, and an apostrophe as books have it.
pub const fn may_be_local(c: char) -> bool {
    matches!(c, '!' | '#' | '$' | '%' | '&' | '*' | '/' | '=' | '?' | '^' | '`' | '{' | '|' | '}' | '~' | '\u{2019}')
}

/// Letters of other scripts, as far as these part words by spaces. Of the others nobody knows where an address begins.
const fn is_foreign(c: char) -> bool {
    let has_no_spaces = matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{fe00}'..='\u{fe6f}' | '\u{ff00}'..='\u{ffef}');
    !c.is_ascii() && is_word(c) && !has_no_spaces && (c as u32) < 0x1_0000
}

/// Near enough to being part of a word, without Unicode's tables.
pub const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || !matches!(c, '\0'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}')
}
