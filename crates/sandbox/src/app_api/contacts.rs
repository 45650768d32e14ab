//! Contacts, for agents.

use serde_json::json as value;

use super::request::AgentRequest;
use crate::endpoint::{Answer, empty, json};
use crate::model::{Contact, ContactInbox, Inbox};
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::contacts::{self as rules, Taken};
use crate::serializers::{contact as serializers, conversation, inbox};
use crate::store::Turn;
use crate::store::contacts as rows;
use crate::store::conversations::{self as conversation_rows, Whose};

/// A page of contacts.
const PAGE: i64 = 15;

pub fn list(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    page(turn, &request, "")
}

pub fn search(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let needle = request.params.text("q").filter(|needle| !needle.trim().is_empty());
    let needle = needle.ok_or_else(|| Refusal::Wrong("Specify search string with parameter q".into()))?;
    page(turn, &request, needle.trim())
}

pub fn show(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(turn)?;
    json(&value!({ "payload": serializers::listed(turn, &contact)? }))
}

/// With `inbox_id` the contact gets a place in that inbox at once, under `source_id` or a drawn one.
pub fn create(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let contact = rules::create(turn, request.account_id, &request.params.contact(), Taken::Named)?;
    let mut place = value!({ "inbox": null, "source_id": null });
    if let Some(inbox_id) = request.params.integer("inbox_id") {
        let inbox = request.inbox_by_id(turn, inbox_id)?;
        let made = place_in(turn, &contact, &inbox, &request.params)?;
        place = value!({ "inbox": inbox::raw(turn, &inbox), "source_id": made.source_id });
    }
    let contact = serializers::listed(turn, &contact)?;
    json(&value!({ "payload": { "contact": contact, "contact_inbox": place } }))
}

/// A place in one more inbox.
pub fn create_contact_inbox(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(turn)?;
    let inbox = request.inbox_by_id(turn, request.params.integer("inbox_id").ok_or(Refusal::NotFound)?)?;
    let made = place_in(turn, &contact, &inbox, &request.params)?;
    json(&value!({ "source_id": made.source_id, "inbox": inbox::raw(turn, &inbox) }))
}

pub fn update(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(turn)?;
    let contact = rules::edit(turn, contact, &request.params.contact(), &request.actor)?;
    json(&value!({ "payload": serializers::listed(turn, &contact)? }))
}

pub fn delete(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let contact = request.contact(turn)?;
    rules::delete(turn, &contact)?;
    empty()
}

/// The conversations of a contact, the newest first.
pub fn conversations(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(turn)?;
    let mut payload = Vec::new();
    for row in conversation_rows::list(turn.db, Whose::Contact(contact.id))?.iter().rev() {
        payload.push(conversation::listed(turn, row)?);
    }
    json(&value!({ "payload": payload }))
}

fn page(turn: &Turn<'_>, request: &AgentRequest, needle: &str) -> Answer {
    let number = request.params.integer("page").filter(|number| (1..=1_000_000).contains(number)).unwrap_or(1);
    let (contacts, count) = rows::search(turn.db, request.account_id, needle, PAGE, (number - 1) * PAGE)?;
    let payload: Vec<_> =
        contacts.iter().map(|contact| serializers::listed(turn, contact)).collect::<Result<_, _>>()?;
    json(&value!({ "meta": { "count": count, "current_page": number }, "payload": payload }))
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
