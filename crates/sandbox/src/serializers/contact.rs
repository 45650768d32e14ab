//! Contacts: for visitors, events, webhooks and agents.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::AccountName;
use crate::error::ApiError;
use crate::model::{Contact, ContactInbox};
use crate::signing::signature;
use crate::store::{Transaction, accounts, contacts};

/// A contact as the client API answers it, with its contact inbox's source_id and token.
#[derive(Debug, Serialize)]
pub struct ClientContact {
    source_id: String,
    pubsub_token: String,
    id: i64,
    name: String,
    email: Option<String>,
    phone_number: Option<String>,
}

pub fn for_client_api(contact: &Contact, contact_inbox: &ContactInbox) -> ClientContact {
    ClientContact {
        source_id: contact_inbox.source_id.clone(),
        pubsub_token: contact_inbox.pubsub_token.clone(),
        id: contact.id,
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone_number: contact.phone_number.clone(),
    }
}

/// The whole record: in conversations, and in a 4.0 what updating a contact answers.
#[derive(Debug, Serialize)]
pub struct ContactRecord {
    id: i64,
    name: String,
    email: Option<String>,
    phone_number: Option<String>,
    account_id: i64,
    created_at: String,
    updated_at: String,
    additional_attributes: Map<String, Value>,
    identifier: Option<String>,
    custom_attributes: Map<String, Value>,
    last_activity_at: Option<String>,
    contact_type: &'static str,
    middle_name: &'static str,
    last_name: &'static str,
    location: Option<String>,
    country_code: Option<String>,
    blocked: bool,
    label_list: [&'static str; 0],
    /// Null in a 4.16, absent in a 4.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<Value>,
}

pub fn record(tx: &Transaction<'_>, contact: &Contact) -> ContactRecord {
    let is_reachable = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.is_empty());
    let contact_type =
        if is_reachable(&contact.email) || is_reachable(&contact.phone_number) { "lead" } else { "visitor" };
    ContactRecord {
        id: contact.id,
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone_number: contact.phone_number.clone(),
        account_id: contact.account_id,
        created_at: contact.created_at.iso(),
        updated_at: contact.updated_at.iso(),
        additional_attributes: additional_attributes(tx, contact),
        identifier: contact.identifier.clone(),
        custom_attributes: contact.custom_attributes.clone(),
        last_activity_at: contact.last_activity_at.map(crate::clock::Micros::iso),
        contact_type,
        middle_name: "",
        last_name: "",
        location: None,
        country_code: None,
        blocked: contact.blocked,
        label_list: [],
        company_id: tx.is_4_16().then_some(Value::Null),
    }
}

/// In a 4.16: when the server fetched the picture of the contact's avatar_url.
fn additional_attributes(tx: &Transaction<'_>, contact: &Contact) -> Map<String, Value> {
    if !tx.is_4_16() || contact.avatar_url.is_empty() {
        return Map::new();
    }
    let hash = signature(&tx.context.secret, &contact.avatar_url);
    Map::from_iter([
        ("last_avatar_sync_at".to_owned(), contact.updated_at.iso().into()),
        ("avatar_url_hash".to_owned(), hash.into()),
    ])
}

/// A contact as the sender in events and messages.
#[derive(Clone, Debug, Serialize)]
pub struct EventContact {
    additional_attributes: Map<String, Value>,
    custom_attributes: Map<String, Value>,
    email: Option<String>,
    id: i64,
    identifier: Option<String>,
    name: String,
    phone_number: Option<String>,
    thumbnail: String,
    blocked: bool,
    r#type: &'static str,
}

pub fn for_event(tx: &Transaction<'_>, contact: &Contact) -> EventContact {
    EventContact {
        additional_attributes: additional_attributes(tx, contact),
        custom_attributes: contact.custom_attributes.clone(),
        email: contact.email.clone(),
        id: contact.id,
        identifier: contact.identifier.clone(),
        name: contact.name.clone(),
        phone_number: contact.phone_number.clone(),
        thumbnail: contact.avatar_url.clone(),
        blocked: contact.blocked,
        r#type: "contact",
    }
}

/// A contact as the sender in a webhook's message.
#[derive(Debug, Serialize)]
pub struct WebhookContact {
    account: AccountName,
    additional_attributes: Map<String, Value>,
    avatar: String,
    custom_attributes: Map<String, Value>,
    email: Option<String>,
    id: i64,
    identifier: Option<String>,
    name: String,
    phone_number: Option<String>,
    thumbnail: String,
    blocked: bool,
}

pub fn for_webhook(tx: &Transaction<'_>, contact: &Contact, account: AccountName) -> WebhookContact {
    WebhookContact {
        account,
        additional_attributes: additional_attributes(tx, contact),
        avatar: contact.avatar_url.clone(),
        custom_attributes: contact.custom_attributes.clone(),
        email: contact.email.clone(),
        id: contact.id,
        identifier: contact.identifier.clone(),
        name: contact.name.clone(),
        phone_number: contact.phone_number.clone(),
        thumbnail: contact.avatar_url.clone(),
        blocked: contact.blocked,
    }
}

/// A contact as the application API answers it.
#[derive(Debug, Serialize)]
pub struct AppContact {
    additional_attributes: Map<String, Value>,
    availability_status: &'static str,
    email: Option<String>,
    id: i64,
    name: String,
    phone_number: Option<String>,
    blocked: bool,
    identifier: Option<String>,
    thumbnail: String,
    custom_attributes: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_activity_at: Option<i64>,
    created_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    contact_inboxes: Option<Vec<Value>>,
}

/// Without its contact inboxes, as in a conversation.
pub fn for_app_api_without_inboxes(tx: &Transaction<'_>, contact: &Contact) -> AppContact {
    AppContact {
        additional_attributes: additional_attributes(tx, contact),
        availability_status: tx.context.presence.contact_status(contact.account_id, contact.id, tx.now),
        email: contact.email.clone(),
        id: contact.id,
        name: contact.name.clone(),
        phone_number: contact.phone_number.clone(),
        blocked: contact.blocked,
        identifier: contact.identifier.clone(),
        thumbnail: contact.avatar_url.clone(),
        custom_attributes: contact.custom_attributes.clone(),
        last_activity_at: contact.last_activity_at.map(crate::clock::Micros::seconds),
        created_at: contact.created_at.seconds(),
        contact_inboxes: None,
    }
}

pub fn for_app_api(tx: &Transaction<'_>, contact: &Contact) -> Result<AppContact, ApiError> {
    let mut contact_inboxes = Vec::new();
    for contact_inbox in contacts::contact_inboxes(tx.db, contact.id)? {
        let inbox = accounts::inbox(tx.db, contact_inbox.inbox_id)?;
        contact_inboxes.push(json!({
            "source_id": contact_inbox.source_id,
            "inbox": {
                "id": inbox.id, "avatar_url": "", "channel_id": inbox.id, "name": inbox.name,
                "channel_type": "Channel::Api", "provider": null
            }
        }));
    }
    Ok(AppContact { contact_inboxes: Some(contact_inboxes), ..for_app_api_without_inboxes(tx, contact) })
}
