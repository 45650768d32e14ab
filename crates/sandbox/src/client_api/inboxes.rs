//! The inbox.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{inbox, json};
use crate::refusal::Refusal;
use crate::serializers;
use crate::state::AppState;

pub async fn show(State(app): State<AppState>, Path(identifier): Path<String>) -> Result<Response, Refusal> {
    app.store.perform(move |turn| json(&serializers::inbox::own(&inbox(turn, &identifier)?))).await
}

/// Addresses that exist without doing anything.
pub async fn no_list() -> Refusal {
    Refusal::NotFound
}
