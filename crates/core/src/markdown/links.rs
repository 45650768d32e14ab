//! URLs and e-mail addresses in a text: how far they extend, and which are links.

use super::bytes::{byte_at, leading_len, text_from, text_to};
use crate::unicode::is_invisible;
use crate::url::SafeUrl;

/// How deep brackets in a URL may be nested.
const BRACKETS_MAX: u8 = 8;

/// The destination after a link's text: the URL, and the length of all of it.
pub fn destination(text: &str) -> Option<(&str, usize)> {
    if byte_at(text, 0) != b'(' {
        return None;
    }
    let mut at = 1 + leading_len(text_from(text, 1), &|byte| byte.is_ascii_whitespace());
    let is_angled = byte_at(text, at) == b'<';
    at += usize::from(is_angled);
    let begin = at;
    let mut nested = 0_u8;
    loop {
        match byte_at(text, at) {
            0 if at >= text.len() => return None,
            b'\\' => at += 1,
            b'>' if is_angled => break,
            b'<' | b'\n' if is_angled => return None,
            _ if is_angled => {}
            b'(' if nested == BRACKETS_MAX => return None,
            b'(' => nested += 1,
            b')' if nested == 0 => break,
            b')' => nested -= 1,
            other if other.is_ascii_whitespace() => break,
            _ => {}
        }
        at += 1;
    }
    let address = text.get(begin..at)?;
    let space = |at| at + leading_len(text_from(text, at), &|byte| byte.is_ascii_whitespace());
    at = space(at + usize::from(is_angled));
    let quote = byte_at(text, at);
    if matches!(quote, b'"' | b'\'') {
        let title = text_from(text, at + 1);
        at = space(at + 2 + leading_len(title, &|byte| byte != quote));
    }
    (byte_at(text, at) == b')').then_some((address, at + 1))
}

/// How far a bare URL extends, from its colon on: the sentence's punctuation and a bracket around it are not part of
/// it.
///
/// Signs at its end may belong to it, or close something around it: it extends to the first number in any case, and to
/// the second one if they belong to it.
pub fn extent(text: &str) -> (usize, usize) {
    let (mut certain, mut whole) = (0, 0);
    let (mut round, mut square) = (0_u32, 0_u32);
    let mut is_escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            // Chatwoot's editor escapes what it takes for Markdown, also in URLs.
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

/// Top-level domains of more than two letters that the stock widget (linkify-it) recognizes.
const TOP_LEVEL_DOMAINS: &str = "biz com edu gov net org pro web xxx aero asia coop info museum name shop рф";
/// Top-level domains of two letters: the second letters, by the first one.
const COUNTRY_DOMAINS: [&str; 26] = [
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
/// The most characters in a label of a domain.
const LABEL_MAX: usize = 63;

/// The length of the host that this text begins with, and of all that looks like it might be one: a host whose last
/// label is a top-level domain, or that begins with `www`.
pub fn host(text: &str) -> (Option<usize>, usize) {
    let span = text.find(|c| c != '.' && !is_label(c)).unwrap_or(text.len());
    let host = text_to(text, span).trim_end_matches('.');
    let mut next = text_from(text, host.len()).chars();
    let mut labels = host.split('.');
    let (first, last) = (labels.next().unwrap_or_default(), host.rsplit('.').next().unwrap_or_default());
    let is_host = host.len() > first.len()
        && is_domain(host)
        && match next.next() {
            // An e-mail address; a name with underscores.
            Some('@') => false,
            Some('_') => !next.next().is_some_and(is_label),
            _ => true,
        };
    let is_top_level_domain =
        first.eq_ignore_ascii_case("www") && last.len() > 1 && last.bytes().all(|byte| byte.is_ascii_alphabetic())
            || is_top_level_domain(last);
    // "Thanks.So" is two sentences.
    let begins_sentence =
        last.starts_with(|c: char| c.is_ascii_uppercase()) && host.bytes().any(|byte| byte.is_ascii_lowercase());
    ((is_host && is_top_level_domain && !begins_sentence).then_some(host.len()), span)
}

fn is_top_level_domain(label: &str) -> bool {
    let label = label.to_ascii_lowercase();
    match *label.as_bytes() {
        [first @ b'a'..=b'z', second] => {
            COUNTRY_DOMAINS.get(usize::from(first - b'a')).is_some_and(|all| all.as_bytes().contains(&second))
        }
        _ => TOP_LEVEL_DOMAINS.split(' ').any(|top| top == label),
    }
}

/// Whether all labels are valid in a domain.
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

/// Whether a character may be in a domain's label.
pub const fn is_label(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || is_foreign(c)
}

/// The URL of an address without a scheme.
pub fn schemeless(address: &str) -> Option<SafeUrl> {
    let end = host(address).0?;
    let is_whole = matches!(byte_at(address, end), 0 | b'/' | b'?' | b'#' | b':');
    SafeUrl::new(&["http://", address].concat()).filter(|_| is_whole)
}

/// The text without the backslashes that escape signs.
pub fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let is_sign = byte_at(after, 0).is_ascii_punctuation();
        // The sign after a backslash is skipped, so that an escaped backslash escapes nothing.
        let length = usize::from(is_sign);
        if !is_sign {
            plain.push('\\');
        }
        plain.push_str(text_to(after, length));
        rest = text_from(after, length);
    }
    plain.push_str(rest);
    plain
}

/// The scheme of an e-mail address's URL.
pub const MAILTO: &str = "mailto:";

/// The URL of an e-mail address, if it is one in common use.
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

/// Whether a character is common in an e-mail address before the @.
pub const fn is_local(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '\'') || is_foreign(c)
}

/// Whether an e-mail address that seems to begin after this character may have begun before it: characters that servers
/// allow and hardly anyone uses, and a typographic apostrophe.
pub const fn may_be_local(c: char) -> bool {
    matches!(c, '!' | '#' | '$' | '%' | '&' | '*' | '/' | '=' | '?' | '^' | '`' | '{' | '|' | '}' | '~' | '\u{2019}')
}

/// Whether a character is a letter of another script that separates words by spaces. In other scripts the beginning of
/// an address can't be found.
const fn is_foreign(c: char) -> bool {
    let has_no_spaces = matches!(c,
        '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1100}'..='\u{11ff}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{d7ff}' | '\u{f900}'..='\u{faff}' | '\u{fe00}'..='\u{fe6f}' | '\u{ff00}'..='\u{ffef}');
    !c.is_ascii() && is_word(c) && !has_no_spaces && (c as u32) < 0x1_0000
}

/// Whether a character is part of a word, approximately: without Unicode's tables.
pub const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || !matches!(c, '\0'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}')
}
