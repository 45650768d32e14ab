//! How the rows of the thread are made from the timeline: grouping, the unread mark, quotes, and folded texts.

use std::mem::discriminant;
use std::ops::Range;
use std::sync::Arc;

use super::{Quoted, Row, RowContent, TextFold};
use crate::conversation::timeline::{DeliveryState, OutgoingMessage, RowKey, Timeline};
use crate::markdown::{self, Piece};
use crate::model::{Author, Message, MessageId};
use crate::unicode;
use crate::visitor::form_submissions::{FormSubmissions, SubmissionStatus};

/// How much of a quoted message is shown, in characters.
const QUOTED_CHARS_MAX: usize = 140;
/// Rows of one author within this many seconds form a group.
const GROUP_SECONDS: u64 = 300;

/// Which part of the thread is shown, and its marks.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ThreadScope {
    /// Whether the conversation is hidden from whoever uses the page now.
    pub is_hidden: bool,
    /// The indexes of the rows in the window.
    pub range: Range<usize>,
    /// A message that is shown wherever it is.
    pub held: Option<MessageId>,
    /// The first unread message.
    pub first_unread: Option<MessageId>,
    /// Up to when agents have read, in seconds since 1970.
    pub seen_at: u64,
}

/// The rows to show.
#[must_use]
pub fn build_rows(timeline: &Timeline, submissions: &FormSubmissions, scope: &ThreadScope) -> Vec<Row> {
    let Range { start, end } = scope.range;
    // The row before the window decides whether the first one in it starts a group.
    let first = start.saturating_sub(1);
    let stored = timeline
        .messages_from(first)
        .map(|row| (row.key, row.message.at, RowContent::Stored(Arc::clone(&row.message))));
    let outgoing = timeline.visible_outgoing().skip(first.saturating_sub(timeline.message_count()));
    let outgoing = outgoing.map(|message| (message.key, message.at.0 / 1_000, outgoing_content(message)));
    let all: Vec<_> = stored.chain(outgoing).take(end - first).collect();
    let is_same_group = |a: usize, b: usize| match (all.get(a), all.get(b)) {
        (Some((_, before, one)), Some((_, after, other))) => {
            has_same_author(one, other) && after.saturating_sub(*before) < GROUP_SECONDS
        }
        _ => false,
    };
    let is_seen = |(_, at, content): &(RowKey, u64, RowContent)| {
        *at <= scope.seen_at && matches!(content, RowContent::Stored(message) if message.author.is_visitor())
    };
    // Only the newest seen message has the mark, and it may lie below the window.
    let last_seen = all.iter().rposition(is_seen).filter(|_| end == timeline.len());
    let mut rows = Vec::new();
    for (index, (key, at, content)) in all.iter().enumerate().skip(start - first) {
        let before = index.checked_sub(1);
        rows.push(Row {
            previous_at: before.and_then(|before| all.get(before)).map(|(_, at, _)| *at),
            is_first_in_group: !before.is_some_and(|before| is_same_group(before, index)),
            is_last_in_group: !is_same_group(index, index + 1),
            is_last_seen: last_seen == Some(index),
            ..with_details(timeline, submissions, scope, Row::new(*key, content.clone(), *at))
        });
    }
    if let Some(held) = scope.held.and_then(|id| timeline.row(id)) {
        let index = timeline.count_up_to(held.id).saturating_sub(1);
        if !scope.range.contains(&index) {
            let row = Row::new(held.key, RowContent::Stored(Arc::clone(&held.message)), held.message.at);
            let at = if index < start { 0 } else { rows.len() };
            rows.insert(at, with_details(timeline, submissions, scope, row));
        }
    }
    rows
}

/// Adds to a row what does not depend on its neighbours.
fn with_details(timeline: &Timeline, submissions: &FormSubmissions, scope: &ThreadScope, mut row: Row) -> Row {
    row.fold = text_fold(timeline, row.key, row.content.text());
    if let RowContent::Stored(message) = &row.content {
        row.is_first_unread = scope.first_unread == Some(message.id);
        if !message.attachments.is_empty() {
            row.files = timeline.row(message.id).map_or_else(Vec::new, |row| row.files.clone());
        }
        row.quoted = message.reply_to.and_then(|id| quote(timeline, id));
        (row.answers, row.submission) = match submissions.status_of(message.id) {
            Some((answers, status)) => (answers.to_vec(), status),
            None => (message.answers.clone(), SubmissionStatus::Accepted),
        };
    }
    row
}

fn text_fold(timeline: &Timeline, key: RowKey, text: &str) -> TextFold {
    match is_long(text) {
        false => TextFold::Short,
        true if timeline.is_unfolded(key) => TextFold::Unfolded,
        true => TextFold::Folded,
    }
}

/// A text with more characters or lines than this is long.
const SHORT_CHARS_MAX: usize = 1_200;
const SHORT_LINES_MAX: usize = 24;
/// How much of a long text is shown: enough less that unfolding is worthwhile.
const BEGINNING_CHARS: usize = 900;
const BEGINNING_LINES: usize = 18;

/// Whether a text is folded unless the visitor unfolds it. The cost does not depend on the text's length.
#[must_use]
pub fn is_long(text: &str) -> bool {
    let text = text.trim_end();
    text.chars().nth(SHORT_CHARS_MAX).is_some() || text.matches('\n').nth(SHORT_LINES_MAX - 1).is_some()
}

/// What is shown of a long text that is folded.
#[must_use]
pub fn beginning_of(text: &str) -> Vec<Piece> {
    markdown::beginning(text, BEGINNING_CHARS, BEGINNING_LINES)
}

fn quote(timeline: &Timeline, id: MessageId) -> Option<Quoted> {
    let message = &timeline.row(id)?.message;
    Some(Quoted { author: message.author.clone(), text: excerpt(message, QUOTED_CHARS_MAX) })
}

/// The beginning of a message's text, in at most this many characters, without Markdown's signs.
#[must_use]
pub fn excerpt(message: &Message, chars: usize) -> String {
    // The signs take space, so some times as many characters are read.
    let text = markdown::plain_text(unicode::beginning(&message.text, 4 * chars));
    unicode::beginning(&text, chars).to_owned()
}

fn outgoing_content(message: &OutgoingMessage) -> RowContent {
    let failure = match &message.state {
        DeliveryState::Failed(failure) => Some(failure.clone()),
        DeliveryState::StoringFiles
        | DeliveryState::Queued
        | DeliveryState::Sending { .. }
        | DeliveryState::Unconfirmed { .. }
        | DeliveryState::StoredElsewhere { .. } => None,
    };
    RowContent::Outgoing {
        text: Arc::clone(&message.text),
        failure,
        files: message.files.clone(),
        progress: message.progress,
        is_unconfirmed: message.is_unconfirmed,
    }
}

fn has_same_author(one: &RowContent, other: &RowContent) -> bool {
    fn author(content: &RowContent) -> &Author {
        match content {
            RowContent::Stored(message) => &message.author,
            RowContent::Outgoing { .. } => &Author::Visitor,
        }
    }
    match (author(one), author(other)) {
        (Author::Agent(one), Author::Agent(other)) | (Author::Bot(one), Author::Bot(other)) => {
            (one.id, &one.name) == (other.id, &other.name)
        }
        (one, other) => discriminant(one) == discriminant(other),
    }
}
