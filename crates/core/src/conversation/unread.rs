//! What came while the visitor did not look.

use crate::model::MessageId;

/// Counts and marks it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unread {
    /// Messages to the visitor that came while the panel was closed.
    count: u32,
    /// Those that came while it was open and the newest row was not in sight.
    below: u32,
    /// The first of all that came unseen, for as long as it is worth showing where reading stopped.
    first: Option<MessageId>,
    /// The newest of them, oldest first: shown over the launcher.
    previews: Vec<MessageId>,
}

/// As many are shown over the launcher.
const PREVIEWS_MAX: usize = 3;

/// What of the thread the visitor has before their eyes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attention {
    /// Nothing: the panel is closed.
    PanelClosed,
    /// The panel is open, in a page that can't be seen.
    PageHidden,
    /// What was said earlier.
    ScrolledUp,
    /// The newest row.
    AtNewest,
}

impl Attention {
    /// Whether the newest message is in sight.
    #[must_use]
    pub const fn is_at_newest(self) -> bool {
        matches!(self, Self::AtNewest)
    }
}

impl Unread {
    /// A message to the visitor came. Tells whether the page should know.
    pub fn came(&mut self, id: MessageId, eyes: Attention) -> bool {
        match eyes {
            Attention::PanelClosed => self.count = self.count.saturating_add(1),
            Attention::ScrolledUp => self.below = self.below.saturating_add(1),
            Attention::PageHidden => {}
            Attention::AtNewest => return false,
        }
        self.first = self.first.or(Some(id));
        self.preview(id, eyes);
        eyes == Attention::PanelClosed
    }

    fn preview(&mut self, id: MessageId, eyes: Attention) {
        if eyes == Attention::PanelClosed && !self.previews.contains(&id) {
            let place = self.previews.partition_point(|other| *other < id);
            self.previews.insert(place, id);
            let surplus = self.previews.len().saturating_sub(PREVIEWS_MAX);
            self.previews.drain(..surplus);
        }
    }

    /// A message to the visitor came in a conversation that is not open. Tells whether the page should know.
    pub fn came_elsewhere(&mut self, eyes: Attention) -> bool {
        if eyes == Attention::PanelClosed {
            self.count = self.count.saturating_add(1);
        }
        eyes == Attention::PanelClosed
    }

    /// These came while no page of the visitor's was there. Tells whether the page should know.
    pub fn missed(&mut self, ids: &[MessageId], eyes: Attention) -> bool {
        self.first = ids.first().copied().or(self.first);
        if eyes == Attention::PanelClosed {
            self.count = self.count.max(u32::try_from(ids.len()).unwrap_or(u32::MAX));
        }
        ids.iter().for_each(|id| self.preview(*id, eyes));
        eyes == Attention::PanelClosed && !ids.is_empty()
    }

    /// The panel was opened or closed. Tells whether the page should know.
    pub fn opened(&mut self, is_open: bool) -> bool {
        if !is_open {
            (self.first, self.below) = (None, 0);
        }
        self.previews.clear();
        is_open && std::mem::take(&mut self.count) > 0
    }

    /// Up to this message they were read, by another tab or device of the visitor's; so many came after it. Tells
    /// whether the page should know.
    pub fn read_elsewhere(&mut self, id: MessageId, after: u32) -> bool {
        self.previews.retain(|other| *other > id);
        let is_news = after < self.count;
        self.count = self.count.min(after);
        is_news
    }

    /// The visitor has seen what is shown over the launcher, and does not want it there.
    pub fn dismiss(&mut self) {
        self.previews.clear();
    }

    /// What is shown over the launcher, oldest first.
    #[must_use]
    pub fn previews(&self) -> &[MessageId] {
        &self.previews
    }

    /// The newest row came in sight.
    pub const fn reached_end(&mut self) {
        self.below = 0;
    }

    /// The visitor wrote: they know what they answer.
    pub const fn wrote(&mut self) {
        self.below = 0;
        self.first = None;
    }

    /// How many came while the panel was closed.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many came below what is in sight.
    #[must_use]
    pub const fn below(&self) -> u32 {
        self.below
    }

    /// Where reading stopped: before this message.
    #[must_use]
    pub const fn first(&self) -> Option<MessageId> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_unseen_is_marked_until_the_visitor_writes_or_leaves() {
        let mut unread = Unread::default();
        assert!(unread.came(MessageId(5), Attention::PanelClosed) && unread.came(MessageId(6), Attention::PanelClosed));
        assert!(unread.opened(true), "the badge goes");
        assert_eq!((unread.count(), unread.first()), (0, Some(MessageId(5))), "the mark stays");
        assert!(!unread.came(MessageId(7), Attention::AtNewest) && !unread.came(MessageId(8), Attention::ScrolledUp));
        assert_eq!((unread.below(), unread.first()), (1, Some(MessageId(5))), "the first one counts");
        unread.reached_end();
        assert_eq!((unread.below(), unread.first()), (0, Some(MessageId(5))));
        unread.wrote();
        assert_eq!(unread, Unread::default());
        unread.came(MessageId(9), Attention::PageHidden);
        assert_eq!(unread.first(), Some(MessageId(9)), "nobody was looking");
        assert!(!unread.opened(false), "nothing to tell");
        assert_eq!(unread, Unread::default());
    }

    #[test]
    fn the_newest_three_are_shown_over_the_launcher_until_the_visitor_knows() {
        let mut unread = Unread::default();
        for id in [4, 9, 7, 8] {
            unread.came(MessageId(id), Attention::PanelClosed);
        }
        assert_eq!(unread.previews(), [7, 8, 9].map(MessageId));
        unread.dismiss();
        assert_eq!((unread.previews(), unread.count()), (&[][..], 4), "what was not read is still counted");
        unread.missed(&[MessageId(8), MessageId(9)], Attention::PanelClosed);
        assert_eq!(unread.previews(), [8, 9].map(MessageId));
        unread.opened(true);
        unread.came(MessageId(10), Attention::ScrolledUp);
        assert!(unread.previews().is_empty(), "the panel is open");
    }

    #[test]
    fn what_was_read_elsewhere_is_read() {
        let mut unread = Unread::default();
        for id in 4..=6 {
            unread.came(MessageId(id), Attention::PanelClosed);
        }
        assert!(unread.read_elsewhere(MessageId(5), 1));
        assert_eq!((unread.count(), unread.previews()), (1, &[MessageId(6)][..]));
        assert!(!unread.read_elsewhere(MessageId(4), 2), "old news");
        assert!(unread.read_elsewhere(MessageId(6), 0));
        assert_eq!(unread.count(), 0);
    }
}
