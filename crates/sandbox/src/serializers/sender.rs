//! Senders and performers: a contact, an agent or a bot.

use serde::Serialize;
use serde_json::{Value, json};

use super::account::account_name;
use super::contact::{self, EventContact, WebhookContact};
use super::user::{self, Availability, EventBot, EventUser};
use crate::error::ApiError;
use crate::model::SenderType;
use crate::store::{Transaction, accounts, contacts};

/// A sender or performer in events and messages.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum EventSender {
    Contact(EventContact),
    User(EventUser),
    Bot(EventBot),
}

/// A message's sender; templates and activity messages have none.
pub fn for_event(
    tx: &Transaction<'_>,
    sender: Option<(SenderType, i64)>,
    availability: Availability,
) -> Result<Option<EventSender>, ApiError> {
    Ok(match sender {
        None => None,
        Some((SenderType::Contact, id)) => {
            Some(EventSender::Contact(contact::for_event(tx, &contacts::contact(tx.db, id)?)))
        }
        Some((SenderType::User, id)) => {
            Some(EventSender::User(user::for_event(tx, &accounts::user(tx.db, id)?, availability)))
        }
        Some((SenderType::AgentBot, id)) => Some(EventSender::Bot(user::bot_for_event(&accounts::bot(tx.db, id)?))),
    })
}

/// A message's sender in a webhook.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum WebhookSender {
    Contact(Box<WebhookContact>),
    Agent(Value),
}

pub fn for_webhook(tx: &Transaction<'_>, sender: Option<(SenderType, i64)>) -> Result<Option<WebhookSender>, ApiError> {
    Ok(match sender {
        None => None,
        Some((SenderType::Contact, id)) => {
            let row = contacts::contact(tx.db, id)?;
            let account = account_name(tx, row.account_id)?;
            Some(WebhookSender::Contact(Box::new(contact::for_webhook(tx, &row, account))))
        }
        Some((SenderType::User, id)) => {
            let row = accounts::user(tx.db, id)?;
            Some(WebhookSender::Agent(json!({ "id": row.id, "name": row.name, "email": row.email, "type": "user" })))
        }
        Some((SenderType::AgentBot, id)) => {
            let row = accounts::bot(tx.db, id)?;
            Some(WebhookSender::Agent(json!({ "id": row.id, "name": row.name, "type": "agent_bot" })))
        }
    })
}
