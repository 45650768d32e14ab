//! The agent's own profile, and the list of agents.

use serde_json::Value;

use super::request::AgentRequest;
use crate::endpoint::{Answer, json};
use crate::error::ApiError;
use crate::serializers::user;
use crate::store::{Transaction, accounts};

pub fn show(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    json(&user::profile(tx, request.user()?)?)
}

/// Takes `{"profile": {"availability": "online" | "busy" | "offline"}}`. It is not broadcast, but part of the next answer
/// to `update_presence`.
pub fn set_availability(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let availability =
        request.params.object("profile").get("availability").and_then(Value::as_str).unwrap_or("").to_owned();
    if !["online", "busy", "offline"].contains(&availability.as_str()) {
        return Err(ApiError::Unprocessable(format!("'{availability}' is not a valid availability")));
    }
    let user_id = request.user()?.id;
    accounts::set_availability(tx.db, user_id, &availability)?;
    json(&user::profile(tx, &accounts::user(tx.db, user_id)?)?)
}

pub fn agents(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.user()?;
    let users = accounts::users(tx.db, request.account_id)?;
    let agents: Vec<Value> = users.iter().map(|user| user::agent(tx, user)).collect();
    json(&agents)
}
