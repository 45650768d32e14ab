//! Lines, and the blocks they make: paragraphs, quotes, lists, code.

use super::bytes::{byte, from, run, span, to};
use super::{Align, Mark, Piece, inlines};

/// Digits of an item's number.
const DIGITS_MAX: usize = 9;

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

/// The blocks of these lines, at most so deep in each other.
pub fn read(lines: &[&str], depth: u8) -> Vec<Piece> {
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
                inner.push(Piece::Marked(Mark::Strong, inlines::read(line.rest)));
                Mark::Paragraph
            }
            Kind::Text if let Some((columns, after)) = table(line.rest, rest) => {
                rest = after;
                inner.push(row(line.rest, &columns, true));
                while let Some((next, after)) = rest.split_first()
                    && next.contains('|')
                    && Line::read(next, depth).kind == Kind::Text
                {
                    inner.push(row(next, &columns, false));
                    rest = after;
                }
                Mark::Table
            }
            Kind::Text => {
                while let Some((next, after)) = rest.split_first()
                    && Line::read(next, depth).goes_on()
                    && table(next, after).is_none()
                {
                    text.push('\n');
                    text.push_str(next.trim());
                    rest = after;
                }
                inner = inlines::read(&text);
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
                inner = read(&quoted, depth - 1);
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
    let mut inner = read(&lines, depth - 1);
    if let Some(Piece::Marked(Mark::Paragraph, first)) = inner.first_mut() {
        let mut first = std::mem::take(first);
        first.extend(inner.drain(1..));
        inner = first;
    }
    Piece::Marked(Mark::Item, inner)
}

/// The columns of a table that has this line for its head, and the lines after the one that says so.
fn table<'a, 'b>(head: &str, rest: &'b [&'a str]) -> Option<(Vec<Align>, &'b [&'a str])> {
    let (line, after) = rest.split_first().filter(|(line, _)| head.contains('|') && line.contains('|'))?;
    let columns: Vec<Align> = cells(line).map(column).collect::<Option<_>>()?;
    (cells(head).count() == columns.len()).then_some((columns, after))
}

/// What a cell of the line under a table's head says of its column.
fn column(cell: &str) -> Option<Align> {
    let dashes = cell.trim_matches(':');
    let is_column = !dashes.is_empty() && run(dashes, b'-') == dashes.len() && cell.len() <= dashes.len() + 2;
    is_column.then_some(match (cell.starts_with(':'), cell.ends_with(':')) {
        (true, true) => Align::Center,
        (false, true) => Align::End,
        (_, false) => Align::Start,
    })
}

/// A row has the cells that were written, no more and no less: what is missing would be many times the text.
fn row(line: &str, columns: &[Align], is_head: bool) -> Piece {
    let align = |at| columns.get(at).copied().unwrap_or_default();
    let cell = |(at, text)| Piece::Marked(Mark::Cell { is_head, align: align(at) }, inlines::read(text));
    Piece::Marked(Mark::Row, cells(line).enumerate().map(cell).collect())
}

/// What stands between the bars of a line.
fn cells(line: &str) -> impl Iterator<Item = &str> {
    let line = line.trim();
    let mut rest = Some(line.strip_prefix('|').unwrap_or(line));
    std::iter::from_fn(move || {
        let text = rest?;
        let mut is_escaped = false;
        let end = text.bytes().position(|byte| {
            let is_end = byte == b'|' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        let cell = to(text, end.unwrap_or(text.len())).trim();
        // A bar at the end begins no other cell.
        rest = end.map(|end| from(text, end + 1)).filter(|rest| !rest.is_empty());
        Some(cell)
    })
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

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
