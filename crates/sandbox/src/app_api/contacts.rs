//! Contacts, for agents.

use serde_json::json as value;

use super::request::AgentRequest;
use crate::endpoint::{Answer, empty, json};
use crate::error::ApiError;
use crate::model::{Contact, ContactInbox, Inbox};
use crate::params::Params;
use crate::rules::contacts::{self as rules, OnDuplicate};
use crate::serializers::{contact as serializers, conversation, inbox};
use crate::store::Transaction;
use crate::store::contacts as rows;
use crate::store::conversations::{self as conversation_rows, ConversationScope};

/// Contacts in a page, as recorded.
const PAGE: i64 = 15;

pub fn list(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    page(tx, &request, "")
}

pub fn search(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let needle = request.params.text("q").filter(|needle| !needle.trim().is_empty());
    let needle = needle.ok_or_else(|| ApiError::Unprocessable("Specify search string with parameter q".into()))?;
    page(tx, &request, needle.trim())
}

pub fn show(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(tx)?;
    json(&value!({ "payload": serializers::for_app_api(tx, &contact)? }))
}

/// With `inbox_id` the contact gets a contact inbox at once, with `source_id` or a random one.
pub fn create(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let contact = rules::create(tx, request.account_id, &request.params.contact(), OnDuplicate::ValidationError)?;
    let mut contact_inbox = value!({ "inbox": null, "source_id": null });
    if let Some(inbox_id) = request.params.integer("inbox_id") {
        let inbox = request.inbox_by_id(tx, inbox_id)?;
        let created = create_contact_inbox_in(tx, &contact, &inbox, &request.params)?;
        contact_inbox = value!({ "inbox": inbox::record(tx, &inbox), "source_id": created.source_id });
    }
    let contact = serializers::for_app_api(tx, &contact)?;
    json(&value!({ "payload": { "contact": contact, "contact_inbox": contact_inbox } }))
}

/// Adds the contact to another inbox.
pub fn create_contact_inbox(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(tx)?;
    let inbox = request.inbox_by_id(tx, request.params.integer("inbox_id").ok_or(ApiError::NotFound)?)?;
    let created = create_contact_inbox_in(tx, &contact, &inbox, &request.params)?;
    json(&value!({ "source_id": created.source_id, "inbox": inbox::record(tx, &inbox) }))
}

pub fn update(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(tx)?;
    let contact = rules::update(tx, contact, &request.params.contact(), &request.actor)?;
    json(&value!({ "payload": serializers::for_app_api(tx, &contact)? }))
}

pub fn delete(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let contact = request.contact(tx)?;
    rules::delete(tx, &contact)?;
    empty()
}

/// The contact's conversations, newest first.
pub fn conversations(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let contact = request.contact(tx)?;
    let mut payload = Vec::new();
    for row in conversation_rows::list(tx.db, ConversationScope::Contact(contact.id))?.iter().rev() {
        payload.push(conversation::for_app_api(tx, row)?);
    }
    json(&value!({ "payload": payload }))
}

fn page(tx: &Transaction<'_>, request: &AgentRequest, needle: &str) -> Answer {
    let number = request.params.integer("page").filter(|number| (1..=1_000_000).contains(number)).unwrap_or(1);
    let (contacts, count) = rows::search(tx.db, request.account_id, needle, PAGE, (number - 1) * PAGE)?;
    let payload: Vec<_> =
        contacts.iter().map(|contact| serializers::for_app_api(tx, contact)).collect::<Result<_, _>>()?;
    json(&value!({ "meta": { "count": count, "current_page": number }, "payload": payload }))
}

fn create_contact_inbox_in(
    tx: &mut Transaction<'_>,
    contact: &Contact,
    inbox: &Inbox,
    params: &Params,
) -> Result<ContactInbox, ApiError> {
    let source_id = params.text("source_id").filter(|source_id| !source_id.trim().is_empty());
    if let Some(source_id) = &source_id
        && rows::contact_inbox_by_source(tx.db, inbox.id, source_id)?.is_some()
    {
        return Err(ApiError::validation("source_id", "Source has already been taken"));
    }
    rules::create_contact_inbox(tx, contact, inbox, source_id)
}
