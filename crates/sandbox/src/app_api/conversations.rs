//! Conversations, for agents.

use serde_json::{Value, json as value};

use super::request::AgentRequest;
use crate::clock::Micros;
use crate::endpoint::{Answer, empty, json};
use crate::error::ApiError;
use crate::model::{ContactInbox, Conversation, MessageType, Status};
use crate::params::as_text;
use crate::rules::{Draft, assignment, contacts, conversation_updates, conversations as rules, messages, typing};
use crate::serializers::{conversation as serializers, user};
use crate::store::conversations::{self as rows, ConversationScope};
use crate::store::{Transaction, accounts, contacts as contact_rows};

/// Conversations in a page, as recorded.
const PAGE: usize = 25;

/// Those of `status` (open ones by default, or `all`), `assignee_type` and `inbox_id`, the most recently active first.
pub fn list(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let me = request.user()?.id;
    let mut found = by_status_and_inbox(tx, &request)?;
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
    let payload: Vec<_> = rows.map(|row| serializers::for_app_api(tx, row)).collect::<Result<_, _>>()?;
    json(&value!({ "data": { "meta": meta, "payload": payload } }))
}

fn by_status_and_inbox(tx: &Transaction<'_>, request: &AgentRequest) -> Result<Vec<Conversation>, ApiError> {
    let status = request.params.text("status").unwrap_or("open".into());
    let wanted = Status::parse(&status);
    let inbox = request.params.integer("inbox_id");
    let mut found = rows::list(tx.db, ConversationScope::Account(request.account_id))?;
    found.retain(|row| status == "all" || wanted == Some(row.status));
    found.retain(|row| inbox.is_none_or(|inbox| inbox == row.inbox_id));
    found.sort_by_key(|row| std::cmp::Reverse((row.last_activity_at, row.id)));
    Ok(found)
}

/// Creates a conversation, optionally with a first `message`.
pub fn create(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let contact_inbox = contact_inbox(tx, &request)?;
    let (mut conversation, is_new) =
        rules::find_or_insert(tx, &contact_inbox, request.params.object("custom_attributes"))?;
    if let Some(status) = request.params.text("status").as_deref().and_then(Status::parse).filter(|_| is_new) {
        conversation.status = status;
        rows::save(tx.db, &conversation)?;
    }
    if is_new {
        rules::broadcast_created(tx, &conversation, Some(&request.actor))?;
    }
    if let Some(message) = request.params.get("message").and_then(Value::as_object) {
        let draft = Draft::text(MessageType::Outgoing, message.get("content").and_then(as_text));
        conversation = messages::post(tx, conversation, draft, Some(&request.actor))?.1;
    }
    json(&serializers::for_app_api(tx, &conversation)?)
}

pub fn show(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    json(&serializers::for_app_api(tx, &conversation)?)
}

pub fn delete(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let conversation = request.conversation(tx)?;
    rules::delete(tx, &conversation);
    empty()
}

/// Sets `status`, with `snoozed_until` in seconds. Without a status it resolves an open conversation and opens any other.
pub fn toggle_status(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let before = request.conversation(tx)?;
    let status = match request.params.text("status") {
        Some(status) => Status::parse(&status).ok_or_else(|| ApiError::internal("no such status"))?,
        None if before.status == Status::Open => Status::Resolved,
        None => Status::Open,
    };
    let until = request.params.integer("snoozed_until").map(|seconds| Micros(0).plus_seconds(seconds));
    let after = rules::set_status(tx, &before, status, until, Some(&request.actor))?;
    // Null for a bot, as recorded.
    let success = request.actor.user().map(|_| true);
    json(&value!({ "payload": {
        "success": success,
        "conversation_id": after.display_id,
        "current_status": after.status.as_str(),
        "snoozed_until": after.snoozed_until.map(Micros::iso)
    }}))
}

pub fn toggle_typing(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let is_private = request.params.flag("is_private").unwrap_or(false);
    let status = request.params.text("typing_status");
    typing::set_status(tx, &conversation, &request.actor, status.as_deref(), is_private)?;
    empty()
}

pub fn toggle_priority(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let priority = request.params.text("priority").filter(|priority| !priority.is_empty());
    if priority.as_deref().is_some_and(|priority| !["low", "medium", "high", "urgent"].contains(&priority)) {
        return Err(ApiError::internal("no such priority"));
    }
    rules::set_priority(tx, &conversation, priority, &request.actor)?;
    empty()
}

pub fn update_last_seen(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let conversation = rules::mark_seen_by_agent(tx, &conversation, request.user()?)?;
    json(&serializers::for_app_api(tx, &conversation)?)
}

/// Assigns the conversation to `assignee_id`, or to nobody.
pub fn assign(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let wanted = request.params.integer("assignee_id");
    if tx.is_4_16() && request.params.text("assignee_type").as_deref() == Some("AgentBot") {
        let bot = request.bot_by_id(tx, wanted.ok_or(ApiError::NotFound)?)?;
        assignment::assign_bot(tx, &conversation, bot.id)?;
        return json(&user::assigned_bot(&bot));
    }
    let users = accounts::users(tx.db, request.account_id)?;
    let assignee = users.into_iter().find(|user| wanted == Some(user.id));
    assignment::assign(tx, &conversation, assignee.as_ref(), request.user()?)?;
    match assignee {
        Some(user) => json(&user::assigned_agent(tx, &user)),
        None => json(&Value::Null),
    }
}

pub fn labels(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    json(&value!({ "payload": conversation.labels }))
}

pub fn set_labels(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let labels = request.params.get("labels").and_then(Value::as_array).cloned().unwrap_or_default();
    let labels = labels.iter().filter_map(as_text).filter(|label| !label.trim().is_empty()).collect();
    let conversation = rules::set_labels(tx, &conversation, labels, &request.actor)?;
    json(&value!({ "payload": conversation.labels }))
}

/// Replaces the conversation's custom attributes.
pub fn custom_attributes(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let before = request.conversation(tx)?;
    let mut after = before.clone();
    after.custom_attributes = request.params.object("custom_attributes");
    conversation_updates::save_and_broadcast(tx, &before, &mut after)?;
    json(&value!({ "custom_attributes": after.custom_attributes }))
}

pub fn mute(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    set_muted(tx, &request, true)
}

pub fn unmute(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    set_muted(tx, &request, false)
}

fn set_muted(tx: &mut Transaction<'_>, request: &AgentRequest, muted: bool) -> Answer {
    let conversation = request.conversation(tx)?;
    rules::set_muted(tx, &conversation, muted, &request.actor)?;
    empty()
}

/// The contact inbox with `source_id` (in `inbox_id`, or in any inbox), or that of `contact_id` in `inbox_id`, which is
/// created if there is none.
fn contact_inbox(tx: &mut Transaction<'_>, request: &AgentRequest) -> Result<ContactInbox, ApiError> {
    let inboxes = accounts::inboxes(tx.db, request.account_id)?;
    let wanted = request.params.integer("inbox_id");
    let inboxes: Vec<_> = inboxes.into_iter().filter(|inbox| wanted.is_none_or(|id| id == inbox.id)).collect();
    if let Some(source_id) = request.params.text("source_id") {
        for inbox in &inboxes {
            if let Some(contact_inbox) = contact_rows::contact_inbox_by_source(tx.db, inbox.id, &source_id)? {
                return Ok(contact_inbox);
            }
        }
        return Err(ApiError::NotFound);
    }
    let contact = contact_rows::contact(tx.db, request.params.integer("contact_id").ok_or(ApiError::NotFound)?)?;
    let inbox = inboxes.first().filter(|_| wanted.is_some() && contact.account_id == request.account_id);
    let inbox = inbox.ok_or(ApiError::NotFound)?;
    let existing = contact_rows::contact_inboxes(tx.db, contact.id)?
        .into_iter()
        .find(|contact_inbox| contact_inbox.inbox_id == inbox.id);
    match existing {
        Some(contact_inbox) => Ok(contact_inbox),
        None => contacts::create_contact_inbox(tx, &contact, inbox, None),
    }
}
