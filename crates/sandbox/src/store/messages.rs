//! Queries: messages, and the ratings of surveys.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Result, Row, ToSql, params};
use serde_json::Value;

use super::contacts::read_object;
use crate::clock::Micros;
use crate::model::{Message, MessageType, Rating, SenderType};

/// Which messages of a conversation to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageScope {
    /// No private notes and no activity messages.
    VisibleToVisitor,
    All,
}

impl MessageScope {
    fn condition(self) -> &'static str {
        match self {
            Self::VisibleToVisitor => "private = 0 AND message_type <> 2",
            Self::All => "1",
        }
    }
}

pub fn message(db: &Connection, id: i64) -> Result<Message> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE id = ?1"))?.query_row([id], read)
}

pub fn in_conversation(db: &Connection, conversation_id: i64, id: i64) -> Result<Message> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM messages WHERE conversation_id = ?1 AND id = ?2"))?
        .query_row([conversation_id, id], read)
}

/// The newest `limit` with an id below `before`, oldest first.
pub fn page(
    db: &Connection,
    conversation_id: i64,
    scope: MessageScope,
    before: i64,
    limit: i64,
) -> Result<Vec<Message>> {
    let condition = scope.condition();
    let mut page = db
        .prepare_cached(&format!(
            "SELECT {COLUMNS} FROM messages WHERE conversation_id = ?1 AND id < ?2 AND {condition} ORDER BY id DESC LIMIT ?3"
        ))?
        .query_map([conversation_id, before, limit], read)?
        .collect::<Result<Vec<_>>>()?;
    page.reverse();
    Ok(page)
}

/// The oldest `limit` with an id above `after`, oldest first.
pub fn page_after(db: &Connection, conversation_id: i64, after: i64, limit: i64) -> Result<Vec<Message>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM messages WHERE conversation_id = ?1 AND id > ?2 ORDER BY id LIMIT ?3"
    ))?
    .query_map([conversation_id, after, limit], read)?
    .collect()
}

/// All messages that a visitor may see, oldest first.
pub fn all_visible(db: &Connection, conversation_id: i64) -> Result<Vec<Message>> {
    page(db, conversation_id, MessageScope::VisibleToVisitor, i64::MAX, -1)
}

/// The newest message that a visitor may see.
pub fn last_visible(db: &Connection, conversation_id: i64) -> Result<Option<Message>> {
    Ok(page(db, conversation_id, MessageScope::VisibleToVisitor, i64::MAX, 1)?.pop())
}

/// The newest message that is no activity message; it may be a private note.
pub fn last_non_activity(db: &Connection, conversation_id: i64) -> Result<Option<Message>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM messages WHERE conversation_id = ?1 AND message_type <> 2 ORDER BY id DESC LIMIT 1"
    ))?
    .query_row([conversation_id], read)
    .optional()
}

/// How many incoming messages are newer than `seen`. Like the server it counts to ten at most.
pub fn unread_count(db: &Connection, conversation_id: i64, seen: Option<Micros>) -> Result<i64> {
    db.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM messages WHERE conversation_id = ?1 AND message_type = 0
             AND created_at > ?2 LIMIT 10)",
    )?
    .query_row(params![conversation_id, seen.unwrap_or(Micros(0))], |row| row.get(0))
}

/// How many messages of a type there are.
pub fn count_of_type(db: &Connection, conversation_id: i64, message_type: MessageType) -> Result<i64> {
    db.prepare_cached("SELECT count(*) FROM messages WHERE conversation_id = ?1 AND message_type = ?2")?
        .query_row(params![conversation_id, message_type], |row| row.get(0))
}

/// How many messages of any type are newer than `since`.
pub fn count_since(db: &Connection, conversation_id: i64, since: Micros) -> Result<i64> {
    db.prepare_cached("SELECT count(*) FROM messages WHERE conversation_id = ?1 AND created_at > ?2")?
        .query_row(params![conversation_id, since], |row| row.get(0))
}

/// Whether there is a message of that type since then.
pub fn has_since(db: &Connection, conversation_id: i64, message_type: MessageType, since: Micros) -> Result<bool> {
    db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM messages WHERE conversation_id = ?1 AND message_type = ?2 AND created_at >= ?3)",
    )?
    .query_row(params![conversation_id, message_type, since], |row| row.get(0))
}

/// The last survey in a conversation.
pub fn survey(db: &Connection, conversation_id: i64) -> Result<Option<Message>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM messages WHERE conversation_id = ?1 AND content_type = 'input_csat' ORDER BY id DESC LIMIT 1"
    ))?
    .query_row([conversation_id], read)
    .optional()
}

/// Outgoing messages that are not marked as read.
pub fn unread_by_contact(db: &Connection, conversation_id: i64) -> Result<Vec<Message>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM messages WHERE conversation_id = ?1 AND message_type = 1 AND private = 0
             AND status IN ('sent', 'delivered') ORDER BY id"
    ))?
    .query_map([conversation_id], read)?
    .collect()
}

/// Inserts a record; returns its new id.
pub fn insert(db: &Connection, message: &Message) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO messages (account_id, inbox_id, conversation_id, message_type, content, processed_content,
             content_type, content_attributes, additional_attributes, private, status, source_id, sender_type, sender_id,
             created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?
    .execute(params![
        message.account_id,
        message.inbox_id,
        message.conversation_id,
        message.message_type,
        message.content,
        message.processed_content,
        message.content_type,
        Value::from(message.content_attributes.clone()).to_string(),
        Value::from(message.additional_attributes.clone()).to_string(),
        message.private,
        message.status,
        message.source_id,
        message.sender.map(|(kind, _)| kind.as_str()),
        message.sender.map(|(_, id)| id),
        message.created_at,
        message.updated_at
    ])?;
    Ok(db.last_insert_rowid())
}

pub fn save(db: &Connection, message: &Message) -> Result<()> {
    db.prepare_cached(
        "UPDATE messages SET content = ?2, processed_content = ?3, content_type = ?4, content_attributes = ?5, status = ?6,
             updated_at = ?7
         WHERE id = ?1",
    )?
    .execute(params![
        message.id,
        message.content,
        message.processed_content,
        message.content_type,
        Value::from(message.content_attributes.clone()).to_string(),
        message.status,
        message.updated_at
    ])
    .map(drop)
}

pub fn rating(db: &Connection, message_id: i64) -> Result<Option<Rating>> {
    db.prepare_cached(
        "SELECT id, account_id, conversation_id, message_id, contact_id, assigned_agent_id, rating, feedback_message,
             created_at, updated_at FROM csat_responses WHERE message_id = ?1",
    )?
    .query_row([message_id], |row| {
        Ok(Rating {
            id: row.get(0)?,
            account_id: row.get(1)?,
            conversation_id: row.get(2)?,
            message_id: row.get(3)?,
            contact_id: row.get(4)?,
            assigned_agent_id: row.get(5)?,
            rating: row.get(6)?,
            feedback_message: row.get(7)?,
            created_at: row.get(8)?,
            updated_at: row.get(9)?,
        })
    })
    .optional()
}

/// Stores the rating of a survey; a later one keeps the id and creation time of the first.
pub fn upsert_rating(db: &Connection, rating: &Rating) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO csat_responses (account_id, conversation_id, message_id, contact_id, assigned_agent_id, rating,
             feedback_message, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (message_id) DO UPDATE SET rating = excluded.rating, feedback_message = excluded.feedback_message,
             updated_at = excluded.updated_at",
    )?
    .execute(params![
        rating.account_id,
        rating.conversation_id,
        rating.message_id,
        rating.contact_id,
        rating.assigned_agent_id,
        rating.rating,
        rating.feedback_message,
        rating.created_at,
        rating.updated_at
    ])
    .map(drop)
}

const COLUMNS: &str = "id, account_id, inbox_id, conversation_id, message_type, content, processed_content, content_type, \
                       content_attributes, additional_attributes, private, status, source_id, sender_type, sender_id, \
                       created_at, updated_at";

fn read(row: &Row<'_>) -> Result<Message> {
    let (content_attributes, additional_attributes): (String, String) = (row.get(8)?, row.get(9)?);
    let (sender_type, sender_id): (Option<String>, Option<i64>) = (row.get(13)?, row.get(14)?);
    let sender_type = sender_type.and_then(|text| {
        [SenderType::Contact, SenderType::User, SenderType::AgentBot].into_iter().find(|kind| kind.as_str() == text)
    });
    Ok(Message {
        id: row.get(0)?,
        account_id: row.get(1)?,
        inbox_id: row.get(2)?,
        conversation_id: row.get(3)?,
        message_type: row.get(4)?,
        content: row.get(5)?,
        processed_content: row.get(6)?,
        content_type: row.get(7)?,
        content_attributes: read_object(&content_attributes),
        additional_attributes: read_object(&additional_attributes),
        private: row.get(10)?,
        status: row.get(11)?,
        source_id: row.get(12)?,
        sender: sender_type.zip(sender_id),
        created_at: row.get(15)?,
        updated_at: row.get(16)?,
    })
}

impl ToSql for MessageType {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.number().into())
    }
}

impl FromSql for MessageType {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let number = value.as_i64()?;
        [Self::Incoming, Self::Outgoing, Self::Activity, Self::Template]
            .into_iter()
            .find(|kind| kind.number() == number)
            .ok_or(FromSqlError::OutOfRange(number))
    }
}
