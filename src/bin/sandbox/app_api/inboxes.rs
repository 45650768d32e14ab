//! Inboxes and bots.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json as value};

use super::caller::Caller;
use super::{done, id, json};
use crate::app::App;
use crate::params::{Params, as_flag, as_text};
use crate::refusal::{AgentRefusal, Refusal};
use crate::shapes::inbox as shapes;
use crate::store::Turn;
use crate::store::accounts::{self as rows, Bot, Inbox};
use crate::{tokens, working_hours};

pub async fn list(State(app): State<App>, caller: Caller) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        let user = caller.user()?;
        let mut payload = Vec::new();
        for inbox in rows::inboxes(turn.db, caller.account_id)? {
            let is_member = rows::members(turn.db, inbox.id)?.iter().any(|member| member.id == user.id);
            if is_member || user.is_administrator() {
                payload.push(shapes::listed(&inbox, user.is_administrator()));
            }
        }
        json(&value!({ "payload": payload }))
    });
    Ok(listed.await?)
}

pub async fn show(
    State(app): State<App>,
    caller: Caller,
    Path((_, inbox)): Path<(String, String)>,
) -> Result<Response, AgentRefusal> {
    let shown = app.store.perform(move |turn| {
        let user = caller.user()?;
        json(&shapes::listed(&find(turn, &caller, &inbox)?, user.is_administrator()))
    });
    Ok(shown.await?)
}

/// `{"name": …, "channel": {"type": "api", "webhook_url": …}}`; its agents as `agents`, everyone when left out.
pub async fn create(State(app): State<App>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let created = app.store.perform(move |turn| {
        caller.administrator()?;
        let channel = params.object("channel");
        if channel.get("type").and_then(Value::as_str) != Some("api") {
            return Err(Refusal::Wrong("The sandbox makes inboxes of type \"api\" only".into()));
        }
        let name = params.text("name").filter(|name| !name.trim().is_empty());
        let name = name.ok_or_else(|| Refusal::invalid("name", "Name can't be blank"))?;
        let said = |key: &str| channel.get(key).and_then(as_text).filter(|text| !text.is_empty());
        let callback_url = said("webhook_url");
        if callback_url.as_deref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(Refusal::invalid("webhook_url", "Webhook url is invalid"));
        }
        let greeting_message = params.text("greeting_message").filter(|text| !text.is_empty());
        let mut inbox = Inbox {
            id: 0,
            account_id: caller.account_id,
            name,
            identifier: tokens::token(),
            hmac_token: tokens::token(),
            hmac_mandatory: channel.get("hmac_mandatory").and_then(as_flag).unwrap_or(false),
            callback_url,
            greeting_enabled: params.flag("greeting_enabled").unwrap_or(greeting_message.is_some()),
            greeting_message,
            csat_enabled: params.flag("csat_survey_enabled").unwrap_or(false),
            working_hours_enabled: params.flag("working_hours_enabled").unwrap_or(false),
            out_of_office_message: params.text("out_of_office_message").filter(|text| !text.is_empty()),
            timezone: params
                .text("timezone")
                .filter(|zone| jiff::tz::TimeZone::get(zone).is_ok())
                .unwrap_or("UTC".into()),
            week: working_hours::parse(&std::collections::BTreeMap::new()).map_err(Refusal::Fault)?,
            single_conversation: params.flag("lock_to_single_conversation").unwrap_or(false),
            agent_bot_id: None,
            created_at: turn.now,
        };
        inbox.id = rows::insert_inbox(turn.db, &inbox)?;
        let chosen: Option<Vec<i64>> =
            params.get("agents").and_then(Value::as_array).map(|ids| ids.iter().filter_map(Value::as_i64).collect());
        for user in rows::users(turn.db, caller.account_id)? {
            if chosen.as_ref().is_none_or(|chosen| chosen.contains(&user.id)) {
                rows::add_member(turn.db, inbox.id, user.id)?;
            }
        }
        json(&shapes::listed(&inbox, true))
    });
    Ok(created.await?)
}

/// `{"agent_bot": id}`, or null to take it off.
pub async fn set_bot(
    State(app): State<App>,
    caller: Caller,
    Path((_, inbox)): Path<(String, String)>,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let set = app.store.perform(move |turn| {
        caller.administrator()?;
        let inbox = find(turn, &caller, &inbox)?;
        let bot = match params.integer("agent_bot") {
            Some(bot_id) => {
                let bot = rows::bot(turn.db, bot_id)?;
                if bot.account_id != caller.account_id {
                    return Err(Refusal::NotFound);
                }
                Some(bot.id)
            }
            None => None,
        };
        rows::set_bot(turn.db, inbox.id, bot)?;
        Ok(done())
    });
    Ok(set.await?)
}

pub async fn bots(State(app): State<App>, caller: Caller) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        caller.user()?;
        let shapes: Vec<Value> = rows::bots(turn.db, caller.account_id)?.iter().map(bot_shape).collect();
        json(&shapes)
    });
    Ok(listed.await?)
}

pub async fn create_bot(State(app): State<App>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
    let created = app.store.perform(move |turn| {
        caller.administrator()?;
        let name = params.text("name").filter(|name| !name.trim().is_empty());
        let mut bot = Bot {
            id: 0,
            account_id: caller.account_id,
            name: name.ok_or_else(|| Refusal::invalid("name", "Name can't be blank"))?,
            description: params.text("description"),
            outgoing_url: params.text("outgoing_url").filter(|url| !url.is_empty()),
            access_token: tokens::token(),
        };
        bot.id = rows::insert_bot(turn.db, &bot)?;
        json(&bot_shape(&bot))
    });
    Ok(created.await?)
}

fn find(turn: &Turn<'_>, caller: &Caller, inbox: &str) -> Result<Inbox, Refusal> {
    let inbox = rows::inbox(turn.db, id(inbox)?)?;
    if inbox.account_id == caller.account_id { Ok(inbox) } else { Err(Refusal::NotFound) }
}

fn bot_shape(bot: &Bot) -> Value {
    value!({
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": bot.account_id,
        "access_token": bot.access_token
    })
}
