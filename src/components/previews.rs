//! The message previews above the launcher: the newest unread messages.

use leptos::prelude::*;

use super::avatar::avatar;
use super::icon::{CLOSE, icon};
use super::keyed_list::KeyedList;
use super::markdown::line;
use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::{Chat, Item, Snapshot, attribute, dispatcher, label, listener};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::event::PanelEvent;
use natter_core::model::Message;

/// How much of a message is shown, in characters: the style sheet shows two lines of it.
const EXCERPT_CHARS_MAX: usize = 140;

/// The previews, the newest last.
#[component]
pub fn Previews(
    /// The chat.
    chat: Chat,
) -> impl IntoView {
    let context = Context { chat, slice: chat.slices().previews, item: Item::default() };
    let is_hidden = attribute(&context.slice, |snapshot| snapshot.view.previews.is_empty().then(String::new));
    view! { <div class="cards-over" hidden=is_hidden>{context.sections(&CONTENT)}</div> }
}

static CONTENT: [Section; 2] = [
    Section::in_any_language(
        |before, now, _| before.view.previews.is_empty() == now.view.previews.is_empty(),
        |context, snapshot| {
            if snapshot.view.previews.is_empty() {
                return None;
            }
            let dismiss = dispatcher(context.chat, context.item, |_| Event::Panel(PanelEvent::PreviewsDismissed));
            let name = label(&context.slice, TextKey::PreviewsDismiss);
            Some(
                view! { <button class="dismiss" type="button" aria-label=name on:click=dismiss>{icon(CLOSE)}</button> }
                    .into_part(),
            )
        },
    ),
    Section::lasting(|context, _| Some(MESSAGES.part(context.chat, &context.slice))),
];

static MESSAGES: KeyedList = KeyedList {
    keys: |snapshot| snapshot.view.previews.iter().map(|message| message.id.0).collect(),
    is_same: |before, now, item| message_of(before, item) == message_of(now, item),
    build: |context| {
        let chat = context.chat;
        let open = listener(move |_| chat.host().set_open(true));
        view! { <button class="preview" type="button" on:click=open>{context.sections(&MESSAGE)}</button> }.into_part()
    },
};

fn message_of(snapshot: &Snapshot, item: Item) -> Option<&Message> {
    snapshot.view.previews.iter().find(|message| message.id.0 == item.key).map(|message| &**message)
}

static MESSAGE: [Section; 1] = [Section::new(
    |before, now, item| message_of(before, item) == message_of(now, item),
    |context, snapshot| {
        let message = message_of(snapshot, context.item)?;
        let name = snapshot.localizer.author_name(&message.author);
        let picture = Part::maybe(message.author.person().map(|person| avatar(person, &name)));
        let excerpt = line("span", "excerpt", snapshot.localizer.message_line(message, EXCERPT_CHARS_MAX));
        let author = line("span", "who", name);
        Some(view! { {picture}<span class="said">{author}{excerpt}</span> }.into_part())
    },
)];
