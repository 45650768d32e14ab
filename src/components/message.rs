//! A row of the thread: a message, stored by the server or being sent.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::attachments::{attachments, uploads};
use super::avatar::avatar;
use super::button::link_button;
use super::interactive::interactive;
use super::markdown::{formatted, line};
use super::part::{IntoPart, Part};
use super::row::{position, row_of, rows_match};
use super::scrolling::{ScrollAnchor, focus_thread};
use super::sections::{Context, Section};
use crate::chat::{Item, Snapshot, aria_bool, attribute_of, dispatcher, listener, text_of};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::content::MessageKind;
use natter_core::conversation::timeline::{Failure, RowKey};
use natter_core::event::ThreadEvent;
use natter_core::markdown;
use natter_core::model::Message;
use natter_core::view::{Row, RowContent, TextFold, beginning_of};

/// A message. Its element stays the same for as long as its row exists.
#[component]
pub fn MessageRow(
    /// The row.
    context: Context,
) -> impl IntoView {
    let class = text_of(&context.slice, context.item, class);
    let nth = attribute_of(&context.slice, context.item, |snapshot, item| {
        position(snapshot, item).map(|(nth, _)| nth.to_string())
    });
    let count = attribute_of(&context.slice, context.item, |snapshot, item| {
        // -1: the number is unknown.
        position(snapshot, item).map(|(_, count)| count.map_or_else(|| "-1".to_owned(), |count| count.to_string()))
    });
    view! { <li class=class aria-posinset=nth aria-setsize=count>{context.sections(&ROW)}</li> }
}

static ROW: [Section; 9] = [
    Section::new(
        |before, now, item| {
            let is_same = |before: &Row, now: &Row| (before.at, before.previous_at) == (now.at, now.previous_at);
            before.today == now.today && rows_match(before, now, item, is_same)
        },
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            is_new_day(snapshot, row).then(|| line("p", "day", snapshot.localizer.day_title(row.at)))
        },
    ),
    Section::new(
        |before, now, item| rows_match(before, now, item, |before, now| before.is_first_unread == now.is_first_unread),
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            row.is_first_unread.then(|| line("p", "unread", snapshot.text(&TextKey::Unread)))
        },
    ),
    Section::new(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                let author = |row: &Row| row.content.message().map(|message| message.author.clone());
                (before.is_first_in_group, author(before)) == (now.is_first_in_group, author(now))
            })
        },
        |context, snapshot| author(snapshot, row_of(snapshot, context.item)?.1),
    ),
    Section::in_any_language(
        |before, now, item| rows_match(before, now, item, |before, now| has_bubble(before) == has_bubble(now)),
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            has_bubble(row).then(|| view! { <div class="bubble">{context.sections(&BUBBLE)}</div> }.into_part())
        },
    ),
    Section::new(
        |before, now, item| rows_match(before, now, item, |before, now| outgoing_files(before) == outgoing_files(now)),
        |context, snapshot| uploads(context, snapshot, outgoing_files(row_of(snapshot, context.item)?.1)?),
    ),
    Section::in_any_language(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                let attached = |row: &Row| visible(row).map(|message| (message.id, message.attachments.clone()));
                before.files == now.files && attached(before) == attached(now)
            })
        },
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            attachments(context, &snapshot.localizer, visible(row)?, &row.files)
        },
    ),
    Section::in_any_language(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                let asks = |row: &Row| visible(row).filter(|message| asks(message)).map(|message| message.id);
                asks(before) == asks(now)
            })
        },
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            visible(row).filter(|message| asks(message)).map(|_| interactive(context))
        },
    ),
    Section::new(
        |before, now, item| rows_match(before, now, item, |before, now| problem(before) == problem(now)),
        |context, snapshot| {
            problem(row_of(snapshot, context.item)?.1).map(|problem| failed(context, snapshot, problem))
        },
    ),
    Section::new(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                let shown = |row: &Row| {
                    let is_stored = row.content.message().is_some();
                    (is_stored, row.at, row.is_last_seen, row.is_last_in_group, problem(row).is_some())
                };
                shown(before) == shown(now)
            })
        },
        |context, snapshot| meta(snapshot, row_of(snapshot, context.item)?.1),
    ),
];

fn is_new_day(snapshot: &Snapshot, row: &Row) -> bool {
    let day = |at| snapshot.localizer.formatter.day(at);
    row.previous_at.is_none_or(|before| day(before) != day(row.at))
}

/// The message, if the server has it and it was not deleted.
fn visible(row: &Row) -> Option<&Message> {
    row.content.message().filter(|message| !message.is_deleted)
}

fn asks(message: &Message) -> bool {
    message.kind != MessageKind::Plain
}

fn class(snapshot: &Snapshot, item: Item) -> String {
    let Some((_, row)) = row_of(snapshot, item) else { return String::new() };
    let (is_own, is_unsent, is_deleted) = match &row.content {
        RowContent::Stored(message) => (message.author.is_visitor(), false, message.is_deleted),
        RowContent::Outgoing { failure, .. } => (true, failure.is_none(), false),
    };
    let mut class = "row".to_owned();
    for (has_class, name) in [
        (is_own, " own"),
        (row.is_first_in_group || is_new_day(snapshot, row), " opens"),
        (row.is_last_in_group, " closes"),
        (is_unsent, " unsent"),
        (is_deleted, " deleted"),
    ] {
        if has_class {
            class.push_str(name);
        }
    }
    class
}

/// The author, above the first message of a group.
fn author(snapshot: &Snapshot, row: &Row) -> Option<Part> {
    let author = &row.content.message().filter(|_| row.is_first_in_group)?.author;
    if author.is_visitor() {
        return None;
    }
    let name = snapshot.localizer.author_name(author);
    let picture = Part::maybe(author.person().map(|person| avatar(person, &name)));
    Some(view! { <p class="name">{picture}<span dir="auto">{name}</span></p> }.into_part())
}

// --- The bubble ---

/// Whether there is anything to read. A survey shows its question itself.
fn has_bubble(row: &Row) -> bool {
    match row.content.message() {
        Some(message) if matches!(message.kind, MessageKind::Rating(_)) => false,
        Some(message) if message.is_deleted => true,
        Some(_) | None => row.quoted.is_some() || !row.content.text().trim().is_empty(),
    }
}

static BUBBLE: [Section; 3] = [
    Section::new(
        |before, now, item| rows_match(before, now, item, |before, now| before.quoted == now.quoted),
        |context, snapshot| {
            let quoted = row_of(snapshot, context.item)?.1.quoted.as_ref()?;
            let author = line("p", "name", snapshot.localizer.author_name(&quoted.author));
            let text = quoted.text.clone();
            // Its direction is that of the text: a name has its own.
            Some(view! { <blockquote class="quoted" dir="auto">{author}<p>{text}</p></blockquote> }.into_part())
        },
    ),
    Section::new(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                let is_deleted = |row: &Row| row.content.message().is_some_and(|message| message.is_deleted);
                before.fold == now.fold
                    && before.content.text() == now.content.text()
                    && is_deleted(before) == is_deleted(now)
            })
        },
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            if row.content.message().is_some_and(|message| message.is_deleted) {
                return Some(line("p", "text", snapshot.text(&TextKey::Deleted)));
            }
            let text = row.content.text();
            let blocks = if row.fold == TextFold::Folded { beginning_of(text) } else { markdown::parse(text) };
            Some(formatted(&snapshot.localizer, blocks))
        },
    ),
    // The button stays, and with it the focus.
    Section::in_any_language(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                (before.fold == TextFold::Short) == (now.fold == TextFold::Short)
            })
        },
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            (row.fold != TextFold::Short).then(|| fold_button(context))
        },
    ),
];

/// Shows the rest of a long text, or only its beginning.
fn fold_button(context: &Context) -> Part {
    let (chat, item) = (context.chat, context.item);
    let text = text_of(&context.slice, item, |snapshot, item| {
        snapshot.text(if is_folded(snapshot, item) { &TextKey::ShowMore } else { &TextKey::ShowLess })
    });
    let is_expanded = attribute_of(&context.slice, item, |snapshot, item| Some(aria_bool(!is_folded(snapshot, item))));
    let slice = context.slice.clone();
    let toggle = listener(move |event| {
        if let Some(button) = event.current_target() {
            chat.set_scroll_anchor(ScrollAnchor::at(button.unchecked_into()));
        }
        let folds = !is_folded(&slice.get_untracked(), item);
        chat.dispatch(Event::Thread(ThreadEvent::TextFolded { row: RowKey(item.key), is_folded: folds }));
    });
    view! { <button class="link fold" type="button" aria-expanded=is_expanded on:click=toggle>{text}</button> }
        .into_part()
}

fn is_folded(snapshot: &Snapshot, item: Item) -> bool {
    row_of(snapshot, item).is_some_and(|(_, row)| row.fold == TextFold::Folded)
}

// --- Being sent ---

fn outgoing_files(row: &Row) -> Option<&[natter_core::model::OutgoingFile]> {
    match &row.content {
        RowContent::Outgoing { files, .. } => Some(files),
        RowContent::Stored(_) => None,
    }
}

/// What the visitor is told about a message that did not, or may not, arrive.
#[derive(PartialEq)]
enum Problem<'row> {
    Unconfirmed,
    Failed(&'row Failure),
}

fn problem(row: &Row) -> Option<Problem<'_>> {
    match &row.content {
        RowContent::Outgoing { failure: Some(failure), .. } => Some(Problem::Failed(failure)),
        RowContent::Outgoing { is_unconfirmed: true, .. } => Some(Problem::Unconfirmed),
        RowContent::Outgoing { .. } | RowContent::Stored(_) => None,
    }
}

/// What is wrong, and what the visitor can do.
fn failed(context: &Context, snapshot: &Snapshot, problem: Problem) -> Part {
    let retry = |key| {
        let (chat, row) = (context.chat, RowKey(context.item.key));
        let retry = listener(move |event| {
            if let Some(button) = event.current_target() {
                // The button is about to be removed.
                focus_thread(button.unchecked_ref::<Element>());
            }
            chat.dispatch(Event::Thread(ThreadEvent::RetryRequested { row }));
        });
        link_button(context, key, retry)
    };
    let failure = match problem {
        Problem::Unconfirmed => {
            let (why, again) = (snapshot.text(&TextKey::NotConfirmed), retry(TextKey::SendAgain));
            // No alert: it is announced elsewhere, and may be settled a while later.
            return view! { <p class="failed unsure"><span>{why}</span><span class="ways">{again}</span></p> }
                .into_part();
        }
        Problem::Failed(failure) => failure,
    };
    let why = snapshot.text(&match failure {
        Failure::Rejected(None) => TextKey::NotSent,
        Failure::Rejected(Some(why)) => TextKey::NotSentBecause(why.clone()),
        Failure::Unconfirmed => TextKey::MaybeSent,
        Failure::FilesMissing => TextKey::FilesGone,
        Failure::ConversationEnded => TextKey::NotSentInTime,
    });
    let again = Part::maybe((*failure != Failure::ConversationEnded).then(|| retry(TextKey::TryAgain)));
    let discard = dispatcher(context.chat, context.item, |item| {
        Event::Thread(ThreadEvent::MessageDiscarded { row: RowKey(item.key) })
    });
    let discard = link_button(context, TextKey::TakeBack, discard);
    view! { <p class="failed" role="alert"><span>{why}</span><span class="ways">{again}{discard}</span></p> }
        .into_part()
}

/// The time under the last message of a group, or that it is being sent.
fn meta(snapshot: &Snapshot, row: &Row) -> Option<Part> {
    if problem(row).is_some() || !row.is_last_in_group {
        return None;
    }
    let shown = match row.content {
        RowContent::Outgoing { .. } => snapshot.text(&TextKey::Sending),
        RowContent::Stored(_) if row.is_last_seen => snapshot.text(&TextKey::Seen),
        RowContent::Stored(_) => snapshot.localizer.formatter.time(row.at),
    };
    let machine = snapshot.localizer.formatter.machine(row.at);
    Some(view! { <p class="meta"><time datetime=machine>{shown}</time></p> }.into_part())
}
