//! Messages, for agents and bots.

use serde_json::json as value;

use super::new_message::draft;
use super::request::AgentRequest;
use crate::clock::Micros;
use crate::endpoint::{Answer, json};
use crate::error::ApiError;
use crate::rules::{message_updates, messages as rules};
use crate::serializers::{contact, message as serializers};
use crate::store::Transaction;
use crate::store::contacts as contact_rows;
use crate::store::messages::{self as rows, MessageScope};

/// Messages in a page, and in one of `after`, as recorded.
const PAGE: i64 = 20;
const PAGE_AFTER: i64 = 100;

/// All messages, private notes and activity included: the newest, or those before `before` or after `after`.
pub fn list(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let page = match (request.params.integer("after"), request.params.integer("before")) {
        (Some(after), _) => rows::page_after(tx.db, conversation.id, after, PAGE_AFTER)?,
        (None, before) => rows::page(tx.db, conversation.id, MessageScope::All, before.unwrap_or(i64::MAX), PAGE)?,
    };
    let payload: Vec<_> =
        page.iter().map(|row| serializers::for_app_api(tx, &conversation, row)).collect::<Result<_, _>>()?;
    let sender = contact_rows::contact(tx.db, conversation.contact_id)?;
    json(&value!({
        "meta": {
            "labels": conversation.labels,
            "additional_attributes": conversation.additional_attributes,
            "contact": contact::for_event(tx, &sender),
            "agent_last_seen_at": conversation.agent_last_seen_at.map(Micros::iso),
            "assignee_last_seen_at": conversation.assignee_last_seen_at.map(Micros::iso)
        },
        "payload": payload
    }))
}

pub fn create(tx: &mut Transaction<'_>, mut request: AgentRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let draft = draft(tx, &conversation, &mut request.params)?;
    let echo_id = draft.echo_id.clone();
    let posted = rules::post(tx, conversation, draft, Some(&request.actor)).map_err(as_one_sentence);
    let (message, conversation) = posted?;
    json(&serializers::created(tx, &conversation, &message, echo_id)?)
}

pub fn delete(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let (conversation, message) = request.message(tx)?;
    let message = message_updates::delete(tx, &conversation, &message, &request.actor)?;
    json(&serializers::for_app_api(tx, &conversation, &message)?)
}

/// Sets the delivery status, as the back end of an API channel does. An unknown status changes nothing.
pub fn update(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let status = request.params.text("status").unwrap_or_default();
    if !["sent", "delivered", "read", "failed"].contains(&status.as_str()) {
        let (conversation, message) = request.message(tx)?;
        return json(&serializers::for_app_api(tx, &conversation, &message)?);
    }
    let error = request.params.text("external_error").filter(|_| status == "failed");
    set_status(tx, &request, &status, error.as_deref())
}

/// Marks a failed message as sent.
pub fn retry(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    set_status(tx, &request, "sent", None)
}

fn set_status(tx: &mut Transaction<'_>, request: &AgentRequest, status: &str, error: Option<&str>) -> Answer {
    let (conversation, message) = request.message(tx)?;
    let message_id = message.id;
    message_updates::set_status(tx, &conversation, message, status, error)?;
    json(&serializers::for_app_api(tx, &conversation, &rows::message(tx.db, message_id)?)?)
}

/// A validation error as this route answers it: in one sentence.
fn as_one_sentence(error: ApiError) -> ApiError {
    match error {
        ApiError::Validation { message, .. } => ApiError::Unprocessable(format!("Validation failed: {message}")),
        other @ (ApiError::NotFound
        | ApiError::BadRequest { .. }
        | ApiError::Unprocessable(_)
        | ApiError::UnprocessableMessage(_)
        | ApiError::PayloadTooLarge
        | ApiError::MissingToken
        | ApiError::InvalidToken
        | ApiError::NotAuthorized
        | ApiError::Internal(_)) => other,
    }
}
