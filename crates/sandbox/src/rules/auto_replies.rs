//! What the inbox says by itself after a visitor's message: greeting and out-of-office note.

use super::new_message::{self, Draft};
use crate::clock::Micros;
use crate::model::{Conversation, MessageType};
use crate::refusal::Refusal;
use crate::store::messages as rows;
use crate::store::{Turn, accounts};
use crate::working_hours;

/// After a visitor's message: out-of-office outside the hours, a greeting after the first.
pub fn after_incoming(turn: &mut Turn<'_>, conversation: &mut Conversation) -> Result<(), Refusal> {
    let inbox = accounts::inbox(turn.db, conversation.inbox_id)?;
    let is_unanswered = rows::count_of_type(turn.db, conversation.id, MessageType::Outgoing)? == 0
        && rows::count_of_type(turn.db, conversation.id, MessageType::Template)? == 0;
    let is_closed = inbox.working_hours_enabled && working_hours::is_closed(&inbox.week, &inbox.timezone, turn.now);
    if let Some(note) = inbox.out_of_office_message.filter(|_| is_closed) {
        let was_told_today = rows::has_since(turn.db, conversation.id, MessageType::Template, midnight(turn.now))?;
        let was_answered_just_now =
            rows::has_since(turn.db, conversation.id, MessageType::Outgoing, turn.now.plus_seconds(-5 * 60))?;
        if !was_told_today && !was_answered_just_now {
            new_message::create(turn, conversation, &Draft::text(MessageType::Template, Some(note)), None)?;
        }
    }
    if let Some(greeting) = inbox.greeting_message.filter(|_| inbox.greeting_enabled && is_unanswered) {
        new_message::create(turn, conversation, &Draft::text(MessageType::Template, Some(greeting)), None)?;
    }
    Ok(())
}

/// The server's day is UTC's.
fn midnight(now: Micros) -> Micros {
    Micros(now.0 - now.0.rem_euclid(24 * 60 * 60 * 1_000_000))
}
