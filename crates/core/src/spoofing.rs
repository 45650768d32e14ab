//! Protection against spoofing: names keep their letters' order, and a link whose text suggests another destination is
//! shown with its real one.

use crate::unicode::is_invisible;
use crate::url::{SafeUrl, after_scheme};

/// A name without Unicode's bidirectional controls. They are invisible and reorder what follows: with U+202E,
/// `photo␮gpj.exe` is shown as `photoexe.jpg`. Each name is shown in its own direction, so none needs them.
#[must_use]
pub fn without_bidi_controls(name: &str) -> String {
    name.chars().filter(|c| !is_bidi_control(*c)).collect()
}

const fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The browser's URL parser: the host that it would connect to.
pub type HostOf<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The real destination of a link, if its text suggests another one, or if people would misread the URL: a host, an
/// e-mail address or a phone number, to be shown next to the text.
#[must_use]
pub fn real_destination(text: &str, url: &SafeUrl, host_of: HostOf<'_>) -> Option<String> {
    let (scheme, rest) = url.as_str().split_once(':')?;
    let claimed_hosts = claimed_hosts(text);
    let is_another = |host: &str| {
        claimed_hosts.len() > CLAIMED_HOSTS_MAX
            || claimed_hosts.iter().any(|claimed| !is_host_or_above(claimed, host, host_of))
    };
    if scheme.eq_ignore_ascii_case("mailto") {
        let to = rest.split('?').next().unwrap_or_default();
        let (name, domain) = to.split_once('@').unwrap_or((to, ""));
        let domain = domain.to_ascii_lowercase();
        // A domain in another script may look like a different one. What is no domain is shown as written.
        return match host_of(&["https://", &domain, "/"].concat()) {
            Some(host) if host != domain && !domain.is_ascii() => Some([name, "@", &host].concat()),
            _ => is_another(&domain).then(|| to.to_owned()),
        };
    }
    if scheme.eq_ignore_ascii_case("tel") {
        return (!claimed_hosts.is_empty() || is_another_number(text, rest)).then(|| rest.to_owned());
    }
    let host = host_of(url.as_str())?;
    let authority = rest.trim_start_matches('/').split(['/', '?', '#']).next().unwrap_or_default();
    // People read the beginning of `https://bank.com@evil.test`. A host in another script, as a number or with escapes
    // may look like a different one, too.
    let is_as_written = !authority.contains('@') && without_port(authority).eq_ignore_ascii_case(&host);
    (!is_as_written || is_another(&host)).then_some(host)
}

/// Whether a reader of `claimed` expects to reach `host`: it is that host, or a subdomain of it.
fn is_host_or_above(claimed: &str, host: &str, host_of: HostOf<'_>) -> bool {
    let claimed = host_of(&["https://", claimed, "/"].concat()).unwrap_or_default();
    let claimed = claimed.strip_prefix("www.").unwrap_or(&claimed);
    !claimed.is_empty() && host.strip_suffix(claimed).is_some_and(|below| below.is_empty() || below.ends_with('.'))
}

/// The hosts that a text names: those of URLs in it, and words that look like a host.
fn claimed_hosts(text: &str) -> Vec<String> {
    let text: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let mut claimed_hosts = Vec::new();
    for word in text.split(is_word_separator) {
        let word = word.trim_matches(|c: char| !is_letter(c) && c != '[' && c != ']');
        match after_scheme(word) {
            // The part where a host belongs, with what precedes it: that is what people read.
            Some(rest) => {
                let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
                let mut parts = authority.rsplit('@');
                claimed_hosts
                    .extend(parts.next().map(|host| without_port(host).to_owned()).filter(|host| !host.is_empty()));
                claimed_hosts.extend(parts.filter_map(find_host));
            }
            // For an e-mail address, its domain.
            None => claimed_hosts.extend(find_host(word.rsplit('@').next().unwrap_or_default())),
        }
        if claimed_hosts.len() > CLAIMED_HOSTS_MAX {
            break;
        }
    }
    claimed_hosts
}

/// A link whose text names more hosts than this is always shown with its destination: each host needs a call of the
/// browser's parser.
const CLAIMED_HOSTS_MAX: usize = 8;

/// The first part of a word that looks like a host.
fn find_host(word: &str) -> Option<String> {
    word.split(['/', '?', '#', '\\', ':', '(', ')', '=']).find_map(parse_host)
}

/// A host, if it looks like one: labels separated by dots, of which the last could be a top-level domain, or the
/// numbers of an IP address.
fn parse_host(host: &str) -> Option<String> {
    // All characters that browsers take for dots are dots.
    let host: String = host.chars().map(|c| if is_dot(c) { '.' } else { c }).collect();
    let host = host.trim_end_matches('.');
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| !label.is_empty() && label.chars().all(|c| is_letter(c) || c == '-');
    let last = labels.last()?;
    let has_digits = last.bytes().any(|byte| byte.is_ascii_digit());
    let is_domain = !has_digits && last.chars().nth(1).is_some() || last.starts_with("xn--");
    let is_number = labels.len() == 4 && host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let is_file = FILE_EXTENSIONS.split(' ').any(|end| last.eq_ignore_ascii_case(end));
    (labels.len() > 1 && labels.iter().all(is_label) && (is_domain && !is_file || is_number)).then(|| host.to_owned())
}

/// Whether a character is a letter or digit of any script; other non-ASCII characters separate words before.
const fn is_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii()
}

/// Whether a character separates words: spaces, and punctuation that no URL contains, in several scripts.
fn is_word_separator(c: char) -> bool {
    let is_foreign = matches!(c,
        '\u{a0}'..='\u{bf}' | '\u{2010}'..='\u{2023}' | '\u{2025}'..='\u{205e}' | '\u{3001}' | '\u{3003}'..='\u{303f}'
        | '\u{ff01}'..='\u{ff0d}' | '\u{ff1a}'..='\u{ff1f}');
    c.is_whitespace() || is_foreign || matches!(c, '"' | '<' | '>' | ',' | ';' | '|' | '`')
}

/// Whether browsers take a character for the dot between labels; U+2024 looks like it.
const fn is_dot(c: char) -> bool {
    matches!(c, '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}')
}

/// File extensions that are no top-level domains.
const FILE_EXTENSIONS: &str = "css csv doc docx exe gif gz heic htm html jpeg jpg js json mp3 mp4 odt pdf png ppt pptx svg txt \
                         wav webm webp xls xlsx xml";

/// The host of a host with or without a port.
fn without_port(authority: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    authority.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(authority, |(host, _)| host)
}

/// Whether a text names another phone number than this one; country code and spaces may differ.
fn is_another_number(text: &str, number: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let (shown_digits, real_digits) = (digits(text), digits(number));
    shown_digits.len() >= DIGITS_MIN
        && !real_digits.ends_with(shown_digits.trim_start_matches('0'))
        && !shown_digits.ends_with(real_digits.trim_start_matches('0'))
}

/// Texts with fewer digits are a time, a price or a house number.
const DIGITS_MIN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;

    /// Parses as a browser does (WHATWG URL standard).
    fn host_of(url: &str) -> Option<String> {
        ::url::Url::parse(url).ok()?.host_str().map(str::to_owned)
    }

    fn shown(text: &str, url: &str) -> Option<String> {
        real_destination(text, &SafeUrl::new(url).unwrap(), &host_of)
    }

    #[test]
    fn spoofing_link_whose_text_names_another_host_shows_its_destination() {
        for text in [
            "https://bank.com",
            "http://bank.com/login?next=https://evil.test",
            "bank.com",
            "Log in at www.bank.com/login",
            "BANK.COM",
            "(bank.com)",
            "see:bank.com",
            "https://bank.com@evil.test/",
            "https://evil.test@bank.com",
            "https://evil.test/ or https://bank.com",
            "bank\u{ff0e}com",
            "bank\u{2024}com",
            "ｂａｎｋ.com",
            "https：//bank.com",
            "\u{202e}moc.knab",
            "ba\u{200b}nk.com",
            "10.0.0.1",
            "http://localhost",
            "accounts@bank.com",
            "notevil.test",
            "sub.evil.test",
        ] {
            assert_eq!(shown(text, "https://evil.test/bank.com").as_deref(), Some("evil.test"), "{text}");
        }
    }

    #[test]
    fn spoofing_url_that_people_would_misread_shows_its_destination() {
        for (url, host) in [
            ("https://bank.com@evil.test/", "evil.test"),
            ("https://bank.com:443@evil.test", "evil.test"),
            ("https://www.bank.com%2Flogin@evil.test:8080/x", "evil.test"),
            ("https://аррӏе.com/", "xn--80ak6aa92e.com"),
            ("https://MÜNCHEN.example/straße", "xn--mnchen-3ya.example"),
            ("https://evil\u{3002}test", "evil.test"),
            ("https://%65vil.test", "evil.test"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://2130706433", "127.0.0.1"),
        ] {
            assert_eq!(shown(url, url).as_deref(), Some(host), "{url}");
            assert_eq!(shown("Here", url).as_deref(), Some(host), "{url}");
        }
    }

    #[test]
    fn spoofing_check_keeps_links_that_lead_where_they_say() {
        for (text, url) in [
            ("https://a.test", "https://a.test"),
            ("https://a.test/b?c=https://d.test#e", "https://a.test/b?c=https://d.test#e"),
            ("HTTPS://A.test:8080/", "HTTPS://A.test:8080/"),
            ("http://[::1]:3000/x", "http://[::1]:3000/x"),
            ("http://[::1]", "http://[::1]"),
            ("http://127.0.0.1:3000", "http://127.0.0.1:3000/x"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("a.test", "https://docs.a.test/x"),
            ("www.a.test", "https://a.test"),
            ("a.test", "https://www.a.test"),
            ("bücher.test", "https://xn--bcher-kva.test/"),
            ("Our prices", "https://a.test"),
            ("The file plan.v2.pdf, 1.5 MB, version 1.2.3", "https://a.test"),
            ("e.g. this... or that. Or 12:30", "https://a.test"),
            ("“a.test”, «a.test»、a.test。（a.test）…", "https://a.test"),
            ("someone@a.test", "mailto:someone@a.test"),
            ("first.last@a.test", "mailto:first.last@a.test?subject=x"),
            ("Write to us", "mailto:someone@a.test"),
            ("müller@a.test", "mailto:müller@a.test"),
            ("o'brien@a.test", "mailto:o'brien@a.test"),
            ("www.a.test/x_", "http://www.a.test/x_"),
            ("a.test:8080", "http://a.test:8080"),
            ("(030) 12 34 56", "tel:+49-30-123456"),
            ("+49 30 123456", "tel:030123456"),
            ("Call us, 9 to 17", "tel:+4930123456"),
        ] {
            assert_eq!(shown(text, url), None, "{text}: {url}");
        }
    }

    #[test]
    fn spoofing_check_covers_mail_and_phone_links() {
        for (text, url, to) in [
            ("support@bank.com", "mailto:x@evil.test", "x@evil.test"),
            ("https://bank.com", "mailto:x@evil.test?bcc=support@bank.com", "x@evil.test"),
            ("support@bank.com", "mailto:support@bank.com,x@evil.test", "support@bank.com,x@evil.test"),
            ("support@bank.com", "mailto:x@evil.test,support@bank.com", "x@evil.test,support@bank.com"),
            ("bank.com", "tel:+4990012345", "+4990012345"),
            ("+49 30 123456", "tel:+4990012345", "+4990012345"),
            ("x@аррӏе.com", "mailto:x@аррӏе.com", "x@xn--80ak6aa92e.com"),
            ("Write to us", "mailto:info@müller.example", "info@xn--mller-kva.example"),
        ] {
            assert_eq!(shown(text, url).as_deref(), Some(to), "{text}: {url}");
        }
    }

    #[test]
    fn spoofing_check_of_a_text_with_many_hosts_is_bounded() {
        let asked = std::cell::Cell::new(0);
        let count = |url: &str| {
            asked.set(asked.get() + 1);
            host_of(url)
        };
        let url = SafeUrl::new("https://a.test").unwrap();
        assert_eq!(real_destination(&"a.test ".repeat(20_000), &url, &count).as_deref(), Some("a.test"));
        assert!(asked.get() < 20, "{}", asked.get());
    }

    #[test]
    fn spoofing_names_lose_bidi_controls_and_keep_their_letters() {
        for c in
            "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}".chars()
        {
            assert_eq!(without_bidi_controls(&format!("photo{c}gpj.exe")), "photogpj.exe", "{c:?}");
        }
        for name in ["plan.pdf", "تقرير.pdf", "می\u{200c}خواهم", "👩\u{200d}🔧.png", "שלום"] {
            assert_eq!(without_bidi_controls(name), name);
        }
    }
}
