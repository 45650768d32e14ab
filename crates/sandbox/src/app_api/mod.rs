//! The application API: `/api/v1`, what agents and bots talk to with their `api_access_token`.

mod caller;
mod contacts;
mod conversations;
mod inboxes;
mod messages;
mod profile;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};

use crate::refusal::Refusal;
use crate::state::AppState;

pub fn routes() -> Router<AppState> {
    let account = Router::new()
        .route("/agents", get(profile::agents))
        .route("/inboxes", get(inboxes::list).post(inboxes::create))
        .route("/inboxes/{id}", get(inboxes::show).patch(inboxes::update).put(inboxes::update))
        .route("/inboxes/{id}/set_agent_bot", post(inboxes::set_bot))
        .route("/agent_bots", get(inboxes::bots).post(inboxes::create_bot))
        .route("/agent_bots/{id}", delete(inboxes::delete_bot))
        .route("/contacts", get(contacts::list).post(contacts::create))
        .route("/contacts/search", get(contacts::search))
        .route(
            "/contacts/{id}",
            get(contacts::show).put(contacts::update).patch(contacts::update).delete(contacts::delete),
        )
        .route("/contacts/{id}/conversations", get(contacts::conversations))
        .route("/contacts/{id}/contact_inboxes", post(contacts::create_place))
        .route("/conversations", get(conversations::list).post(conversations::create))
        .route("/conversations/{id}", get(conversations::show).delete(conversations::delete))
        .route("/conversations/{id}/messages", get(messages::list).post(messages::create))
        .route("/conversations/{id}/messages/{message}", delete(messages::delete).patch(messages::update))
        .route("/conversations/{id}/messages/{message}/retry", post(messages::retry))
        .route("/conversations/{id}/toggle_status", post(conversations::toggle_status))
        .route("/conversations/{id}/toggle_typing_status", post(conversations::toggle_typing))
        .route("/conversations/{id}/toggle_priority", post(conversations::toggle_priority))
        .route("/conversations/{id}/update_last_seen", post(conversations::update_last_seen))
        .route("/conversations/{id}/assignments", post(conversations::assign))
        .route("/conversations/{id}/labels", get(conversations::labels).post(conversations::set_labels))
        .route("/conversations/{id}/custom_attributes", post(conversations::custom_attributes))
        .route("/conversations/{id}/mute", post(conversations::mute))
        .route("/conversations/{id}/unmute", post(conversations::unmute));
    Router::new()
        .route("/profile", get(profile::show))
        .route("/profile/availability", post(profile::set_availability))
        .nest("/accounts/{account}", account)
}

fn json(body: &impl serde::Serialize) -> Result<Response, Refusal> {
    let body = serde_json::to_string(body)?;
    Ok(([(header::CONTENT_TYPE, "application/json; charset=utf-8")], body).into_response())
}

fn done() -> Response {
    [(header::CONTENT_TYPE, "application/json")].into_response()
}

fn id(text: &str) -> Result<i64, Refusal> {
    text.parse().map_err(|_| Refusal::NotFound)
}
