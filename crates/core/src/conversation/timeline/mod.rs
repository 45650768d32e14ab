//! What was said, once each, and what we want said.
//!
//! It promises that a message is one row, whichever of the three roads it comes home by (the POST's answer, the cable
//! frame, a page of history), in whatever order, however often; and that a send keeps its row's key until and after
//! the server has it.
//!
//! The hard case is a POST whose answer is lost. The request may have been stored, may still be, or may not have left
//! at all, and the server does not de-duplicate. So such a send is never repeated on suspicion. It holds its queue while
//! history decides: a message above the newest known when posting began, from the visitor, equal in text, and without
//! anybody else's echo, is it. Only when a page asked for later than [`GRACE_MS`] after the connection's end does not
//! hold it, is it posted again. Two things shorten that: Chatwoot's own word that it failed in the request, which is then
//! over ([`FAULT_MS`]), and the person's wish to have it sent again, who has been told that it may then arrive twice. The
//! page that decides is read in either case.

mod claims;
mod elsewhere;
mod rows;
mod sends;

use std::sync::Arc;

pub use rows::{Claim, TimelineRow};
pub use sends::{DeliveryState, Failure, OutgoingMessage, OutgoingRecord};

use crate::conversation::history::Floor;
use crate::model::{ConversationId, EchoId, Message, MessageId, OutgoingFile, Queue};
use crate::time::{Mono, Wall};
use rows::Rows;

/// A row's name for as long as the widget lives.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct RowKey(pub u64);

/// The one assumption: a request is stored within this time of its connection's end, or never. Chatwoot's own request
/// time-out is 15 s; a proxy in front may hold a request for its usual 60 s before it passes it on.
pub const GRACE_MS: u64 = 75_000;

/// The other one: Chatwoot answers with a fault of its own after the request's transaction has ended, committed or not.
/// What a page read so much later does not hold was not stored: that leaves a replica time to follow its database.
pub const FAULT_MS: u64 = 2_000;

/// A send that has been unclear for so long says so, and can be sent again. By then an answer that is merely late, an
/// echo or the first look at history has settled it.
pub const UNCONFIRMED_MS: u64 = 8_000;

/// How often a send is posted again by itself before the person is asked.
const TRIES_MAX: u32 = 3;

/// The road a message came home by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Source {
    /// The answer to the POST of this send.
    Response(EchoId),
    /// A cable frame, with the echo_id it carried.
    Frame(Option<EchoId>),
    /// A page of history.
    History,
}

/// What storage is to do.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum StoreOp {
    /// Keep this send.
    Save(EchoId, String),
    /// Forget it, and its files if it has any.
    Delete(EchoId, Queue),
}

/// One conversation's messages and sends.
#[derive(Debug, Default)]
pub struct Timeline {
    conversation: Option<ConversationId>,
    /// For whom is posted, by the mark of `identity`: nothing that was said for another user.
    user: u64,
    rows: Rows,
    sends: Vec<OutgoingMessage>,
    keys: u64,
    nth: u64,
    keep: Vec<StoreOp>,
    /// Long texts that the visitor wants to see all of.
    unfolded: Vec<RowKey>,
    is_changed: bool,
}

/// Long texts that stay unfolded, the last ones: nobody reads more at a time.
const UNFOLDED_MAX: usize = 100;

impl Timeline {
    /// An empty one for another visitor, with the messages that were written for this user. It gives no row key a second
    /// time.
    #[must_use]
    pub fn for_next_visitor(self, user: Option<u64>) -> Self {
        let Self { conversation: _, user: _, rows: _, sends, keys, nth, keep: _, unfolded: _, is_changed: _ } = self;
        let sends = sends.into_iter().filter(|send| send.passes_on_to(user)).collect();
        Self::of_sends(sends, 0, keys, nth, Vec::new())
    }

    /// An empty one for another conversation, with the messages that are not sent yet.
    #[must_use]
    pub fn for_next_conversation(self) -> Self {
        let Self { conversation: _, user, rows: _, mut sends, keys, nth, keep, unfolded: _, is_changed: _ } = self;
        // What is at the server already is gone with the conversation.
        sends.retain(|send| !matches!(send.stage, DeliveryState::StoredElsewhere { .. }));
        for send in &mut sends {
            send.guess = None;
            if send.may_be_stored() {
                // What may have been stored was stored in a conversation that is gone.
                send.stage = DeliveryState::Queued;
            }
        }
        Self::of_sends(sends, user, keys, nth, keep)
    }

    fn of_sends(sends: Vec<OutgoingMessage>, user: u64, keys: u64, nth: u64, keep: Vec<StoreOp>) -> Self {
        let count = sends.len();
        let mut next = Self {
            conversation: None,
            user,
            rows: Rows::default(),
            sends,
            keys,
            nth,
            keep,
            unfolded: Vec::new(),
            is_changed: true,
        };
        (0..count).for_each(|at| next.save(at));
        next
    }

    /// From now on is posted for this user.
    pub const fn set_user(&mut self, user: u64) {
        self.user = user;
    }

    fn may_send(&self, send: &OutgoingMessage) -> bool {
        send.stage == DeliveryState::Queued && (send.user == 0 || send.user == self.user)
    }

    /// Whether anything said for this user is still to be posted, or just being posted.
    #[must_use]
    pub fn has_pending_for(&self, user: u64) -> bool {
        let is_under_way = |send: &OutgoingMessage| {
            matches!(send.stage, DeliveryState::StoringFiles | DeliveryState::Queued | DeliveryState::Sending { .. })
        };
        self.sends.iter().any(|send| send.user == user && is_under_way(send))
    }

    /// What was submitted elsewhere may be posted elsewhere, and nobody tells this tab any more: the person decides.
    pub fn release_foreign_messages(&mut self) {
        for at in 0..self.sends.len() {
            let Some(send) = self.sends.get(at).filter(|send| !send.is_from_here) else { continue };
            if matches!(
                send.stage,
                DeliveryState::Queued | DeliveryState::Sending { .. } | DeliveryState::Unconfirmed { .. }
            ) {
                self.drop_match(at);
                // The record stays as it is: it is for the tab that posts it.
                if let Some(send) = self.sends.get_mut(at) {
                    send.stage = DeliveryState::Failed(Failure::Unconfirmed);
                }
                self.is_changed = true;
            }
        }
    }

    /// The conversation it belongs to, once that has begun.
    pub fn set_conversation(&mut self, conversation: ConversationId) {
        self.conversation = Some(conversation);
        for at in 0..self.sends.len() {
            self.save(at);
        }
    }

    // --- What the visitor wants said ---

    /// Has what was submitted in this page written down, and other tabs told of it, once more.
    pub fn save_own_messages(&mut self) {
        for at in 0..self.sends.len() {
            if self.sends.get(at).is_some_and(|send| send.is_from_here) {
                self.save(at);
            }
        }
    }

    /// Takes what the visitor submitted, to be sent in its turn; one with files as soon as they are kept.
    pub fn submit(&mut self, echo: EchoId, text: &str, files: Vec<OutgoingFile>, at: Wall, user: u64) {
        let key = self.fresh_key();
        // What the device kept may have any number.
        self.nth = self.nth.saturating_add(1);
        let nth = self.nth;
        let stage = if files.is_empty() { DeliveryState::Queued } else { DeliveryState::StoringFiles };
        self.sends.push(OutgoingMessage {
            key,
            echo,
            text: text.into(),
            files,
            at,
            nth,
            user,
            is_from_here: true,
            stage,
            progress: 0,
            tries: 0,
            guess: None,
            is_unconfirmed: false,
        });
        self.is_changed = true;
        self.save(self.sends.len() - 1);
    }

    /// A send's files are where they will be found.
    pub fn files_stored(&mut self, echo: &EchoId) {
        let is_it = |send: &OutgoingMessage| send.echo == *echo && send.stage == DeliveryState::StoringFiles;
        if let Some(at) = self.sends.iter().position(is_it) {
            self.change(at, |send| send.stage = DeliveryState::Queued);
        }
    }

    /// A send's files are nowhere any more.
    pub fn files_missing(&mut self, echo: &EchoId) {
        let is_it = |send: &OutgoingMessage| {
            send.echo == *echo && matches!(send.stage, DeliveryState::StoringFiles | DeliveryState::Sending { .. })
        };
        if let Some(at) = self.sends.iter().position(is_it) {
            self.change(at, |send| send.stage = DeliveryState::Failed(Failure::FilesMissing));
        }
    }

    /// Whether a post can begin in this queue.
    #[must_use]
    pub fn can_send(&self, queue: Queue) -> bool {
        let mut queue = self.sends.iter().filter(|send| send.queue() == queue);
        queue.clone().any(|send| self.may_send(send)) && !queue.any(OutgoingMessage::blocks_its_queue)
    }

    /// Begins the next post of a queue, if none is under way or unclear. What storage is to keep of it must be kept
    /// before the request leaves.
    pub fn begin_send(&mut self, queue: Queue) -> Option<&OutgoingMessage> {
        if !self.can_send(queue) {
            return None;
        }
        let newest = self.rows.newest();
        let at = self.sends.iter().position(|send| self.may_send(send) && send.queue() == queue)?;
        self.change(at, |send| {
            send.stage = DeliveryState::Sending { newest };
            send.progress = 0;
        });
        self.sends.get(at)
    }

    /// The conversation takes no more: what waits is not sent, and the person decides about it.
    pub fn fail_queued(&mut self, queue: Queue) {
        for at in 0..self.sends.len() {
            if self.sends.get(at).is_some_and(|send| send.queue() == queue && send.stage == DeliveryState::Queued) {
                self.change(at, |send| send.stage = DeliveryState::Failed(Failure::ConversationEnded));
            }
        }
    }

    /// A post surely never left: it is to be sent again.
    pub fn mark_not_sent(&mut self, echo: &EchoId) {
        if let Some(at) = self.posting(echo) {
            self.change(at, |send| send.stage = DeliveryState::Queued);
        }
    }

    /// A post's connection ended without an answer.
    pub fn mark_response_lost(&mut self, echo: &EchoId, now: Mono) {
        self.mark_unconfirmed(echo, now, GRACE_MS);
    }

    /// The server failed in a post: it is over, and stored or not.
    pub fn mark_server_error(&mut self, echo: &EchoId, now: Mono) {
        self.mark_unconfirmed(echo, now, FAULT_MS);
    }

    fn mark_unconfirmed(&mut self, echo: &EchoId, now: Mono, open_ms: u64) {
        let Some(at) = self.posting(echo) else { return };
        if self.sends.get(at).is_some_and(|send| send.guess.is_some()) {
            self.accept_match(at);
            return;
        }
        self.change(at, |send| {
            if let DeliveryState::Sending { newest } = send.stage {
                send.stage = DeliveryState::Unconfirmed { newest, since: now, until: now.plus(open_ms) };
            }
        });
    }

    /// The server refused a post: the queue moves on, the person decides.
    pub fn mark_rejected(&mut self, echo: &EchoId, words: Option<String>) {
        // Another tab's post may be in doubt here by the time its answer is told of.
        let is_it = |send: &OutgoingMessage| send.echo == *echo && send.may_be_stored();
        let Some(at) = self.sends.iter().position(is_it) else { return };
        self.drop_match(at);
        self.change(at, |send| send.stage = DeliveryState::Failed(Failure::Rejected(words)));
    }

    /// The person wants a send tried again that failed, or that has long been unclear: that one as soon as a page of
    /// history asked for from now on does not hold it.
    pub fn retry_message(&mut self, echo: &EchoId, now: Mono) {
        let Some(at) = self.sends.iter().position(|send| send.echo == *echo) else { return };
        let stage = match self.sends.get(at).map(|send| &send.stage) {
            Some(DeliveryState::Failed(_)) => DeliveryState::Queued,
            Some(DeliveryState::Unconfirmed { newest, until, .. }) => {
                DeliveryState::Unconfirmed { newest: *newest, since: now, until: now.min(*until) }
            }
            // In a tab that does not post it, this is all there is to see of its being unclear.
            Some(DeliveryState::Sending { .. }) => {
                self.set_unconfirmed_notice(echo, false);
                return;
            }
            Some(DeliveryState::StoringFiles | DeliveryState::Queued | DeliveryState::StoredElsewhere { .. })
            | None => return,
        };
        self.change(at, |send| {
            send.stage = stage;
            send.tries = 0;
        });
    }

    /// Which sends have by now been unclear for so long that the person is to be told.
    #[must_use]
    pub fn newly_overdue(&self, now: Mono) -> Vec<EchoId> {
        let is_long = |send: &&OutgoingMessage| send.overdue_from().is_some_and(|from| from <= now);
        self.sends.iter().filter(is_long).map(|send| send.echo.clone()).collect()
    }

    /// When that is next to be asked.
    #[must_use]
    pub fn next_overdue(&self) -> Option<Mono> {
        self.sends.iter().filter_map(OutgoingMessage::overdue_from).min()
    }

    /// The person is told, or not any longer, that nobody knows of a send. Tells whether that is news.
    pub fn set_unconfirmed_notice(&mut self, echo: &EchoId, is_so: bool) -> bool {
        let is_it =
            |send: &&mut OutgoingMessage| send.echo == *echo && send.may_be_stored() && send.is_unconfirmed != is_so;
        let Some(send) = self.sends.iter_mut().find(is_it) else { return false };
        send.is_unconfirmed = is_so;
        self.is_changed = true;
        true
    }

    /// The person gives a failed send up, or an upload; it is handed back. An upload that the server has all the same
    /// is shown as what it is then.
    pub fn discard(&mut self, echo: &EchoId) -> Option<OutgoingMessage> {
        let may_go =
            |send: &OutgoingMessage| matches!(send.stage, DeliveryState::Failed(_)) || send.queue() == Queue::Upload;
        let at = self.sends.iter().position(|send| send.echo == *echo && may_go(send))?;
        self.drop_match(at);
        self.take(at)
    }

    /// So much of an upload is on its way.
    pub fn set_upload_progress(&mut self, echo: &EchoId, percent: u8) {
        if let Some(send) = self.sends.iter_mut().find(|send| send.echo == *echo && send.progress != percent) {
            send.progress = percent;
            self.is_changed = true;
        }
    }

    /// A gap-free stretch of history was read up to the newest message, asked for at `asked`; it begins at `from`
    /// (`None`: at the conversation's first message). Sends of unclear fate that are not in it were not stored, if it
    /// was asked for late enough and goes back far enough. What was held before proves nothing: a message that was stored
    /// without a frame's telling of it is missing there.
    pub fn resolve_unconfirmed(&mut self, asked: Mono, from: Option<MessageId>) {
        for at in 0..self.sends.len() {
            let Some(DeliveryState::Unconfirmed { newest, until, .. }) = self.sends.get(at).map(|send| &send.stage)
            else {
                continue;
            };
            if asked < *until || !reaches(from, *newest) {
                continue;
            }
            self.change(at, |send| {
                send.tries = send.tries.saturating_add(1);
                send.stage = if send.tries < TRIES_MAX {
                    DeliveryState::Queued
                } else {
                    DeliveryState::Failed(Failure::Unconfirmed)
                };
            });
        }
    }

    /// History can't be read further back than to `from`: what could lie before is the person's to decide.
    pub fn fail_unconfirmed_before(&mut self, asked: Mono, from: MessageId) {
        for at in 0..self.sends.len() {
            let stage = self.sends.get(at).map(|send| &send.stage);
            if let Some(DeliveryState::Unconfirmed { newest, until, .. }) = stage
                && asked >= *until
                && !reaches(Some(from), *newest)
            {
                self.change(at, |send| send.stage = DeliveryState::Failed(Failure::Unconfirmed));
            }
        }
    }

    /// How far down history must be read to decide about sends of unclear fate; `None` when there are none.
    #[must_use]
    pub fn unconfirmed_floor(&self) -> Option<Floor> {
        let floor = |send: &OutgoingMessage| match send.stage {
            DeliveryState::Unconfirmed { newest, .. } | DeliveryState::StoredElsewhere { newest, .. } => Some(newest),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Failed(_) => None,
        };
        // `None` sorts first: a send that could be the first message asks for all.
        let lowest = self.sends.iter().filter_map(floor).min()?;
        Some(lowest.map_or(Floor::Start, Floor::At))
    }

    /// When history read anew can decide about a send of unclear fate.
    #[must_use]
    pub fn unconfirmed_deadline(&self) -> Option<Mono> {
        let end = |send: &OutgoingMessage| match send.stage {
            DeliveryState::Unconfirmed { until, .. } => Some(until),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::StoredElsewhere { .. }
            | DeliveryState::Failed(_) => None,
        };
        self.sends.iter().filter_map(end).min()
    }

    /// Whether anything waits to be sent.
    #[must_use]
    pub fn has_queued(&self) -> bool {
        self.sends.iter().any(|send| self.may_send(send))
    }

    /// The sends, in their order.
    pub fn outgoing(&self) -> impl Iterator<Item = &OutgoingMessage> {
        self.sends.iter()
    }

    /// Whether this is one of the sends.
    #[must_use]
    pub fn has_outgoing(&self, echo: &EchoId) -> bool {
        self.sends.iter().any(|send| send.echo == *echo)
    }

    // --- What was said ---

    /// Takes a message home, by whichever road. Tells whether it is news.
    pub fn apply_message(&mut self, message: Message, road: &Source) -> bool {
        self.is_changed = true;
        match road {
            Source::Response(echo) => self.apply_proven(message, echo),
            Source::Frame(Some(echo)) if self.is_ours(echo, message.id) => self.apply_proven(message, echo),
            Source::Frame(Some(echo)) => self.apply_foreign(message, echo),
            Source::Frame(None) | Source::History => self.apply_unmarked(message),
        }
    }

    /// A send's message is at the server, further back than what is held: the send is done, and scrolling up will show
    /// it. Shown now, there would be a hole behind it.
    pub fn apply_unloaded(&mut self, echo: &EchoId) {
        if let Some(at) = self.sends.iter().position(|send| send.echo == *echo) {
            self.drop_match(at);
            self.take(at);
        }
    }

    /// There is no conversation to look in: the person decides about what may have been sent.
    pub fn fail_unconfirmed(&mut self) {
        self.sends.retain(|send| !matches!(send.stage, DeliveryState::StoredElsewhere { .. }));
        for at in 0..self.sends.len() {
            if self.sends.get(at).is_some_and(OutgoingMessage::may_be_stored) {
                self.change(at, |send| send.stage = DeliveryState::Failed(Failure::Unconfirmed));
            }
        }
    }

    /// Lets go of what lies before a message, because there is a gap in it.
    pub fn drop_before(&mut self, id: MessageId) {
        self.rows.drop_before(id);
        self.is_changed = true;
    }

    /// Takes what changed about a message. One not held yet is left to history, which knows its neighbours.
    pub fn update_message(&mut self, message: Message) {
        if let Some(row) = self.rows.get_mut(message.id) {
            row.message = Arc::new(message);
            self.is_changed = true;
        }
    }

    // --- What is shown ---

    /// How many rows there are, sends included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.visible_outgoing().count()
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The messages from the `first`th row on.
    pub fn messages_from(&self, first: usize) -> impl Iterator<Item = &TimelineRow> {
        self.rows.from(first)
    }

    /// The row of a message that is held.
    #[must_use]
    pub fn row(&self, id: MessageId) -> Option<&TimelineRow> {
        self.rows.get(id)
    }

    /// How many of the rows are messages the server has; the sends come after them.
    #[must_use]
    pub const fn message_count(&self) -> usize {
        self.rows.len()
    }

    /// The send a row shows, if it shows one.
    #[must_use]
    pub fn echo_of(&self, key: RowKey) -> Option<EchoId> {
        self.sends.iter().find(|send| send.key == key).map(|send| send.echo.clone())
    }

    /// The sends that are shown as such, in their order.
    pub fn visible_outgoing(&self) -> impl Iterator<Item = &OutgoingMessage> {
        self.sends.iter().filter(|send| send.guess.is_none())
    }

    /// How many rows there are up to and with this message.
    #[must_use]
    pub fn count_up_to(&self, id: MessageId) -> usize {
        self.rows.count_up_to(id)
    }

    /// The message in this place, or the last one before it: sends come after all of them.
    #[must_use]
    pub fn message_at(&self, place: usize) -> Option<MessageId> {
        self.rows.from(place).next().map_or_else(|| self.newest(), |row| Some(row.id))
    }

    /// The newest message's id.
    #[must_use]
    pub fn newest(&self) -> Option<MessageId> {
        self.rows.newest()
    }

    /// So many of the newest messages at most, newest first.
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

    /// Whether storage has anything to do since then.
    #[must_use]
    pub const fn has_changes_to_store(&self) -> bool {
        !self.keep.is_empty()
    }

    /// What storage is to do since the last time this was asked.
    pub fn take_store_ops(&mut self) -> Vec<StoreOp> {
        std::mem::take(&mut self.keep)
    }

    /// Shows only the beginning of a row's long text, or all of it.
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

    /// Whether the visitor wants to see all of a row's long text.
    #[must_use]
    pub fn is_unfolded(&self, key: RowKey) -> bool {
        self.unfolded.contains(&key)
    }

    /// Whether anything shown has changed since the last time this was asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.is_changed)
    }

    // --- Helpers ---

    fn posting(&self, echo: &EchoId) -> Option<usize> {
        let is_it = |send: &OutgoingMessage| send.echo == *echo && matches!(send.stage, DeliveryState::Sending { .. });
        self.sends.iter().position(is_it)
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut OutgoingMessage)) {
        if let Some(send) = self.sends.get_mut(at) {
            change(send);
            send.is_unconfirmed = false;
            self.is_changed = true;
            self.save(at);
        }
    }

    fn take(&mut self, at: usize) -> Option<OutgoingMessage> {
        if at >= self.sends.len() {
            return None;
        }
        let send = self.sends.remove(at);
        self.keep.push(StoreOp::Delete(send.echo.clone(), send.queue()));
        self.is_changed = true;
        Some(send)
    }

    fn save(&mut self, at: usize) {
        // What is not gathered yet could be sent by nobody, what is settled must be sent by nobody.
        let is_to_send = |send: &&OutgoingMessage| {
            !matches!(send.stage, DeliveryState::StoringFiles | DeliveryState::StoredElsewhere { .. })
        };
        if let Some(send) = self.sends.get(at).filter(is_to_send) {
            self.keep.push(StoreOp::Save(send.echo.clone(), OutgoingRecord::of(send, self.conversation).write()));
        }
    }

    const fn fresh_key(&mut self) -> RowKey {
        self.keys += 1;
        RowKey(self.keys)
    }
}

/// Whether what was read back to `from` (`None`: to the first message) holds all that came after `newest` (`None`: all
/// there is).
fn reaches(from: Option<MessageId>, newest: Option<MessageId>) -> bool {
    from.is_none_or(|from| newest.is_some_and(|newest| from <= newest))
}
