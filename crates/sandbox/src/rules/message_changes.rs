//! A message changes: it is answered, deleted, or gets further.

use serde_json::{Map, Value, json};

use super::actor::Actor;
use super::{broadcasts, webhooks};
use crate::model::{Conversation, Message};
use crate::refusal::Refusal;
use crate::store::messages as rows;
use crate::store::{Turn, files};

/// Keeps a visitor's answer to a form, a choice or a survey. The same answer again tells nobody.
pub fn answer(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: &Message,
    submitted_values: Value,
) -> Result<Message, Refusal> {
    let mut after = before.clone();
    after.content_attributes.insert("submitted_values".into(), submitted_values);
    change(turn, conversation, before, after, None)
}

/// Takes back what was said; the original text goes out with the news of it, as recorded.
pub fn delete(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: &Message,
    actor: &Actor,
) -> Result<Message, Refusal> {
    let mut after = before.clone();
    after.content = Some("This message was deleted".into());
    after.processed_content.clone_from(&after.content);
    after.content_type = "text".into();
    after.content_attributes = Map::from_iter([("deleted".to_owned(), Value::from(true))]);
    let orphans = files::of_message(turn.db, before.id)?;
    files::delete_of_message(turn.db, before.id)?;
    let message = change(turn, conversation, before, after, Some(actor))?;
    turn.delete_files(orphans);
    Ok(message)
}

/// Sets how far a message got; a failure comes with its reason.
pub fn set_status(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: Message,
    status: &str,
    external_error: Option<&str>,
) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.status = status.to_owned();
    match external_error {
        Some(error) => drop(after.content_attributes.insert("external_error".into(), error.into())),
        None if status != "failed" => drop(after.content_attributes.remove("external_error")),
        None => {}
    }
    change(turn, conversation, &before, after, None).map(drop)
}

fn change(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: &Message,
    mut after: Message,
    actor: Option<&Actor>,
) -> Result<Message, Refusal> {
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
    after.updated_at = turn.now;
    changes.insert("updated_at".into(), json!([before.updated_at.iso(), after.updated_at.iso()]));
    rows::save(turn.db, &after)?;
    broadcasts::message_updated(turn, conversation, &after, changes.into(), actor)?;
    webhooks::message_callback(turn, &after, "message_updated");
    Ok(after)
}
