//! A conversation's life: it opens, changes hands and status, is read.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::telling::{self, Audience};
use super::{Actor, messages, notifications, templates};
use crate::clock::Micros;
use crate::refusal::Refusal;
use crate::store::accounts::{self, User};
use crate::store::contacts::{self, ContactInbox};
use crate::store::conversations::{self as rows, Conversation, Status};
use crate::store::messages as message_rows;
use crate::store::{Turn, files};

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
    telling::conversation_frame(turn, conversation, "conversation.created", Audience::AgentsAndContact, performer)?;
    telling::conversation_callback(turn, conversation, "conversation_created", None);
    if conversation.assignee_id.is_some() {
        telling::conversation_frame(turn, conversation, "assignee.changed", Audience::Agents, None)?;
        notifications::assigned(turn, conversation)?;
    } else {
        assign_in_a_moment(turn, conversation);
    }
    Ok(())
}

/// Since 4.16 whoever is online gets an open conversation by a job of its own.
fn assign_in_a_moment(turn: &mut Turn<'_>, conversation: &Conversation) {
    if !turn.is_4_16() || conversation.status != Status::Open || conversation.assignee_id.is_some() {
        return;
    }
    let id = conversation.id;
    turn.in_a_moment(move |turn| {
        let before = rows::conversation(turn.db, id)?;
        if before.status != Status::Open || before.assignee_id.is_some() {
            return Ok(());
        }
        let Some(user) = someone_online(turn, before.inbox_id)? else { return Ok(()) };
        let mut after = before.clone();
        after.assignee_id = Some(user.id);
        update(turn, &before, &mut after)?;
        let note = format!("Assigned to {} by Default Policy", user.name);
        messages::note_activity(turn, &mut after, &note, Some(json!({ "type": "assignee_changed" })))
    });
}

/// Keeps what changed and tells it, as far as anyone is told of such a change.
pub fn update(turn: &mut Turn<'_>, before: &Conversation, after: &mut Conversation) -> Result<(), Refusal> {
    after.updated_at = turn.now.max(Micros(before.updated_at.0 + 1));
    let changes = told_changes(before, after);
    rows::save(turn.db, after)?;
    if changes.is_empty() {
        return Ok(());
    }
    if before.status != after.status {
        telling::conversation_frame(turn, after, "conversation.status_changed", Audience::AgentsAndContact, None)?;
        telling::conversation_callback(turn, after, "conversation_status_changed", Some(Value::Null));
    }
    telling::conversation_updated(turn, after, changes);
    if before.assignee_id != after.assignee_id {
        telling::conversation_frame(turn, after, "assignee.changed", Audience::Agents, None)?;
        notifications::assigned(turn, after)?;
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
        update(turn, before, &mut after)?;
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
    update(turn, before, &mut after)?;
    assign_in_a_moment(turn, &after);
    if before.status == status {
        return Ok(after);
    }
    if before.status == Status::Pending
        && status == Status::Open
        && matches!(actor, Some(Actor::User(_) | Actor::Bot(_)))
    {
        telling::conversation_opened_to_bot(turn, &after);
    }
    if let Some(note) = status_note(before.status, status, actor) {
        let activity = json!({ "type": "status_changed", "status": status.word() });
        messages::note_activity(turn, &mut after, &note, Some(activity))?;
    }
    if status == Status::Resolved {
        templates::survey_after_resolving(turn, &mut after)?;
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
    update(turn, before, &mut after)?;
    telling::conversation_frame(turn, &after, "conversation.read", Audience::Agents, None)?;
    for message in message_rows::unread_by_contact(turn.db, after.id)? {
        messages::set_status(turn, &after, message, "read", None)?;
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

pub fn assign(
    turn: &mut Turn<'_>,
    before: &Conversation,
    assignee: Option<&User>,
    actor: &User,
) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.assignee_id = assignee.map(|user| user.id);
    after.assignee_bot_id = None;
    if (after.assignee_id, after.assignee_bot_id) == (before.assignee_id, before.assignee_bot_id) {
        return Ok(());
    }
    update(turn, before, &mut after)?;
    let note = match assignee {
        Some(user) if user.id == actor.id => format!("{} self-assigned this conversation", actor.name),
        Some(user) => format!("Assigned to {} by {}", user.name, actor.name),
        None => format!("Conversation unassigned by {}", actor.name),
    };
    messages::note_activity(turn, &mut after, &note, Some(json!({ "type": "assignee_changed" })))
}

/// Since 4.8 a bot may have it.
pub fn assign_bot(turn: &mut Turn<'_>, before: &Conversation, bot_id: i64) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.assignee_id = None;
    after.assignee_bot_id = Some(bot_id);
    update(turn, before, &mut after)
}

/// A pending conversation whose bot can't be reached is opened for people; the bot stays its assignee.
pub fn hand_over(turn: &mut Turn<'_>, conversation_id: i64) -> Result<(), Refusal> {
    let before = rows::conversation(turn.db, conversation_id)?;
    if before.status != Status::Pending {
        return Ok(());
    }
    let mut after = before.clone();
    after.status = Status::Open;
    update(turn, &before, &mut after)?;
    telling::conversation_opened_to_bot(turn, &after);
    Ok(())
}

/// An administrator deletes it. Nobody is told; a moment later all of it is gone.
pub fn delete(turn: &mut Turn<'_>, conversation: &Conversation) {
    let id = conversation.id;
    turn.in_a_moment(move |turn| {
        let orphans = files::of_conversation(turn.db, id)?;
        rows::delete(turn.db, id)?;
        crate::uploads::discard(turn, orphans);
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
    update(turn, before, &mut after)?;
    let changed =
        [("added", missing(&after.labels, &before.labels)), ("removed", missing(&before.labels, &after.labels))];
    let notes = changed
        .map(|(verb, labels)| (!labels.is_empty()).then(|| format!("{} {verb} {}", name_of(actor), labels.join(", "))));
    for note in notes.into_iter().flatten() {
        messages::note_activity(turn, &mut after, &note, None)?;
    }
    if !turn.is_4_16() {
        // A 4.0 tells of a label twice: once with the label, once with the note about it.
        telling::conversation_updated(turn, &after, label_changes(before, &after));
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
    update(turn, before, &mut after)?;
    let name = name_of(actor);
    let note = match (&before.priority, &after.priority) {
        (None, Some(new)) => format!("{name} set the priority to {new}"),
        (Some(old), Some(new)) => format!("{name} changed the priority from {old} to {new}"),
        (_, None) => format!("{name} removed the priority"),
    };
    messages::note_activity(turn, &mut after, &note, None)
}

/// Mutes or unmutes the contact; muting resolves the conversation.
pub fn set_muted(turn: &mut Turn<'_>, before: &Conversation, muted: bool, actor: &Actor) -> Result<(), Refusal> {
    let mut contact = contacts::contact(turn.db, before.contact_id)?;
    contact.blocked = muted;
    contact.updated_at = turn.now;
    let mut conversation =
        if muted { set_status(turn, before, Status::Resolved, None, Some(actor))? } else { before.clone() };
    contacts::save(turn.db, &contact)?;
    telling::contact_updated(turn, &contact, Some(actor))?;
    let verb = if muted { "muted" } else { "unmuted" };
    messages::note_activity(turn, &mut conversation, &format!("{} has {verb} the conversation", name_of(actor)), None)
}

pub fn name_of(actor: &Actor) -> &str {
    match actor {
        Actor::Contact(contact) => &contact.name,
        Actor::User(user) => &user.name,
        Actor::Bot(bot) => &bot.name,
    }
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

/// New conversations go to an agent of the inbox who is online, the one with the fewest in hand first.
fn someone_online(turn: &Turn<'_>, inbox_id: i64) -> Result<Option<User>, Refusal> {
    let mut chosen: Option<(i64, User)> = None;
    for user in accounts::members(turn.db, inbox_id)? {
        if turn.world.presence.user_word(&user, turn.now) != "online" {
            continue;
        }
        let load: i64 = turn
            .db
            .prepare_cached("SELECT count(*) FROM conversations WHERE assignee_id = ?1 AND status = 0")?
            .query_row([user.id], |row| row.get(0))?;
        if chosen.as_ref().is_none_or(|(least, _)| load < *least) {
            chosen = Some((load, user));
        }
    }
    Ok(chosen.map(|(_, user)| user))
}

/// The changes that are told, in the callback's form. What only moves a time of reading is not told.
fn told_changes(before: &Conversation, after: &Conversation) -> Vec<Value> {
    let iso = |moment: Option<Micros>| moment.map(Micros::iso).into();
    let fields: [(&str, Value, Value); 7] = [
        ("assignee_agent_bot_id", before.assignee_bot_id.into(), after.assignee_bot_id.into()),
        ("status", before.status.word().into(), after.status.word().into()),
        ("snoozed_until", iso(before.snoozed_until), iso(after.snoozed_until)),
        ("assignee_id", before.assignee_id.into(), after.assignee_id.into()),
        ("first_reply_created_at", iso(before.first_reply_created_at), iso(after.first_reply_created_at)),
        ("waiting_since", iso(before.waiting_since), iso(after.waiting_since)),
        ("priority", before.priority.clone().into(), after.priority.clone().into()),
    ];
    let mut changes: Vec<Value> =
        fields.into_iter().filter(|(_, old, new)| old != new).map(|(name, old, new)| change(name, old, new)).collect();
    if before.custom_attributes != after.custom_attributes {
        let (old, new) = (before.custom_attributes.clone(), after.custom_attributes.clone());
        changes.push(change("custom_attributes", old.into(), new.into()));
    }
    if before.labels != after.labels {
        return label_changes(before, after);
    }
    if !changes.is_empty() {
        let at = usize::from(before.status != after.status);
        changes.insert(at, change("updated_at", before.updated_at.iso().into(), after.updated_at.iso().into()));
    }
    changes
}

fn label_changes(before: &Conversation, after: &Conversation) -> Vec<Value> {
    let joined = |labels: &[String]| if labels.is_empty() { Value::Null } else { labels.join(", ").into() };
    vec![
        change("updated_at", before.updated_at.iso().into(), after.updated_at.iso().into()),
        change("cached_label_list", joined(&before.labels), joined(&after.labels)),
        change("label_list", before.labels.clone().into(), after.labels.clone().into()),
    ]
}

#[expect(clippy::needless_pass_by_value, reason = "every caller has just made the values")]
fn change(name: &str, old: Value, new: Value) -> Value {
    json!({ name: { "previous_value": old, "current_value": new } })
}

fn missing<'a>(these: &'a [String], among: &[String]) -> Vec<&'a str> {
    these.iter().filter(|label| !among.contains(label)).map(String::as_str).collect()
}
