//! The first contents of a database: the configured account, the command line's changes, a thread to scroll.

use rusqlite::Connection;
use serde_json::Map;

use crate::clock::Micros;
use crate::config::{Config, InboxConfig};
use crate::error::ApiError;
use crate::model::{Inbox, MessageType, User};
use crate::rules::contacts::{self as contact_rules, ContactParams};
use crate::rules::{Actor, Draft, conversations as conversation_rules, messages as message_rules};
use crate::settings::Settings;
use crate::store::{Transaction, accounts};

/// Stores the configured account, agents and inboxes.
pub fn insert_config(db: &Connection, config: &Config, now: Micros) -> Result<(), String> {
    let account_id = accounts::insert_account(db, &config.account.name).map_err(not_stored)?;
    let mut agents = Vec::new();
    for agent in &config.agents {
        let user = User {
            id: 0,
            account_id,
            name: agent.name.clone(),
            email: agent.email.clone(),
            role: agent.role.as_str().into(),
            access_token: agent.access_token.clone(),
            pubsub_token: agent.pubsub_token.clone(),
            availability: "online".into(),
        };
        agents.push((accounts::insert_user(db, &user).map_err(not_stored)?, agent));
    }
    for config in &config.inboxes {
        let inbox_id = accounts::insert_inbox(db, &inbox(config, account_id, now)?).map_err(not_stored)?;
        for (user_id, agent) in &agents {
            if config.members.as_ref().is_none_or(|members| members.contains(&agent.email)) {
                accounts::add_member(db, inbox_id, *user_id).map_err(not_stored)?;
            }
        }
    }
    Ok(())
}

fn not_stored(error: rusqlite::Error) -> String {
    format!("the configuration can't be stored: {error}")
}

fn inbox(config: &InboxConfig, account_id: i64, now: Micros) -> Result<Inbox, String> {
    Ok(Inbox {
        id: 0,
        account_id,
        name: config.name.clone(),
        identifier: config.identifier.clone(),
        hmac_token: config.hmac_token.clone(),
        hmac_mandatory: config.hmac_mandatory,
        callback_url: config.callback_url.clone(),
        greeting_enabled: config.greeting.is_some(),
        greeting_message: config.greeting.clone(),
        csat_enabled: config.csat,
        working_hours_enabled: config.working_hours_enabled,
        out_of_office_message: config.out_of_office.clone(),
        timezone: config.timezone.clone(),
        week: config.week()?,
        single_conversation: config.single_conversation,
        agent_bot_id: None,
        callback_secret: Some(config.callback_secret.clone()),
        csat_config: config.csat_config(),
        created_at: now,
    })
}

/// Applies the command line's settings for the first inbox, at every start.
pub fn apply_settings(db: &Connection, settings: &Settings) -> Result<(), String> {
    let apply = || -> rusqlite::Result<()> {
        let Some(first) = first_inbox(db)? else { return Ok(()) };
        if let Some(url) = &settings.callback_url {
            accounts::set_callback_url(db, first.id, Some(url))?;
        }
        if settings.hmac_mandatory {
            accounts::set_hmac_mandatory(db, first.id, true)?;
        }
        Ok(())
    };
    apply().map_err(|error| format!("the first inbox can't be changed: {error}"))
}

/// What a client needs to use the first inbox; printed at start.
#[derive(Debug)]
pub struct Credentials {
    pub inbox_identifier: String,
    pub hmac_token: String,
    pub access_token: String,
    pub account_id: i64,
}

pub fn credentials(db: &Connection) -> Result<Credentials, String> {
    let found = || -> rusqlite::Result<Option<Credentials>> {
        let Some(inbox) = first_inbox(db)? else { return Ok(None) };
        let Some(user) = accounts::users(db, inbox.account_id)?.into_iter().next() else { return Ok(None) };
        Ok(Some(Credentials {
            inbox_identifier: inbox.identifier,
            hmac_token: inbox.hmac_token,
            access_token: user.access_token,
            account_id: inbox.account_id,
        }))
    };
    found().map_err(|error| error.to_string())?.ok_or_else(|| "the database has no inbox or no agent".to_owned())
}

/// Creates a contact of the first inbox with a conversation of `count` messages; returns their source_id.
pub fn insert_thread(tx: &mut Transaction<'_>, count: u32) -> Result<String, ApiError> {
    let inbox = first_inbox(tx.db)?.ok_or(ApiError::NotFound)?;
    let agent = accounts::users(tx.db, inbox.account_id)?.into_iter().next().ok_or(ApiError::NotFound)?;
    let params = ContactParams { name: Some("Long Story".into()), ..ContactParams::default() };
    let (contact, contact_inbox) = contact_rules::find_or_create(tx, &inbox, None, &params)?;
    let mut conversation = conversation_rules::find_or_create(tx, &contact_inbox, Map::new(), None)?;
    let (contact, agent) = (Actor::Contact(contact), Actor::User(agent));
    // One message a minute, the last one now: the flood limit counts those of the last minute.
    let start = tx.now.plus_seconds(-60 * i64::from(count));
    let end = tx.now;
    for number in 1..=count {
        tx.now = start.plus_seconds(60 * i64::from(number));
        let is_incoming = number % 2 == 1;
        let (message_type, actor) =
            if is_incoming { (MessageType::Incoming, &contact) } else { (MessageType::Outgoing, &agent) };
        let draft = Draft::text(message_type, Some(format!("Message {number} of {count}")));
        conversation = message_rules::post(tx, conversation, draft, Some(actor))?.1;
    }
    tx.now = end;
    Ok(contact_inbox.source_id)
}

fn first_inbox(db: &Connection) -> rusqlite::Result<Option<Inbox>> {
    Ok(accounts::inboxes(db, 1)?.into_iter().next())
}
