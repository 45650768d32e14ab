//! Contacts: created or recognized, identified, merged, changed, deleted.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::actor::Actor;
use super::broadcasts;
use super::contact_validation::{LENGTH_MAX, check_length, validate};
use crate::error::ApiError;
use crate::model::{Contact, ContactInbox, Inbox};
use crate::store::contacts::{self as rows, ContactField};
use crate::store::{Transaction, attachments};
use crate::tokens;

/// A contact's fields in a request; `None` where it has none.
#[derive(Clone, Debug, Default)]
pub struct ContactParams {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone_number: Option<String>,
    pub identifier: Option<String>,
    pub avatar_url: Option<String>,
    pub custom_attributes: Map<String, Value>,
}

/// How an identifier, e-mail address or phone number that another contact has is answered: 500 to visitors, 422 to
/// agents, as recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnDuplicate {
    InternalError,
    ValidationError,
}

/// The contact with this source_id; otherwise, with a new contact inbox, the one with the same identifier, e-mail address
/// or phone number; otherwise a new one.
pub fn find_or_create(
    tx: &mut Transaction<'_>,
    inbox: &Inbox,
    source_id: Option<String>,
    params: &ContactParams,
) -> Result<(Contact, ContactInbox), ApiError> {
    if let Some(source_id) = &source_id {
        if source_id.trim().is_empty() || source_id.contains('\0') {
            return Err(ApiError::internal("the server can't take a blank source_id"));
        }
        if let Some(contact_inbox) = rows::contact_inbox_by_source(tx.db, inbox.id, source_id)? {
            return Ok((rows::contact(tx.db, contact_inbox.contact_id)?, contact_inbox));
        }
        check_length("source_id", "Source", Some(source_id))?;
    }
    let contact = match find_known(tx, inbox.account_id, params)? {
        Some(contact) => contact,
        None => create(tx, inbox.account_id, params, OnDuplicate::InternalError)?,
    };
    let contact_inbox = create_contact_inbox(tx, &contact, inbox, source_id)?;
    Ok((contact, contact_inbox))
}

/// Creates a contact without a contact inbox. Without a name it gets a random one.
pub fn create(
    tx: &mut Transaction<'_>,
    account_id: i64,
    params: &ContactParams,
    on_duplicate: OnDuplicate,
) -> Result<Contact, ApiError> {
    let mut contact = Contact {
        id: 0,
        account_id,
        name: match &params.name {
            None => tokens::random_name(),
            // A 4.16 cuts a long name, a 4.0 refuses it.
            Some(name) if tx.is_4_16() => name.chars().take(LENGTH_MAX).collect(),
            Some(name) => name.clone(),
        },
        email: params.email.as_deref().filter(|email| !email.is_empty()).map(str::to_lowercase),
        phone_number: params.phone_number.clone(),
        identifier: params.identifier.clone(),
        custom_attributes: params.custom_attributes.clone(),
        avatar_url: params.avatar_url.as_deref().map(web_address).unwrap_or_default(),
        blocked: false,
        last_activity_at: None,
        created_at: tx.now,
        updated_at: tx.now,
    };
    validate(&contact)?;
    check_duplicates(tx, &contact, on_duplicate)?;
    contact.id = rows::insert(tx.db, &contact)?;
    Ok(contact)
}

/// Adds a contact to an inbox; without a source_id it gets a random one.
pub fn create_contact_inbox(
    tx: &mut Transaction<'_>,
    contact: &Contact,
    inbox: &Inbox,
    source_id: Option<String>,
) -> Result<ContactInbox, ApiError> {
    let mut contact_inbox = ContactInbox {
        id: 0,
        contact_id: contact.id,
        inbox_id: inbox.id,
        source_id: source_id.unwrap_or_else(|| Uuid::new_v4().to_string()),
        pubsub_token: tokens::token(),
        hmac_verified: false,
        created_at: tx.now,
        updated_at: tx.now,
    };
    contact_inbox.id = rows::insert_contact_inbox(tx.db, &contact_inbox)?;
    Ok(contact_inbox)
}

/// A visitor's changes. Blank values are ignored; with an e-mail address or phone number of another contact the two are
/// merged, and the other's record stays.
pub fn identify(tx: &mut Transaction<'_>, mut contact: Contact, params: &ContactParams) -> Result<Contact, ApiError> {
    for (field, value) in [(ContactField::Email, &params.email), (ContactField::PhoneNumber, &params.phone_number)] {
        let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) else { continue };
        let value = if matches!(field, ContactField::Email) { value.to_lowercase() } else { value.to_owned() };
        let other = rows::find(tx.db, contact.account_id, field, &value)?.filter(|other| other.id != contact.id);
        if let Some(other) = other {
            contact = merge(tx, contact, other)?;
        }
    }
    let before = contact.clone();
    let non_blank = |value: &Option<String>| value.clone().filter(|text| !text.trim().is_empty());
    contact.name = non_blank(&params.name).unwrap_or(contact.name);
    contact.email = non_blank(&params.email).map(|email| email.to_lowercase()).or(contact.email);
    contact.phone_number = non_blank(&params.phone_number).or(contact.phone_number);
    contact.avatar_url = non_blank(&params.avatar_url).as_deref().map(web_address).unwrap_or(contact.avatar_url);
    deep_merge(&mut contact.custom_attributes, params.custom_attributes.clone());
    save_changes(tx, &before, contact, None)
}

/// An agent's changes; blank values are set, too.
pub fn update(
    tx: &mut Transaction<'_>,
    contact: Contact,
    params: &ContactParams,
    actor: &Actor,
) -> Result<Contact, ApiError> {
    let before = contact.clone();
    let mut contact = contact;
    let or_none = |text: &String| if text.is_empty() { None } else { Some(text.clone()) };
    if let Some(name) = &params.name {
        contact.name.clone_from(name);
    }
    if let Some(email) = &params.email {
        contact.email = or_none(&email.to_lowercase());
    }
    if let Some(phone_number) = &params.phone_number {
        contact.phone_number = or_none(phone_number);
    }
    if let Some(identifier) = &params.identifier {
        contact.identifier = or_none(identifier);
    }
    if let Some(avatar_url) = &params.avatar_url {
        contact.avatar_url = web_address(avatar_url);
    }
    deep_merge(&mut contact.custom_attributes, params.custom_attributes.clone());
    check_duplicates(tx, &contact, OnDuplicate::ValidationError)?;
    save_changes(tx, &before, contact, Some(actor))
}

/// Deletes a contact with its conversations and files, but not while it is online.
pub fn delete(tx: &mut Transaction<'_>, contact: &Contact) -> Result<(), ApiError> {
    if tx.context.presence.contact_status(contact.account_id, contact.id, tx.now) == "online" {
        let name = capitalize(&contact.name);
        return Err(ApiError::UnprocessableMessage(format!("{name} is Online, please try again later")));
    }
    let files = attachments::of_contact(tx.db, contact.id)?;
    rows::delete(tx.db, contact.id)?;
    tx.delete_files(files);
    Ok(())
}

fn find_known(tx: &Transaction<'_>, account_id: i64, params: &ContactParams) -> Result<Option<Contact>, ApiError> {
    for (field, value) in [
        (ContactField::Identifier, params.identifier.clone()),
        (ContactField::Email, params.email.as_deref().map(str::to_lowercase)),
        (ContactField::PhoneNumber, params.phone_number.clone()),
    ] {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else { continue };
        if let Some(contact) = rows::find(tx.db, account_id, field, &value)? {
            return Ok(Some(contact));
        }
    }
    Ok(None)
}

/// Moves all of this contact to the other, whose empty fields are filled from this one.
fn merge(tx: &mut Transaction<'_>, this: Contact, other: Contact) -> Result<Contact, ApiError> {
    rows::merge(tx.db, this.id, other.id)?;
    let mut custom_attributes = this.custom_attributes;
    deep_merge(&mut custom_attributes, other.custom_attributes.clone());
    Ok(Contact {
        custom_attributes,
        phone_number: other.phone_number.clone().or(this.phone_number),
        email: other.email.clone().or(this.email),
        identifier: other.identifier.clone().or(this.identifier),
        ..other
    })
}

/// Validates and saves a contact; a change is broadcast.
fn save_changes(
    tx: &mut Transaction<'_>,
    before: &Contact,
    mut contact: Contact,
    actor: Option<&Actor>,
) -> Result<Contact, ApiError> {
    validate(&contact)?;
    contact.updated_at = tx.now;
    rows::save(tx.db, &contact)?;
    let is_same = before.name == contact.name
        && before.email == contact.email
        && before.phone_number == contact.phone_number
        && before.identifier == contact.identifier
        && before.avatar_url == contact.avatar_url
        && before.custom_attributes == contact.custom_attributes;
    if !is_same {
        broadcasts::contact_updated(tx, &contact, actor)?;
    }
    Ok(contact)
}

fn check_duplicates(tx: &Transaction<'_>, contact: &Contact, on_duplicate: OnDuplicate) -> Result<(), ApiError> {
    for (field, attribute, value) in [
        (ContactField::Identifier, "identifier", &contact.identifier),
        (ContactField::Email, "email", &contact.email),
        (ContactField::PhoneNumber, "phone_number", &contact.phone_number),
    ] {
        // A blank phone number may be that of several contacts, a blank identifier only that of one.
        let Some(value) =
            value.as_deref().filter(|value| !value.is_empty() || matches!(field, ContactField::Identifier))
        else {
            continue;
        };
        let other = rows::find(tx.db, contact.account_id, field, value)?.filter(|other| other.id != contact.id);
        if other.is_some() {
            return Err(match on_duplicate {
                OnDuplicate::InternalError => ApiError::internal(format!("another contact has this {attribute}")),
                OnDuplicate::ValidationError => {
                    ApiError::validation(attribute, format!("{} has already been taken", attribute_label(attribute)))
                }
            });
        }
    }
    Ok(())
}

/// The address if a browser may load it, otherwise an empty one.
fn web_address(address: &str) -> String {
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    if is_web { address.to_owned() } else { String::new() }
}

fn deep_merge(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => deep_merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn attribute_label(attribute: &str) -> &'static str {
    match attribute {
        "email" => "Email",
        "phone_number" => "Phone number",
        _ => "Identifier",
    }
}

fn capitalize(name: &str) -> String {
    let mut letters = name.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters.flat_map(char::to_lowercase)).collect())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contact_attributes_are_merged_by_key() {
        let object = |text| crate::store::contacts::read_object(text);
        let mut old = object(r#"{"plan":"gold","n":3,"nested":{"a":1}}"#);
        deep_merge(&mut old, object(r#"{"plan":"platinum","nested":{"b":2}}"#));
        assert_eq!(old, object(r#"{"plan":"platinum","n":3,"nested":{"a":1,"b":2}}"#));
    }

    #[test]
    fn a_contacts_name_is_capitalized_as_rails_does() {
        assert_eq!(capitalize("Made By Agent"), "Made by agent");
    }
}
