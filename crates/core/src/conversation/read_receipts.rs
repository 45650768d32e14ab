//! What the server was told to have been read.

use crate::model::MessageId;
use crate::time::{Due, Mono};

/// Read receipts go out at most this often: only the last one counts, and a flood of messages must not become one of
/// requests.
pub(crate) const RECEIPT_MS: u64 = 1_000;

/// What the server was told to have been read.
#[derive(Debug, Default)]
pub(crate) struct ReadReceipts {
    /// The newest message that was.
    pub(crate) newest: Option<MessageId>,
    pub(crate) sent: Option<Mono>,
    /// Whether a newer one waits for the pause to end.
    pub(crate) is_waiting: bool,
}

impl ReadReceipts {
    /// When the next may go out, if one waits for that.
    pub(crate) fn deadline(&self) -> Option<Due> {
        let sent = self.sent.filter(|_| self.is_waiting)?;
        Some(sent.plus(RECEIPT_MS).due("read receipt: again"))
    }
}
