//! Access to the fields of JSON objects: a field that is missing or of another type counts as absent.

use crate::json::{self, Object, Value};

pub(crate) fn object(text: &str) -> Option<Object> {
    match json::read(text) {
        Some(Value::Object(object)) => Some(object),
        Some(_) | None => None,
    }
}

pub(crate) fn list<T>(text: &str, read: fn(&Object) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for item in json::read(text)?.items()? {
        if let Some(one) = item.object().and_then(read) {
            all.push(one);
        }
    }
    Some(all)
}

pub(crate) fn object_at<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key)?.object()
}

pub(crate) fn string<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key)?.text()
}

pub(crate) fn text(object: &Object, key: &str) -> String {
    string(object, key).unwrap_or_default().to_owned()
}

pub(crate) fn is_true(object: &Object, key: &str) -> Option<bool> {
    object.get(key)?.truth()
}

/// A non-negative integer, also where it is a string or has a fraction. Numbers above JavaScript's safe integers count
/// as absent: an id up there would stay the newest forever.
pub(crate) fn number(object: &Object, key: &str) -> Option<u64> {
    let value = object.get(key)?;
    let number = value.number().or_else(|| value.text()?.parse().ok());
    number.filter(|number| *number <= SAFE_INTEGER_MAX)
}

/// 2^53 - 1: JavaScript's `Number.MAX_SAFE_INTEGER`.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;
