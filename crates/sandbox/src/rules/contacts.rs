//! Contacts come, are recognised, change, become one with another, and go.

use serde_json::{Map, Value};
use uuid::Uuid;

use super::actor::Actor;
use super::broadcasts;
use crate::model::{Contact, ContactInbox, Inbox};
use crate::refusal::Refusal;
use crate::store::contacts::{self as rows, Field};
use crate::store::{Turn, files};
use crate::tokens;

/// What a client says about a contact; `None`: nothing.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone_number: Option<String>,
    pub identifier: Option<String>,
    pub avatar_url: Option<String>,
    pub custom_attributes: Map<String, Value>,
}

/// How a clash with somebody else's identifier or address is answered: a visitor gets a fault, an agent is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Fault,
    Named,
}

/// A contact in an inbox: the one who has this source_id; else a known one by identifier, e-mail or phone number, with
/// a new place in the inbox; else a new one.
pub fn arrive(
    turn: &mut Turn<'_>,
    inbox: &Inbox,
    source_id: Option<String>,
    said: &Said,
) -> Result<(Contact, ContactInbox), Refusal> {
    if let Some(source_id) = &source_id {
        if source_id.trim().is_empty() || source_id.contains('\0') {
            return Err(Refusal::fault("the server can't take a blank source_id"));
        }
        if let Some(place) = rows::contact_inbox_by_source(turn.db, inbox.id, source_id)? {
            return Ok((rows::contact(turn.db, place.contact_id)?, place));
        }
        limit_length("source_id", "Source", Some(source_id))?;
    }
    let contact = match recognised(turn, inbox.account_id, said)? {
        Some(contact) => contact,
        None => create(turn, inbox.account_id, said, Taken::Fault)?,
    };
    let place = place(turn, &contact, inbox, source_id)?;
    Ok((contact, place))
}

pub fn create(turn: &mut Turn<'_>, account_id: i64, said: &Said, taken: Taken) -> Result<Contact, Refusal> {
    let mut contact = Contact {
        id: 0,
        account_id,
        name: match &said.name {
            None => tokens::made_up_name(),
            // Refused before, cut since.
            Some(name) if turn.is_4_16() => name.chars().take(LENGTH_MAX).collect(),
            Some(name) => name.clone(),
        },
        email: said.email.as_deref().filter(|email| !email.is_empty()).map(str::to_lowercase),
        phone_number: said.phone_number.clone(),
        identifier: said.identifier.clone(),
        custom_attributes: said.custom_attributes.clone(),
        avatar_url: said.avatar_url.as_deref().map(picture).unwrap_or_default(),
        blocked: false,
        last_activity_at: None,
        created_at: turn.now,
        updated_at: turn.now,
    };
    validate(&contact)?;
    refuse_taken(turn, &contact, taken)?;
    contact.id = rows::insert(turn.db, &contact)?;
    Ok(contact)
}

/// A new place for a contact in an inbox.
pub fn place(
    turn: &mut Turn<'_>,
    contact: &Contact,
    inbox: &Inbox,
    source_id: Option<String>,
) -> Result<ContactInbox, Refusal> {
    let mut place = ContactInbox {
        id: 0,
        contact_id: contact.id,
        inbox_id: inbox.id,
        source_id: source_id.unwrap_or_else(|| Uuid::new_v4().to_string()),
        pubsub_token: tokens::token(),
        hmac_verified: false,
        created_at: turn.now,
        updated_at: turn.now,
    };
    place.id = rows::insert_contact_inbox(turn.db, &place)?;
    Ok(place)
}

/// A visitor tells more about themselves. Blank words are ignored; an e-mail address or phone number of somebody else
/// makes the two one, and the other's record stays.
pub fn identify(turn: &mut Turn<'_>, contact: Contact, said: &Said) -> Result<Contact, Refusal> {
    let mut contact = contact;
    for (field, value) in [(Field::Email, &said.email), (Field::PhoneNumber, &said.phone_number)] {
        let Some(value) = value.as_deref().filter(|value| !value.trim().is_empty()) else { continue };
        let value = if matches!(field, Field::Email) { value.to_lowercase() } else { value.to_owned() };
        let other = rows::find(turn.db, contact.account_id, field, &value)?.filter(|other| other.id != contact.id);
        if let Some(other) = other {
            contact = merge(turn, contact, other)?;
        }
    }
    let before = contact.clone();
    let told = |value: &Option<String>| value.clone().filter(|text| !text.trim().is_empty());
    contact.name = told(&said.name).unwrap_or(contact.name);
    contact.email = told(&said.email).map(|email| email.to_lowercase()).or(contact.email);
    contact.phone_number = told(&said.phone_number).or(contact.phone_number);
    contact.avatar_url = told(&said.avatar_url).as_deref().map(picture).unwrap_or(contact.avatar_url);
    merge_deeply(&mut contact.custom_attributes, said.custom_attributes.clone());
    keep(turn, &before, contact, None)
}

/// An agent changes a contact's record; what is said is set, blank or not.
pub fn edit(turn: &mut Turn<'_>, contact: Contact, said: &Said, actor: &Actor) -> Result<Contact, Refusal> {
    let before = contact.clone();
    let mut contact = contact;
    let or_none = |text: &String| if text.is_empty() { None } else { Some(text.clone()) };
    if let Some(name) = &said.name {
        contact.name.clone_from(name);
    }
    if let Some(email) = &said.email {
        contact.email = or_none(&email.to_lowercase());
    }
    if let Some(phone_number) = &said.phone_number {
        contact.phone_number = or_none(phone_number);
    }
    if let Some(identifier) = &said.identifier {
        contact.identifier = or_none(identifier);
    }
    if let Some(avatar_url) = &said.avatar_url {
        contact.avatar_url = picture(avatar_url);
    }
    merge_deeply(&mut contact.custom_attributes, said.custom_attributes.clone());
    refuse_taken(turn, &contact, Taken::Named)?;
    keep(turn, &before, contact, Some(actor))
}

/// Not while they are here.
pub fn delete(turn: &mut Turn<'_>, contact: &Contact) -> Result<(), Refusal> {
    if turn.world.presence.contact_word(contact.account_id, contact.id, turn.now) == "online" {
        let name = capitalised(&contact.name);
        return Err(Refusal::Message(format!("{name} is Online, please try again later")));
    }
    let orphans = files::of_contact(turn.db, contact.id)?;
    rows::delete(turn.db, contact.id)?;
    turn.delete_files(orphans);
    Ok(())
}

fn recognised(turn: &Turn<'_>, account_id: i64, said: &Said) -> Result<Option<Contact>, Refusal> {
    for (field, value) in [
        (Field::Identifier, said.identifier.clone()),
        (Field::Email, said.email.as_deref().map(str::to_lowercase)),
        (Field::PhoneNumber, said.phone_number.clone()),
    ] {
        let Some(value) = value.filter(|value| !value.trim().is_empty()) else { continue };
        if let Some(contact) = rows::find(turn.db, account_id, field, &value)? {
            return Ok(Some(contact));
        }
    }
    Ok(None)
}

/// The other's record stays, with gaps filled from this one.
fn merge(turn: &mut Turn<'_>, this: Contact, other: Contact) -> Result<Contact, Refusal> {
    rows::merge(turn.db, this.id, other.id)?;
    let mut custom_attributes = this.custom_attributes;
    merge_deeply(&mut custom_attributes, other.custom_attributes.clone());
    Ok(Contact {
        custom_attributes,
        phone_number: other.phone_number.clone().or(this.phone_number),
        email: other.email.clone().or(this.email),
        identifier: other.identifier.clone().or(this.identifier),
        ..other
    })
}

fn keep(
    turn: &mut Turn<'_>,
    before: &Contact,
    mut contact: Contact,
    actor: Option<&Actor>,
) -> Result<Contact, Refusal> {
    validate(&contact)?;
    contact.updated_at = turn.now;
    rows::save(turn.db, &contact)?;
    let is_same = before.name == contact.name
        && before.email == contact.email
        && before.phone_number == contact.phone_number
        && before.identifier == contact.identifier
        && before.avatar_url == contact.avatar_url
        && before.custom_attributes == contact.custom_attributes;
    if !is_same {
        broadcasts::contact_updated(turn, &contact, actor)?;
    }
    Ok(contact)
}

fn refuse_taken(turn: &Turn<'_>, contact: &Contact, taken: Taken) -> Result<(), Refusal> {
    for (field, attribute, value) in [
        (Field::Identifier, "identifier", &contact.identifier),
        (Field::Email, "email", &contact.email),
        (Field::PhoneNumber, "phone_number", &contact.phone_number),
    ] {
        // A blank phone number may be anybody's; a blank identifier only one contact's.
        let Some(value) = value.as_deref().filter(|value| !value.is_empty() || matches!(field, Field::Identifier))
        else {
            continue;
        };
        let other = rows::find(turn.db, contact.account_id, field, value)?.filter(|other| other.id != contact.id);
        if other.is_some() {
            return Err(match taken {
                Taken::Fault => Refusal::fault(format!("another contact has this {attribute}")),
                Taken::Named => Refusal::invalid(attribute, format!("{} has already been taken", title(attribute))),
            });
        }
    }
    Ok(())
}

fn validate(contact: &Contact) -> Result<(), Refusal> {
    let texts =
        [Some(&contact.name), contact.email.as_ref(), contact.phone_number.as_ref(), contact.identifier.as_ref()];
    let has_nul = texts.into_iter().flatten().any(|text| text.contains('\0'))
        || Value::from(contact.custom_attributes.clone()).to_string().contains("\\u0000");
    if has_nul {
        return Err(Refusal::fault("the server's database takes no NUL byte"));
    }
    limit_length("name", "Name", Some(&contact.name))?;
    limit_length("email", "Email", contact.email.as_ref())?;
    limit_length("phone_number", "Phone number", contact.phone_number.as_ref())?;
    limit_length("identifier", "Identifier", contact.identifier.as_ref())?;
    if !contact.email.as_deref().is_none_or(is_email) {
        return Err(Refusal::invalid("email", "Email Invalid email"));
    }
    if !contact.phone_number.as_deref().is_none_or(|number| number.is_empty() || is_e164(number)) {
        return Err(Refusal::invalid("phone_number", "Phone number should be in e164 format"));
    }
    Ok(())
}

const LENGTH_MAX: usize = 255;

fn limit_length(attribute: &'static str, title: &str, value: Option<&String>) -> Result<(), Refusal> {
    if value.is_some_and(|value| value.chars().count() > LENGTH_MAX) {
        return Err(Refusal::invalid(attribute, format!("{title} is too long (maximum is {LENGTH_MAX} characters)")));
    }
    Ok(())
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
        && !text.contains(char::is_whitespace)
}

fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (2..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// Only what a browser may load as a picture.
fn picture(address: &str) -> String {
    let is_web = address.starts_with("http://") || address.starts_with("https://");
    if is_web { address.to_owned() } else { String::new() }
}

fn merge_deeply(into: &mut Map<String, Value>, from: Map<String, Value>) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge_deeply(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn title(attribute: &str) -> &'static str {
    match attribute {
        "email" => "Email",
        "phone_number" => "Phone number",
        _ => "Identifier",
    }
}

fn capitalised(name: &str) -> String {
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
    fn phone_numbers_are_e164() {
        assert!(is_e164("+14155550101"));
        for bad in ["12345", "+", "+0123", "+1415555010112345", "+1 415"] {
            assert!(!is_e164(bad), "{bad}");
        }
    }

    #[test]
    fn attributes_merge_key_by_key() {
        let object = |text| crate::store::contacts::read_object(text);
        let mut old = object(r#"{"plan":"gold","n":3,"nested":{"a":1}}"#);
        merge_deeply(&mut old, object(r#"{"plan":"platinum","nested":{"b":2}}"#));
        assert_eq!(old, object(r#"{"plan":"platinum","n":3,"nested":{"a":1,"b":2}}"#));
    }

    #[test]
    fn a_name_in_a_sentence_begins_with_a_capital_only() {
        assert_eq!(capitalised("Made By Agent"), "Made by agent");
    }
}
