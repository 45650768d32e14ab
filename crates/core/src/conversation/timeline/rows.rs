//! Messages in the order of their ids, any number of them: found by id or by place without walking them all.

use std::iter::from_fn;
use std::sync::Arc;

use super::{OutgoingMessage, RowKey};
use crate::model::{EchoId, Message, MessageId, OutgoingFile};

/// A message and its painted row.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// The row's key, the same from unsent to echoed.
    pub key: RowKey,
    /// The message's id. Here too: rows are searched by it, and a look at each message would cost a trip through memory.
    pub id: MessageId,
    /// What the server last said of it.
    pub message: Arc<Message>,
    /// How it relates to what we sent.
    pub claim: Claim,
    /// The files it was sent with, where it was sent from this page.
    pub files: Vec<OutgoingFile>,
}

/// How a message relates to what we sent.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Claim {
    /// Not known to be ours; nobody has asked for it.
    None,
    /// Taken for ours because it looks like it, until the answer or an echo says so.
    Guess(EchoId),
    /// Ours: the server said so.
    Ours(EchoId),
    /// Carries an echo_id that is none of ours, as far as we know: another tab may yet tell us of that send.
    Foreign(EchoId),
}

impl TimelineRow {
    /// A message in a row of this name.
    #[must_use]
    pub fn new(key: RowKey, message: Message, claim: Claim) -> Self {
        Self { key, id: message.id, message: Arc::new(message), claim, files: Vec::new() }
    }

    /// The message of this send.
    #[must_use]
    pub fn of(send: &OutgoingMessage, message: Message, claim: Claim) -> Self {
        Self { files: send.files.clone(), ..Self::new(send.key, message, claim) }
    }
}

/// Rows in chunks, so that a message in the middle moves few others.
#[derive(Debug, Default)]
pub struct Rows {
    chunks: Vec<Vec<TimelineRow>>,
    len: usize,
}

/// Chunks are halved past this: 10,000 messages are then about a hundred chunks.
const CHUNK_MAX: usize = 256;

impl Rows {
    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The row of this message.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&TimelineRow> {
        let (chunk, place) = self.find(id)?;
        self.chunks.get(chunk)?.get(place.ok()?)
    }

    /// The row of this message, to change.
    pub fn get_mut(&mut self, id: MessageId) -> Option<&mut TimelineRow> {
        let (chunk, place) = self.find(id)?;
        self.chunks.get_mut(chunk)?.get_mut(place.ok()?)
    }

    /// Puts a row in its place; a row of the same id is replaced.
    pub fn insert(&mut self, row: TimelineRow) {
        let Some((chunk, place)) = self.find(row.id) else {
            self.chunks.push(vec![row]);
            self.len = 1;
            return;
        };
        let Some(rows) = self.chunks.get_mut(chunk) else {
            return;
        };
        match place {
            Ok(place) => {
                if let Some(old) = rows.get_mut(place) {
                    *old = row;
                }
            }
            Err(place) => {
                rows.insert(place, row);
                self.len += 1;
                if rows.len() > CHUNK_MAX {
                    let rest = rows.split_off(CHUNK_MAX / 2);
                    self.chunks.insert(chunk + 1, rest);
                }
            }
        }
    }

    /// Removes what lies before a message.
    pub fn drop_before(&mut self, id: MessageId) {
        let Some((chunk, place)) = self.find(id) else {
            return;
        };
        let (Ok(place) | Err(place)) = place;
        self.chunks.drain(..chunk);
        if let Some(rows) = self.chunks.first_mut() {
            rows.drain(..place);
        }
        self.chunks.retain(|rows| !rows.is_empty());
        self.len = self.chunks.iter().map(Vec::len).sum();
    }

    /// How many rows there are up to and with this message, or where it would be.
    #[must_use]
    pub fn count_up_to(&self, id: MessageId) -> usize {
        let Some((chunk, place)) = self.find(id) else { return 0 };
        let before: usize = self.chunks.iter().take(chunk).map(Vec::len).sum();
        before + place.map_or_else(|place| place, |place| place + 1)
    }

    /// The rows from the `first`th on, oldest first.
    pub fn from(&self, first: usize) -> impl Iterator<Item = &TimelineRow> {
        let mut skip = first;
        let mut start = 0;
        for chunk in &self.chunks {
            if skip < chunk.len() {
                break;
            }
            skip -= chunk.len();
            start += 1;
        }
        let mut chunks = self.chunks.iter().skip(start);
        let mut rows = chunks.next().and_then(|chunk| chunk.get(skip..)).unwrap_or_default().iter();
        from_fn(move || {
            loop {
                match rows.next() {
                    None => rows = chunks.next()?.iter(),
                    row => return row,
                }
            }
        })
    }

    /// The rows newest first.
    pub fn newest_first(&self) -> impl Iterator<Item = &TimelineRow> {
        let mut chunks = self.chunks.iter();
        let mut rows = [].iter();
        from_fn(move || {
            loop {
                match rows.next_back() {
                    None => rows = chunks.next_back()?.iter(),
                    row => return row,
                }
            }
        })
    }

    /// The first row's id.
    #[must_use]
    pub fn oldest(&self) -> Option<MessageId> {
        Some(self.chunks.first()?.first()?.id)
    }

    /// The last row's id.
    #[must_use]
    pub fn newest(&self) -> Option<MessageId> {
        Some(self.chunks.last()?.last()?.id)
    }

    /// Which chunk the id belongs to, and where in it; `None` while there is no chunk.
    fn find(&self, id: MessageId) -> Option<(usize, Result<usize, usize>)> {
        let after = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|row| row.id <= id));
        let chunk = after.saturating_sub(1);
        let rows = self.chunks.get(chunk)?;
        Some((chunk, rows.binary_search_by_key(&id, |row| row.id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Author;
    use crate::rng::Rng;

    fn row(id: u64) -> TimelineRow {
        let message = Message::plain(MessageId(id), Author::Visitor, "", 0);
        TimelineRow::new(RowKey(id), message, Claim::None)
    }

    #[test]
    fn any_order_in_is_the_same_order_out() {
        let mut chance = Rng::new([9, 9, 9, 9]);
        let mut rows = Rows::default();
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..5_000 {
            let id = chance.below(4_000) + 1;
            ids.insert(id);
            rows.insert(row(id));
        }
        let ids: Vec<u64> = ids.into_iter().collect();
        assert_eq!(rows.len(), ids.len());
        assert_eq!(rows.from(0).map(|row| row.id.0).collect::<Vec<_>>(), ids);
        assert_eq!(
            rows.newest_first().map(|row| row.id.0).collect::<Vec<_>>(),
            ids.iter().rev().copied().collect::<Vec<_>>()
        );
        for first in [0, 1, 127, 128, 129, 1_500, ids.len() - 1, ids.len()] {
            assert_eq!(rows.from(first).next().map(|row| row.id.0), ids.get(first).copied());
        }
        for id in 0..4_010 {
            assert_eq!(rows.count_up_to(MessageId(id)), ids.iter().filter(|other| **other <= id).count(), "{id}");
        }
        assert_eq!(
            (rows.oldest().map(|id| id.0), rows.newest().map(|id| id.0)),
            (ids.first().copied(), ids.last().copied())
        );
        assert!(rows.get(MessageId(5_000)).is_none() && rows.get(MessageId(ids[700])).is_some());
    }
}
