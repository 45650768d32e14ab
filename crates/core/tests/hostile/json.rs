//! The core's JSON parser, compared with serde_json.

use natter_core::json;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::Value;

use super::check_property;
use super::generators::{any_text, json as any_json, sound_json};

/// What the core parses, as a serde_json value: numbers are whole, or null.
fn ours(text: &str) -> Option<Value> {
    json::read(text).as_ref().map(seen)
}

fn seen(value: &json::Value) -> Value {
    match value {
        json::Value::Null => Value::Null,
        json::Value::Truth(is_true) => Value::Bool(*is_true),
        json::Value::Number(number) => (*number).into(),
        json::Value::Text(text) => text.as_str().into(),
        json::Value::List(items) => items.iter().map(seen).collect(),
        json::Value::Object(object) => {
            object.names().map(|name| (name.to_owned(), object.get(name).map(seen).unwrap())).collect()
        }
    }
}

/// What serde_json parses, reduced to what the core keeps.
fn theirs(value: Value, depth: usize) -> Value {
    match value {
        Value::Array(_) | Value::Object(_) if depth == 0 => Value::Null,
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)).into(),
        Value::Array(items) => items.into_iter().map(|item| theirs(item, depth - 1)).collect(),
        Value::Object(fields) => fields.into_iter().map(|(name, value)| (name, theirs(value, depth - 1))).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => value,
    }
}

fn whole(number: f64) -> Option<u64> {
    (number.is_sign_positive() && number < u64::MAX as f64).then_some(number as u64)
}

/// The core drops values nested deeper than this.
const DEPTH_MAX: usize = 64;

/// Errors of serde_json that decide nothing: numbers out of its range, lone surrogates, its recursion limit.
const NO_VERDICT: [&str; 4] = ["out of range", "surrogate", "hex escape", "recursion limit"];

/// What serde_json parses, or its error message.
fn read(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[test]
fn json_parser_agrees_with_serde_json() {
    check_property(3_000, sound_json(), |text| match read(&text) {
        Ok(value) => assert_eq!(ours(&text), Some(theirs(value, DEPTH_MAX)), "{text}"),
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

#[test]
fn json_writer_output_round_trips() {
    check_property(3_000, (any_text(), any::<u64>()), |(text, number)| {
        let list = json::list(&[number.to_string(), json::or_null(None), json::string(&text)]);
        let written = json::object(&[("", json::string(&text)), (&format!("a{text}"), list)]);
        let expected = serde_json::json!({ "": text, format!("a{text}"): [number, null, text] });
        assert_eq!(read(&written), Ok(expected.clone()));
        assert_eq!(ours(&written), Some(expected));
    });
}
