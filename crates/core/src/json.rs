//! JSON: a parser into a small tree, and a writer.
//!
//! The parser accepts exactly RFC 8259. Half a surrogate pair becomes U+FFFD, of a number only the integer part is
//! kept, and values nested too deep become `null`: so no text can exhaust the stack, and no unusual value keeps the
//! rest from being parsed.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, and a value nested too deep.
    Null,
    /// `true` or `false`.
    Truth(bool),
    /// A number's whole part, if a `u64` can hold it.
    Number(Option<u64>),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Value>),
    /// An object.
    Object(Object),
}

/// An object's fields, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Value)>);

/// How deep values may be nested.
const DEPTH_MAX: usize = 64;

impl Object {
    /// The field of this name; the last one if there are several.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The fields' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl Value {
    /// A list's strings; other items are skipped. Nothing for what is no list.
    #[must_use]
    pub fn texts(&self) -> Vec<&str> {
        self.items().unwrap_or_default().iter().filter_map(Self::text).collect()
    }

    /// A string's text.
    #[must_use]
    pub const fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text.as_str()) } else { None }
    }

    /// A number's whole part.
    #[must_use]
    pub const fn number(&self) -> Option<u64> {
        if let Self::Number(number) = self { *number } else { None }
    }

    /// A boolean.
    #[must_use]
    pub const fn truth(&self) -> Option<bool> {
        if let Self::Truth(is_true) = self { Some(*is_true) } else { None }
    }

    /// A list's values.
    #[must_use]
    pub const fn items(&self) -> Option<&[Self]> {
        if let Self::List(items) = self { Some(items.as_slice()) } else { None }
    }

    /// An object's fields.
    #[must_use]
    pub const fn object(&self) -> Option<&Object> {
        if let Self::Object(object) = self { Some(object) } else { None }
    }
}

/// Parses a text; `None` if it is no JSON.
#[must_use]
pub fn read(text: &str) -> Option<Value> {
    let mut reader = Reader { text, at: 0 };
    // The open arrays and objects, outermost first.
    let mut open: Vec<Open> = Vec::new();
    loop {
        let mut value = match reader.sign()? {
            b'[' if !reader.has(b']') => {
                open.push(Open::List(Vec::new()));
                continue;
            }
            b'{' if !reader.has(b'}') => {
                open.push(Open::Object(Vec::new(), reader.name()?));
                continue;
            }
            b'[' => Value::List(Vec::new()),
            b'{' => Value::Object(Object::default()),
            b'"' => Value::Text(reader.string()?),
            b'n' => reader.word("ull", Value::Null)?,
            b't' => reader.word("rue", Value::Truth(true))?,
            b'f' => reader.word("alse", Value::Truth(false))?,
            b'-' => reader.number().map(|_| Value::Number(None))?,
            b'0'..=b'9' => {
                reader.at -= 1;
                Value::Number(reader.number()?)
            }
            _ => return None,
        };
        // The value is complete, and may complete what contains it.
        loop {
            match open.pop() {
                None => return reader.sign().is_none().then_some(value),
                Some(Open::List(mut items)) => {
                    items.push(value);
                    if reader.has(b',') {
                        open.push(Open::List(items));
                        break;
                    }
                    value = reader.has(b']').then_some(Value::List(items))?;
                }
                Some(Open::Object(mut fields, name)) => {
                    fields.push((name, value));
                    if reader.has(b',') {
                        open.push(Open::Object(fields, reader.name()?));
                        break;
                    }
                    value = reader.has(b'}').then_some(Value::Object(Object(fields)))?;
                }
            }
            if open.len() >= DEPTH_MAX {
                value = Value::Null;
            }
        }
    }
}

/// An open array, or an open object and the name of its next field.
enum Open {
    List(Vec<Value>),
    Object(Vec<(String, Value)>, String),
}

/// The parser's position in a text.
struct Reader<'text> {
    text: &'text str,
    at: usize,
}

impl<'text> Reader<'text> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let next = self.peek()?;
        self.at += 1;
        Some(next)
    }

    /// Skips whitespace and returns the next byte.
    fn sign(&mut self) -> Option<u8> {
        loop {
            match self.next()? {
                b' ' | b'\t' | b'\n' | b'\r' => {}
                sign => return Some(sign),
            }
        }
    }

    /// Skips this sign if it comes next, and returns whether it did.
    fn has(&mut self, sign: u8) -> bool {
        let before = self.at;
        let has = self.sign() == Some(sign);
        if !has {
            self.at = before;
        }
        has
    }

    /// The rest of a literal, and its value.
    fn word(&mut self, rest: &str, meaning: Value) -> Option<Value> {
        let is_there = self.text.as_bytes()[self.at..].starts_with(rest.as_bytes());
        self.at += rest.len();
        is_there.then_some(meaning)
    }

    /// A field's name and the colon after it.
    fn name(&mut self) -> Option<String> {
        let name = if self.has(b'"') { self.string()? } else { return None };
        self.has(b':').then_some(name)
    }

    /// A string, after its opening quote.
    fn string(&mut self) -> Option<String> {
        let mut string = String::new();
        loop {
            let from = self.at;
            let end = loop {
                match self.next()? {
                    sign @ (b'"' | b'\\') => break sign,
                    0..b' ' => return None,
                    _ => {}
                }
            };
            string.push_str(self.text.get(from..self.at - 1)?);
            if end == b'"' {
                return Some(string);
            }
            string.push(self.escaped()?);
        }
    }

    /// The character of an escape, after its backslash.
    fn escaped(&mut self) -> Option<char> {
        Some(match self.next()? {
            sign @ (b'"' | b'\\' | b'/') => char::from(sign),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let unit = self.unit()?;
                let before = self.at;
                let low = match unit {
                    0xd800..0xdc00 if self.next() == Some(b'\\') && self.next() == Some(b'u') => self.unit()?,
                    _ => 0,
                };
                if matches!(low, 0xdc00..0xe000) {
                    char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00))?
                } else {
                    self.at = before;
                    char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
            }
            _ => return None,
        })
    }

    /// The four hex digits of `\u`.
    fn unit(&mut self) -> Option<u32> {
        let mut unit = 0;
        for _ in 0..4 {
            unit = unit << 4 | char::from(self.next()?).to_digit(16)?;
        }
        Some(unit)
    }

    /// A number without its sign: its whole part, if a `u64` can hold it.
    fn number(&mut self) -> Option<Option<u64>> {
        let whole = self.digits()?;
        if whole.len() > 1 && whole.starts_with('0') {
            return None;
        }
        let mut fraction = "";
        if self.peek() == Some(b'.') {
            self.at += 1;
            fraction = self.digits()?;
        }
        if !matches!(self.peek(), Some(b'e' | b'E')) {
            return Some(whole.parse().ok());
        }
        self.at += 1;
        let sign = self.peek().filter(|sign| matches!(sign, b'+' | b'-'));
        self.at += usize::from(sign.is_some());
        let exponent = self.digits()?.parse().unwrap_or(usize::MAX);
        let point = if sign == Some(b'-') {
            whole.len().saturating_sub(exponent)
        } else {
            // With more zeros than this, only 0 is small enough.
            whole.len().saturating_add(exponent).min(whole.len() + fraction.len() + U64_DIGITS)
        };
        let mut digits = whole.bytes().chain(fraction.bytes()).chain(std::iter::repeat(b'0')).take(point);
        Some(digits.try_fold(0_u64, |number, digit| number.checked_mul(10)?.checked_add((digit - b'0').into())))
    }

    /// At least one digit.
    fn digits(&mut self) -> Option<&'text str> {
        let from = self.at;
        while self.peek().is_some_and(|sign| sign.is_ascii_digit()) {
            self.at += 1;
        }
        self.text.get(from..self.at).filter(|digits| !digits.is_empty())
    }
}

/// The digits of the largest number.
const U64_DIGITS: usize = 20;

/// A string, as JSON.
#[must_use]
pub fn string(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut from = 0;
    for (at, sign) in text.bytes().enumerate() {
        let short = match sign {
            b'"' | b'\\' => sign,
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..b' ' => b'u',
            _ => continue,
        };
        out.push_str(&text[from..at]);
        from = at + 1;
        out.push('\\');
        out.push(char::from(short));
        if short == b'u' {
            out.push_str("00");
            out.push(if sign < 16 { '0' } else { '1' });
            out.push(char::from(b"0123456789abcdef"[usize::from(sign & 15)]));
        }
    }
    out.push_str(&text[from..]);
    out.push('"');
    out
}

/// An array of values that are JSON already.
#[must_use]
pub fn list(items: &[String]) -> String {
    ["[", &items.join(","), "]"].concat()
}

/// An object of fields whose values are JSON already.
#[must_use]
pub fn object(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, value)| [&string(name), ":", value].concat()).collect();
    ["{", &fields.join(","), "}"].concat()
}

/// A boolean, as JSON.
#[must_use]
pub fn truth(is_true: bool) -> String {
    if is_true { "true" } else { "false" }.to_owned()
}

/// A value that is JSON already, or `null`.
#[must_use]
pub fn or_null(json: Option<String>) -> String {
    json.unwrap_or_else(|| "null".to_owned())
}

/// Names and values in turn, as pairs; a name without a value is skipped.
#[must_use]
pub fn to_pairs(texts: &[&str]) -> Vec<(String, String)> {
    texts.as_chunks().0.iter().map(|[name, value]| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_number_the_whole_part_is_read() {
        for (text, expected) in [
            ("0", Some(0)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("-0", None),
            ("1.99", Some(1)),
            ("12.5e1", Some(125)),
            ("125e-1", Some(12)),
            ("1e-400", Some(0)),
            ("0.001e5", Some(100)),
            ("1e19", Some(10_000_000_000_000_000_000)),
            ("1e400", None),
            ("0e99999999999999999999", Some(0)),
            ("0.1e99999999999999999999", None),
        ] {
            assert_eq!(read(text), Some(Value::Number(expected)), "{text}");
        }
    }

    #[test]
    fn half_a_pair_is_a_letter_nobody_knows() {
        for (text, expected) in [
            (r#""\ud800""#, "\u{fffd}"),
            (r#""\udc00x""#, "\u{fffd}x"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
        ] {
            assert_eq!(read(text), Some(Value::Text(expected.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_nothing_and_the_rest_is_read() {
        let deep = |depth: usize| format!("[1,{}{}]", "[".repeat(depth), "]".repeat(depth));
        let nothing = Value::List(vec![Value::Number(Some(1)), Value::Null]);
        assert_ne!(read(&deep(1)), Some(nothing));
        let value = read(&deep(1_000_000)).unwrap();
        assert_eq!(value.items().unwrap()[0], Value::Number(Some(1)));
        let mut depth = 0;
        let mut inner = Some(&value);
        while let Some(items) = inner.and_then(Value::items) {
            inner = items.last();
            depth += 1;
        }
        assert_eq!(depth, DEPTH_MAX);
        assert_eq!(read(&"[".repeat(1_000_000)), None);
    }

    #[test]
    fn of_two_fields_of_one_name_the_last_counts() {
        let value = read(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(value.object().unwrap().get("a"), Some(&Value::Number(Some(2))));
    }
}
