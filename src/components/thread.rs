//! The thread: the conversation's rows and what surrounds them, or in their place the conversation list or the pre-chat
//! form.

use leptos::html::{i, span};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::conversation_list::{conversation_end, conversation_list};
use super::icon::{DOWN, icon};
use super::keyed_list::KeyedList;
use super::markdown::{formatted, line};
use super::message::{MessageRow, MessageRowProps};
use super::part::{IntoPart, Part};
use super::pre_chat_form::pre_chat_form;
use super::row::{position, row_of};
use super::scrolling::{focus_thread, on_scroll};
use super::sections::{Context, Section};
use crate::chat::{Chat, Item, Snapshot, attribute, dispatcher, label, listener, text};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::event::ThreadEvent;
use natter_core::markdown;
use natter_core::view::{ConversationEnd, Thread as ThreadView};

/// The scrolling part of the panel. Its content is laid out from the bottom up (`column-reverse`), so that the browser
/// itself keeps the newest message visible, and the reading position in place, when something changes above.
#[component]
pub fn Thread(
    /// The chat.
    chat: Chat,
) -> impl IntoView {
    let context = Context { chat, slice: chat.slices().thread, item: Item::default() };
    let scroll = listener(move |event| {
        let Some(thread) = event.current_target().map(JsCast::unchecked_into::<Element>) else { return };
        let (snapshot, mut last) = (chat.peek(|slices| &slices.thread), chat.last_scroll());
        let event = on_scroll(&thread, &snapshot.view.thread, &mut last);
        chat.set_last_scroll(last);
        if let Some(event) = event {
            chat.dispatch(Event::Thread(event));
        }
    });
    let name = label(&context.slice, TextKey::ThreadLabel);
    view! {
        <div class="thread" role="group" aria-label=name tabindex="0" on:scroll=scroll>
            {context.sections(&CONTENT)}
        </div>
    }
}

/// What the thread shows.
#[derive(PartialEq)]
enum Content {
    Conversations,
    PreChatForm,
    Conversation,
}

const fn content(thread: &ThreadView) -> Content {
    match (&thread.list, &thread.form) {
        (Some(_), _) => Content::Conversations,
        (None, Some(_)) => Content::PreChatForm,
        (None, None) => Content::Conversation,
    }
}

static CONTENT: [Section; 4] = [
    Section::in_any_language(
        |before, now, _| offers_newest(before) == offers_newest(now),
        |context, snapshot| offers_newest(snapshot).then(|| newest(context)),
    ),
    Section::in_any_language(
        |before, now, _| before.view.thread.list.is_some() == now.view.thread.list.is_some(),
        |context, snapshot| snapshot.view.thread.list.as_ref().map(|_| conversation_list(context)),
    ),
    Section::in_any_language(
        |before, now, _| {
            content(&before.view.thread) == content(&now.view.thread) && before.view.thread.form == now.view.thread.form
        },
        |context, snapshot| {
            let form = snapshot.view.thread.form.as_ref()?;
            let is_shown = content(&snapshot.view.thread) == Content::PreChatForm;
            is_shown.then(|| {
                let form = pre_chat_form(context, snapshot, form);
                view! { <div class="rows">{form}</div> }.into_part()
            })
        },
    ),
    Section::in_any_language(
        |before, now, _| content(&before.view.thread) == content(&now.view.thread),
        |context, snapshot| {
            let is_shown = content(&snapshot.view.thread) == Content::Conversation;
            is_shown.then(|| view! { <div class="rows">{context.sections(&CONVERSATION)}</div> }.into_part())
        },
    ),
];

// --- The way down ---

fn offers_newest(snapshot: &Snapshot) -> bool {
    let thread = &snapshot.view.thread;
    thread.list.is_none() && (thread.unread > 0 || thread.is_scrolled_away)
}

/// The way to the newest row, with the number of messages that arrived there.
fn newest(context: &Context) -> Part {
    let chat = context.chat;
    let go = listener(move |event| {
        if let Some(button) = event.current_target() {
            // The button is about to be removed.
            focus_thread(button.unchecked_ref());
        }
        chat.dispatch(Event::Thread(ThreadEvent::NewestRequested));
    });
    let name = attribute(&context.slice, |snapshot| {
        (snapshot.view.thread.unread == 0).then(|| snapshot.text(&TextKey::Newest))
    });
    view! {
        <div class="below">
            <button class="newest" type="button" aria-label=name on:click=go>{context.sections(&NEWEST)}</button>
        </div>
    }
    .into_part()
}

static NEWEST: [Section; 1] = [Section::in_any_language(
    |before, now, _| (before.view.thread.unread > 0) == (now.view.thread.unread > 0),
    |context, snapshot| {
        if snapshot.view.thread.unread == 0 {
            return Some(icon(DOWN).into_part());
        }
        let count = text(&context.slice, |snapshot| snapshot.view.thread.unread.to_string());
        Some(view! { {label(&context.slice, TextKey::Unread)}<span class="count">{count}</span> }.into_part())
    },
)];

// --- The conversation ---

static CONVERSATION: [Section; 4] = [
    Section::in_any_language(
        |before, now, _| lead(&before.view.thread) == lead(&now.view.thread),
        |context, snapshot| build_lead(context, snapshot, lead(&snapshot.view.thread)?),
    ),
    Section::lasting(|context, _| {
        let rows = ROWS.part(context.chat, &context.slice);
        Some(view! { <ol class="list">{rows}</ol> }.into_part())
    }),
    Section::new(
        |before, now, _| before.view.thread.typing == now.view.thread.typing,
        |_, snapshot| {
            let person = snapshot.view.thread.typing.as_ref()?;
            let text = snapshot.text(&TextKey::Typing(snapshot.localizer.person_name(person)));
            // Without `view!`, which would make a template of elements without changing content.
            let dots = span().class("dots").aria_hidden("true").child((i(), i(), i()));
            Some(view! { <p class="typing">{dots}{line("span", "", text)}</p> }.into_part())
        },
    ),
    Section::new(
        |before, now, _| visible_end(&before.view.thread) == visible_end(&now.view.thread),
        |context, snapshot| visible_end(&snapshot.view.thread).map(|end| conversation_end(context, snapshot, end)),
    ),
];

static ROWS: KeyedList = KeyedList {
    keys: |snapshot| snapshot.view.thread.rows.iter().map(|row| row.key.0).collect(),
    is_same: |before, now, item| {
        let row = |snapshot| row_of(snapshot, item).map(|(_, row)| row);
        row(before) == row(now) && position(before, item) == position(now, item)
    },
    build: |context| MessageRow(MessageRowProps { context: context.clone() }).into_part(),
};

/// The end of the conversation, if something is to be said about it.
fn visible_end(thread: &ThreadView) -> Option<ConversationEnd> {
    let is_final = |end: &ConversationEnd| !end.can_reopen && !end.can_begin;
    thread.end.filter(|end| is_final(end) || !thread.rows.is_empty())
}

/// What stands before the first row.
#[derive(PartialEq)]
enum Lead<'view> {
    /// The first page is being loaded.
    Skeleton,
    /// The proactive message that the visitor answers.
    Prompt(&'view str),
    /// Nothing was written yet.
    Greeting,
    /// The way to earlier messages, for visitors who don't scroll.
    Earlier,
}

fn lead(thread: &ThreadView) -> Option<Lead<'_>> {
    let ThreadView { rows, prompt, is_loading, is_loading_earlier, has_earlier, .. } = thread;
    match (rows.is_empty(), prompt.as_str()) {
        (true, _) if *is_loading => Some(Lead::Skeleton),
        (true, "") => Some(Lead::Greeting),
        (false, _) if *is_loading_earlier || *has_earlier => Some(Lead::Earlier),
        (false, "") => None,
        (_, prompt) => Some(Lead::Prompt(prompt)),
    }
}

fn build_lead(context: &Context, snapshot: &Snapshot, lead: Lead) -> Option<Part> {
    let label = |key| label(&context.slice, key);
    Some(match lead {
        Lead::Skeleton => {
            let lines = Part::all(vec![i().into_part(), i().into_part(), i().into_part()]);
            view! {
                <div class="skeleton" role="status">{lines}<span class="spoken">{label(TextKey::ThreadLoading)}</span></div>
            }
            .into_part()
        }
        Lead::Prompt(prompt) => {
            let text = formatted(&snapshot.localizer, markdown::parse(prompt));
            view! { <div class="row opens closes prompt"><div class="bubble">{text}</div></div> }.into_part()
        }
        Lead::Greeting => view! {
            <div class="greeting">
                <p class="greeting-title">{label(TextKey::GreetingTitle)}</p>
                <p>{label(TextKey::GreetingText)}</p>
            </div>
        }
        .into_part(),
        Lead::Earlier => {
            let load = dispatcher(context.chat, context.item, |_| Event::Thread(ThreadEvent::EarlierRequested));
            let text = text(&context.slice, |snapshot| {
                let is_loading = snapshot.view.thread.is_loading_earlier;
                snapshot.text(if is_loading { &TextKey::EarlierLoading } else { &TextKey::Earlier })
            });
            view! { <button class="earlier" type="button" on:click=load>{text}</button> }.into_part()
        }
    })
}
