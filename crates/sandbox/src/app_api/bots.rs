//! Agent bots.

use serde_json::{Value, json as value};

use super::request::AgentRequest;
use crate::endpoint::{Answer, empty, json};
use crate::error::ApiError;
use crate::model::Bot;
use crate::signing::bot_secret;
use crate::store::{Transaction, accounts};
use crate::tokens;

pub fn list(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.user()?;
    let bots = accounts::bots(tx.db, request.account_id)?;
    let bots: Vec<Value> = bots.iter().map(|bot| bot_response(tx, bot)).collect();
    json(&bots)
}

pub fn create(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let name = request.params.text("name").filter(|name| !name.trim().is_empty());
    let mut bot = Bot {
        id: 0,
        account_id: request.account_id,
        name: name.ok_or_else(|| ApiError::validation("name", "Name can't be blank"))?,
        description: request.params.text("description"),
        outgoing_url: request.params.text("outgoing_url").filter(|url| !url.is_empty()),
        access_token: tokens::token(),
    };
    bot.id = accounts::insert_bot(tx.db, &bot)?;
    json(&bot_response(tx, &bot))
}

pub fn delete(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    accounts::delete_bot(tx.db, request.bot(tx)?.id)?;
    empty()
}

fn bot_response(tx: &Transaction<'_>, bot: &Bot) -> Value {
    let mut response = value!({
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": bot.account_id,
        "access_token": bot.access_token
    });
    if let (true, Some(fields)) = (tx.is_4_16(), response.as_object_mut()) {
        fields.insert("thumbnail".into(), "".into());
        fields.insert("system_bot".into(), false.into());
        fields.insert("secret".into(), bot_secret(&tx.context.secret, bot.id).into());
    }
    response
}
