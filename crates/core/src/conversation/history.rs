//! Reads the messages that no frame brought: after a start, after every gap, and earlier pages when the visitor scrolls
//! up.
//!
//! The loaded messages always form one gap-free stretch up to the newest: a catch-up reads back until it overlaps what
//! was known before the gap. If that is too far, what lies before the gap is dropped; scrolling up loads it again.
//!
//! The hard case is to know where the gap began. A socket can be dead for seconds before that is noticed, and meanwhile
//! POSTs are answered: so a response proves nothing about the messages before it. A frame does, on a socket that
//! history has caught up with: everything before it on that socket was received.

use std::collections::VecDeque;

use crate::backoff::Backoff;
use crate::model::MessageId;
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// The number of messages in a full page of Chatwoot's; a shorter page reaches the conversation's beginning.
const PAGE_SIZE: usize = 20;
/// The most pages a catch-up reads: 4,000 messages.
const PAGES_MAX: u32 = 200;
/// How many known messages a catch-up reads again. Messages created at the same time can arrive out of order, so there
/// may be a gap among the newest few known.
pub const OVERLAP_MESSAGES: usize = 10;

/// What of one conversation's history is loaded, wanted and being read.
#[derive(Debug)]
pub struct History {
    is_newest_requested: bool,
    is_earlier_requested: bool,
    reading: Option<Reading>,
    retry: Backoff,
    has_begun: bool,
    has_start: bool,
    /// The newest few messages up to which all are loaded: the next catch-up reads down to the oldest of them.
    known: VecDeque<MessageId>,
    /// Whether no message was missed since the last catch-up, as far as is known.
    is_gapless: bool,
}

#[derive(Clone, Copy, Debug)]
struct Reading {
    goal: Goal,
    requested_at: Mono,
    /// The newest message of the newest page.
    newest: Option<MessageId>,
    pages: u32,
    /// The message before which the next page ends; `None` for the newest page.
    before: Option<MessageId>,
    is_request_pending: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Goal {
    /// One page: nothing older is known.
    Newest,
    /// Down to this message.
    Overlap(MessageId),
    /// Down to the first message.
    Start,
    /// One page before the loaded messages.
    Earlier,
}

/// How far back a catch-up must read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Floor {
    /// Nothing is loaded yet, and no outgoing message is unconfirmed.
    Anywhere,
    /// Down to this message: it is known, or decides about an unconfirmed message.
    At(MessageId),
    /// Down to the first message, which an unconfirmed message could be.
    Start,
}

/// What a page led to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// More pages are needed.
    MorePages,
    /// Everything since the gap is loaded, up to `newest`.
    CaughtUp {
        /// When the newest page was requested.
        requested_at: Mono,
        /// The newest message of that page.
        newest: Option<MessageId>,
        /// The oldest message read; `None` where it was read to the conversation's beginning.
        from: Option<MessageId>,
    },
    /// What lies before `oldest` is not contiguous with it and has to be dropped: the gap is too wide, or this was the
    /// first page and only some frames had come.
    Restarted {
        /// The oldest message read.
        oldest: MessageId,
        /// When the newest page was requested.
        requested_at: Mono,
        /// The newest message of that page.
        newest: Option<MessageId>,
    },
    /// An earlier page was loaded.
    EarlierLoaded,
}

impl Default for History {
    fn default() -> Self {
        Self {
            is_newest_requested: false,
            is_earlier_requested: false,
            reading: None,
            retry: Backoff::new(1_000, 30_000),
            has_begun: false,
            has_start: false,
            known: VecDeque::new(),
            is_gapless: false,
        }
    }
}

impl Goal {
    /// The goal that goes further back; `Earlier` is never combined with another.
    fn further_of(self, other: Self) -> Self {
        match (self, other) {
            (Self::Earlier, _) => Self::Earlier,
            (Self::Start, _) | (_, Self::Start) => Self::Start,
            (Self::Overlap(one), Self::Overlap(other)) => Self::Overlap(one.min(other)),
            (Self::Overlap(id), _) | (_, Self::Overlap(id)) => Self::Overlap(id),
            (Self::Newest, _) => Self::Newest,
        }
    }

    const fn down_to(floor: Floor) -> Self {
        match floor {
            Floor::Anywhere => Self::Newest,
            Floor::At(id) => Self::Overlap(id),
            Floor::Start => Self::Start,
        }
    }
}

impl Floor {
    /// The floor that lies further back: it satisfies both.
    #[must_use]
    pub fn lower_of(self, other: Self) -> Self {
        match (self, other) {
            (Self::Start, _) | (_, Self::Start) => Self::Start,
            (Self::Anywhere, floor) | (floor, Self::Anywhere) => floor,
            (Self::At(one), Self::At(other)) => Self::At(one.min(other)),
        }
    }
}

impl History {
    /// The conversation was just created: there is nothing to read.
    pub const fn start_empty(&mut self) {
        self.has_begun = true;
        self.has_start = true;
        self.is_gapless = true;
    }

    /// Messages may have been missed: the newest are read, again if they are being read already.
    pub const fn request_newest(&mut self) {
        self.is_newest_requested = true;
        self.is_gapless = false;
    }

    /// A frame brought this message.
    pub fn message_received(&mut self, id: MessageId) {
        if self.is_gapless && !self.known.contains(&id) {
            self.known.push_back(id);
            if self.known.len() > OVERLAP_MESSAGES {
                self.known.pop_front();
            }
        }
    }

    /// The oldest loaded messages were dropped.
    pub const fn oldest_dropped(&mut self) {
        self.has_start = false;
    }

    /// Sets which messages are known: all up to the newest of `known` are loaded, and `known` are the last of them,
    /// newest first.
    pub fn set_known(&mut self, known: impl Iterator<Item = MessageId>) {
        self.known = known.take(OVERLAP_MESSAGES).collect();
        // In the order in which frames bring them: newest last.
        self.known.make_contiguous().sort_unstable();
        self.is_gapless = !self.is_newest_requested;
    }

    /// How far back the next catch-up must read to overlap the known messages.
    #[must_use]
    pub fn floor(&self) -> Floor {
        let unknown = if self.has_start { Floor::Start } else { Floor::Anywhere };
        self.known.iter().min().map_or(unknown, |oldest| Floor::At(*oldest))
    }

    /// The visitor scrolled to the top: the page before the loaded messages is wanted.
    pub const fn request_earlier(&mut self) {
        self.is_earlier_requested = !self.has_start;
    }

    /// Forgets past failures: their reason was not the server.
    pub const fn reset_backoff(&mut self) {
        self.retry.succeeded();
    }

    /// Ends a pause after a failure: the network may be back.
    pub const fn retry_now(&mut self) {
        self.retry.retry_now();
    }

    /// The next page to read, if one is due: the message it ends before, or `None` for the newest page. It counts as
    /// requested.
    pub fn next_page(&mut self, now: Mono, floor: Floor, oldest: Option<MessageId>) -> Option<Option<MessageId>> {
        if !self.retry.is_ready(now) {
            return None;
        }
        if self.reading.is_none() {
            self.reading = self.start_reading(now, floor, oldest);
        }
        let reading = self.reading.as_mut().filter(|reading| !reading.is_request_pending)?;
        reading.is_request_pending = true;
        if reading.pages == 0 {
            reading.requested_at = now;
            // A first page that failed is requested with the present floor, because more may be unconfirmed meanwhile.
            // It goes back at least as far as before: frames received since then prove nothing about what was missed
            // before them.
            reading.goal = reading.goal.further_of(Goal::down_to(floor));
        }
        Some(reading.before)
    }

    /// Applies a page, by the ids of its messages.
    pub fn apply_page(&mut self, ids: &[MessageId]) -> Progress {
        self.retry.succeeded();
        let Some(reading) = self.reading.as_mut() else {
            return Progress::MorePages;
        };
        let oldest = ids.iter().min().copied();
        if reading.pages == 0 {
            reading.newest = ids.iter().max().copied();
        }
        reading.pages += 1;
        reading.is_request_pending = false;
        let is_at_start = ids.len() < PAGE_SIZE;
        let is_done = is_at_start
            || match reading.goal {
                Goal::Newest | Goal::Earlier => true,
                Goal::Overlap(floor) => oldest.is_some_and(|oldest| oldest <= floor),
                Goal::Start => false,
            };
        let is_earlier = reading.goal == Goal::Earlier;
        let (requested_at, newest) = (reading.requested_at, reading.newest);
        // A faulty server may repeat a page; reading must end all the same.
        let is_stuck = reading.before.is_some() && oldest >= reading.before;
        let is_first_look = reading.goal == Goal::Newest && !is_at_start;
        let progress = match oldest {
            Some(oldest) if is_first_look || (!is_done && (reading.pages >= PAGES_MAX || is_stuck)) => {
                Progress::Restarted { oldest, requested_at, newest }
            }
            Some(_) if !is_done => {
                reading.before = oldest;
                return Progress::MorePages;
            }
            Some(_) | None if is_earlier => Progress::EarlierLoaded,
            Some(_) | None => Progress::CaughtUp { requested_at, newest, from: oldest.filter(|_| !is_at_start) },
        };
        self.reading = None;
        self.has_start = match progress {
            Progress::Restarted { .. } => false,
            Progress::CaughtUp { .. } | Progress::EarlierLoaded | Progress::MorePages => self.has_start || is_at_start,
        };
        self.has_begun = true;
        progress
    }

    /// A page could not be read: the next attempt waits, at least this long, in ms.
    pub fn page_failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.retry.failed(now, rng, at_least_ms);
        // What was read stays, so reading continues where it stopped: starting again at the newest page might find
        // enough there and leave a gap behind.
        if let Some(reading) = self.reading.as_mut() {
            reading.is_request_pending = false;
        }
    }

    /// Whether the newest page was read at least once, or the conversation was just created.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether older messages may exist.
    #[must_use]
    pub const fn may_have_earlier(&self) -> bool {
        self.has_begun && !self.has_start
    }

    /// Whether the newest messages are requested or being read.
    #[must_use]
    pub fn is_reading_newest(&self) -> bool {
        self.is_newest_requested || self.reading.is_some_and(|reading| reading.goal != Goal::Earlier)
    }

    /// Whether an earlier page is requested or being read.
    #[must_use]
    pub fn is_reading_earlier(&self) -> bool {
        self.is_earlier_requested || self.reading.is_some_and(|reading| reading.goal == Goal::Earlier)
    }

    /// How many reads failed since one succeeded.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.retry.failures()
    }

    /// When `next_page` may return a page, if it waits after a failure.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let is_waiting = self.is_newest_requested || self.is_earlier_requested || self.reading.is_some();
        self.retry.until().filter(|_| is_waiting).map(|until| until.due("history: again"))
    }

    fn start_reading(&mut self, now: Mono, floor: Floor, oldest: Option<MessageId>) -> Option<Reading> {
        let (goal, before) = if self.is_newest_requested {
            self.is_newest_requested = false;
            (Goal::down_to(floor), None)
        } else if self.is_earlier_requested {
            self.is_earlier_requested = false;
            (Goal::Earlier, Some(oldest?))
        } else {
            return None;
        };
        Some(Reading { goal, requested_at: now, newest: None, pages: 0, before, is_request_pending: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads from a server that has messages 1 to `last_id`; returns the requested pages, by the message each ends
    /// before.
    fn read(history: &mut History, last_id: u64, floor: Floor) -> (Vec<Option<u64>>, Progress) {
        let mut requested = Vec::new();
        loop {
            let before = history.next_page(Mono(5), floor, None).expect("a page is due");
            requested.push(before.map(|id| id.0));
            let last = before.map_or(last_id, |id| id.0 - 1);
            let first = last.saturating_sub(19).max(1);
            let ids: Vec<MessageId> = (first..=last).map(MessageId).collect();
            match history.apply_page(&ids) {
                Progress::MorePages => {}
                progress @ (Progress::CaughtUp { .. } | Progress::Restarted { .. } | Progress::EarlierLoaded) => {
                    return (requested, progress);
                }
            }
        }
    }

    fn caught_up(newest: u64, from: Option<u64>) -> Progress {
        Progress::CaughtUp { requested_at: Mono(5), newest: Some(MessageId(newest)), from: from.map(MessageId) }
    }

    fn restarted(oldest: u64, newest: u64) -> Progress {
        Progress::Restarted { oldest: MessageId(oldest), requested_at: Mono(5), newest: Some(MessageId(newest)) }
    }

    /// A page that begins with this message.
    fn page(first: u64, len: u64) -> Vec<MessageId> {
        (first..first + len).map(MessageId).collect()
    }

    #[test]
    fn history_reads_one_page_at_first() {
        let mut history = History::default();
        assert_eq!(history.next_page(Mono(5), Floor::Anywhere, None), None, "nothing is read unless wanted");
        history.request_newest();
        assert_eq!(read(&mut history, 95, Floor::Anywhere), (vec![None], restarted(76, 95)));
        assert!(history.has_begun() && history.may_have_earlier());
        assert_eq!(history.next_page(Mono(5), Floor::Anywhere, None), None);
    }

    #[test]
    fn history_ends_at_a_short_page() {
        let mut history = History::default();
        history.request_newest();
        assert_eq!(read(&mut history, 7, Floor::Start), (vec![None], caught_up(7, None)));
        assert!(!history.may_have_earlier());
        history.request_earlier();
        assert_eq!(history.next_page(Mono(5), Floor::Anywhere, Some(MessageId(1))), None);
    }

    #[test]
    fn history_is_read_back_until_it_overlaps_what_is_known() {
        let mut history = History::default();
        history.request_newest();
        assert_eq!(
            read(&mut history, 95, Floor::At(MessageId(40))),
            (vec![None, Some(76), Some(56)], caught_up(95, Some(36))),
            "36 ≤ 40"
        );
        history.request_newest();
        assert_eq!(read(&mut history, 40, Floor::Start).0, [None, Some(21), Some(1)]);
    }

    #[test]
    fn history_before_a_gap_too_wide_is_dropped() {
        let mut history = History::default();
        history.request_newest();
        let (requested, progress) = read(&mut history, 9_000, Floor::At(MessageId(3)));
        assert_eq!(requested.len(), 200);
        assert_eq!(progress, restarted(5_001, 9_000));
        assert!(history.may_have_earlier());
    }

    #[test]
    fn history_stops_where_the_server_repeats_a_page() {
        let mut history = History::default();
        history.request_newest();
        history.next_page(Mono(5), Floor::Start, None);
        assert_eq!(history.apply_page(&page(50, 20)), Progress::MorePages);
        history.next_page(Mono(5), Floor::Start, None);
        assert!(matches!(history.apply_page(&page(50, 20)), Progress::Restarted { .. }));
    }

    #[test]
    fn history_reads_again_what_was_missed_while_reading() {
        let mut history = History::default();
        history.request_newest();
        assert_eq!(history.next_page(Mono(5), Floor::Anywhere, None), Some(None));
        history.request_newest();
        assert_eq!(history.next_page(Mono(6), Floor::Anywhere, None), None, "one at a time");
        history.apply_page(&page(1, 3));
        assert_eq!(history.next_page(Mono(7), Floor::Anywhere, None), Some(None));
    }

    #[test]
    fn history_retries_a_failed_page_where_it_stopped_after_a_pause() {
        let mut history = History::default();
        let mut rng = Rng::new([1, 2, 3, 4]);
        history.request_newest();
        history.next_page(Mono(5), Floor::At(MessageId(40)), None);
        history.apply_page(&page(76, 20));
        assert_eq!(history.next_page(Mono(5), Floor::At(MessageId(40)), None), Some(Some(MessageId(76))));
        history.page_failed(Mono(5), &mut rng, 0);
        assert_eq!(history.failures(), 1);
        let due = history.deadline().unwrap().at;
        assert_eq!(
            history.next_page(due, Floor::Anywhere, None),
            Some(Some(MessageId(76))),
            "else there would be a hole"
        );
    }

    #[test]
    fn history_retries_the_first_page_down_to_the_present_floor() {
        let mut history = History::default();
        let mut rng = Rng::new([1, 2, 3, 4]);
        history.request_newest();
        history.next_page(Mono(5), Floor::At(MessageId(40)), None);
        history.page_failed(Mono(5), &mut rng, 0);
        let due = history.deadline().unwrap().at;
        assert_eq!(history.next_page(due, Floor::At(MessageId(10)), None), Some(None));
        assert_eq!(history.apply_page(&page(36, 20)), Progress::MorePages, "36 ≤ 40 would have been enough before");
    }

    #[test]
    fn history_loads_earlier_messages_a_page_at_a_time() {
        let mut history = History::default();
        history.request_newest();
        read(&mut history, 95, Floor::Anywhere);
        history.request_earlier();
        assert_eq!(history.next_page(Mono(9), Floor::Anywhere, Some(MessageId(76))), Some(Some(MessageId(76))));
        assert!(history.is_reading_earlier());
        assert_eq!(history.apply_page(&page(56, 20)), Progress::EarlierLoaded);
        assert!(!history.is_reading_earlier() && history.may_have_earlier());
    }

    #[test]
    fn history_floor_is_raised_by_frames_only_while_nothing_was_missed() {
        let mut history = History::default();
        history.request_newest();
        read(&mut history, 95, Floor::Anywhere);
        history.message_received(MessageId(96));
        assert_eq!(history.floor(), Floor::Anywhere, "a page alone says nothing: the widget says what is known");
        history.set_known((1..=95).rev().map(MessageId));
        assert_eq!(history.floor(), Floor::At(MessageId(86)));
        for id in [97, 96, 98] {
            history.message_received(MessageId(id));
        }
        assert_eq!(history.floor(), Floor::At(MessageId(89)));
        history.request_newest();
        history.message_received(MessageId(200));
        assert_eq!(history.floor(), Floor::At(MessageId(89)), "there may be a gap before it");
    }

    #[test]
    fn history_floors_combine_to_the_lower_one() {
        let at = |id| Floor::At(MessageId(id));
        assert_eq!(at(4).lower_of(at(9)), at(4));
        assert_eq!(Floor::Anywhere.lower_of(at(9)), at(9));
        assert_eq!(at(9).lower_of(Floor::Start), Floor::Start);
        assert_eq!(Floor::Anywhere.lower_of(Floor::Anywhere), Floor::Anywhere);
    }
}
