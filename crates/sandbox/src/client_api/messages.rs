//! Messages of the visitor.

use axum::extract::{Path, State};
use axum::response::Response;
use serde_json::{Map, Value};

use super::{conversation_of_messages, id, inbox, json, place};
use crate::model::{Conversation, MessageType};
use crate::params::Params;
use crate::refusal::Refusal;
use crate::rules::{Actor, Draft, message_changes, messages as rules, survey};
use crate::serializers;
use crate::state::AppState;
use crate::store::Turn;
use crate::store::contacts as contact_rows;
use crate::store::messages::{self as rows, Which};

/// A page of the list.
const PAGE: i64 = 20;

pub async fn list(
    State(app): State<AppState>,
    Path(address): Path<(String, String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            let before = before(params.text("before").as_deref())?;
            let page = rows::page(turn.db, conversation.id, Which::Chat, before, PAGE)?;
            let shapes: Vec<_> =
                page.iter().map(|row| serializers::message::own(turn, &conversation, row)).collect::<Result<_, _>>()?;
            json(&shapes)
        })
        .await
}

/// Only text, echo_id and files are taken; whatever else is sent is ignored.
pub async fn create(
    State(app): State<AppState>,
    Path(address): Path<(String, String, String)>,
    mut params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &address)?;
            let contact = contact_rows::contact(turn.db, conversation.contact_id)?;
            let draft = Draft {
                uploads: params.take_uploads()?,
                echo_id: params.get("echo_id").filter(|echo| echo.is_string() || echo.is_number()).cloned(),
                ..Draft::text(MessageType::Incoming, params.text("content"))
            };
            let (message, conversation) = rules::post(turn, conversation, draft, Some(&Actor::Contact(contact)))?;
            json(&serializers::message::own(turn, &conversation, &message)?)
        })
        .await
}

/// Only `submitted_values` is taken.
pub async fn update(
    State(app): State<AppState>,
    Path((identifier, source, display_id, message)): Path<(String, String, String, String)>,
    params: Params,
) -> Result<Response, Refusal> {
    app.store
        .perform(move |turn| {
            let conversation = find(turn, &(identifier, source, display_id))?;
            let message = rows::in_conversation(turn.db, conversation.id, id(&message)?)?;
            if message.private || message.message_type == MessageType::Activity {
                return Err(Refusal::NotFound);
            }
            survey::check_still_open(turn, &message)?;
            let message = match params.get("submitted_values").and_then(permitted) {
                Some(values) => message_changes::answer(turn, &conversation, &message, values)?,
                None => message,
            };
            survey::keep_rating(turn, &conversation, &message)?;
            json(&serializers::message::own(turn, &conversation, &message)?)
        })
        .await
}

/// An answer in one of its two forms: a list of name, title and value, or one such thing, or a survey's. Anything
/// else is no answer, and unknown keys are dropped.
pub fn permitted(values: &Value) -> Option<Value> {
    match values {
        Value::Array(items) => Some(items.iter().filter_map(Value::as_object).map(permitted_item).collect()),
        Value::Object(item) => Some(permitted_item(item)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn permitted_item(item: &Map<String, Value>) -> Value {
    let mut kept: Map<String, Value> = scalars(item, &["name", "title", "value"]);
    if let Some(answer) = item.get("csat_survey_response").and_then(Value::as_object) {
        kept.insert("csat_survey_response".into(), scalars(answer, &["feedback_message", "rating"]).into());
    }
    kept.into()
}

fn scalars(item: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let is_scalar = |value: &Value| !value.is_array() && !value.is_object();
    let kept = item.iter().filter(|(name, value)| names.contains(&name.as_str()) && is_scalar(value));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Below which id the page ends. Words count as zero, as they do in the server's SQL; what its database can't hold
/// is a fault.
fn before(text: Option<&str>) -> Result<i64, Refusal> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(i64::MAX) };
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Ok(0);
    }
    let number: i64 = digits.parse().map_err(|_| Refusal::fault("an id beyond the database's range"))?;
    Ok(sign * number)
}

fn find(turn: &Turn<'_>, (identifier, source, id): &(String, String, String)) -> Result<Conversation, Refusal> {
    let place = place(turn, &inbox(turn, identifier)?, source)?;
    conversation_of_messages(turn, &place, id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn before_is_read_as_the_server_reads_it() {
        assert_eq!(before(None).unwrap(), i64::MAX);
        assert_eq!(before(Some("")).unwrap(), i64::MAX);
        assert_eq!(before(Some("60")).unwrap(), 60);
        assert_eq!(before(Some("-5")).unwrap(), -5);
        assert_eq!(before(Some("abc")).unwrap(), 0);
        assert!(before(Some("999999999999999999999999")).is_err());
    }

    #[test]
    fn an_answer_keeps_its_known_keys() {
        let form = json!([{"name": "pick", "value": "a", "unpermitted": 1}]);
        assert_eq!(permitted(&form), Some(json!([{"name": "pick", "value": "a"}])));
        assert_eq!(
            permitted(&json!({"title": "Hash", "value": "hash"})),
            Some(json!({"title": "Hash", "value": "hash"}))
        );
        assert_eq!(permitted(&json!("text")), None);
        let survey = json!({"csat_survey_response": {"rating": 5, "feedback_message": "", "x": 1}});
        let kept = json!({"csat_survey_response": {"rating": 5, "feedback_message": ""}});
        assert_eq!(permitted(&survey), Some(kept));
    }
}
