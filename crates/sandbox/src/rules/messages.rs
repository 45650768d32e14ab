//! Posting a message, with all that follows from it: the conversation's status, notifications, automatic replies.

use super::actor::Actor;
use super::new_message::{self, Draft};
use super::{auto_replies, broadcasts, conversation_updates, conversations, notifications};
use crate::error::ApiError;
use crate::model::{Conversation, Message, MessageType, Status};
use crate::store::{Transaction, accounts, contacts};
use crate::uploads::Upload;

/// Creates a message and does what follows. Returns it with the conversation as it is afterwards.
pub fn post(
    tx: &mut Transaction<'_>,
    mut conversation: Conversation,
    draft: Draft,
    actor: Option<&Actor>,
) -> Result<(Message, Conversation), ApiError> {
    let message = new_message::create(tx, &mut conversation, &draft, actor)?;
    match message.message_type {
        MessageType::Incoming => after_incoming(tx, &mut conversation, &message, actor)?,
        MessageType::Outgoing => after_outgoing(tx, &mut conversation, &message, actor)?,
        MessageType::Activity | MessageType::Template => {}
    }
    draft.uploads.into_iter().for_each(Upload::keep);
    Ok((message, conversation))
}

/// A visitor's message reopens a resolved or snoozed conversation, unless the contact is muted.
fn after_incoming(
    tx: &mut Transaction<'_>,
    conversation: &mut Conversation,
    message: &Message,
    actor: Option<&Actor>,
) -> Result<(), ApiError> {
    let mut contact = contacts::contact(tx.db, conversation.contact_id)?;
    contact.last_activity_at = Some(tx.now);
    contact.updated_at = tx.now;
    contacts::save(tx.db, &contact)?;
    broadcasts::contact_updated(tx, &contact, actor)?;
    let is_asleep = matches!(conversation.status, Status::Resolved | Status::Snoozed);
    if is_asleep && !contact.blocked {
        let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
        let reopened = if inbox.agent_bot_id.is_some() { Status::Pending } else { Status::Open };
        *conversation = conversations::set_status(tx, conversation, reopened, None, None)?;
    }
    if conversation.waiting_since.is_none() {
        let before = conversation.clone();
        conversation.waiting_since = Some(message.created_at);
        conversation_updates::save_and_broadcast(tx, &before, conversation)?;
    }
    if !contact.blocked {
        notifications::notify_incoming_message(tx, conversation, message)?;
    }
    auto_replies::send(tx, conversation)
}

/// An agent's message ends the visitor's wait; private notes and campaigns don't.
fn after_outgoing(
    tx: &mut Transaction<'_>,
    conversation: &mut Conversation,
    message: &Message,
    actor: Option<&Actor>,
) -> Result<(), ApiError> {
    // In a 4.16 a bot's message ends the wait, too, but is no first reply.
    if let (Some(Actor::Bot(_)), true, false) = (actor, tx.is_4_16(), message.private) {
        let before = conversation.clone();
        conversation.waiting_since = None;
        return conversation_updates::save_and_broadcast(tx, &before, conversation);
    }
    let Some(actor @ Actor::User(_)) = actor else { return Ok(()) };
    if message.private || message.additional_attributes.contains_key("campaign_id") {
        return Ok(());
    }
    let before = conversation.clone();
    conversation.waiting_since = None;
    if conversation.first_reply_created_at.is_none() {
        conversation.first_reply_created_at = Some(message.created_at);
        broadcasts::first_reply(tx, conversation, message, actor)?;
    } else if before.waiting_since.is_none() {
        return Ok(());
    }
    conversation_updates::save_and_broadcast(tx, &before, conversation)
}
