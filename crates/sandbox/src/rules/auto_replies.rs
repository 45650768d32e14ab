//! Automatic replies to a visitor: the greeting and the out-of-office message.

use super::new_message::{self, Draft};
use crate::clock::Micros;
use crate::error::ApiError;
use crate::model::{Conversation, MessageType};
use crate::store::messages as rows;
use crate::store::{Transaction, accounts};
use crate::working_hours;

/// Sends what an incoming message calls for: the out-of-office message outside working hours, once a day and not right
/// after an agent's reply; the greeting after the first message.
pub fn send(tx: &mut Transaction<'_>, conversation: &mut Conversation) -> Result<(), ApiError> {
    let inbox = accounts::inbox(tx.db, conversation.inbox_id)?;
    let is_unanswered = rows::count_of_type(tx.db, conversation.id, MessageType::Outgoing)? == 0
        && rows::count_of_type(tx.db, conversation.id, MessageType::Template)? == 0;
    let is_closed = inbox.working_hours_enabled && working_hours::is_closed(&inbox.week, &inbox.timezone, tx.now);
    if let Some(text) = inbox.out_of_office_message.filter(|_| is_closed) {
        let was_sent_today = rows::has_since(tx.db, conversation.id, MessageType::Template, midnight(tx.now))?;
        let was_answered_recently =
            rows::has_since(tx.db, conversation.id, MessageType::Outgoing, tx.now.plus_seconds(-5 * 60))?;
        if !was_sent_today && !was_answered_recently {
            new_message::create(tx, conversation, &Draft::text(MessageType::Template, Some(text)), None)?;
        }
    }
    if let Some(greeting) = inbox.greeting_message.filter(|_| inbox.greeting_enabled && is_unanswered) {
        new_message::create(tx, conversation, &Draft::text(MessageType::Template, Some(greeting)), None)?;
    }
    Ok(())
}

/// The last midnight in UTC, by which the server counts days.
fn midnight(now: Micros) -> Micros {
    Micros(now.0 - now.0.rem_euclid(24 * 60 * 60 * 1_000_000))
}
