//! The conversation's messages, as the visitor sees and sends them.

use super::request::ClientRequest;
use super::submitted_values::permitted;
use crate::endpoint::{Answer, json};
use crate::error::ApiError;
use crate::model::MessageType;
use crate::rules::{Actor, Draft, message_updates, messages as rules, survey};
use crate::serializers::message as serializers;
use crate::store::messages::{self as rows, MessageScope};
use crate::store::{Transaction, contacts};

/// Messages in a page, as recorded.
const PAGE: i64 = 20;

pub fn list(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation_for_messages(tx)?;
    let before = before(request.params.text("before").as_deref())?;
    let page = rows::page(tx.db, conversation.id, MessageScope::VisibleToVisitor, before, PAGE)?;
    let listed: Vec<_> =
        page.iter().map(|row| serializers::for_client_api(tx, &conversation, row)).collect::<Result<_, _>>()?;
    json(&listed)
}

/// Takes `content`, `echo_id` and `attachments[]`; other fields are ignored, as recorded.
pub fn create(tx: &mut Transaction<'_>, mut request: ClientRequest) -> Answer {
    let conversation = request.conversation_for_messages(tx)?;
    let contact = contacts::contact(tx.db, conversation.contact_id)?;
    let draft = Draft {
        uploads: request.params.take_uploads()?,
        echo_id: request.params.echo_id(),
        ..Draft::text(MessageType::Incoming, request.params.text("content"))
    };
    let (message, conversation) = rules::post(tx, conversation, draft, Some(&Actor::Contact(contact)))?;
    json(&serializers::for_client_api(tx, &conversation, &message)?)
}

/// Takes `submitted_values`; other fields are ignored, as recorded.
pub fn update(tx: &mut Transaction<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation_for_messages(tx)?;
    let message = rows::in_conversation(tx.db, conversation.id, request.path.id("message")?)?;
    if message.private || message.message_type == MessageType::Activity {
        return Err(ApiError::NotFound);
    }
    survey::check_still_open(tx, &message)?;
    let message = match request.params.get("submitted_values").and_then(permitted) {
        Some(values) => message_updates::submit_values(tx, &conversation, &message, values)?,
        None => message,
    };
    survey::save_rating(tx, &conversation, &message)?;
    json(&serializers::for_client_api(tx, &conversation, &message)?)
}

/// The id below which the page ends. A word counts as 0, as in the server's SQL; a number beyond 64 bits is a fault of
/// its database.
fn before(text: Option<&str>) -> Result<i64, ApiError> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(i64::MAX) };
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    if digits.is_empty() {
        return Ok(0);
    }
    let number: i64 = digits.parse().map_err(|_| ApiError::internal("an id beyond the database's range"))?;
    Ok(sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn before_of_a_message_page_is_read_as_recorded() {
        assert_eq!(before(None).unwrap(), i64::MAX);
        assert_eq!(before(Some("")).unwrap(), i64::MAX);
        assert_eq!(before(Some("60")).unwrap(), 60);
        assert_eq!(before(Some("-5")).unwrap(), -5);
        assert_eq!(before(Some("abc")).unwrap(), 0);
        assert!(before(Some("999999999999999999999999")).is_err());
    }
}
