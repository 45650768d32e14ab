//! Messages, for agents and bots.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json as value};

use super::caller::Caller;
use super::{id, json};
use crate::model::{Conversation, MessageType};
use crate::params::{Params, as_text};
use crate::refusal::{AgentRefusal, Refusal};
use crate::rules::{Draft, message_changes, messages as rules};
use crate::serializers::{contact as contact_shapes, message as shapes};
use crate::state::AppState;
use crate::store::Turn;
use crate::store::contacts as contact_rows;
use crate::store::messages::{self as rows, Which};

/// A page of the list, and of `after`.
const PAGE: i64 = 20;
const PAGE_AFTER: i64 = 100;

type Address = Path<(String, String)>;

/// Everything that was said, notes and all: the newest, or those around `before` or `after`.
pub async fn list(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, conversation)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &conversation)?;
        let page = match (params.integer("after"), params.integer("before")) {
            (Some(after), _) => rows::page_after(turn.db, conversation.id, after, PAGE_AFTER)?,
            (None, before) => rows::page(turn.db, conversation.id, Which::All, before.unwrap_or(i64::MAX), PAGE)?,
        };
        let payload: Vec<_> =
            page.iter().map(|row| shapes::listed(turn, &conversation, row)).collect::<Result<_, _>>()?;
        let contact = contact_rows::contact(turn.db, conversation.contact_id)?;
        json(&value!({
            "meta": {
                "labels": conversation.labels,
                "additional_attributes": conversation.additional_attributes,
                "contact": contact_shapes::pushed(turn, &contact),
                "agent_last_seen_at": conversation.agent_last_seen_at.map(crate::clock::Micros::iso),
                "assignee_last_seen_at": conversation.assignee_last_seen_at.map(crate::clock::Micros::iso)
            },
            "payload": payload
        }))
    });
    Ok(listed.await?)
}

pub async fn create(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, conversation)): Address,
    mut params: Params,
) -> Result<Response, AgentRefusal> {
    let created = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &conversation)?;
        let draft = draft(turn, &conversation, &mut params)?;
        let echo_id = draft.echo_id.clone();
        let (message, conversation) = rules::post(turn, conversation, draft, Some(&caller.actor))?;
        json(&shapes::created(turn, &conversation, &message, echo_id)?)
    });
    Ok(created.await.map_err(in_one_sentence)?)
}

pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, conversation, message)): Path<(String, String, String)>,
) -> Result<Response, AgentRefusal> {
    let deleted = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &conversation)?;
        let message = rows::in_conversation(turn.db, conversation.id, id(&message)?)?;
        let message = message_changes::delete(turn, &conversation, &message, &caller.actor)?;
        json(&shapes::listed(turn, &conversation, &message)?)
    });
    Ok(deleted.await?)
}

/// Sets how far a message got, as an API channel's back end tells; a word that is none changes nothing.
pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, conversation, message)): Path<(String, String, String)>,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let updated = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &conversation)?;
        let message = rows::in_conversation(turn.db, conversation.id, id(&message)?)?;
        let status = params.text("status").unwrap_or_default();
        if !["sent", "delivered", "read", "failed"].contains(&status.as_str()) {
            return json(&shapes::listed(turn, &conversation, &message)?);
        }
        let error = params.text("external_error").filter(|_| status == "failed");
        let message_id = message.id;
        message_changes::set_status(turn, &conversation, message, &status, error.as_deref())?;
        json(&shapes::listed(turn, &conversation, &rows::message(turn.db, message_id)?)?)
    });
    Ok(updated.await?)
}

/// A failed message counts as sent again.
pub async fn retry(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, conversation, message)): Path<(String, String, String)>,
    _params: Params,
) -> Result<Response, AgentRefusal> {
    let retried = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &conversation)?;
        let message = rows::in_conversation(turn.db, conversation.id, id(&message)?)?;
        let message_id = message.id;
        message_changes::set_status(turn, &conversation, message, "sent", None)?;
        json(&shapes::listed(turn, &conversation, &rows::message(turn.db, message_id)?)?)
    });
    Ok(retried.await?)
}

fn draft(turn: &Turn<'_>, conversation: &Conversation, params: &mut Params) -> Result<Draft, Refusal> {
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
        Some(Value::String(text)) => contact_rows::read_object(text),
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
        echo_id: params.get("echo_id").filter(|echo| echo.is_string() || echo.is_number()).cloned(),
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

/// Here a refused field is told as one sentence.
fn in_one_sentence(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { message, .. } => Refusal::Wrong(format!("Validation failed: {message}")),
        other @ (Refusal::NotFound
        | Refusal::Unreadable { .. }
        | Refusal::Wrong(_)
        | Refusal::Message(_)
        | Refusal::TooLarge
        | Refusal::SignInFirst
        | Refusal::UnknownToken
        | Refusal::NotAllowed
        | Refusal::Fault(_)) => other,
    }
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
