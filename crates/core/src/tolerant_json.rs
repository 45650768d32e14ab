//! JSON: read tolerantly, written exactly. Both by serde_json.
//!
//! All JSON text is parsed here, into a [`Json`], and nothing is deserialized from text into a type of its own: a field
//! of another type then costs that field and nothing else, and the parser is downloaded once.
//!
//! serde_json rejects three things that are JSON: half a surrogate pair, values nested deeper than its stack allows, and
//! numbers that no `f64` holds. If it rejects a text, these are replaced, and it is parsed once more: so one unusual
//! value does not hide the page of messages around it. What is no JSON is rejected both times.

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A parsed value. `serde_json::Value` would be 2.5 kB more to download: it sorts fields, and keeps each number as it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`, a value nested too deep, and a number that no `f64` holds.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number's whole part, if a `u64` can hold it.
    Number(Option<u64>),
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object.
    Object(Object),
}

/// An object's fields, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    /// The field of this name; the last one if there are several.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Json> {
        self.0.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// The fields whose values are strings.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(name, value)| Some((name.as_str(), value.text()?)))
    }

    /// Takes out the field of this name; the last one if there are several.
    pub fn remove(&mut self, name: &str) -> Option<Json> {
        let at = self.0.iter().rposition(|(other, _)| other == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// The fields' names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

impl Json {
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
    pub const fn bool(&self) -> Option<bool> {
        if let Self::Bool(is_true) = self { Some(*is_true) } else { None }
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

impl<'text> Deserialize<'text> for Json {
    fn deserialize<D: Deserializer<'text>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

/// Every method that serde_json calls: the default of any would bring the formatting of its error message along.
impl<'text> Visitor<'text> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, is_true: bool) -> Result<Json, E> {
        Ok(Json::Bool(is_true))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Json, E> {
        Ok(Json::Number(Some(number)))
    }

    /// A negative number.
    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Number(None))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Json, E> {
        let fits = number.is_sign_positive() && number < U64_END;
        Ok(Json::Number(fits.then_some(number as u64)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'text>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'text>>(self, mut access: A) -> Result<Json, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = access.next_entry()? {
            fields.push(field);
        }
        Ok(Json::Object(Object(fields)))
    }
}

/// 2^64, the first number that no `u64` holds.
const U64_END: f64 = 18_446_744_073_709_551_616.0;

/// Parses a text; `None` if it is no JSON.
#[must_use]
pub fn read(text: &str) -> Option<Json> {
    parse(text).or_else(|| parse(&sanitize(text)))
}

fn parse(text: &str) -> Option<Json> {
    serde_json::from_str(text).ok()
}

/// How deep serde_json parses.
const DEPTH_MAX: usize = 127;

/// A text with what serde_json rejects of JSON replaced: half a surrogate pair by U+FFFD, the rest by `null`. Takes time
/// in proportion to the text's length.
fn sanitize(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut sanitized = String::new();
    // The text is copied up to here, and read up to `end`.
    let (mut copied, mut end) = (0, 0);
    let mut is_in_string = false;
    let (mut depth, mut too_deep_from) = (0_usize, 0);
    while let Some(sign) = bytes.get(end) {
        let mut from = end;
        end += 1;
        let replacement = match sign {
            b'"' => {
                is_in_string = !is_in_string;
                ""
            }
            b'\\' if is_in_string => match surrogate_escapes(text, from) {
                Some(2) => {
                    end = from + 2 * ESCAPE_BYTES;
                    ""
                }
                Some(_) => {
                    end = from + ESCAPE_BYTES;
                    "\\ufffd"
                }
                None => {
                    end += 1;
                    ""
                }
            },
            _ if is_in_string => "",
            b'[' | b'{' => {
                depth += 1;
                if depth == DEPTH_MAX + 1 {
                    too_deep_from = from;
                }
                ""
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                from = too_deep_from;
                if depth == DEPTH_MAX { "null" } else { "" }
            }
            b'-' | b'0'..=b'9' => {
                let is_part = |sign: &u8| sign.is_ascii_digit() || b"+-.eE".contains(sign);
                end += bytes.iter().skip(end).take_while(|sign| is_part(sign)).count();
                let number = text.get(from..end).unwrap_or_default();
                if is_number(number) && parse(number).is_none() { "null" } else { "" }
            }
            _ => "",
        };
        if !replacement.is_empty() && depth <= DEPTH_MAX {
            sanitized.push_str(text.get(copied..from).unwrap_or_default());
            sanitized.push_str(replacement);
            copied = end;
        }
    }
    sanitized.push_str(text.get(copied..).unwrap_or_default());
    sanitized
}

/// The length of `\ud800`.
const ESCAPE_BYTES: usize = 6;

/// How many escapes of a surrogate pair begin here: both, or one without the other. `None` for none.
fn surrogate_escapes(text: &str, at: usize) -> Option<usize> {
    let unit = |at: usize| {
        let digits = text.get(at..at + ESCAPE_BYTES)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    match unit(at)? {
        0xd800..0xdc00 if matches!(unit(at + ESCAPE_BYTES), Some(0xdc00..0xe000)) => Some(2),
        0xd800..0xe000 => Some(1),
        _ => None,
    }
}

/// Whether a text is a number in JSON's notation.
fn is_number(text: &str) -> bool {
    let (decimal, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    is_decimal(decimal) && are_digits(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))
}

/// Whether a text is a number in JSON's notation, without an exponent.
pub(crate) fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    are_digits(whole) && are_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A value as JSON text.
#[must_use]
pub fn write<T: Serialize + ?Sized>(value: &T) -> String {
    // Only a map whose keys are no strings can't be written, and no type of ours has one.
    serde_json::to_string(value).unwrap_or_default()
}

/// An object whose fields' values are JSON text already: the website's numbers keep all their digits.
#[must_use]
pub fn write_object_of_json(fields: &[(&str, String)]) -> String {
    let fields: Vec<String> = fields.iter().map(|(name, json)| format!("{}:{json}", write(name))).collect();
    format!("{{{}}}", fields.join(","))
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
            ("-1.5", None),
            ("1.99", Some(1)),
            ("12.5e1", Some(125)),
            ("125e-1", Some(12)),
            ("1e-400", Some(0)),
            ("0.001e5", Some(100)),
            ("1e19", Some(10_000_000_000_000_000_000)),
            ("0e99999999999999999999", Some(0)),
        ] {
            assert_eq!(read(text), Some(Json::Number(expected)), "{text}");
        }
    }

    #[test]
    fn numbers_out_of_range_are_null_and_the_rest_is_read() {
        let digits = "9".repeat(400);
        for number in ["1e400", "-1E+400", "0.1e99999999999999999999", &digits] {
            let text = format!("[{number},\"{number}\",2e1,true]");
            let expected = [Json::Null, Json::Text(number.to_owned()), Json::Number(Some(20)), Json::Bool(true)];
            assert_eq!(read(&text), Some(Json::List(expected.to_vec())), "{text}");
        }
        for text in ["1e", "1e400e", "01e400", "1.e400", "-e400", "1e+-400", "1e400 1", "--1e400", "1.2.3e400"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn half_a_surrogate_pair_becomes_the_replacement_character() {
        for (text, expected) in [
            (r#""\ud800""#, "\u{fffd}"),
            (r#""\udc00x""#, "\u{fffd}x"),
            (r#""\ud83d\ud83d\ude00""#, "\u{fffd}\u{1f600}"),
            (r#""\ud83d\n""#, "\u{fffd}\n"),
            (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
            (r#""\\ud800\ud800\"""#, "\\ud800\u{fffd}\""),
        ] {
            assert_eq!(read(text), Some(Json::Text(expected.to_owned())), "{text}");
        }
        for text in [r#""\ud800"#, r#""\ud8""#, r#"\ud800"#, r#""\ud800\x""#, r#""\ud800\u+123""#] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn what_lies_too_deep_is_null_and_the_rest_is_read() {
        let deep = |depth: usize| format!("[1,{}{}]", "[".repeat(depth), "]".repeat(depth));
        let nothing = Json::List(vec![Json::Number(Some(1)), Json::Null]);
        assert_ne!(read(&deep(1)), Some(nothing));
        for depth in [DEPTH_MAX - 1, DEPTH_MAX, DEPTH_MAX + 1, 1_000_000] {
            let value = read(&deep(depth)).unwrap();
            assert_eq!(value.items().unwrap()[0], Json::Number(Some(1)));
            let mut levels = 0;
            let mut inner = Some(&value);
            while let Some(items) = inner.and_then(Json::items) {
                inner = items.last();
                levels += 1;
            }
            assert_eq!((levels, inner.is_some()), (DEPTH_MAX, depth >= DEPTH_MAX), "{depth}");
        }
        assert_eq!(read(&"[".repeat(1_000_000)), None);
        assert_eq!(read(&format!("{}]", deep(DEPTH_MAX))), None, "a bracket too many");
    }

    #[test]
    fn brackets_and_escapes_in_deep_strings_end_nothing() {
        let text = format!(r#"{}"]]\"]{{\ud800"{},"a"]"#, "[".repeat(DEPTH_MAX + 2), "]".repeat(DEPTH_MAX + 1));
        let value = read(&text).unwrap();
        assert_eq!(value.items().unwrap()[1], Json::Text("a".to_owned()));
    }

    #[test]
    fn of_two_fields_of_one_name_the_last_counts() {
        let value = read(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(value.object().unwrap().get("a"), Some(&Json::Number(Some(2))));
    }

    #[test]
    fn texts_that_are_no_json_are_rejected() {
        for text in
            ["", "nul", "{", "[1,]", "{\"a\":1,}", "{a:1}", "'a'", "\"\n\"", "1 2", "NaN", "]", "[}", "+1", "\u{feff}1"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
