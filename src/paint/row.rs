//! One message, sent or not.

use super::asked::asked;
use super::face::face;
use super::files::{files, uploading};
use super::icon::button;
use super::markdown::{fold, formatted, shown};
use super::wish::Wish;
use super::{Act, Element, Place, Words, el};
use crate::i18n::TextKey;
use natter_core::content::MessageKind;
use natter_core::conversation::timeline::Failure;
use natter_core::view::{Row, RowContent};

/// A row; of a list that is not all there, it says its place.
pub fn row(words: &Words, row: &Row, place: Option<Place>) -> Element {
    let is_new_day = row.previous_at.is_none_or(|before| words.formatter.day(before) != words.formatter.day(row.at));
    let alive = row.content.message().filter(|message| !message.is_deleted);
    el("li", &classes(row, is_new_day))
        .keyed(row.key.0)
        .placed(place)
        .maybe(is_new_day.then(|| line("day", &words.day(row.at))))
        .maybe(row.is_first_unread.then(|| line("unread", &words.say(&TextKey::Unread))))
        .maybe(name(words, row))
        .maybe(bubble(words, row))
        .maybe(on_its_way(words, row))
        .maybe(alive.and_then(|message| files(words, message.id, &message.attachments, &row.files)))
        .maybe(alive.and_then(|message| asked(words, row, message)))
        .maybe(failed(words, row))
        .maybe(meta(words, row))
}

/// What it says, under what it answers; a survey says what it asks over what it is answered with.
fn bubble(words: &Words, row: &Row) -> Option<Element> {
    let text = || shown(row.content.text(), row.fold);
    let blocks = match row.content.message() {
        Some(message) if matches!(message.kind, MessageKind::Rating(_)) => return None,
        Some(message) if message.is_deleted => vec![line("text", &words.say(&TextKey::Deleted))],
        Some(_) | None => formatted(words, &text()),
    };
    let quote = row.quoted.as_ref().map(|quoted| {
        // Its direction is that of what was said: a name has its own, and does not count.
        let said = el("p", "").saying(&quoted.text);
        let who = line("name", &words.author(&quoted.author));
        el("blockquote", "quoted").in_own_direction().and(who).and(said)
    });
    let is_empty = blocks.is_empty() && quote.is_none();
    let bubble = || blocks.into_iter().fold(el("div", "bubble").maybe(quote), Element::and);
    (!is_empty).then(|| bubble().maybe(fold(words, row.key, row.fold)))
}

fn on_its_way(words: &Words, row: &Row) -> Option<Element> {
    let RowContent::Outgoing { files, failure, progress, .. } = &row.content else { return None };
    uploading(words, row.key, files, *progress, failure.is_some())
}

/// A line whose direction is its text's own.
fn line(class: &str, text: &str) -> Element {
    el("p", class).in_own_direction().saying(text)
}

/// What is wrong, and what one can do.
fn failed(words: &Words, row: &Row) -> Option<Element> {
    let RowContent::Outgoing { failure, is_unconfirmed, .. } = &row.content else { return None };
    let choice = |sentence, event| button("link").on("click", Act::Tell(event)).told(words, &sentence);
    let Some(failure) = failure else {
        // No alert: it is said aloud (`header`), and a while later it may be settled.
        let why = el("span", "").told(words, &TextKey::NotConfirmed);
        let again = choice(TextKey::SendAgain, Wish::Retried(row.key));
        return is_unconfirmed.then(|| el("p", "failed unsure").and(why).and(el("span", "ways").and(again)));
    };
    let why = words.say(&match failure {
        Failure::Rejected(None) => TextKey::NotSent,
        Failure::Rejected(Some(words)) => TextKey::NotSentBecause(words.clone()),
        Failure::Unconfirmed => TextKey::MaybeSent,
        Failure::FilesMissing => TextKey::FilesGone,
        Failure::ConversationEnded => TextKey::NotSentInTime,
    });
    let again = (*failure != Failure::ConversationEnded).then(|| choice(TextKey::TryAgain, Wish::Retried(row.key)));
    let ways = el("span", "ways").maybe(again).and(choice(TextKey::TakeBack, Wish::Discarded(row.key)));
    Some(el("p", "failed").with("role", "alert").and(el("span", "").saying(&why)).and(ways))
}

fn classes(row: &Row, is_new_day: bool) -> String {
    let (is_own, is_unsent, is_deleted) = match &row.content {
        RowContent::Stored(message) => (message.author.is_visitor(), false, message.is_deleted),
        RowContent::Outgoing { failure, .. } => (true, failure.is_none(), false),
    };
    let mut classes = "row".to_owned();
    for (is_so, class) in [
        (is_own, " own"),
        (row.is_first_in_group || is_new_day, " opens"),
        (row.is_last_in_group, " closes"),
        (is_unsent, " unsent"),
        (is_deleted, " deleted"),
    ] {
        if is_so {
            classes.push_str(class);
        }
    }
    classes
}

/// Whose group begins: their face, and what they are called.
fn name(words: &Words, row: &Row) -> Option<Element> {
    let author = &row.content.message().filter(|_| row.is_first_in_group)?.author;
    if author.is_visitor() {
        return None;
    }
    let called = words.author(author);
    let name = el("p", "name").maybe(author.person().map(|person| face(person, &called)));
    Some(name.and(el("span", "").in_own_direction().saying(&called)))
}

/// The time under a group's last row, for machines and for people; or that it is on its way.
fn meta(words: &Words, row: &Row) -> Option<Element> {
    let is_told = matches!(
        row.content,
        RowContent::Outgoing { failure: Some(_), .. } | RowContent::Outgoing { is_unconfirmed: true, .. }
    );
    if is_told || !row.is_last_in_group {
        return None;
    }
    let shown = match row.content {
        RowContent::Outgoing { .. } => words.say(&TextKey::Sending),
        RowContent::Stored(_) if row.is_last_seen => words.say(&TextKey::Seen),
        RowContent::Stored(_) => words.formatter.time(row.at),
    };
    let time = el("time", "").with("datetime", &words.formatter.machine(row.at)).saying(&shown);
    Some(el("p", "meta").and(time))
}
