//! Events on the cable, and which contacts and agents receive each.

use serde_json::{Value, json};

use super::actor::Actor;
use crate::error::ApiError;
use crate::model::{Contact, Conversation, Message, MessageType};
use crate::serializers::sender::EventSender;
use crate::serializers::user::Availability;
use crate::serializers::{contact, conversation, message};
use crate::store::{Transaction, accounts, contacts, conversations};

/// Who receives a conversation's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Agents,
    AgentsAndContact,
}

/// Broadcasts a conversation as it is now.
pub fn conversation_event(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    event: &str,
    audience: Audience,
    performer: Option<EventSender>,
) -> Result<(), ApiError> {
    let mut tokens = agent_tokens(tx, conversation.inbox_id)?;
    if audience == Audience::AgentsAndContact {
        tokens.extend(contact_tokens(tx, conversation)?);
    }
    let data = conversation::event(tx, conversation, performer)?;
    tx.broadcast(tokens, event, &data)
}

/// Broadcasts `conversation.updated`, with the conversation as it is at the transaction's end.
pub fn conversation_updated(tx: &mut Transaction<'_>, conversation: &Conversation) {
    let id = conversation.id;
    tx.before_commit(move |tx| {
        let conversation = conversations::conversation(tx.db, id)?;
        conversation_event(tx, &conversation, "conversation.updated", Audience::AgentsAndContact, None)
    });
}

/// Broadcasts a new message. The contact doesn't receive private notes and activity messages.
pub fn message_created(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
    echo_id: Option<Value>,
    actor: Option<&Actor>,
) -> Result<(), ApiError> {
    let performer = actor.and_then(|actor| actor.performer(tx));
    let mut data = message::for_event(tx, conversation, message, Availability::Known)?;
    (data.echo_id, data.performer) = (echo_id, performer);
    let tokens = recipient_tokens(tx, conversation, message)?;
    tx.broadcast(tokens, "message.created", &data)
}

/// Broadcasts an agent's first reply in a conversation, to agents only.
pub fn first_reply(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
    actor: &Actor,
) -> Result<(), ApiError> {
    let mut data = message::for_event(tx, conversation, message, Availability::Known)?;
    data.performer = actor.performer(tx);
    let tokens = agent_tokens(tx, conversation.inbox_id)?;
    tx.broadcast(tokens, "first.reply.created", &data)
}

/// Broadcasts a changed message. `previous_changes` has each changed field with its old and new value.
pub fn message_updated(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
    previous_changes: Value,
    actor: Option<&Actor>,
) -> Result<(), ApiError> {
    let performer = actor.and_then(|actor| actor.performer(tx));
    let availability = if performer.is_some() { Availability::Known } else { Availability::Unknown };
    let mut data = message::for_event(tx, conversation, message, availability)?;
    (data.previous_changes, data.performer) = (Some(previous_changes), performer);
    let tokens = recipient_tokens(tx, conversation, message)?;
    tx.broadcast(tokens, "message.updated", &data)
}

/// Broadcasts a changed contact to all agents of the account.
pub fn contact_updated(tx: &mut Transaction<'_>, contact: &Contact, actor: Option<&Actor>) -> Result<(), ApiError> {
    let mut data = serde_json::to_value(contact::for_event(tx, contact))?;
    if let Some(fields) = data.as_object_mut() {
        fields.insert("account_id".into(), contact.account_id.into());
        if let Some(performer) = actor.and_then(|actor| actor.performer(tx)) {
            fields.insert("performer".into(), serde_json::to_value(performer)?);
        }
    }
    let tokens = accounts::users(tx.db, contact.account_id)?.into_iter().map(|user| user.pubsub_token).collect();
    tx.broadcast(tokens, "contact.updated", &data)
}

/// Broadcasts a typing event to the agents and the conversation's own contact inbox, but not to the actor.
pub fn typing_event(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    actor: &Actor,
    event: &str,
    is_private: bool,
) -> Result<(), ApiError> {
    let contact_inbox = contacts::contact_inbox(tx.db, conversation.contact_inbox_id)?;
    let mut tokens = agent_tokens(tx, conversation.inbox_id)?;
    match actor {
        Actor::Contact(_) => {}
        Actor::User(_) | Actor::Bot(_) => tokens.push(contact_inbox.pubsub_token),
    }
    tokens.retain(|token| actor.user().is_none_or(|user| user.pubsub_token != *token));
    let mut data = json!({
        "conversation": conversation::for_event(tx, conversation)?,
        "user": actor.for_event(tx),
        "is_private": is_private,
        "account_id": conversation.account_id
    });
    if let (Some(performer), Some(fields)) = (actor.performer(tx), data.as_object_mut()) {
        fields.insert("performer".into(), serde_json::to_value(performer)?);
    }
    tx.broadcast(tokens, event, &data)
}

/// The inbox's agents, and the account's administrators.
fn agent_tokens(tx: &Transaction<'_>, inbox_id: i64) -> Result<Vec<String>, ApiError> {
    let inbox = accounts::inbox(tx.db, inbox_id)?;
    let mut users = accounts::members(tx.db, inbox_id)?;
    for user in accounts::users(tx.db, inbox.account_id)? {
        if user.is_administrator() && users.iter().all(|member| member.id != user.id) {
            users.push(user);
        }
    }
    Ok(users.into_iter().map(|user| user.pubsub_token).collect())
}

/// The conversation's own contact inbox; of a verified contact, all verified ones.
fn contact_tokens(tx: &Transaction<'_>, conversation: &Conversation) -> Result<Vec<String>, ApiError> {
    let own = contacts::contact_inbox(tx.db, conversation.contact_inbox_id)?;
    if !own.hmac_verified {
        return Ok(vec![own.pubsub_token]);
    }
    let mut all = contacts::contact_inboxes(tx.db, own.contact_id)?;
    all.retain(|contact_inbox| contact_inbox.hmac_verified);
    Ok(all.into_iter().map(|contact_inbox| contact_inbox.pubsub_token).collect())
}

fn recipient_tokens(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
) -> Result<Vec<String>, ApiError> {
    let mut tokens = agent_tokens(tx, conversation.inbox_id)?;
    if !message.private && message.message_type != MessageType::Activity {
        tokens.extend(contact_tokens(tx, conversation)?);
    }
    Ok(tokens)
}
