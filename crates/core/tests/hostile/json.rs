//! The tolerant parser, compared with serde_json's own.

use natter_core::tolerant_json::{self, Json};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::check_property;
use super::generators::{any_text, json as any_json, sound_json};

/// What the core parses, as a serde_json value: numbers are whole, or null.
fn ours(text: &str) -> Option<Value> {
    tolerant_json::read(text).as_ref().map(seen)
}

fn seen(value: &Json) -> Value {
    match value {
        Json::Null => Value::Null,
        Json::Bool(is_true) => Value::Bool(*is_true),
        Json::Number(number) => (*number).into(),
        Json::Text(text) => text.as_str().into(),
        Json::List(items) => items.iter().map(seen).collect(),
        Json::Object(object) => {
            object.names().map(|name| (name.to_owned(), object.get(name).map(seen).unwrap())).collect()
        }
    }
}

/// What serde_json parses, reduced to what the core keeps.
fn theirs(value: Value) -> Value {
    match value {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)).into(),
        Value::Array(items) => items.into_iter().map(theirs).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, theirs(value))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn whole(number: f64) -> Option<u64> {
    (number.is_sign_positive() && number < u64::MAX as f64).then_some(number as u64)
}

/// Errors of serde_json that decide nothing: numbers out of its range, lone surrogates, its recursion limit.
const NO_VERDICT: [&str; 4] = ["out of range", "surrogate", "hex escape", "recursion limit"];

/// What serde_json parses, or its error message.
fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn json_parser_agrees_with_serde_json() {
    check_property(3_000, sound_json(), |text| match read(&text) {
        Ok(value) => assert_eq!(ours(&text), Some(theirs(value)), "{text}"),
        Err(reason) => assert!(reason.contains("recursion limit") && ours(&text).is_some(), "{reason}: {text}"),
    });
}

#[test]
fn json_parser_rejects_what_serde_json_rejects() {
    let put = prop_oneof!["[\\]\\[{}:,\"\\\\0-9eE.+ \u{1}atn-]{0,2}", Just("\\u00e9".to_owned())];
    check_property(3_000, (prop_oneof![any_json(), any_text()], any::<Index>(), put), |(text, at, put)| {
        let mut letters: Vec<char> = text.chars().take(500).collect();
        let at = at.index(letters.len() + 1);
        letters.splice(at..letters.len().min(at + 1), put.chars());
        let text: String = letters.into_iter().collect();
        match read(&text) {
            Ok(_) => assert!(ours(&text).is_some(), "{text}"),
            Err(reason) if NO_VERDICT.iter().any(|cause| reason.contains(cause)) => {}
            Err(reason) => assert_eq!(ours(&text), None, "{reason}: {text}"),
        }
    });
}

/// A value that serde_json rejects and the core replaces, and what stands there instead.
fn unusual_value() -> impl Strategy<Value = (String, Value)> {
    let replaced = |text: &str, value: Value| Just((text.to_owned(), value));
    prop_oneof![
        replaced("1e400", Value::Null),
        replaced("-7.5E+999", Value::Null),
        replaced("\"a\\ud800b\"", "a\u{fffd}b".into()),
        replaced("\"\\\\\\udfff\"", "\\\u{fffd}".into()),
    ]
}

#[test]
fn json_parser_reads_all_around_an_unusual_value() {
    check_property(2_000, (sound_json(), unusual_value(), sound_json()), |(before, (unusual, expected), after)| {
        let (Ok(first), Ok(last)) = (read(&before), read(&after)) else { return };
        let text = format!("{{\"first\":{before},\"unusual\":[{unusual}],\"last\":{after}}}");
        let whole = serde_json::json!({ "first": theirs(first), "unusual": [expected], "last": theirs(last) });
        // Around it, a value may be one level too deep.
        if read(&format!("[{before},{after}]")).is_ok() {
            assert_eq!(ours(&text), Some(whole), "{text}");
        }
    });
}

#[test]
fn json_writer_output_round_trips() {
    check_property(3_000, (any_text(), any::<u64>()), |(text, number)| {
        let list = tolerant_json::write(&(number, None::<u64>, &text));
        let own = tolerant_json::write(&text);
        let written = tolerant_json::write_object_of_json(&[("", own), (&format!("a{text}"), list)]);
        let expected = serde_json::json!({ "": text, format!("a{text}"): [number, null, text] });
        assert_eq!(read(&written), Ok(expected.clone()));
        assert_eq!(ours(&written), Some(expected));
    });
}
