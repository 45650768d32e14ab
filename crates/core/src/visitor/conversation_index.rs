//! What a proven contact's attributes say of its conversations.
//!
//! Another device of the same person finds them there, where the server gives no list. An entry is `inbox_id:id`, since
//! a contact may be that of several inboxes; earlier versions wrote bare ids. A second attribute says which number the
//! inbox has that the site knows by its identifier: nothing else on the server tells a visitor, and a list of
//! conversations holds those of every inbox.

use crate::digits::digits;
use crate::model::ConversationId;

/// The attribute that holds the ids of the contact's conversations.
pub const CONVERSATIONS: &str = "natter_conversations";
/// The attribute that holds the inboxes' numbers by their identifiers.
pub const INBOXES: &str = "natter_inboxes";
/// So many of the newest conversations other devices are told of.
const LISTED_MAX: usize = 50;
/// More inboxes than one person writes to.
const INBOXES_MAX: usize = 20;

/// Both attributes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConversationIndex {
    /// The conversations, each with its inbox where that is said.
    conversations: Vec<(Option<u64>, ConversationId)>,
    inboxes: Vec<(String, u64)>,
}

impl ConversationIndex {
    /// Reads them; what is no entry counts for nothing.
    #[must_use]
    pub fn read(conversations: &str, inboxes: &str) -> Self {
        let entry = |entry: &str| match entry.split_once(':') {
            Some((inbox, id)) => Some((Some(inbox.parse().ok()?), ConversationId(id.parse().ok()?))),
            None => Some((None, ConversationId(entry.parse().ok()?))),
        };
        let inbox = |entry: &str| {
            let (identifier, number) = entry.rsplit_once(':')?;
            Some((identifier.to_owned(), number.parse().ok()?))
        };
        Self {
            conversations: conversations.split(' ').filter_map(entry).collect(),
            inboxes: inboxes.split(' ').filter_map(inbox).collect(),
        }
    }

    /// The attributes' names and values.
    #[must_use]
    pub fn written(&self) -> Vec<(&'static str, String)> {
        let of = |(inbox, id): &(Option<u64>, ConversationId)| {
            let inbox = inbox.map(|inbox| [&*digits(inbox), ":"].concat()).unwrap_or_default();
            [inbox, digits(id.0)].concat()
        };
        let all: Vec<String> = self.conversations.iter().map(of).collect();
        let inboxes: Vec<String> =
            self.inboxes.iter().map(|(identifier, number)| [identifier, ":", &*digits(*number)].concat()).collect();
        let mut written = vec![(CONVERSATIONS, all.join(" "))];
        if !inboxes.is_empty() {
            written.push((INBOXES, inboxes.join(" ")));
        }
        written
    }

    /// The number of the inbox that the site knows by this identifier. Where none was written down, that of the
    /// conversations, if all that name an inbox name the same.
    #[must_use]
    pub fn inbox(&self, identifier: &str) -> Option<u64> {
        if !self.inboxes.is_empty() {
            return self.inboxes.iter().find(|(other, _)| other == identifier).map(|(_, number)| *number);
        }
        let mut all = self.conversations.iter().filter_map(|(inbox, _)| *inbox);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// Those that may be of this inbox: all that don't name another.
    pub fn of(&self, inbox: Option<u64>) -> impl Iterator<Item = ConversationId> {
        let is_of = move |named: Option<u64>| named.is_none() || (named == inbox && inbox.is_some());
        self.conversations.iter().filter(move |(named, _)| is_of(*named)).map(|(_, id)| *id)
    }

    /// Those that are said to be of this inbox.
    pub fn certain_for(&self, inbox: Option<u64>) -> impl Iterator<Item = ConversationId> {
        self.conversations.iter().filter(move |(named, _)| named.is_some() && *named == inbox).map(|(_, id)| *id)
    }

    /// Those that earlier versions wrote down.
    pub fn bare(&self) -> impl Iterator<Item = ConversationId> {
        self.conversations.iter().filter(|(named, _)| named.is_none()).map(|(_, id)| *id)
    }

    /// Whether it holds all of these.
    #[must_use]
    pub fn contains_all(&self, ids: &[ConversationId]) -> bool {
        let newest = ids.get(ids.len().saturating_sub(LISTED_MAX)..).unwrap_or_default();
        newest.iter().all(|id| self.conversations.iter().any(|(_, other)| other == id))
    }

    /// This and these, which are of the inbox with that number and identifier.
    #[must_use]
    pub fn with(mut self, ids: &[ConversationId], inbox: Option<u64>, identifier: &str) -> Self {
        for id in ids {
            if self.conversations.iter().all(|(_, other)| other != id) {
                self.conversations.push((inbox, *id));
            }
        }
        self.conversations.drain(..self.conversations.len().saturating_sub(LISTED_MAX));
        let is_plain = !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let Some(number) = inbox.filter(|_| is_plain) {
            self.inboxes.retain(|(other, _)| other != identifier);
            self.inboxes.push((identifier.to_owned(), number));
            self.inboxes.drain(..self.inboxes.len().saturating_sub(INBOXES_MAX));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(of: &[u64]) -> Vec<ConversationId> {
        of.iter().copied().map(ConversationId).collect()
    }

    #[test]
    fn entries_name_their_inbox_and_bare_ids_are_still_read() {
        let listed = ConversationIndex::read("4 1:6 x -1 3:7 : 1: :8", "inboxMain:1 inboxCsat:3 odd :");
        assert_eq!(
            (listed.inbox("inboxMain"), listed.inbox("inboxCsat"), listed.inbox("other")),
            (Some(1), Some(3), None)
        );
        assert_eq!(listed.of(Some(1)).collect::<Vec<_>>(), ids(&[4, 6]));
        assert_eq!(listed.of(None).collect::<Vec<_>>(), ids(&[4]));
        assert_eq!(listed.certain_for(Some(1)).collect::<Vec<_>>(), ids(&[6]));
        assert_eq!(listed.certain_for(None).count(), 0);
        assert_eq!(listed.bare().collect::<Vec<_>>(), ids(&[4]));
    }

    #[test]
    fn what_is_added_leaves_what_is_there() {
        let listed = ConversationIndex::read("4 3:7", "inboxCsat:3").with(&ids(&[4, 9]), Some(1), "inboxMain");
        let expected = [(CONVERSATIONS, "4 3:7 1:9".to_owned()), (INBOXES, "inboxCsat:3 inboxMain:1".to_owned())];
        assert_eq!(listed.written(), expected);
        assert!(listed.contains_all(&ids(&[4, 9])) && !listed.contains_all(&ids(&[5])));
        assert_eq!(listed.clone().with(&ids(&[9]), Some(1), "inboxMain"), listed, "once");
    }

    #[test]
    fn without_the_inboxes_numbers_conversations_that_agree_tell_it() {
        assert_eq!(ConversationIndex::read("1:6 1:7", "").inbox("inboxMain"), Some(1));
        assert_eq!(ConversationIndex::read("1:6 3:7", "").inbox("inboxMain"), None);
        assert_eq!(ConversationIndex::read("6", "").inbox("inboxMain"), None);
    }

    #[test]
    fn only_the_newest_are_written_down() {
        let many: Vec<ConversationId> = (1..=200).map(ConversationId).collect();
        let listed = ConversationIndex::default().with(&many, Some(1), "inboxMain");
        assert_eq!(listed.of(Some(1)).count(), LISTED_MAX);
        assert!(listed.contains_all(&many), "those that fell off are no reason to write again");
    }
}
