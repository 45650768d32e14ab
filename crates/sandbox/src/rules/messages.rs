//! Saying something: a message is stored and told, and moves its conversation.

use super::actor::Actor;
use super::new_message::{self, Draft};
use super::{auto_replies, broadcasts, conversation_changes, conversations, notifications};
use crate::model::{Conversation, Message, MessageType, Status};
use crate::refusal::Refusal;
use crate::store::{Turn, accounts, contacts};
use crate::uploads::Upload;

/// Stores a message and does all that follows from it. The conversation comes back as it then is.
pub fn post(
    turn: &mut Turn<'_>,
    mut conversation: Conversation,
    draft: Draft,
    actor: Option<&Actor>,
) -> Result<(Message, Conversation), Refusal> {
    let message = new_message::create(turn, &mut conversation, &draft, actor)?;
    match message.message_type {
        MessageType::Incoming => came_in(turn, &mut conversation, &message, actor)?,
        MessageType::Outgoing => went_out(turn, &mut conversation, &message, actor)?,
        MessageType::Activity | MessageType::Template => {}
    }
    draft.uploads.into_iter().for_each(Upload::keep);
    Ok((message, conversation))
}

fn came_in(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    message: &Message,
    actor: Option<&Actor>,
) -> Result<(), Refusal> {
    let mut contact = contacts::contact(turn.db, conversation.contact_id)?;
    contact.last_activity_at = Some(turn.now);
    contact.updated_at = turn.now;
    contacts::save(turn.db, &contact)?;
    broadcasts::contact_updated(turn, &contact, actor)?;
    let sleeps = matches!(conversation.status, Status::Resolved | Status::Snoozed);
    if sleeps && !contact.blocked {
        let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
        let awake = if inbox.agent_bot_id.is_some() { Status::Pending } else { Status::Open };
        *conversation = conversations::set_status(turn, conversation, awake, None, None)?;
    }
    if conversation.waiting_since.is_none() {
        let before = conversation.clone();
        conversation.waiting_since = Some(message.created_at);
        conversation_changes::save(turn, &before, conversation)?;
    }
    if !contact.blocked {
        notifications::contact_wrote(turn, conversation, message)?;
    }
    auto_replies::after_incoming(turn, conversation)
}

fn went_out(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    message: &Message,
    actor: Option<&Actor>,
) -> Result<(), Refusal> {
    // A bot's answer ends the wait too, since 4.16; it is no first reply.
    if let (Some(Actor::Bot(_)), true, false) = (actor, turn.is_4_16(), message.private) {
        let before = conversation.clone();
        conversation.waiting_since = None;
        return conversation_changes::save(turn, &before, conversation);
    }
    let Some(actor @ Actor::User(_)) = actor else { return Ok(()) };
    if message.private || message.additional_attributes.contains_key("campaign_id") {
        return Ok(());
    }
    let before = conversation.clone();
    conversation.waiting_since = None;
    if conversation.first_reply_created_at.is_none() {
        conversation.first_reply_created_at = Some(message.created_at);
        broadcasts::first_reply(turn, conversation, message, actor)?;
    } else if before.waiting_since.is_none() {
        return Ok(());
    }
    conversation_changes::save(turn, &before, conversation)
}
