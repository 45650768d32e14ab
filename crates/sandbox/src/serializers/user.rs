//! Agents and bots.

use serde::Serialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::model::{Bot, User};
use crate::store::{Transaction, accounts};

/// Whether an agent's availability is filled in, as in what an agent's own request causes; otherwise it is null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Known,
    Unknown,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventUser {
    id: i64,
    name: String,
    available_name: String,
    avatar_url: &'static str,
    r#type: &'static str,
    availability_status: Option<String>,
    thumbnail: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct EventBot {
    id: i64,
    name: String,
    avatar_url: &'static str,
    r#type: &'static str,
}

pub fn for_event(tx: &Transaction<'_>, user: &User, availability: Availability) -> EventUser {
    EventUser {
        id: user.id,
        name: user.name.clone(),
        available_name: user.name.clone(),
        avatar_url: "",
        r#type: "user",
        availability_status: match availability {
            Availability::Known => Some(tx.context.presence.user_status(user, tx.now).to_owned()),
            Availability::Unknown => None,
        },
        thumbnail: "",
    }
}

pub fn bot_for_event(bot: &Bot) -> EventBot {
    EventBot { id: bot.id, name: bot.name.clone(), avatar_url: "", r#type: "agent_bot" }
}

/// An agent in a list of agents, or as a conversation's assignee.
pub fn agent(tx: &Transaction<'_>, user: &User) -> Value {
    json!({
        "id": user.id,
        "account_id": user.account_id,
        "availability_status": tx.context.presence.user_status(user, tx.now),
        "auto_offline": true,
        "confirmed": true,
        "email": user.email,
        "available_name": user.name,
        "name": user.name,
        "role": user.role,
        "thumbnail": ""
    })
}

/// A bot as a conversation's assignee.
pub fn assigned_bot(bot: &Bot) -> Value {
    json!({
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "thumbnail": "",
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook"
    })
}

/// An agent as the response to an assignment.
pub fn assigned_agent(tx: &Transaction<'_>, user: &User) -> Value {
    let mut agent = agent(tx, user);
    if let (true, Some(fields)) = (tx.is_4_16(), agent.as_object_mut()) {
        fields.insert("provider".into(), "email".into());
    }
    agent
}

/// An agent's own profile.
pub fn profile(tx: &Transaction<'_>, user: &User) -> Result<Value, ApiError> {
    let account = accounts::account(tx.db, user.account_id)?;
    let mut profile = json!({
        "access_token": user.access_token,
        "account_id": user.account_id,
        "available_name": user.name,
        "avatar_url": "",
        "confirmed": true,
        "display_name": null,
        "message_signature": null,
        "email": user.email,
        "id": user.id,
        "inviter_id": null,
        "name": user.name,
        "provider": "email",
        "pubsub_token": user.pubsub_token,
        "role": user.role,
        "ui_settings": {},
        "uid": user.email,
        "type": null,
        "accounts": [{
            "id": account.id,
            "name": account.name,
            "status": "active",
            "active_at": null,
            "role": user.role,
            "permissions": [user.role],
            "availability": user.availability,
            "availability_status": tx.context.presence.user_status(user, tx.now),
            "auto_offline": true
        }]
    });
    if let (true, Some(fields)) = (tx.is_4_16(), profile.pointer_mut("/accounts/0").and_then(Value::as_object_mut)) {
        fields.insert("onboarding_step".into(), Value::Null);
        fields.insert("api_and_webhooks".into(), true.into());
    }
    Ok(profile)
}
