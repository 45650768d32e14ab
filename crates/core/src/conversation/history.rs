//! Reading what we were not there for: after a start, after every gap, and further back when somebody scrolls up.
//!
//! It promises that the messages held are always one gap-free stretch up to the newest: a catch-up reads back until it
//! overlaps what was known before the gap, and when that is too far, what lies before the gap is let go and can be
//! read again by scrolling up.
//!
//! The hard case is to know where the gap began. A socket can be dead for seconds before anybody notices, and meanwhile
//! our own posts are answered: so an answer proves nothing about the messages before it. Only a frame does, on a socket
//! that history has caught up with: whatever came before it on that socket came to us.

use std::collections::VecDeque;

use crate::backoff::Backoff;
use crate::model::MessageId;
use crate::rng::Rng;
use crate::time::{Due, Mono};

/// Messages in a full page; a shorter one is the conversation's beginning.
const PAGE: usize = 20;
/// How far a catch-up goes back: 4,000 messages.
const PAGES_MAX: u32 = 200;
/// Parallel messages come out of order, so the newest few known before a gap may not be without a hole. Overlapping by
/// this many fills it.
pub const OVERLAP: usize = 10;

/// The machine of one conversation.
#[derive(Debug)]
pub struct History {
    is_wanted: bool,
    is_earlier_wanted: bool,
    run: Option<Run>,
    retry: Backoff,
    has_begun: bool,
    has_start: bool,
    /// The last few messages up to which all are known: the next catch-up reads down to the oldest of them.
    known: VecDeque<MessageId>,
    /// Whether nothing was missed since the last catch-up, as far as we know.
    is_in_step: bool,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    goal: Goal,
    asked: Mono,
    /// The newest message of the newest page.
    top: Option<MessageId>,
    pages: u32,
    /// Where the next page ends; `None` for the newest.
    before: Option<MessageId>,
    is_under_way: bool,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Goal {
    /// The newest page will do: nothing older is known.
    Newest,
    /// Down to this message.
    Overlap(MessageId),
    /// Down to the first message.
    Start,
    /// One page further back.
    Earlier,
}

/// How far down a catch-up must read.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Floor {
    /// Nothing is known yet, nothing is in doubt.
    Anywhere,
    /// This message is known, or decides about a send in doubt.
    At(MessageId),
    /// A send in doubt could be the very first message.
    Start,
}

/// What a page meant.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Progress {
    /// More pages are needed.
    Onward,
    /// Everything since the gap is here, up to `top`.
    CaughtUp {
        /// When the newest page was asked for.
        asked: Mono,
        /// The newest message of that page.
        top: Option<MessageId>,
        /// The oldest message read; `None` where it was read to the conversation's beginning.
        from: Option<MessageId>,
    },
    /// What lies before `oldest` does not join on and is to be let go: the gap is too wide, or this was the first look
    /// and only some frames were known.
    Anew {
        /// The oldest message read.
        oldest: MessageId,
        /// When the newest page was asked for.
        asked: Mono,
        /// The newest message of that page.
        top: Option<MessageId>,
    },
    /// An earlier page is here.
    Earlier,
}

impl Default for History {
    fn default() -> Self {
        Self {
            is_wanted: false,
            is_earlier_wanted: false,
            run: None,
            retry: Backoff::new(1_000, 30_000),
            has_begun: false,
            has_start: false,
            known: VecDeque::new(),
            is_in_step: false,
        }
    }
}

impl Goal {
    /// The one that goes further back; earlier pages have no other goal.
    fn and(self, other: Self) -> Self {
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
    /// The floor that satisfies both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Start, _) | (_, Self::Start) => Self::Start,
            (Self::Anywhere, floor) | (floor, Self::Anywhere) => floor,
            (Self::At(one), Self::At(other)) => Self::At(one.min(other)),
        }
    }
}

impl History {
    /// For a conversation we have just made: there is nothing to read.
    pub const fn start_empty(&mut self) {
        self.has_begun = true;
        self.has_start = true;
        self.is_in_step = true;
    }

    /// Something may have been missed: the newest messages are to be read, again if they are being read already.
    pub const fn request_newest(&mut self) {
        self.is_wanted = true;
        self.is_in_step = false;
    }

    /// A frame brought this message.
    pub fn message_received(&mut self, id: MessageId) {
        if self.is_in_step && !self.known.contains(&id) {
            self.known.push_back(id);
            if self.known.len() > OVERLAP {
                self.known.pop_front();
            }
        }
    }

    /// The oldest messages held were let go.
    pub const fn oldest_dropped(&mut self) {
        self.has_start = false;
    }

    /// All messages up to `known`'s newest are here; these are the last of them.
    pub fn caught_up_with(&mut self, known: impl Iterator<Item = MessageId>) {
        self.known = known.take(OVERLAP).collect();
        // Newest last, as they are heard.
        self.known.make_contiguous().sort_unstable();
        self.is_in_step = !self.is_wanted;
    }

    /// How far down the next catch-up must read to overlap what is known.
    #[must_use]
    pub fn floor(&self) -> Floor {
        let unknown = if self.has_start { Floor::Start } else { Floor::Anywhere };
        self.known.iter().min().map_or(unknown, |oldest| Floor::At(*oldest))
    }

    /// Somebody scrolled to the top.
    pub const fn request_earlier(&mut self) {
        self.is_earlier_wanted = !self.has_start;
    }

    /// Past failures had another reason than the server.
    pub const fn reset_backoff(&mut self) {
        self.retry.succeeded();
    }

    /// The network is thought to be back.
    pub const fn retry_now(&mut self) {
        self.retry.hurry();
    }

    /// The next page to read, if one is due: `Some(before)`.
    pub fn next(&mut self, now: Mono, floor: Floor, oldest: Option<MessageId>) -> Option<Option<MessageId>> {
        if !self.retry.is_over(now) {
            return None;
        }
        if self.run.is_none() {
            self.run = self.begin(now, floor, oldest);
        }
        let run = self.run.as_mut().filter(|run| !run.is_under_way)?;
        run.is_under_way = true;
        if run.pages == 0 {
            run.asked = now;
            // A first page that could not be read begins anew, with what has come into doubt meanwhile. It goes no less far
            // back than before: frames that came since then prove nothing of what was missed before them.
            run.goal = run.goal.and(Goal::down_to(floor));
        }
        Some(run.before)
    }

    /// A page came: its messages' ids.
    pub fn page(&mut self, ids: &[MessageId]) -> Progress {
        self.retry.succeeded();
        let Some(run) = self.run.as_mut() else {
            return Progress::Onward;
        };
        let oldest = ids.iter().min().copied();
        if run.pages == 0 {
            run.top = ids.iter().max().copied();
        }
        run.pages += 1;
        run.is_under_way = false;
        let is_start = ids.len() < PAGE;
        let is_done = is_start
            || match run.goal {
                Goal::Newest | Goal::Earlier => true,
                Goal::Overlap(floor) => oldest.is_some_and(|oldest| oldest <= floor),
                Goal::Start => false,
            };
        let is_earlier = run.goal == Goal::Earlier;
        let (asked, top) = (run.asked, run.top);
        // A page that doesn't go back, from a server gone mad, must not keep us here for ever.
        let is_stuck = run.before.is_some() && oldest >= run.before;
        let is_first_look = run.goal == Goal::Newest && !is_start;
        let progress = match oldest {
            Some(oldest) if is_first_look || (!is_done && (run.pages >= PAGES_MAX || is_stuck)) => {
                Progress::Anew { oldest, asked, top }
            }
            Some(_) if !is_done => {
                run.before = oldest;
                return Progress::Onward;
            }
            Some(_) | None if is_earlier => Progress::Earlier,
            Some(_) | None => Progress::CaughtUp { asked, top, from: oldest.filter(|_| !is_start) },
        };
        self.run = None;
        self.has_start = match progress {
            Progress::Anew { .. } => false,
            Progress::CaughtUp { .. } | Progress::Earlier | Progress::Onward => self.has_start || is_start,
        };
        self.has_begun = true;
        progress
    }

    /// A page could not be read.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.retry.failed(now, chance, at_least_ms);
        // What was read stays, so the rest must follow from where it stopped: a new beginning at the newest page might
        // find enough there and leave a hole behind.
        if let Some(run) = self.run.as_mut() {
            run.is_under_way = false;
        }
    }

    /// Whether the newest page was read at least once, or there is none.
    #[must_use]
    pub const fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether older messages may exist.
    #[must_use]
    pub const fn may_have_earlier(&self) -> bool {
        self.has_begun && !self.has_start
    }

    /// Whether the newest messages are wanted, or being read.
    #[must_use]
    pub fn is_reading_newest(&self) -> bool {
        self.is_wanted || self.run.is_some_and(|run| run.goal != Goal::Earlier)
    }

    /// Whether an earlier page is wanted or on its way.
    #[must_use]
    pub fn is_reading_earlier(&self) -> bool {
        self.is_earlier_wanted || self.run.is_some_and(|run| run.goal == Goal::Earlier)
    }

    /// Reads that failed since one succeeded.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.retry.tries()
    }

    /// When `next` has something to do that it had not just now.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let is_waiting = self.is_wanted || self.is_earlier_wanted || self.run.is_some();
        self.retry.until().filter(|_| is_waiting).map(|until| until.due("history: again"))
    }

    fn begin(&mut self, now: Mono, floor: Floor, oldest: Option<MessageId>) -> Option<Run> {
        let (goal, before) = if self.is_wanted {
            self.is_wanted = false;
            (Goal::down_to(floor), None)
        } else if self.is_earlier_wanted {
            self.is_earlier_wanted = false;
            (Goal::Earlier, Some(oldest?))
        } else {
            return None;
        };
        Some(Run { goal, asked: now, top: None, pages: 0, before, is_under_way: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads from a server that holds messages 1 to `newest`, and tells which pages were asked for.
    fn read(history: &mut History, newest: u64, floor: Floor) -> (Vec<Option<u64>>, Progress) {
        let mut asked = Vec::new();
        loop {
            let before = history.next(Mono(5), floor, None).expect("a page is due");
            asked.push(before.map(|id| id.0));
            let last = before.map_or(newest, |id| id.0 - 1);
            let first = last.saturating_sub(19).max(1);
            let ids: Vec<MessageId> = (first..=last).map(MessageId).collect();
            match history.page(&ids) {
                Progress::Onward => {}
                progress @ (Progress::CaughtUp { .. } | Progress::Anew { .. } | Progress::Earlier) => {
                    return (asked, progress);
                }
            }
        }
    }

    fn caught_up(top: u64, from: Option<u64>) -> Progress {
        Progress::CaughtUp { asked: Mono(5), top: Some(MessageId(top)), from: from.map(MessageId) }
    }

    fn anew(oldest: u64, top: u64) -> Progress {
        Progress::Anew { oldest: MessageId(oldest), asked: Mono(5), top: Some(MessageId(top)) }
    }

    /// A page that begins with this message.
    fn page(first: u64, len: u64) -> Vec<MessageId> {
        (first..first + len).map(MessageId).collect()
    }

    #[test]
    fn a_first_look_is_one_page() {
        let mut history = History::default();
        assert_eq!(history.next(Mono(5), Floor::Anywhere, None), None, "nothing is read unless wanted");
        history.request_newest();
        assert_eq!(read(&mut history, 95, Floor::Anywhere), (vec![None], anew(76, 95)));
        assert!(history.has_begun() && history.may_have_earlier());
        assert_eq!(history.next(Mono(5), Floor::Anywhere, None), None);
    }

    #[test]
    fn a_short_page_is_the_beginning() {
        let mut history = History::default();
        history.request_newest();
        assert_eq!(read(&mut history, 7, Floor::Start), (vec![None], caught_up(7, None)));
        assert!(!history.may_have_earlier());
        history.request_earlier();
        assert_eq!(history.next(Mono(5), Floor::Anywhere, Some(MessageId(1))), None);
    }

    #[test]
    fn a_gap_is_read_back_until_it_overlaps() {
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
    fn a_gap_too_wide_is_let_go() {
        let mut history = History::default();
        history.request_newest();
        let (asked, progress) = read(&mut history, 9_000, Floor::At(MessageId(3)));
        assert_eq!(asked.len(), 200);
        assert_eq!(progress, anew(5_001, 9_000));
        assert!(history.may_have_earlier());
    }

    #[test]
    fn a_server_that_repeats_itself_is_not_read_for_ever() {
        let mut history = History::default();
        history.request_newest();
        history.next(Mono(5), Floor::Start, None);
        assert_eq!(history.page(&page(50, 20)), Progress::Onward);
        history.next(Mono(5), Floor::Start, None);
        assert!(matches!(history.page(&page(50, 20)), Progress::Anew { .. }));
    }

    #[test]
    fn what_is_missed_while_reading_is_read_after() {
        let mut history = History::default();
        history.request_newest();
        assert_eq!(history.next(Mono(5), Floor::Anywhere, None), Some(None));
        history.request_newest();
        assert_eq!(history.next(Mono(6), Floor::Anywhere, None), None, "one at a time");
        history.page(&page(1, 3));
        assert_eq!(history.next(Mono(7), Floor::Anywhere, None), Some(None));
    }

    #[test]
    fn a_failure_is_tried_again_where_it_stopped_after_a_wait() {
        let mut history = History::default();
        let mut chance = Rng::new([1, 2, 3, 4]);
        history.request_newest();
        history.next(Mono(5), Floor::At(MessageId(40)), None);
        history.page(&page(76, 20));
        assert_eq!(history.next(Mono(5), Floor::At(MessageId(40)), None), Some(Some(MessageId(76))));
        history.failed(Mono(5), &mut chance, 0);
        assert_eq!(history.failures(), 1);
        let due = history.deadline().unwrap().at;
        assert_eq!(history.next(due, Floor::Anywhere, None), Some(Some(MessageId(76))), "else there would be a hole");
    }

    #[test]
    fn a_first_page_that_is_asked_for_again_goes_down_to_what_came_into_doubt_meanwhile() {
        let mut history = History::default();
        let mut chance = Rng::new([1, 2, 3, 4]);
        history.request_newest();
        history.next(Mono(5), Floor::At(MessageId(40)), None);
        history.failed(Mono(5), &mut chance, 0);
        let due = history.deadline().unwrap().at;
        assert_eq!(history.next(due, Floor::At(MessageId(10)), None), Some(None));
        assert_eq!(history.page(&page(36, 20)), Progress::Onward, "36 ≤ 40 would have been enough before");
    }

    #[test]
    fn earlier_messages_come_a_page_at_a_time() {
        let mut history = History::default();
        history.request_newest();
        read(&mut history, 95, Floor::Anywhere);
        history.request_earlier();
        assert_eq!(history.next(Mono(9), Floor::Anywhere, Some(MessageId(76))), Some(Some(MessageId(76))));
        assert!(history.is_reading_earlier());
        assert_eq!(history.page(&page(56, 20)), Progress::Earlier);
        assert!(!history.is_reading_earlier() && history.may_have_earlier());
    }

    #[test]
    fn frames_raise_the_floor_only_while_nothing_was_missed() {
        let mut history = History::default();
        history.request_newest();
        read(&mut history, 95, Floor::Anywhere);
        history.message_received(MessageId(96));
        assert_eq!(history.floor(), Floor::Anywhere, "a page alone says nothing: the widget says what is known");
        history.caught_up_with((1..=95).rev().map(MessageId));
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
    fn two_floors_are_both_reached() {
        let at = |id| Floor::At(MessageId(id));
        assert_eq!(at(4).and(at(9)), at(4));
        assert_eq!(Floor::Anywhere.and(at(9)), at(9));
        assert_eq!(at(9).and(Floor::Start), Floor::Start);
        assert_eq!(Floor::Anywhere.and(Floor::Anywhere), Floor::Anywhere);
    }
}
