//! What is posted to an inbox's callback URL and to its bot.

use serde_json::{Value, json};

use super::actor::Actor;
use crate::model::{Conversation, Inbox, Message, MessageType};
use crate::refusal::Refusal;
use crate::serializers::{conversation, webhook};
use crate::signing::bot_secret;
use crate::store::{Callback, News, Turn, accounts, conversations, messages};

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
        let body = webhook::conversation(turn, &conversation, event, changed_attributes)?;
        let body = serde_json::to_string(&body)?;
        if let Some(url) = bot_url {
            turn.tell(to_bot(turn, &inbox, url, body.clone(), None));
        }
        tell_inbox(turn, &inbox, body, None);
        Ok(())
    });
}

/// Private notes too; activity not. The bot hears of new messages that are no notes.
pub fn message_callback(turn: &mut Turn<'_>, message: &Message, event: &'static str) {
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
        let body = serde_json::to_string(&webhook::message(turn, &conversation, &message, event)?)?;
        if let Some(url) = bot_url {
            let waits = turn.is_4_16() && message.message_type == MessageType::Incoming;
            turn.tell(to_bot(turn, &inbox, url, body.clone(), waits.then_some(conversation.id)));
        }
        tell_inbox(turn, &inbox, body, Some(id));
        Ok(())
    });
}

/// A 4.16 tells of typing, too.
pub fn typing(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    actor: &Actor,
    event: &str,
    is_private: bool,
) -> Result<(), Refusal> {
    if !turn.is_4_16() {
        return Ok(());
    }
    let body = json!({
        "event": event,
        "user": actor.pushed(turn),
        "conversation": conversation::pushed(turn, conversation)?,
        "is_private": is_private
    });
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    tell_inbox(turn, &inbox, body.to_string(), None);
    Ok(())
}

/// The bot's own URL hears that a conversation was handed to people.
pub fn conversation_opened_to_bot(turn: &mut Turn<'_>, conversation: &Conversation) {
    let id = conversation.id;
    turn.afterwards(move |turn| {
        let conversation = conversations::conversation(turn.db, id)?;
        let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
        let Some(url) = bot_url(turn, &inbox)? else { return Ok(()) };
        let body = webhook::conversation(turn, &conversation, "conversation_opened", None)?;
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
    let secret = inbox.agent_bot_id.map(|id| bot_secret(&turn.world.secret, id));
    News::Callback(Callback { url, body, secret, bot_conversation_id, message_id: None })
}

fn bot_url(turn: &Turn<'_>, inbox: &Inbox) -> Result<Option<String>, Refusal> {
    match inbox.agent_bot_id {
        Some(id) => Ok(accounts::bot(turn.db, id)?.outgoing_url),
        None => Ok(None),
    }
}
