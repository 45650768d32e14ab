//! The inbox.

use axum::extract::{Path, State};
use axum::response::Response;

use super::{inbox, json};
use crate::app::App;
use crate::refusal::Refusal;
use crate::shapes;

pub async fn show(State(app): State<App>, Path(identifier): Path<String>) -> Result<Response, Refusal> {
    app.store.perform(move |turn| json(&shapes::inbox::own(&inbox(turn, &identifier)?))).await
}

/// Addresses that exist without doing anything.
pub async fn no_list() -> Refusal {
    Refusal::NotFound
}
