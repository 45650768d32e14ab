//! What agents and bots may send as a message.

use serde_json::{Map, Value};

use crate::model::{Conversation, MessageType};
use crate::params::{Params, as_text};
use crate::refusal::Refusal;
use crate::rules::Draft;
use crate::store::Turn;
use crate::store::contacts::read_object;
use crate::store::messages as rows;

/// The message that a request asks for; what it may not hold is refused.
pub fn draft(turn: &Turn<'_>, conversation: &Conversation, params: &mut Params) -> Result<Draft, Refusal> {
    let message_type = match params.text("message_type").as_deref() {
        Some("incoming") => MessageType::Incoming,
        Some("outgoing") | None => MessageType::Outgoing,
        Some(other) => return Err(Refusal::Wrong(format!("'{other}' is not a valid message_type"))),
    };
    let content_type = params.text("content_type").unwrap_or("text".into());
    if !CONTENT_TYPES.contains(&content_type.as_str()) {
        return Err(Refusal::Wrong(format!("'{content_type}' is not a valid content_type")));
    }
    // A form can't nest: there the attributes come as JSON in a text.
    let said = match params.get("content_attributes") {
        Some(Value::String(text)) => read_object(text),
        Some(Value::Object(object)) => object.clone(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => Map::new(),
    };
    let items = said.get("items").or_else(|| params.get("items")).filter(|items| !items.is_null()).cloned();
    check_items(&content_type, items.as_ref())?;
    // A 4.16 passes on whatever was sent, a form's button_label included.
    let mut content_attributes = if turn.is_4_16() { said.clone() } else { Map::new() };
    if let Some(items) = items {
        content_attributes.insert("items".into(), items);
    }
    if let Some(replied_to) = said.get("in_reply_to").and_then(|id| as_text(id)?.parse::<i64>().ok()) {
        let is_here = rows::in_conversation(turn.db, conversation.id, replied_to).is_ok();
        let in_reply_to = if is_here { replied_to.into() } else { Value::Null };
        content_attributes.insert("in_reply_to".into(), in_reply_to);
        content_attributes.insert("in_reply_to_external_id".into(), Value::Null);
    }
    if let Some(created_at) = params.get("external_created_at").filter(|value| !value.is_null()) {
        content_attributes.insert("external_created_at".into(), created_at.clone());
    }
    let mut additional_attributes = Map::new();
    for name in ["template_params", "campaign_id"] {
        if let Some(value) = params.get(name).filter(|value| !value.is_null()) {
            additional_attributes.insert(name.into(), value.clone());
        }
    }
    Ok(Draft {
        content: params.text("content"),
        content_type,
        content_attributes,
        additional_attributes,
        private: params.flag("private").unwrap_or(false),
        source_id: params.text("source_id"),
        echo_id: params.echo_id(),
        uploads: params.take_uploads()?,
        ..Draft::text(message_type, None)
    })
}

const CONTENT_TYPES: [&str; 13] = [
    "text",
    "input_text",
    "input_textarea",
    "input_email",
    "input_select",
    "cards",
    "form",
    "article",
    "incoming_email",
    "input_csat",
    "integrations",
    "sticker",
    "voice_call",
];

/// What each kind of item may hold.
fn known_keys(content_type: &str) -> Option<&'static [&'static str]> {
    match content_type {
        "input_select" => Some(&["title", "value"]),
        "cards" => Some(&["title", "description", "media_url", "actions"]),
        "form" => Some(&[
            "type",
            "placeholder",
            "label",
            "name",
            "options",
            "default",
            "required",
            "pattern",
            "title",
            "pattern_error",
        ]),
        "article" => Some(&["title", "description", "link"]),
        _ => None,
    }
}

const KNOWN_ACTION_KEYS: [&str; 4] = ["text", "type", "payload", "uri"];

fn check_items(content_type: &str, items: Option<&Value>) -> Result<(), Refusal> {
    let Some(known) = known_keys(content_type) else { return Ok(()) };
    let wrong = |what: &str| Refusal::Wrong(format!("Validation failed: Content attributes {what}"));
    let Some(items) = items.and_then(Value::as_array) else {
        // The server trips over what is missing, and says so.
        return Err(Refusal::Wrong("undefined method `reject' for nil".into()));
    };
    if items.is_empty() {
        return Err(wrong("At least one item is required."));
    }
    for item in items {
        let item = item.as_object().ok_or_else(|| wrong("Items should be a hash."))?;
        refuse_unknown(item, known, "items")?;
        if content_type == "cards" {
            let actions = item.get("actions").and_then(Value::as_array).filter(|actions| !actions.is_empty());
            for action in actions.ok_or_else(|| wrong("contains items missing actions"))? {
                let action = action.as_object().ok_or_else(|| wrong("Items should be a hash."))?;
                refuse_unknown(action, &KNOWN_ACTION_KEYS, "actions")?;
            }
        }
    }
    Ok(())
}

fn refuse_unknown(item: &Map<String, Value>, known: &[&str], what: &str) -> Result<(), Refusal> {
    let unknown: Vec<String> =
        item.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!(":{key}")).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let keys = unknown.join(", ");
    Err(Refusal::Wrong(format!("Validation failed: Content attributes contains invalid keys for {what} : [{keys}]")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refused(content_type: &str, items: Option<Value>) -> String {
        match check_items(content_type, items.as_ref()) {
            Err(Refusal::Wrong(sentence)) => sentence,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn items_are_checked_by_their_kind() {
        assert!(check_items("text", None).is_ok());
        assert!(check_items("input_select", Some(&json!([{"title": "x", "value": "x"}]))).is_ok());
        assert!(refused("input_select", None).contains("nil"));
        assert!(refused("input_select", Some(json!([]))).contains("At least one item"));
        assert!(refused("input_select", Some(json!([{"title": "x", "extra": 1}]))).contains("[:extra]"));
        assert!(refused("cards", Some(json!([{"title": "x"}]))).contains("missing actions"));
        assert!(refused("article", Some(json!(["text"]))).contains("hash"));
    }
}
