//! Read receipts: when the server gets the report that the visitor has read the newest message (`update_last_seen`).

use crate::model::MessageId;
use crate::time::{Due, Mono};

/// Read receipts are sent at most this often, in ms: only the last one counts, and a flood of messages must not become
/// a flood of requests.
const RECEIPT_MS: u64 = 1_000;

/// What was reported to the server.
#[derive(Debug, Default)]
pub(super) struct ReadReceipts {
    /// The newest message that was reported.
    newest: Option<MessageId>,
    sent: Option<Mono>,
    /// Whether a newer one waits for the pause to end.
    is_waiting: bool,
}

impl ReadReceipts {
    /// Forgets that a receipt waits; `take_due` decides again.
    pub(super) const fn stop_waiting(&mut self) {
        self.is_waiting = false;
    }

    /// Whether a receipt for this message is to be sent now; then it counts as sent. `is_sending` is whether one is under
    /// way.
    pub(super) fn take_due(&mut self, now: Mono, id: MessageId, is_sending: bool) -> bool {
        if self.newest >= Some(id) || is_sending {
            return false;
        }
        if self.sent.is_some_and(|sent| now.since(sent) < RECEIPT_MS) {
            self.is_waiting = true;
            return false;
        }
        *self = Self { newest: Some(id), sent: Some(now), is_waiting: false };
        true
    }

    /// When the next may go out, if one waits for that.
    pub(super) fn deadline(&self) -> Option<Due> {
        let sent = self.sent.filter(|_| self.is_waiting)?;
        Some(sent.plus(RECEIPT_MS).due("read receipt: again"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn read_receipts_go_out_once_for_a_message_and_not_faster_than_the_pause() {
        let mut receipts = ReadReceipts::default();
        assert!(receipts.take_due(Mono(0), MessageId(4), false));
        assert!(!receipts.take_due(Mono(5_000), MessageId(4), false), "the server knows");
        assert!(receipts.take_due(Mono(5_000), MessageId(5), false));
        assert!(!receipts.take_due(Mono(5_001), MessageId(6), false), "too soon");
        assert_eq!(receipts.deadline().map(|due| due.at), Some(Mono(6_000)));
        assert!(!receipts.take_due(Mono(6_000), MessageId(6), true), "one at a time");
        assert!(receipts.take_due(Mono(6_000), MessageId(6), false));
        assert_eq!(receipts.deadline(), None);
    }
}
