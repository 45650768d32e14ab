//! Which part of the thread the view contains.
//!
//! However many messages are loaded, the view has some dozens of rows; scrolling moves this window up and down. It
//! follows the newest row until the visitor scrolls up, and then stays where they read.

use std::ops::Range;

use crate::conversation::timeline::Timeline;
use crate::model::MessageId;

/// The most rows in the window: several screens of them, so that its ends are out of view.
pub const ROWS_MAX: usize = 60;
/// The number of rows it moves by: fewer than it has beyond a screen on either side, as many as a page of history.
const STEP_ROWS: usize = 20;

/// Which part of the window is in view.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct ScrollPosition {
    /// Whether its first rows are in view, or nearly.
    pub is_at_top: bool,
    /// How far below the view its last row is.
    pub below: Distance,
}

/// A distance from the visible part.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Distance {
    /// In view.
    Here,
    /// Less than another screen away.
    Near,
    /// Further.
    Far,
}

/// The window's place in the thread.
#[derive(Debug)]
pub struct MessageWindow {
    /// Its last message; `None` while it follows the newest row.
    last: Option<MessageId>,
    /// A message that stays in the view wherever the window goes.
    held: Option<MessageId>,
    position: ScrollPosition,
    /// How often it jumped to the newest row.
    jumps: u32,
}

impl Default for MessageWindow {
    fn default() -> Self {
        let position = ScrollPosition { is_at_top: false, below: Distance::Here };
        Self { last: None, held: None, position, jumps: 0 }
    }
}

impl MessageWindow {
    /// The visitor scrolled to this position; `held` is the message that has their focus or a selection. Returns
    /// whether messages before the loaded ones are wanted.
    pub fn scrolled(&mut self, timeline: &Timeline, position: ScrollPosition, held: Option<MessageId>) -> bool {
        self.position = position;
        self.held = held;
        if position.below == Distance::Far {
            // New messages must not push away what is being read.
            self.last = self.last.or_else(|| timeline.newest());
        } else if self.last.is_some() {
            self.move_down(timeline);
        }
        position.is_at_top && self.move_up(timeline)
    }

    /// Moves up at the visitor's request. Returns whether messages before the loaded ones are wanted.
    pub fn page_up(&mut self, timeline: &Timeline) -> bool {
        self.position.is_at_top = true;
        self.move_up(timeline)
    }

    /// An earlier page was loaded: if the top is in view, it is shown.
    pub fn earlier_loaded(&mut self, timeline: &Timeline) {
        if self.position.is_at_top {
            self.move_up(timeline);
        }
    }

    /// Moves to the newest row.
    pub fn jump_to_newest(&mut self) {
        self.last = None;
        self.position.below = Distance::Here;
        self.jumps = self.jumps.wrapping_add(1);
    }

    /// Whether the newest row is in view.
    #[must_use]
    pub fn shows_newest(&self) -> bool {
        self.last.is_none() && self.position.below == Distance::Here
    }

    /// Whether the newest row is more than a screen away.
    #[must_use]
    pub const fn is_scrolled_away(&self) -> bool {
        self.last.is_some() || matches!(self.position.below, Distance::Far)
    }

    /// How often it jumped to the newest row: the view scrolls there whenever this changes.
    #[must_use]
    pub const fn jumps(&self) -> u32 {
        self.jumps
    }

    /// The message that stays in the view.
    #[must_use]
    pub const fn held(&self) -> Option<MessageId> {
        self.held
    }

    /// The rows in it, by index.
    #[must_use]
    pub fn range(&self, timeline: &Timeline) -> Range<usize> {
        // All rows of the window may have been dropped.
        let end = self.last.map(|id| timeline.count_up_to(id)).filter(|end| *end > 0);
        let end = end.unwrap_or_else(|| timeline.len());
        end.saturating_sub(ROWS_MAX)..end
    }

    fn move_up(&mut self, timeline: &Timeline) -> bool {
        let Range { start, end } = self.range(timeline);
        if start > 0 {
            self.last = timeline.message_at(end - start.min(STEP_ROWS) - 1);
        }
        start < STEP_ROWS
    }

    fn move_down(&mut self, timeline: &Timeline) {
        let end = self.range(timeline).end + STEP_ROWS;
        self.last = if end < timeline.len() { timeline.message_at(end - 1) } else { None };
    }
}
