//! The survey of a conversation, by the conversation's UUID.

use serde_json::{Value, json as value};

use super::request::ClientRequest;
use super::submitted_values::permitted;
use crate::endpoint::{Answer, json};
use crate::model::{Conversation, Message, Rating};
use crate::refusal::Refusal;
use crate::rules::{message_changes, survey};
use crate::store::messages as rows;
use crate::store::{Turn, accounts, conversations};

pub fn show(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let (conversation, message) = find(turn, &request)?;
    json(&shape(turn, &conversation, &message)?)
}

pub fn update(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let (conversation, message) = find(turn, &request)?;
    survey::check_still_open(turn, &message)?;
    let values = request.params.get("message").and_then(|message| message.get("submitted_values"));
    let message = match values.and_then(permitted) {
        Some(values) => message_changes::answer(turn, &conversation, &message, values)?,
        None => message,
    };
    // The server keeps a rating after it has answered: the answer shows the one before.
    let before = shape(turn, &conversation, &message)?;
    survey::keep_rating(turn, &conversation, &message)?;
    json(&before)
}

fn find(turn: &Turn<'_>, request: &ClientRequest) -> Result<(Conversation, Message), Refusal> {
    let conversation = conversations::by_uuid(turn.db, request.path.text("uuid")?)?;
    let message = rows::survey(turn.db, conversation.id)?.ok_or(Refusal::NotFound)?;
    Ok((conversation, message))
}

fn shape(turn: &Turn<'_>, conversation: &Conversation, message: &Message) -> Result<Value, Refusal> {
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    let mut shape = value!({
        "id": message.id,
        "csat_survey_response": rows::rating(turn.db, message.id)?.map(|rating| response(turn, &rating)),
        "inbox_avatar_url": "",
        "inbox_name": inbox.name,
        "locale": "en",
        "conversation_id": conversation.display_id,
        "created_at": message.created_at.iso()
    });
    if let (true, Some(fields)) = (turn.is_4_16(), shape.as_object_mut()) {
        let of_message = message.content_attributes.get("display_type");
        let display_type = of_message.or(inbox.csat_config.get("display_type")).cloned();
        fields.insert("display_type".into(), display_type.unwrap_or_else(|| "emoji".into()));
        fields.insert("content".into(), inbox.csat_config.get("message").cloned().unwrap_or(Value::Null));
    }
    Ok(shape)
}

fn response(turn: &Turn<'_>, rating: &Rating) -> Value {
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
    if let (true, Some(fields)) = (turn.is_4_16(), response.as_object_mut()) {
        for name in ["csat_review_notes", "review_notes_updated_at", "review_notes_updated_by_id"] {
            fields.insert(name.into(), Value::Null);
        }
    }
    response
}
