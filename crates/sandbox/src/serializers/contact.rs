//! Contacts.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::AccountName;
use crate::model::{Contact, ContactInbox};
use crate::refusal::Refusal;
use crate::signing::signature;
use crate::store::{Turn, accounts, contacts};

/// What creating or showing a contact answers.
#[derive(Debug, Serialize)]
pub struct OwnContact {
    source_id: String,
    pubsub_token: String,
    id: i64,
    name: String,
    email: Option<String>,
    phone_number: Option<String>,
}

pub fn own(contact: &Contact, place: &ContactInbox) -> OwnContact {
    OwnContact {
        source_id: place.source_id.clone(),
        pubsub_token: place.pubsub_token.clone(),
        id: contact.id,
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone_number: contact.phone_number.clone(),
    }
}

/// The bare record: in conversations, and what updating a contact answers.
#[derive(Debug, Serialize)]
pub struct RawContact {
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
    /// Null, since 4.16; before, absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    company_id: Option<Value>,
}

pub fn raw(turn: &Turn<'_>, contact: &Contact) -> RawContact {
    let is_reachable = |value: &Option<String>| value.as_deref().is_some_and(|text| !text.is_empty());
    let contact_type =
        if is_reachable(&contact.email) || is_reachable(&contact.phone_number) { "lead" } else { "visitor" };
    RawContact {
        id: contact.id,
        name: contact.name.clone(),
        email: contact.email.clone(),
        phone_number: contact.phone_number.clone(),
        account_id: contact.account_id,
        created_at: contact.created_at.iso(),
        updated_at: contact.updated_at.iso(),
        additional_attributes: additional_attributes(turn, contact),
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
        company_id: turn.is_4_16().then_some(Value::Null),
    }
}

/// A 4.16 keeps here when it fetched the picture that a contact's avatar_url names.
fn additional_attributes(turn: &Turn<'_>, contact: &Contact) -> Map<String, Value> {
    if !turn.is_4_16() || contact.avatar_url.is_empty() {
        return Map::new();
    }
    let hash = signature(&turn.world.secret, &contact.avatar_url);
    Map::from_iter([
        ("last_avatar_sync_at".to_owned(), contact.updated_at.iso().into()),
        ("avatar_url_hash".to_owned(), hash.into()),
    ])
}

/// A contact as a sender, in frames and messages.
#[derive(Clone, Debug, Serialize)]
pub struct PushedContact {
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

pub fn pushed(turn: &Turn<'_>, contact: &Contact) -> PushedContact {
    PushedContact {
        additional_attributes: additional_attributes(turn, contact),
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

/// A contact as the sender in a callback's message.
#[derive(Debug, Serialize)]
pub struct CalledBackContact {
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

pub fn called_back(turn: &Turn<'_>, contact: &Contact, account: AccountName) -> CalledBackContact {
    CalledBackContact {
        account,
        additional_attributes: additional_attributes(turn, contact),
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

/// A contact as an agent sees it.
#[derive(Debug, Serialize)]
pub struct ListedContact {
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

/// Without the places it has.
pub fn listed_bare(turn: &Turn<'_>, contact: &Contact) -> ListedContact {
    ListedContact {
        additional_attributes: additional_attributes(turn, contact),
        availability_status: turn.world.presence.contact_word(contact.account_id, contact.id, turn.now),
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

pub fn listed(turn: &Turn<'_>, contact: &Contact) -> Result<ListedContact, Refusal> {
    let mut places = Vec::new();
    for place in contacts::contact_inboxes(turn.db, contact.id)? {
        let inbox = accounts::inbox(turn.db, place.inbox_id)?;
        places.push(json!({
            "source_id": place.source_id,
            "inbox": {
                "id": inbox.id, "avatar_url": "", "channel_id": inbox.id, "name": inbox.name,
                "channel_type": "Channel::Api", "provider": null
            }
        }));
    }
    Ok(ListedContact { contact_inboxes: Some(places), ..listed_bare(turn, contact) })
}
