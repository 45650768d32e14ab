//! Queries: contacts and their contact inboxes.

use rusqlite::{Connection, OptionalExtension, Result, Row, params};
use serde_json::{Map, Value};

use crate::clock::Micros;
use crate::model::{Contact, ContactInbox};

pub fn contact(db: &Connection, id: i64) -> Result<Contact> {
    db.prepare_cached(&format!("SELECT {CONTACT} FROM contacts WHERE id = ?1"))?.query_row([id], read_contact)
}

/// The first contact with this value.
pub fn find(db: &Connection, account_id: i64, field: ContactField, value: &str) -> Result<Option<Contact>> {
    let column = match field {
        ContactField::Identifier => "identifier",
        ContactField::Email => "email",
        ContactField::PhoneNumber => "phone_number",
    };
    db.prepare_cached(&format!(
        "SELECT {CONTACT} FROM contacts WHERE account_id = ?1 AND {column} = ?2 ORDER BY id LIMIT 1"
    ))?
    .query_row(params![account_id, value], read_contact)
    .optional()
}

#[derive(Clone, Copy, Debug)]
pub enum ContactField {
    Identifier,
    Email,
    PhoneNumber,
}

/// A page of the contacts whose name, e-mail address, phone number or identifier has `needle` in it, the most recently
/// active first, and the number of all.
pub fn search(db: &Connection, account_id: i64, needle: &str, limit: i64, offset: i64) -> Result<(Vec<Contact>, i64)> {
    let pattern = format!("%{}%", needle.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let matching = "account_id = ?1 AND (name LIKE ?2 ESCAPE '\\' OR email LIKE ?2 ESCAPE '\\' \
                    OR phone_number LIKE ?2 ESCAPE '\\' OR identifier LIKE ?2 ESCAPE '\\')";
    let count = db
        .prepare_cached(&format!("SELECT count(*) FROM contacts WHERE {matching}"))?
        .query_row(params![account_id, pattern], |row| row.get(0))?;
    let contacts = db
        .prepare_cached(&format!(
            "SELECT {CONTACT} FROM contacts WHERE {matching} ORDER BY coalesce(last_activity_at, created_at) DESC, id DESC LIMIT ?3 OFFSET ?4"
        ))?
        .query_map(params![account_id, pattern, limit, offset], read_contact)?
        .collect::<Result<_>>()?;
    Ok((contacts, count))
}

/// Inserts a record; returns its new id.
pub fn insert(db: &Connection, contact: &Contact) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO contacts (account_id, name, email, phone_number, identifier, custom_attributes, avatar_url, blocked,
             last_activity_at, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )?
    .execute(params![
        contact.account_id,
        contact.name,
        contact.email,
        contact.phone_number,
        contact.identifier,
        Value::from(contact.custom_attributes.clone()).to_string(),
        contact.avatar_url,
        contact.blocked,
        contact.last_activity_at,
        contact.created_at,
        contact.updated_at
    ])?;
    Ok(db.last_insert_rowid())
}

pub fn save(db: &Connection, contact: &Contact) -> Result<()> {
    db.prepare_cached(
        "UPDATE contacts SET name = ?2, email = ?3, phone_number = ?4, identifier = ?5, custom_attributes = ?6,
             avatar_url = ?7, blocked = ?8, last_activity_at = ?9, updated_at = ?10
         WHERE id = ?1",
    )?
    .execute(params![
        contact.id,
        contact.name,
        contact.email,
        contact.phone_number,
        contact.identifier,
        Value::from(contact.custom_attributes.clone()).to_string(),
        contact.avatar_url,
        contact.blocked,
        contact.last_activity_at,
        contact.updated_at
    ])
    .map(drop)
}

/// Deletes a contact with its contact inboxes, conversations and messages.
pub fn delete(db: &Connection, contact_id: i64) -> Result<()> {
    db.execute("DELETE FROM contacts WHERE id = ?1", [contact_id]).map(drop)
}

/// Moves all of one contact to another and deletes the first.
pub fn merge(db: &Connection, from: i64, into: i64) -> Result<()> {
    db.execute("UPDATE contact_inboxes SET contact_id = ?2 WHERE contact_id = ?1", [from, into])?;
    db.execute("UPDATE conversations SET contact_id = ?2 WHERE contact_id = ?1", [from, into])?;
    db.execute("UPDATE messages SET sender_id = ?2 WHERE sender_type = 'Contact' AND sender_id = ?1", [from, into])?;
    delete(db, from)
}

pub fn contact_inbox(db: &Connection, id: i64) -> Result<ContactInbox> {
    db.prepare_cached(&format!("SELECT {CONTACT_INBOX} FROM contact_inboxes WHERE id = ?1"))?
        .query_row([id], read_contact_inbox)
}

pub fn contact_inbox_by_source(db: &Connection, inbox_id: i64, source_id: &str) -> Result<Option<ContactInbox>> {
    db.prepare_cached(&format!("SELECT {CONTACT_INBOX} FROM contact_inboxes WHERE inbox_id = ?1 AND source_id = ?2"))?
        .query_row(params![inbox_id, source_id], read_contact_inbox)
        .optional()
}

pub fn contact_inbox_by_pubsub_token(db: &Connection, token: &str) -> Result<Option<ContactInbox>> {
    db.prepare_cached(&format!("SELECT {CONTACT_INBOX} FROM contact_inboxes WHERE pubsub_token = ?1"))?
        .query_row([token], read_contact_inbox)
        .optional()
}

pub fn contact_inboxes(db: &Connection, contact_id: i64) -> Result<Vec<ContactInbox>> {
    db.prepare_cached(&format!("SELECT {CONTACT_INBOX} FROM contact_inboxes WHERE contact_id = ?1 ORDER BY id"))?
        .query_map([contact_id], read_contact_inbox)?
        .collect()
}

/// Inserts a record; returns its new id.
pub fn insert_contact_inbox(db: &Connection, contact_inbox: &ContactInbox) -> Result<i64> {
    db.prepare_cached(
        "INSERT INTO contact_inboxes (contact_id, inbox_id, source_id, pubsub_token, hmac_verified, created_at, updated_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    )?
    .execute(params![
        contact_inbox.contact_id,
        contact_inbox.inbox_id,
        contact_inbox.source_id,
        contact_inbox.pubsub_token,
        contact_inbox.hmac_verified,
        contact_inbox.created_at,
        contact_inbox.updated_at
    ])?;
    Ok(db.last_insert_rowid())
}

/// Marks a contact inbox as verified.
pub fn verify(db: &Connection, contact_inbox_id: i64, now: Micros) -> Result<()> {
    db.execute(
        "UPDATE contact_inboxes SET hmac_verified = 1, updated_at = ?2 WHERE id = ?1 AND hmac_verified = 0",
        params![contact_inbox_id, now],
    )
    .map(drop)
}

/// Reads attributes, which are stored as JSON text; what is no object is an empty one.
pub fn read_object(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        _ => Map::new(),
    }
}

const CONTACT: &str = "id, account_id, name, email, phone_number, identifier, custom_attributes, avatar_url, blocked, \
                       last_activity_at, created_at, updated_at";

fn read_contact(row: &Row<'_>) -> Result<Contact> {
    let custom_attributes: String = row.get(6)?;
    Ok(Contact {
        id: row.get(0)?,
        account_id: row.get(1)?,
        name: row.get(2)?,
        email: row.get(3)?,
        phone_number: row.get(4)?,
        identifier: row.get(5)?,
        custom_attributes: read_object(&custom_attributes),
        avatar_url: row.get(7)?,
        blocked: row.get(8)?,
        last_activity_at: row.get(9)?,
        created_at: row.get(10)?,
        updated_at: row.get(11)?,
    })
}

const CONTACT_INBOX: &str = "id, contact_id, inbox_id, source_id, pubsub_token, hmac_verified, created_at, updated_at";

fn read_contact_inbox(row: &Row<'_>) -> Result<ContactInbox> {
    Ok(ContactInbox {
        id: row.get(0)?,
        contact_id: row.get(1)?,
        inbox_id: row.get(2)?,
        source_id: row.get(3)?,
        pubsub_token: row.get(4)?,
        hmac_verified: row.get(5)?,
        created_at: row.get(6)?,
        updated_at: row.get(7)?,
    })
}
