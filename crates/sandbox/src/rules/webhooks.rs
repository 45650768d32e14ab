//! What is posted to an inbox's callback URL and to its bot. A record is serialized at the transaction's end, when all
//! its changes are made.

use serde_json::{Value, json};

use super::actor::Actor;
use crate::error::ApiError;
use crate::model::{Conversation, Inbox, Message, MessageType};
use crate::serializers::{conversation, webhook};
use crate::signing::bot_secret;
use crate::store::{AfterCommit, Transaction, Webhook, accounts, conversations, messages};

/// Posts a conversation; a 4.16 posts to the bot as well, but for `conversation_created`. `changed_attributes` is
/// absent, null or a list, as recorded of each event.
pub fn conversation_event(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    event: &'static str,
    changed_attributes: Option<Value>,
) {
    let id = conversation.id;
    tx.before_commit(move |tx| {
        let conversation = conversations::conversation(tx.db, id)?;
        let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
        let is_for_bot = tx.is_4_16() && event != "conversation_created";
        let bot_url = bot_url(tx, &inbox)?.filter(|_| is_for_bot);
        if inbox.callback_url.is_none() && bot_url.is_none() {
            return Ok(());
        }
        let body = webhook::conversation(tx, &conversation, event, changed_attributes)?;
        let body = serde_json::to_string(&body)?;
        if let Some(url) = bot_url {
            post_to_bot(tx, &inbox, url, body.clone(), None);
        }
        post_to_inbox(tx, &inbox, body, None);
        Ok(())
    });
}

/// Posts a message, private notes included and activity messages excluded. The bot gets new messages that are no notes;
/// if its URL fails, a 4.16 hands the conversation of a visitor's message off to agents.
pub fn message_event(tx: &mut Transaction<'_>, message: &Message, event: &'static str) {
    if message.message_type == MessageType::Activity {
        return;
    }
    let id = message.id;
    tx.before_commit(move |tx| {
        let message = messages::message(tx.db, id)?;
        let inbox = accounts::inbox(tx.db, message.inbox_id)?;
        let bot_url = bot_url(tx, &inbox)?.filter(|_| event == "message_created" && !message.private);
        if inbox.callback_url.is_none() && bot_url.is_none() {
            return Ok(());
        }
        let conversation = conversations::conversation(tx.db, message.conversation_id)?;
        let body = serde_json::to_string(&webhook::message(tx, &conversation, &message, event)?)?;
        if let Some(url) = bot_url {
            let is_handed_off = tx.is_4_16() && message.message_type == MessageType::Incoming;
            post_to_bot(tx, &inbox, url, body.clone(), is_handed_off.then_some(conversation.id));
        }
        post_to_inbox(tx, &inbox, body, Some(id));
        Ok(())
    });
}

/// Posts a typing event, as a 4.16 does.
pub fn typing_event(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    actor: &Actor,
    event: &str,
    is_private: bool,
) -> Result<(), ApiError> {
    if !tx.is_4_16() {
        return Ok(());
    }
    let body = json!({
        "event": event,
        "user": actor.for_event(tx),
        "conversation": conversation::for_event(tx, conversation)?,
        "is_private": is_private
    });
    let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
    post_to_inbox(tx, &inbox, body.to_string(), None);
    Ok(())
}

/// Posts `conversation_opened` to the bot: its conversation was handed off to agents.
pub fn conversation_opened(tx: &mut Transaction<'_>, conversation: &Conversation) {
    let id = conversation.id;
    tx.before_commit(move |tx| {
        let conversation = conversations::conversation(tx.db, id)?;
        let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
        let Some(url) = bot_url(tx, &inbox)? else { return Ok(()) };
        let body = webhook::conversation(tx, &conversation, "conversation_opened", None)?;
        post_to_bot(tx, &inbox, url, serde_json::to_string(&body)?, None);
        Ok(())
    });
}

fn post_to_inbox(tx: &mut Transaction<'_>, inbox: &Inbox, body: String, message_id: Option<i64>) {
    let Some(url) = inbox.callback_url.clone() else { return };
    let secret = inbox.callback_secret.clone();
    tx.after_commit(AfterCommit::Webhook(Webhook { url, body, secret, bot_conversation_id: None, message_id }));
}

fn post_to_bot(tx: &mut Transaction<'_>, inbox: &Inbox, url: String, body: String, bot_conversation_id: Option<i64>) {
    let secret = inbox.agent_bot_id.map(|id| bot_secret(&tx.context.secret, id));
    tx.after_commit(AfterCommit::Webhook(Webhook { url, body, secret, bot_conversation_id, message_id: None }));
}

fn bot_url(tx: &Transaction<'_>, inbox: &Inbox) -> Result<Option<String>, ApiError> {
    match inbox.agent_bot_id {
        Some(id) => Ok(accounts::bot(tx.db, id)?.outgoing_url),
        None => Ok(None),
    }
}
