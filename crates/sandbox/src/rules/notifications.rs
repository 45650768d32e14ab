//! An agent's notifications: that a conversation is now theirs, and that its contact has written.
//!
//! A new one takes the place of the one before about the same conversation.

use serde_json::{Value, json};

use crate::model::{Conversation, Message, User};
use crate::refusal::Refusal;
use crate::serializers::user::{self, Availability};
use crate::serializers::{conversation, message};
use crate::store::accounts;
use crate::store::messages;
use crate::store::{Turn, contacts};

pub fn assigned(turn: &mut Turn<'_>, conversation: &Conversation) -> Result<(), Refusal> {
    notify(turn, conversation, "conversation_assignment", None)
}

pub fn contact_wrote(turn: &mut Turn<'_>, conversation: &Conversation, message: &Message) -> Result<(), Refusal> {
    notify(turn, conversation, "assigned_conversation_new_message", Some(message))
}

fn notify(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    kind: &str,
    message: Option<&Message>,
) -> Result<(), Refusal> {
    let Some(user_id) = conversation.assignee_id else { return Ok(()) };
    let user = accounts::user(turn.db, user_id)?;
    let before = known(turn, user_id, conversation.id)?;
    turn.db
        .execute("INSERT INTO notifications (user_id, conversation_id) VALUES (?1, ?2)", [user_id, conversation.id])?;
    let id = turn.db.last_insert_rowid();
    let secondary =
        message.map(|message| message::pushed(turn, conversation, message, Availability::Unknown)).transpose()?;
    let title = title(turn, conversation, message)?;
    let now = turn.now.seconds();
    let notification = json!({
        "id": id,
        "notification_type": kind,
        "primary_actor_type": "Conversation",
        "primary_actor_id": conversation.id,
        "read_at": null,
        "secondary_actor": secondary,
        "user": user::user(turn, &user, Availability::Unknown),
        "created_at": now,
        "last_activity_at": now,
        "snoozed_until": null,
        "meta": {},
        "account_id": conversation.account_id,
        "primary_actor": conversation::pushed(turn, conversation)?,
        "push_message_title": title,
        "push_message_body": title
    });
    tell(turn, &user, "notification.created", notification)?;
    for old in before {
        turn.db.execute("DELETE FROM notifications WHERE id = ?1", [old])?;
        tell(turn, &user, "notification.deleted", json!({ "id": old }))?;
    }
    Ok(())
}

fn known(turn: &Turn<'_>, user_id: i64, conversation_id: i64) -> Result<Vec<i64>, Refusal> {
    let mut select =
        turn.db.prepare_cached("SELECT id FROM notifications WHERE user_id = ?1 AND conversation_id = ?2")?;
    let ids = select.query_map([user_id, conversation_id], |row| row.get(0))?;
    Ok(ids.collect::<rusqlite::Result<_>>()?)
}

fn tell(turn: &mut Turn<'_>, user: &User, event: &str, notification: Value) -> Result<(), Refusal> {
    let count: i64 = turn
        .db
        .prepare_cached("SELECT count(*) FROM notifications WHERE user_id = ?1")?
        .query_row([user.id], |row| row.get(0))?;
    let data = json!({
        "notification": notification, "unread_count": count, "count": count, "account_id": user.account_id
    });
    turn.broadcast(vec![user.pubsub_token.clone()], event, &data)?;
    Ok(())
}

fn title(turn: &Turn<'_>, conversation: &Conversation, message: Option<&Message>) -> Result<String, Refusal> {
    let last = match message {
        Some(message) => Some(message.clone()),
        None => messages::last_spoken(turn.db, conversation.id)?,
    };
    let Some(last) = last else { return Ok(": No content".into()) };
    let name = contacts::contact(turn.db, conversation.contact_id)?.name;
    Ok(format!("{name}: {}", last.content.as_deref().unwrap_or("No content")))
}
