//! What is in a block: words, what stresses them, codes and links.

use super::bytes::{backwards, byte, from, run, span, to};
use super::links::{
    MAILTO, destination, email, extent, host, is_label, is_local, is_word, may_be_local, schemeless, unescaped,
};
use super::{Mark, Piece, text_of};
use crate::url::SafeUrl;

/// Inlines that wait for their end; the oldest is the least likely to have one.
const OPEN_MAX: usize = 8;
/// Backticks around a code, and stars around anything.
const TICKS_MAX: usize = 4;
const RUN_MAX: usize = 3;

/// What is shown of an address that can't be followed, in characters: a picture's can hold the picture.
const ADDRESS_CHARS_MAX: usize = 200;

/// The inlines of a block.
pub fn read(text: &str) -> Vec<Piece> {
    let mut reader = Reader { text, at: 0, pieces: Vec::new(), open: Vec::new() };
    reader.read();
    reader.pieces
}

/// Reads a block's inlines, from the first to the last byte. All signs are ASCII.
struct Reader<'a> {
    text: &'a str,
    /// How much of it has been read.
    at: usize,
    /// What is certain.
    pieces: Vec<Piece>,
    /// What has begun and may end, inner ones last.
    open: Vec<Open<'a>>,
}

/// Something that has begun and may end.
struct Open<'a> {
    /// What it began with: brackets, or what is left of a run of stars.
    sign: &'a str,
    /// How long the run was.
    run: usize,
    /// Whether that run could have ended something as well.
    closes: bool,
    pieces: Vec<Piece>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while self.at < self.text.len() {
            let sign = byte(self.rest(), 0);
            match sign {
                b':' => self.url(),
                b'@' => self.email(),
                b'.' => self.domain(),
                b'\\' => self.escape(),
                b'`' => self.code(),
                b'*' | b'_' | b'~' => self.run(sign),
                b'!' if byte(self.rest(), 1) == b'[' => self.open(2, false),
                b'[' => self.open(1, false),
                b']' => self.close(),
                b'<' => self.angle(),
                _ => self.pass(1),
            }
            let words = span(self.rest(), &|byte| {
                !matches!(byte, b'.' | b':' | b'@' | b'\\' | b'`' | b'*' | b'_' | b'~' | b'!' | b'[' | b']' | b'<')
            });
            self.pass(words);
        }
        while !self.open.is_empty() {
            self.give_up_oldest();
        }
    }

    /// What is yet to be read.
    fn rest(&self) -> &'a str {
        from(self.text, self.at)
    }

    /// Goes on by so many bytes.
    fn take(&mut self, bytes: usize) -> &'a str {
        let taken = to(self.rest(), bytes);
        self.at += bytes;
        taken
    }

    /// The same; they mean themselves, and with them whatever is left of the last one's character.
    fn pass(&mut self, bytes: usize) {
        let mut bytes = bytes;
        while !self.text.is_char_boundary(self.at + bytes) {
            bytes += 1;
        }
        let text = self.take(bytes);
        self.say(text);
    }

    fn innermost(&mut self) -> &mut Vec<Piece> {
        match self.open.last_mut() {
            Some(open) => &mut open.pieces,
            None => &mut self.pieces,
        }
    }

    fn say(&mut self, text: &str) {
        say(self.innermost(), text);
    }

    fn mark(&mut self, mark: Mark, text: &str) {
        self.innermost().push(Piece::Marked(mark, vec![Piece::Text(text.to_owned())]));
    }

    fn escape(&mut self) {
        match byte(self.rest(), 1) {
            // The line break that follows is one anyway.
            b'\n' => self.at += 1,
            next => {
                self.at += usize::from(next.is_ascii_punctuation());
                self.pass(1);
            }
        }
    }

    fn code(&mut self) {
        let run = run(self.rest(), b'`');
        let inside = from(self.rest(), run);
        // As many as these can be missing once only, so they are not often looked for in vain.
        let mut length = 0;
        while run <= TICKS_MAX && length < inside.len() {
            length += span(from(inside, length), &|byte| byte != b'`');
            let other = self::run(from(inside, length), b'`');
            if other == run {
                let code = to(inside, length);
                let bare = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                self.mark(Mark::Code, bare.filter(|code| !code.trim().is_empty()).unwrap_or(code));
                self.at += length + 2 * run;
                return;
            }
            length += other;
        }
        self.pass(run);
    }

    /// A run of stars and the like: it ends what it can, and what is left of it may begin something.
    fn run(&mut self, sign: u8) {
        let run = run(self.rest(), sign);
        let before = to(self.text, self.at).chars().next_back().unwrap_or(' ');
        let after = from(self.rest(), run).chars().next().unwrap_or(' ');
        let (is_after_word, is_before_word) = (is_word(before), is_word(after));
        let is_product = sign == b'*' && run == 1 && before.is_ascii_digit() && after.is_ascii_digit();
        if run > RUN_MAX || (sign == b'~' && run != 2) || is_product {
            return self.pass(run);
        }
        let opens = leans(after, before) && !(sign == b'_' && is_after_word);
        let closes = leans(before, after) && !(sign == b'_' && is_before_word);
        let mut left = run;
        while closes && left > 0 {
            // What is in brackets stays in them.
            let place = self.open.iter().rposition(|open| {
                // CommonMark's rule of three: what could both open and close is not cut in odd places.
                let is_odd = (open.closes || opens) && (open.run + run).is_multiple_of(3) && !run.is_multiple_of(3);
                open.is_bracket() || (byte(open.sign, 0) == sign && !is_odd)
            });
            let Some(open) = place.and_then(|place| self.give_up_inside(place, false)) else { break };
            let used = if left.min(open.sign.len()) >= 2 { 2 } else { 1 };
            let mark = match (sign, used) {
                (b'~', _) => Mark::Struck,
                (_, 1) => Mark::Emphasis,
                _ => Mark::Strong,
            };
            left -= used;
            self.at += used;
            let whole = Piece::Marked(mark, open.pieces);
            let sign = from(open.sign, used);
            if !sign.is_empty() {
                self.open.push(Open { sign, pieces: Vec::new(), ..open });
            }
            self.innermost().push(whole);
        }
        if left > 0 && opens {
            self.open(left, closes);
        } else {
            self.pass(left);
        }
    }

    fn open(&mut self, bytes: usize, closes: bool) {
        if self.open.len() == OPEN_MAX {
            self.give_up_oldest();
        }
        let sign = self.take(bytes);
        self.open.push(Open { sign, run: bytes, closes, pieces: Vec::new() });
    }

    /// The end of a link's or a picture's text, if where it leads to follows.
    fn close(&mut self) {
        let place = self.open.iter().rposition(Open::is_bracket);
        let Some(mut open) = place.and_then(|place| self.give_up_inside(place, true)) else { return self.pass(1) };
        let Some((address, bytes)) = destination(from(self.rest(), 1)) else {
            open.spill(self.innermost());
            return self.pass(1);
        };
        self.at += 1 + bytes;
        let address = unescaped(address);
        if open.pieces.is_empty() {
            say(&mut open.pieces, &address);
        }
        let mail = || address.split_once('@').and_then(|(local, domain)| email(local, domain));
        if let Some(url) = SafeUrl::new(&address).or_else(|| schemeless(&address)).or_else(mail) {
            self.innermost().push(Piece::Marked(Mark::Link(url), open.pieces));
            return;
        }
        // It can't be followed; whoever reads it may know what it means.
        let is_said = address.is_empty() || text_of(&open.pieces) == address;
        open.sign = "";
        open.spill(self.innermost());
        if !is_said {
            let shown: String = address.chars().take(ADDRESS_CHARS_MAX).collect();
            let rest = if shown.len() < address.len() { "…" } else { "" };
            self.say(&[" (", &shown, rest, ")"].concat());
        }
    }

    /// An address in angle brackets.
    fn angle(&mut self) {
        let inner = from(self.rest(), 1);
        let end = span(inner, &|byte| !byte.is_ascii_whitespace() && !matches!(byte, b'<' | b'>'));
        let address = to(inner, end);
        let email = || address.split_once('@').and_then(|(local, domain)| email(local, domain));
        match SafeUrl::new(address).or_else(email) {
            Some(url) if byte(inner, end) == b'>' => {
                self.mark(Mark::Link(url), address);
                self.at += end + 2;
            }
            _ => self.pass(1),
        }
    }

    /// A bare address, at the colon in it.
    fn url(&mut self) {
        let said = self.said();
        let letters = backwards(said, &|byte| byte.is_ascii_alphanumeric());
        let scheme = from(said, said.len() - letters);
        let is_scheme = scheme.eq_ignore_ascii_case("https") || scheme.eq_ignore_ascii_case("http");
        if !is_scheme || !self.rest().starts_with("://") {
            return self.pass(1);
        }
        let bytes = self.extent(self.rest());
        let mut address = unescaped(to(self.rest(), bytes));
        address.insert_str(0, scheme);
        if let Some(url) = SafeUrl::new(&address) {
            self.unsay(letters);
            self.mark(Mark::Link(url), &address);
            self.at += bytes;
        } else {
            // It is not looked at again from one of its own colons on.
            self.pass(bytes);
        }
    }

    /// How far a bare address goes: signs at its end are its own, unless they end something that has begun.
    fn extent(&self, text: &str) -> usize {
        let (mut end, whole) = extent(text);
        let mut at = end;
        while at < whole {
            let sign = byte(text, at);
            let run = run(from(text, at), sign);
            let is_sign = matches!(sign, b'*' | b'_' | b'~');
            if is_sign && self.has_begun(sign) && (sign != b'~' || run == 2) {
                break;
            }
            at += run;
            if is_sign {
                end = at;
            }
        }
        end
    }

    /// Whether a run of this sign would end something.
    fn has_begun(&self, sign: u8) -> bool {
        let innermost = self.open.iter().rfind(|open| open.is_bracket() || byte(open.sign, 0) == sign);
        innermost.is_some_and(|open| !open.is_bracket())
    }

    /// An address without a scheme, at the first dot in it.
    fn domain(&mut self) {
        let said = self.said();
        let label = last_of(said, is_label);
        let before = to(said, said.len() - label).chars().next_back();
        let text = from(self.text, self.at - label);
        let (host, might_be) = host(text);
        let is_apart = !matches!(before, Some('.' | ':' | '/' | '-' | '_' | '@' | '\\'));
        let host = host.filter(|host| *host > label && is_apart && text.starts_with(from(said, said.len() - label)));
        // What is none is not looked at again from its next dot on.
        let Some(mut end) = host else { return self.pass(might_be.saturating_sub(label).max(1)) };
        let port = run_of_digits(from(text, end + 1));
        if byte(text, end) == b':' && port > 0 {
            end += 1 + port;
        }
        if matches!(byte(text, end), b'/' | b'?' | b'#') {
            end += self.extent(from(text, end));
        }
        let address = unescaped(to(text, end));
        let Some(url) = schemeless(&address) else { return self.pass(end - label) };
        self.unsay(label);
        self.mark(Mark::Link(url), &address);
        self.at += end - label;
    }

    /// A bare e-mail address, at the @ in it. One that is not all of it would be somebody else's.
    fn email(&mut self) {
        let said = self.said();
        let before = last_of(said, is_local);
        let local = from(said, said.len() - before);
        let is_begun = to(said, said.len() - before).chars().next_back().is_some_and(may_be_local);
        let local = local.trim_start_matches(['.', '_', '-', '\'']);
        let after = from(self.rest(), 1);
        let domain = to(after, after.find(|c| c != '.' && !is_label(c)).unwrap_or(after.len()));
        let goes_on = byte(after, domain.len()) == b'@';
        let domain = domain.trim_end_matches(['.', '-']);
        let url = email(local, domain).filter(|_| !is_begun && !goes_on);
        let Some(url) = url else { return self.pass(1 + if goes_on { domain.len() + 1 } else { 0 }) };
        let (before, bytes) = (local.len(), domain.len() + 1);
        self.unsay(before);
        let address = from(url.as_str(), MAILTO.len()).to_owned();
        self.mark(Mark::Link(url), &address);
        self.at += bytes;
    }

    /// The words just said.
    fn said(&self) -> &str {
        let pieces = self.open.last().map_or(&self.pieces, |open| &open.pieces);
        if let Some(Piece::Text(said)) = pieces.last() { said } else { "" }
    }

    /// Takes back the end of the words just said; nothing is left where nothing was before.
    fn unsay(&mut self, bytes: usize) {
        let pieces = self.innermost();
        if let Some(Piece::Text(said)) = pieces.last_mut() {
            said.truncate(said.len() - bytes);
            if said.is_empty() {
                pieces.pop();
            }
        }
    }

    /// Takes what is open at this place, if it is (or is not) a bracket; what is open inside it has no end.
    fn give_up_inside(&mut self, place: usize, is_bracket: bool) -> Option<Open<'a>> {
        if self.open.get(place)?.is_bracket() != is_bracket {
            return None;
        }
        while self.open.len() > place + 1 {
            if let Some(open) = self.open.pop() {
                open.spill(self.innermost());
            }
        }
        self.open.pop()
    }

    fn give_up_oldest(&mut self) {
        self.open.remove(0).spill(&mut self.pieces);
    }
}

impl Open<'_> {
    fn is_bracket(&self) -> bool {
        self.sign.ends_with('[')
    }

    /// It was nothing but words.
    fn spill(self, pieces: &mut Vec<Piece>) {
        say(pieces, self.sign);
        for piece in self.pieces {
            match piece {
                Piece::Text(text) => say(pieces, &text),
                Piece::Marked(..) => pieces.push(piece),
            }
        }
    }
}

fn say(pieces: &mut Vec<Piece>, text: &str) {
    if let Some(Piece::Text(said)) = pieces.last_mut() {
        said.push_str(text);
    } else if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Whether a run between these two belongs to the inner one. Scripts without spaces between words need no space
/// outside, and their punctuation is a letter like any other.
fn leans(inner: char, outer: char) -> bool {
    let is_outside = outer.is_whitespace() || outer.is_ascii_punctuation() || !outer.is_ascii();
    !inner.is_whitespace() && (!inner.is_ascii_punctuation() || is_outside)
}

/// How many bytes at the end are characters like this.
fn last_of(text: &str, is: fn(char) -> bool) -> usize {
    text.len() - text.trim_end_matches(is).len()
}

fn run_of_digits(text: &str) -> usize {
    span(text, &|byte| byte.is_ascii_digit())
}
