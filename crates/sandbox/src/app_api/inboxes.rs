//! Inboxes and bots.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value, json as value};

use super::caller::Caller;
use super::{done, id, json};
use crate::model::{Bot, Inbox};
use crate::params::{Params, as_flag, as_text};
use crate::refusal::{AgentRefusal, Refusal};
use crate::serializers::inbox as shapes;
use crate::signing::bot_secret;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::accounts as rows;
use crate::tokens;
use crate::working_hours::{self, Week};

pub async fn list(State(app): State<AppState>, caller: Caller) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        let user = caller.user()?;
        let mut payload = Vec::new();
        let mut inboxes = rows::inboxes(turn.db, caller.account_id)?;
        inboxes.sort_by_key(|inbox| inbox.name.to_lowercase());
        for inbox in inboxes {
            let is_member = rows::members(turn.db, inbox.id)?.iter().any(|member| member.id == user.id);
            if is_member || user.is_administrator() {
                payload.push(shapes::listed(turn, &inbox, user.is_administrator()));
            }
        }
        json(&value!({ "payload": payload }))
    });
    Ok(listed.await?)
}

pub async fn show(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, inbox)): Path<(String, String)>,
) -> Result<Response, AgentRefusal> {
    let shown = app.store.perform(move |turn| {
        let user = caller.user()?;
        json(&shapes::listed(turn, &find(turn, &caller, &inbox)?, user.is_administrator()))
    });
    Ok(shown.await?)
}

/// `{"name": …, "channel": {"type": "api", "webhook_url": …}}`; its agents as `agents`, everyone when left out.
pub async fn create(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
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
            callback_secret: Some(tokens::token()),
            csat_config: params.object("csat_config"),
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
        json(&shapes::listed(turn, &inbox, true))
    });
    Ok(created.await?)
}

/// Name, greeting, working hours, out-of-office note, survey and callback URL; what isn't said stays.
pub async fn update(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, inbox)): Path<(String, String)>,
    params: Params,
) -> Result<Response, AgentRefusal> {
    let updated = app.store.perform(move |turn| {
        caller.administrator()?;
        let mut inbox = find(turn, &caller, &inbox)?;
        let text = |key: &str| params.get(key).map(|value| as_text(value).filter(|text| !text.is_empty()));
        let flag = |key: &str, old: bool| params.flag(key).unwrap_or(old);
        if let Some(name) = text("name") {
            inbox.name = name.ok_or_else(|| Refusal::invalid("name", "Name can't be blank"))?;
        }
        inbox.greeting_message = text("greeting_message").unwrap_or(inbox.greeting_message);
        inbox.greeting_enabled = flag("greeting_enabled", inbox.greeting_enabled);
        inbox.out_of_office_message = text("out_of_office_message").unwrap_or(inbox.out_of_office_message);
        inbox.working_hours_enabled = flag("working_hours_enabled", inbox.working_hours_enabled);
        inbox.csat_enabled = flag("csat_survey_enabled", inbox.csat_enabled);
        inbox.single_conversation = flag("lock_to_single_conversation", inbox.single_conversation);
        if let Some(zone) = text("timezone").flatten() {
            let is_known = jiff::tz::TimeZone::get(&zone).is_ok();
            inbox.timezone = if is_known { zone } else { return Err(Refusal::fault("no such time zone")) };
        }
        if let Some(days) = params.get("working_hours") {
            let week: Option<Week> = serde_json::from_value(days.clone()).ok();
            let week = week.filter(|week| week.len() == inbox.week.len());
            inbox.week = week.ok_or_else(|| Refusal::fault("no week of seven days"))?;
        }
        if params.get("csat_config").is_some() {
            inbox.csat_config = whole_csat_config(params.object("csat_config"));
        }
        if let Some(url) = params.object("channel").get("webhook_url") {
            inbox.callback_url = as_text(url).filter(|url| !url.is_empty());
        }
        rows::save_inbox(turn.db, &inbox)?;
        json(&shapes::listed(turn, &inbox, true))
    });
    Ok(updated.await?)
}

/// What wasn't said of a survey has the server's own value.
fn whole_csat_config(said: Map<String, Value>) -> Map<String, Value> {
    let whole = value!({
        "display_type": "emoji",
        "message": "",
        "survey_rules": { "operator": "contains", "values": [] },
        "button_text": "Please rate us",
        "language": "en"
    });
    let mut whole = whole.as_object().cloned().unwrap_or_default();
    whole.extend(said);
    whole
}

pub async fn delete_bot(
    State(app): State<AppState>,
    caller: Caller,
    Path((_, bot)): Path<(String, String)>,
) -> Result<Response, AgentRefusal> {
    let deleted = app.store.perform(move |turn| {
        caller.administrator()?;
        let bot = rows::bot(turn.db, id(&bot)?)?;
        if bot.account_id != caller.account_id {
            return Err(Refusal::NotFound);
        }
        rows::delete_bot(turn.db, bot.id)?;
        Ok(done())
    });
    Ok(deleted.await?)
}

/// `{"agent_bot": id}`, or null to take it off.
pub async fn set_bot(
    State(app): State<AppState>,
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

pub async fn bots(State(app): State<AppState>, caller: Caller) -> Result<Response, AgentRefusal> {
    let listed = app.store.perform(move |turn| {
        caller.user()?;
        let shapes: Vec<Value> =
            rows::bots(turn.db, caller.account_id)?.iter().map(|bot| bot_shape(turn, bot)).collect();
        json(&shapes)
    });
    Ok(listed.await?)
}

pub async fn create_bot(State(app): State<AppState>, caller: Caller, params: Params) -> Result<Response, AgentRefusal> {
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
        json(&bot_shape(turn, &bot))
    });
    Ok(created.await?)
}

fn find(turn: &Turn<'_>, caller: &Caller, inbox: &str) -> Result<Inbox, Refusal> {
    let inbox = rows::inbox(turn.db, id(inbox)?)?;
    if inbox.account_id == caller.account_id { Ok(inbox) } else { Err(Refusal::NotFound) }
}

fn bot_shape(turn: &Turn<'_>, bot: &Bot) -> Value {
    let mut shape = value!({
        "id": bot.id,
        "name": bot.name,
        "description": bot.description,
        "outgoing_url": bot.outgoing_url,
        "bot_type": "webhook",
        "bot_config": {},
        "account_id": bot.account_id,
        "access_token": bot.access_token
    });
    if let (true, Some(fields)) = (turn.is_4_16(), shape.as_object_mut()) {
        fields.insert("thumbnail".into(), "".into());
        fields.insert("system_bot".into(), false.into());
        fields.insert("secret".into(), bot_secret(&turn.world.secret, bot.id).into());
    }
    shape
}
