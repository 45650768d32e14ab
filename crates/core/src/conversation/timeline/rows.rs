//! The rows of the messages that the server has, in the order of their ids: found by id or by index without visiting
//! all of them, however many they are.

use std::iter::from_fn;
use std::sync::Arc;

use super::{OutgoingMessage, RowKey};
use crate::model::{EchoId, Message, MessageId, OutgoingFile};

/// A message and the row that shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// The row's key: the same before and after the server stored the message.
    pub key: RowKey,
    /// The message's id, repeated here because rows are searched by it: reading it in each message would cost a cache
    /// miss.
    pub id: MessageId,
    /// The message as the server last reported it.
    pub message: Arc<Message>,
    /// Which outgoing message it is, as far as is known.
    pub echo_match: EchoMatch,
    /// The files it was sent with, if this page sent it.
    pub files: Vec<OutgoingFile>,
}

/// Which outgoing message a message from the server is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EchoMatch {
    /// No outgoing message is known to be this one.
    None,
    /// Assumed to be this outgoing message, because it looks the same; the response or a frame decides.
    Assumed(EchoId),
    /// This outgoing message: the server confirmed it.
    Own(EchoId),
    /// Carries an echo_id that is not known here: another tab may still report that message.
    Foreign(EchoId),
}

impl TimelineRow {
    /// The row of a message, with this key.
    #[must_use]
    pub fn new(key: RowKey, message: Message, echo_match: EchoMatch) -> Self {
        Self { key, id: message.id, message: Arc::new(message), echo_match, files: Vec::new() }
    }

    /// The row of an outgoing message that the server has stored.
    #[must_use]
    pub fn from_outgoing(outgoing: &OutgoingMessage, message: Message, echo_match: EchoMatch) -> Self {
        Self { files: outgoing.files.clone(), ..Self::new(outgoing.key, message, echo_match) }
    }
}

/// Rows in chunks, so that an insertion in the middle moves few others.
#[derive(Debug, Default)]
pub struct Rows {
    chunks: Vec<Vec<TimelineRow>>,
    len: usize,
}

/// The most rows in a chunk before it is split: 10,000 messages are about a hundred chunks.
const CHUNK_MAX: usize = 256;

impl Rows {
    /// The number of rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// The row of this message.
    #[must_use]
    pub fn get(&self, id: MessageId) -> Option<&TimelineRow> {
        let (chunk, index) = self.find(id)?;
        self.chunks.get(chunk)?.get(index.ok()?)
    }

    /// The row of this message, mutable.
    pub fn get_mut(&mut self, id: MessageId) -> Option<&mut TimelineRow> {
        let (chunk, index) = self.find(id)?;
        self.chunks.get_mut(chunk)?.get_mut(index.ok()?)
    }

    /// Inserts a row; a row of the same id is replaced.
    pub fn insert(&mut self, row: TimelineRow) {
        let Some((chunk, index)) = self.find(row.id) else {
            self.chunks.push(vec![row]);
            self.len = 1;
            return;
        };
        let Some(rows) = self.chunks.get_mut(chunk) else {
            return;
        };
        match index {
            Ok(index) => {
                if let Some(old) = rows.get_mut(index) {
                    *old = row;
                }
            }
            Err(index) => {
                rows.insert(index, row);
                self.len += 1;
                if rows.len() > CHUNK_MAX {
                    let rest = rows.split_off(CHUNK_MAX / 2);
                    self.chunks.insert(chunk + 1, rest);
                }
            }
        }
    }

    /// Removes the rows before this message.
    pub fn drop_before(&mut self, id: MessageId) {
        let Some((chunk, index)) = self.find(id) else {
            return;
        };
        let (Ok(index) | Err(index)) = index;
        self.chunks.drain(..chunk);
        if let Some(rows) = self.chunks.first_mut() {
            rows.drain(..index);
        }
        self.chunks.retain(|rows| !rows.is_empty());
        self.len = self.chunks.iter().map(Vec::len).sum();
    }

    /// The number of rows up to and including this message, or before the position where it would be.
    #[must_use]
    pub fn count_up_to(&self, id: MessageId) -> usize {
        let Some((chunk, index)) = self.find(id) else { return 0 };
        let before: usize = self.chunks.iter().take(chunk).map(Vec::len).sum();
        before + index.map_or_else(|index| index, |index| index + 1)
    }

    /// The rows from this index on, oldest first.
    pub fn starting_at(&self, first: usize) -> impl Iterator<Item = &TimelineRow> {
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
        TimelineRow::new(RowKey(id), message, EchoMatch::None)
    }

    #[test]
    fn timeline_rows_keep_the_order_of_ids_whatever_the_order_of_insertion() {
        let mut rng = Rng::new([9, 9, 9, 9]);
        let mut rows = Rows::default();
        let mut ids = std::collections::BTreeSet::new();
        for _ in 0..5_000 {
            let id = rng.below(4_000) + 1;
            ids.insert(id);
            rows.insert(row(id));
        }
        let ids: Vec<u64> = ids.into_iter().collect();
        assert_eq!(rows.len(), ids.len());
        assert_eq!(rows.starting_at(0).map(|row| row.id.0).collect::<Vec<_>>(), ids);
        assert_eq!(
            rows.newest_first().map(|row| row.id.0).collect::<Vec<_>>(),
            ids.iter().rev().copied().collect::<Vec<_>>()
        );
        for first in [0, 1, 127, 128, 129, 1_500, ids.len() - 1, ids.len()] {
            assert_eq!(rows.starting_at(first).next().map(|row| row.id.0), ids.get(first).copied());
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
