//! Whose conversation it is: an agent's, a bot's or nobody's.

use serde_json::json;

use super::{conversation_changes, new_message};
use crate::model::{Conversation, Status, User};
use crate::refusal::Refusal;
use crate::store::conversations as rows;
use crate::store::{Turn, accounts};

pub fn assign(
    turn: &mut Turn<'_>,
    before: &Conversation,
    assignee: Option<&User>,
    actor: &User,
) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.assignee_id = assignee.map(|user| user.id);
    after.assignee_bot_id = None;
    if (after.assignee_id, after.assignee_bot_id) == (before.assignee_id, before.assignee_bot_id) {
        return Ok(());
    }
    conversation_changes::save(turn, before, &mut after)?;
    let note = match assignee {
        Some(user) if user.id == actor.id => format!("{} self-assigned this conversation", actor.name),
        Some(user) => format!("Assigned to {} by {}", user.name, actor.name),
        None => format!("Conversation unassigned by {}", actor.name),
    };
    new_message::note_activity(turn, &mut after, &note, Some(json!({ "type": "assignee_changed" })))
}

/// Since 4.8 a bot may have it.
pub fn assign_bot(turn: &mut Turn<'_>, before: &Conversation, bot_id: i64) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.assignee_id = None;
    after.assignee_bot_id = Some(bot_id);
    conversation_changes::save(turn, before, &mut after)
}

/// Since 4.16 whoever is online gets an open conversation by a job of its own.
pub fn assign_in_a_moment(turn: &mut Turn<'_>, conversation: &Conversation) {
    if !turn.is_4_16() || conversation.status != Status::Open || conversation.assignee_id.is_some() {
        return;
    }
    let id = conversation.id;
    turn.in_a_moment(move |turn| {
        let before = rows::conversation(turn.db, id)?;
        if before.status != Status::Open || before.assignee_id.is_some() {
            return Ok(());
        }
        let Some(user) = someone_online(turn, before.inbox_id)? else { return Ok(()) };
        let mut after = before.clone();
        after.assignee_id = Some(user.id);
        conversation_changes::save(turn, &before, &mut after)?;
        let note = format!("Assigned to {} by Default Policy", user.name);
        new_message::note_activity(turn, &mut after, &note, Some(json!({ "type": "assignee_changed" })))
    });
}

/// New conversations go to an agent of the inbox who is online, the one with the fewest in hand first.
pub fn someone_online(turn: &Turn<'_>, inbox_id: i64) -> Result<Option<User>, Refusal> {
    let mut chosen: Option<(i64, User)> = None;
    for user in accounts::members(turn.db, inbox_id)? {
        if turn.world.presence.user_word(&user, turn.now) != "online" {
            continue;
        }
        let load: i64 = turn
            .db
            .prepare_cached("SELECT count(*) FROM conversations WHERE assignee_id = ?1 AND status = 0")?
            .query_row([user.id], |row| row.get(0))?;
        if chosen.as_ref().is_none_or(|(least, _)| load < *least) {
            chosen = Some((load, user));
        }
    }
    Ok(chosen.map(|(_, user)| user))
}
