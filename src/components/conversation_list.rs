//! The conversation list, and what is said at the end of a conversation.

use leptos::prelude::*;

use super::keyed_list::KeyedList;
use super::markdown::line;
use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::{Item, Snapshot, attribute_of, dispatcher, label};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::event::ConversationsEvent;
use natter_core::model::{ConversationId, Status};
use natter_core::view::ConversationEnd;
use natter_core::visitor::conversation_list::ConversationSummary;

/// How much of a message is shown, in characters: more than a line.
const EXCERPT_CHARS_MAX: usize = 120;

/// The visitor's conversations, or why they can't be shown yet.
pub fn conversation_list(context: &Context) -> Part {
    view! { <div class="rows listing">{context.sections(&LIST)}</div> }.into_part()
}

/// What the list shows.
#[derive(PartialEq)]
enum State {
    Loading,
    Failed,
    Loaded,
}

fn state(snapshot: &Snapshot) -> Option<State> {
    let list = snapshot.view.thread.list.as_ref()?;
    Some(match (&list.all, list.is_failing) {
        (Some(_), _) => State::Loaded,
        (None, true) => State::Failed,
        (None, false) => State::Loading,
    })
}

static LIST: [Section; 1] = [Section::in_any_language(
    |before, now, _| state(before) == state(now),
    |context, snapshot| {
        let status = |key| {
            let text = label(&context.slice, key);
            view! { <p class="quiet" role="status">{text}</p> }.into_part()
        };
        Some(match state(snapshot)? {
            State::Loading => status(TextKey::ListLoading),
            State::Failed => {
                let retry = dispatcher(context.chat, context.item, |_| {
                    Event::Conversations(ConversationsEvent::ListToggled { is_shown: true })
                });
                let text = label(&context.slice, TextKey::TryAgain);
                let button = view! { <button class="earlier" type="button" on:click=retry>{text}</button> };
                Part::all(vec![status(TextKey::ListFailed), button.into_part()])
            }
            State::Loaded => {
                let conversations = CONVERSATIONS.part(context.chat, &context.slice);
                view! { <ol class="list">{conversations}</ol> }.into_part()
            }
        })
    },
)];

static CONVERSATIONS: KeyedList = KeyedList {
    keys: |snapshot| {
        let all = snapshot.view.thread.list.as_ref().and_then(|list| list.all.as_ref());
        all.into_iter().flatten().map(|(summary, _)| summary.id.0).collect()
    },
    is_same: |before, now, item| find(before, item) == find(now, item),
    build: |context| {
        let is_open = attribute_of(&context.slice, context.item, |snapshot, item| {
            find(snapshot, item).is_some_and(|(.., is_open)| is_open).then(|| "true".to_owned())
        });
        let open = dispatcher(context.chat, context.item, |item| {
            Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(item.key)) })
        });
        view! {
            <li>
                <button class="conversation" type="button" on:click=open aria-current=is_open>
                    {context.sections(&CONVERSATION)}
                </button>
            </li>
        }
        .into_part()
    },
};

/// A conversation, the number of its unread messages, and whether it is open.
fn find(snapshot: &Snapshot, item: Item) -> Option<(&ConversationSummary, u32, bool)> {
    let list = snapshot.view.thread.list.as_ref()?;
    let (summary, unread) = list.all.as_ref()?.iter().find(|(summary, _)| summary.id.0 == item.key)?;
    Some((summary, *unread, list.open == Some(summary.id)))
}

static CONVERSATION: [Section; 1] = [Section::new(
    |before, now, item| before.today == now.today && find(before, item) == find(now, item),
    |context, snapshot| {
        let (summary, unread, _) = find(snapshot, context.item)?;
        let (localizer, last) = (&snapshot.localizer, summary.last.as_deref());
        let author = last.map_or_else(|| snapshot.text(&TextKey::Team), |last| localizer.author_name(&last.author));
        let time = last.map(|last| {
            let (machine, shown) = (localizer.formatter.machine(last.at), localizer.time_or_day(last.at));
            view! { <time datetime=machine>{shown}</time> }.into_part()
        });
        let excerpt = last.map(|last| localizer.message_line(last, EXCERPT_CHARS_MAX)).unwrap_or_default();
        let is_over = summary.status == Status::Resolved;
        let status = is_over.then(|| line("span", "state", snapshot.text(&TextKey::ConversationOver)));
        let count = (unread > 0).then(|| {
            let unread = unread.to_string();
            view! { <span class="count">{unread}</span> }.into_part()
        });
        Some(Part::all(vec![
            line("span", "who", author),
            Part::maybe(time),
            line("span", "excerpt", excerpt),
            Part::maybe(status),
            Part::maybe(count),
        ]))
    },
)];

/// What is said under a conversation that has ended, and what the visitor can do.
pub fn conversation_end(context: &Context, snapshot: &Snapshot, end: ConversationEnd) -> Part {
    let begin = || {
        let begin = dispatcher(context.chat, context.item, |_| {
            Event::Conversations(ConversationsEvent::Opened { conversation: None })
        });
        let text = label(&context.slice, TextKey::NewConversation);
        view! { <button class="earlier" type="button" on:click=begin>{text}</button> }.into_part()
    };
    let text = snapshot.text(if end.can_reopen { &TextKey::Ended } else { &TextKey::EndedForGood });
    let begin = Part::maybe(end.can_begin.then(begin));
    view! { <div class="end"><p class="quiet" role="status">{text}</p>{begin}</div> }.into_part()
}
