//! Unread messages: the count for the launcher's badge, the mark before the first unread message, and the message
//! previews.

use crate::model::MessageId;

/// The unread messages of the open conversation, and the count of those in the others.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Unread {
    /// Messages to the visitor that arrived while the panel was closed.
    count: u32,
    /// Messages that arrived while the panel was open and the newest row was out of view.
    below: u32,
    /// The first unread message, as long as the mark before it is shown.
    first: Option<MessageId>,
    /// The newest unread messages, oldest first: shown as previews at the launcher.
    previews: Vec<MessageId>,
}

/// The most previews shown.
const PREVIEWS_MAX: usize = 3;

/// Which part of the thread the visitor sees.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Attention {
    /// Nothing: the panel is closed.
    PanelClosed,
    /// The panel is open, but the page is hidden (Page Visibility API).
    PageHidden,
    /// Earlier messages: the newest row is out of view.
    ScrolledUp,
    /// The newest row.
    AtNewest,
}

impl Attention {
    /// Whether the newest message is in view.
    #[must_use]
    pub const fn is_at_newest(self) -> bool {
        matches!(self, Self::AtNewest)
    }
}

impl Unread {
    /// A message to the visitor arrived in the open conversation. Returns whether the unread count changed.
    pub fn message_arrived(&mut self, id: MessageId, attention: Attention) -> bool {
        match attention {
            Attention::PanelClosed => self.count = self.count.saturating_add(1),
            Attention::ScrolledUp => self.below = self.below.saturating_add(1),
            Attention::PageHidden => {}
            Attention::AtNewest => return false,
        }
        self.first = self.first.or(Some(id));
        self.add_preview(id, attention);
        attention == Attention::PanelClosed
    }

    fn add_preview(&mut self, id: MessageId, attention: Attention) {
        if attention == Attention::PanelClosed && !self.previews.contains(&id) {
            let index = self.previews.partition_point(|other| *other < id);
            self.previews.insert(index, id);
            let surplus = self.previews.len().saturating_sub(PREVIEWS_MAX);
            self.previews.drain(..surplus);
        }
    }

    /// A message to the visitor arrived in another conversation. Returns whether the unread count changed.
    pub fn message_arrived_elsewhere(&mut self, attention: Attention) -> bool {
        if attention == Attention::PanelClosed {
            self.count = self.count.saturating_add(1);
        }
        attention == Attention::PanelClosed
    }

    /// Counts the messages that arrived while no page of the visitor's was open, oldest first. Returns whether the
    /// unread count is to be reported.
    pub fn count_missed(&mut self, ids: &[MessageId], attention: Attention) -> bool {
        self.first = ids.first().copied().or(self.first);
        if attention == Attention::PanelClosed {
            self.count = self.count.max(u32::try_from(ids.len()).unwrap_or(u32::MAX));
        }
        ids.iter().for_each(|id| self.add_preview(*id, attention));
        attention == Attention::PanelClosed && !ids.is_empty()
    }

    /// The panel was opened or closed. Returns whether the unread count changed.
    pub fn panel_toggled(&mut self, is_open: bool) -> bool {
        if !is_open {
            (self.first, self.below) = (None, 0);
        }
        self.previews.clear();
        is_open && std::mem::take(&mut self.count) > 0
    }

    /// Another tab or device of the visitor's has read up to this message, and `after` messages follow it. Returns
    /// whether the unread count changed.
    pub fn read_elsewhere(&mut self, id: MessageId, after: u32) -> bool {
        self.previews.retain(|other| *other > id);
        let is_changed = after < self.count;
        self.count = self.count.min(after);
        is_changed
    }

    /// Removes the previews; the count stays.
    pub fn dismiss_previews(&mut self) {
        self.previews.clear();
    }

    /// The messages shown as previews, oldest first.
    #[must_use]
    pub fn previews(&self) -> &[MessageId] {
        &self.previews
    }

    /// The newest row came into view.
    pub const fn reached_newest(&mut self) {
        self.below = 0;
    }

    /// The visitor sent a message, and so has read those before it.
    pub const fn visitor_wrote(&mut self) {
        self.below = 0;
        self.first = None;
    }

    /// How many messages arrived while the panel was closed.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many messages arrived below the visible part of the thread.
    #[must_use]
    pub const fn count_below(&self) -> u32 {
        self.below
    }

    /// The first unread message: the mark is shown before it.
    #[must_use]
    pub const fn first_unread(&self) -> Option<MessageId> {
        self.first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_mark_stays_until_the_visitor_writes_or_closes_the_panel() {
        let mut unread = Unread::default();
        assert!(
            unread.message_arrived(MessageId(5), Attention::PanelClosed)
                && unread.message_arrived(MessageId(6), Attention::PanelClosed)
        );
        assert!(unread.panel_toggled(true), "the badge goes");
        assert_eq!((unread.count(), unread.first_unread()), (0, Some(MessageId(5))), "the mark stays");
        assert!(
            !unread.message_arrived(MessageId(7), Attention::AtNewest)
                && !unread.message_arrived(MessageId(8), Attention::ScrolledUp)
        );
        assert_eq!((unread.count_below(), unread.first_unread()), (1, Some(MessageId(5))), "the first one counts");
        unread.reached_newest();
        assert_eq!((unread.count_below(), unread.first_unread()), (0, Some(MessageId(5))));
        unread.visitor_wrote();
        assert_eq!(unread, Unread::default());
        unread.message_arrived(MessageId(9), Attention::PageHidden);
        assert_eq!(unread.first_unread(), Some(MessageId(9)), "nobody was looking");
        assert!(!unread.panel_toggled(false), "nothing to tell");
        assert_eq!(unread, Unread::default());
    }

    #[test]
    fn unread_previews_are_the_newest_three_until_dismissed_or_opened() {
        let mut unread = Unread::default();
        for id in [4, 9, 7, 8] {
            unread.message_arrived(MessageId(id), Attention::PanelClosed);
        }
        assert_eq!(unread.previews(), [7, 8, 9].map(MessageId));
        unread.dismiss_previews();
        assert_eq!((unread.previews(), unread.count()), (&[][..], 4), "what was not read is still counted");
        unread.count_missed(&[MessageId(8), MessageId(9)], Attention::PanelClosed);
        assert_eq!(unread.previews(), [8, 9].map(MessageId));
        unread.panel_toggled(true);
        unread.message_arrived(MessageId(10), Attention::ScrolledUp);
        assert!(unread.previews().is_empty(), "the panel is open");
    }

    #[test]
    fn unread_count_falls_by_what_was_read_in_another_tab_or_device() {
        let mut unread = Unread::default();
        for id in 4..=6 {
            unread.message_arrived(MessageId(id), Attention::PanelClosed);
        }
        assert!(unread.read_elsewhere(MessageId(5), 1));
        assert_eq!((unread.count(), unread.previews()), (1, &[MessageId(6)][..]));
        assert!(!unread.read_elsewhere(MessageId(4), 2), "old news");
        assert!(unread.read_elsewhere(MessageId(6), 0));
        assert_eq!(unread.count(), 0);
    }
}
