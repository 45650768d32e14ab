//! Assignment: which agent or bot a conversation is assigned to.

use serde_json::json;

use super::{conversation_updates, new_message};
use crate::error::ApiError;
use crate::model::{Conversation, Status, User};
use crate::store::conversations as rows;
use crate::store::{Transaction, accounts};

/// Assigns a conversation to an agent, or to nobody, with an activity message.
pub fn assign(
    tx: &mut Transaction<'_>,
    before: &Conversation,
    assignee: Option<&User>,
    actor: &User,
) -> Result<(), ApiError> {
    let mut after = before.clone();
    after.assignee_id = assignee.map(|user| user.id);
    after.assignee_bot_id = None;
    if (after.assignee_id, after.assignee_bot_id) == (before.assignee_id, before.assignee_bot_id) {
        return Ok(());
    }
    conversation_updates::save_and_broadcast(tx, before, &mut after)?;
    let note = match assignee {
        Some(user) if user.id == actor.id => format!("{} self-assigned this conversation", actor.name),
        Some(user) => format!("Assigned to {} by {}", user.name, actor.name),
        None => format!("Conversation unassigned by {}", actor.name),
    };
    new_message::create_activity(tx, &mut after, &note, Some(json!({ "type": "assignee_changed" })))
}

/// Assigns a conversation to a bot, which is possible since 4.8.
pub fn assign_bot(tx: &mut Transaction<'_>, before: &Conversation, bot_id: i64) -> Result<(), ApiError> {
    let mut after = before.clone();
    after.assignee_id = None;
    after.assignee_bot_id = Some(bot_id);
    conversation_updates::save_and_broadcast(tx, before, &mut after)
}

/// Has a job assign an open conversation to an agent who is online, as a 4.16 does.
pub fn enqueue_auto_assignment(tx: &mut Transaction<'_>, conversation: &Conversation) {
    if !tx.is_4_16() || conversation.status != Status::Open || conversation.assignee_id.is_some() {
        return;
    }
    let id = conversation.id;
    tx.enqueue_job(move |tx| {
        let before = rows::conversation(tx.db, id)?;
        if before.status != Status::Open || before.assignee_id.is_some() {
            return Ok(());
        }
        let Some(user) = find_assignee(tx, before.inbox_id)? else { return Ok(()) };
        let mut after = before.clone();
        after.assignee_id = Some(user.id);
        conversation_updates::save_and_broadcast(tx, &before, &mut after)?;
        let note = format!("Assigned to {} by Default Policy", user.name);
        new_message::create_activity(tx, &mut after, &note, Some(json!({ "type": "assignee_changed" })))
    });
}

/// The online agent of the inbox with the fewest open conversations.
pub fn find_assignee(tx: &Transaction<'_>, inbox_id: i64) -> Result<Option<User>, ApiError> {
    let mut chosen: Option<(i64, User)> = None;
    for user in accounts::members(tx.db, inbox_id)? {
        if tx.context.presence.user_status(&user, tx.now) != "online" {
            continue;
        }
        let load = rows::count_open_of_assignee(tx.db, user.id)?;
        if chosen.as_ref().is_none_or(|(least, _)| load < *least) {
            chosen = Some((load, user));
        }
    }
    Ok(chosen.map(|(_, user)| user))
}
