//! Input generators: arbitrary text, JSON with the field names that the core reads, and real responses with one fault.
//!
//! They are boxed: a strategy holds all its alternatives in one value, and nested choices outgrow the stack.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

/// Field names that the core reads.
const FIELD_NAMES: [&str; 37] = [
    "id",
    "content",
    "message_type",
    "created_at",
    "conversation_id",
    "content_attributes",
    "deleted",
    "sender",
    "name",
    "available_name",
    "avatar_url",
    "type",
    "echo_id",
    "message",
    "event",
    "data",
    "reconnect",
    "status",
    "agent_last_seen_at",
    "source_id",
    "pubsub_token",
    "error",
    "v",
    "customer_identifier",
    "conversation",
    "conversations",
    "creating",
    "text",
    "at",
    "nth",
    "tries",
    "posting",
    "newest",
    "failed",
    "refusal",
    "identifier",
    "messages",
];

/// Values that the core tells apart.
const KNOWN_TEXTS: [&str; 16] = [
    "welcome",
    "ping",
    "confirm_subscription",
    "reject_subscription",
    "disconnect",
    "message.created",
    "message.updated",
    "conversation.created",
    "conversation.status_changed",
    "agent_bot",
    "user",
    "contact",
    "resolved",
    "null",
    "undefined",
    "",
];

/// Numbers at and beyond the limits of number types.
const NUMBERS: [&str; 20] = [
    "0",
    "-0",
    "1",
    "6",
    "7",
    "-1",
    "1.5",
    "-1.5",
    "4294967295",
    "4294967296",
    "9007199254740993",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551615",
    "18446744073709551616",
    "1e15",
    "1e300",
    "-1e300",
    "0.1e-99999999999",
    "100000000000000000000000000000000000000000",
];

/// Arbitrary text.
pub fn any_text() -> BoxedStrategy<String> {
    let bytes = prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| String::from_utf8_lossy(&bytes).into());
    prop_oneof![any::<String>(), bytes, short_text()].boxed()
}

/// A short text, often one that the core knows.
pub fn short_text() -> BoxedStrategy<String> {
    prop_oneof![select(&KNOWN_TEXTS[..]).prop_map(str::to_owned), ".{0,12}", "[0-9]{1,25}", "[a-zA-Z0-9_-]{1,40}"]
        .boxed()
}

/// JSON as text: it includes what a parsed `Value` can't hold.
pub fn json() -> BoxedStrategy<String> {
    let wild = select(&["1e400", "0.1e99999999999", r#""\ud800""#][..]).prop_map(str::to_owned);
    tree(prop_oneof![1 => wild, 20 => leaf()])
}

/// JSON that every parser accepts.
pub fn sound_json() -> BoxedStrategy<String> {
    tree(leaf())
}

fn tree(leaf: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
    leaf.prop_recursive(5, 60, 8, |inner| {
        let name = prop_oneof![4 => select(&FIELD_NAMES[..]).prop_map(str::to_owned), 1 => short_text()];
        let field = (name, inner.clone()).prop_map(|(name, value)| format!("{}:{value}", Value::String(name)));
        prop_oneof![
            2 => prop::collection::vec(inner.clone(), 0..8).prop_map(|items| format!("[{}]", items.join(","))),
            3 => prop::collection::vec(field, 0..10).prop_map(|fields| format!("{{{}}}", fields.join(","))),
            1 => (inner, 0..2_000_usize).prop_map(|(value, deep)| format!("{}{value}{}", "[".repeat(deep), "]".repeat(deep))),
        ]
    })
    .boxed()
}

fn leaf() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => select(&["null", "true", "false", "{}", "[]"][..]).prop_map(str::to_owned),
        2 => select(&NUMBERS[..]).prop_map(str::to_owned),
        1 => any::<i64>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| number.to_string()),
        3 => short_text().prop_map(|words| Value::String(words).to_string()),
    ]
}

/// Recorded responses and stored records, as compact JSON.
pub static REAL: LazyLock<Vec<String>> = LazyLock::new(|| {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/chatwoot");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    // The order of a directory differs between disks.
    files.sort();
    let texts = files.iter().map(|file| std::fs::read_to_string(file).unwrap());
    let kept = r#"{"v":1,"text":"hi","at":1795223800000,"nth":1,"tries":0,"conversation":6,"posting":true,"newest":7,
        "failed":false,"refusal":null}"#;
    let values = texts.chain([super::fuzz_harness::SESSION.to_owned(), kept.to_owned()]);
    values.map(|text| serde_json::from_str::<Value>(&text).unwrap().to_string()).collect()
});

/// A recorded text.
pub fn real() -> impl Strategy<Value = String> {
    select(&**REAL)
}

/// A recorded text with one fault: truncated, garbled in a place, or with one value replaced.
pub fn damaged() -> BoxedStrategy<String> {
    prop_oneof![
        1 => (real(), any::<Index>()).prop_map(|(text, at)| text[..boundary(&text, at)].to_owned()),
        1 => (real(), any::<Index>(), any::<Index>(), short_text()).prop_map(|(text, one, other, words)| {
            let (one, other) = (boundary(&text, one), boundary(&text, other));
            format!("{}{words}{}", &text[..one.min(other)], &text[one.max(other)..])
        }),
        3 => (real(), any::<Index>(), json()).prop_map(|(text, at, other)| with_another(&text, at, &other)),
    ]
    .boxed()
}

/// Any of the above.
pub fn anything() -> BoxedStrategy<String> {
    prop_oneof![2 => any_text(), 3 => json(), 1 => real(), 4 => damaged()].boxed()
}

/// A byte index between two characters.
pub fn boundary(text: &str, at: Index) -> usize {
    text.floor_char_boundary(at.index(text.len() + 1))
}

/// The text of a JSON value in which one value is replaced.
fn with_another(text: &str, at: Index, other: &str) -> String {
    const MARK: &str = "\u{1}here\u{1}";
    let mut value: Value = serde_json::from_str(text).unwrap();
    let mut left = at.index(count(&value));
    if let Some(place) = nth(&mut value, &mut left) {
        *place = Value::String(MARK.to_owned());
    }
    value.to_string().replace(&Value::String(MARK.to_owned()).to_string(), other)
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn nth<'a>(value: &'a mut Value, left: &mut usize) -> Option<&'a mut Value> {
    if *left == 0 {
        return Some(value);
    }
    *left -= 1;
    match value {
        Value::Array(items) => items.iter_mut().find_map(|item| nth(item, left)),
        Value::Object(fields) => fields.values_mut().find_map(|field| nth(field, left)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}
