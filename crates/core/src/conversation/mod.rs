//! The open conversation: its messages, sent and unsent, its history, status and read receipts. One value, replaced
//! whole when another conversation is opened.
//!
//! It does not know the visitor or the connection. What it needs of them are arguments; what they are to do is returned.

pub mod history;
pub mod message_window;
mod read_receipts;
pub mod status;
pub mod timeline;
pub mod typing;
pub mod unread;

use std::sync::Arc;

use crate::model::{Author, ConversationId, Message, MessageId, Person};
use crate::rng::Rng;
use crate::time::{Due, Mono, next_due};
use history::{History, Progress};
use message_window::{MessageWindow, ScrollPosition};
use read_receipts::ReadReceipts;
use status::ConversationStatus;
use timeline::{Source, Timeline};
use typing::Typing;
use unread::{Attention, Unread};

/// The most messages held while the newest are shown: twice as many as anyone scrolls through.
const MESSAGES_MAX: usize = 20_000;
/// How many of the newest messages are searched for unread ones: more are counted as that many.
const UNREAD_LOOKBACK: usize = 100;
/// How many of the newest messages are searched for the agents who answer here.
const AGENTS_LOOKBACK: usize = 60;

/// The open conversation's state.
#[derive(Debug, Default)]
pub(crate) struct Conversation {
    pub(crate) timeline: Timeline,
    pub(crate) history: History,
    pub(crate) status: ConversationStatus,
    pub(crate) unread: Unread,
    pub(crate) window: MessageWindow,
    pub(crate) typing: Typing,
    read_receipts: ReadReceipts,
    /// Whether the transcript was requested, until every message is loaded.
    is_transcript_wanted: bool,
    /// The proactive message that the visitor was shown before they opened the panel; empty for none.
    pub(crate) proactive_message: String,
    /// Whether the server has this conversation, as far as is known.
    pub(crate) existence: Existence,
}

/// Whether the server has the conversation.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) enum Existence {
    /// It exists, as far as is known.
    #[default]
    Assumed,
    /// The server did not find it. The contact is requested next: that shows whether only the conversation is gone.
    InDoubt,
    /// The conversation that was open before is gone: the team has deleted it.
    Deleted,
}

/// What a page of history brought.
#[derive(Debug, Default)]
pub(crate) struct AppliedPage {
    /// Messages to the visitor that arrived without a frame, in the page's order. Those of the first page are not among
    /// them: it is not known which of them were read.
    pub(crate) arrived: Vec<MessageId>,
    /// Whether any message was new to this tab.
    pub(crate) is_news: bool,
}

/// What became of a transcript.
#[derive(Debug)]
pub(crate) enum Transcript {
    /// Every message is here, oldest first.
    Complete(Vec<Arc<Message>>),
    /// The history can't be read to its beginning.
    Failed,
}

impl Conversation {
    /// Becomes the state of another conversation of the same visitor, with the messages that are not sent yet.
    pub(crate) fn replace(&mut self) {
        let Self {
            timeline,
            history: _,
            status: _,
            unread: _,
            window: _,
            typing,
            read_receipts: _,
            is_transcript_wanted: _,
            proactive_message,
            existence: _,
        } = std::mem::take(self);
        *self = Self {
            timeline: timeline.for_next_conversation(),
            history: History::default(),
            status: ConversationStatus::default(),
            unread: Unread::default(),
            window: MessageWindow::default(),
            typing: typing.for_next_conversation(),
            read_receipts: ReadReceipts::default(),
            is_transcript_wanted: false,
            proactive_message,
            existence: Existence::Assumed,
        };
    }

    /// Becomes the state of another visitor, with the messages that were written for this user and can still be sent.
    pub(crate) fn replace_visitor(&mut self, user: Option<u64>) {
        let Self {
            timeline,
            history: _,
            status: _,
            unread: _,
            window: _,
            typing: _,
            read_receipts: _,
            is_transcript_wanted: _,
            proactive_message: _,
            existence: _,
        } = std::mem::take(self);
        *self = Self {
            timeline: timeline.for_next_visitor(user),
            history: History::default(),
            status: ConversationStatus::default(),
            unread: Unread::default(),
            window: MessageWindow::default(),
            typing: Typing::default(),
            read_receipts: ReadReceipts::default(),
            is_transcript_wanted: false,
            proactive_message: String::new(),
            existence: Existence::Assumed,
        };
    }

    // --- Messages ---

    /// Applies a message from a frame or a response. Returns whether it is new here. A message that lies before the
    /// loaded ones is not added: it would leave a gap behind it.
    pub(crate) fn apply_message(&mut self, message: Message, source: Source) -> bool {
        let is_unloaded =
            self.history.may_have_earlier() && self.timeline.oldest().is_some_and(|oldest| message.id < oldest);
        if !is_unloaded {
            return self.timeline.apply_message(message, &source);
        }
        if let Source::Response(echo) | Source::Frame(Some(echo)) = source {
            self.timeline.apply_unloaded(&echo);
        }
        false
    }

    /// Applies a page of messages. `decides` is whether this tab sends messages, and so concludes from the page what
    /// became of unconfirmed ones.
    pub(crate) fn apply_page(&mut self, page: Vec<Message>, decides: bool) -> AppliedPage {
        let progress = self.history.apply_page(&page.iter().map(|message| message.id).collect::<Vec<_>>());
        let newest = self.timeline.newest();
        let mut applied = AppliedPage::default();
        for message in page {
            let (id, is_to_visitor) = (message.id, !message.author.is_visitor());
            let is_new = self.timeline.apply_message(message, &Source::History);
            applied.is_news |= is_new;
            if is_new && is_to_visitor && newest.is_some_and(|newest| id > newest) {
                applied.arrived.push(id);
            }
        }
        match progress {
            Progress::CaughtUp { requested_at, newest: top, from } => {
                self.caught_up_to(top);
                self.timeline.drop_stored_elsewhere(requested_at, from);
                if decides {
                    self.timeline.resolve_unconfirmed(requested_at, from);
                }
            }
            Progress::Restarted { oldest, requested_at, newest: top } => {
                self.timeline.drop_before(oldest);
                self.caught_up_to(top);
                self.timeline.drop_stored_elsewhere(requested_at, None);
                if decides {
                    self.timeline.resolve_unconfirmed(requested_at, Some(oldest));
                    self.timeline.fail_unconfirmed_before(requested_at, oldest);
                }
            }
            Progress::EarlierLoaded => self.window.earlier_loaded(&self.timeline),
            Progress::MorePages => {}
        }
        applied
    }

    fn caught_up_to(&mut self, top: Option<MessageId>) {
        self.history.set_known(self.timeline.newest_first().filter(|id| Some(*id) <= top));
    }

    /// The next page to read, if one is due: the message it ends before, or none for the newest page.
    pub(crate) fn next_page(&mut self, now: Mono) -> Option<Option<MessageId>> {
        let known = self.history.floor();
        let floor = self.timeline.unconfirmed_floor().map_or(known, |floor| floor.lower_of(known));
        self.history.next_page(now, floor, self.timeline.oldest())
    }

    /// Whether an unconfirmed message can be resolved by reading history now.
    pub(crate) fn can_resolve_unconfirmed(&self, now: Mono) -> bool {
        self.timeline.can_resolve_unconfirmed(now)
    }

    /// Drops the oldest messages if too many are held and the newest are shown; scrolling up loads them again.
    pub(crate) fn drop_oldest(&mut self) {
        let held = self.timeline.message_count();
        if held > MESSAGES_MAX
            && self.window.shows_newest()
            && let Some(first) = self.timeline.message_at(held - MESSAGES_MAX / 2)
        {
            self.timeline.drop_before(first);
            self.history.oldest_dropped();
        }
    }

    /// A message that is loaded.
    pub(crate) fn message(&self, id: MessageId) -> Option<Arc<Message>> {
        self.timeline.row(id).map(|row| Arc::clone(&row.message))
    }

    /// Whether any message of the visitor's waits to be sent, or for its stored message.
    pub(crate) fn has_outgoing(&self) -> bool {
        self.timeline.outgoing().next().is_some()
    }

    /// The agents who wrote last, newest first, after those that are `named`; at most `max` of all.
    pub(crate) fn agents(&self, named: &[Person], max: usize) -> Vec<Person> {
        let mut agents = named.to_vec();
        for row in self.timeline.newest_rows(AGENTS_LOOKBACK) {
            if let Author::Agent(person) = &row.message.author
                && agents.iter().all(|agent| agent.name != person.name)
            {
                agents.push(person.clone());
            }
        }
        agents.truncate(max);
        agents
    }

    // --- Where it begins and ends ---

    /// This conversation was just created: it holds nothing to read.
    pub(crate) fn created(&mut self, id: ConversationId) {
        self.timeline.set_conversation(id);
        self.history.start_empty();
    }

    /// This conversation was found: it may hold messages.
    pub(crate) fn found(&mut self, id: ConversationId) {
        self.timeline.set_conversation(id);
        self.history.request_newest();
    }

    // --- Reading ---

    /// Which part of the thread the visitor sees. `is_list_shown` is whether the conversation list covers it.
    pub(crate) fn attention(&self, is_panel_open: bool, is_page_visible: bool, is_list_shown: bool) -> Attention {
        match (is_panel_open, is_page_visible, self.window.shows_newest() && !is_list_shown) {
            (false, ..) => Attention::PanelClosed,
            (true, false, _) => Attention::PageHidden,
            (true, true, false) => Attention::ScrolledUp,
            (true, true, true) => Attention::AtNewest,
        }
    }

    /// The visitor scrolled; `held` is the message that has their focus or a selection.
    pub(crate) fn scrolled(&mut self, position: ScrollPosition, held: Option<MessageId>) {
        if self.window.scrolled(&self.timeline, position, held) {
            self.history.request_earlier();
        }
        if self.window.shows_newest() {
            self.unread.reached_newest();
        }
    }

    /// Moves the window up, at the visitor's request.
    pub(crate) fn page_up(&mut self) {
        if self.window.page_up(&self.timeline) {
            self.history.request_earlier();
        }
    }

    /// Shows the newest message.
    pub(crate) fn jump_to_newest(&mut self) {
        self.window.jump_to_newest();
        self.unread.reached_newest();
    }

    /// Whether a read receipt is to be sent now: one request at a time, and the next only for newer messages.
    pub(crate) fn take_due_read_receipt(&mut self, now: Mono, is_at_newest: bool, is_sending: bool) -> bool {
        self.read_receipts.stop_waiting();
        if !is_at_newest || !self.status.is_known() {
            return false;
        }
        let newest = self.timeline.newest_rows(UNREAD_LOOKBACK).find(|row| !row.message.author.is_visitor());
        let Some((id, at)) = newest.map(|row| (row.id, row.message.at)) else { return false };
        at > self.status.contact_last_seen_at() && self.read_receipts.take_due(now, id, is_sending)
    }

    /// Counts the messages since the visitor read last, on any device; their own messages count as having read. Returns
    /// whether the count is to be reported.
    pub(crate) fn count_unread(&mut self, attention: Attention) -> bool {
        let read_at = self.status.contact_last_seen_at();
        let has_written = || self.timeline.newest_rows(UNREAD_LOOKBACK).any(|row| row.message.author.is_visitor());
        if read_at == 0 && !has_written() {
            // No device has reported reading, so it is not known what is unread.
            return false;
        }
        let rows = self.timeline.newest_rows(UNREAD_LOOKBACK);
        let unread = rows.take_while(|row| !row.message.author.is_visitor() && row.message.at > read_at);
        let mut ids: Vec<MessageId> = unread.map(|row| row.id).collect();
        ids.reverse();
        self.unread.count_missed(&ids, attention)
    }

    /// Another tab or device of the visitor's has read up to this message. Returns whether the unread count is to be
    /// reported.
    pub(crate) fn read_elsewhere(&mut self, id: MessageId) -> bool {
        let newer = self.timeline.newest_rows(UNREAD_LOOKBACK).take_while(|row| row.id > id);
        let after = newer.filter(|row| !row.message.author.is_visitor()).count();
        self.unread.read_elsewhere(id, u32::try_from(after).unwrap_or(u32::MAX))
    }

    // --- The transcript ---

    /// Requests the transcript: every message has to be loaded first.
    pub(crate) fn request_transcript(&mut self) {
        self.is_transcript_wanted = true;
        self.history.request_earlier();
    }

    /// What became of the transcript, once that is known.
    pub(crate) fn take_transcript(&mut self, is_online: bool) -> Option<Transcript> {
        if !self.is_transcript_wanted {
            return None;
        }
        if self.history.failures() > 1 || !is_online {
            self.is_transcript_wanted = false;
            return Some(Transcript::Failed);
        }
        if self.history.may_have_earlier() {
            self.history.request_earlier();
            return None;
        }
        if !self.history.has_begun() {
            return None;
        }
        self.is_transcript_wanted = false;
        let messages = self.timeline.messages_from(0).map(|row| Arc::clone(&row.message)).collect();
        Some(Transcript::Complete(messages))
    }

    // --- Failures and time ---

    /// A page could not be read; the next attempt waits, at least this long, in ms.
    pub(crate) fn page_failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.history.page_failed(now, rng, at_least_ms);
    }

    /// When it has something to do in any tab.
    pub(crate) fn deadline(&self, now: Mono) -> Option<Due> {
        let all =
            [self.history.deadline(), self.status.deadline(), self.typing.deadline(now), self.read_receipts.deadline()];
        next_due(now, all)
    }

    /// When the tab that sends messages has to decide about unconfirmed ones.
    pub(crate) fn outbox_deadline(&self, now: Mono) -> Option<Due> {
        self.timeline.outgoing_deadline(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{EchoId, Queue};
    use crate::time::Wall;

    #[test]
    fn outbox_deadline_is_the_next_one_though_another_has_passed() {
        let mut conversation = Conversation::default();
        let timeline = &mut conversation.timeline;
        timeline.set_conversation(ConversationId(1));
        let echo = EchoId::from("a");
        timeline.submit(echo.clone(), "hi", Vec::new(), Wall(0), 0);
        assert!(timeline.begin_send(Queue::Text).is_some());
        timeline.mark_response_lost(&echo, Mono(0));
        assert_eq!(conversation.outbox_deadline(Mono(0)).map(|due| due.at), Some(Mono(8_000)), "the notice");
        // The visitor's retry makes it resolvable at once, which waits for history and not for time.
        conversation.timeline.retry_message(&echo, Mono(10_000));
        assert_eq!(conversation.outbox_deadline(Mono(10_000)).map(|due| due.at), Some(Mono(18_000)), "the next notice");
    }
}
