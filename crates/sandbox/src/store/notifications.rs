//! Notifications of agents: which conversations they have been notified of.

use rusqlite::{Connection, Result};

/// Inserts a notification; returns its new id.
pub fn insert(db: &Connection, user_id: i64, conversation_id: i64) -> Result<i64> {
    db.execute("INSERT INTO notifications (user_id, conversation_id) VALUES (?1, ?2)", [user_id, conversation_id])?;
    Ok(db.last_insert_rowid())
}

/// The ids of a user's notifications of a conversation.
pub fn ids(db: &Connection, user_id: i64, conversation_id: i64) -> Result<Vec<i64>> {
    db.prepare_cached("SELECT id FROM notifications WHERE user_id = ?1 AND conversation_id = ?2")?
        .query_map([user_id, conversation_id], |row| row.get(0))?
        .collect()
}

pub fn count(db: &Connection, user_id: i64) -> Result<i64> {
    db.prepare_cached("SELECT count(*) FROM notifications WHERE user_id = ?1")?.query_row([user_id], |row| row.get(0))
}

pub fn delete(db: &Connection, id: i64) -> Result<()> {
    db.execute("DELETE FROM notifications WHERE id = ?1", [id]).map(drop)
}
