//! Conversations: created, resolved and reopened, read, labelled, muted, handed off, deleted.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::actor::Actor;
use super::assignment::{enqueue_auto_assignment, find_assignee};
use super::broadcasts::{self, Audience};
use super::conversation_updates::{broadcast_update, label_changes, save_and_broadcast};
use super::new_message::create_activity;
use super::{message_updates, notifications, survey, webhooks};
use crate::clock::Micros;
use crate::error::ApiError;
use crate::model::{ContactInbox, Conversation, Inbox, Status, User};
use crate::store::conversations as rows;
use crate::store::messages as message_rows;
use crate::store::{Transaction, accounts, attachments, contacts};

/// Creates a conversation, or returns the last one of an inbox with `lock_to_single_conversation`.
pub fn find_or_create(
    tx: &mut Transaction<'_>,
    contact_inbox: &ContactInbox,
    custom_attributes: Map<String, Value>,
    actor: Option<&Actor>,
) -> Result<Conversation, ApiError> {
    let (conversation, is_new) = find_or_insert(tx, contact_inbox, custom_attributes)?;
    if is_new {
        broadcast_created(tx, &conversation, actor)?;
    }
    Ok(conversation)
}

/// The same without broadcasts and webhooks. The second value is true if the conversation is new.
pub fn find_or_insert(
    tx: &mut Transaction<'_>,
    contact_inbox: &ContactInbox,
    custom_attributes: Map<String, Value>,
) -> Result<(Conversation, bool), ApiError> {
    let inbox = accounts::inbox(tx.db, contact_inbox.inbox_id)?;
    if inbox.single_conversation
        && let Some(old) = rows::newest_of_contact_inbox(tx.db, contact_inbox.id)?
    {
        return Ok((old, false));
    }
    let mut conversation = new_conversation(tx, &inbox, contact_inbox, custom_attributes)?;
    conversation.id = rows::insert(tx.db, &conversation)?;
    Ok((conversation, true))
}

/// The record of a conversation that begins now; not stored yet.
fn new_conversation(
    tx: &Transaction<'_>,
    inbox: &Inbox,
    contact_inbox: &ContactInbox,
    custom_attributes: Map<String, Value>,
) -> Result<Conversation, ApiError> {
    let contact = contacts::contact(tx.db, contact_inbox.contact_id)?;
    let status = match (contact.blocked, inbox.agent_bot_id) {
        (true, _) => Status::Resolved,
        (false, Some(_)) => Status::Pending,
        (false, None) => Status::Open,
    };
    // In a 4.16 a job assigns it later.
    let assignee = if status == Status::Open && !tx.is_4_16() { find_assignee(tx, inbox.id)? } else { None };
    Ok(Conversation {
        id: 0,
        account_id: inbox.account_id,
        display_id: rows::next_display_id(tx.db, inbox.account_id)?,
        uuid: Uuid::new_v4().to_string(),
        inbox_id: inbox.id,
        contact_id: contact.id,
        contact_inbox_id: contact_inbox.id,
        status,
        assignee_id: assignee.map(|user| user.id),
        assignee_bot_id: inbox.agent_bot_id.filter(|_| status == Status::Pending && tx.is_4_16()),
        custom_attributes,
        additional_attributes: Map::new(),
        labels: Vec::new(),
        priority: None,
        snoozed_until: None,
        contact_last_seen_at: None,
        agent_last_seen_at: None,
        assignee_last_seen_at: None,
        waiting_since: Some(tx.now),
        first_reply_created_at: None,
        last_activity_at: tx.now,
        created_at: tx.now,
        updated_at: tx.now,
    })
}

/// Broadcasts a new conversation, and assigns it if nobody is assigned yet.
pub fn broadcast_created(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    actor: Option<&Actor>,
) -> Result<(), ApiError> {
    let performer = actor.and_then(|actor| actor.performer(tx));
    broadcasts::conversation_event(tx, conversation, "conversation.created", Audience::AgentsAndContact, performer)?;
    webhooks::conversation_event(tx, conversation, "conversation_created", None);
    if conversation.assignee_id.is_some() {
        broadcasts::conversation_event(tx, conversation, "assignee.changed", Audience::Agents, None)?;
        notifications::notify_assignment(tx, conversation)?;
    } else {
        enqueue_auto_assignment(tx, conversation);
    }
    Ok(())
}

/// Sets the status and does what follows: broadcasts, assignment, an activity message, the survey.
pub fn set_status(
    tx: &mut Transaction<'_>,
    before: &Conversation,
    status: Status,
    snoozed_until: Option<Micros>,
    actor: Option<&Actor>,
) -> Result<Conversation, ApiError> {
    let mut before = before.clone();
    if is_bot_hand_off(tx, &before, status, actor) {
        // It waits for an agent from now on, which is broadcast first.
        let mut waiting = Conversation { waiting_since: Some(tx.now), ..before.clone() };
        save_and_broadcast(tx, &before, &mut waiting)?;
        before = waiting;
    }
    let mut after = with_status(tx, &before, status, snoozed_until)?;
    if before.status == status && before.snoozed_until == after.snoozed_until {
        return Ok(after);
    }
    save_and_broadcast(tx, &before, &mut after)?;
    enqueue_auto_assignment(tx, &after);
    if before.status == status {
        return Ok(after);
    }
    if before.status == Status::Pending
        && status == Status::Open
        && matches!(actor, Some(Actor::User(_) | Actor::Bot(_)))
    {
        webhooks::conversation_opened(tx, &after);
    }
    if let Some(note) = status_activity(before.status, status, actor) {
        let activity = json!({ "type": "status_changed", "status": status.as_str() });
        create_activity(tx, &mut after, &note, Some(activity))?;
    }
    if status == Status::Resolved {
        survey::send_after_resolving(tx, &mut after)?;
    }
    Ok(after)
}

/// The conversation with another status and the fields that change with it; not saved yet.
fn with_status(
    tx: &Transaction<'_>,
    before: &Conversation,
    status: Status,
    snoozed_until: Option<Micros>,
) -> Result<Conversation, ApiError> {
    let mut after = before.clone();
    after.status = status;
    after.snoozed_until = if status == Status::Snoozed { snoozed_until } else { None };
    if before.status == status && before.snoozed_until == after.snoozed_until {
        return Ok(after);
    }
    if tx.is_4_16() {
        if status == Status::Resolved {
            after.waiting_since = None;
        }
        if status == Status::Open {
            after.assignee_bot_id = None;
        }
    } else if status == Status::Open && after.assignee_id.is_none() {
        after.assignee_id = find_assignee(tx, after.inbox_id)?.map(|user| user.id);
    }
    Ok(after)
}

/// Whether a bot hands a conversation off to agents, as a 4.16 knows it.
fn is_bot_hand_off(tx: &Transaction<'_>, before: &Conversation, status: Status, actor: Option<&Actor>) -> bool {
    tx.is_4_16() && (before.status, status) == (Status::Pending, Status::Open) && matches!(actor, Some(Actor::Bot(_)))
}

/// The visitor has seen the conversation: messages that were sent become read.
pub fn mark_seen_by_contact(tx: &mut Transaction<'_>, before: &Conversation) -> Result<(), ApiError> {
    let mut after = before.clone();
    after.contact_last_seen_at = Some(tx.now);
    save_and_broadcast(tx, before, &mut after)?;
    broadcasts::conversation_event(tx, &after, "conversation.read", Audience::Agents, None)?;
    for message in message_rows::unread_by_contact(tx.db, after.id)? {
        message_updates::set_status(tx, &after, message, "read", None)?;
    }
    Ok(())
}

/// An agent has seen the conversation. Nothing is broadcast.
pub fn mark_seen_by_agent(
    tx: &mut Transaction<'_>,
    before: &Conversation,
    user: &User,
) -> Result<Conversation, ApiError> {
    let mut after = before.clone();
    after.agent_last_seen_at = Some(tx.now);
    if after.assignee_id == Some(user.id) {
        after.assignee_last_seen_at = Some(tx.now);
    }
    // The server writes these columns without callbacks.
    rows::save(tx.db, &after)?;
    Ok(after)
}

/// Opens a pending conversation whose bot can't be reached; the bot stays its assignee.
pub fn hand_off_to_agents(tx: &mut Transaction<'_>, conversation_id: i64) -> Result<(), ApiError> {
    let before = rows::conversation(tx.db, conversation_id)?;
    if before.status != Status::Pending {
        return Ok(());
    }
    let mut after = before.clone();
    after.status = Status::Open;
    save_and_broadcast(tx, &before, &mut after)?;
    webhooks::conversation_opened(tx, &after);
    Ok(())
}

/// Deletes a conversation with its messages and files, in a job. Nothing is broadcast.
pub fn delete(tx: &mut Transaction<'_>, conversation: &Conversation) {
    let id = conversation.id;
    tx.enqueue_job(move |tx| {
        let files = attachments::of_conversation(tx.db, id)?;
        rows::delete(tx.db, id)?;
        tx.delete_files(files);
        Ok(())
    });
}

/// Replaces the labels, with an activity message for those added and one for those removed.
pub fn set_labels(
    tx: &mut Transaction<'_>,
    before: &Conversation,
    labels: Vec<String>,
    actor: &Actor,
) -> Result<Conversation, ApiError> {
    let mut after = before.clone();
    after.labels = labels;
    if before.labels == after.labels {
        return Ok(after);
    }
    save_and_broadcast(tx, before, &mut after)?;
    let changed =
        [("added", difference(&after.labels, &before.labels)), ("removed", difference(&before.labels, &after.labels))];
    let notes = changed
        .map(|(verb, labels)| (!labels.is_empty()).then(|| format!("{} {verb} {}", actor.name(), labels.join(", "))));
    for note in notes.into_iter().flatten() {
        create_activity(tx, &mut after, &note, None)?;
    }
    if !tx.is_4_16() {
        // A 4.0 broadcasts a label twice: with the label, and with the activity message about it.
        broadcast_update(tx, &after, label_changes(before, &after));
    }
    Ok(after)
}

/// Sets or removes the priority, with an activity message.
pub fn set_priority(
    tx: &mut Transaction<'_>,
    before: &Conversation,
    priority: Option<String>,
    actor: &Actor,
) -> Result<(), ApiError> {
    let mut after = before.clone();
    after.priority = priority;
    if before.priority == after.priority {
        return Ok(());
    }
    save_and_broadcast(tx, before, &mut after)?;
    let name = actor.name();
    let note = match (&before.priority, &after.priority) {
        (None, Some(new)) => format!("{name} set the priority to {new}"),
        (Some(old), Some(new)) => format!("{name} changed the priority from {old} to {new}"),
        (_, None) => format!("{name} removed the priority"),
    };
    create_activity(tx, &mut after, &note, None)
}

/// Mutes or unmutes the contact; muting resolves the conversation.
pub fn set_muted(tx: &mut Transaction<'_>, before: &Conversation, muted: bool, actor: &Actor) -> Result<(), ApiError> {
    let mut contact = contacts::contact(tx.db, before.contact_id)?;
    contact.blocked = muted;
    contact.updated_at = tx.now;
    let mut conversation =
        if muted { set_status(tx, before, Status::Resolved, None, Some(actor))? } else { before.clone() };
    contacts::save(tx.db, &contact)?;
    broadcasts::contact_updated(tx, &contact, Some(actor))?;
    let verb = if muted { "muted" } else { "unmuted" };
    create_activity(tx, &mut conversation, &format!("{} has {verb} the conversation", actor.name()), None)
}

/// The activity message about a change of status.
fn status_activity(before: Status, status: Status, actor: Option<&Actor>) -> Option<String> {
    match (status, actor) {
        (Status::Resolved, Some(Actor::Contact(contact))) => {
            Some(format!("Conversation was resolved by {}", contact.name))
        }
        (Status::Open, None) if before == Status::Resolved => {
            Some("System reopened the conversation due to a new incoming message.".into())
        }
        (_, Some(Actor::User(user))) => {
            let what = match status {
                Status::Open => "reopened",
                Status::Resolved => "marked resolved",
                Status::Pending => "marked as pending",
                Status::Snoozed => "snoozed",
            };
            Some(format!("Conversation was {what} by {}", user.name))
        }
        (Status::Open | Status::Pending | Status::Snoozed, Some(Actor::Contact(_)))
        | (_, Some(Actor::Bot(_)))
        | (_, None) => None,
    }
}

/// The labels that the others lack.
fn difference<'a>(labels: &'a [String], others: &[String]) -> Vec<&'a str> {
    labels.iter().filter(|label| !others.contains(label)).map(String::as_str).collect()
}
