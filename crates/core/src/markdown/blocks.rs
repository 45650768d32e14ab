//! Parses lines into blocks: paragraphs, quotes, lists, code, tables.

use super::bytes::{byte_at, leading_len, run_len, text_from, text_to};
use super::{Align, Mark, Piece, inlines};

/// The most digits of a list item's number.
const DIGITS_MAX: usize = 9;

/// What a line starts.
#[derive(Clone, Copy, Eq, PartialEq)]
enum LineKind {
    Blank,
    Fence,
    Heading,
    Quote,
    Item,
    Text,
}

/// A line, parsed without its neighbours.
struct Line<'a> {
    kind: LineKind,
    /// The text after its sign; of a fence, the fence itself.
    rest: &'a str,
    /// Its indentation, in columns.
    indent: usize,
    /// A list item's sign: the items of one list have the same.
    sign: u8,
    /// A list item's number, if it has one.
    number: Option<u32>,
    /// The columns between a list item's sign and its text.
    width: usize,
}

/// A line belongs to a list item if it is indented by at least so many more columns.
const INDENT_MIN: usize = 2;

impl<'a> Line<'a> {
    fn parse(line: &'a str, depth: u8) -> Self {
        let rest = line.trim();
        let mut parsed = Self { kind: LineKind::Text, rest, indent: indent(line).0, sign: 0, number: None, width: 2 };
        let first = byte_at(rest, 0);
        let run = run_len(rest, first);
        match first {
            0 if rest.is_empty() => parsed.kind = LineKind::Blank,
            b'`' | b'~' if run >= 3 && !text_from(rest, run).contains('`') => {
                (parsed.kind, parsed.rest) = (LineKind::Fence, text_to(rest, run));
            }
            b'#' if run <= 6 && is_space(byte_at(rest, run)) => {
                (parsed.kind, parsed.rest) = (LineKind::Heading, text_from(rest, run).trim());
            }
            b'>' if depth > 0 => {
                (parsed.kind, parsed.rest) =
                    (LineKind::Quote, text_from(rest, 1 + usize::from(byte_at(rest, 1) == b' ')))
            }
            b'-' | b'*' | b'+' | b'0'..=b'9' if depth > 0 => {
                let digits = leading_len(rest, &|byte| byte.is_ascii_digit());
                let sign = byte_at(rest, digits);
                let is_sign = if digits == 0 { true } else { matches!(sign, b'.' | b')') };
                if is_sign && digits <= DIGITS_MAX && is_space(byte_at(rest, digits + 1)) {
                    parsed.number = text_to(rest, digits).parse().ok();
                    // A number too large to parse is text.
                    if digits == 0 || parsed.number.is_some() {
                        (parsed.kind, parsed.rest, parsed.sign) = (LineKind::Item, text_from(rest, digits + 2), sign);
                        parsed.width = digits + 2;
                    }
                }
            }
            _ => {}
        }
        parsed
    }

    /// Whether it continues the paragraph above it. A number interrupts a paragraph only if it is 0 or 1.
    fn continues_paragraph(&self) -> bool {
        self.kind == LineKind::Text || (self.kind == LineKind::Item && self.number.is_some_and(|number| number > 1))
    }
}

/// The columns of space at the beginning of a line, and their bytes.
fn indent(line: &str) -> (usize, usize) {
    let bytes = leading_len(line, &is_space);
    (text_to(line, bytes).bytes().map(columns).sum(), bytes)
}

const fn columns(byte: u8) -> usize {
    if byte == b'\t' { 4 } else { 1 }
}

/// Parses lines into blocks, nested at most this deep.
pub fn parse(lines: &[&str], depth: u8) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = lines;
    while let Some((line, after)) = rest.split_first() {
        let line = Line::parse(line, depth);
        rest = after;
        let mut inner = Vec::new();
        let mut text = line.rest.to_owned();
        let mark = match line.kind {
            LineKind::Blank => continue,
            LineKind::Fence => {
                text.clear();
                while let Some((next, after)) = rest.split_first() {
                    rest = after;
                    let end = next.trim();
                    if end.starts_with(line.rest) && run_len(end, byte_at(end, 0)) == end.len() {
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
            LineKind::Heading => {
                inner.push(Piece::Marked(Mark::Strong, inlines::parse(line.rest)));
                Mark::Paragraph
            }
            LineKind::Text if let Some((columns, after)) = table(line.rest, rest) => {
                rest = after;
                inner.push(row(line.rest, &columns, true));
                while let Some((next, after)) = rest.split_first()
                    && next.contains('|')
                    && Line::parse(next, depth).kind == LineKind::Text
                {
                    inner.push(row(next, &columns, false));
                    rest = after;
                }
                Mark::Table
            }
            LineKind::Text => {
                while let Some((next, after)) = rest.split_first()
                    && Line::parse(next, depth).continues_paragraph()
                    && table(next, after).is_none()
                {
                    text.push('\n');
                    text.push_str(next.trim());
                    rest = after;
                }
                inner = inlines::parse(&text);
                Mark::Paragraph
            }
            LineKind::Quote => {
                let mut quoted = vec![line.rest];
                while let Some((next, after)) = rest.split_first() {
                    let next = Line::parse(next, depth);
                    if next.kind != LineKind::Quote {
                        break;
                    }
                    quoted.push(next.rest);
                    rest = after;
                }
                inner = parse(&quoted, depth - 1);
                Mark::Quote
            }
            LineKind::Item => {
                let mark = line.number.map_or(Mark::List, Mark::NumberedList);
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

/// Parses a list item, and finds the next one of its list.
fn item<'a>(line: Line<'a>, rest: &mut &[&'a str], next: &mut Option<Line<'a>>, depth: u8) -> Piece {
    let mut lines = vec![line.rest];
    let mut blanks = 0;
    let mut ahead = *rest;
    while let Some((text, after)) = ahead.split_first() {
        ahead = after;
        let other = Line::parse(text, depth);
        if other.kind == LineKind::Blank {
            // Blank lines belong to the text after them.
            blanks += 1;
            continue;
        }
        if other.indent < line.indent + INDENT_MIN {
            if other.kind == LineKind::Item && other.sign == line.sign {
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
    // The first paragraph is the item's own text; other blocks follow it.
    let mut inner = parse(&lines, depth - 1);
    if let Some(Piece::Marked(Mark::Paragraph, first)) = inner.first_mut() {
        let mut first = std::mem::take(first);
        first.extend(inner.drain(1..));
        inner = first;
    }
    Piece::Marked(Mark::Item, inner)
}

/// The columns of a table with this header line, and the lines after its delimiter row.
fn table<'a, 'b>(head: &str, rest: &'b [&'a str]) -> Option<(Vec<Align>, &'b [&'a str])> {
    let (line, after) = rest.split_first().filter(|(line, _)| head.contains('|') && line.contains('|'))?;
    let columns: Vec<Align> = cells(line).map(column).collect::<Option<_>>()?;
    (cells(head).count() == columns.len()).then_some((columns, after))
}

/// The alignment in a cell of the delimiter row.
fn column(cell: &str) -> Option<Align> {
    let dashes = cell.trim_matches(':');
    let is_column = !dashes.is_empty() && run_len(dashes, b'-') == dashes.len() && cell.len() <= dashes.len() + 2;
    is_column.then_some(match (cell.starts_with(':'), cell.ends_with(':')) {
        (true, true) => Align::Center,
        (false, true) => Align::End,
        (_, false) => Align::Start,
    })
}

/// A table row. It has the cells that were written, no more: filling up missing ones could multiply the text's size.
fn row(line: &str, columns: &[Align], is_head: bool) -> Piece {
    let align = |at| columns.get(at).copied().unwrap_or_default();
    let cell = |(at, text)| Piece::Marked(Mark::Cell { is_head, align: align(at) }, inlines::parse(text));
    Piece::Marked(Mark::Row, cells(line).enumerate().map(cell).collect())
}

/// The cells of a line.
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
        let cell = text_to(text, end.unwrap_or(text.len())).trim();
        // A bar at the end starts no other cell.
        rest = end.map(|end| text_from(text, end + 1)).filter(|rest| !rest.is_empty());
        Some(cell)
    })
}

/// The line without its first columns of space, at most this many.
fn dedent(line: &str, columns_max: usize) -> &str {
    let (mut bytes, mut left) = (0, columns_max);
    while left > 0 && is_space(byte_at(line, bytes)) {
        left = left.saturating_sub(columns(byte_at(line, bytes)));
        bytes += 1;
    }
    text_from(line, bytes)
}

const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
