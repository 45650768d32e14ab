//! The agent's own profile, and the other agents.

use serde_json::Value;

use super::request::AgentRequest;
use crate::endpoint::{Answer, json};
use crate::refusal::Refusal;
use crate::serializers::user;
use crate::store::{Turn, accounts};

pub fn show(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    json(&user::profile(turn, request.user()?)?)
}

/// `{"profile": {"availability": "online" | "busy" | "offline"}}`. Nobody is told; who asks on the cable, hears.
pub fn set_availability(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    let word = request.params.object("profile").get("availability").and_then(Value::as_str).unwrap_or("").to_owned();
    if !["online", "busy", "offline"].contains(&word.as_str()) {
        return Err(Refusal::Wrong(format!("'{word}' is not a valid availability")));
    }
    let user_id = request.user()?.id;
    accounts::set_availability(turn.db, user_id, &word)?;
    json(&user::profile(turn, &accounts::user(turn.db, user_id)?)?)
}

pub fn agents(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    request.user()?;
    let users = accounts::users(turn.db, request.account_id)?;
    let agents: Vec<Value> = users.iter().map(|user| user::agent(turn, user)).collect();
    json(&agents)
}
