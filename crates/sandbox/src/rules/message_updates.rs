//! Changes of a message: submitted values, deletion, delivery status.

use serde_json::{Map, Value, json};

use super::actor::Actor;
use super::{broadcasts, webhooks};
use crate::error::ApiError;
use crate::model::{Conversation, Message};
use crate::store::messages as rows;
use crate::store::{Transaction, attachments};

/// Stores a visitor's answer to a form, a choice or a survey. The same answer again is not broadcast.
pub fn submit_values(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    before: &Message,
    submitted_values: Value,
) -> Result<Message, ApiError> {
    let mut after = before.clone();
    after.content_attributes.insert("submitted_values".into(), submitted_values);
    save_and_broadcast(tx, conversation, before, after, None)
}

/// Replaces a message by a note that it was deleted. The event has the original text, as recorded.
pub fn delete(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    before: &Message,
    actor: &Actor,
) -> Result<Message, ApiError> {
    let mut after = before.clone();
    after.content = Some("This message was deleted".into());
    after.processed_content.clone_from(&after.content);
    after.content_type = "text".into();
    after.content_attributes = Map::from_iter([("deleted".to_owned(), Value::from(true))]);
    let files = attachments::of_message(tx.db, before.id)?;
    attachments::delete_of_message(tx.db, before.id)?;
    let message = save_and_broadcast(tx, conversation, before, after, Some(actor))?;
    tx.delete_files(files);
    Ok(message)
}

/// Sets the delivery status: `sent`, `delivered`, `read` or `failed`, which has an error.
pub fn set_status(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    before: Message,
    status: &str,
    external_error: Option<&str>,
) -> Result<(), ApiError> {
    let mut after = before.clone();
    after.status = status.to_owned();
    match external_error {
        Some(error) => drop(after.content_attributes.insert("external_error".into(), error.into())),
        None if status != "failed" => drop(after.content_attributes.remove("external_error")),
        None => {}
    }
    save_and_broadcast(tx, conversation, &before, after, None).map(drop)
}

/// Saves and broadcasts what changed; if nothing did, it does neither.
fn save_and_broadcast(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    before: &Message,
    mut after: Message,
    actor: Option<&Actor>,
) -> Result<Message, ApiError> {
    let mut changes = Map::new();
    let pairs: [(&str, Value, Value); 4] = [
        ("content", before.content.clone().into(), after.content.clone().into()),
        ("status", before.status.clone().into(), after.status.clone().into()),
        ("content_attributes", before.content_attributes.clone().into(), after.content_attributes.clone().into()),
        ("processed_message_content", before.processed_content.clone().into(), after.processed_content.clone().into()),
    ];
    for (name, old, new) in pairs {
        if old != new {
            changes.insert(name.into(), json!([old, new]));
        }
    }
    if changes.is_empty() {
        return Ok(after);
    }
    after.updated_at = tx.now;
    changes.insert("updated_at".into(), json!([before.updated_at.iso(), after.updated_at.iso()]));
    rows::save(tx.db, &after)?;
    broadcasts::message_updated(tx, conversation, &after, changes.into(), actor)?;
    webhooks::message_event(tx, &after, "message_updated");
    Ok(after)
}
