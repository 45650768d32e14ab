//! Ratings: what a survey's answer becomes.

use serde_json::Value;

use crate::refusal::Refusal;
use crate::store::Turn;
use crate::store::conversations::Conversation;
use crate::store::messages::{self as rows, Message, Rating};

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
