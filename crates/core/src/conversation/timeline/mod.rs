//! The messages of one conversation: those the server has, and those the visitor submitted that it is not known to
//! have.
//!
//! Each message is one row, whichever way it arrives (the response to its POST, a cable frame, a page of history), in
//! whatever order and however often. An outgoing message keeps its row's key before and after the server has it.
//!
//! The hard case is a POST whose response is lost. The server may have stored the message, may still store it, or may
//! never have received it, and it does not de-duplicate. Such a message is therefore not sent again on suspicion: it
//! blocks its queue until history decides. A message in history is the outgoing one if its id is above the newest id
//! known when sending began, if it is the visitor's, has the same text and carries no other client's echo_id. Only if a
//! page that was requested at least [`GRACE_MS`] after the connection ended does not contain it, the message is sent
//! again. Two things shorten the wait: a server error from Chatwoot itself, after which the request is over
//! ([`SERVER_ERROR_MS`]), and the visitor's choice to retry, after being warned that the message may arrive twice. The
//! deciding page is read in both cases.

mod cross_tab;
mod echo_matching;
mod outbox;
mod rows;

use std::sync::Arc;

pub use outbox::{DeliveryState, Failure, OutgoingMessage, OutgoingRecord};
pub use rows::{EchoMatch, TimelineRow};

use crate::conversation::history::Floor;
use crate::model::{ConversationId, EchoId, Message, MessageId, OutgoingFile, Queue};
use crate::time::{Due, Mono, Wall, next_due};
use rows::Rows;

/// Identifies a row for as long as the client lives.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RowKey(pub u64);

/// An assumption: a request is stored within this time after its connection ended, or never, in ms. Chatwoot's own
/// request timeout is 15 s; a proxy in front may hold a request for 60 s, a usual timeout, before it passes it on.
pub const GRACE_MS: u64 = 75_000;

/// A second assumption: when Chatwoot answers with a server error of its own, the request's transaction has ended,
/// committed or not. A page requested this many ms later contains the message if it was stored; the delay lets a
/// database replica catch up.
pub const SERVER_ERROR_MS: u64 = 2_000;

/// An outgoing message that is unconfirmed for this long, in ms, is marked so and can be sent again. A response that is
/// merely late, a frame or the first page of history arrives before that.
pub const UNCONFIRMED_NOTICE_MS: u64 = 8_000;

/// How many attempts are made without asking the visitor.
const ATTEMPTS_MAX: u32 = 3;

/// Where a message came from.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The response to the POST of the message with this echo_id.
    Response(EchoId),
    /// A cable frame, with the echo_id it carried.
    Frame(Option<EchoId>),
    /// A page of history.
    History,
}

/// A change to the outgoing messages' records on the device.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoreOp {
    /// Save a message's record.
    Save {
        /// The message.
        echo: EchoId,
        /// Its record (JSON).
        record: String,
    },
    /// Delete the record, and the files of an upload.
    Delete {
        /// The message.
        echo: EchoId,
        /// Whether it has files.
        queue: Queue,
    },
}

/// One conversation's rows and outgoing messages.
#[derive(Debug, Default)]
pub struct Timeline {
    conversation: Option<ConversationId>,
    /// The user on whose behalf messages are sent, as a mark (`identity`): messages written for another user wait. 0
    /// for none.
    user: u64,
    rows: Rows,
    outgoing: Vec<OutgoingMessage>,
    last_key: u64,
    last_sequence: u64,
    store_ops: Vec<StoreOp>,
    /// Rows whose long text is shown in full.
    unfolded: Vec<RowKey>,
    is_changed: bool,
}

/// How many rows stay unfolded; the oldest is folded when there are more.
const UNFOLDED_MAX: usize = 100;

impl Timeline {
    /// Becomes the timeline of another visitor: empty, with the outgoing messages that were written for this user. Row
    /// keys are not reused.
    #[must_use]
    pub fn for_next_visitor(self, user: Option<u64>) -> Self {
        let Self {
            conversation: _,
            user: _,
            rows: _,
            outgoing,
            last_key,
            last_sequence,
            store_ops: _,
            unfolded: _,
            is_changed: _,
        } = self;
        let outgoing = outgoing.into_iter().filter(|message| message.can_follow_visitor(user)).collect();
        Self::with_outgoing(outgoing, 0, last_key, last_sequence, Vec::new())
    }

    /// Becomes the timeline of another conversation: empty, with the outgoing messages that are not sent yet.
    #[must_use]
    pub fn for_next_conversation(self) -> Self {
        let Self {
            conversation: _,
            user,
            rows: _,
            mut outgoing,
            last_key,
            last_sequence,
            store_ops,
            unfolded: _,
            is_changed: _,
        } = self;
        // Messages that the server stored belong to the former conversation.
        outgoing.retain(|message| !matches!(message.state, DeliveryState::StoredElsewhere { .. }));
        for message in &mut outgoing {
            message.matched = None;
            if message.may_be_stored() {
                // If it was stored, then in the former conversation.
                message.state = DeliveryState::Queued;
            }
        }
        Self::with_outgoing(outgoing, user, last_key, last_sequence, store_ops)
    }

    fn with_outgoing(
        outgoing: Vec<OutgoingMessage>,
        user: u64,
        last_key: u64,
        last_sequence: u64,
        store_ops: Vec<StoreOp>,
    ) -> Self {
        let count = outgoing.len();
        let mut next = Self {
            conversation: None,
            user,
            rows: Rows::default(),
            outgoing,
            last_key,
            last_sequence,
            store_ops,
            unfolded: Vec::new(),
            is_changed: true,
        };
        (0..count).for_each(|index| next.store_outgoing(index));
        next
    }

    /// Sets the user on whose behalf messages are sent from now on.
    pub const fn set_user(&mut self, user: u64) {
        self.user = user;
    }

    fn may_send(&self, message: &OutgoingMessage) -> bool {
        message.state == DeliveryState::Queued && (message.user == 0 || message.user == self.user)
    }

    /// Whether a message written for this user is waiting to be sent or being sent.
    #[must_use]
    pub fn has_pending_for(&self, user: u64) -> bool {
        let is_under_way = |message: &OutgoingMessage| {
            matches!(message.state, DeliveryState::StoringFiles | DeliveryState::Queued | DeliveryState::Sending { .. })
        };
        self.outgoing.iter().any(|message| message.user == user && is_under_way(message))
    }

    /// Marks the other tabs' messages as unconfirmed, for the visitor to decide: other tabs may send them, and this tab
    /// no longer receives their reports.
    pub fn release_foreign_messages(&mut self) {
        for index in 0..self.outgoing.len() {
            let Some(message) = self.outgoing.get(index).filter(|message| !message.is_from_here) else { continue };
            if matches!(
                message.state,
                DeliveryState::Queued | DeliveryState::Sending { .. } | DeliveryState::Unconfirmed { .. }
            ) {
                self.drop_match(index);
                // The record is not changed: it belongs to the tab that sends the message.
                if let Some(message) = self.outgoing.get_mut(index) {
                    message.state = DeliveryState::Failed(Failure::Unconfirmed);
                }
                self.is_changed = true;
            }
        }
    }

    /// Sets the conversation, once it exists, and stores it with the outgoing messages.
    pub fn set_conversation(&mut self, conversation: ConversationId) {
        self.conversation = Some(conversation);
        for index in 0..self.outgoing.len() {
            self.store_outgoing(index);
        }
    }

    // --- Outgoing messages ---

    /// Stores the records of this page's messages again, which also reports them to the other tabs.
    pub fn save_own_messages(&mut self) {
        for index in 0..self.outgoing.len() {
            if self.outgoing.get(index).is_some_and(|message| message.is_from_here) {
                self.store_outgoing(index);
            }
        }
    }

    /// Adds a message that the visitor submitted. It is queued, or, if it has files, queued as soon as the files are
    /// stored.
    pub fn submit(&mut self, echo: EchoId, text: &str, files: Vec<OutgoingFile>, submitted_at: Wall, user: u64) {
        let key = self.next_key();
        // A restored record may hold any number, so the counter may be at its maximum.
        self.last_sequence = self.last_sequence.saturating_add(1);
        let state = if files.is_empty() { DeliveryState::Queued } else { DeliveryState::StoringFiles };
        self.outgoing.push(OutgoingMessage {
            key,
            echo,
            text: text.into(),
            files,
            at: submitted_at,
            sequence: self.last_sequence,
            user,
            is_from_here: true,
            state,
            progress: 0,
            attempts: 0,
            matched: None,
            is_unconfirmed: false,
        });
        self.is_changed = true;
        self.store_outgoing(self.outgoing.len() - 1);
    }

    /// The files of a message are stored: it may be sent.
    pub fn files_stored(&mut self, echo: &EchoId) {
        let is_match =
            |message: &OutgoingMessage| message.echo == *echo && message.state == DeliveryState::StoringFiles;
        if let Some(index) = self.outgoing.iter().position(is_match) {
            self.update_outgoing(index, |message| message.state = DeliveryState::Queued);
        }
    }

    /// The files of a message are no longer on the device: it fails.
    pub fn files_missing(&mut self, echo: &EchoId) {
        let is_match = |message: &OutgoingMessage| {
            message.echo == *echo
                && matches!(message.state, DeliveryState::StoringFiles | DeliveryState::Sending { .. })
        };
        if let Some(index) = self.outgoing.iter().position(is_match) {
            self.update_outgoing(index, |message| message.state = DeliveryState::Failed(Failure::FilesMissing));
        }
    }

    /// Whether a message of this queue can be sent now.
    #[must_use]
    pub fn can_send(&self, queue: Queue) -> bool {
        let mut queue = self.outgoing.iter().filter(|message| message.queue() == queue);
        queue.clone().any(|message| self.may_send(message)) && !queue.any(OutgoingMessage::is_blocking_queue)
    }

    /// Begins to send the next message of a queue, unless another is being sent or unconfirmed. Its record must be
    /// stored before the request leaves.
    pub fn begin_send(&mut self, queue: Queue) -> Option<&OutgoingMessage> {
        if !self.can_send(queue) {
            return None;
        }
        let newest = self.rows.newest();
        let index = self.outgoing.iter().position(|message| self.may_send(message) && message.queue() == queue)?;
        self.update_outgoing(index, |message| {
            message.state = DeliveryState::Sending { newest };
            message.progress = 0;
        });
        self.outgoing.get(index)
    }

    /// Fails what is queued, because the conversation takes no more messages; the visitor decides about it.
    pub fn fail_queued(&mut self, queue: Queue) {
        for index in 0..self.outgoing.len() {
            if self
                .outgoing
                .get(index)
                .is_some_and(|message| message.queue() == queue && message.state == DeliveryState::Queued)
            {
                self.update_outgoing(index, |message| {
                    message.state = DeliveryState::Failed(Failure::ConversationEnded)
                });
            }
        }
    }

    /// The request certainly did not reach the server: the message is queued again.
    pub fn mark_not_sent(&mut self, echo: &EchoId) {
        if let Some(index) = self.position_of_sending(echo) {
            self.update_outgoing(index, |message| message.state = DeliveryState::Queued);
        }
    }

    /// The connection ended without a response: the message is unconfirmed for [`GRACE_MS`].
    pub fn mark_response_lost(&mut self, echo: &EchoId, now: Mono) {
        self.mark_unconfirmed(echo, now, GRACE_MS);
    }

    /// The server answered with an error: the request is over, and the message is stored or not.
    pub fn mark_server_error(&mut self, echo: &EchoId, now: Mono) {
        self.mark_unconfirmed(echo, now, SERVER_ERROR_MS);
    }

    fn mark_unconfirmed(&mut self, echo: &EchoId, now: Mono, open_ms: u64) {
        let Some(index) = self.position_of_sending(echo) else { return };
        if self.outgoing.get(index).is_some_and(|message| message.matched.is_some()) {
            self.accept_match(index);
            return;
        }
        self.update_outgoing(index, |message| {
            if let DeliveryState::Sending { newest } = message.state {
                message.state = DeliveryState::Unconfirmed { newest, since: now, until: now.plus(open_ms) };
            }
        });
    }

    /// The server rejected the message: the queue continues, and the visitor decides about it. `reason` is the server's
    /// own text.
    pub fn mark_rejected(&mut self, echo: &EchoId, reason: Option<String>) {
        // A message of another tab may already be unconfirmed here when its response is reported.
        let is_match = |message: &OutgoingMessage| message.echo == *echo && message.may_be_stored();
        let Some(index) = self.outgoing.iter().position(is_match) else { return };
        self.drop_match(index);
        self.update_outgoing(index, |message| message.state = DeliveryState::Failed(Failure::Rejected(reason)));
    }

    /// The visitor retries a message that failed or has long been unconfirmed. An unconfirmed one is sent again as soon
    /// as a page of history requested from now on does not contain it.
    pub fn retry_message(&mut self, echo: &EchoId, now: Mono) {
        let Some(index) = self.outgoing.iter().position(|message| message.echo == *echo) else { return };
        let state = match self.outgoing.get(index).map(|message| &message.state) {
            Some(DeliveryState::Failed(_)) => DeliveryState::Queued,
            Some(DeliveryState::Unconfirmed { newest, until, .. }) => {
                DeliveryState::Unconfirmed { newest: *newest, since: now, until: now.min(*until) }
            }
            // A tab that does not send the message itself shows nothing else of its being unconfirmed.
            Some(DeliveryState::Sending { .. }) => {
                self.set_unconfirmed_notice(echo, false);
                return;
            }
            Some(DeliveryState::StoringFiles | DeliveryState::Queued | DeliveryState::StoredElsewhere { .. })
            | None => return,
        };
        self.update_outgoing(index, |message| {
            message.state = state;
            message.attempts = 0;
        });
    }

    /// The messages that are unconfirmed for so long that the visitor is to be warned.
    #[must_use]
    pub fn newly_overdue(&self, now: Mono) -> Vec<EchoId> {
        let is_long = |message: &&OutgoingMessage| message.overdue_from().is_some_and(|from| from <= now);
        self.outgoing.iter().filter(is_long).map(|message| message.echo.clone()).collect()
    }

    /// When an unconfirmed message is to be resolved, or shown as such.
    #[must_use]
    pub fn outgoing_deadline(&self, now: Mono) -> Option<Due> {
        let resolve = self.outgoing.iter().filter_map(OutgoingMessage::resolvable_from);
        let notice = self.outgoing.iter().filter_map(OutgoingMessage::overdue_from);
        let resolve = resolve.map(|from| Some(from.due("outbox: resolve unconfirmed")));
        let notice = notice.map(|from| Some(from.due("outbox: unconfirmed notice")));
        next_due(now, resolve.chain(notice))
    }

    /// Shows or hides the warning that a message is unconfirmed. Returns whether that changed.
    pub fn set_unconfirmed_notice(&mut self, echo: &EchoId, is_shown: bool) -> bool {
        let is_match = |message: &&mut OutgoingMessage| {
            message.echo == *echo && message.may_be_stored() && message.is_unconfirmed != is_shown
        };
        let Some(message) = self.outgoing.iter_mut().find(is_match) else { return false };
        message.is_unconfirmed = is_shown;
        self.is_changed = true;
        true
    }

    /// Removes a failed message or an upload, and returns it. If the server has stored the upload all the same, it
    /// appears as a stored message.
    pub fn discard(&mut self, echo: &EchoId) -> Option<OutgoingMessage> {
        let may_go = |message: &OutgoingMessage| {
            matches!(message.state, DeliveryState::Failed(_)) || message.queue() == Queue::Upload
        };
        let index = self.outgoing.iter().position(|message| message.echo == *echo && may_go(message))?;
        self.drop_match(index);
        self.remove_outgoing(index)
    }

    /// Sets how much of an upload is sent, in percent.
    pub fn set_upload_progress(&mut self, echo: &EchoId, percent: u8) {
        if let Some(message) =
            self.outgoing.iter_mut().find(|message| message.echo == *echo && message.progress != percent)
        {
            message.progress = percent;
            self.is_changed = true;
        }
    }

    /// Decides about unconfirmed messages after a gap-free part of history was read up to the newest message. The
    /// newest page was requested at `requested_at`; the part begins at `from` (`None`: at the first message). An
    /// unconfirmed message that is not in it was not stored, if the page was requested late enough and the part goes
    /// back far enough. The rows held before prove nothing: a message that was stored without a frame is missing there.
    pub fn resolve_unconfirmed(&mut self, requested_at: Mono, from: Option<MessageId>) {
        for index in 0..self.outgoing.len() {
            let Some(DeliveryState::Unconfirmed { newest, until, .. }) =
                self.outgoing.get(index).map(|message| &message.state)
            else {
                continue;
            };
            if requested_at < *until || !covers(from, *newest) {
                continue;
            }
            self.update_outgoing(index, |message| {
                message.attempts = message.attempts.saturating_add(1);
                message.state = if message.attempts < ATTEMPTS_MAX {
                    DeliveryState::Queued
                } else {
                    DeliveryState::Failed(Failure::Unconfirmed)
                };
            });
        }
    }

    /// Fails unconfirmed messages that could lie before `from`, where history can't be read: the visitor decides about
    /// them.
    pub fn fail_unconfirmed_before(&mut self, requested_at: Mono, from: MessageId) {
        for index in 0..self.outgoing.len() {
            let state = self.outgoing.get(index).map(|message| &message.state);
            if let Some(DeliveryState::Unconfirmed { newest, until, .. }) = state
                && requested_at >= *until
                && !covers(Some(from), *newest)
            {
                self.update_outgoing(index, |message| message.state = DeliveryState::Failed(Failure::Unconfirmed));
            }
        }
    }

    /// How far back history must be read to decide about unconfirmed messages; `None` if there are none.
    #[must_use]
    pub fn unconfirmed_floor(&self) -> Option<Floor> {
        let floor = |message: &OutgoingMessage| match message.state {
            DeliveryState::Unconfirmed { newest, .. } | DeliveryState::StoredElsewhere { newest, .. } => Some(newest),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Failed(_) => None,
        };
        // `None` sorts first: a message that could be the conversation's first needs all of history.
        let lowest = self.outgoing.iter().filter_map(floor).min()?;
        Some(lowest.map_or(Floor::Start, Floor::At))
    }

    /// Whether a newly requested page of history can decide about an unconfirmed message.
    #[must_use]
    pub fn can_resolve_unconfirmed(&self, now: Mono) -> bool {
        self.outgoing.iter().filter_map(OutgoingMessage::resolvable_from).any(|from| from <= now)
    }

    /// Whether a message is waiting to be sent.
    #[must_use]
    pub fn has_queued(&self) -> bool {
        self.outgoing.iter().any(|message| self.may_send(message))
    }

    /// The outgoing messages, in their order.
    pub fn outgoing(&self) -> impl Iterator<Item = &OutgoingMessage> {
        self.outgoing.iter()
    }

    /// Whether a message with this echo_id is outgoing.
    #[must_use]
    pub fn has_outgoing(&self, echo: &EchoId) -> bool {
        self.outgoing.iter().any(|message| message.echo == *echo)
    }

    // --- Messages from the server ---

    /// Applies a message from the server. Returns whether it is new here.
    pub fn apply_message(&mut self, message: Message, source: &Source) -> bool {
        self.is_changed = true;
        match source {
            Source::Response(echo) => self.apply_proven(message, echo),
            Source::Frame(Some(echo)) if self.is_own_echo(echo, message.id) => self.apply_proven(message, echo),
            Source::Frame(Some(echo)) => self.apply_foreign(message, echo),
            Source::Frame(None) | Source::History => self.apply_unmarked(message),
        }
    }

    /// The server has an outgoing message, further back than what is loaded: it is removed, and appears again when the
    /// visitor scrolls up. Adding its row now would leave a gap behind it.
    pub fn apply_unloaded(&mut self, echo: &EchoId) {
        if let Some(index) = self.outgoing.iter().position(|message| message.echo == *echo) {
            self.drop_match(index);
            self.remove_outgoing(index);
        }
    }

    /// Fails messages that may have been sent: there is no conversation to find them in, so the visitor decides about
    /// them.
    pub fn fail_unconfirmed(&mut self) {
        self.outgoing.retain(|message| !matches!(message.state, DeliveryState::StoredElsewhere { .. }));
        for index in 0..self.outgoing.len() {
            if self.outgoing.get(index).is_some_and(OutgoingMessage::may_be_stored) {
                self.update_outgoing(index, |message| message.state = DeliveryState::Failed(Failure::Unconfirmed));
            }
        }
    }

    /// Drops the rows before a message, because there is a gap in them.
    pub fn drop_before(&mut self, id: MessageId) {
        self.rows.drop_before(id);
        self.is_changed = true;
    }

    /// Applies a change to a message that is loaded. One that is not loaded is left to history, which knows its
    /// neighbours.
    pub fn update_message(&mut self, message: Message) {
        if let Some(row) = self.rows.get_mut(message.id) {
            row.message = Arc::new(message);
            self.is_changed = true;
        }
    }

    // --- Rows ---

    /// The number of rows, outgoing messages included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.visible_outgoing().count()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The stored messages from the row with this index on, oldest first.
    pub fn messages_from(&self, first: usize) -> impl Iterator<Item = &TimelineRow> {
        self.rows.starting_at(first)
    }

    /// The row of a message that is loaded.
    #[must_use]
    pub fn row(&self, id: MessageId) -> Option<&TimelineRow> {
        self.rows.get(id)
    }

    /// The number of rows whose message the server has; outgoing messages come after them.
    #[must_use]
    pub const fn message_count(&self) -> usize {
        self.rows.len()
    }

    /// The echo_id of the outgoing message in a row, if the row shows one.
    #[must_use]
    pub fn echo_of(&self, key: RowKey) -> Option<EchoId> {
        self.outgoing.iter().find(|message| message.key == key).map(|message| message.echo.clone())
    }

    /// The outgoing messages that have their own row, in their order.
    pub fn visible_outgoing(&self) -> impl Iterator<Item = &OutgoingMessage> {
        self.outgoing.iter().filter(|message| message.matched.is_none())
    }

    /// The number of rows up to and including this message.
    #[must_use]
    pub fn count_up_to(&self, id: MessageId) -> usize {
        self.rows.count_up_to(id)
    }

    /// The message at this index, or the newest one if the index is past it.
    #[must_use]
    pub fn message_at(&self, index: usize) -> Option<MessageId> {
        self.rows.starting_at(index).next().map_or_else(|| self.newest(), |row| Some(row.id))
    }

    /// The newest message's id.
    #[must_use]
    pub fn newest(&self) -> Option<MessageId> {
        self.rows.newest()
    }

    /// At most `count` of the newest messages, newest first.
    pub fn newest_rows(&self, count: usize) -> impl Iterator<Item = &TimelineRow> {
        self.rows.newest_first().take(count)
    }

    /// The messages' ids, newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = MessageId> {
        self.rows.newest_first().map(|row| row.id)
    }

    /// The oldest message's id.
    #[must_use]
    pub fn oldest(&self) -> Option<MessageId> {
        self.rows.oldest()
    }

    /// Whether records changed since [`Self::take_store_ops`] was last called.
    #[must_use]
    pub const fn has_changes_to_store(&self) -> bool {
        !self.store_ops.is_empty()
    }

    /// Takes the record changes since the last call.
    pub fn take_store_ops(&mut self) -> Vec<StoreOp> {
        std::mem::take(&mut self.store_ops)
    }

    /// Folds a row's long text, or shows it in full.
    pub fn fold(&mut self, key: RowKey, is_folded: bool) {
        self.unfolded.retain(|other| *other != key);
        if !is_folded {
            if self.unfolded.len() >= UNFOLDED_MAX {
                self.unfolded.remove(0);
            }
            self.unfolded.push(key);
        }
        self.is_changed = true;
    }

    /// Whether a row's long text is shown in full.
    #[must_use]
    pub fn is_unfolded(&self, key: RowKey) -> bool {
        self.unfolded.contains(&key)
    }

    /// Whether rows changed since the last call.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    // --- Helpers ---

    fn position_of_sending(&self, echo: &EchoId) -> Option<usize> {
        let is_match =
            |message: &OutgoingMessage| message.echo == *echo && matches!(message.state, DeliveryState::Sending { .. });
        self.outgoing.iter().position(is_match)
    }

    fn update_outgoing(&mut self, index: usize, change: impl FnOnce(&mut OutgoingMessage)) {
        if let Some(message) = self.outgoing.get_mut(index) {
            change(message);
            message.is_unconfirmed = false;
            self.is_changed = true;
            self.store_outgoing(index);
        }
    }

    fn remove_outgoing(&mut self, index: usize) -> Option<OutgoingMessage> {
        if index >= self.outgoing.len() {
            return None;
        }
        let message = self.outgoing.remove(index);
        self.store_ops.push(StoreOp::Delete { echo: message.echo.clone(), queue: message.queue() });
        self.is_changed = true;
        Some(message)
    }

    fn store_outgoing(&mut self, index: usize) {
        // A message whose files are not stored yet can't be sent by another tab; one that is known to be stored must
        // not be.
        let is_to_send = |message: &&OutgoingMessage| {
            !matches!(message.state, DeliveryState::StoringFiles | DeliveryState::StoredElsewhere { .. })
        };
        if let Some(message) = self.outgoing.get(index).filter(is_to_send) {
            self.store_ops.push(StoreOp::Save {
                echo: message.echo.clone(),
                record: OutgoingRecord::new(message, self.conversation).to_json(),
            });
        }
    }

    const fn next_key(&mut self) -> RowKey {
        self.last_key += 1;
        RowKey(self.last_key)
    }
}

/// Whether history that was read back to `from` (`None`: to the first message) contains everything after `newest`
/// (`None`: everything).
fn covers(from: Option<MessageId>, newest: Option<MessageId>) -> bool {
    from.is_none_or(|from| newest.is_some_and(|newest| from <= newest))
}
