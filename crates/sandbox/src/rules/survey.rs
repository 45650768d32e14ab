//! Satisfaction surveys (CSAT): sent once a conversation is resolved; their answers are ratings.

use serde_json::{Map, Value};

use super::new_message::{self, Draft};
use crate::clock::Micros;
use crate::error::ApiError;
use crate::model::{Conversation, Message, MessageType, Rating};
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;
use crate::store::{Transaction, accounts};

/// Sends the survey, once a conversation. A 4.16 sends it in a job, if the survey rules let it.
pub fn send_after_resolving(tx: &mut Transaction<'_>, conversation: &mut Conversation) -> Result<(), ApiError> {
    let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
    if !inbox.csat_enabled || rows::survey(tx.db, conversation.id)?.is_some() {
        return Ok(());
    }
    let draft = Draft { content_type: "input_csat".into(), ..Draft::text(MessageType::Template, None) };
    if !tx.is_4_16() {
        return new_message::create(tx, conversation, &draft, None).map(drop);
    }
    if !passes_survey_rules(&inbox.csat_config, &conversation.labels) {
        return Ok(());
    }
    let display_type = inbox.csat_config.get("display_type").cloned().unwrap_or_else(|| "emoji".into());
    let content_attributes = Map::from_iter([("display_type".to_owned(), display_type)]);
    let id = conversation.id;
    tx.enqueue_job(move |tx| {
        let mut conversation = conversation_rows::conversation(tx.db, id)?;
        new_message::create(tx, &mut conversation, &Draft { content_attributes, ..draft }, None).map(drop)
    });
    Ok(())
}

/// Whether the survey rules, which are about labels, let a conversation have a survey.
fn passes_survey_rules(config: &Map<String, Value>, labels: &[String]) -> bool {
    let rule = config.get("survey_rules");
    let rule_labels: Vec<&str> = rule
        .and_then(|rule| rule.get("values"))
        .and_then(Value::as_array)
        .map(|values| values.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let has_one = labels.iter().any(|label| rule_labels.contains(&label.as_str()));
    let is_excluding = rule.and_then(|rule| rule.get("operator")).and_then(Value::as_str) == Some("does_not_contain");
    rule_labels.is_empty() || has_one != is_excluding
}

/// For how many days a survey can be answered, and answered again.
const DAYS_OPEN: i64 = 14;

/// An error once the survey is too old to be answered; other messages always can be.
pub fn check_still_open(tx: &Transaction<'_>, message: &Message) -> Result<(), ApiError> {
    let day = |moment: Micros| moment.seconds().div_euclid(24 * 60 * 60);
    if message.content_type == "input_csat" && day(tx.now) - day(message.created_at) > DAYS_OPEN {
        return Err(ApiError::Unprocessable(format!("A survey can be answered for {DAYS_OPEN} days")));
    }
    Ok(())
}

/// Stores the rating of a submitted survey, one to five. Any other answer is kept in its message only.
pub fn save_rating(tx: &Transaction<'_>, conversation: &Conversation, message: &Message) -> Result<(), ApiError> {
    if message.content_type != "input_csat" {
        return Ok(());
    }
    let answer =
        message.content_attributes.get("submitted_values").and_then(|values| values.get("csat_survey_response"));
    let rating = answer.and_then(|answer| answer.get("rating")).and_then(|rating| match rating {
        Value::String(text) => text.parse().ok(),
        Value::Number(number) => number.as_i64(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    });
    let Some(rating) = rating.filter(|rating| (1..=5).contains(rating)) else { return Ok(()) };
    let feedback = answer.and_then(|answer| answer.get("feedback_message")).and_then(Value::as_str).map(str::to_owned);
    rows::upsert_rating(
        tx.db,
        &Rating {
            id: 0,
            account_id: message.account_id,
            conversation_id: conversation.id,
            message_id: message.id,
            contact_id: conversation.contact_id,
            assigned_agent_id: conversation.assignee_id,
            rating,
            feedback_message: feedback,
            created_at: tx.now,
            updated_at: tx.now,
        },
    )?;
    Ok(())
}
