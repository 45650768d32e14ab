//! Conversations, for agents.

use serde_json::{Value, json as value};

use super::request::AgentRequest;
use crate::clock::Micros;
use crate::endpoint::{Answer, empty, json};
use crate::model::{ContactInbox, Conversation, MessageType, Status};
use crate::params::as_text;
use crate::refusal::Refusal;
use crate::rules::{Draft, assignment, contacts, conversation_changes, conversations as rules, messages, typing};
use crate::serializers::{conversation as serializers, user};
use crate::store::conversations::{self as rows, Whose};
use crate::store::{Turn, accounts, contacts as contact_rows};

/// A page of conversations.
const PAGE: usize = 25;

/// The most recently active first: open ones, or those of `status` (`all` for all), by `assignee_type` and `inbox_id`.
pub fn list(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let me = request.user()?.id;
    let mut found = by_status_and_inbox(turn, &request)?;
    let count = |is_counted: &dyn Fn(&Conversation) -> bool| found.iter().filter(|row| is_counted(row)).count();
    let meta = value!({
        "mine_count": count(&|row| row.assignee_id == Some(me)),
        "assigned_count": count(&|row| row.assignee_id.is_some()),
        "unassigned_count": count(&|row| row.assignee_id.is_none()),
        "all_count": found.len()
    });
    match request.params.text("assignee_type").as_deref() {
        Some("me") => found.retain(|row| row.assignee_id == Some(me)),
        Some("unassigned") => found.retain(|row| row.assignee_id.is_none()),
        Some("assigned") => found.retain(|row| row.assignee_id.is_some()),
        _ => {}
    }
    let page = usize::try_from(request.params.integer("page").unwrap_or(1)).unwrap_or(1).clamp(1, 100_000);
    let rows = found.iter().skip((page - 1) * PAGE).take(PAGE);
    let payload: Vec<_> = rows.map(|row| serializers::listed(turn, row)).collect::<Result<_, _>>()?;
    json(&value!({ "data": { "meta": meta, "payload": payload } }))
}

fn by_status_and_inbox(turn: &Turn<'_>, request: &AgentRequest) -> Result<Vec<Conversation>, Refusal> {
    let status = request.params.text("status").unwrap_or("open".into());
    let wanted = Status::from_word(&status);
    let inbox = request.params.integer("inbox_id");
    let mut found = rows::list(turn.db, Whose::Account(request.account_id))?;
    found.retain(|row| status == "all" || wanted == Some(row.status));
    found.retain(|row| inbox.is_none_or(|inbox| inbox == row.inbox_id));
    found.sort_by_key(|row| std::cmp::Reverse((row.last_activity_at, row.id)));
    Ok(found)
}

/// By `source_id`, optionally with a first `message`.
pub fn create(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let place = contact_inbox(turn, &request)?;
    let (mut conversation, is_new) = rules::prepare(turn, &place, request.params.object("custom_attributes"))?;
    if let Some(status) = request.params.text("status").as_deref().and_then(Status::from_word).filter(|_| is_new) {
        conversation.status = status;
        rows::save(turn.db, &conversation)?;
    }
    if is_new {
        rules::announce(turn, &conversation, Some(&request.actor))?;
    }
    if let Some(message) = request.params.get("message").and_then(Value::as_object) {
        let draft = Draft::text(MessageType::Outgoing, message.get("content").and_then(as_text));
        conversation = messages::post(turn, conversation, draft, Some(&request.actor))?.1;
    }
    json(&serializers::listed(turn, &conversation)?)
}

pub fn show(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    json(&serializers::listed(turn, &conversation)?)
}

pub fn delete(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let conversation = request.conversation(turn)?;
    rules::delete(turn, &conversation);
    empty()
}

/// To `status`, with `snoozed_until` in seconds; without a status open becomes resolved and anything else open.
pub fn toggle_status(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let before = request.conversation(turn)?;
    let status = match request.params.text("status") {
        Some(word) => Status::from_word(&word).ok_or_else(|| Refusal::fault("no such status"))?,
        None if before.status == Status::Open => Status::Resolved,
        None => Status::Open,
    };
    let until = request.params.integer("snoozed_until").map(|seconds| Micros(0).plus_seconds(seconds));
    let after = rules::set_status(turn, &before, status, until, Some(&request.actor))?;
    // A bot's call is answered with null here: so it is recorded.
    let success = request.actor.user().map(|_| true);
    json(&value!({ "payload": {
        "success": success,
        "conversation_id": after.display_id,
        "current_status": after.status.word(),
        "snoozed_until": after.snoozed_until.map(Micros::iso)
    }}))
}

pub fn toggle_typing(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let is_private = request.params.flag("is_private").unwrap_or(false);
    let status = request.params.text("typing_status");
    typing::set(turn, &conversation, &request.actor, status.as_deref(), is_private)?;
    empty()
}

pub fn toggle_priority(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let priority = request.params.text("priority").filter(|word| !word.is_empty());
    if priority.as_deref().is_some_and(|word| !["low", "medium", "high", "urgent"].contains(&word)) {
        return Err(Refusal::fault("no such priority"));
    }
    rules::set_priority(turn, &conversation, priority, &request.actor)?;
    empty()
}

pub fn update_last_seen(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let conversation = rules::seen_by_agent(turn, &conversation, request.user()?)?;
    json(&serializers::listed(turn, &conversation)?)
}

/// To `assignee_id`, or to nobody.
pub fn assign(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let wanted = request.params.integer("assignee_id");
    if turn.is_4_16() && request.params.text("assignee_type").as_deref() == Some("AgentBot") {
        let bot = request.bot_by_id(turn, wanted.ok_or(Refusal::NotFound)?)?;
        assignment::assign_bot(turn, &conversation, bot.id)?;
        return json(&user::assigned_bot(&bot));
    }
    let users = accounts::users(turn.db, request.account_id)?;
    let assignee = users.into_iter().find(|user| wanted == Some(user.id));
    assignment::assign(turn, &conversation, assignee.as_ref(), request.user()?)?;
    match assignee {
        Some(user) => json(&user::assigned_agent(turn, &user)),
        None => json(&Value::Null),
    }
}

pub fn labels(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    json(&value!({ "payload": conversation.labels }))
}

pub fn set_labels(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let said = request.params.get("labels").and_then(Value::as_array).cloned().unwrap_or_default();
    let labels = said.iter().filter_map(as_text).filter(|label| !label.trim().is_empty()).collect();
    let conversation = rules::set_labels(turn, &conversation, labels, &request.actor)?;
    json(&value!({ "payload": conversation.labels }))
}

/// The conversation's attributes become exactly these.
pub fn custom_attributes(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let before = request.conversation(turn)?;
    let mut after = before.clone();
    after.custom_attributes = request.params.object("custom_attributes");
    conversation_changes::save(turn, &before, &mut after)?;
    json(&value!({ "custom_attributes": after.custom_attributes }))
}

pub fn mute(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    set_muted(turn, &request, true)
}

pub fn unmute(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    set_muted(turn, &request, false)
}

fn set_muted(turn: &mut Turn<'_>, request: &AgentRequest, muted: bool) -> Answer {
    let conversation = request.conversation(turn)?;
    rules::set_muted(turn, &conversation, muted, &request.actor)?;
    empty()
}

/// By `source_id` (in `inbox_id`, or in any inbox); else the place of `contact_id` in `inbox_id`, made if need be.
fn contact_inbox(turn: &mut Turn<'_>, request: &AgentRequest) -> Result<ContactInbox, Refusal> {
    let inboxes = accounts::inboxes(turn.db, request.account_id)?;
    let wanted = request.params.integer("inbox_id");
    let inboxes: Vec<_> = inboxes.into_iter().filter(|inbox| wanted.is_none_or(|id| id == inbox.id)).collect();
    if let Some(source_id) = request.params.text("source_id") {
        for inbox in &inboxes {
            if let Some(place) = contact_rows::contact_inbox_by_source(turn.db, inbox.id, &source_id)? {
                return Ok(place);
            }
        }
        return Err(Refusal::NotFound);
    }
    let contact = contact_rows::contact(turn.db, request.params.integer("contact_id").ok_or(Refusal::NotFound)?)?;
    let inbox = inboxes.first().filter(|_| wanted.is_some() && contact.account_id == request.account_id);
    let inbox = inbox.ok_or(Refusal::NotFound)?;
    let known =
        contact_rows::contact_inboxes(turn.db, contact.id)?.into_iter().find(|place| place.inbox_id == inbox.id);
    match known {
        Some(place) => Ok(place),
        None => contacts::place(turn, &contact, inbox, None),
    }
}
