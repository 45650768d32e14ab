//! Surveys: sent once a conversation is resolved, and what their answers become.

use serde_json::{Map, Value};

use super::new_message::{self, Draft};
use crate::model::{Conversation, Message, MessageType, Rating};
use crate::refusal::Refusal;
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;
use crate::store::{Turn, accounts};

/// Once a conversation.
pub fn send_after_resolving(turn: &mut Turn<'_>, conversation: &mut Conversation) -> Result<(), Refusal> {
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    if !inbox.csat_enabled || rows::survey(turn.db, conversation.id)?.is_some() {
        return Ok(());
    }
    let draft = Draft { content_type: "input_csat".into(), ..Draft::text(MessageType::Template, None) };
    if !turn.is_4_16() {
        return new_message::create(turn, conversation, &draft, None).map(drop);
    }
    if !is_wanted(&inbox.csat_config, &conversation.labels) {
        return Ok(());
    }
    let display_type = inbox.csat_config.get("display_type").cloned().unwrap_or_else(|| "emoji".into());
    let content_attributes = Map::from_iter([("display_type".to_owned(), display_type)]);
    let id = conversation.id;
    turn.in_a_moment(move |turn| {
        let mut conversation = conversation_rows::conversation(turn.db, id)?;
        new_message::create(turn, &mut conversation, &Draft { content_attributes, ..draft }, None).map(drop)
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

/// A survey can be answered, and answered anew, for this long.
const DAYS_OPEN: i64 = 14;

pub fn check_still_open(turn: &Turn<'_>, message: &Message) -> Result<(), Refusal> {
    let day = |moment: crate::clock::Micros| moment.seconds().div_euclid(24 * 60 * 60);
    if message.content_type == "input_csat" && day(turn.now) - day(message.created_at) > DAYS_OPEN {
        return Err(Refusal::Wrong(format!("A survey can be answered for {DAYS_OPEN} days")));
    }
    Ok(())
}

/// Keeps a rating of one to five stars; any other answer stays with its message and counts as none.
pub fn keep_rating(turn: &Turn<'_>, conversation: &Conversation, message: &Message) -> Result<(), Refusal> {
    if message.content_type != "input_csat" {
        return Ok(());
    }
    let answer =
        message.content_attributes.get("submitted_values").and_then(|values| values.get("csat_survey_response"));
    let stars = answer.and_then(|answer| answer.get("rating")).and_then(|stars| match stars {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let Some(rating) = stars.filter(|stars| (1..=5).contains(stars)) else { return Ok(()) };
    let feedback = answer.and_then(|answer| answer.get("feedback_message")).and_then(Value::as_str).map(str::to_owned);
    rows::save_rating(
        turn.db,
        &Rating {
            id: 0,
            account_id: message.account_id,
            conversation_id: conversation.id,
            message_id: message.id,
            contact_id: conversation.contact_id,
            assigned_agent_id: conversation.assignee_id,
            rating,
            feedback_message: feedback,
            created_at: turn.now,
            updated_at: turn.now,
        },
    )?;
    Ok(())
}
