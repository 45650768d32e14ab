//! Queries: attachments. The files themselves are in the file storage.

use rusqlite::{Connection, Result, Row, params};

use crate::model::Attachment;

pub fn attachment(db: &Connection, id: i64) -> Result<Attachment> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM attachments WHERE id = ?1"))?.query_row([id], read)
}

pub fn of_message(db: &Connection, message_id: i64) -> Result<Vec<Attachment>> {
    db.prepare_cached(&format!("SELECT {COLUMNS} FROM attachments WHERE message_id = ?1 ORDER BY id"))?
        .query_map([message_id], read)?
        .collect()
}

/// All attachments of a contact's conversations.
pub fn of_contact(db: &Connection, contact_id: i64) -> Result<Vec<Attachment>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachments WHERE message_id IN (SELECT messages.id FROM messages
             JOIN conversations ON conversations.id = messages.conversation_id WHERE conversations.contact_id = ?1)"
    ))?
    .query_map([contact_id], read)?
    .collect()
}

/// All attachments of a conversation.
pub fn of_conversation(db: &Connection, conversation_id: i64) -> Result<Vec<Attachment>> {
    db.prepare_cached(&format!(
        "SELECT {COLUMNS} FROM attachments WHERE message_id IN (SELECT id FROM messages WHERE conversation_id = ?1)"
    ))?
    .query_map([conversation_id], read)?
    .collect()
}

/// Inserts a record; returns its new id.
pub fn insert(db: &Connection, attachment: &Attachment) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO attachments (message_id, account_id, file_type, file_name, content_type, file_size, stored_as, width, height)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    )?
    .execute(params![
        attachment.message_id,
        attachment.account_id,
        attachment.file_type,
        attachment.file_name,
        attachment.content_type,
        attachment.file_size,
        attachment.stored_as,
        attachment.width,
        attachment.height
    ])?;
    Ok(db.last_insert_rowid())
}

pub fn delete_of_message(db: &Connection, message_id: i64) -> Result<()> {
    db.execute("DELETE FROM attachments WHERE message_id = ?1", [message_id]).map(drop)
}

const COLUMNS: &str =
    "id, message_id, account_id, file_type, file_name, content_type, file_size, stored_as, width, height";

fn read(row: &Row<'_>) -> Result<Attachment> {
    Ok(Attachment {
        id: row.get(0)?,
        message_id: row.get(1)?,
        account_id: row.get(2)?,
        file_type: row.get(3)?,
        file_name: row.get(4)?,
        content_type: row.get(5)?,
        file_size: row.get(6)?,
        stored_as: row.get(7)?,
        width: row.get(8)?,
        height: row.get(9)?,
    })
}
