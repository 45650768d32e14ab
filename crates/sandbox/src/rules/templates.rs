//! What the inbox says by itself: greeting, out-of-office note, survey; and the names it fills into texts.

use serde_json::{Map, Value};

use super::messages::{self, Draft};
use super::{Actor, conversations};
use crate::clock::Micros;
use crate::refusal::Refusal;
use crate::store::conversations::{self as conversation_rows, Conversation};
use crate::store::messages::{self as rows, MessageType};
use crate::store::{Turn, accounts, contacts};
use crate::working_hours;

/// After a visitor's message: out-of-office outside the hours, a greeting after the first.
pub fn after_incoming(turn: &mut Turn<'_>, conversation: &mut Conversation) -> Result<(), Refusal> {
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    let is_unanswered = rows::count_of_type(turn.db, conversation.id, MessageType::Outgoing)? == 0
        && rows::count_of_type(turn.db, conversation.id, MessageType::Template)? == 0;
    let is_closed = inbox.working_hours_enabled && working_hours::is_closed(&inbox.week, &inbox.timezone, turn.now);
    if let Some(note) = inbox.out_of_office_message.filter(|_| is_closed) {
        let was_told_today = rows::has_since(turn.db, conversation.id, MessageType::Template, midnight(turn.now))?;
        let was_answered_just_now =
            rows::has_since(turn.db, conversation.id, MessageType::Outgoing, turn.now.plus_seconds(-5 * 60))?;
        if !was_told_today && !was_answered_just_now {
            say(turn, conversation, Draft::text(MessageType::Template, Some(note)))?;
        }
    }
    if let Some(greeting) = inbox.greeting_message.filter(|_| inbox.greeting_enabled && is_unanswered) {
        say(turn, conversation, Draft::text(MessageType::Template, Some(greeting)))?;
    }
    Ok(())
}

/// Once a conversation.
pub fn survey_after_resolving(turn: &mut Turn<'_>, conversation: &mut Conversation) -> Result<(), Refusal> {
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    if !inbox.csat_enabled || rows::survey(turn.db, conversation.id)?.is_some() {
        return Ok(());
    }
    let draft = Draft { content_type: "input_csat".into(), ..Draft::text(MessageType::Template, None) };
    if !turn.is_4_16() {
        return say(turn, conversation, draft);
    }
    if !is_wanted(&inbox.csat_config, &conversation.labels) {
        return Ok(());
    }
    let display_type = inbox.csat_config.get("display_type").cloned().unwrap_or_else(|| "emoji".into());
    let content_attributes = Map::from_iter([("display_type".to_owned(), display_type)]);
    let id = conversation.id;
    turn.in_a_moment(move |turn| {
        let mut conversation = conversation_rows::conversation(turn.db, id)?;
        say(turn, &mut conversation, Draft { content_attributes, ..draft })
    });
    Ok(())
}

/// Whether the rule about labels, if there is one, lets a survey through.
fn is_wanted(config: &Map<String, Value>, labels: &[String]) -> bool {
    let rule = config.get("survey_rules");
    let named: Vec<&str> = rule
        .and_then(|rule| rule.get("values"))
        .and_then(Value::as_array)
        .map(|values| values.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let has_one = labels.iter().any(|label| named.contains(&label.as_str()));
    let is_excluding = rule.and_then(|rule| rule.get("operator")).and_then(Value::as_str) == Some("does_not_contain");
    named.is_empty() || has_one != is_excluding
}

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

pub fn linked_question(turn: &Turn<'_>, conversation: &Conversation) -> String {
    format!("Please rate this conversation, {}/survey/responses/{}", turn.world.public_url, conversation.uuid)
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
        "agent.name" => actor.map(conversations::name_of).unwrap_or_default().to_owned(),
        "agent.first_name" => first(actor.map(conversations::name_of).unwrap_or_default()),
        "conversation.display_id" => conversation.display_id.to_string(),
        "inbox.name" => accounts::inbox(turn.db, conversation.inbox_id)?.name,
        "account.name" => accounts::account(turn.db, conversation.account_id)?.name,
        _ => String::new(),
    })
}

fn say(turn: &mut Turn<'_>, conversation: &mut Conversation, draft: Draft) -> Result<(), Refusal> {
    let (_, after) = messages::post(turn, conversation.clone(), draft, None)?;
    *conversation = after;
    Ok(())
}

/// The server's day is UTC's.
fn midnight(now: Micros) -> Micros {
    Micros(now.0 - now.0.rem_euclid(24 * 60 * 60 * 1_000_000))
}
