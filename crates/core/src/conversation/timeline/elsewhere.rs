//! Sends that other tabs write down, post and settle. What the device keeps of them is the truth.

use super::{Claim, DeliveryState, OutgoingMessage, OutgoingRecord, StoreOp, Timeline, reaches};
use crate::model::{EchoId, MessageId, Queue};
use crate::time::Mono;

/// Far more than a visitor can submit before being stopped.
const SENDS_MAX: usize = 300;
/// As far back as the message may lie of a send that we are told of only now.
const RECENT: usize = 300;

impl Timeline {
    /// Takes what the device keeps of a send: one from before a reload, or another tab's. A request that was under way
    /// is taken for being so still, until [`Self::take_over_sending`].
    pub fn apply_record(&mut self, kept: OutgoingRecord, echo: &EchoId, now: Mono) {
        self.is_changed = true;
        let known = self.sends.iter().position(|send| send.echo == *echo);
        let Some(at) = known else {
            if self.sends.len() >= SENDS_MAX {
                // It stays on the device for a later page.
                return;
            }
            let is_its = |claim: &Claim| matches!(claim, Claim::Ours(mark) | Claim::Foreign(mark) if mark == echo);
            let found = self.rows.newest_first().take(RECENT).find(|row| is_its(&row.claim)).map(|row| row.id);
            if let Some(id) = found {
                // We have its message already, and so will whoever leads.
                if let Some(row) = self.rows.get_mut(id) {
                    row.claim = Claim::Ours(echo.clone());
                }
                self.keep.push(StoreOp::Delete(echo.clone(), Queue::Upload));
                return;
            }
            let mut send = kept.restore(self.fresh_key(), echo.clone(), now);
            if let DeliveryState::Unconfirmed { newest, .. } = send.stage {
                send.stage = DeliveryState::Sending { newest };
            }
            self.nth = self.nth.max(send.nth);
            // Not by the clock first: people set clocks back.
            let place = self.sends.partition_point(|other| (other.nth, other.at) <= (send.nth, send.at));
            self.sends.insert(place, send);
            return;
        };
        let Some(key) = self.sends.get(at).map(|send| send.key) else { return };
        let told = kept.restore(key, echo.clone(), now);
        if !told.blocks_its_queue() {
            self.drop_match(at);
        }
        let Some(send) = self.sends.get_mut(at) else { return };
        send.tries = told.tries;
        let stage = match (told.stage, &send.stage) {
            // We know better since when.
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
            (told, _) => told,
        };
        send.stage = stage;
        send.is_unconfirmed = false;
    }

    /// The device no longer keeps a send. A failed one was given up; any other is at the server, and history will show
    /// it. It is never posted again by itself.
    pub fn record_removed(&mut self, echo: &EchoId, now: Mono) {
        let Some(at) = self.sends.iter().position(|send| send.echo == *echo) else { return };
        let newest = self.rows.newest();
        self.is_changed = true;
        let Some(send) = self.sends.get_mut(at) else { return };
        match send.stage {
            DeliveryState::Failed(_) => drop(self.take(at)),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Unconfirmed { .. }
                if send.guess.is_some() =>
            {
                self.accept_match(at);
            }
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Unconfirmed { .. } => {
                send.stage =
                    DeliveryState::StoredElsewhere { newest: send.stage.posted_after().unwrap_or(newest), since: now };
            }
            DeliveryState::StoredElsewhere { .. } => {}
        }
    }

    /// The newest messages were read down to `from` (`None`: as far as can be), asked for at `asked`. What another tab
    /// knew by then to be at the server is among them, or among what we took for something else.
    pub fn drop_stored_elsewhere(&mut self, asked: Mono, from: Option<MessageId>) {
        let is_settled = |send: &OutgoingMessage| matches!(send.stage, DeliveryState::StoredElsewhere { since, newest } if since <= asked && reaches(from, newest));
        while let Some(at) = self.sends.iter().position(is_settled) {
            self.take(at);
        }
    }

    /// The sends we know of that the device does not keep.
    #[must_use]
    pub fn outgoing_without_record(&self, kept: &[EchoId]) -> Vec<EchoId> {
        let is_missing =
            |send: &&OutgoingMessage| send.stage != DeliveryState::StoringFiles && !kept.contains(&send.echo);
        self.sends.iter().filter(is_missing).map(|send| send.echo.clone()).collect()
    }

    /// From now on the sends are ours to post. What another tab was posting has lost its poster: nobody will tell us
    /// how that ended, unless it is in `ours`, which this tab posts itself.
    pub fn take_over_sending(&mut self, ours: &[EchoId], now: Mono) {
        let is_others =
            |send: &&OutgoingMessage| matches!(send.stage, DeliveryState::Sending { .. }) && !ours.contains(&send.echo);
        let lost: Vec<EchoId> = self.sends.iter().filter(is_others).map(|send| send.echo.clone()).collect();
        for echo in lost {
            self.mark_response_lost(&echo, now);
        }
    }
}
