//! Notifications of agents: a conversation was assigned to them, or its contact has written.
//!
//! A new notification replaces older ones of the same conversation.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::model::{Conversation, Message, User};
use crate::serializers::user::{self, Availability};
use crate::serializers::{conversation, message};
use crate::store::notifications as rows;
use crate::store::{Transaction, accounts, contacts, messages};

/// Notifies the conversation's assignee, if it has one.
pub fn notify_assignment(tx: &mut Transaction<'_>, conversation: &Conversation) -> Result<(), ApiError> {
    notify(tx, conversation, "conversation_assignment", None)
}

/// Notifies the conversation's assignee, if it has one, of a visitor's message.
pub fn notify_incoming_message(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
) -> Result<(), ApiError> {
    notify(tx, conversation, "assigned_conversation_new_message", Some(message))
}

fn notify(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    notification_type: &str,
    message: Option<&Message>,
) -> Result<(), ApiError> {
    let Some(user_id) = conversation.assignee_id else { return Ok(()) };
    let user = accounts::user(tx.db, user_id)?;
    let older = rows::ids(tx.db, user_id, conversation.id)?;
    let id = rows::insert(tx.db, user_id, conversation.id)?;
    let secondary =
        message.map(|message| message::for_event(tx, conversation, message, Availability::Unknown)).transpose()?;
    let title = title(tx, conversation, message)?;
    let now = tx.now.seconds();
    let notification = json!({
        "id": id,
        "notification_type": notification_type,
        "primary_actor_type": "Conversation",
        "primary_actor_id": conversation.id,
        "read_at": null,
        "secondary_actor": secondary,
        "user": user::for_event(tx, &user, Availability::Unknown),
        "created_at": now,
        "last_activity_at": now,
        "snoozed_until": null,
        "meta": {},
        "account_id": conversation.account_id,
        "primary_actor": conversation::for_event(tx, conversation)?,
        "push_message_title": title,
        "push_message_body": title
    });
    broadcast(tx, &user, "notification.created", notification)?;
    for id in older {
        rows::delete(tx.db, id)?;
        broadcast(tx, &user, "notification.deleted", json!({ "id": id }))?;
    }
    Ok(())
}

fn broadcast(tx: &mut Transaction<'_>, user: &User, event: &str, notification: Value) -> Result<(), ApiError> {
    let count = rows::count(tx.db, user.id)?;
    let data = json!({
        "notification": notification, "unread_count": count, "count": count, "account_id": user.account_id
    });
    tx.broadcast(vec![user.pubsub_token.clone()], event, &data)
}

/// The contact's name and the text of the message, or of the conversation's last one.
fn title(tx: &Transaction<'_>, conversation: &Conversation, message: Option<&Message>) -> Result<String, ApiError> {
    let last = match message {
        Some(message) => Some(message.clone()),
        None => messages::last_non_activity(tx.db, conversation.id)?,
    };
    let Some(last) = last else { return Ok(": No content".into()) };
    let name = contacts::contact(tx.db, conversation.contact_id)?.name;
    Ok(format!("{name}: {}", last.content.as_deref().unwrap_or("No content")))
}
