//! A conversation's life: it opens, changes status, is read, marked, handed over and deleted.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::actor::Actor;
use super::assignment::{assign_in_a_moment, someone_online};
use super::broadcasts::{self, Audience};
use super::conversation_changes::{label_changes, save, tell};
use super::new_message::note_activity;
use super::{message_changes, notifications, survey, webhooks};
use crate::clock::Micros;
use crate::model::{ContactInbox, Conversation, Status, User};
use crate::refusal::Refusal;
use crate::store::conversations as rows;
use crate::store::messages as message_rows;
use crate::store::{Turn, accounts, contacts, files};

/// Opens a conversation, or gives the old one back where an inbox has room for one only.
pub fn open(
    turn: &mut Turn<'_>,
    place: &ContactInbox,
    custom_attributes: Map<String, Value>,
    actor: Option<&Actor>,
) -> Result<Conversation, Refusal> {
    let (conversation, is_new) = prepare(turn, place, custom_attributes)?;
    if is_new {
        announce(turn, &conversation, actor)?;
    }
    Ok(conversation)
}

/// Opens it without telling anyone yet. `true`: it is new.
pub fn prepare(
    turn: &mut Turn<'_>,
    place: &ContactInbox,
    custom_attributes: Map<String, Value>,
) -> Result<(Conversation, bool), Refusal> {
    let inbox = accounts::inbox(turn.db, place.inbox_id)?;
    if inbox.single_conversation
        && let Some(old) = rows::last_of(turn.db, place.id)?
    {
        return Ok((old, false));
    }
    let contact = contacts::contact(turn.db, place.contact_id)?;
    let status = if contact.blocked {
        Status::Resolved
    } else if inbox.agent_bot_id.is_some() {
        Status::Pending
    } else {
        Status::Open
    };
    // Since 4.16 a job assigns it a moment later.
    let assignee = if status == Status::Open && !turn.is_4_16() { someone_online(turn, inbox.id)? } else { None };
    let assignee_bot_id = inbox.agent_bot_id.filter(|_| status == Status::Pending && turn.is_4_16());
    let mut conversation = Conversation {
        id: 0,
        account_id: inbox.account_id,
        display_id: rows::next_display_id(turn.db, inbox.account_id)?,
        uuid: Uuid::new_v4().to_string(),
        inbox_id: inbox.id,
        contact_id: contact.id,
        contact_inbox_id: place.id,
        status,
        assignee_id: assignee.map(|user| user.id),
        assignee_bot_id,
        custom_attributes,
        additional_attributes: Map::new(),
        labels: Vec::new(),
        priority: None,
        snoozed_until: None,
        contact_last_seen_at: None,
        agent_last_seen_at: None,
        assignee_last_seen_at: None,
        waiting_since: Some(turn.now),
        first_reply_created_at: None,
        last_activity_at: turn.now,
        created_at: turn.now,
        updated_at: turn.now,
    };
    conversation.id = rows::insert(turn.db, &conversation)?;
    Ok((conversation, true))
}

pub fn announce(turn: &mut Turn<'_>, conversation: &Conversation, actor: Option<&Actor>) -> Result<(), Refusal> {
    let performer = actor.and_then(|actor| actor.performer(turn));
    broadcasts::conversation_frame(turn, conversation, "conversation.created", Audience::AgentsAndContact, performer)?;
    webhooks::conversation_callback(turn, conversation, "conversation_created", None);
    if conversation.assignee_id.is_some() {
        broadcasts::conversation_frame(turn, conversation, "assignee.changed", Audience::Agents, None)?;
        notifications::assigned(turn, conversation)?;
    } else {
        assign_in_a_moment(turn, conversation);
    }
    Ok(())
}

/// Sets a status; what follows from it (who is told, the note about it, the survey) follows.
pub fn set_status(
    turn: &mut Turn<'_>,
    before: &Conversation,
    status: Status,
    snoozed_until: Option<Micros>,
    actor: Option<&Actor>,
) -> Result<Conversation, Refusal> {
    let handed_off;
    let before = if is_hand_off(turn, before, status, actor) {
        // It begins to wait for a person now, and that is told first.
        let mut after = before.clone();
        after.waiting_since = Some(turn.now);
        save(turn, before, &mut after)?;
        handed_off = after;
        &handed_off
    } else {
        before
    };
    let mut after = before.clone();
    after.status = status;
    after.snoozed_until = if status == Status::Snoozed { snoozed_until } else { None };
    if before.status == status && before.snoozed_until == after.snoozed_until {
        return Ok(after);
    }
    if turn.is_4_16() {
        if status == Status::Resolved {
            after.waiting_since = None;
        }
        if status == Status::Open {
            after.assignee_bot_id = None;
        }
    } else if status == Status::Open && after.assignee_id.is_none() {
        after.assignee_id = someone_online(turn, after.inbox_id)?.map(|user| user.id);
    }
    save(turn, before, &mut after)?;
    assign_in_a_moment(turn, &after);
    if before.status == status {
        return Ok(after);
    }
    if before.status == Status::Pending
        && status == Status::Open
        && matches!(actor, Some(Actor::User(_) | Actor::Bot(_)))
    {
        webhooks::conversation_opened_to_bot(turn, &after);
    }
    if let Some(note) = status_note(before.status, status, actor) {
        let activity = json!({ "type": "status_changed", "status": status.word() });
        note_activity(turn, &mut after, &note, Some(activity))?;
    }
    if status == Status::Resolved {
        survey::send_after_resolving(turn, &mut after)?;
    }
    Ok(after)
}

/// Whether a bot gives a conversation to people, in the manner of 4.16.
fn is_hand_off(turn: &Turn<'_>, before: &Conversation, status: Status, actor: Option<&Actor>) -> bool {
    turn.is_4_16() && (before.status, status) == (Status::Pending, Status::Open) && matches!(actor, Some(Actor::Bot(_)))
}

/// The visitor has seen it: sent messages become read.
pub fn seen_by_contact(turn: &mut Turn<'_>, before: &Conversation) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.contact_last_seen_at = Some(turn.now);
    save(turn, before, &mut after)?;
    broadcasts::conversation_frame(turn, &after, "conversation.read", Audience::Agents, None)?;
    for message in message_rows::unread_by_contact(turn.db, after.id)? {
        message_changes::set_status(turn, &after, message, "read", None)?;
    }
    Ok(())
}

/// An agent has seen it. The visitor is told nothing.
pub fn seen_by_agent(turn: &mut Turn<'_>, before: &Conversation, user: &User) -> Result<Conversation, Refusal> {
    let mut after = before.clone();
    after.agent_last_seen_at = Some(turn.now);
    if after.assignee_id == Some(user.id) {
        after.assignee_last_seen_at = Some(turn.now);
    }
    // The server writes these columns directly, past everything that watches a conversation.
    rows::save(turn.db, &after)?;
    Ok(after)
}

/// A pending conversation whose bot can't be reached is opened for people; the bot stays its assignee.
pub fn hand_over(turn: &mut Turn<'_>, conversation_id: i64) -> Result<(), Refusal> {
    let before = rows::conversation(turn.db, conversation_id)?;
    if before.status != Status::Pending {
        return Ok(());
    }
    let mut after = before.clone();
    after.status = Status::Open;
    save(turn, &before, &mut after)?;
    webhooks::conversation_opened_to_bot(turn, &after);
    Ok(())
}

/// An administrator deletes it. Nobody is told; a moment later all of it is gone.
pub fn delete(turn: &mut Turn<'_>, conversation: &Conversation) {
    let id = conversation.id;
    turn.in_a_moment(move |turn| {
        let orphans = files::of_conversation(turn.db, id)?;
        rows::delete(turn.db, id)?;
        turn.delete_files(orphans);
        Ok(())
    });
}

pub fn set_labels(
    turn: &mut Turn<'_>,
    before: &Conversation,
    labels: Vec<String>,
    actor: &Actor,
) -> Result<Conversation, Refusal> {
    let mut after = before.clone();
    after.labels = labels;
    if before.labels == after.labels {
        return Ok(after);
    }
    save(turn, before, &mut after)?;
    let changed =
        [("added", missing(&after.labels, &before.labels)), ("removed", missing(&before.labels, &after.labels))];
    let notes = changed
        .map(|(verb, labels)| (!labels.is_empty()).then(|| format!("{} {verb} {}", actor.name(), labels.join(", "))));
    for note in notes.into_iter().flatten() {
        note_activity(turn, &mut after, &note, None)?;
    }
    if !turn.is_4_16() {
        // A 4.0 tells of a label twice: once with the label, once with the note about it.
        tell(turn, &after, label_changes(before, &after));
    }
    Ok(after)
}

pub fn set_priority(
    turn: &mut Turn<'_>,
    before: &Conversation,
    priority: Option<String>,
    actor: &Actor,
) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.priority = priority;
    if before.priority == after.priority {
        return Ok(());
    }
    save(turn, before, &mut after)?;
    let name = actor.name();
    let note = match (&before.priority, &after.priority) {
        (None, Some(new)) => format!("{name} set the priority to {new}"),
        (Some(old), Some(new)) => format!("{name} changed the priority from {old} to {new}"),
        (_, None) => format!("{name} removed the priority"),
    };
    note_activity(turn, &mut after, &note, None)
}

/// Mutes or unmutes the contact; muting resolves the conversation.
pub fn set_muted(turn: &mut Turn<'_>, before: &Conversation, muted: bool, actor: &Actor) -> Result<(), Refusal> {
    let mut contact = contacts::contact(turn.db, before.contact_id)?;
    contact.blocked = muted;
    contact.updated_at = turn.now;
    let mut conversation =
        if muted { set_status(turn, before, Status::Resolved, None, Some(actor))? } else { before.clone() };
    contacts::save(turn.db, &contact)?;
    broadcasts::contact_updated(turn, &contact, Some(actor))?;
    let verb = if muted { "muted" } else { "unmuted" };
    note_activity(turn, &mut conversation, &format!("{} has {verb} the conversation", actor.name()), None)
}

fn status_note(before: Status, status: Status, actor: Option<&Actor>) -> Option<String> {
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

fn missing<'a>(these: &'a [String], among: &[String]) -> Vec<&'a str> {
    these.iter().filter(|label| !among.contains(label)).map(String::as_str).collect()
}
