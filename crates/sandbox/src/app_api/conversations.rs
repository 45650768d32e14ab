//! Conversations, for agents.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json as value};

use super::caller::Caller;
use super::{done, json};
use crate::clock::Micros;
use crate::model::{ContactInbox, Conversation, MessageType, Status};
use crate::params::{Params, as_text};
use crate::refusal::{AgentRefusal, Refusal};
use crate::rules::{
    Draft, assignment, conversation_changes, conversations as rules, messages as message_rules, typing,
};
use crate::serializers::conversation as shapes;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::accounts;
use crate::store::contacts as contact_rows;
use crate::store::conversations::{self as rows, Whose};

/// A page of conversations.
const PAGE: usize = 25;

type Address = Path<(String, String)>;

/// The most recently active first: open ones, or those of `status` (`all` for all), by `assignee_type` and `inbox_id`.
pub async fn list(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        let me = caller.user()?.id;
        let status = params.text("status").unwrap_or("open".into());
        let wanted = Status::from_word(&status);
        let inbox = params.integer("inbox_id");
        let mut found = rows::list(turn.db, Whose::Account(caller.account_id))?;
        found.retain(|row| status == "all" || wanted == Some(row.status));
        found.retain(|row| inbox.is_none_or(|inbox| inbox == row.inbox_id));
        found.sort_by_key(|row| std::cmp::Reverse((row.last_activity_at, row.id)));
        let count = |is_counted: &dyn Fn(&Conversation) -> bool| found.iter().filter(|row| is_counted(row)).count();
        let meta = value!({
            "mine_count": count(&|row| row.assignee_id == Some(me)),
            "assigned_count": count(&|row| row.assignee_id.is_some()),
            "unassigned_count": count(&|row| row.assignee_id.is_none()),
            "all_count": found.len()
        });
        match params.text("assignee_type").as_deref() {
            Some("me") => found.retain(|row| row.assignee_id == Some(me)),
            Some("unassigned") => found.retain(|row| row.assignee_id.is_none()),
            Some("assigned") => found.retain(|row| row.assignee_id.is_some()),
            _ => {}
        }
        let page = usize::try_from(params.integer("page").unwrap_or(1)).unwrap_or(1).clamp(1, 100_000);
        let payload: Vec<_> = found
            .iter()
            .skip((page - 1) * PAGE)
            .take(PAGE)
            .map(|row| shapes::listed(turn, row))
            .collect::<Result<_, _>>()?;
        json(&value!({ "data": { "meta": meta, "payload": payload } }))
    });
    Ok(listed.await?)
}

/// By `source_id`, optionally with a first `message`.
pub async fn create(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let created = app.store.perform(move |turn| {
        let place = place(turn, &caller, &params)?;
        let (mut conversation, is_new) = rules::prepare(turn, &place, params.object("custom_attributes"))?;
        if let Some(status) = params.text("status").as_deref().and_then(Status::from_word).filter(|_| is_new) {
            conversation.status = status;
            rows::save(turn.db, &conversation)?;
        }
        if is_new {
            rules::announce(turn, &conversation, Some(&caller.actor))?;
        }
        if let Some(message) = params.get("message").and_then(Value::as_object) {
            let draft = Draft::text(MessageType::Outgoing, message.get("content").and_then(as_text));
            conversation = message_rules::post(turn, conversation, draft, Some(&caller.actor))?.1;
        }
        json(&shapes::listed(turn, &conversation)?)
    });
    Ok(created.await?)
}

pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
) -> Result<Response, AgentRefusal> {
    let shown = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        json(&shapes::listed(turn, &conversation)?)
    });
    Ok(shown.await?)
}

pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
) -> Result<Response, AgentRefusal> {
    let deleted = app.store.perform(move |turn| {
        caller.administrator()?;
        let conversation = caller.conversation(turn, &id)?;
        rules::delete(turn, &conversation);
        Ok(done())
    });
    Ok(deleted.await?)
}

/// To `status`, with `snoozed_until` in seconds; without a status open becomes resolved and anything else open.
pub async fn toggle_status(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let toggled = app.store.perform(move |turn| {
        let before = caller.conversation(turn, &id)?;
        let status = match params.text("status") {
            Some(word) => Status::from_word(&word).ok_or_else(|| Refusal::fault("no such status"))?,
            None if before.status == Status::Open => Status::Resolved,
            None => Status::Open,
        };
        let until = params.integer("snoozed_until").map(|seconds| Micros(0).plus_seconds(seconds));
        let after = rules::set_status(turn, &before, status, until, Some(&caller.actor))?;
        // A bot's call is answered with null here: so it is recorded.
        let success = caller.actor.user().map(|_| true);
        json(&value!({ "payload": {
            "success": success,
            "conversation_id": after.display_id,
            "current_status": after.status.word(),
            "snoozed_until": after.snoozed_until.map(Micros::iso)
        }}))
    });
    Ok(toggled.await?)
}

pub async fn toggle_typing(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let toggled = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        let is_private = params.flag("is_private").unwrap_or(false);
        let status = params.text("typing_status");
        typing::set(turn, &conversation, &caller.actor, status.as_deref(), is_private)?;
        Ok(done())
    });
    Ok(toggled.await?)
}

pub async fn toggle_priority(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let set = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        let priority = params.text("priority").filter(|word| !word.is_empty());
        if priority.as_deref().is_some_and(|word| !["low", "medium", "high", "urgent"].contains(&word)) {
            return Err(Refusal::fault("no such priority"));
        }
        rules::set_priority(turn, &conversation, priority, &caller.actor)?;
        Ok(done())
    });
    Ok(set.await?)
}

pub async fn update_last_seen(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    _params: Params,
) -> Result<Response, AgentRefusal> {
    let seen = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        let conversation = rules::seen_by_agent(turn, &conversation, caller.user()?)?;
        json(&shapes::listed(turn, &conversation)?)
    });
    Ok(seen.await?)
}

/// To `assignee_id`, or to nobody.
pub async fn assign(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let assigned = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        let wanted = params.integer("assignee_id");
        if turn.is_4_16() && params.text("assignee_type").as_deref() == Some("AgentBot") {
            let bot = accounts::bot(turn.db, wanted.ok_or(Refusal::NotFound)?)?;
            if bot.account_id != caller.account_id {
                return Err(Refusal::NotFound);
            }
            assignment::assign_bot(turn, &conversation, bot.id)?;
            return json(&crate::serializers::user::assigned_bot(&bot));
        }
        let users = accounts::users(turn.db, caller.account_id)?;
        let assignee = users.into_iter().find(|user| wanted == Some(user.id));
        assignment::assign(turn, &conversation, assignee.as_ref(), caller.user()?)?;
        match assignee {
            Some(user) => json(&crate::serializers::user::assigned_agent(turn, &user)),
            None => json(&Value::Null),
        }
    });
    Ok(assigned.await?)
}

pub async fn labels(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        json(&value!({ "payload": conversation.labels }))
    });
    Ok(listed.await?)
}

pub async fn set_labels(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let set = app.store.perform(move |turn| {
        let conversation = caller.conversation(turn, &id)?;
        let said = params.get("labels").and_then(Value::as_array).cloned().unwrap_or_default();
        let labels = said.iter().filter_map(as_text).filter(|label| !label.trim().is_empty()).collect();
        let conversation = rules::set_labels(turn, &conversation, labels, &caller.actor)?;
        json(&value!({ "payload": conversation.labels }))
    });
    Ok(set.await?)
}

/// The conversation's attributes become exactly these.
pub async fn custom_attributes(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let set = app.store.perform(move |turn| {
        let before = caller.conversation(turn, &id)?;
        let mut after = before.clone();
        after.custom_attributes = params.object("custom_attributes");
        conversation_changes::save(turn, &before, &mut after)?;
        json(&value!({ "custom_attributes": after.custom_attributes }))
    });
    Ok(set.await?)
}

pub async fn mute(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
) -> Result<Response, AgentRefusal> {
    Ok(set_muted(app, caller, id, true).await?)
}

pub async fn unmute(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, id)): Address,
) -> Result<Response, AgentRefusal> {
    Ok(set_muted(app, caller, id, false).await?)
}

async fn set_muted(app: AppState, caller: Caller, id: String, muted: bool) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = caller.conversation(turn, &id)?;
            rules::set_muted(turn, &conversation, muted, &caller.actor)?;
            Ok(done())
        })
        .await
}

/// By `source_id` (in `inbox_id`, or in any inbox); else the place of `contact_id` in `inbox_id`, made if need be.
fn place(turn: &mut Turn<'_>, caller: &Caller, params: &Params) -> Result<ContactInbox, Refusal> {
    let inboxes = accounts::inboxes(turn.db, caller.account_id)?;
    let wanted = params.integer("inbox_id");
    let inboxes: Vec<_> = inboxes.into_iter().filter(|inbox| wanted.is_none_or(|id| id == inbox.id)).collect();
    if let Some(source_id) = params.text("source_id") {
        for inbox in &inboxes {
            if let Some(place) = contact_rows::contact_inbox_by_source(turn.db, inbox.id, &source_id)? {
                return Ok(place);
            }
        }
        return Err(Refusal::NotFound);
    }
    let contact = contact_rows::contact(turn.db, params.integer("contact_id").ok_or(Refusal::NotFound)?)?;
    let inbox = inboxes.first().filter(|_| wanted.is_some() && contact.account_id == caller.account_id);
    let inbox = inbox.ok_or(Refusal::NotFound)?;
    let known =
        contact_rows::contact_inboxes(turn.db, contact.id)?.into_iter().find(|place| place.inbox_id == inbox.id);
    match known {
        Some(place) => Ok(place),
        None => crate::rules::contacts::place(turn, &contact, inbox, None),
    }
}
