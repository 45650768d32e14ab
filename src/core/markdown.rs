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
    /// An inline that leads somewhere; it holds no other link.
    Link(SafeUrl),
}

/// Blocks in blocks: more than people write.
const DEPTH_MAX: u8 = 6;
/// Inlines that wait for their end; the oldest is the least likely to have one.
const OPEN_MAX: usize = 8;
/// Backticks around a code, and stars around anything.
const TICKS_MAX: usize = 4;
const RUN_MAX: usize = 3;
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
    Reader::new(text, true).read()
}

/// What a line begins, and the rest of that line.
enum Start<'a> {
    Blank,
    Fence(&'a str),
    Heading(&'a str),
    Quote(&'a str),
    Item(Marker, &'a str),
    Text,
}

/// Where an item begins: items of a list have the same sign and stand about as far to the right.
struct Marker {
    sign: char,
    number: u32,
    indent: usize,
    width: usize,
}

/// Further to the right than this many columns is in the item above.
const INDENT_MIN: usize = 2;

impl<'a> Start<'a> {
    fn of(line: &'a str, depth: u8) -> Self {
        let text = line.trim();
        let rest = text.trim_start_matches('#');
        let level = text.len() - rest.len();
        if text.is_empty() {
            Self::Blank
        } else if let Some(fence) = fence(text) {
            Self::Fence(fence)
        } else if (1..=6).contains(&level) && rest.starts_with([' ', '\t']) {
            Self::Heading(rest.trim_end_matches('#').trim())
        } else if depth == 0 {
            Self::Text
        } else if let Some(quoted) = text.strip_prefix('>') {
            Self::Quote(quoted.strip_prefix(' ').unwrap_or(quoted))
        } else {
            item(line, text).map_or(Self::Text, |(marker, rest)| Self::Item(marker, rest))
        }
    }

    /// Whether it ends a paragraph above it. A number at the beginning of a line is a list's only where a list begins.
    const fn interrupts(&self) -> bool {
        match self {
            Self::Blank | Self::Fence(_) | Self::Heading(_) | Self::Quote(_) => true,
            Self::Item(marker, _) => marker.number <= 1,
            Self::Text => false,
        }
    }
}

/// The line's fence of three or more, if it is one that opens a block of code.
fn fence(text: &str) -> Option<&str> {
    let sign = text.chars().next().filter(|sign| matches!(sign, '`' | '~'))?;
    let rest = text.trim_start_matches(sign);
    let fence = text.get(..text.len() - rest.len())?;
    (fence.len() >= 3 && !rest.contains('`')).then_some(fence)
}

fn item<'a>(line: &str, text: &'a str) -> Option<(Marker, &'a str)> {
    let rest = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = text.get(..text.len() - rest.len())?;
    let sign = rest.chars().next()?;
    let number = match (sign, digits.len()) {
        ('-' | '*' | '+', 0) => 0,
        ('.' | ')', 1..=9) => digits.parse().ok()?,
        _ => return None,
    };
    let rest = rest.get(1..)?.strip_prefix([' ', '\t'])?;
    Some((Marker { sign, number, indent: indent(line), width: digits.len() + 2 }, rest))
}

fn indent(line: &str) -> usize {
    line.bytes().map_while(columns).sum()
}

const fn columns(byte: u8) -> Option<usize> {
    match byte {
        b' ' => Some(1),
        b'\t' => Some(4),
        _ => None,
    }
}

/// The line without so many columns of space before it.
fn dedent(line: &str, mut left: usize) -> &str {
    line.trim_start_matches(|c: char| {
        let columns = u8::try_from(c).ok().and_then(columns).filter(|_| left > 0);
        left = left.saturating_sub(columns.unwrap_or(0));
        columns.is_some()
    })
}

fn blocks(lines: &[&str], depth: u8) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        rest = after;
        pieces.push(match Start::of(line, depth) {
            Start::Blank => continue,
            Start::Fence(fence) => {
                let is_end = |line: &&str| line.trim_start().starts_with(fence) && is_fence_alone(line);
                let code: Vec<&str> = after.iter().copied().take_while(|line| !is_end(line)).collect();
                rest = after.get(code.len() + 1..).unwrap_or_default();
                Piece::Marked(Mark::CodeBlock, vec![Piece::Text(code.join("\n"))])
            }
            Start::Heading(text) => {
                let title = Piece::Marked(Mark::Strong, Reader::new(text, false).read());
                Piece::Marked(Mark::Paragraph, vec![title])
            }
            Start::Quote(first) => {
                let mut quoted = vec![first];
                while let Some((line, after)) = rest.split_first()
                    && let Start::Quote(text) = Start::of(line, depth)
                {
                    quoted.push(text);
                    rest = after;
                }
                Piece::Marked(Mark::Quote, blocks(&quoted, depth.saturating_sub(1)))
            }
            Start::Item(marker, first) => {
                let mark = if marker.number == 0 && !matches!(marker.sign, '.' | ')') {
                    Mark::List
                } else {
                    Mark::Numbered(marker.number)
                };
                let (items, after) = items(marker, first, after, depth);
                rest = after;
                Piece::Marked(mark, items)
            }
            Start::Text => {
                let mut text = line.trim().to_owned();
                while let Some((line, after)) = rest.split_first()
                    && !Start::of(line, depth).interrupts()
                {
                    text.push('\n');
                    text.push_str(line.trim());
                    rest = after;
                }
                Piece::Marked(Mark::Paragraph, Reader::new(&text, false).read())
            }
        });
    }
    pieces
}

fn is_fence_alone(line: &str) -> bool {
    line.trim().trim_start_matches(['`', '~']).is_empty()
}

/// A list's items, and what comes after it.
fn items<'a, 'b>(
    mut marker: Marker,
    mut first: &'a str,
    mut rest: &'b [&'a str],
    depth: u8,
) -> (Vec<Piece>, &'b [&'a str]) {
    let mut items = Vec::new();
    loop {
        let mut lines = vec![first];
        let mut next = None;
        while let Some((line, after)) = rest.split_first() {
            // Blank lines belong to what comes after them.
            let blanks = rest.iter().take_while(|line| line.trim().is_empty()).count();
            let (line, after) = if blanks == 0 {
                (line, after)
            } else if let Some((line, after)) = rest.get(blanks..).and_then(<[_]>::split_first) {
                (line, after)
            } else {
                break;
            };
            if indent(line) >= marker.indent + INDENT_MIN {
                lines.extend((blanks > 0).then_some(""));
                lines.push(dedent(line, marker.indent + marker.width));
            } else {
                if let Start::Item(other, text) = Start::of(line, depth)
                    && other.sign == marker.sign
                {
                    next = Some((other, text, after));
                }
                break;
            }
            rest = after;
        }
        let mut inner = blocks(&lines, depth.saturating_sub(1)).into_iter();
        let mut pieces = Vec::new();
        // Its first lines are the item itself; what else is in it comes after them.
        match inner.next() {
            Some(Piece::Marked(Mark::Paragraph, text)) => pieces = text,
            Some(other) => pieces.push(other),
            None => {}
        }
        pieces.extend(inner);
        items.push(Piece::Marked(Mark::Item, pieces));
        let Some((other, text, after)) = next else { return (items, rest) };
        (marker, first, rest) = (other, text, after);
    }
}

/// Reads a block's inlines, from the first to the last character.
struct Reader<'a> {
    text: &'a str,
    /// What is yet to be read of it.
    rest: &'a str,
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
    const fn new(text: &'a str, is_plain: bool) -> Self {
        Self { text, rest: text, is_plain, pieces: Vec::new(), open: Vec::new() }
    }

    fn read(mut self) -> Vec<Piece> {
        let is_plain = self.is_plain;
        let means_something = |c: char| {
            matches!(c, ':' | '@') || (!is_plain && matches!(c, '\\' | '`' | '*' | '_' | '~' | '!' | '[' | ']' | '<'))
        };
        while let Some(at) = self.rest.find(means_something) {
            let text = self.take(at);
            self.say(text);
            match self.rest.chars().next() {
                Some('\\') => self.escape(),
                Some('`') => self.code(),
                Some(sign @ ('*' | '_' | '~')) => self.run(sign),
                Some('!') if self.rest.starts_with("![") => self.open(2, false),
                Some('[') => self.open(1, false),
                Some(']') => self.close(),
                Some('<') => self.angle(),
                Some(':') => self.url(),
                Some('@') => self.email(),
                _ => self.pass(1),
            }
        }
        self.pass(usize::MAX);
        while !self.open.is_empty() {
            self.give_up_oldest();
        }
        self.pieces
    }

    /// Goes on by so many bytes.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// The same; they mean themselves.
    fn pass(&mut self, bytes: usize) {
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

    fn link(&mut self, url: SafeUrl, text: &str) {
        self.innermost().push(Piece::Marked(Mark::Link(url), vec![Piece::Text(text.to_owned())]));
    }

    fn escape(&mut self) {
        let sign = self.take(1);
        match self.rest.chars().next() {
            Some(c) if c.is_ascii_punctuation() => self.pass(1),
            // The line break that follows is one anyway.
            Some('\n') => {}
            _ => self.say(sign),
        }
    }

    fn code(&mut self) {
        let run = count(self.rest, '`');
        let ticks = self.take(run);
        if run > TICKS_MAX {
            return self.say(ticks);
        }
        // As many as these can be missing once only, so they are not often looked for in vain.
        let (mut length, mut after) = (0, self.rest);
        while let Some(at) = after.find('`') {
            after = after.get(at..).unwrap_or_default();
            let other = count(after, '`');
            length += at;
            if other == run {
                let code = self.take(length);
                self.take(run);
                let bare = code.strip_prefix(' ').and_then(|code| code.strip_suffix(' '));
                let code = bare.filter(|code| !code.trim().is_empty()).unwrap_or(code);
                self.innermost().push(Piece::Marked(Mark::Code, vec![Piece::Text(code.to_owned())]));
                return;
            }
            length += other;
            after = after.get(other..).unwrap_or_default();
        }
        self.say(ticks);
    }

    /// A run of stars and the like: it ends what it can, and what is left of it may begin something.
    fn run(&mut self, sign: char) {
        let neighbour = |c: Option<char>| c.unwrap_or(' ');
        let before = self.text.get(..self.text.len() - self.rest.len()).and_then(|text| text.chars().next_back());
        let run = count(self.rest, sign);
        let after = self.rest.get(run..).and_then(|text| text.chars().next());
        let (before, after) = (neighbour(before), neighbour(after));
        let is_in_word = sign == '_' && is_word(before) && is_word(after);
        let is_product = sign == '*' && run == 1 && before.is_ascii_digit() && after.is_ascii_digit();
        if run > RUN_MAX || (sign == '~' && run != 2) || is_in_word || is_product {
            return self.pass(run);
        }
        let opens = leans(after, before) && !(sign == '_' && is_word(before));
        let closes = leans(before, after) && !(sign == '_' && is_word(after));
        let mut left = run;
        while closes && left > 0 {
            // CommonMark's rule of three: what could both open and close is not cut in odd places.
            let is_odd =
                |open: &Open| (open.closes || opens) && (open.run + run).is_multiple_of(3) && !run.is_multiple_of(3);
            let is_end_of = |open: &Open| open.sign.starts_with(sign) && !is_odd(open);
            // What is in brackets stays in them.
            let place = self.open.iter().rposition(|open| is_end_of(open) || open.is_bracket());
            let Some(place) = place.filter(|place| self.open.get(*place).is_some_and(is_end_of)) else { break };
            self.give_up_inside(place);
            let Some(mut open) = self.open.pop() else { break };
            let used = if left.min(open.sign.len()) >= 2 { 2 } else { 1 };
            let mark = match (sign, used) {
                ('~', _) => Mark::Struck,
                (_, 1) => Mark::Emphasis,
                _ => Mark::Strong,
            };
            left -= used;
            self.take(used);
            let whole = Piece::Marked(mark, std::mem::take(&mut open.pieces));
            open.sign = open.sign.get(used..).unwrap_or_default();
            if !open.sign.is_empty() {
                self.open.push(open);
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
        let Some(place) = self.open.iter().rposition(Open::is_bracket) else { return self.pass(1) };
        self.give_up_inside(place);
        let Some(open) = self.open.pop() else { return };
        let sign = self.take(1);
        let Some((address, rest)) = destination(self.rest) else {
            open.spill(self.innermost());
            return self.say(sign);
        };
        self.rest = rest;
        let mut text = without_links(open.pieces);
        if text.is_empty() {
            say(&mut text, &address);
        }
        match SafeUrl::new(&address) {
            Some(url) => self.innermost().push(Piece::Marked(Mark::Link(url), text)),
            None => text.into_iter().for_each(|piece| add(self.innermost(), piece)),
        }
    }

    /// An address in angle brackets.
    fn angle(&mut self) {
        let inner = self.rest.get(1..).unwrap_or_default();
        let end = inner.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>')).unwrap_or(inner.len());
        let (address, rest) = inner.split_at_checked(end).unwrap_or((inner, ""));
        let email = || address.split_once('@').and_then(|(local, domain)| email(local, domain));
        match SafeUrl::new(address).or_else(email) {
            Some(url) if rest.starts_with('>') => {
                self.link(url, address);
                self.take(end + 2);
            }
            _ => self.pass(1),
        }
    }

    /// A bare address, at the colon in it.
    fn url(&mut self) {
        let said = self.said();
        let is_whole = |scheme: &str| {
            let (before, tail) = said.split_at_checked(said.len().checked_sub(scheme.len())?)?;
            let is_scheme = tail.eq_ignore_ascii_case(scheme) && !before.ends_with(|c: char| c.is_ascii_alphanumeric());
            is_scheme.then_some(tail.to_owned())
        };
        let Some(mut address) = is_whole("https").or_else(|| is_whole("http")) else { return self.pass(1) };
        if !self.rest.starts_with("://") {
            return self.pass(1);
        }
        let scheme = address.len();
        let bytes = extent(self.rest, self.is_plain, &mut address);
        match SafeUrl::new(&address) {
            Some(url) => {
                self.unsay(scheme);
                self.take(bytes);
                self.link(url, &address);
            }
            // It is not looked at again from one of its own colons on.
            None => self.pass(bytes),
        }
    }

    /// A bare e-mail address, at the @ in it.
    fn email(&mut self) {
        let said = self.said().as_bytes();
        let is_part = |c: &&u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'_' | b'+' | b'-');
        let bytes = said.iter().rev().take_while(is_part).count();
        let local = self.said().get(said.len() - bytes..).unwrap_or_default().trim_start_matches(['.', '_', '-']);
        let after = self.rest.get(1..).unwrap_or_default();
        let is_outside = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-');
        let domain = after.get(..after.find(is_outside).unwrap_or(after.len())).unwrap_or_default();
        let domain = domain.trim_end_matches(['.', '-']);
        let Some(url) = email(local, domain) else { return self.pass(1) };
        let address = url.as_str().get("mailto:".len()..).unwrap_or_default().to_owned();
        let (before, behind) = (local.len(), domain.len() + 1);
        self.unsay(before);
        self.take(behind);
        self.link(url, &address);
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

    /// What is open inside this one has no end.
    fn give_up_inside(&mut self, place: usize) {
        while self.open.len() > place + 1 {
            if let Some(open) = self.open.pop() {
                open.spill(self.innermost());
            }
        }
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
            add(pieces, piece);
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

fn add(pieces: &mut Vec<Piece>, piece: Piece) {
    match piece {
        Piece::Text(text) => say(pieces, &text),
        Piece::Marked(..) => pieces.push(piece),
    }
}

/// The same, leading nowhere.
fn without_links(pieces: Vec<Piece>) -> Vec<Piece> {
    let mut bare = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Marked(Mark::Link(_), inner) => inner.into_iter().for_each(|piece| add(&mut bare, piece)),
            Piece::Marked(mark, inner) => bare.push(Piece::Marked(mark, without_links(inner))),
            Piece::Text(text) => say(&mut bare, &text),
        }
    }
    bare
}

fn count(text: &str, sign: char) -> usize {
    text.chars().take_while(|c| *c == sign).count()
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

/// Where a link leads to, after its text: the address and what comes after the link.
fn destination(text: &str) -> Option<(String, &str)> {
    let text = text.strip_prefix('(')?.trim_start();
    let (angled, text) = text.strip_prefix('<').map_or((false, text), |text| (true, text));
    let mut address = String::new();
    let mut nested = 0_u8;
    let mut chars = text.chars();
    let mut rest = text;
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.as_str().starts_with(|next: char| next.is_ascii_punctuation()) => {
                address.extend(chars.next());
                rest = chars.as_str();
                continue;
            }
            '>' if angled => {
                rest = chars.as_str();
                break;
            }
            '<' | '\n' if angled => return None,
            _ if angled => {}
            '(' if nested == NESTED_MAX => return None,
            '(' => nested += 1,
            ')' if nested == 0 => break,
            ')' => nested -= 1,
            _ if c.is_whitespace() => break,
            _ => {}
        }
        address.push(c);
        rest = chars.as_str();
    }
    let mut rest = rest.trim_start();
    for quote in ['"', '\''] {
        if let Some(title) = rest.strip_prefix(quote) {
            rest = title.split_once(quote)?.1.trim_start();
            break;
        }
    }
    Some((address, rest.strip_prefix(')')?))
}

/// How far a bare address goes, from its colon on: neither the sentence's punctuation nor a bracket around it is part
/// of it. What is read is added to `address`.
fn extent(text: &str, is_plain: bool, address: &mut String) -> usize {
    let (mut bytes, mut length) = (0, address.len());
    let (mut round, mut square) = (0_u32, 0_u32);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            // Chatwoot's editor escapes what it takes for Markdown, in addresses, too.
            '\\' if !is_plain => match chars.next() {
                Some(escaped) if escaped.is_ascii_punctuation() => escaped,
                _ => break,
            },
            c => c,
        };
        let is_end = match c {
            '(' => {
                round += 1;
                false
            }
            '[' => {
                square += 1;
                false
            }
            ')' | ']' => {
                let depth = if c == ')' { &mut round } else { &mut square };
                let is_outside = *depth == 0;
                *depth = depth.saturating_sub(1);
                is_outside
            }
            '\\' | '<' | '>' | '"' | '`' | '\u{2018}'..='\u{201f}' | '\u{3000}'..='\u{303f}' => true,
            '\u{ff01}' | '\u{ff08}' | '\u{ff09}' | '\u{ff0c}' | '\u{ff1a}' | '\u{ff1b}' | '\u{ff1f}' => true,
            c => c.is_whitespace() || c.is_control() || is_invisible(c),
        };
        if is_end {
            break;
        }
        address.push(c);
        if !matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' | '~' | '(' | '[' | '|') {
            (bytes, length) = (text.len() - chars.as_str().len(), address.len());
        }
    }
    address.truncate(length);
    bytes
}

/// An e-mail address, if it is one that people have.
fn email(local: &str, domain: &str) -> Option<SafeUrl> {
    let is_fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-');
    let top = domain.rsplit_once('.').filter(|(name, _)| !name.is_empty() && !name.starts_with('.'))?.1;
    let is_address = !local.is_empty()
        && local.chars().chain(domain.chars()).all(is_fine)
        && top.len() >= 2
        && top.chars().all(|c| c.is_ascii_alphabetic());
    if !is_address {
        return None;
    }
    SafeUrl::new(&["mailto:", local, "@", domain].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces in letters: `p(Hello, *(world))`.
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
            ("# Title #\ntext\n###### small", "p(strong(Title))p(text)p(strong(small))"),
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
            ("[![A cat](https://a.test/cat.png)](https://b.test)", "p(<https://b.test>(A cat))"),
            ("[https://a.test/](https://b.test)", "p(<https://b.test>(https://a.test/))"),
            ("[a [b](https://b.test) c](https://c.test)", "p(<https://c.test>(a b c))"),
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
