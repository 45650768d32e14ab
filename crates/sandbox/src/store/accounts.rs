//! Queries: accounts, their users, bots and inboxes.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde_json::Value;

use super::contacts::read_object;
use crate::model::{Account, Bot, Inbox, User};

pub fn account(db: &Connection, id: i64) -> Result<Account> {
    db.prepare_cached("SELECT id, name FROM accounts WHERE id = ?1")?
        .query_row([id], |row| Ok(Account { id: row.get(0)?, name: row.get(1)? }))
}

pub fn insert_account(db: &Connection, name: &str) -> Result<i64> {
    db.execute("INSERT INTO accounts (name) VALUES (?1)", [name])?;
    Ok(db.last_insert_rowid())
}

pub fn users(db: &Connection, account_id: i64) -> Result<Vec<User>> {
    db.prepare_cached(&format!("SELECT {USER} FROM users WHERE account_id = ?1 ORDER BY id"))?
        .query_map([account_id], read_user)?
        .collect()
}

pub fn user(db: &Connection, id: i64) -> Result<User> {
    db.prepare_cached(&format!("SELECT {USER} FROM users WHERE id = ?1"))?.query_row([id], read_user)
}

pub fn user_by_access_token(db: &Connection, token: &str) -> Result<Option<User>> {
    one(db, &format!("SELECT {USER} FROM users WHERE access_token = ?1"), token, read_user)
}

pub fn user_by_pubsub_token(db: &Connection, token: &str) -> Result<Option<User>> {
    one(db, &format!("SELECT {USER} FROM users WHERE pubsub_token = ?1"), token, read_user)
}

/// Inserts a record; returns its new id.
pub fn insert_user(db: &Connection, user: &User) -> Result<i64> {
    db.execute(
        "INSERT INTO users (account_id, name, email, role, access_token, pubsub_token) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![user.account_id, user.name, user.email, user.role, user.access_token, user.pubsub_token],
    )?;
    Ok(db.last_insert_rowid())
}

pub fn set_availability(db: &Connection, user_id: i64, availability: &str) -> Result<()> {
    db.execute("UPDATE users SET availability = ?2 WHERE id = ?1", params![user_id, availability]).map(drop)
}

pub fn inbox(db: &Connection, id: i64) -> Result<Inbox> {
    db.prepare_cached(&format!("SELECT {INBOX} FROM inboxes WHERE id = ?1"))?.query_row([id], read_inbox)
}

pub fn inbox_by_identifier(db: &Connection, identifier: &str) -> Result<Inbox> {
    db.prepare_cached(&format!("SELECT {INBOX} FROM inboxes WHERE identifier = ?1"))?
        .query_row([identifier], read_inbox)
}

pub fn inboxes(db: &Connection, account_id: i64) -> Result<Vec<Inbox>> {
    db.prepare_cached(&format!("SELECT {INBOX} FROM inboxes WHERE account_id = ?1 ORDER BY id"))?
        .query_map([account_id], read_inbox)?
        .collect()
}

/// Inserts a record; returns its new id.
pub fn insert_inbox(db: &Connection, inbox: &Inbox) -> Result<i64> {
    let week = serde_json::to_string(&inbox.week).unwrap_or_default();
    db.execute(
        "INSERT INTO inboxes (account_id, name, identifier, hmac_token, hmac_mandatory, callback_url, greeting_enabled,
             greeting_message, csat_enabled, working_hours_enabled, out_of_office_message, timezone, week,
             single_conversation, agent_bot_id, created_at, callback_secret, csat_config)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            inbox.account_id,
            inbox.name,
            inbox.identifier,
            inbox.hmac_token,
            inbox.hmac_mandatory,
            inbox.callback_url,
            inbox.greeting_enabled,
            inbox.greeting_message,
            inbox.csat_enabled,
            inbox.working_hours_enabled,
            inbox.out_of_office_message,
            inbox.timezone,
            week,
            inbox.single_conversation,
            inbox.agent_bot_id,
            inbox.created_at,
            inbox.callback_secret,
            Value::from(inbox.csat_config.clone()).to_string()
        ],
    )?;
    Ok(db.last_insert_rowid())
}

/// Saves the fields that the application API can change.
pub fn save_inbox(db: &Connection, inbox: &Inbox) -> Result<()> {
    let week = serde_json::to_string(&inbox.week).unwrap_or_default();
    db.execute(
        "UPDATE inboxes SET name = ?2, callback_url = ?3, greeting_enabled = ?4, greeting_message = ?5,
             csat_enabled = ?6, working_hours_enabled = ?7, out_of_office_message = ?8, timezone = ?9, week = ?10,
             single_conversation = ?11, csat_config = ?12, callback_secret = ?13
         WHERE id = ?1",
        params![
            inbox.id,
            inbox.name,
            inbox.callback_url,
            inbox.greeting_enabled,
            inbox.greeting_message,
            inbox.csat_enabled,
            inbox.working_hours_enabled,
            inbox.out_of_office_message,
            inbox.timezone,
            week,
            inbox.single_conversation,
            Value::from(inbox.csat_config.clone()).to_string(),
            inbox.callback_secret
        ],
    )
    .map(drop)
}

/// Deletes a bot and all references to it; its messages have no sender afterwards.
pub fn delete_bot(db: &Connection, bot_id: i64) -> Result<()> {
    db.execute("UPDATE inboxes SET agent_bot_id = NULL WHERE agent_bot_id = ?1", [bot_id])?;
    db.execute("UPDATE conversations SET assignee_bot_id = NULL WHERE assignee_bot_id = ?1", [bot_id])?;
    db.execute(
        "UPDATE messages SET sender_type = NULL, sender_id = NULL WHERE sender_type = 'AgentBot' AND sender_id = ?1",
        [bot_id],
    )?;
    db.execute("DELETE FROM agent_bots WHERE id = ?1", [bot_id]).map(drop)
}

pub fn set_callback_url(db: &Connection, inbox_id: i64, url: Option<&str>) -> Result<()> {
    db.execute("UPDATE inboxes SET callback_url = ?2 WHERE id = ?1", params![inbox_id, url]).map(drop)
}

pub fn set_hmac_mandatory(db: &Connection, inbox_id: i64, mandatory: bool) -> Result<()> {
    db.execute("UPDATE inboxes SET hmac_mandatory = ?2 WHERE id = ?1", params![inbox_id, mandatory]).map(drop)
}

pub fn set_bot(db: &Connection, inbox_id: i64, bot_id: Option<i64>) -> Result<()> {
    db.execute("UPDATE inboxes SET agent_bot_id = ?2 WHERE id = ?1", params![inbox_id, bot_id]).map(drop)
}

/// The agents of an inbox.
pub fn members(db: &Connection, inbox_id: i64) -> Result<Vec<User>> {
    db.prepare_cached(&format!(
        "SELECT {USER} FROM users WHERE id IN (SELECT user_id FROM inbox_members WHERE inbox_id = ?1) ORDER BY id"
    ))?
    .query_map([inbox_id], read_user)?
    .collect()
}

pub fn add_member(db: &Connection, inbox_id: i64, user_id: i64) -> Result<()> {
    db.execute("INSERT OR IGNORE INTO inbox_members (inbox_id, user_id) VALUES (?1, ?2)", [inbox_id, user_id]).map(drop)
}

pub fn bot(db: &Connection, id: i64) -> Result<Bot> {
    db.prepare_cached(&format!("SELECT {BOT} FROM agent_bots WHERE id = ?1"))?.query_row([id], read_bot)
}

pub fn bots(db: &Connection, account_id: i64) -> Result<Vec<Bot>> {
    db.prepare_cached(&format!("SELECT {BOT} FROM agent_bots WHERE account_id = ?1 ORDER BY id"))?
        .query_map([account_id], read_bot)?
        .collect()
}

pub fn bot_by_access_token(db: &Connection, token: &str) -> Result<Option<Bot>> {
    one(db, &format!("SELECT {BOT} FROM agent_bots WHERE access_token = ?1"), token, read_bot)
}

/// Inserts a record; returns its new id.
pub fn insert_bot(db: &Connection, bot: &Bot) -> Result<i64> {
    db.execute(
        "INSERT INTO agent_bots (account_id, name, description, outgoing_url, access_token) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![bot.account_id, bot.name, bot.description, bot.outgoing_url, bot.access_token],
    )?;
    Ok(db.last_insert_rowid())
}

/// The record that a query with one text parameter finds, if any.
fn one<T>(db: &Connection, query: &str, value: &str, read: fn(&Row<'_>) -> Result<T>) -> Result<Option<T>> {
    db.prepare_cached(query)?.query_row([value], read).optional()
}

const USER: &str = "id, account_id, name, email, role, access_token, pubsub_token, availability";

fn read_user(row: &Row<'_>) -> Result<User> {
    Ok(User {
        id: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        role: row.get(4)?,
        access_token: row.get(5)?,
        pubsub_token: row.get(6)?,
        availability: row.get(7)?,
    })
}

const BOT: &str = "id, account_id, name, description, outgoing_url, access_token";

fn read_bot(row: &Row<'_>) -> Result<Bot> {
    Ok(Bot {
        id: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        description: row.get(3)?,
        outgoing_url: row.get(4)?,
        access_token: row.get(5)?,
    })
}

const INBOX: &str = "id, account_id, name, identifier, hmac_token, hmac_mandatory, callback_url, greeting_enabled, \
                     greeting_message, csat_enabled, working_hours_enabled, out_of_office_message, timezone, week, \
                     single_conversation, agent_bot_id, created_at, callback_secret, csat_config";

fn read_inbox(row: &Row<'_>) -> Result<Inbox> {
    let (week, csat_config): (String, String) = (row.get(13)?, row.get(18)?);
    Ok(Inbox {
        id: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        identifier: row.get(3)?,
        hmac_token: row.get(4)?,
        hmac_mandatory: row.get(5)?,
        callback_url: row.get(6)?,
        greeting_enabled: row.get(7)?,
        greeting_message: row.get(8)?,
        csat_enabled: row.get(9)?,
        working_hours_enabled: row.get(10)?,
        out_of_office_message: row.get(11)?,
        timezone: row.get(12)?,
        week: serde_json::from_str(&week).unwrap_or_default(),
        single_conversation: row.get(14)?,
        agent_bot_id: row.get(15)?,
        created_at: row.get(16)?,
        callback_secret: row.get(17)?,
        csat_config: read_object(&csat_config),
    })
}
