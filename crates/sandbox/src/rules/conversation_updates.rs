//! Saves a changed conversation, with the broadcasts and webhooks that a change of its fields has.

use serde_json::{Value, json};

use super::broadcasts::{self, Audience};
use super::{notifications, webhooks};
use crate::clock::Micros;
use crate::error::ApiError;
use crate::model::Conversation;
use crate::store::Transaction;
use crate::store::conversations as rows;

/// Saves the conversation. A change of the fields in `changed_attributes_of` is broadcast and posted.
pub fn save_and_broadcast(
    tx: &mut Transaction<'_>,
    before: &Conversation,
    after: &mut Conversation,
) -> Result<(), ApiError> {
    after.updated_at = tx.now.max(Micros(before.updated_at.0 + 1));
    let changes = changed_attributes_of(before, after);
    rows::save(tx.db, after)?;
    if changes.is_empty() {
        return Ok(());
    }
    if before.status != after.status {
        broadcasts::conversation_event(tx, after, "conversation.status_changed", Audience::AgentsAndContact, None)?;
        webhooks::conversation_event(tx, after, "conversation_status_changed", Some(Value::Null));
    }
    broadcast_update(tx, after, changes);
    if before.assignee_id != after.assignee_id {
        broadcasts::conversation_event(tx, after, "assignee.changed", Audience::Agents, None)?;
        notifications::notify_assignment(tx, after)?;
    }
    Ok(())
}

/// Broadcasts and posts an update; `changes` is what the webhook says of it.
pub fn broadcast_update(tx: &mut Transaction<'_>, conversation: &Conversation, changes: Vec<Value>) {
    broadcasts::conversation_updated(tx, conversation);
    webhooks::conversation_event(tx, conversation, "conversation_updated", Some(changes.into()));
}

/// The changed fields as a webhook has them. Times of reading are not among them.
fn changed_attributes_of(before: &Conversation, after: &Conversation) -> Vec<Value> {
    let iso = |moment: Option<Micros>| moment.map(Micros::iso).into();
    let fields: [(&str, Value, Value); 7] = [
        ("assignee_agent_bot_id", before.assignee_bot_id.into(), after.assignee_bot_id.into()),
        ("status", before.status.as_str().into(), after.status.as_str().into()),
        ("snoozed_until", iso(before.snoozed_until), iso(after.snoozed_until)),
        ("assignee_id", before.assignee_id.into(), after.assignee_id.into()),
        ("first_reply_created_at", iso(before.first_reply_created_at), iso(after.first_reply_created_at)),
        ("waiting_since", iso(before.waiting_since), iso(after.waiting_since)),
        ("priority", before.priority.clone().into(), after.priority.clone().into()),
    ];
    let mut changes: Vec<Value> = fields
        .into_iter()
        .filter(|(_, old, new)| old != new)
        .map(|(name, old, new)| changed_attribute(name, old, new))
        .collect();
    if before.custom_attributes != after.custom_attributes {
        let (old, new) = (before.custom_attributes.clone(), after.custom_attributes.clone());
        changes.push(changed_attribute("custom_attributes", old.into(), new.into()));
    }
    if before.labels != after.labels {
        return label_changes(before, after);
    }
    if !changes.is_empty() {
        let at = usize::from(before.status != after.status);
        changes
            .insert(at, changed_attribute("updated_at", before.updated_at.iso().into(), after.updated_at.iso().into()));
    }
    changes
}

/// The same for labels.
pub fn label_changes(before: &Conversation, after: &Conversation) -> Vec<Value> {
    let joined = |labels: &[String]| if labels.is_empty() { Value::Null } else { labels.join(", ").into() };
    vec![
        changed_attribute("updated_at", before.updated_at.iso().into(), after.updated_at.iso().into()),
        changed_attribute("cached_label_list", joined(&before.labels), joined(&after.labels)),
        changed_attribute("label_list", before.labels.clone().into(), after.labels.clone().into()),
    ]
}

#[expect(clippy::needless_pass_by_value, reason = "all callers pass new values")]
fn changed_attribute(name: &str, old: Value, new: Value) -> Value {
    json!({ name: { "previous_value": old, "current_value": new } })
}
