//! Contacts, for agents.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::json as value;

use super::caller::Caller;
use super::{done, id, json};
use crate::model::{Contact, ContactInbox, Inbox};
use crate::params::Params;
use crate::refusal::{AgentRefusal, Refusal};
use crate::rules::contacts::{self as rules, Said, Taken};
use crate::serializers;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::accounts;
use crate::store::contacts as rows;
use crate::store::conversations::{self as conversation_rows, Whose};

/// A page of contacts.
const PAGE: i64 = 15;

pub async fn list(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| page(turn, &caller, &params, ""));
    Ok(listed.await?)
}

pub async fn search(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let found = app.store.perform(move |turn| {
        let needle = params.text("q").filter(|needle| !needle.trim().is_empty());
        let needle = needle.ok_or_else(|| Refusal::Wrong("Specify search string with parameter q".into()))?;
        page(turn, &caller, &params, needle.trim())
    });
    Ok(found.await?)
}

pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, contact)): Path<(String, String)>,
) -> Result<Response, AgentRefusal> {
    let shown = app.store.perform(move |turn| {
        let contact = find(turn, &caller, &contact)?;
        json(&value!({ "payload": serializers::contact::listed(turn, &contact)? }))
    });
    Ok(shown.await?)
}

/// With `inbox_id` the contact gets a place in that inbox at once, under `source_id` or a drawn one.
pub async fn create(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let created = app.store.perform(move |turn| {
        let contact = rules::create(turn, caller.account_id, &said(&params), Taken::Named)?;
        let mut place = value!({ "inbox": null, "source_id": null });
        if let Some(inbox_id) = params.integer("inbox_id") {
            let inbox = inbox_of(turn, &caller, inbox_id)?;
            let made = place_in(turn, &contact, &inbox, &params)?;
            place = value!({ "inbox": serializers::inbox::raw(turn, &inbox), "source_id": made.source_id });
        }
        let contact = serializers::contact::listed(turn, &contact)?;
        json(&value!({ "payload": { "contact": contact, "contact_inbox": place } }))
    });
    Ok(created.await?)
}

/// A place in one more inbox.
pub async fn create_place(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, contact)): Path<(String, String)>,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let created = app.store.perform(move |turn| {
        let contact = find(turn, &caller, &contact)?;
        let inbox = inbox_of(turn, &caller, params.integer("inbox_id").ok_or(Refusal::NotFound)?)?;
        let made = place_in(turn, &contact, &inbox, &params)?;
        json(&value!({ "source_id": made.source_id, "inbox": serializers::inbox::raw(turn, &inbox) }))
    });
    Ok(created.await?)
}

pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, contact)): Path<(String, String)>,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let updated = app.store.perform(move |turn| {
        let contact = find(turn, &caller, &contact)?;
        let contact = rules::edit(turn, contact, &said(&params), &caller.actor)?;
        json(&value!({ "payload": serializers::contact::listed(turn, &contact)? }))
    });
    Ok(updated.await?)
}

pub async fn delete(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, contact)): Path<(String, String)>,
) -> Result<Response, AgentRefusal> {
    let deleted = app.store.perform(move |turn| {
        caller.administrator()?;
        let contact = find(turn, &caller, &contact)?;
        rules::delete(turn, &contact)?;
        Ok(done())
    });
    Ok(deleted.await?)
}

/// The conversations of a contact, the newest first.
pub async fn conversations(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, contact)): Path<(String, String)>,
) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        let contact = find(turn, &caller, &contact)?;
        let mut payload = Vec::new();
        for row in conversation_rows::list(turn.db, Whose::Contact(contact.id))?.iter().rev() {
            payload.push(serializers::conversation::listed(turn, row)?);
        }
        json(&value!({ "payload": payload }))
    });
    Ok(listed.await?)
}

fn page(turn: &Turn<'_>, caller: &Caller, params: &Params, needle: &str) -> Result<Response, Refusal> {
    let number = params.integer("page").filter(|number| (1..=1_000_000).contains(number)).unwrap_or(1);
    let (contacts, count) = rows::search(turn.db, caller.account_id, needle, PAGE, (number - 1) * PAGE)?;
    let payload: Vec<_> =
        contacts.iter().map(|contact| serializers::contact::listed(turn, contact)).collect::<Result<_, _>>()?;
    json(&value!({ "meta": { "count": count, "current_page": number }, "payload": payload }))
}

fn find(turn: &Turn<'_>, caller: &Caller, contact: &str) -> Result<Contact, Refusal> {
    let contact = rows::contact(turn.db, id(contact)?)?;
    if contact.account_id == caller.account_id { Ok(contact) } else { Err(Refusal::NotFound) }
}

fn inbox_of(turn: &Turn<'_>, caller: &Caller, inbox_id: i64) -> Result<Inbox, Refusal> {
    let inbox = accounts::inbox(turn.db, inbox_id)?;
    if inbox.account_id == caller.account_id { Ok(inbox) } else { Err(Refusal::NotFound) }
}

fn place_in(turn: &mut Turn<'_>, contact: &Contact, inbox: &Inbox, params: &Params) -> Result<ContactInbox, Refusal> {
    let source_id = params.text("source_id").filter(|source_id| !source_id.trim().is_empty());
    if let Some(source_id) = &source_id
        && rows::contact_inbox_by_source(turn.db, inbox.id, source_id)?.is_some()
    {
        return Err(Refusal::invalid("source_id", "Source has already been taken"));
    }
    rules::place(turn, contact, inbox, source_id)
}

fn said(params: &Params) -> Said {
    Said {
        name: params.text("name"),
        email: params.text("email"),
        phone_number: params.text("phone_number"),
        identifier: params.text("identifier"),
        avatar_url: params.text("avatar_url"),
        custom_attributes: params.object("custom_attributes"),
    }
}
