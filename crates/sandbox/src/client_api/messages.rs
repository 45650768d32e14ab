//! Messages of the visitor.

use super::request::ClientRequest;
use super::submitted_values::permitted;
use crate::endpoint::{Answer, json};
use crate::model::MessageType;
use crate::refusal::Refusal;
use crate::rules::{Actor, Draft, message_changes, messages as rules, survey};
use crate::serializers::message as serializers;
use crate::store::messages::{self as rows, Which};
use crate::store::{Turn, contacts};

/// A page of the list.
const PAGE: i64 = 20;

pub fn list(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation_of_messages(turn)?;
    let before = before(request.params.text("before").as_deref())?;
    let page = rows::page(turn.db, conversation.id, Which::Chat, before, PAGE)?;
    let listed: Vec<_> = page.iter().map(|row| serializers::own(turn, &conversation, row)).collect::<Result<_, _>>()?;
    json(&listed)
}

/// Only text, echo_id and files are taken; whatever else is sent is ignored.
pub fn create(turn: &mut Turn<'_>, mut request: ClientRequest) -> Answer {
    let conversation = request.conversation_of_messages(turn)?;
    let contact = contacts::contact(turn.db, conversation.contact_id)?;
    let draft = Draft {
        uploads: request.params.take_uploads()?,
        echo_id: request.params.echo_id(),
        ..Draft::text(MessageType::Incoming, request.params.text("content"))
    };
    let (message, conversation) = rules::post(turn, conversation, draft, Some(&Actor::Contact(contact)))?;
    json(&serializers::own(turn, &conversation, &message)?)
}

/// Only `submitted_values` is taken.
pub fn update(turn: &mut Turn<'_>, request: ClientRequest) -> Answer {
    let conversation = request.conversation_of_messages(turn)?;
    let message = rows::in_conversation(turn.db, conversation.id, request.path.id("message")?)?;
    if message.private || message.message_type == MessageType::Activity {
        return Err(Refusal::NotFound);
    }
    survey::check_still_open(turn, &message)?;
    let message = match request.params.get("submitted_values").and_then(permitted) {
        Some(values) => message_changes::answer(turn, &conversation, &message, values)?,
        None => message,
    };
    survey::keep_rating(turn, &conversation, &message)?;
    json(&serializers::own(turn, &conversation, &message)?)
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

#[cfg(test)]
mod tests {
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
}
