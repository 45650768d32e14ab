//! Liquid: variables like `{{contact.name}}` in texts of agents and inboxes; and a survey's text, which may have some.

use serde_json::Value;

use super::actor::Actor;
use crate::error::ApiError;
use crate::model::Conversation;
use crate::serializers::message::survey_link_text;
use crate::store::{Transaction, accounts, contacts};

/// A survey's text: in a 4.16 the given text, the inbox's own question or a default; in a 4.0 a sentence with a link.
pub fn survey_question(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    written: Option<&str>,
) -> Result<String, ApiError> {
    if !tx.is_4_16() {
        return Ok(survey_link_text(tx, conversation));
    }
    let config = accounts::inbox(tx.db, conversation.inbox_id)?.csat_config;
    let own = config.get("message").and_then(Value::as_str).filter(|text| !text.is_empty());
    let question = written.filter(|text| !text.is_empty()).or(own).unwrap_or("Please rate the conversation");
    Ok(render(tx, conversation, Some(question), None)?.unwrap_or_default())
}

/// Fills in the variables of a text; an unknown one becomes empty.
pub fn render(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    text: Option<&str>,
    actor: Option<&Actor>,
) -> Result<Option<String>, ApiError> {
    let Some(text) = text else { return Ok(None) };
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, tail)| Some((before, tail.split_once("}}")?)))
    {
        filled.push_str(before);
        filled.push_str(&variable(tx, conversation, name.trim(), actor)?);
        rest = after;
    }
    filled.push_str(rest);
    Ok(Some(filled))
}

fn variable(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    name: &str,
    actor: Option<&Actor>,
) -> Result<String, ApiError> {
    let contact = || contacts::contact(tx.db, conversation.contact_id);
    let first_word = |name: &str| name.split_whitespace().next().unwrap_or_default().to_owned();
    Ok(match name {
        "contact.name" => contact()?.name,
        "contact.first_name" => first_word(&contact()?.name),
        "contact.email" => contact()?.email.unwrap_or_default(),
        "contact.phone_number" => contact()?.phone_number.unwrap_or_default(),
        "agent.name" => actor.map(Actor::name).unwrap_or_default().to_owned(),
        "agent.first_name" => first_word(actor.map(Actor::name).unwrap_or_default()),
        "conversation.display_id" => conversation.display_id.to_string(),
        "inbox.name" => accounts::inbox(tx.db, conversation.inbox_id)?.name,
        "account.name" => accounts::account(tx.db, conversation.account_id)?.name,
        _ => String::new(),
    })
}
