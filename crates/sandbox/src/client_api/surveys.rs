//! A conversation's survey, by the conversation's UUID, as the survey page uses it.

use serde_json::{Value, json as value};

use super::request::ClientRequest;
use super::submitted_values::permitted;
use crate::endpoint::{Answer, json};
use crate::error::ApiError;
use crate::model::{Conversation, Message, Rating};
use crate::rules::{message_updates, survey};
use crate::store::messages as rows;
use crate::store::{Transaction, accounts, conversations};

pub fn show(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let (conversation, message) = find(tx, &request)?;
    json(&survey_response(tx, &conversation, &message)?)
}

pub fn update(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let (conversation, message) = find(tx, &request)?;
    survey::check_still_open(tx, &message)?;
    let values = request.params.get("message").and_then(|message| message.get("submitted_values"));
    let message = match values.and_then(permitted) {
        Some(values) => message_updates::submit_values(tx, &conversation, &message, values)?,
        None => message,
    };
    // The server stores the rating after it has answered: the response has the one before.
    let before = survey_response(tx, &conversation, &message)?;
    survey::save_rating(tx, &conversation, &message)?;
    json(&before)
}

fn find(tx: &Transaction<'_>, request: &ClientRequest) -> Result<(Conversation, Message), ApiError> {
    let conversation = conversations::by_uuid(tx.db, request.path.text("uuid")?)?;
    let message = rows::survey(tx.db, conversation.id)?.ok_or(ApiError::NotFound)?;
    Ok((conversation, message))
}

fn survey_response(tx: &Transaction<'_>, conversation: &Conversation, message: &Message) -> Result<Value, ApiError> {
    let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
    let mut survey = value!({
        "id": message.id,
        "csat_survey_response": rows::rating(tx.db, message.id)?.map(|rating| rating_response(tx, &rating)),
        "inbox_avatar_url": "",
        "inbox_name": inbox.name,
        "locale": "en",
        "conversation_id": conversation.display_id,
        "created_at": message.created_at.iso()
    });
    if let (true, Some(fields)) = (tx.is_4_16(), survey.as_object_mut()) {
        let of_message = message.content_attributes.get("display_type");
        let display_type = of_message.or(inbox.csat_config.get("display_type")).cloned();
        fields.insert("display_type".into(), display_type.unwrap_or_else(|| "emoji".into()));
        fields.insert("content".into(), inbox.csat_config.get("message").cloned().unwrap_or(Value::Null));
    }
    Ok(survey)
}

fn rating_response(tx: &Transaction<'_>, rating: &Rating) -> Value {
    let mut response = value!({
        "id": rating.id,
        "account_id": rating.account_id,
        "conversation_id": rating.conversation_id,
        "message_id": rating.message_id,
        "rating": rating.rating,
        "feedback_message": rating.feedback_message,
        "contact_id": rating.contact_id,
        "assigned_agent_id": rating.assigned_agent_id,
        "created_at": rating.created_at.iso(),
        "updated_at": rating.updated_at.iso()
    });
    if let (true, Some(fields)) = (tx.is_4_16(), response.as_object_mut()) {
        for name in ["csat_review_notes", "review_notes_updated_at", "review_notes_updated_by_id"] {
            fields.insert(name.into(), Value::Null);
        }
    }
    response
}
