//! The application API, `/api/v1`: what agents and bots call, with their `api_access_token`.

mod bots;
mod contacts;
mod conversations;
mod inboxes;
mod messages;
mod new_message;
mod profile;
mod request;

use axum::Router;
use axum::routing::{delete, get, post};

use crate::endpoint::endpoint;
use crate::state::AppState;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/profile", get(endpoint(profile::show)))
        .route("/profile/availability", post(endpoint(profile::set_availability)))
        .nest(
            "/accounts/{account}",
            inbox_routes().merge(contact_routes()).nest("/conversations", conversation_routes()),
        )
}

fn inbox_routes() -> Router<AppState> {
    let update = endpoint(inboxes::update);
    Router::new()
        .route("/agents", get(endpoint(profile::agents)))
        .route("/inboxes", get(endpoint(inboxes::list)).post(endpoint(inboxes::create)))
        .route("/inboxes/{id}", get(endpoint(inboxes::show)).patch(update.clone()).put(update))
        .route("/inboxes/{id}/set_agent_bot", post(endpoint(inboxes::set_bot)))
        .route("/agent_bots", get(endpoint(bots::list)).post(endpoint(bots::create)))
        .route("/agent_bots/{id}", delete(endpoint(bots::delete)))
}

fn contact_routes() -> Router<AppState> {
    let update = endpoint(contacts::update);
    let one = get(endpoint(contacts::show)).put(update.clone()).patch(update).delete(endpoint(contacts::delete));
    Router::new()
        .route("/contacts", get(endpoint(contacts::list)).post(endpoint(contacts::create)))
        .route("/contacts/search", get(endpoint(contacts::search)))
        .route("/contacts/{id}", one)
        .route("/contacts/{id}/conversations", get(endpoint(contacts::conversations)))
        .route("/contacts/{id}/contact_inboxes", post(endpoint(contacts::create_contact_inbox)))
}

fn conversation_routes() -> Router<AppState> {
    let one_message = delete(endpoint(messages::delete)).patch(endpoint(messages::update));
    Router::new()
        .route("/", get(endpoint(conversations::list)).post(endpoint(conversations::create)))
        .route("/{id}", get(endpoint(conversations::show)).delete(endpoint(conversations::delete)))
        .route("/{id}/messages", get(endpoint(messages::list)).post(endpoint(messages::create)))
        .route("/{id}/messages/{message}", one_message)
        .route("/{id}/messages/{message}/retry", post(endpoint(messages::retry)))
        .route("/{id}/toggle_status", post(endpoint(conversations::toggle_status)))
        .route("/{id}/toggle_typing_status", post(endpoint(conversations::toggle_typing)))
        .route("/{id}/toggle_priority", post(endpoint(conversations::toggle_priority)))
        .route("/{id}/update_last_seen", post(endpoint(conversations::update_last_seen)))
        .route("/{id}/assignments", post(endpoint(conversations::assign)))
        .route("/{id}/labels", get(endpoint(conversations::labels)).post(endpoint(conversations::set_labels)))
        .route("/{id}/custom_attributes", post(endpoint(conversations::custom_attributes)))
        .route("/{id}/mute", post(endpoint(conversations::mute)))
        .route("/{id}/unmute", post(endpoint(conversations::unmute)))
}
