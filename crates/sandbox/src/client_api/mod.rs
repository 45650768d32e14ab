//! The client API, `/public/api/v1`: what a visitor's browser calls.

mod contacts;
mod conversations;
mod inboxes;
mod messages;
mod request;
mod submitted_values;
mod surveys;

use axum::Router;
use axum::routing::{get, patch, post};

use crate::endpoint::endpoint;
use crate::state::AppState;

pub fn routes() -> Router<AppState> {
    let update_survey = endpoint(surveys::update);
    Router::new()
        .route("/inboxes", get(inboxes::no_list))
        .route("/inboxes/{inbox}", get(endpoint(inboxes::show)).delete(inboxes::no_list))
        .route("/inboxes/{inbox}/contacts", post(endpoint(contacts::create)))
        .nest("/inboxes/{inbox}/contacts/{source}", contact_routes())
        .nest("/inboxes/{inbox}/contacts/{source}/conversations/{id}", conversation_routes())
        .route("/csat_survey/{uuid}", get(endpoint(surveys::show)).patch(update_survey.clone()).put(update_survey))
}

fn contact_routes() -> Router<AppState> {
    let update = endpoint(contacts::update);
    Router::new()
        .route("/", get(endpoint(contacts::show)).patch(update.clone()).put(update))
        .route("/conversations", get(endpoint(conversations::list)).post(endpoint(conversations::create)))
}

fn conversation_routes() -> Router<AppState> {
    let update_message = endpoint(messages::update);
    Router::new()
        .route("/", get(endpoint(conversations::show)))
        .route("/toggle_status", post(endpoint(conversations::toggle_status)))
        .route("/toggle_typing", post(endpoint(conversations::toggle_typing)))
        .route("/update_last_seen", post(endpoint(conversations::update_last_seen)))
        .route("/messages", get(endpoint(messages::list)).post(endpoint(messages::create)))
        .route("/messages/{message}", patch(update_message.clone()).put(update_message))
}
