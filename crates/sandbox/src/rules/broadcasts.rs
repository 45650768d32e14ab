//! Frames for the cable: to the devices and agents concerned.

use serde_json::{Value, json};

use super::actor::Actor;
use crate::model::{Contact, Conversation, Message, MessageType};
use crate::refusal::Refusal;
use crate::serializers::sender::Pushed;
use crate::serializers::user::Availability;
use crate::serializers::{contact, conversation, message};
use crate::store::{Turn, accounts, contacts, conversations};

/// Whom a conversation's frame reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    Agents,
    AgentsAndContact,
}

pub fn conversation_frame(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    event: &str,
    audience: Audience,
    performer: Option<Pushed>,
) -> Result<(), Refusal> {
    let mut tokens = agents(turn, conversation.inbox_id)?;
    if audience == Audience::AgentsAndContact {
        tokens.extend(devices(turn, conversation)?);
    }
    let frame = conversation::frame(turn, conversation, performer)?;
    turn.broadcast(tokens, event, &frame)
}

/// A changed conversation, once all of it has changed.
pub fn conversation_updated(turn: &mut Turn<'_>, conversation: &Conversation) {
    let id = conversation.id;
    turn.afterwards(move |turn| {
        let conversation = conversations::conversation(turn.db, id)?;
        conversation_frame(turn, &conversation, "conversation.updated", Audience::AgentsAndContact, None)
    });
}

/// A new message: to the agents, and to the visitor unless it is not for them.
pub fn message_created(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    message: &Message,
    echo_id: Option<Value>,
    actor: Option<&Actor>,
) -> Result<(), Refusal> {
    let mut pushed = message::pushed(turn, conversation, message, Availability::Known)?;
    pushed.echo_id = echo_id;
    pushed.performer = actor.and_then(|actor| actor.performer(turn));
    let tokens = listeners(turn, conversation, message)?;
    turn.broadcast(tokens, "message.created", &pushed)
}

/// To agents only: the first answer in a conversation.
pub fn first_reply(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    message: &Message,
    actor: &Actor,
) -> Result<(), Refusal> {
    let mut pushed = message::pushed(turn, conversation, message, Availability::Known)?;
    pushed.performer = actor.performer(turn);
    let tokens = agents(turn, conversation.inbox_id)?;
    turn.broadcast(tokens, "first.reply.created", &pushed)
}

/// A changed message. `previous_changes`: each changed field with what it was and what it is.
pub fn message_updated(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    message: &Message,
    previous_changes: Value,
    actor: Option<&Actor>,
) -> Result<(), Refusal> {
    let performer = actor.and_then(|actor| actor.performer(turn));
    let availability = if performer.is_some() { Availability::Known } else { Availability::Unknown };
    let mut pushed = message::pushed(turn, conversation, message, availability)?;
    pushed.previous_changes = Some(previous_changes);
    pushed.performer = performer;
    let tokens = listeners(turn, conversation, message)?;
    turn.broadcast(tokens, "message.updated", &pushed)
}

/// To every agent of the account.
pub fn contact_updated(turn: &mut Turn<'_>, contact: &Contact, actor: Option<&Actor>) -> Result<(), Refusal> {
    let mut data = serde_json::to_value(contact::pushed(turn, contact))?;
    if let Some(fields) = data.as_object_mut() {
        fields.insert("account_id".into(), contact.account_id.into());
        if let Some(performer) = actor.and_then(|actor| actor.performer(turn)) {
            fields.insert("performer".into(), serde_json::to_value(performer)?);
        }
    }
    let tokens = accounts::users(turn.db, contact.account_id)?.into_iter().map(|user| user.pubsub_token).collect();
    turn.broadcast(tokens, "contact.updated", &data)
}

/// Typing reaches the conversation's own device and the agents, except whoever types.
pub fn typing(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    actor: &Actor,
    event: &str,
    is_private: bool,
) -> Result<(), Refusal> {
    let place = contacts::contact_inbox(turn.db, conversation.contact_inbox_id)?;
    let mut tokens = agents(turn, conversation.inbox_id)?;
    match actor {
        Actor::Contact(_) => {}
        Actor::User(_) | Actor::Bot(_) => tokens.push(place.pubsub_token),
    }
    tokens.retain(|token| actor.user().is_none_or(|user| user.pubsub_token != *token));
    let mut data = json!({
        "conversation": conversation::pushed(turn, conversation)?,
        "user": actor.pushed(turn),
        "is_private": is_private,
        "account_id": conversation.account_id
    });
    if let (Some(performer), Some(fields)) = (actor.performer(turn), data.as_object_mut()) {
        fields.insert("performer".into(), serde_json::to_value(performer)?);
    }
    turn.broadcast(tokens, event, &data)
}

/// Agents of the inbox, and administrators.
fn agents(turn: &Turn<'_>, inbox_id: i64) -> Result<Vec<String>, Refusal> {
    let inbox = accounts::inbox(turn.db, inbox_id)?;
    let mut people = accounts::members(turn.db, inbox_id)?;
    for user in accounts::users(turn.db, inbox.account_id)? {
        if user.is_administrator() && people.iter().all(|member| member.id != user.id) {
            people.push(user);
        }
    }
    Ok(people.into_iter().map(|user| user.pubsub_token).collect())
}

/// The conversation's own device; a verified contact's verified devices, all of them.
fn devices(turn: &Turn<'_>, conversation: &Conversation) -> Result<Vec<String>, Refusal> {
    let place = contacts::contact_inbox(turn.db, conversation.contact_inbox_id)?;
    if !place.hmac_verified {
        return Ok(vec![place.pubsub_token]);
    }
    let places = contacts::contact_inboxes(turn.db, place.contact_id)?;
    Ok(places.into_iter().filter(|place| place.hmac_verified).map(|place| place.pubsub_token).collect())
}

fn listeners(turn: &Turn<'_>, conversation: &Conversation, message: &Message) -> Result<Vec<String>, Refusal> {
    let mut tokens = agents(turn, conversation.inbox_id)?;
    if !message.private && message.message_type != MessageType::Activity {
        tokens.extend(devices(turn, conversation)?);
    }
    Ok(tokens)
}
