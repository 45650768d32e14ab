//! The survey of a conversation, by the conversation's UUID.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Value, json};

use super::{json as answer, messages};
use crate::model::{Conversation, Message};
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::{message_changes, survey};
use crate::state::AppState;
use crate::store::Turn;
use crate::store::accounts;
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;

pub async fn show(State(app): State<AppState>, Path(uuid): Path<String>) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let (conversation, message) = find(turn, &uuid)?;
            answer(&shape(turn, &conversation, &message)?)
        })
        .await
}

pub async fn update(
    State(app): State<AppState>,
    Path(uuid): Path<String>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let (conversation, message) = find(turn, &uuid)?;
            survey::check_still_open(turn, &message)?;
            let values = params.get("message").and_then(|message| message.get("submitted_values"));
            let message = match values.and_then(messages::permitted) {
                Some(values) => message_changes::answer(turn, &conversation, &message, values)?,
                None => message,
            };
            // The server keeps a rating after it has answered: the answer shows the one before.
            let before = shape(turn, &conversation, &message)?;
            survey::keep_rating(turn, &conversation, &message)?;
            answer(&before)
        })
        .await
}

fn find(turn: &Turn<'_>, uuid: &str) -> Result<(Conversation, Message), Refusal> {
    let conversation = conversation_rows::by_uuid(turn.db, uuid)?;
    let message = rows::survey(turn.db, conversation.id)?.ok_or(Refusal::NotFound)?;
    Ok((conversation, message))
}

fn shape(turn: &Turn<'_>, conversation: &Conversation, message: &Message) -> Result<Value, Refusal> {
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    let response = rows::rating(turn.db, message.id)?.map(|rating| {
        let mut shape = json!({
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
        if let (true, Some(fields)) = (turn.is_4_16(), shape.as_object_mut()) {
            for name in ["csat_review_notes", "review_notes_updated_at", "review_notes_updated_by_id"] {
                fields.insert(name.into(), Value::Null);
            }
        }
        shape
    });
    let mut shape = json!({
        "id": message.id,
        "csat_survey_response": response,
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
