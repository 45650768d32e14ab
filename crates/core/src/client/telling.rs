//! What the page may know of what happens: a few facts in a form that is promised (`tests/scenarios/telling.rs` holds all
//! of it), and never what the server said besides.

use std::sync::Arc;

use super::ChatClient;
use crate::content::Choice;
use crate::digits::digits;
use crate::json;
use crate::model::{Author, ConversationId, Message, MessageId};
use crate::{Effect, Tell, Update};

impl ChatClient {
    /// The visitor's own message is at the server.
    pub(super) fn tell_own(&self, id: MessageId, turn: &mut Update) {
        if let Some(message) = self.conversation.timeline.row(id).map(|row| Arc::clone(&row.message)) {
            tell_message(&message, turn);
        }
    }

    /// Tells what has changed since the page was last told.
    pub(super) fn tell_changes(&mut self, turn: &mut Update) {
        let status = self.visitor.session.conversation().map(|id| (id, self.conversation.status.status()));
        if self.host.last_reported.status != status {
            if let Some((id, status)) =
                status.filter(|_| self.conversation.status.is_known() || self.host.last_reported.status.is_some())
            {
                let about = [("conversation", digits(id.0)), ("status", json::string(status.name()))];
                happened("status", &about, turn);
            }
            self.host.last_reported.status = status;
        }
        let writes = self.conversation.typing.theirs().map(|person| person.name.clone());
        if self.host.last_reported.writes != writes {
            let name = writes.as_deref().or(self.host.last_reported.writes.as_deref()).unwrap_or_default();
            let about = [("isTyping", json::truth(writes.is_some())), ("name", json::string(name))];
            happened("typing", &about, turn);
            self.host.last_reported.writes = writes;
        }
    }
}

/// A message is there that was not before.
pub(super) fn tell_message(message: &Message, turn: &mut Update) {
    let from = match message.author {
        Author::Visitor => "visitor",
        Author::Agent(_) => "agent",
        Author::Bot(_) => "bot",
        Author::Inbox => "inbox",
    };
    let name = message.author.person().map_or("", |person| person.name.as_str());
    let about = [
        ("id", digits(message.id.0)),
        ("conversation", json::or_null(message.conversation.map(|id| digits(id.0)))),
        ("from", json::string(from)),
        ("name", json::string(name)),
        ("text", json::string(&message.text)),
        ("files", digits(message.attachments.len() as u64)),
        ("at", digits(message.at)),
    ];
    happened("message", &about, turn);
}

/// A conversation has begun.
pub(super) fn tell_conversation(id: ConversationId, turn: &mut Update) {
    happened("conversation-started", &[("conversation", digits(id.0))], turn);
}

/// The visitor chose something that a message offers.
pub(super) fn tell_postback(message: MessageId, choice: &Choice, turn: &mut Update) {
    let about = [
        ("message", digits(message.0)),
        ("title", json::string(&choice.title)),
        ("value", json::string(&choice.value)),
    ];
    happened("postback", &about, turn);
}

/// Another user follows, and what was said for the former one can't be sent any more. What it said is nobody's business.
pub(super) fn tell_sends_dropped(turn: &mut Update) {
    happened("error", &[("name", json::string("unsent-dropped"))], turn);
}

/// The device keeps nothing more.
pub(super) fn tell_not_kept(turn: &mut Update) {
    happened("error", &[("name", json::string("storage-unavailable"))], turn);
}

fn happened(what: &str, about: &[(&str, String)], turn: &mut Update) {
    turn.effects.push(Effect::Tell(Tell::Happened(crate::happened(what, about))));
}
