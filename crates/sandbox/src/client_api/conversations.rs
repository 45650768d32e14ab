//! The visitor's conversations.

use super::request::ClientRequest;
use crate::endpoint::{Answer, empty, json};
use crate::error::ApiError;
use crate::model::{Conversation, Status};
use crate::rules::{Actor, conversations as rules, typing};
use crate::serializers::conversation as serializers;
use crate::store::conversations::{self as rows, ConversationScope};
use crate::store::{Transaction, contacts};

pub fn list(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let contact_inbox = request.contact_inbox(tx)?;
    let whose = match (contact_inbox.hmac_verified, tx.is_4_16()) {
        (false, _) => ConversationScope::ContactInbox(contact_inbox.id),
        // Those of all inboxes and devices.
        (true, true) => ConversationScope::Contact(contact_inbox.contact_id),
        // A fault of the real server, fixed in 4.7.0.
        (true, false) => return Err(ApiError::internal("the list of a verified contact fails on this version")),
    };
    let mut conversations = rows::list(tx.db, whose)?;
    if tx.is_4_16() {
        // The server's database returns unsorted rows in the order in which they were last written.
        conversations.sort_by_key(|row| row.last_activity_at.max(row.updated_at));
    }
    let listed: Vec<_> =
        conversations.iter().map(|row| serializers::for_client_api(tx, row)).collect::<Result<_, _>>()?;
    json(&listed)
}

pub fn create(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let contact_inbox = request.contact_inbox(tx)?;
    let conversation = rules::find_or_create(tx, &contact_inbox, request.params.object("custom_attributes"), None)?;
    json(&serializers::for_client_api(tx, &conversation)?)
}

pub fn show(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    json(&serializers::for_client_api(tx, &conversation)?)
}

/// Resolves the conversation, from any status.
pub fn toggle_status(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let actor = visitor(tx, &conversation)?;
    // The response is without the survey, which the server sends in a job.
    let resolved = Conversation { status: Status::Resolved, ..conversation.clone() };
    let answer = json(&serializers::for_client_api(tx, &resolved)?)?;
    rules::set_status(tx, &conversation, Status::Resolved, None, Some(&actor))?;
    Ok(answer)
}

pub fn toggle_typing(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    let actor = visitor(tx, &conversation)?;
    typing::set_status(tx, &conversation, &actor, request.params.text("typing_status").as_deref(), false)?;
    empty()
}

pub fn update_last_seen(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation(tx)?;
    rules::mark_seen_by_contact(tx, &conversation)?;
    empty()
}

fn visitor(tx: &Transaction<'_>, conversation: &Conversation) -> Result<Actor, ApiError> {
    Ok(Actor::Contact(contacts::contact(tx.db, conversation.contact_id)?))
}
