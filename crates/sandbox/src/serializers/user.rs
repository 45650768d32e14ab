//! Agents, bots and the account.

use serde::Serialize;
use serde_json::{Value, json};

use super::Availability;
use super::contact::{self, CalledBackContact, PushedContact};
use crate::refusal::Refusal;
use crate::store::accounts::{self, Bot, User};
use crate::store::messages::SenderType;
use crate::store::{Turn, contacts};

#[derive(Clone, Debug, Serialize)]
pub struct AccountName {
    id: i64,
    name: String,
}

pub fn account_name(turn: &Turn<'_>, account_id: i64) -> Result<AccountName, Refusal> {
    let account = accounts::account(turn.db, account_id)?;
    Ok(AccountName { id: account.id, name: account.name })
}

/// Whoever sent or did something.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Pushed {
    Contact(PushedContact),
    User(PushedUser),
    Bot(PushedBot),
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

/// A message's sender; templates and activity have none.
pub fn sender(
    turn: &Turn<'_>,
    sender: Option<(SenderType, i64)>,
    availability: Availability,
) -> Result<Option<Pushed>, Refusal> {
    Ok(match sender {
        None => None,
        Some((SenderType::Contact, id)) => {
            Some(Pushed::Contact(contact::pushed(turn, &contacts::contact(turn.db, id)?)))
        }
        Some((SenderType::User, id)) => Some(Pushed::User(user(turn, &accounts::user(turn.db, id)?, availability))),
        Some((SenderType::AgentBot, id)) => Some(Pushed::Bot(bot(&accounts::bot(turn.db, id)?))),
    })
}

/// A message's sender in a callback.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum CalledBack {
    Contact(Box<CalledBackContact>),
    Agent(Value),
}

pub fn called_back(turn: &Turn<'_>, sender: Option<(SenderType, i64)>) -> Result<Option<CalledBack>, Refusal> {
    Ok(match sender {
        None => None,
        Some((SenderType::Contact, id)) => {
            let row = contacts::contact(turn.db, id)?;
            let account = account_name(turn, row.account_id)?;
            Some(CalledBack::Contact(Box::new(contact::called_back(turn, &row, account))))
        }
        Some((SenderType::User, id)) => {
            let row = accounts::user(turn.db, id)?;
            Some(CalledBack::Agent(json!({ "id": row.id, "name": row.name, "email": row.email, "type": "user" })))
        }
        Some((SenderType::AgentBot, id)) => {
            let row = accounts::bot(turn.db, id)?;
            Some(CalledBack::Agent(json!({ "id": row.id, "name": row.name, "type": "agent_bot" })))
        }
    })
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
