//! Who is told what: frames to the devices and agents concerned, bodies to the callback URL.

use serde_json::{Value, json};

use super::Actor;
use crate::news::{Callback, News};
use crate::refusal::Refusal;
use crate::shapes::people::Pushed;
use crate::shapes::{Availability, contact, conversation, message};
use crate::store::Turn;
use crate::store::accounts::{self, Inbox};
use crate::store::contacts::{self, Contact};
use crate::store::conversations::{self, Conversation};
use crate::store::messages::{self, Message, MessageType};

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
    turn.tell(News::frame(tokens, event, &frame)?);
    Ok(())
}

/// What changed in a conversation, told once all of it has changed. `changed_attributes`: absent, null or a list, as
/// each event has it.
pub fn conversation_callback(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    event: &'static str,
    changed_attributes: Option<Value>,
) {
    let id = conversation.id;
    turn.afterwards(move |turn| {
        let conversation = conversations::conversation(turn.db, id)?;
        let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
        // A 4.16 tells the bot of these too.
        let bot_url =
            if turn.is_4_16() { bot_url(turn, &inbox)?.filter(|_| event != "conversation_created") } else { None };
        if inbox.callback_url.is_none() && bot_url.is_none() {
            return Ok(());
        }
        let body = conversation::called_back(turn, &conversation, event, changed_attributes)?;
        let body = serde_json::to_string(&body)?;
        if let Some(url) = bot_url {
            turn.tell(to_bot(turn, &inbox, url, body.clone(), None));
        }
        tell_inbox(turn, &inbox, body, None);
        Ok(())
    });
}

/// The frame and the callback of a change.
pub fn conversation_updated(turn: &mut Turn<'_>, conversation: &Conversation, changes: Vec<Value>) {
    let id = conversation.id;
    turn.afterwards(move |turn| {
        let conversation = conversations::conversation(turn.db, id)?;
        conversation_frame(turn, &conversation, "conversation.updated", Audience::AgentsAndContact, None)
    });
    conversation_callback(turn, conversation, "conversation_updated", Some(changes.into()));
}

/// A new message: to the agents, to the visitor unless it is not for them, and to the callback URL unless it is
/// only about what happened.
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
    turn.tell(News::frame(tokens, "message.created", &pushed)?);
    message_callback(turn, message, "message_created");
    Ok(())
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
    turn.tell(News::frame(tokens, "first.reply.created", &pushed)?);
    Ok(())
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
    turn.tell(News::frame(tokens, "message.updated", &pushed)?);
    message_callback(turn, message, "message_updated");
    Ok(())
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
    turn.tell(News::frame(tokens, "contact.updated", &data)?);
    Ok(())
}

/// Typing reaches the conversation's own device and the agents, except whoever types.
pub fn typing(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    actor: &Actor,
    is_on: bool,
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
    let (event, called_back) = if is_on {
        ("conversation.typing_on", "conversation_typing_on")
    } else {
        ("conversation.typing_off", "conversation_typing_off")
    };
    turn.tell(News::frame(tokens, event, &data)?);
    if turn.is_4_16() {
        let body = json!({
            "event": called_back,
            "user": actor.pushed(turn),
            "conversation": conversation::pushed(turn, conversation)?,
            "is_private": is_private
        });
        let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
        tell_inbox(turn, &inbox, body.to_string(), None);
    }
    Ok(())
}

/// The bot's own URL hears that a conversation was handed to people.
pub fn conversation_opened_to_bot(turn: &mut Turn<'_>, conversation: &Conversation) {
    let id = conversation.id;
    turn.afterwards(move |turn| {
        let conversation = conversations::conversation(turn.db, id)?;
        let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
        let Some(url) = bot_url(turn, &inbox)? else { return Ok(()) };
        let body = conversation::called_back(turn, &conversation, "conversation_opened", None)?;
        turn.tell(to_bot(turn, &inbox, url, serde_json::to_string(&body)?, None));
        Ok(())
    });
}

/// To the inbox's callback URL, if it has one.
fn tell_inbox(turn: &mut Turn<'_>, inbox: &Inbox, body: String, message_id: Option<i64>) {
    let Some(url) = inbox.callback_url.clone() else { return };
    let secret = inbox.callback_secret.clone();
    turn.tell(News::Callback(Callback { url, body, secret, bot_conversation_id: None, message_id }));
}

fn to_bot(turn: &Turn<'_>, inbox: &Inbox, url: String, body: String, bot_conversation_id: Option<i64>) -> News {
    let secret = inbox.agent_bot_id.map(|id| crate::app_api::inboxes::bot_secret(turn, id));
    News::Callback(Callback { url, body, secret, bot_conversation_id, message_id: None })
}

fn bot_url(turn: &Turn<'_>, inbox: &Inbox) -> Result<Option<String>, Refusal> {
    match inbox.agent_bot_id {
        Some(id) => Ok(accounts::bot(turn.db, id)?.outgoing_url),
        None => Ok(None),
    }
}

/// Private notes too; activity not. The bot hears of new messages that are no notes.
fn message_callback(turn: &mut Turn<'_>, message: &Message, event: &'static str) {
    if message.message_type == MessageType::Activity {
        return;
    }
    let id = message.id;
    turn.afterwards(move |turn| {
        let message = messages::message(turn.db, id)?;
        let inbox = accounts::inbox(turn.db, message.inbox_id)?;
        let bot_url = bot_url(turn, &inbox)?.filter(|_| event == "message_created" && !message.private);
        if inbox.callback_url.is_none() && bot_url.is_none() {
            return Ok(());
        }
        let conversation = conversations::conversation(turn.db, message.conversation_id)?;
        let body = serde_json::to_string(&message::called_back(turn, &conversation, &message, event)?)?;
        if let Some(url) = bot_url {
            let waits = turn.is_4_16() && message.message_type == MessageType::Incoming;
            turn.tell(to_bot(turn, &inbox, url, body.clone(), waits.then_some(conversation.id)));
        }
        tell_inbox(turn, &inbox, body, Some(id));
        Ok(())
    });
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
