//! Fills a fresh database with what was declared, and brings flags of the command line in.

use rusqlite::Connection;
use serde_json::Map;

use crate::clock::Micros;
use crate::declaration::Declaration;
use crate::model::{Inbox, MessageType, User};
use crate::refusal::Refusal;
use crate::rules::contacts::{self as contact_rules, Said};
use crate::rules::{Actor, Draft, conversations as conversation_rules, messages as message_rules};
use crate::settings::Settings;
use crate::store::Turn;
use crate::store::accounts;

/// Account, people and inboxes.
pub fn plant(db: &Connection, declaration: &Declaration, now: Micros) -> Result<(), String> {
    let planted = |error: rusqlite::Error| format!("what was declared can't be stored: {error}");
    let account_id = accounts::insert_account(db, &declaration.account.name).map_err(planted)?;
    let mut people = Vec::new();
    for agent in &declaration.agents {
        let user = User {
            id: 0,
            account_id,
            name: agent.name.clone(),
            email: agent.email.clone(),
            role: agent.role.word().into(),
            access_token: agent.access_token.clone(),
            pubsub_token: agent.pubsub_token.clone(),
            availability: "online".into(),
        };
        people.push((accounts::insert_user(db, &user).map_err(planted)?, agent));
    }
    for inbox in &declaration.inboxes {
        let row = Inbox {
            id: 0,
            account_id,
            name: inbox.name.clone(),
            identifier: inbox.identifier.clone(),
            hmac_token: inbox.hmac_token.clone(),
            hmac_mandatory: inbox.hmac_mandatory,
            callback_url: inbox.callback_url.clone(),
            greeting_enabled: inbox.greeting.is_some(),
            greeting_message: inbox.greeting.clone(),
            csat_enabled: inbox.csat,
            working_hours_enabled: inbox.working_hours_enabled,
            out_of_office_message: inbox.out_of_office.clone(),
            timezone: inbox.timezone.clone(),
            week: inbox.week()?,
            single_conversation: inbox.single_conversation,
            agent_bot_id: None,
            callback_secret: Some(inbox.callback_secret.clone()),
            csat_config: inbox.csat_config(),
            created_at: now,
        };
        let inbox_id = accounts::insert_inbox(db, &row).map_err(planted)?;
        for (user_id, agent) in &people {
            if inbox.members.as_ref().is_none_or(|members| members.contains(&agent.email)) {
                accounts::add_member(db, inbox_id, *user_id).map_err(planted)?;
            }
        }
    }
    Ok(())
}

/// The flags that change the first inbox, at every start.
pub fn adjust(db: &Connection, settings: &Settings) -> Result<(), String> {
    let adjusted = || -> rusqlite::Result<()> {
        let Some(first) = first_inbox(db)? else { return Ok(()) };
        if let Some(url) = &settings.callback_url {
            accounts::set_callback_url(db, first.id, Some(url))?;
        }
        if settings.hmac_mandatory {
            accounts::set_hmac_mandatory(db, first.id, true)?;
        }
        Ok(())
    };
    adjusted().map_err(|error| format!("the first inbox can't be changed: {error}"))
}

/// What is printed at start.
#[derive(Debug)]
pub struct Keys {
    pub inbox_identifier: String,
    pub hmac_token: String,
    pub access_token: String,
    pub account_id: i64,
}

pub fn keys(db: &Connection) -> Result<Keys, String> {
    let found = || -> rusqlite::Result<Option<Keys>> {
        let Some(inbox) = first_inbox(db)? else { return Ok(None) };
        let Some(user) = accounts::users(db, inbox.account_id)?.into_iter().next() else { return Ok(None) };
        Ok(Some(Keys {
            inbox_identifier: inbox.identifier,
            hmac_token: inbox.hmac_token,
            access_token: user.access_token,
            account_id: inbox.account_id,
        }))
    };
    found().map_err(|error| error.to_string())?.ok_or_else(|| "the database holds no inbox or no agent".to_owned())
}

/// A contact of the first inbox with a conversation of so many messages; gives back their source_id.
pub fn thread(turn: &mut Turn<'_>, count: u32) -> Result<String, Refusal> {
    let inbox = first_inbox(turn.db)?.ok_or(Refusal::NotFound)?;
    let agent = accounts::users(turn.db, inbox.account_id)?.into_iter().next().ok_or(Refusal::NotFound)?;
    let said = Said { name: Some("Long Story".into()), ..Said::default() };
    let (contact, place) = contact_rules::arrive(turn, &inbox, None, &said)?;
    let mut conversation = conversation_rules::open(turn, &place, Map::new(), None)?;
    let (contact, agent) = (Actor::Contact(contact), Actor::User(agent));
    // A minute between messages, the last one now; the flood limit counts what is younger than a minute.
    let start = turn.now.plus_seconds(-60 * i64::from(count));
    let end = turn.now;
    for number in 1..=count {
        turn.now = start.plus_seconds(60 * i64::from(number));
        let (message_type, actor) =
            if number % 2 == 1 { (MessageType::Incoming, &contact) } else { (MessageType::Outgoing, &agent) };
        let draft = Draft::text(message_type, Some(format!("Message {number} of {count}")));
        conversation = message_rules::post(turn, conversation, draft, Some(actor))?.1;
    }
    turn.now = end;
    Ok(place.source_id)
}

fn first_inbox(db: &Connection) -> rusqlite::Result<Option<Inbox>> {
    Ok(accounts::inboxes(db, 1)?.into_iter().next())
}
