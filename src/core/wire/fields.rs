//! A JSON value's parts, for readers who take what they find: what is missing or of another type is absent.

use miniserde::json::{self, Number, Object, Value};

pub(super) fn object(text: &str) -> Option<Object> {
    match json::from_str(text) {
        Ok(Value::Object(object)) => Some(object),
        Ok(_) | Err(_) => None,
    }
}

pub(super) fn list<T>(text: &str, read: fn(&Object) -> Option<T>) -> Option<Vec<T>> {
    match json::from_str(text) {
        Ok(Value::Array(items)) => Some(items.iter().filter_map(as_object).filter_map(read).collect()),
        Ok(_) | Err(_) => None,
    }
}

pub(super) const fn as_object(value: &Value) -> Option<&Object> {
    match value {
        Value::Object(object) => Some(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

pub(super) fn below<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    as_object(object.get(key)?)
}

pub(super) fn string<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    match object.get(key)? {
        Value::String(text) => Some(text),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

pub(super) fn text(object: &Object, key: &str) -> String {
    string(object, key).unwrap_or_default().to_owned()
}

pub(super) fn is_true(object: &Object, key: &str) -> Option<bool> {
    match object.get(key)? {
        Value::Bool(is_true) => Some(*is_true),
        Value::Null | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A whole number from 0 up, also where it came as a string or with a fraction. Past what every JSON reader can tell
/// apart there are no numbers: an id up there would be the newest for ever.
pub(super) fn number(object: &Object, key: &str) -> Option<u64> {
    let number = match object.get(key)? {
        Value::Number(Number::U64(number)) => Some(*number),
        Value::Number(Number::F64(number)) if *number >= 0.0 => Some(*number as u64),
        Value::String(text) => text.parse().ok(),
        Value::Number(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number.filter(|number| *number <= NUMBER_MAX)
}

/// 2^53 - 1: JavaScript's last safe one.
const NUMBER_MAX: u64 = (1 << 53) - 1;
