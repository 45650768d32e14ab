//! Messages, for agents and bots.

use serde_json::json as value;

use super::new_message::draft;
use super::request::AgentRequest;
use crate::clock::Micros;
use crate::endpoint::{Answer, json};
use crate::refusal::Refusal;
use crate::rules::{message_changes, messages as rules};
use crate::serializers::{contact, message as serializers};
use crate::store::Turn;
use crate::store::contacts as contact_rows;
use crate::store::messages::{self as rows, Which};

/// A page of the list, and of `after`.
const PAGE: i64 = 20;
const PAGE_AFTER: i64 = 100;

/// Everything that was said, notes and all: the newest, or those around `before` or `after`.
pub fn list(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let page = match (request.params.integer("after"), request.params.integer("before")) {
        (Some(after), _) => rows::page_after(turn.db, conversation.id, after, PAGE_AFTER)?,
        (None, before) => rows::page(turn.db, conversation.id, Which::All, before.unwrap_or(i64::MAX), PAGE)?,
    };
    let payload: Vec<_> =
        page.iter().map(|row| serializers::listed(turn, &conversation, row)).collect::<Result<_, _>>()?;
    let sender = contact_rows::contact(turn.db, conversation.contact_id)?;
    json(&value!({
        "meta": {
            "labels": conversation.labels,
            "additional_attributes": conversation.additional_attributes,
            "contact": contact::pushed(turn, &sender),
            "agent_last_seen_at": conversation.agent_last_seen_at.map(Micros::iso),
            "assignee_last_seen_at": conversation.assignee_last_seen_at.map(Micros::iso)
        },
        "payload": payload
    }))
}

pub fn create(turn: &mut Turn<'_>, mut request: AgentRequest) -> Answer {
    let conversation = request.conversation(turn)?;
    let draft = draft(turn, &conversation, &mut request.params)?;
    let echo_id = draft.echo_id.clone();
    let posted = rules::post(turn, conversation, draft, Some(&request.actor)).map_err(in_one_sentence);
    let (message, conversation) = posted?;
    json(&serializers::created(turn, &conversation, &message, echo_id)?)
}

pub fn delete(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let (conversation, message) = request.message(turn)?;
    let message = message_changes::delete(turn, &conversation, &message, &request.actor)?;
    json(&serializers::listed(turn, &conversation, &message)?)
}

/// Sets how far a message got, as an API channel's back end tells; a word that is none changes nothing.
pub fn update(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let status = request.params.text("status").unwrap_or_default();
    if !["sent", "delivered", "read", "failed"].contains(&status.as_str()) {
        let (conversation, message) = request.message(turn)?;
        return json(&serializers::listed(turn, &conversation, &message)?);
    }
    let error = request.params.text("external_error").filter(|_| status == "failed");
    set_status(turn, &request, &status, error.as_deref())
}

/// A failed message counts as sent again.
pub fn retry(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    set_status(turn, &request, "sent", None)
}

fn set_status(turn: &mut Turn<'_>, request: &AgentRequest, status: &str, error: Option<&str>) -> Answer {
    let (conversation, message) = request.message(turn)?;
    let message_id = message.id;
    message_changes::set_status(turn, &conversation, message, status, error)?;
    json(&serializers::listed(turn, &conversation, &rows::message(turn.db, message_id)?)?)
}

/// Here a refused field is told as one sentence.
fn in_one_sentence(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Invalid { message, .. } => Refusal::Wrong(format!("Validation failed: {message}")),
        other @ (Refusal::NotFound
        | Refusal::Unreadable { .. }
        | Refusal::Wrong(_)
        | Refusal::Message(_)
        | Refusal::TooLarge
        | Refusal::SignInFirst
        | Refusal::UnknownToken
        | Refusal::NotAllowed
        | Refusal::Fault(_)) => other,
    }
}
