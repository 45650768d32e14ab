//! What came while the visitor did not look.

use super::model::MessageId;

/// Counts and marks it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unread {
    /// Messages to the visitor that came while the panel was closed.
    count: u32,
    /// Those that came while it was open and the newest row was not in sight.
    below: u32,
    /// The first of all that came unseen, for as long as it is worth showing where reading stopped.
    first: Option<MessageId>,
}

/// What of the thread the visitor has before their eyes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Eyes {
    /// Nothing: the panel is closed.
    Closed,
    /// The panel is open, in a page that can't be seen.
    Elsewhere,
    /// What was said earlier.
    Above,
    /// The newest row.
    There,
}

impl Unread {
    /// A message to the visitor came. Tells whether the page should know.
    pub fn came(&mut self, id: MessageId, eyes: Eyes) -> bool {
        match eyes {
            Eyes::Closed => self.count = self.count.saturating_add(1),
            Eyes::Above => self.below = self.below.saturating_add(1),
            Eyes::Elsewhere => {}
            Eyes::There => return false,
        }
        self.first = self.first.or(Some(id));
        eyes == Eyes::Closed
    }

    /// A message to the visitor came in a conversation that is not open. Tells whether the page should know.
    pub fn came_elsewhere(&mut self, eyes: Eyes) -> bool {
        if eyes == Eyes::Closed {
            self.count = self.count.saturating_add(1);
        }
        eyes == Eyes::Closed
    }

    /// These came while no page of the visitor's was there. Tells whether the page should know.
    pub fn missed(&mut self, ids: &[MessageId], eyes: Eyes) -> bool {
        self.first = ids.first().copied().or(self.first);
        if eyes == Eyes::Closed {
            self.count = self.count.max(u32::try_from(ids.len()).unwrap_or(u32::MAX));
        }
        eyes == Eyes::Closed && !ids.is_empty()
    }

    /// The panel was opened or closed. Tells whether the page should know.
    pub fn opened(&mut self, is_open: bool) -> bool {
        if !is_open {
            (self.first, self.below) = (None, 0);
        }
        is_open && std::mem::take(&mut self.count) > 0
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
        assert!(unread.came(MessageId(5), Eyes::Closed) && unread.came(MessageId(6), Eyes::Closed));
        assert!(unread.opened(true), "the badge goes");
        assert_eq!((unread.count(), unread.first()), (0, Some(MessageId(5))), "the mark stays");
        assert!(!unread.came(MessageId(7), Eyes::There) && !unread.came(MessageId(8), Eyes::Above));
        assert_eq!((unread.below(), unread.first()), (1, Some(MessageId(5))), "the first one counts");
        unread.reached_end();
        assert_eq!((unread.below(), unread.first()), (0, Some(MessageId(5))));
        unread.wrote();
        assert_eq!(unread, Unread::default());
        unread.came(MessageId(9), Eyes::Elsewhere);
        assert_eq!(unread.first(), Some(MessageId(9)), "nobody was looking");
        assert!(!unread.opened(false), "nothing to tell");
        assert_eq!(unread, Unread::default());
    }
}
