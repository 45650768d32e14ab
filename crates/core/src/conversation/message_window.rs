//! Which stretch of the thread is shown.
//!
//! However much is held, the page has some dozens of rows of it; what lies further up or down is shown when somebody
//! scrolls there. The window follows the newest row until somebody reads further up, and then stays where they read.

use std::ops::Range;

use crate::conversation::timeline::Timeline;
use crate::model::MessageId;

/// Rows in the window at most: several screens of them, so that nobody sees its ends.
pub const ROWS_MAX: usize = 60;
/// Rows it moves by: less than it has beyond a screen on either side, as many as a page of history.
const STEP: usize = 20;

/// What of the window the visitor sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScrollPosition {
    /// Whether its first rows are in sight, or nearly.
    pub is_at_top: bool,
    /// How far below its last row is.
    pub below: Distance,
}

/// How far away something is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Distance {
    /// In sight.
    Here,
    /// Less than another screen away.
    Near,
    /// Further.
    Far,
}

/// The window.
#[derive(Debug)]
pub struct MessageWindow {
    /// Its last message; `None` while it follows the newest row.
    last: Option<MessageId>,
    /// A message that stays shown wherever the window goes.
    held: Option<MessageId>,
    sight: ScrollPosition,
    /// How often it jumped to the newest row.
    jumps: u32,
}

impl Default for MessageWindow {
    fn default() -> Self {
        let sight = ScrollPosition { is_at_top: false, below: Distance::Here };
        Self { last: None, held: None, sight, jumps: 0 }
    }
}

impl MessageWindow {
    /// The visitor sees this, with their focus or a selection in the `held` message. Tells whether messages further back
    /// than those held are wanted.
    pub fn scrolled(&mut self, timeline: &Timeline, sight: ScrollPosition, held: Option<MessageId>) -> bool {
        self.sight = sight;
        self.held = held;
        if sight.below == Distance::Far {
            // What comes now must not push away what is being read.
            self.last = self.last.or_else(|| timeline.newest());
        } else if self.last.is_some() {
            self.move_down(timeline);
        }
        sight.is_at_top && self.move_up(timeline)
    }

    /// The visitor asks for what came before. Tells whether messages further back than those held are wanted.
    pub fn page_up(&mut self, timeline: &Timeline) -> bool {
        self.sight.is_at_top = true;
        self.move_up(timeline)
    }

    /// Older messages came: whoever waits at the top wants to see them.
    pub fn earlier_loaded(&mut self, timeline: &Timeline) {
        if self.sight.is_at_top {
            self.move_up(timeline);
        }
    }

    /// Shows the newest row.
    pub fn jump(&mut self) {
        self.last = None;
        self.sight.below = Distance::Here;
        self.jumps = self.jumps.wrapping_add(1);
    }

    /// Whether the newest row is in sight.
    #[must_use]
    pub fn shows_newest(&self) -> bool {
        self.last.is_none() && self.sight.below == Distance::Here
    }

    /// Whether the newest row is more than a screen away.
    #[must_use]
    pub const fn is_scrolled_away(&self) -> bool {
        self.last.is_some() || matches!(self.sight.below, Distance::Far)
    }

    /// How often it jumped to the newest row.
    #[must_use]
    pub const fn jumps(&self) -> u32 {
        self.jumps
    }

    /// The message that stays shown.
    #[must_use]
    pub const fn held(&self) -> Option<MessageId> {
        self.held
    }

    /// Which rows are in it, by their places.
    #[must_use]
    pub fn range(&self, timeline: &Timeline) -> Range<usize> {
        // What was let go may have been the whole window.
        let end = self.last.map(|id| timeline.count_up_to(id)).filter(|end| *end > 0);
        let end = end.unwrap_or_else(|| timeline.len());
        end.saturating_sub(ROWS_MAX)..end
    }

    fn move_up(&mut self, timeline: &Timeline) -> bool {
        let Range { start, end } = self.range(timeline);
        if start > 0 {
            self.last = timeline.message_at(end - start.min(STEP) - 1);
        }
        start < STEP
    }

    fn move_down(&mut self, timeline: &Timeline) {
        let end = self.range(timeline).end + STEP;
        self.last = if end < timeline.len() { timeline.message_at(end - 1) } else { None };
    }
}
