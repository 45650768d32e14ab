//! What agents write: the Markdown that Chatwoot's editor makes, as a small tree.
//!
//! Every text is Markdown; what makes no sense as such is shown as it was written. HTML is text, pictures are links
//! (they would tell their server who reads), and addresses come through [`SafeUrl`] alone.
//!
//! Reading takes time and memory in proportion to the text, whatever it is: what could be looked for again and again
//! (a code's end, an opener, a link's end) is either bounded or looked for once. How deep things can be in each other
//! is bounded, too, so nobody who walks the tree needs much of a stack.

use super::url::{SafeUrl, is_invisible};

/// A piece of a text.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Piece {
    /// Words; their line breaks are to be seen.
    Text(String),
    /// Pieces that are something together.
    Marked(Mark, Vec<Self>),
}

/// What pieces are together. Texts consist of blocks, and blocks of inlines.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Mark {
    /// A block of lines.
    Paragraph,
    /// A block of blocks: what somebody else said.
    Quote,
    /// A block of items.
    List,
    /// The same, counted from this number on.
    Numbered(u32),
    /// Inlines, and perhaps blocks after them.
    Item,
    /// A block of text that is shown as it is.
    CodeBlock,
    /// An inline that matters.
    Strong,
    /// An inline that is stressed.
    Emphasis,
    /// An inline that holds no more.
    Struck,
    /// An inline that is shown as it is.
    Code,
    /// An inline that leads somewhere; a link in it is to be passed over.
    Link(SafeUrl),
}

/// Blocks in blocks: more than people write.
const DEPTH_MAX: u8 = 6;
/// Inlines that wait for their end; the oldest is the least likely to have one.
const OPEN_MAX: usize = 8;
/// Backticks around a code, and stars around anything.
const TICKS_MAX: usize = 4;
const RUN_MAX: usize = 3;
/// Digits of an item's number.
const DIGITS_MAX: usize = 9;
/// Brackets in an address.
const NESTED_MAX: u8 = 8;

/// The blocks of an agent's text.
#[must_use]
pub fn read(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.lines().collect();
    blocks(&lines, DEPTH_MAX)
}

/// The inlines of a text that is no Markdown: words and the addresses among them.
#[must_use]
pub fn read_plain(text: &str) -> Vec<Piece> {
    inlines(text, true)
}

/// An agent's text without its signs, for where only words can be.
#[must_use]
pub fn words(text: &str) -> String {
    fn gather(pieces: Vec<Piece>, words: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Text(text) => words.push_str(&text),
                Piece::Marked(mark, inner) => {
                    let is_block = matches!(mark, Mark::Paragraph | Mark::CodeBlock | Mark::Item);
                    if is_block && !words.is_empty() && !words.ends_with('\n') {
                        words.push('\n');
                    }
                    gather(inner, words);
                }
            }
        }
    }
    let mut words = String::new();
    gather(read(text), &mut words);
    words
}

/// What a line begins.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Blank,
    Fence,
    Heading,
    Quote,
    Item,
    Text,
}

/// A line, as far as it can be told by itself.
struct Line<'a> {
    kind: Kind,
    /// What follows the signs it begins with; of a fence, the fence itself.
    rest: &'a str,
    /// How far to the right it stands, in columns.
    indent: usize,
    /// An item's sign: items of a list have the same one.
    sign: u8,
    /// An item's number, if it has one.
    number: Option<u32>,
    /// How much further to the right an item's text stands.
    width: usize,
}

/// Further to the right than an item by as many columns is in it.
const INDENT_MIN: usize = 2;

impl<'a> Line<'a> {
    fn read(line: &'a str, depth: u8) -> Self {
        let rest = line.trim();
        let mut read = Self { kind: Kind::Text, rest, indent: indent(line).0, sign: 0, number: None, width: 2 };
        let first = byte(rest, 0);
        let run = run(rest, first);
        match first {
            0 if rest.is_empty() => read.kind = Kind::Blank,
            b'`' | b'~' if run >= 3 && !from(rest, run).contains('`') => {
                (read.kind, read.rest) = (Kind::Fence, to(rest, run));
            }
            b'#' if run <= 6 && is_space(byte(rest, run)) => {
                (read.kind, read.rest) = (Kind::Heading, from(rest, run).trim());
            }
            b'>' if depth > 0 => {
                (read.kind, read.rest) = (Kind::Quote, from(rest, 1 + usize::from(byte(rest, 1) == b' ')))
            }
            b'-' | b'*' | b'+' | b'0'..=b'9' if depth > 0 => {
                let digits = span(rest, &|byte| byte.is_ascii_digit());
                let sign = byte(rest, digits);
                let is_sign = if digits == 0 { true } else { matches!(sign, b'.' | b')') };
                if is_sign && digits <= DIGITS_MAX && is_space(byte(rest, digits + 1)) {
                    read.number = to(rest, digits).parse().ok();
                    // A number nobody counts to is none.
                    if digits == 0 || read.number.is_some() {
                        (read.kind, read.rest, read.sign) = (Kind::Item, from(rest, digits + 2), sign);
                        read.width = digits + 2;
                    }
                }
            }
            _ => {}
        }
        read
    }

    /// Whether it goes on with a paragraph above it. A number at the beginning of a line begins a list only where
    /// counting begins.
    fn goes_on(&self) -> bool {
        self.kind == Kind::Text || (self.kind == Kind::Item && self.number.is_some_and(|number| number > 1))
    }
}

/// The columns of space a line begins with, and their bytes.
fn indent(line: &str) -> (usize, usize) {
    let bytes = span(line, &is_space);
    (to(line, bytes).bytes().map(columns).sum(), bytes)
}

const fn columns(byte: u8) -> usize {
    if byte == b'\t' { 4 } else { 1 }
}

fn blocks(lines: &[&str], depth: u8) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        let line = Line::read(line, depth);
        rest = after;
        let mut inner = Vec::new();
        let mut text = line.rest.to_owned();
        let mark = match line.kind {
            Kind::Blank => continue,
            Kind::Fence => {
                text.clear();
                while let Some((next, after)) = rest.split_first() {
                    rest = after;
                    let end = next.trim();
                    if end.starts_with(line.rest) && run(end, byte(end, 0)) == end.len() {
                        break;
                    }
                    if !text.is_empty() {
                        text.push('\n');
                    }
                    text.push_str(next);
                }
                inner.push(Piece::Text(text));
                Mark::CodeBlock
            }
            Kind::Heading => {
                inner.push(Piece::Marked(Mark::Strong, inlines(line.rest, false)));
                Mark::Paragraph
            }
            Kind::Text => {
                while let Some((next, after)) = rest.split_first()
                    && Line::read(next, depth).goes_on()
                {
                    text.push('\n');
                    text.push_str(next.trim());
                    rest = after;
                }
                inner = inlines(&text, false);
                Mark::Paragraph
            }
            Kind::Quote => {
                let mut quoted = vec![line.rest];
                while let Some((next, after)) = rest.split_first() {
                    let next = Line::read(next, depth);
                    if next.kind != Kind::Quote {
                        break;
                    }
                    quoted.push(next.rest);
                    rest = after;
                }
                inner = blocks(&quoted, depth - 1);
                Mark::Quote
            }
            Kind::Item => {
                let mark = line.number.map_or(Mark::List, Mark::Numbered);
                let mut next = Some(line);
                while let Some(line) = next.take() {
                    inner.push(item(line, &mut rest, &mut next, depth));
                }
                mark
            }
        };
        pieces.push(Piece::Marked(mark, inner));
    }
    pieces
}

/// An item, and the next one of its list if there is one.
fn item<'a>(line: Line<'a>, rest: &mut &[&'a str], next: &mut Option<Line<'a>>, depth: u8) -> Piece {
    let mut lines = vec![line.rest];
    let mut blanks = 0;
    let mut ahead = *rest;
    while let Some((text, after)) = ahead.split_first() {
        ahead = after;
        let other = Line::read(text, depth);
        if other.kind == Kind::Blank {
            // Blank lines belong to what comes after them.
            blanks += 1;
            continue;
        }
        if other.indent < line.indent + INDENT_MIN {
            if other.kind == Kind::Item && other.sign == line.sign {
                *next = Some(other);
                *rest = ahead;
            }
            break;
        }
        if blanks > 0 {
            lines.push("");
            blanks = 0;
        }
        lines.push(dedent(text, line.indent + line.width));
        *rest = ahead;
    }
    // Its first lines are the item itself; what else is in it comes after them.
    let mut inner = blocks(&lines, depth - 1);
    if let Some(Piece::Marked(Mark::Paragraph, first)) = inner.first_mut() {
        let mut first = std::mem::take(first);
        first.extend(inner.drain(1..));
        inner = first;
    }
    Piece::Marked(Mark::Item, inner)
}

/// The line without so many columns of space before it.
fn dedent(line: &str, columns_max: usize) -> &str {
    let (mut bytes, mut left) = (0, columns_max);
    while left > 0 && is_space(byte(line, bytes)) {
        left = left.saturating_sub(columns(byte(line, bytes)));
        bytes += 1;
    }
    from(line, bytes)
}

fn inlines(text: &str, is_plain: bool) -> Vec<Piece> {
    let mut reader = Reader { text, at: 0, is_plain, pieces: Vec::new(), open: Vec::new() };
    reader.read();
    reader.pieces
}

/// Reads a block's inlines, from the first to the last byte. All signs are ASCII.
struct Reader<'a> {
    text: &'a str,
    /// How much of it has been read.
    at: usize,
    is_plain: bool,
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
                _ if self.is_plain => self.pass(1),
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
                !matches!(byte, b':' | b'@' | b'\\' | b'`' | b'*' | b'_' | b'~' | b'!' | b'[' | b']' | b'<')
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
        if let Some(url) = SafeUrl::new(&address) {
            self.innermost().push(Piece::Marked(Mark::Link(url), open.pieces));
        } else {
            open.sign = "";
            open.spill(self.innermost());
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
        let bytes = extent(self.rest(), self.is_plain);
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

    /// A bare e-mail address, at the @ in it.
    fn email(&mut self) {
        let said = self.said();
        let before = backwards(said, &is_email);
        let local = from(said, said.len() - before).trim_start_matches(['.', '_', '-']);
        let after = from(self.rest(), 1);
        let domain = to(after, span(after, &|byte| byte != b'_' && byte != b'+' && is_email(byte)));
        let domain = domain.trim_end_matches(['.', '_', '-']);
        let Some(url) = email(local, domain) else { return self.pass(1) };
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

/// Near enough to being part of a word, without Unicode's tables.
const fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || !matches!(c, '\0'..='\u{bf}' | '\u{2000}'..='\u{206f}' | '\u{3000}'..='\u{303f}')
}

/// Where a link leads to, after its text: the address, and how long all this is.
fn destination(text: &str) -> Option<(&str, usize)> {
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
fn extent(text: &str, is_plain: bool) -> usize {
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
fn unescaped(text: &str) -> String {
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

const MAILTO: &str = "mailto:";

/// An e-mail address, if it is one that people have.
fn email(local: &str, domain: &str) -> Option<SafeUrl> {
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

const fn is_email(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'+' | b'-')
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

// --- Bytes of a text: what is beyond its end is 0, and what would cut a character is nothing ---

fn byte(text: &str, at: usize) -> u8 {
    text.as_bytes().get(at).copied().unwrap_or(0)
}

fn from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

fn to(text: &str, at: usize) -> &str {
    text.get(..at).unwrap_or_default()
}

/// How many bytes at the beginning are like this.
fn span(text: &str, is: &dyn Fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// How many bytes at the end are like this.
fn backwards(text: &str, is: &dyn Fn(u8) -> bool) -> usize {
    text.bytes().rev().position(|byte| !is(byte)).unwrap_or(text.len())
}

/// How many at the beginning are this sign.
fn run(text: &str, sign: u8) -> usize {
    span(text, &|byte| byte == sign)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces in letters: `p(Hello, em(world))`.
    fn outline(pieces: &[Piece]) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.replace('\n', "⏎"),
            Piece::Marked(mark, inner) => {
                let name = match mark {
                    Mark::Paragraph => "p".to_owned(),
                    Mark::Quote => "quote".to_owned(),
                    Mark::List => "ul".to_owned(),
                    Mark::Numbered(first) => format!("ol{first}"),
                    Mark::Item => "li".to_owned(),
                    Mark::CodeBlock => "pre".to_owned(),
                    Mark::Strong => "strong".to_owned(),
                    Mark::Emphasis => "em".to_owned(),
                    Mark::Struck => "s".to_owned(),
                    Mark::Code => "code".to_owned(),
                    Mark::Link(url) => format!("<{}>", url.as_str()),
                };
                format!("{name}({})", outline(inner))
            }
        };
        pieces.iter().map(piece).collect()
    }

    fn check(cases: &[(&str, &str)]) {
        for (text, expected) in cases {
            assert_eq!(outline(&read(text)), *expected, "{text:?}");
        }
    }

    #[test]
    fn blocks_are_told_apart() {
        check(&[
            ("", ""),
            (" \n\n ", ""),
            ("Hello", "p(Hello)"),
            ("one\ntwo  \n three\\\nfour\r\nfive", "p(one⏎two⏎three⏎four⏎five)"),
            ("one\n\n\ntwo", "p(one)p(two)"),
            ("# Title\ntext\n###### small", "p(strong(Title))p(text)p(strong(small))"),
            ("#hashtag and #1\n####### seven", "p(#hashtag and #1⏎####### seven)"),
            ("- a\n- b", "ul(li(a)li(b))"),
            ("* a\n\n* b\n\ntext", "ul(li(a)li(b))p(text)"),
            ("1. a\n2. b", "ol1(li(a)li(b))"),
            ("3) a\n4) b", "ol3(li(a)li(b))"),
            ("0. a", "ol0(li(a))"),
            ("- a\n1. b", "ul(li(a))ol1(li(b))"),
            ("- a\n  more\n\n  and more\n- b", "ul(li(a⏎morep(and more))li(b))"),
            ("1. a\n   - b\n   - c\n2. d", "ol1(li(aul(li(b)li(c)))li(d))"),
            ("1. a\n  - b\n2. c", "ol1(li(aul(li(b)))li(c))"),
            ("- a\n\t- b\n\t\t- c\n- d", "ul(li(aul(li(bul(li(c)))))li(d))"),
            ("- a\ntext", "ul(li(a))p(text)"),
            ("Buy:\n- milk\n- rye", "p(Buy:)ul(li(milk)li(rye))"),
            ("We opened in\n1986. A good year", "p(We opened in⏎1986. A good year)"),
            ("1234567890. no list", "p(1234567890. no list)"),
            ("-no list\n-5 °C", "p(-no list⏎-5 °C)"),
            ("-\n- ", "p(-⏎-)"),
            ("1\\. no list", "p(1. no list)"),
            ("> said\n> before\n\nanswer", "quote(p(said⏎before))p(answer)"),
            (">a\n> > b\nc", "quote(p(a)quote(p(b)))p(c)"),
            ("> - a\n> - b", "quote(ul(li(a)li(b)))"),
            ("- > a\n  > b", "ul(li(quote(p(a⏎b))))"),
            ("```rust\nlet x = *y;\n\n  **z**\n```\nafter", "pre(let x = *y;⏎⏎  **z**)p(after)"),
            ("~~~\n```\n~~~", "pre(```)"),
            ("````\n```\n````", "pre(```)"),
            ("```\nnever ended\n> so", "pre(never ended⏎> so)"),
            ("- a\n  ```\n  code\n  ```\n- b", "ul(li(apre(code))li(b))"),
            ("```inline``` code", "p(code(inline) code)"),
            ("--\nSami", "p(--⏎Sami)"),
            ("| a | b |", "p(| a | b |)"),
        ]);
    }

    #[test]
    fn inlines_are_told_apart() {
        check(&[
            ("**bold** *it* _it_ ~~gone~~ `x`", "p(strong(bold) em(it) em(it) s(gone) code(x))"),
            ("__bold__", "p(strong(bold))"),
            ("***both*** **a *b* c** *a **b** c*", "p(em(strong(both)) strong(a em(b) c) em(a strong(b) c))"),
            ("**bold*text**", "p(strong(bold*text))"),
            ("**a** and **b", "p(strong(a) and **b)"),
            ("*a **b* c", "p(*a *em(b) c)"),
            ("2 * 3 * 4, 2*3*4, a * b", "p(2 * 3 * 4, 2*3*4, a * b)"),
            ("snake_case_name, __init__.py, _x_y_", "p(snake_case_name, strong(init).py, em(x_y))"),
            ("слово_слово_слово", "p(слово_слово_слово)"),
            ("un*frigging*believable", "p(unem(frigging)believable)"),
            ("~5 days ~ 6, ~~ no ~~", "p(~5 days ~ 6, ~~ no ~~)"),
            ("**** and *****a*****", "p(**** and *****a*****)"),
            ("(*a*), \"**b**\"!", "p((em(a)), \"strong(b)\"!)"),
            ("*(*a*)*", "p(em((em(a))))"),
            ("one *two\nthree* four", "p(one em(two⏎three) four)"),
            ("*one\n\ntwo*", "p(*one)p(two*)"),
            (r"\*no\* \_no\_ \\ \a C:\dir", r"p(*no* _no_ \ \a C:\dir)"),
            ("`` a`b `` ` `` `", "p(code(a`b) code(``))"),
            ("`*a*` `open *b*", "p(code(*a*) `open em(b))"),
            ("```` ```` `````x`````", "p(code( ) `````x`````)"),
            ("<b>bold</b> &amp; <!-- -->", "p(<b>bold</b> &amp; <!-- -->)"),
            ("**wichtig:**bitte", "p(**wichtig:**bitte)"),
        ]);
    }

    #[test]
    fn every_script_is_read() {
        check(&[
            ("**テスト。**テスト", "p(strong(テスト。)テスト)"),
            ("これは**「強調」**です", "p(これはstrong(「強調」)です)"),
            ("**注(重要)**です", "p(strong(注(重要))です)"),
            ("请看https://a.test/路。谢谢", "p(请看<https://a.test/路>(https://a.test/路)。谢谢)"),
            ("مرحبا **بك** في _المتجر_", "p(مرحبا strong(بك) في em(المتجر))"),
            ("- שלום\n- עולם", "ul(li(שלום)li(עולם))"),
            ("👍 **👩‍🔧** *🚲*", "p(👍 strong(👩‍🔧) em(🚲))"),
            ("«_да_» “_yes_”", "p(«em(да)» “em(yes)”)"),
        ]);
    }

    #[test]
    fn links_lead_only_where_it_is_safe() {
        check(&[
            ("[a](https://a.test)", "p(<https://a.test>(a))"),
            ("[a *b*](https://a.test \"Title (1)\").", "p(<https://a.test>(a em(b)).)"),
            ("[a]( <https://a.test/b> 'c' )", "p(<https://a.test/b>(a))"),
            ("[a](https://a.test/b_(c)) d", "p(<https://a.test/b_(c)>(a) d)"),
            (r"[a](https://a.test/b\(c)", "p(<https://a.test/b(c>(a))"),
            ("[tel](tel:+49301234) [mail](mailto:a@b.test)", "p(<tel:+49301234>(tel) <mailto:a@b.test>(mail))"),
            ("[a](javascript:alert(1)) b", "p(a b)"),
            ("[a](JaVaScRiPt:alert%281%29)", "p(a)"),
            ("[**a**](data:text/html,x) [b](/c) [d]()", "p(strong(a) b d)"),
            ("![A cat](https://a.test/cat.png)", "p(<https://a.test/cat.png>(A cat))"),
            ("![](https://a.test/cat.png)", "p(<https://a.test/cat.png>(https://a.test/cat.png))"),
            ("![](data:image/svg+xml,x)", "p(data:image/svg+xml,x)"),
            (
                "[![A cat](https://a.test/cat.png)](https://b.test)",
                "p(<https://b.test>(<https://a.test/cat.png>(A cat)))",
            ),
            ("[https://a.test/](https://b.test)", "p(<https://b.test>(<https://a.test/>(https://a.test/)))"),
            ("[a [b](https://b.test) c](https://c.test)", "p(<https://c.test>(a <https://b.test>(b) c))"),
            ("[a] [b](c [d]: e ](f)", "p([a] [b](c [d]: e ](f))"),
            ("[a *b](https://a.test) c*", "p(<https://a.test>(a *b) c*)"),
            ("*a [b* c](https://a.test)", "p(*a <https://a.test>(b* c))"),
            ("**note [1] this**", "p(strong(note [1] this))"),
            (
                "<https://a.test> <a@b.test> <javascript:x> <a b>",
                "p(<https://a.test>(https://a.test) <mailto:a@b.test>(a@b.test) <javascript:x> <a b>)",
            ),
        ]);
    }

    #[test]
    fn bare_addresses_are_links() {
        let link = |address: &str| format!("<{address}>({address})");
        for (text, before, address, after) in [
            ("https://a.test", "", "https://a.test", ""),
            ("See HTTP://a.test/b?c=d#e.", "See ", "HTTP://a.test/b?c=d#e", "."),
            ("(https://a.test/b_(c))", "(", "https://a.test/b_(c)", ")"),
            ("https://a.test/?a[b]=c, d", "", "https://a.test/?a[b]=c", ", d"),
            ("[https://a.test]", "[", "https://a.test", "]"),
            ("https://a.test/a_b_c/~d…", "", "https://a.test/a_b_c/~d…", ""),
            (r"https://a.test/\~d/e\_f", "", "https://a.test/~d/e_f", ""),
            ("\"https://a.test?\"", "\"", "https://a.test", "?\""),
            ("https://a.test/\u{202e}fdp.exe", "", "https://a.test/", "\u{202e}fdp.exe"),
            ("http://localhost:3000/x", "", "http://localhost:3000/x", ""),
        ] {
            assert_eq!(outline(&read(text)), format!("p({before}{}{after})", link(address)), "{text:?}");
        }
        check(&[
            ("**https://a.test/x**, y", "p(strong(<https://a.test/x>(https://a.test/x)), y)"),
            ("_https://a.test_", "p(em(<https://a.test>(https://a.test)))"),
            ("a.b-c_d+e@f-g.test.", "p(<mailto:a.b-c_d+e@f-g.test>(a.b-c_d+e@f-g.test).)"),
            ("_a@b.test_ .a@b.test", "p(em(<mailto:a@b.test>(a@b.test)) .<mailto:a@b.test>(a@b.test))"),
            ("xhttps://a.test http:/a http:// ://", "p(xhttps://a.test http:/a http:// ://)"),
            ("@here a@b a@b. @a.test a@.b.test a@b.1 12:30", "p(@here a@b a@b. @a.test a@.b.test a@b.1 12:30)"),
            ("www.a.test", "p(www.a.test)"),
            ("`https://a.test`", "p(code(https://a.test))"),
        ]);
    }

    #[test]
    fn what_is_no_markdown_has_links_alone() {
        let plain = |text| outline(&read_plain(text));
        assert_eq!(plain("# *a* `b` [c](d)\n- e\\*\n"), "# *a* `b` [c](d)⏎- e\\*⏎");
        assert_eq!(
            plain("(https://a.test/\\x) a@b.test"),
            "(<https://a.test/>(https://a.test/)\\x) <mailto:a@b.test>(a@b.test)"
        );
    }

    #[test]
    fn where_only_words_can_be_there_are_only_words() {
        let text = "# Hello\n**Which** [one](https://a.test)?\n- `a`\n  - b\n\n> c\n```\nd\n```";
        assert_eq!(words(text), "Hello\nWhich one?\na\nb\nc\nd");
    }

    #[test]
    fn nothing_is_deeper_than_a_small_number() {
        fn depth(pieces: &[Piece]) -> usize {
            let inner = pieces.iter().map(|piece| match piece {
                Piece::Text(_) => 0,
                Piece::Marked(_, inner) => 1 + depth(inner),
            });
            inner.max().unwrap_or(0)
        }
        let lists: String = (0..1_000).map(|level| "  ".repeat(level) + "- a\n").collect();
        for text in [
            "*a **b ".repeat(1_000) + &"b** a* ".repeat(1_000),
            "***a ".repeat(1_000) + &"a* b* c* ".repeat(1_000),
            "_~~*a".repeat(1_000) + &"a*~~_".repeat(1_000),
            "[".repeat(1_000) + &"](https://a.test)".repeat(1_000),
            ">".repeat(1_000),
            "> ".repeat(1_000) + "a",
            "- ".repeat(1_000) + "a",
            "1. > - ".repeat(1_000) + "a",
            lists,
        ] {
            assert!(depth(&read(&text)) < 45, "{} of {}", depth(&read(&text)), text.get(..20).unwrap());
        }
    }
}
