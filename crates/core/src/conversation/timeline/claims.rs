//! Which message is which send.

use std::sync::Arc;

use super::{Claim, DeliveryState, OutgoingMessage, Timeline, TimelineRow};
use crate::model::{EchoId, Message, MessageId};

impl Timeline {
    /// Whether an echo_id is one of our sends', or of a message already proven to be one.
    pub(super) fn is_ours(&self, echo: &EchoId, id: MessageId) -> bool {
        self.sends.iter().any(|send| send.echo == *echo)
            || self.rows.get(id).is_some_and(|row| matches!(&row.claim, Claim::Ours(other) if other == echo))
    }

    /// The server itself says that this message is that send.
    pub(super) fn apply_proven(&mut self, message: Message, echo: &EchoId) -> bool {
        let id = message.id;
        let Some(at) = self.sends.iter().position(|send| send.echo == *echo) else {
            // Proven before: the same news by another road. A different id means the server has it twice, and then
            // it is shown twice.
            return self.put(message, Claim::Ours(echo.clone()));
        };
        if self.sends.get(at).is_some_and(|send| send.guess != Some(id)) {
            self.drop_match(at);
        }
        let is_new = self.rows.get(id).is_none();
        if let Some(send) = self.take(at) {
            if let Some(rival) = self.rows.get(id).and_then(|row| claimant(&row.claim)).filter(|rival| rival != echo) {
                self.clear_match_of(&rival);
            }
            self.rows.insert(TimelineRow::of(&send, message, Claim::Ours(send.echo.clone())));
        }
        is_new
    }

    /// A message that carries somebody else's mark, such as another device's of the same visitor.
    pub(super) fn apply_foreign(&mut self, message: Message, mark: &EchoId) -> bool {
        let id = message.id;
        let foreign = Claim::Foreign(mark.clone());
        let Some(echo) = self.rows.get(id).and_then(|row| claimant(&row.claim)) else {
            return self.put(message, foreign);
        };
        if let Some(at) = self.sends.iter().position(|send| send.echo == echo) {
            self.drop_match(at);
        }
        self.put(message, foreign);
        self.rematch(&echo);
        false
    }

    pub(super) fn apply_unmarked(&mut self, message: Message) -> bool {
        let id = message.id;
        if self.rows.get(id).is_none() && message.author.is_visitor() {
            // What another tab knew to be at the server comes last: a send behind it was posted after that was known, so a
            // message above the newest of then is none of the one before.
            let is_known = |send: &OutgoingMessage| matches!(send.stage, DeliveryState::StoredElsewhere { .. });
            let mut found = self.sends.iter().enumerate().filter(|(_, send)| send.could_match(&message));
            if let Some(at) = found.clone().find(|(_, send)| !is_known(send)).or_else(|| found.next()).map(|(at, _)| at)
            {
                self.match_to(at, message);
                return true;
            }
        }
        self.put(message, Claim::None)
    }

    /// Takes a message for a send: for good when its request has ended, else until the answer says more.
    fn match_to(&mut self, at: usize, message: Message) {
        let Some(send) = self.sends.get_mut(at) else {
            return;
        };
        send.guess = Some(message.id);
        let is_over = matches!(send.stage, DeliveryState::Unconfirmed { .. } | DeliveryState::StoredElsewhere { .. });
        let row = TimelineRow::of(send, message, Claim::Guess(send.echo.clone()));
        self.rows.insert(row);
        if is_over {
            self.accept_match(at);
        }
    }

    pub(super) fn accept_match(&mut self, at: usize) {
        if let Some(send) = self.take(at)
            && let Some(row) = send.guess.and_then(|id| self.rows.get_mut(id))
        {
            row.claim = Claim::Ours(send.echo);
        }
    }

    /// A guess was wrong: the message gets a row of its own, the send its row back.
    pub(super) fn drop_match(&mut self, at: usize) {
        let key = self.fresh_key();
        let Some(id) = self.sends.get_mut(at).and_then(|send| send.guess.take()) else {
            return;
        };
        if let Some(row) = self.rows.get_mut(id) {
            row.key = key;
            row.claim = Claim::None;
            row.files = Vec::new();
        }
    }

    /// The message a send was taken for has turned out to be another send: the row is that one's now.
    fn clear_match_of(&mut self, echo: &EchoId) {
        if let Some(send) = self.sends.iter_mut().find(|send| send.echo == *echo) {
            send.guess = None;
        }
    }

    /// Looks for another message that may be this send, among those already here.
    fn rematch(&mut self, echo: &EchoId) {
        let Some((at, send)) = self.sends.iter().enumerate().find(|(_, send)| send.echo == *echo) else {
            return;
        };
        let Some(newest) = send.stage.posted_after() else {
            return;
        };
        let after = |row: &&TimelineRow| newest.is_none_or(|newest| row.id > newest);
        let is_it = |row: &&TimelineRow| {
            row.claim == Claim::None && row.message.author.is_visitor() && send.could_match(&row.message)
        };
        let found = self.rows.newest_first().take_while(after).filter(is_it).last();
        if let Some(message) = found.map(|row| (*row.message).clone()) {
            self.match_to(at, message);
        }
    }

    /// Puts a message in its place; a row it already has keeps its key and at least its claim.
    fn put(&mut self, message: Message, claim: Claim) -> bool {
        if let Some(row) = self.rows.get_mut(message.id) {
            row.message = Arc::new(message);
            if row.claim == Claim::None {
                row.claim = claim;
            }
            return false;
        }
        let key = self.fresh_key();
        self.rows.insert(TimelineRow::new(key, message, claim));
        true
    }
}

fn claimant(claim: &Claim) -> Option<EchoId> {
    match claim {
        Claim::Guess(echo) => Some(echo.clone()),
        Claim::None | Claim::Ours(_) | Claim::Foreign(_) => None,
    }
}
