//! The agent's own profile, and the other agents.

use axum::extract::State;
use axum::response::Response;
use serde_json::Value;

use super::caller::Caller;
use super::json;
use crate::params::Params;
use crate::refusal::{AgentRefusal, Refusal};
use crate::serializers::user;
use crate::state::AppState;
use crate::store::accounts;

pub async fn show(State(app): State<AppState>, caller: Caller) -> Result<Response, AgentRefusal> {
    let shown = app.store.perform(move |turn| json(&user::profile(turn, caller.user()?)?));
    Ok(shown.await?)
}

/// `{"profile": {"availability": "online" | "busy" | "offline"}}`. Nobody is told; who asks on the cable, hears.
pub async fn set_availability(
    State(app): State<AppState>,
    caller: Caller,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let set = app.store.perform(move |turn| {
        let word = params.object("profile").get("availability").and_then(Value::as_str).unwrap_or("").to_owned();
        if !["online", "busy", "offline"].contains(&word.as_str()) {
            return Err(Refusal::Wrong(format!("'{word}' is not a valid availability")));
        }
        let user_id = caller.user()?.id;
        accounts::set_availability(turn.db, user_id, &word)?;
        json(&user::profile(turn, &accounts::user(turn.db, user_id)?)?)
    });
    Ok(set.await?)
}

pub async fn agents(State(app): State<AppState>, caller: Caller) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        caller.user()?;
        let users = accounts::users(turn.db, caller.account_id)?;
        let shapes: Vec<Value> = users.iter().map(|user| user::agent(turn, user)).collect();
        json(&shapes)
    });
    Ok(listed.await?)
}
