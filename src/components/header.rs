//! The header: whom the visitor writes to, whether they are available, and the state of the connection.

use leptos::prelude::*;

use super::announcements::announcements;
use super::avatar::avatar;
use super::icon::{BACK, CLOSE, icon};
use super::markdown::link;
use super::menu::Menu;
use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::{Chat, Item, Snapshot, dispatcher, label, listener, text};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::availability::Presence;
use natter_core::event::ConversationsEvent;
use natter_core::host::settings::ReplyTime;
use natter_core::view::{ConnectionState, Panel};

/// The header, and below it a line for trouble with the connection.
#[component]
pub fn Header(
    /// The chat.
    chat: Chat,
) -> impl IntoView {
    let context = Context { chat, slice: chat.slices().panel, item: Item::default() };
    view! { <div class="top">{context.sections(&TOP)}</div> }
}

static TOP: [Section; 3] = [
    Section::lasting(|context, _| {
        let trouble = text(&context.slice, trouble);
        let head = context.sections(&HEAD);
        let head = view! {
            <header class="head">{head}</header>
            <p class="trouble" role="status">{trouble}</p>
        };
        Some(head.into_part())
    }),
    Section::new(
        |before, now, _| before.view.panel.fallback == now.view.panel.fallback,
        |_, snapshot| {
            let url = snapshot.view.panel.fallback.as_ref()?;
            Some(link(url, Some("way"), None, snapshot.text(&TextKey::Fallback).into_part()))
        },
    ),
    Section::lasting(|context, _| Some(announcements(context))),
];

static HEAD: [Section; 4] = [
    Section::in_any_language(
        |before, now, _| is_listing(before) == is_listing(now),
        |context, snapshot| is_listing(snapshot).then(|| back_button(context)),
    ),
    Section::in_any_language(
        |before, now, _| is_listing(before) == is_listing(now) && before.view.panel.agents == now.view.panel.agents,
        |_, snapshot| {
            let agents =
                Some(&snapshot.view.panel.agents).filter(|agents| !is_listing(snapshot) && !agents.is_empty())?;
            let avatars = Part::all(agents.iter().map(|person| avatar(person, &person.name)).collect());
            Some(view! { <div class="team">{avatars}</div> }.into_part())
        },
    ),
    Section::lasting(|context, _| {
        let title = text(&context.slice, title);
        let presence = context.sections(&PRESENCE);
        Some(view! { <div class="whom"><h2 class="title" dir="auto">{title}</h2>{presence}</div> }.into_part())
    }),
    Section::lasting(|context, _| {
        let chat = context.chat;
        let close = listener(move |_| chat.host().set_open(false));
        let name = label(&context.slice, TextKey::Close);
        let context = context.clone();
        Some(
            view! {
                <Menu context=context />
                <button class="tool" type="button" aria-label=name on:click=close>{icon(CLOSE)}</button>
            }
            .into_part(),
        )
    }),
];

fn is_listing(snapshot: &Snapshot) -> bool {
    snapshot.view.panel.actions.is_list_shown
}

/// Leads from the conversation list to the conversation.
fn back_button(context: &Context) -> Part {
    let back = dispatcher(context.chat, context.item, |_| {
        Event::Conversations(ConversationsEvent::ListToggled { is_shown: false })
    });
    let name = label(&context.slice, TextKey::Back);
    view! { <button class="tool back" type="button" aria-label=name on:click=back>{icon(BACK)}</button> }.into_part()
}

fn title(snapshot: &Snapshot) -> String {
    match snapshot.view.panel.name.as_str() {
        _ if is_listing(snapshot) => snapshot.text(&TextKey::Conversations),
        "" => snapshot.text(&TextKey::PanelLabel),
        name => name.to_owned(),
    }
}

fn trouble(snapshot: &Snapshot) -> String {
    snapshot.text(&match snapshot.view.panel.connection {
        ConnectionState::Connected => return String::new(),
        ConnectionState::Offline => TextKey::Offline,
        ConnectionState::Unreachable => TextKey::Unreachable,
        ConnectionState::Busy => TextKey::Busy,
        ConnectionState::Blocked => TextKey::Barred,
    })
}

static PRESENCE: [Section; 1] = [Section::in_any_language(
    |before, now, _| presence(before).is_empty() == presence(now).is_empty(),
    |context, snapshot| {
        if presence(snapshot).is_empty() {
            return None;
        }
        let class = text(&context.slice, |snapshot| {
            let is_online = snapshot.view.panel.presence == Presence::Online;
            if is_online { "presence online" } else { "presence" }.to_owned()
        });
        let text = text(&context.slice, presence);
        Some(view! { <p class=class dir="auto">{text}</p> }.into_part())
    },
)];

/// Whether the team is available, when it is back, or how soon it replies; empty if none of it is known.
fn presence(snapshot: &Snapshot) -> String {
    let panel: &Panel = &snapshot.view.panel;
    if is_listing(snapshot) {
        return String::new();
    }
    snapshot.text(&match (panel.presence, panel.reply) {
        (Presence::Online, _) => TextKey::PresenceOnline,
        (Presence::Until(at), _) => returns_at(snapshot, at),
        (Presence::Away, None) => TextKey::PresenceAway,
        (Presence::Away | Presence::Unknown, Some(ReplyTime::Minutes)) => TextKey::ReplyMinutes,
        (Presence::Away | Presence::Unknown, Some(ReplyTime::Hours)) => TextKey::ReplyHours,
        (Presence::Away | Presence::Unknown, Some(ReplyTime::Day)) => TextKey::ReplyDay,
        (Presence::Unknown, None) => return String::new(),
    })
}

/// When the team is back, by the visitor's own clock.
fn returns_at(snapshot: &Snapshot, at: u64) -> TextKey {
    let (formatter, now) = (&snapshot.localizer.formatter, (snapshot.localizer.now)());
    let time = formatter.time(at);
    match formatter.day(at) - formatter.day(now) {
        0 => TextKey::BackToday(time),
        1 => TextKey::BackTomorrow(time),
        _ => TextKey::BackOn(formatter.weekday(at), time),
    }
}
