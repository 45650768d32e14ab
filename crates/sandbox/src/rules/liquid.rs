//! The names that texts of agents and inboxes may ask for, filled in; and a survey's text.

use serde_json::Value;

use super::actor::Actor;
use crate::model::Conversation;
use crate::refusal::Refusal;
use crate::serializers::message::linked_question;
use crate::store::{Turn, accounts, contacts};

/// A survey's text in a 4.16: what was written, or the inbox's own question, or this sentence. In a 4.0 the sentence with
/// its link, whatever was written.
pub fn question(turn: &Turn<'_>, conversation: &Conversation, written: Option<&str>) -> Result<String, Refusal> {
    if !turn.is_4_16() {
        return Ok(linked_question(turn, conversation));
    }
    let config = accounts::inbox(turn.db, conversation.inbox_id)?.csat_config;
    let own = config.get("message").and_then(Value::as_str).filter(|text| !text.is_empty());
    let question = written.filter(|text| !text.is_empty()).or(own).unwrap_or("Please rate the conversation");
    Ok(fill_in(turn, conversation, Some(question), None)?.unwrap_or_default())
}

/// Fills in the names that texts of agents and inboxes may ask for; a name we don't know becomes empty.
pub fn fill_in(
    turn: &Turn<'_>,
    conversation: &Conversation,
    text: Option<&str>,
    actor: Option<&Actor>,
) -> Result<Option<String>, Refusal> {
    let Some(text) = text else { return Ok(None) };
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
    {
        filled.push_str(before);
        filled.push_str(&value_of(turn, conversation, name.trim(), actor)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(Some(filled))
}

fn value_of(
    turn: &Turn<'_>,
    conversation: &Conversation,
    name: &str,
    actor: Option<&Actor>,
) -> Result<String, Refusal> {
    let contact = || contacts::contact(turn.db, conversation.contact_id);
    let first = |name: &str| name.split_whitespace().next().unwrap_or_default().to_owned();
    Ok(match name {
        "contact.name" => contact()?.name,
        "contact.first_name" => first(&contact()?.name),
        "contact.email" => contact()?.email.unwrap_or_default(),
        "contact.phone_number" => contact()?.phone_number.unwrap_or_default(),
        "agent.name" => actor.map(Actor::name).unwrap_or_default().to_owned(),
        "agent.first_name" => first(actor.map(Actor::name).unwrap_or_default()),
        "conversation.display_id" => conversation.display_id.to_string(),
        "inbox.name" => accounts::inbox(turn.db, conversation.inbox_id)?.name,
        "account.name" => accounts::account(turn.db, conversation.account_id)?.name,
        _ => String::new(),
    })
}
