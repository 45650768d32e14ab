//! Outgoing messages of other tabs and earlier pages. Their records on the device decide; this tab follows them.

use super::{DeliveryState, EchoMatch, OutgoingMessage, OutgoingRecord, StoreOp, Timeline, covers};
use crate::model::{EchoId, MessageId, Queue};
use crate::time::Mono;

/// The most outgoing messages held: far more than a visitor can submit before being stopped.
const OUTGOING_MAX: usize = 300;
/// How many of the newest messages are searched for one whose record arrives late.
const ECHO_LOOKBACK: usize = 300;

impl Timeline {
    /// Applies a record from the device: of a message from before a reload, or of another tab's. A request that was
    /// under way counts as still being so until [`Self::take_over_sending`].
    pub fn apply_record(&mut self, record: OutgoingRecord, echo: &EchoId, now: Mono) {
        self.is_changed = true;
        let known = self.outgoing.iter().position(|message| message.echo == *echo);
        let Some(index) = known else {
            if self.outgoing.len() >= OUTGOING_MAX {
                // The record stays on the device for a later page.
                return;
            }
            let has_its_echo = |echo_match: &EchoMatch| matches!(echo_match, EchoMatch::Own(other) | EchoMatch::Foreign(other) if other == echo);
            let found = self
                .rows
                .newest_first()
                .take(ECHO_LOOKBACK)
                .find(|row| has_its_echo(&row.echo_match))
                .map(|row| row.id);
            if let Some(id) = found {
                // Its message is already here, and the leading tab has it or will get it.
                if let Some(row) = self.rows.get_mut(id) {
                    row.echo_match = EchoMatch::Own(echo.clone());
                }
                self.store_ops.push(StoreOp::Delete { echo: echo.clone(), queue: Queue::Upload });
                return;
            }
            let mut message = record.restore(self.next_key(), echo.clone(), now);
            if let DeliveryState::Unconfirmed { newest, .. } = message.state {
                message.state = DeliveryState::Sending { newest };
            }
            self.last_sequence = self.last_sequence.max(message.sequence);
            // The sequence number comes first, because people set clocks back.
            let position =
                self.outgoing.partition_point(|other| (other.sequence, other.at) <= (message.sequence, message.at));
            self.outgoing.insert(position, message);
            return;
        };
        let Some(key) = self.outgoing.get(index).map(|message| message.key) else { return };
        let restored = record.restore(key, echo.clone(), now);
        if !restored.is_blocking_queue() {
            self.drop_match(index);
        }
        let Some(message) = self.outgoing.get_mut(index) else { return };
        message.attempts = restored.attempts;
        let state = match (restored.state, &message.state) {
            // This tab knows more exactly since when.
            (DeliveryState::Unconfirmed { .. }, DeliveryState::Sending { .. } | DeliveryState::Unconfirmed { .. }) => {
                return;
            }
            (
                DeliveryState::Unconfirmed { newest, .. },
                DeliveryState::StoringFiles
                | DeliveryState::Queued
                | DeliveryState::StoredElsewhere { .. }
                | DeliveryState::Failed(_),
            ) => DeliveryState::Sending { newest },
            (restored, _) => restored,
        };
        message.state = state;
        message.is_unconfirmed = false;
    }

    /// A message's record was deleted. A failed message was discarded; any other is at the server, and history will
    /// bring it. It is never sent again automatically.
    pub fn record_removed(&mut self, echo: &EchoId, now: Mono) {
        let Some(index) = self.outgoing.iter().position(|message| message.echo == *echo) else { return };
        let newest = self.rows.newest();
        self.is_changed = true;
        let Some(message) = self.outgoing.get_mut(index) else { return };
        match message.state {
            DeliveryState::Failed(_) => drop(self.remove_outgoing(index)),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Unconfirmed { .. }
                if message.matched.is_some() =>
            {
                self.accept_match(index);
            }
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Unconfirmed { .. } => {
                message.state =
                    DeliveryState::StoredElsewhere { newest: message.state.sent_after().unwrap_or(newest), since: now };
            }
            DeliveryState::StoredElsewhere { .. } => {}
        }
    }

    /// Removes messages that another tab reported as stored, after the newest messages were read down to `from`
    /// (`None`: to the first message) by a page requested at `requested_at`: they are among these, or were matched to
    /// something else.
    pub fn drop_stored_elsewhere(&mut self, requested_at: Mono, from: Option<MessageId>) {
        let is_resolved = |message: &OutgoingMessage| matches!(message.state, DeliveryState::StoredElsewhere { since, newest } if since <= requested_at && covers(from, newest));
        while let Some(index) = self.outgoing.iter().position(is_resolved) {
            self.remove_outgoing(index);
        }
    }

    /// The outgoing messages that have no record among these.
    #[must_use]
    pub fn outgoing_without_record(&self, recorded: &[EchoId]) -> Vec<EchoId> {
        let is_missing = |message: &&OutgoingMessage| {
            message.state != DeliveryState::StoringFiles && !recorded.contains(&message.echo)
        };
        self.outgoing.iter().filter(is_missing).map(|message| message.echo.clone()).collect()
    }

    /// Makes this tab the one that sends. A message that another tab was sending is unconfirmed now: nobody reports its
    /// response. `own` are those that this tab is sending itself.
    pub fn take_over_sending(&mut self, own: &[EchoId], now: Mono) {
        let is_of_other_tab = |message: &&OutgoingMessage| {
            matches!(message.state, DeliveryState::Sending { .. }) && !own.contains(&message.echo)
        };
        let abandoned: Vec<EchoId> =
            self.outgoing.iter().filter(is_of_other_tab).map(|message| message.echo.clone()).collect();
        for echo in abandoned {
            self.mark_response_lost(&echo, now);
        }
    }
}
