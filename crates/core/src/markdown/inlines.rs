//! Parses the inlines of a block: text, emphasis, code spans and links.

use super::bytes::{byte_at, leading_len, run_len, text_from, text_to, trailing_len};
use super::links::{
    MAILTO, destination, email, extent, host, is_label, is_local, is_word, may_be_local, schemeless, without_escapes,
};
use super::{Mark, Piece, text_of};
use crate::url::SafeUrl;

/// The most openers at a time; the oldest is the least likely to be closed.
const OPEN_MAX: usize = 8;
/// The most backticks around a code span, and the most signs in a run of emphasis.
const BACKTICKS_MAX: usize = 4;
const RUN_MAX: usize = 3;

/// How much of an unsafe URL is shown, in characters: an image's can contain the image.
const ADDRESS_CHARS_MAX: usize = 200;

/// Parses the inlines of a block.
pub fn parse(text: &str) -> Vec<Piece> {
    let mut parser = Parser { text, at: 0, pieces: Vec::new(), open: Vec::new() };
    parser.parse();
    parser.pieces
}

/// Parses a block's inlines in one pass. All signs are ASCII.
struct Parser<'a> {
    text: &'a str,
    /// How many bytes are parsed.
    at: usize,
    /// The finished pieces.
    pieces: Vec<Piece>,
    /// The openers that may still be closed, inner ones last.
    open: Vec<Opener<'a>>,
}

/// A delimiter that may open something, and what follows it.
struct Opener<'a> {
    /// Its text: a bracket, or what is left of a run of stars and the like.
    sign: &'a str,
    /// The length of the run.
    run: usize,
    /// Whether the run could also have closed something.
    closes: bool,
    pieces: Vec<Piece>,
}

impl<'a> Parser<'a> {
    fn parse(&mut self) {
        while self.at < self.text.len() {
            let sign = byte_at(self.rest(), 0);
            match sign {
                b':' => self.read_url(),
                b'@' => self.read_email(),
                b'.' => self.read_domain(),
                b'\\' => self.read_escape(),
                b'`' => self.read_code(),
                b'*' | b'_' | b'~' => self.read_run(sign),
                b'!' if byte_at(self.rest(), 1) == b'[' => self.push_opener(2, false),
                b'[' => self.push_opener(1, false),
                b']' => self.close_bracket(),
                b'<' => self.read_autolink(),
                _ => self.push_as_text(1),
            }
            let plain = leading_len(self.rest(), &|byte| {
                !matches!(byte, b'.' | b':' | b'@' | b'\\' | b'`' | b'*' | b'_' | b'~' | b'!' | b'[' | b']' | b'<')
            });
            self.push_as_text(plain);
        }
        while !self.open.is_empty() {
            self.spill_oldest();
        }
    }

    /// The text that is not parsed yet.
    fn rest(&self) -> &'a str {
        text_from(self.text, self.at)
    }

    /// Advances by this many bytes and returns them.
    fn advance(&mut self, bytes: usize) -> &'a str {
        let taken = text_to(self.rest(), bytes);
        self.at += bytes;
        taken
    }

    /// Advances by this many bytes, rounded up to a whole character, and adds them as text.
    fn push_as_text(&mut self, bytes: usize) {
        let mut bytes = bytes;
        while !self.text.is_char_boundary(self.at + bytes) {
            bytes += 1;
        }
        let text = self.advance(bytes);
        self.push_text(text);
    }

    fn innermost(&mut self) -> &mut Vec<Piece> {
        match self.open.last_mut() {
            Some(open) => &mut open.pieces,
            None => &mut self.pieces,
        }
    }

    fn push_text(&mut self, text: &str) {
        push_text(self.innermost(), text);
    }

    fn push_marked(&mut self, mark: Mark, text: &str) {
        self.innermost().push(Piece::Marked(mark, vec![Piece::Text(text.to_owned())]));
    }

    fn read_escape(&mut self) {
        match byte_at(self.rest(), 1) {
            // The line break after it is shown anyway.
            b'\n' => self.at += 1,
            next => {
                self.at += usize::from(next.is_ascii_punctuation());
                self.push_as_text(1);
            }
        }
    }

    fn read_code(&mut self) {
        let run = run_len(self.rest(), b'`');
        let inside = text_from(self.rest(), run);
        // A closing run of each length can be missing only once, so searches in vain are few.
        let mut length = 0;
        while run <= BACKTICKS_MAX && length < inside.len() {
            length += leading_len(text_from(inside, length), &|byte| byte != b'`');
            let other = run_len(text_from(inside, length), b'`');
            if other == run {
                let code = text_to(inside, length);
                let bare = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                self.push_marked(Mark::Code, bare.filter(|code| !code.trim().is_empty()).unwrap_or(code));
                self.at += length + 2 * run;
                return;
            }
            length += other;
        }
        self.push_as_text(run);
    }

    /// Parses a run of stars and the like: it closes what it can, and the rest may open something.
    fn read_run(&mut self, sign: u8) {
        let run = run_len(self.rest(), sign);
        let before = text_to(self.text, self.at).chars().next_back().unwrap_or(' ');
        let after = text_from(self.rest(), run).chars().next().unwrap_or(' ');
        let (is_after_word, is_before_word) = (is_word(before), is_word(after));
        let is_product = sign == b'*' && run == 1 && before.is_ascii_digit() && after.is_ascii_digit();
        if run > RUN_MAX || (sign == b'~' && run != 2) || is_product {
            return self.push_as_text(run);
        }
        let opens = is_flanking(after, before) && !(sign == b'_' && is_after_word);
        let closes = is_flanking(before, after) && !(sign == b'_' && is_before_word);
        let mut left = run;
        while closes && left > 0 {
            // Emphasis does not cross a bracket.
            let index = self.open.iter().rposition(|open| {
                // CommonMark's rule of three, for runs that could both open and close.
                let is_odd = (open.closes || opens) && (open.run + run).is_multiple_of(3) && !run.is_multiple_of(3);
                open.is_bracket() || (byte_at(open.sign, 0) == sign && !is_odd)
            });
            let Some(open) = index.and_then(|index| self.take_opener(index, false)) else { break };
            let used = if left.min(open.sign.len()) >= 2 { 2 } else { 1 };
            let mark = match (sign, used) {
                (b'~', _) => Mark::Strikethrough,
                (_, 1) => Mark::Emphasis,
                _ => Mark::Strong,
            };
            left -= used;
            self.at += used;
            let whole = Piece::Marked(mark, open.pieces);
            let sign = text_from(open.sign, used);
            if !sign.is_empty() {
                self.open.push(Opener { sign, pieces: Vec::new(), ..open });
            }
            self.innermost().push(whole);
        }
        if left > 0 && opens {
            self.push_opener(left, closes);
        } else {
            self.push_as_text(left);
        }
    }

    fn push_opener(&mut self, bytes: usize, closes: bool) {
        if self.open.len() == OPEN_MAX {
            self.spill_oldest();
        }
        let sign = self.advance(bytes);
        self.open.push(Opener { sign, run: bytes, closes, pieces: Vec::new() });
    }

    /// Parses the end of a link's or an image's text, if a destination follows.
    fn close_bracket(&mut self) {
        let index = self.open.iter().rposition(Opener::is_bracket);
        let Some(mut open) = index.and_then(|index| self.take_opener(index, true)) else { return self.push_as_text(1) };
        let Some((address, bytes)) = destination(text_from(self.rest(), 1)) else {
            open.spill(self.innermost());
            return self.push_as_text(1);
        };
        self.at += 1 + bytes;
        let address = without_escapes(address);
        if open.pieces.is_empty() {
            push_text(&mut open.pieces, &address);
        }
        let mail = || address.split_once('@').and_then(|(local, domain)| email(local, domain));
        if let Some(url) = SafeUrl::new(&address).or_else(|| schemeless(&address)).or_else(mail) {
            self.innermost().push(Piece::Marked(Mark::Link(url), open.pieces));
            return;
        }
        // The URL is not safe; it is shown as text, since it may mean something to the reader.
        let is_in_text = address.is_empty() || text_of(&open.pieces) == address;
        open.sign = "";
        open.spill(self.innermost());
        if !is_in_text {
            let shown: String = address.chars().take(ADDRESS_CHARS_MAX).collect();
            let rest = if shown.len() < address.len() { "…" } else { "" };
            self.push_text(&[" (", &shown, rest, ")"].concat());
        }
    }

    /// Parses a URL in angle brackets.
    fn read_autolink(&mut self) {
        let inner = text_from(self.rest(), 1);
        let end = leading_len(inner, &|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'<' | b'>'));
        let address = text_to(inner, end);
        let email = || address.split_once('@').and_then(|(local, domain)| email(local, domain));
        match SafeUrl::new(address).or_else(email) {
            Some(url) if byte_at(inner, end) == b'>' => {
                self.push_marked(Mark::Link(url), address);
                self.at += end + 2;
            }
            _ => self.push_as_text(1),
        }
    }

    /// Parses a bare URL, at its colon.
    fn read_url(&mut self) {
        let text_before = self.pending_text();
        let letters = trailing_len(text_before, &|byte| byte.is_ascii_alphanumeric());
        let scheme = text_from(text_before, text_before.len() - letters);
        let is_scheme = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        if !is_scheme || !self.rest().starts_with("://") {
            return self.push_as_text(1);
        }
        let bytes = self.url_extent(self.rest());
        let mut address = without_escapes(text_to(self.rest(), bytes));
        address.insert_str(0, scheme);
        if let Some(url) = SafeUrl::new(&address) {
            self.remove_text(letters);
            self.push_marked(Mark::Link(url), &address);
            self.at += bytes;
        } else {
            // It is not examined again from its other colons.
            self.push_as_text(bytes);
        }
    }

    /// How far a bare URL extends: signs at its end belong to it, unless they close something.
    fn url_extent(&self, text: &str) -> usize {
        let (mut end, whole) = extent(text);
        let mut at = end;
        while at < whole {
            let sign = byte_at(text, at);
            let run = run_len(text_from(text, at), sign);
            let is_sign = matches!(sign, b'*' | b'_' | b'~');
            if is_sign && self.has_opener(sign) && (sign != b'~' || run == 2) {
                break;
            }
            at += run;
            if is_sign {
                end = at;
            }
        }
        end
    }

    /// Whether a run of this sign would close something.
    fn has_opener(&self, sign: u8) -> bool {
        let innermost = self.open.iter().rfind(|open| open.is_bracket() || byte_at(open.sign, 0) == sign);
        innermost.is_some_and(|open| !open.is_bracket())
    }

    /// Parses a URL without a scheme, at its first dot.
    fn read_domain(&mut self) {
        let text_before = self.pending_text();
        let label = trailing_chars_len(text_before, is_label);
        let before = text_to(text_before, text_before.len() - label).chars().next_back();
        let text = text_from(self.text, self.at - label);
        let (host, candidate_len) = host(text);
        let is_apart = !matches!(before, Some('.' | ':' | '/' | '-' | '_' | '@' | '\\'));
        let host = host.filter(|host| {
            *host > label && is_apart && text.starts_with(text_from(text_before, text_before.len() - label))
        });
        // It is not examined again from its next dot.
        let Some(mut end) = host else { return self.push_as_text(candidate_len.saturating_sub(label).max(1)) };
        let port = run_of_digits(text_from(text, end + 1));
        if byte_at(text, end) == b':' && port > 0 {
            end += 1 + port;
        }
        if matches!(byte_at(text, end), b'/' | b'?' | b'#') {
            end += self.url_extent(text_from(text, end));
        }
        let address = without_escapes(text_to(text, end));
        let Some(url) = schemeless(&address) else { return self.push_as_text(end - label) };
        self.remove_text(label);
        self.push_marked(Mark::Link(url), &address);
        self.at += end - label;
    }

    /// Parses a bare e-mail address, at its @. It is a link only as a whole: a part of it would be another person's.
    fn read_email(&mut self) {
        let text_before = self.pending_text();
        let before = trailing_chars_len(text_before, is_local);
        let local = text_from(text_before, text_before.len() - before);
        let is_preceded =
            text_to(text_before, text_before.len() - before).chars().next_back().is_some_and(may_be_local);
        let local = local.trim_start_matches(['.', '_', '-', '\'']);
        let after = text_from(self.rest(), 1);
        let domain = text_to(after, after.find(|c| c != '.' && !is_label(c)).unwrap_or(after.len()));
        let is_continued = byte_at(after, domain.len()) == b'@';
        let domain = domain.trim_end_matches(['.', '-']);
        let url = email(local, domain).filter(|_| !is_preceded && !is_continued);
        let Some(url) = url else { return self.push_as_text(1 + if is_continued { domain.len() + 1 } else { 0 }) };
        let (before, bytes) = (local.len(), domain.len() + 1);
        self.remove_text(before);
        let address = text_from(url.as_str(), MAILTO.len()).to_owned();
        self.push_marked(Mark::Link(url), &address);
        self.at += bytes;
    }

    /// The text directly before.
    fn pending_text(&self) -> &str {
        let pieces = self.open.last().map_or(&self.pieces, |open| &open.pieces);
        if let Some(Piece::Text(text_before)) = pieces.last() { text_before } else { "" }
    }

    /// Removes the end of the text directly before.
    fn remove_text(&mut self, bytes: usize) {
        let pieces = self.innermost();
        if let Some(Piece::Text(last)) = pieces.last_mut() {
            last.truncate(last.len() - bytes);
            if last.is_empty() {
                pieces.pop();
            }
        }
    }

    /// Takes the opener at this index, if it is (or is not) a bracket; openers inside it become text.
    fn take_opener(&mut self, index: usize, is_bracket: bool) -> Option<Opener<'a>> {
        if self.open.get(index)?.is_bracket() != is_bracket {
            return None;
        }
        while self.open.len() > index + 1 {
            if let Some(open) = self.open.pop() {
                open.spill(self.innermost());
            }
        }
        self.open.pop()
    }

    fn spill_oldest(&mut self) {
        self.open.remove(0).spill(&mut self.pieces);
    }
}

impl Opener<'_> {
    fn is_bracket(&self) -> bool {
        self.sign.ends_with('[')
    }

    /// Turns the opener and what follows it into text.
    fn spill(self, pieces: &mut Vec<Piece>) {
        push_text(pieces, self.sign);
        for piece in self.pieces {
            match piece {
                Piece::Text(text) => push_text(pieces, &text),
                Piece::Marked(..) => pieces.push(piece),
            }
        }
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if let Some(Piece::Text(last)) = pieces.last_mut() {
        last.push_str(text);
    } else if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Whether a run between these characters is flanking the inner one (CommonMark). Scripts without spaces between words
/// need no space outside, and their punctuation counts as letters.
fn is_flanking(inner: char, outer: char) -> bool {
    let is_outside = outer.is_whitespace() || outer.is_ascii_punctuation() || !outer.is_ascii();
    !inner.is_whitespace() && (!inner.is_ascii_punctuation() || is_outside)
}

/// How many bytes at the end are matching characters.
fn trailing_chars_len(text: &str, is: fn(char) -> bool) -> usize {
    text.len() - text.trim_end_matches(is).len()
}

fn run_of_digits(text: &str) -> usize {
    leading_len(text, &|byte| byte.is_ascii_digit())
}
