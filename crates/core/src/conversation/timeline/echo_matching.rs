//! Finds the outgoing message that a message from the server is: by its echo_id, or, without one, by its text, its
//! files and its place in the conversation.

use std::sync::Arc;

use super::{DeliveryState, EchoMatch, OutgoingMessage, Timeline, TimelineRow};
use crate::model::{EchoId, Message, MessageId};

impl Timeline {
    /// Whether an echo_id is an outgoing message's, or that of a message already known to be one.
    pub(super) fn is_own_echo(&self, echo: &EchoId, id: MessageId) -> bool {
        self.outgoing.iter().any(|outgoing| outgoing.echo == *echo)
            || self.rows.get(id).is_some_and(|row| matches!(&row.echo_match, EchoMatch::Own(other) if other == echo))
    }

    /// Applies a message that the server itself identifies as the outgoing message with this echo_id.
    pub(super) fn apply_proven(&mut self, message: Message, echo: &EchoId) -> bool {
        let id = message.id;
        let Some(index) = self.outgoing.iter().position(|outgoing| outgoing.echo == *echo) else {
            // Already identified: the same message arrives a second time. A different id means that the server stored
            // it twice, and then it is shown twice.
            return self.insert_or_update(message, EchoMatch::Own(echo.clone()));
        };
        if self.outgoing.get(index).is_some_and(|outgoing| outgoing.matched != Some(id)) {
            self.drop_match(index);
        }
        let is_new = self.rows.get(id).is_none();
        if let Some(outgoing) = self.remove_outgoing(index) {
            if let Some(rival) =
                self.rows.get(id).and_then(|row| assumed_echo(&row.echo_match)).filter(|rival| rival != echo)
            {
                self.clear_match_of(&rival);
            }
            self.rows.insert(TimelineRow::from_outgoing(&outgoing, message, EchoMatch::Own(outgoing.echo.clone())));
        }
        is_new
    }

    /// Applies a message with an echo_id that is none of this tab's, such as one from another device of the visitor's.
    pub(super) fn apply_foreign(&mut self, message: Message, foreign_echo: &EchoId) -> bool {
        let id = message.id;
        let foreign = EchoMatch::Foreign(foreign_echo.clone());
        let Some(echo) = self.rows.get(id).and_then(|row| assumed_echo(&row.echo_match)) else {
            return self.insert_or_update(message, foreign);
        };
        if let Some(index) = self.outgoing.iter().position(|outgoing| outgoing.echo == echo) {
            self.drop_match(index);
        }
        self.insert_or_update(message, foreign);
        self.rematch(&echo);
        false
    }

    /// Applies a message without an echo_id.
    pub(super) fn apply_unmarked(&mut self, message: Message) -> bool {
        let id = message.id;
        if self.rows.get(id).is_none() && message.author.is_visitor() {
            // Messages that another tab reported as stored are considered last: a later one was sent after that report,
            // so a message with an id above the newest one then is not the earlier one.
            let is_known = |outgoing: &OutgoingMessage| matches!(outgoing.state, DeliveryState::StoredElsewhere { .. });
            let mut found = self.outgoing.iter().enumerate().filter(|(_, outgoing)| outgoing.can_match(&message));
            if let Some(index) =
                found.clone().find(|(_, outgoing)| !is_known(outgoing)).or_else(|| found.next()).map(|(index, _)| index)
            {
                self.match_to(index, message);
                return true;
            }
        }
        self.insert_or_update(message, EchoMatch::None)
    }

    /// Assumes that a message is this outgoing one: finally if its request has ended, otherwise until the response
    /// tells.
    fn match_to(&mut self, index: usize, message: Message) {
        let Some(outgoing) = self.outgoing.get_mut(index) else {
            return;
        };
        outgoing.matched = Some(message.id);
        let is_request_over =
            matches!(outgoing.state, DeliveryState::Unconfirmed { .. } | DeliveryState::StoredElsewhere { .. });
        let row = TimelineRow::from_outgoing(outgoing, message, EchoMatch::Assumed(outgoing.echo.clone()));
        self.rows.insert(row);
        if is_request_over {
            self.accept_match(index);
        }
    }

    /// Makes an assumed match final: the outgoing message is done.
    pub(super) fn accept_match(&mut self, index: usize) {
        if let Some(outgoing) = self.remove_outgoing(index)
            && let Some(row) = outgoing.matched.and_then(|id| self.rows.get_mut(id))
        {
            row.echo_match = EchoMatch::Own(outgoing.echo);
        }
    }

    /// Undoes an assumed match: the message gets a row of its own, the outgoing message gets its row back.
    pub(super) fn drop_match(&mut self, index: usize) {
        let key = self.next_key();
        let Some(id) = self.outgoing.get_mut(index).and_then(|outgoing| outgoing.matched.take()) else {
            return;
        };
        if let Some(row) = self.rows.get_mut(id) {
            row.key = key;
            row.echo_match = EchoMatch::None;
            row.files = Vec::new();
        }
    }

    /// Forgets the match of an outgoing message whose row turned out to be another outgoing message's.
    fn clear_match_of(&mut self, echo: &EchoId) {
        if let Some(outgoing) = self.outgoing.iter_mut().find(|outgoing| outgoing.echo == *echo) {
            outgoing.matched = None;
        }
    }

    /// Looks among the loaded messages for another one that may be this outgoing message.
    fn rematch(&mut self, echo: &EchoId) {
        let Some((index, outgoing)) = self.outgoing.iter().enumerate().find(|(_, outgoing)| outgoing.echo == *echo)
        else {
            return;
        };
        let Some(newest) = outgoing.state.sent_after() else {
            return;
        };
        let after = |row: &&TimelineRow| newest.is_none_or(|newest| row.id > newest);
        let is_candidate = |row: &&TimelineRow| {
            row.echo_match == EchoMatch::None && row.message.author.is_visitor() && outgoing.can_match(&row.message)
        };
        let found = self.rows.newest_first().take_while(after).filter(is_candidate).last();
        if let Some(message) = found.map(|row| (*row.message).clone()) {
            self.match_to(index, message);
        }
    }

    /// Inserts a message or updates its row; an existing row keeps its key and its echo match, if it has one. Returns
    /// whether the message is new.
    fn insert_or_update(&mut self, message: Message, echo_match: EchoMatch) -> bool {
        if let Some(row) = self.rows.get_mut(message.id) {
            row.message = Arc::new(message);
            if row.echo_match == EchoMatch::None {
                row.echo_match = echo_match;
            }
            return false;
        }
        let key = self.next_key();
        self.rows.insert(TimelineRow::new(key, message, echo_match));
        true
    }
}

/// The outgoing message that this row is assumed to be.
fn assumed_echo(echo_match: &EchoMatch) -> Option<EchoId> {
    match echo_match {
        EchoMatch::Assumed(echo) => Some(echo.clone()),
        EchoMatch::None | EchoMatch::Own(_) | EchoMatch::Foreign(_) => None,
    }
}
