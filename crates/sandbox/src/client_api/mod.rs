//! The client API: `/public/api/v1`, what a visitor's browser talks to.

mod contacts;
mod conversations;
mod inboxes;
mod messages;
mod surveys;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, patch, post};

use crate::model::{ContactInbox, Conversation, Inbox};
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::accounts;
use crate::store::contacts as contact_rows;
use crate::store::conversations as conversation_rows;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/inboxes", get(inboxes::no_list))
        .route("/inboxes/{inbox}", get(inboxes::show).delete(inboxes::no_list))
        .route("/inboxes/{inbox}/contacts", post(contacts::create))
        .route("/inboxes/{inbox}/contacts/{source}", get(contacts::show).patch(contacts::update).put(contacts::update))
        .route("/inboxes/{inbox}/contacts/{source}/conversations", get(conversations::list).post(conversations::create))
        .route("/inboxes/{inbox}/contacts/{source}/conversations/{id}", get(conversations::show))
        .route(
            "/inboxes/{inbox}/contacts/{source}/conversations/{id}/toggle_status",
            post(conversations::toggle_status),
        )
        .route(
            "/inboxes/{inbox}/contacts/{source}/conversations/{id}/toggle_typing",
            post(conversations::toggle_typing),
        )
        .route(
            "/inboxes/{inbox}/contacts/{source}/conversations/{id}/update_last_seen",
            post(conversations::update_last_seen),
        )
        .route(
            "/inboxes/{inbox}/contacts/{source}/conversations/{id}/messages",
            get(messages::list).post(messages::create),
        )
        .route(
            "/inboxes/{inbox}/contacts/{source}/conversations/{id}/messages/{message}",
            patch(messages::update).put(messages::update),
        )
        .route("/csat_survey/{uuid}", get(surveys::show).patch(surveys::update).put(surveys::update))
}

/// JSON, spelt as the server spells its type.
fn json(body: &impl serde::Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_string(body)?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response())
}

/// Done, and nothing to say.
fn done() -> Response {
    [(header::CONTENT_TYPE, "application/json")].into_response()
}

fn inbox(turn: &Turn<'_>, identifier: &str) -> Result<Inbox, Refusal> {
    Ok(accounts::inbox_by_identifier(turn.db, identifier)?)
}

fn place(turn: &Turn<'_>, inbox: &Inbox, source_id: &str) -> Result<ContactInbox, Refusal> {
    contact_rows::contact_inbox_by_source(turn.db, inbox.id, source_id)?.ok_or(Refusal::NotFound)
}

/// A number in an address; what is none, or none that the database could hold, is nobody's.
fn id(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}

/// A conversation as show and the like find it: of this device, or of any verified device of a verified contact; since
/// 4.7 a verified device finds all of its contact's, of every inbox.
fn conversation_of_device(turn: &Turn<'_>, place: &ContactInbox, display_id: &str) -> Result<Conversation, Refusal> {
    let conversation = conversation_of_contact(turn, place, display_id)?;
    if conversation.contact_inbox_id == place.id {
        return Ok(conversation);
    }
    if turn.is_4_16() {
        return if place.hmac_verified { Ok(conversation) } else { Err(Refusal::NotFound) };
    }
    let other = contact_rows::contact_inbox(turn.db, conversation.contact_inbox_id)?;
    let is_shared = place.hmac_verified && other.hmac_verified && other.inbox_id == place.inbox_id;
    if is_shared { Ok(conversation) } else { Err(Refusal::NotFound) }
}

/// A conversation as the messages' addresses find it: since 4.14 as show does, before that of the contact, whichever
/// device.
fn conversation_of_messages(turn: &Turn<'_>, place: &ContactInbox, display_id: &str) -> Result<Conversation, Refusal> {
    if turn.is_4_16() {
        conversation_of_device(turn, place, display_id)
    } else {
        conversation_of_contact(turn, place, display_id)
    }
}

fn conversation_of_contact(turn: &Turn<'_>, place: &ContactInbox, display_id: &str) -> Result<Conversation, Refusal> {
    let contact = contact_rows::contact(turn.db, place.contact_id)?;
    let conversation = conversation_rows::by_display_id(turn.db, contact.account_id, id(display_id)?)?;
    if conversation.contact_id == contact.id { Ok(conversation) } else { Err(Refusal::NotFound) }
}
