//! A conversation's changes: kept, and told as far as anyone is told of such a change.

use serde_json::{Value, json};

use super::broadcasts::{self, Audience};
use super::{notifications, webhooks};
use crate::clock::Micros;
use crate::model::Conversation;
use crate::refusal::Refusal;
use crate::store::Turn;
use crate::store::conversations as rows;

/// Keeps what changed and tells it, as far as anyone is told of such a change.
pub fn save(turn: &mut Turn<'_>, before: &Conversation, after: &mut Conversation) -> Result<(), Refusal> {
    after.updated_at = turn.now.max(Micros(before.updated_at.0 + 1));
    let changes = told_changes(before, after);
    rows::save(turn.db, after)?;
    if changes.is_empty() {
        return Ok(());
    }
    if before.status != after.status {
        broadcasts::conversation_frame(turn, after, "conversation.status_changed", Audience::AgentsAndContact, None)?;
        webhooks::conversation_callback(turn, after, "conversation_status_changed", Some(Value::Null));
    }
    tell(turn, after, changes);
    if before.assignee_id != after.assignee_id {
        broadcasts::conversation_frame(turn, after, "assignee.changed", Audience::Agents, None)?;
        notifications::assigned(turn, after)?;
    }
    Ok(())
}

/// Tells of changes, with a frame and a callback.
pub fn tell(turn: &mut Turn<'_>, conversation: &Conversation, changes: Vec<Value>) {
    broadcasts::conversation_updated(turn, conversation);
    webhooks::conversation_callback(turn, conversation, "conversation_updated", Some(changes.into()));
}

/// The changes that are told, in the callback's form. What only moves a time of reading is not told.
fn told_changes(before: &Conversation, after: &Conversation) -> Vec<Value> {
    let iso = |moment: Option<Micros>| moment.map(Micros::iso).into();
    let fields: [(&str, Value, Value); 7] = [
        ("assignee_agent_bot_id", before.assignee_bot_id.into(), after.assignee_bot_id.into()),
        ("status", before.status.word().into(), after.status.word().into()),
        ("snoozed_until", iso(before.snoozed_until), iso(after.snoozed_until)),
        ("assignee_id", before.assignee_id.into(), after.assignee_id.into()),
        ("first_reply_created_at", iso(before.first_reply_created_at), iso(after.first_reply_created_at)),
        ("waiting_since", iso(before.waiting_since), iso(after.waiting_since)),
        ("priority", before.priority.clone().into(), after.priority.clone().into()),
    ];
    let mut changes: Vec<Value> =
        fields.into_iter().filter(|(_, old, new)| old != new).map(|(name, old, new)| change(name, old, new)).collect();
    if before.custom_attributes != after.custom_attributes {
        let (old, new) = (before.custom_attributes.clone(), after.custom_attributes.clone());
        changes.push(change("custom_attributes", old.into(), new.into()));
    }
    if before.labels != after.labels {
        return label_changes(before, after);
    }
    if !changes.is_empty() {
        let at = usize::from(before.status != after.status);
        changes.insert(at, change("updated_at", before.updated_at.iso().into(), after.updated_at.iso().into()));
    }
    changes
}

pub fn label_changes(before: &Conversation, after: &Conversation) -> Vec<Value> {
    let joined = |labels: &[String]| if labels.is_empty() { Value::Null } else { labels.join(", ").into() };
    vec![
        change("updated_at", before.updated_at.iso().into(), after.updated_at.iso().into()),
        change("cached_label_list", joined(&before.labels), joined(&after.labels)),
        change("label_list", before.labels.clone().into(), after.labels.clone().into()),
    ]
}

#[expect(clippy::needless_pass_by_value, reason = "every caller has just made the values")]
fn change(name: &str, old: Value, new: Value) -> Value {
    json!({ name: { "previous_value": old, "current_value": new } })
}
