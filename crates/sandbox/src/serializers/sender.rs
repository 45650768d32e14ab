//! Whoever sent a message or did something: a contact, an agent or a bot.

use serde::Serialize;
use serde_json::{Value, json};

use super::account::account_name;
use super::contact::{self, CalledBackContact, PushedContact};
use super::user::{self, Availability, PushedBot, PushedUser};
use crate::model::SenderType;
use crate::refusal::Refusal;
use crate::store::{Turn, accounts, contacts};

/// Whoever sent or did something.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum Pushed {
    Contact(PushedContact),
    User(PushedUser),
    Bot(PushedBot),
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
        Some((SenderType::User, id)) => {
            Some(Pushed::User(user::user(turn, &accounts::user(turn.db, id)?, availability)))
        }
        Some((SenderType::AgentBot, id)) => Some(Pushed::Bot(user::bot(&accounts::bot(turn.db, id)?))),
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
