//! Reads the message that an agent or bot creates, and validates its interactive content.

use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::model::{Conversation, MessageType};
use crate::params::{Params, as_text};
use crate::rules::Draft;
use crate::store::Transaction;
use crate::store::contacts::read_object;
use crate::store::messages as rows;

/// The message of a request; an error if its type or its items are not valid.
pub fn draft(tx: &Transaction<'_>, conversation: &Conversation, params: &mut Params) -> Result<Draft, ApiError> {
    let message_type = match params.text("message_type").as_deref() {
        Some("incoming") => MessageType::Incoming,
        Some("outgoing") | None => MessageType::Outgoing,
        Some(other) => return Err(ApiError::Unprocessable(format!("'{other}' is not a valid message_type"))),
    };
    let content_type = params.text("content_type").unwrap_or("text".into());
    if !CONTENT_TYPES.contains(&content_type.as_str()) {
        return Err(ApiError::Unprocessable(format!("'{content_type}' is not a valid content_type")));
    }
    let mut additional_attributes = Map::new();
    for name in ["template_params", "campaign_id"] {
        if let Some(value) = params.get(name).filter(|value| !value.is_null()) {
            additional_attributes.insert(name.into(), value.clone());
        }
    }
    Ok(Draft {
        content: params.text("content"),
        content_attributes: content_attributes(tx, conversation, params, &content_type)?,
        content_type,
        additional_attributes,
        private: params.flag("private").unwrap_or(false),
        source_id: params.text("source_id"),
        echo_id: params.echo_id(),
        uploads: params.take_uploads()?,
        ..Draft::text(message_type, None)
    })
}

/// `items`, `in_reply_to` and `external_created_at`; in a 4.16 with all else that was sent, a form's button_label
/// included.
fn content_attributes(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    params: &Params,
    content_type: &str,
) -> Result<Map<String, Value>, ApiError> {
    // In a form the attributes are JSON text.
    let sent = match params.get("content_attributes") {
        Some(Value::String(text)) => read_object(text),
        Some(Value::Object(object)) => object.clone(),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_)) | None => Map::new(),
    };
    let items = sent.get("items").or_else(|| params.get("items")).filter(|items| !items.is_null()).cloned();
    let in_reply_to = sent.get("in_reply_to").and_then(|id| as_text(id)?.parse::<i64>().ok());
    check_items(content_type, items.as_ref())?;
    let mut attributes = if tx.is_4_16() { sent } else { Map::new() };
    if let Some(items) = items {
        attributes.insert("items".into(), items);
    }
    if let Some(id) = in_reply_to {
        let is_of_conversation = rows::in_conversation(tx.db, conversation.id, id).is_ok();
        attributes.insert("in_reply_to".into(), if is_of_conversation { id.into() } else { Value::Null });
        attributes.insert("in_reply_to_external_id".into(), Value::Null);
    }
    if let Some(created_at) = params.get("external_created_at").filter(|value| !value.is_null()) {
        attributes.insert("external_created_at".into(), created_at.clone());
    }
    Ok(attributes)
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

/// The keys that the items of a content type may have.
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

fn check_items(content_type: &str, items: Option<&Value>) -> Result<(), ApiError> {
    let Some(known) = known_keys(content_type) else { return Ok(()) };
    let invalid = |what: &str| ApiError::Unprocessable(format!("Validation failed: Content attributes {what}"));
    let Some(items) = items.and_then(Value::as_array) else {
        // The server fails on missing items, with this message.
        return Err(ApiError::Unprocessable("undefined method `reject' for nil".into()));
    };
    if items.is_empty() {
        return Err(invalid("At least one item is required."));
    }
    for item in items {
        let item = item.as_object().ok_or_else(|| invalid("Items should be a hash."))?;
        check_keys(item, known, "items")?;
        if content_type == "cards" {
            let actions = item.get("actions").and_then(Value::as_array).filter(|actions| !actions.is_empty());
            for action in actions.ok_or_else(|| invalid("contains items missing actions"))? {
                let action = action.as_object().ok_or_else(|| invalid("Items should be a hash."))?;
                check_keys(action, &KNOWN_ACTION_KEYS, "actions")?;
            }
        }
    }
    Ok(())
}

fn check_keys(item: &Map<String, Value>, known: &[&str], what: &str) -> Result<(), ApiError> {
    let unknown: Vec<String> =
        item.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!(":{key}")).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let keys = unknown.join(", ");
    Err(ApiError::Unprocessable(format!(
        "Validation failed: Content attributes contains invalid keys for {what} : [{keys}]"
    )))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(content_type: &str, items: Option<Value>) -> String {
        match check_items(content_type, items.as_ref()) {
            Err(ApiError::Unprocessable(sentence)) => sentence,
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn items_of_interactive_messages_are_validated() {
        assert!(check_items("text", None).is_ok());
        assert!(check_items("input_select", Some(&json!([{"title": "x", "value": "x"}]))).is_ok());
        assert!(error("input_select", None).contains("nil"));
        assert!(error("input_select", Some(json!([]))).contains("At least one item"));
        assert!(error("input_select", Some(json!([{"title": "x", "extra": 1}]))).contains("[:extra]"));
        assert!(error("cards", Some(json!([{"title": "x"}]))).contains("missing actions"));
        assert!(error("article", Some(json!(["text"]))).contains("hash"));
    }
}
