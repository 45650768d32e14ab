//! Bots.

use serde_json::{Value, json as value};

use super::request::AgentRequest;
use crate::endpoint::{Answer, empty, json};
use crate::model::Bot;
use crate::refusal::Refusal;
use crate::signing::bot_secret;
use crate::store::{Turn, accounts};
use crate::tokens;

pub fn list(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    request.user()?;
    let bots = accounts::bots(turn.db, request.account_id)?;
    let bots: Vec<Value> = bots.iter().map(|bot| listed(turn, bot)).collect();
    json(&bots)
}

pub fn create(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let name = request.params.text("name").filter(|name| !name.trim().is_empty());
    let mut bot = Bot {
        id: 0,
        account_id: request.account_id,
        name: name.ok_or_else(|| Refusal::invalid("name", "Name can't be blank"))?,
        description: request.params.text("description"),
        outgoing_url: request.params.text("outgoing_url").filter(|url| !url.is_empty()),
        access_token: tokens::token(),
    };
    bot.id = accounts::insert_bot(turn.db, &bot)?;
    json(&listed(turn, &bot))
}

pub fn delete(turn: &mut Turn<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    accounts::delete_bot(turn.db, request.bot(turn)?.id)?;
    empty()
}

fn listed(turn: &Turn<'_>, bot: &Bot) -> Value {
    let mut listed = value!({
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": bot.account_id,
        "access_token": bot.access_token
    });
    if let (true, Some(fields)) = (turn.is_4_16(), listed.as_object_mut()) {
        fields.insert("thumbnail".into(), "".into());
        fields.insert("system_bot".into(), false.into());
        fields.insert("secret".into(), bot_secret(&turn.world.secret, bot.id).into());
    }
    listed
}
