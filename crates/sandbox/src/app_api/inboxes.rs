//! Inboxes.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json as value};

use super::request::AgentRequest;
use crate::endpoint::{Answer, empty, json};
use crate::error::ApiError;
use crate::model::Inbox;
use crate::params::{as_flag, as_text};
use crate::serializers::inbox as serializers;
use crate::store::Transaction;
use crate::store::accounts as rows;
use crate::tokens;
use crate::working_hours::{self, Week};

pub fn list(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let user = request.user()?;
    let mut payload = Vec::new();
    let mut inboxes = rows::inboxes(tx.db, request.account_id)?;
    inboxes.sort_by_key(|inbox| inbox.name.to_lowercase());
    for inbox in inboxes {
        let is_member = rows::members(tx.db, inbox.id)?.iter().any(|member| member.id == user.id);
        if is_member || user.is_administrator() {
            payload.push(serializers::for_app_api(tx, &inbox, user.is_administrator()));
        }
    }
    json(&value!({ "payload": payload }))
}

pub fn show(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    let user = request.user()?;
    json(&serializers::for_app_api(tx, &request.inbox(tx)?, user.is_administrator()))
}

/// Takes `{"name": …, "channel": {"type": "api", "webhook_url": …}}`, and its members as `agents`; without these all
/// agents are members.
pub fn create(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let mut inbox = new_inbox(tx, &request)?;
    inbox.id = rows::insert_inbox(tx.db, &inbox)?;
    let agents = request.params.get("agents").and_then(Value::as_array);
    let chosen: Option<Vec<i64>> = agents.map(|ids| ids.iter().filter_map(Value::as_i64).collect());
    for user in rows::users(tx.db, request.account_id)? {
        if chosen.as_ref().is_none_or(|chosen| chosen.contains(&user.id)) {
            rows::add_member(tx.db, inbox.id, user.id)?;
        }
    }
    json(&serializers::for_app_api(tx, &inbox, true))
}

/// An inbox by the request, with the server's defaults for the rest; not stored yet.
fn new_inbox(tx: &Transaction<'_>, request: &AgentRequest) -> Result<Inbox, ApiError> {
    let params = &request.params;
    let channel = params.object("channel");
    if channel.get("type").and_then(Value::as_str) != Some("api") {
        return Err(ApiError::Unprocessable("The sandbox makes inboxes of type \"api\" only".into()));
    }
    let name = params.text("name").filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| ApiError::validation("name", "Name can't be blank"))?;
    let callback_url = channel.get("webhook_url").and_then(as_text).filter(|url| !url.is_empty());
    if callback_url.as_deref().is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(ApiError::validation("webhook_url", "Webhook url is invalid"));
    }
    let is_known = |zone: &String| jiff::tz::TimeZone::get(zone).is_ok();
    let greeting_message = params.text("greeting_message").filter(|text| !text.is_empty());
    Ok(Inbox {
        id: 0,
        account_id: request.account_id,
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
        timezone: params.text("timezone").filter(is_known).unwrap_or("UTC".into()),
        week: working_hours::parse(&BTreeMap::new()).map_err(ApiError::Internal)?,
        single_conversation: params.flag("lock_to_single_conversation").unwrap_or(false),
        agent_bot_id: None,
        callback_secret: Some(tokens::token()),
        csat_config: params.object("csat_config"),
        created_at: tx.now,
    })
}

/// Changes the fields that the request has: name, greeting, working hours, out-of-office message, survey, callback URL.
pub fn update(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let mut inbox = request.inbox(tx)?;
    let params = &request.params;
    let text = |key: &str| params.get(key).map(|value| as_text(value).filter(|text| !text.is_empty()));
    let flag = |key: &str, old: bool| params.flag(key).unwrap_or(old);
    if let Some(name) = text("name") {
        inbox.name = name.ok_or_else(|| ApiError::validation("name", "Name can't be blank"))?;
    }
    inbox.greeting_message = text("greeting_message").unwrap_or(inbox.greeting_message);
    inbox.greeting_enabled = flag("greeting_enabled", inbox.greeting_enabled);
    inbox.out_of_office_message = text("out_of_office_message").unwrap_or(inbox.out_of_office_message);
    inbox.working_hours_enabled = flag("working_hours_enabled", inbox.working_hours_enabled);
    inbox.csat_enabled = flag("csat_survey_enabled", inbox.csat_enabled);
    inbox.single_conversation = flag("lock_to_single_conversation", inbox.single_conversation);
    if let Some(zone) = text("timezone").flatten() {
        let is_known = jiff::tz::TimeZone::get(&zone).is_ok();
        inbox.timezone = if is_known { zone } else { return Err(ApiError::internal("no such time zone")) };
    }
    if let Some(days) = params.get("working_hours") {
        let week: Option<Week> = serde_json::from_value(days.clone()).ok();
        let week = week.filter(|week| week.len() == inbox.week.len());
        inbox.week = week.ok_or_else(|| ApiError::internal("no week of seven days"))?;
    }
    if params.get("csat_config").is_some() {
        inbox.csat_config = with_csat_defaults(params.object("csat_config"));
    }
    if let Some(url) = params.object("channel").get("webhook_url") {
        inbox.callback_url = as_text(url).filter(|url| !url.is_empty());
    }
    rows::save_inbox(tx.db, &inbox)?;
    json(&serializers::for_app_api(tx, &inbox, true))
}

/// A survey's settings with the server's defaults for those left out.
fn with_csat_defaults(csat_config: Map<String, Value>) -> Map<String, Value> {
    let whole = value!({
        "display_type": "emoji",
        "message": "",
        "survey_rules": { "operator": "contains", "values": [] },
        "button_text": "Please rate us",
        "language": "en"
    });
    let mut whole = whole.as_object().cloned().unwrap_or_default();
    whole.extend(csat_config);
    whole
}

/// Takes `{"agent_bot": id}`, or null to remove the bot.
pub fn set_bot(tx: &mut Transaction<'_>, request: AgentRequest) -> Answer {
    request.administrator()?;
    let inbox = request.inbox(tx)?;
    let bot_id = request.params.integer("agent_bot");
    let bot_id = bot_id.map(|id| request.bot_by_id(tx, id)).transpose()?.map(|bot| bot.id);
    rows::set_bot(tx.db, inbox.id, bot_id)?;
    empty()
}
