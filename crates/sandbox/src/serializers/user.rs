//! Agents and bots.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::{Bot, User};
use crate::refusal::Refusal;
use crate::store::{Turn, accounts};

/// Whether an agent's availability is filled in: it is within an agent's own request, and null everywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Known,
    Unknown,
}

#[derive(Clone, Debug, Serialize)]
pub struct PushedUser {
    id: i64,
    name: String,
    available_name: String,
    avatar_url: &'static str,
    r#type: &'static str,
    availability_status: Option<String>,
    thumbnail: &'static str,
}

#[derive(Clone, Debug, Serialize)]
pub struct PushedBot {
    id: i64,
    name: String,
    avatar_url: &'static str,
    r#type: &'static str,
}

pub fn user(turn: &Turn<'_>, user: &User, availability: Availability) -> PushedUser {
    PushedUser {
        id: user.id,
        name: user.name.clone(),
        available_name: user.name.clone(),
        avatar_url: "",
        r#type: "user",
        availability_status: match availability {
            Availability::Known => Some(turn.world.presence.user_word(user, turn.now).to_owned()),
            Availability::Unknown => None,
        },
        thumbnail: "",
    }
}

pub fn bot(bot: &Bot) -> PushedBot {
    PushedBot { id: bot.id, name: bot.name.clone(), avatar_url: "", r#type: "agent_bot" }
}

/// An agent in a list of agents, or as the one a conversation is assigned to.
pub fn agent(turn: &Turn<'_>, user: &User) -> Value {
    json!({
        "id": user.id,
        "account_id": user.account_id,
        "availability_status": turn.world.presence.user_word(user, turn.now),
        "auto_offline": true,
        "confirmed": true,
        "email": user.email,
        "available_name": user.name,
        "name": user.name,
        "role": user.role,
        "thumbnail": ""
    })
}

/// A bot as the one a conversation is assigned to.
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

/// An agent who was just given a conversation.
pub fn assigned_agent(turn: &Turn<'_>, user: &User) -> Value {
    let mut shape = agent(turn, user);
    if let (true, Some(fields)) = (turn.is_4_16(), shape.as_object_mut()) {
        fields.insert("provider".into(), "email".into());
    }
    shape
}

/// An agent's own profile.
pub fn profile(turn: &Turn<'_>, user: &User) -> Result<Value, Refusal> {
    let account = accounts::account(turn.db, user.account_id)?;
    let mut shape = json!({
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
            "availability_status": turn.world.presence.user_word(user, turn.now),
            "auto_offline": true
        }]
    });
    if let (true, Some(fields)) = (turn.is_4_16(), shape.pointer_mut("/accounts/0").and_then(Value::as_object_mut)) {
        fields.insert("onboarding_step".into(), Value::Null);
        fields.insert("api_and_webhooks".into(), true.into());
    }
    Ok(shape)
}
