//! How the components of a row find it in the view.

use crate::chat::{Item, Snapshot};
use natter_core::view::{Row, Thread};

/// A row with its index, by its key.
pub fn row_of(snapshot: &Snapshot, item: Item) -> Option<(usize, &Row)> {
    snapshot.view.thread.rows.iter().enumerate().find(|(_, row)| row.key.0 == item.key)
}

/// Whether a row satisfies a comparison of how it was with how it is now. A row that is being removed does.
pub fn rows_match(before: &Snapshot, now: &Snapshot, item: Item, is_same: fn(&Row, &Row) -> bool) -> bool {
    match (row_of(before, item), row_of(now, item)) {
        (Some((_, before)), Some((_, now))) => is_same(before, now),
        _ => true,
    }
}

/// A row's position among all rows, and their number if it is known, where the page does not have all of them.
pub fn position(snapshot: &Snapshot, item: Item) -> Option<(usize, Option<usize>)> {
    let Thread { skipped, newer, has_earlier, rows, .. } = &snapshot.view.thread;
    if !has_earlier && skipped + newer == 0 {
        return None;
    }
    let count = (!has_earlier).then_some(skipped + rows.len() + newer);
    row_of(snapshot, item).map(|(index, _)| (skipped + index + 1, count))
}
