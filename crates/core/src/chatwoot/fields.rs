//! Access to the fields of JSON objects: a field that is missing or of another type counts as absent.

use crate::tolerant_json::{self, Json, Object};

/// Parses a JSON object; `None` for anything else.
pub(crate) fn parse_object(text: &str) -> Option<Object> {
    match tolerant_json::read(text) {
        Some(Json::Object(object)) => Some(object),
        Some(_) | None => None,
    }
}

/// Parses a JSON array of objects; `None` if it is none. Objects that can't be parsed are left out.
pub(crate) fn parse_list<T>(text: &str, read: fn(&Object) -> Option<T>) -> Option<Vec<T>> {
    let mut all = Vec::new();
    for item in tolerant_json::read(text)?.items()? {
        if let Some(one) = item.object().and_then(read) {
            all.push(one);
        }
    }
    Some(all)
}

/// The object in a field.
pub(crate) fn object_at<'a>(object: &'a Object, key: &str) -> Option<&'a Object> {
    object.get(key)?.object()
}

/// The string in a field.
pub(crate) fn str_at<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key)?.text()
}

/// The string in a field; empty if there is none.
pub(crate) fn text_at(object: &Object, key: &str) -> String {
    str_at(object, key).unwrap_or_default().to_owned()
}

/// The boolean in a field.
pub(crate) fn bool_at(object: &Object, key: &str) -> Option<bool> {
    object.get(key)?.bool()
}

/// A non-negative integer, also where it is a string or has a fraction. Numbers above JavaScript's safe integers count
/// as absent: an id up there would stay the newest forever.
pub(crate) fn number_at(object: &Object, key: &str) -> Option<u64> {
    let value = object.get(key)?;
    let number = value.number().or_else(|| value.text()?.parse().ok());
    number.filter(|number| *number <= SAFE_INTEGER_MAX)
}

/// 2^53 - 1: JavaScript's `Number.MAX_SAFE_INTEGER`.
const SAFE_INTEGER_MAX: u64 = (1 << 53) - 1;
