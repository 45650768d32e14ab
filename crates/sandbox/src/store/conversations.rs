//! Queries: conversations.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, Row, ToSql, params};
use serde_json::Value;

use super::contacts::read_object;
use crate::model::{Conversation, Status};

/// Whose conversations to list.
#[derive(Clone, Copy, Debug)]
pub enum ConversationScope {
    ContactInbox(i64),
    Contact(i64),
    Account(i64),
}

pub fn conversation(db: &Connection, id: i64) -> Result<Conversation> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM conversations WHERE id = ?1"))?.query_row([id], read)
}

pub fn by_display_id(db: &Connection, account_id: i64, display_id: i64) -> Result<Conversation> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM conversations WHERE account_id = ?1 AND display_id = ?2"))?
        .query_row([account_id, display_id], read)
}

pub fn by_uuid(db: &Connection, uuid: &str) -> Result<Conversation> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM conversations WHERE uuid = ?1"))?.query_row([uuid], read)
}

/// In the order of their creation.
pub fn list(db: &Connection, scope: ConversationScope) -> Result<Vec<Conversation>> {
    let (column, id) = match scope {
        ConversationScope::ContactInbox(id) => ("contact_inbox_id", id),
        ConversationScope::Contact(id) => ("contact_id", id),
        ConversationScope::Account(id) => ("account_id", id),
    };
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM conversations WHERE {column} = ?1 ORDER BY id"))?
        .query_map([id], read)?
        .collect()
}

/// Deletes a conversation with its messages and their attachments.
pub fn delete(db: &Connection, id: i64) -> Result<()> {
    db.execute("DELETE FROM conversations WHERE id = ?1", [id]).map(drop)
}

/// The newest conversation of a contact inbox.
pub fn newest_of_contact_inbox(db: &Connection, contact_inbox_id: i64) -> Result<Option<Conversation>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM conversations WHERE contact_inbox_id = ?1 ORDER BY id DESC LIMIT 1"
    ))?
    .query_row([contact_inbox_id], read)
    .optional()
}

/// Takes the account's next display id. None is used twice, even after a deletion.
pub fn next_display_id(db: &Connection, account_id: i64) -> Result<i64> {
    db.prepare_cached(
        "UPDATE accounts SET last_display_id = last_display_id + 1 WHERE id = ?1 RETURNING last_display_id",
    )?
    .query_row([account_id], |row| row.get(0))
}

/// How many open conversations are assigned to an agent.
pub fn count_open_of_assignee(db: &Connection, user_id: i64) -> Result<i64> {
    db.prepare_cached("SELECT count(*) FROM conversations WHERE assignee_id = ?1 AND status = 0")?
        .query_row([user_id], |row| row.get(0))
}

/// Inserts a record; returns its new id.
pub fn insert(db: &Connection, conversation: &Conversation) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO conversations (account_id, display_id, uuid, inbox_id, contact_id, contact_inbox_id, status,
             assignee_id, custom_attributes, additional_attributes, waiting_since, last_activity_at, created_at, updated_at,
             assignee_bot_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?
    .execute(params![
        conversation.account_id,
        conversation.display_id,
        conversation.uuid,
        conversation.inbox_id,
        conversation.contact_id,
        conversation.contact_inbox_id,
        conversation.status,
        conversation.assignee_id,
        Value::from(conversation.custom_attributes.clone()).to_string(),
        Value::from(conversation.additional_attributes.clone()).to_string(),
        conversation.waiting_since,
        conversation.last_activity_at,
        conversation.created_at,
        conversation.updated_at,
        conversation.assignee_bot_id
    ])?;
    Ok(db.last_insert_rowid())
}

pub fn save(db: &Connection, conversation: &Conversation) -> Result<()> {
    db.prepare_cached(
        "UPDATE conversations SET status = ?2, assignee_id = ?3, custom_attributes = ?4, labels = ?5, priority = ?6,
             snoozed_until = ?7, contact_last_seen_at = ?8, agent_last_seen_at = ?9, assignee_last_seen_at = ?10,
             waiting_since = ?11, first_reply_created_at = ?12, last_activity_at = ?13, updated_at = ?14,
             assignee_bot_id = ?15
         WHERE id = ?1",
    )?
    .execute(params![
        conversation.id,
        conversation.status,
        conversation.assignee_id,
        Value::from(conversation.custom_attributes.clone()).to_string(),
        Value::from(conversation.labels.clone()).to_string(),
        conversation.priority,
        conversation.snoozed_until,
        conversation.contact_last_seen_at,
        conversation.agent_last_seen_at,
        conversation.assignee_last_seen_at,
        conversation.waiting_since,
        conversation.first_reply_created_at,
        conversation.last_activity_at,
        conversation.updated_at,
        conversation.assignee_bot_id
    ])
    .map(drop)
}

const COLUMNS: &str = "id, account_id, display_id, uuid, inbox_id, contact_id, contact_inbox_id, status, assignee_id, \
                       custom_attributes, additional_attributes, labels, priority, snoozed_until, contact_last_seen_at, \
                       agent_last_seen_at, assignee_last_seen_at, waiting_since, first_reply_created_at, \
                       last_activity_at, created_at, updated_at, assignee_bot_id";

fn read(row: &Row<'_>) -> Result<Conversation> {
    let (custom, additional, labels): (String, String, String) = (row.get(9)?, row.get(10)?, row.get(11)?);
    Ok(Conversation {
        id: row.get(0)?,
        account_id: row.get(1)?,
        display_id: row.get(2)?,
        uuid: row.get(3)?,
        inbox_id: row.get(4)?,
        contact_id: row.get(5)?,
        contact_inbox_id: row.get(6)?,
        status: row.get(7)?,
        assignee_id: row.get(8)?,
        custom_attributes: read_object(&custom),
        additional_attributes: read_object(&additional),
        labels: serde_json::from_str(&labels).unwrap_or_default(),
        priority: row.get(12)?,
        snoozed_until: row.get(13)?,
        contact_last_seen_at: row.get(14)?,
        agent_last_seen_at: row.get(15)?,
        assignee_last_seen_at: row.get(16)?,
        waiting_since: row.get(17)?,
        first_reply_created_at: row.get(18)?,
        last_activity_at: row.get(19)?,
        created_at: row.get(20)?,
        updated_at: row.get(21)?,
        assignee_bot_id: row.get(22)?,
    })
}

impl ToSql for Status {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let number: i64 = match self {
            Self::Open => 0,
            Self::Resolved => 1,
            Self::Pending => 2,
            Self::Snoozed => 3,
        };
        Ok(number.into())
    }
}

impl FromSql for Status {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value.as_i64()? {
            0 => Ok(Self::Open),
            1 => Ok(Self::Resolved),
            2 => Ok(Self::Pending),
            3 => Ok(Self::Snoozed),
            other => Err(FromSqlError::OutOfRange(other)),
        }
    }
}
