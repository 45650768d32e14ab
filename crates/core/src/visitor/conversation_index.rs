//! The conversation index: two custom attributes of a proven contact that list its conversations.
//!
//! Another device of the same person finds the conversations there, where the server gives no list. An entry is
//! `inbox_id:id`, because a contact may belong to several inboxes; earlier versions wrote ids alone. The second
//! attribute maps inbox identifiers to inbox ids: nothing else on the server shows a visitor the id, and a list of
//! conversations contains those of every inbox.

use crate::model::ConversationId;

/// The attribute that lists the contact's conversations.
pub const CONVERSATIONS_ATTRIBUTE: &str = "natter_conversations";
/// The attribute that maps inbox identifiers to inbox ids.
pub const INBOXES_ATTRIBUTE: &str = "natter_inboxes";
/// How many of the newest conversations are listed.
const INDEXED_MAX: usize = 50;
/// The most inboxes listed: more than one person writes to.
const INBOXES_MAX: usize = 20;

/// Both attributes.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ConversationIndex {
    /// The conversations, each with its inbox if that is known.
    conversations: Vec<(Option<u64>, ConversationId)>,
    inboxes: Vec<(String, u64)>,
}

impl ConversationIndex {
    /// Parses both attributes; an invalid entry is left out.
    #[must_use]
    pub fn parse(conversations: &str, inboxes: &str) -> Self {
        let entry = |entry: &str| match entry.split_once(':') {
            Some((inbox, id)) => Some((Some(inbox.parse().ok()?), ConversationId(id.parse().ok()?))),
            None => Some((None, ConversationId(entry.parse().ok()?))),
        };
        let inbox = |entry: &str| {
            let (identifier, inbox_id) = entry.rsplit_once(':')?;
            Some((identifier.to_owned(), inbox_id.parse().ok()?))
        };
        Self {
            conversations: conversations.split(' ').filter_map(entry).collect(),
            inboxes: inboxes.split(' ').filter_map(inbox).collect(),
        }
    }

    /// The attributes' names and values.
    #[must_use]
    pub fn attributes(&self) -> Vec<(&'static str, String)> {
        let entry = |(inbox, id): &(Option<u64>, ConversationId)| {
            inbox.map_or_else(|| id.0.to_string(), |inbox| format!("{inbox}:{}", id.0))
        };
        let all: Vec<String> = self.conversations.iter().map(entry).collect();
        let inboxes: Vec<String> =
            self.inboxes.iter().map(|(identifier, inbox_id)| format!("{identifier}:{inbox_id}")).collect();
        let mut attributes = vec![(CONVERSATIONS_ATTRIBUTE, all.join(" "))];
        if !inboxes.is_empty() {
            attributes.push((INBOXES_ATTRIBUTE, inboxes.join(" ")));
        }
        attributes
    }

    /// The id of the inbox with this identifier. If no inbox is listed, that of the conversations, if all that name an
    /// inbox name the same.
    #[must_use]
    pub fn inbox(&self, identifier: &str) -> Option<u64> {
        if !self.inboxes.is_empty() {
            return self.inboxes.iter().find(|(other, _)| other == identifier).map(|(_, inbox_id)| *inbox_id);
        }
        let mut all = self.conversations.iter().filter_map(|(inbox, _)| *inbox);
        let first = all.next()?;
        all.all(|other| other == first).then_some(first)
    }

    /// The conversations that may belong to this inbox: all that don't name another.
    pub fn possible_for(&self, inbox: Option<u64>) -> impl Iterator<Item = ConversationId> {
        let is_possible = move |named: Option<u64>| named.is_none() || (named == inbox && inbox.is_some());
        self.conversations.iter().filter(move |(named, _)| is_possible(*named)).map(|(_, id)| *id)
    }

    /// The conversations that name this inbox.
    pub fn certain_for(&self, inbox: Option<u64>) -> impl Iterator<Item = ConversationId> {
        self.conversations.iter().filter(move |(named, _)| named.is_some() && *named == inbox).map(|(_, id)| *id)
    }

    /// The conversations that name no inbox, as earlier versions wrote them.
    pub fn without_inbox(&self) -> impl Iterator<Item = ConversationId> {
        self.conversations.iter().filter(|(named, _)| named.is_none()).map(|(_, id)| *id)
    }

    /// Whether it lists the newest of these, as many as it can hold.
    #[must_use]
    pub fn contains_all(&self, ids: &[ConversationId]) -> bool {
        let newest = ids.get(ids.len().saturating_sub(INDEXED_MAX)..).unwrap_or_default();
        newest.iter().all(|id| self.conversations.iter().any(|(_, other)| other == id))
    }

    /// This index with these conversations, which belong to the inbox with this id and identifier.
    #[must_use]
    pub fn with_conversations(mut self, ids: &[ConversationId], inbox: Option<u64>, identifier: &str) -> Self {
        for id in ids {
            if self.conversations.iter().all(|(_, other)| other != id) {
                self.conversations.push((inbox, *id));
            }
        }
        self.conversations.drain(..self.conversations.len().saturating_sub(INDEXED_MAX));
        let is_plain = !identifier.is_empty() && identifier.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if let Some(inbox_id) = inbox.filter(|_| is_plain) {
            self.inboxes.retain(|(other, _)| other != identifier);
            self.inboxes.push((identifier.to_owned(), inbox_id));
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
    fn conversation_index_parses_entries_with_and_without_inbox() {
        let index = ConversationIndex::parse("4 1:6 x -1 3:7 : 1: :8", "inboxMain:1 inboxCsat:3 odd :");
        assert_eq!(
            (index.inbox("inboxMain"), index.inbox("inboxCsat"), index.inbox("other")),
            (Some(1), Some(3), None)
        );
        assert_eq!(index.possible_for(Some(1)).collect::<Vec<_>>(), ids(&[4, 6]));
        assert_eq!(index.possible_for(None).collect::<Vec<_>>(), ids(&[4]));
        assert_eq!(index.certain_for(Some(1)).collect::<Vec<_>>(), ids(&[6]));
        assert_eq!(index.certain_for(None).count(), 0);
        assert_eq!(index.without_inbox().collect::<Vec<_>>(), ids(&[4]));
    }

    #[test]
    fn conversation_index_keeps_the_entries_of_others() {
        let index =
            ConversationIndex::parse("4 3:7", "inboxCsat:3").with_conversations(&ids(&[4, 9]), Some(1), "inboxMain");
        let expected = [
            (CONVERSATIONS_ATTRIBUTE, "4 3:7 1:9".to_owned()),
            (INBOXES_ATTRIBUTE, "inboxCsat:3 inboxMain:1".to_owned()),
        ];
        assert_eq!(index.attributes(), expected);
        assert!(index.contains_all(&ids(&[4, 9])) && !index.contains_all(&ids(&[5])));
        assert_eq!(index.clone().with_conversations(&ids(&[9]), Some(1), "inboxMain"), index, "once");
    }

    #[test]
    fn conversation_index_takes_the_inbox_from_conversations_that_agree() {
        assert_eq!(ConversationIndex::parse("1:6 1:7", "").inbox("inboxMain"), Some(1));
        assert_eq!(ConversationIndex::parse("1:6 3:7", "").inbox("inboxMain"), None);
        assert_eq!(ConversationIndex::parse("6", "").inbox("inboxMain"), None);
    }

    #[test]
    fn conversation_index_lists_only_the_newest() {
        let many: Vec<ConversationId> = (1..=200).map(ConversationId).collect();
        let index = ConversationIndex::default().with_conversations(&many, Some(1), "inboxMain");
        assert_eq!(index.possible_for(Some(1)).count(), INDEXED_MAX);
        assert!(index.contains_all(&many), "those that fell off are no reason to write again");
    }
}
