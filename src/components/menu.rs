//! The menu in the header: what the visitor can do with their conversations, and the widget's settings.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusEvent, HtmlElement, HtmlInputElement, KeyboardEvent, MouseEvent};

use super::composer::focus_first_field;
use super::icon::{MORE, icon};
use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::{Item, Listener, Snapshot, aria_bool, attribute_of, label, listener, text};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::event::{ConversationsEvent, ThreadEvent, VisitorEvent};
use natter_core::view::{ConversationActions, MenuSettings};
use natter_core::visitor::preferences::{Preference, Theme};

/// The menu: a `details` element, which the browser opens by itself.
#[component]
pub fn Menu(
    /// The panel's slice.
    context: Context,
) -> impl IntoView {
    let name = || label(&context.slice, TextKey::Menu);
    let leave = listener(on_focus_out);
    let steer = listener(on_key_down);
    view! {
        <details class="menu" aria-label=name() on:focusout=leave on:keydown=steer>
            // Its name is its content: the count is a part of it.
            <summary class="tool"><span class="spoken">{name()}</span>{icon(MORE)}{context.sections(&UNREAD)}</summary>
            <ul class="items" tabindex="-1">{context.sections(&ITEMS)}</ul>
        </details>
    }
}

/// The number of unread messages in other conversations.
static UNREAD: [Section; 1] = [Section::in_any_language(
    |before, now, _| (actions(before).unread > 0) == (actions(now).unread > 0),
    |context, snapshot| {
        let count = text(&context.slice, |snapshot| actions(snapshot).unread.to_string());
        (actions(snapshot).unread > 0).then(|| view! { <span class="count">{count}</span> }.into_part())
    },
)];

fn actions(snapshot: &Snapshot) -> &ConversationActions {
    &snapshot.view.panel.actions
}

fn settings(snapshot: &Snapshot) -> &MenuSettings {
    &snapshot.view.panel.settings
}

fn can_list(snapshot: &Snapshot) -> bool {
    actions(snapshot).can_list && !actions(snapshot).is_list_shown
}

fn can_end(snapshot: &Snapshot) -> bool {
    actions(snapshot).can_end && !actions(snapshot).is_list_shown
}

static ITEMS: [Section; 9] = [
    Section::in_any_language(
        |before, now, _| can_list(before) == can_list(now),
        |context, snapshot| {
            let event = || Event::Conversations(ConversationsEvent::ListToggled { is_shown: true });
            can_list(snapshot).then(|| item(context, TextKey::Conversations, event))
        },
    ),
    Section::in_any_language(
        |before, now, _| actions(before).can_begin == actions(now).can_begin,
        |context, snapshot| {
            let event = || Event::Conversations(ConversationsEvent::Opened { conversation: None });
            actions(snapshot).can_begin.then(|| item(context, TextKey::NewConversation, event))
        },
    ),
    Section::in_any_language(
        |before, now, _| can_end(before) == can_end(now),
        |context, snapshot| {
            let event = || Event::Conversations(ConversationsEvent::Resolved);
            can_end(snapshot)
                .then(|| confirmed(context, TextKey::EndConversation, None, TextKey::EndConversation, event))
        },
    ),
    Section::lasting(|context, _| {
        let chat = context.chat;
        let toggle = listener(move |_| {
            let is_on = settings(&chat.peek(|slices| &slices.panel)).is_sound_on;
            chat.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Silent(is_on))));
        });
        Some(switch(context, TextKey::Sound, |snapshot| settings(snapshot).is_sound_on, toggle))
    }),
    Section::in_any_language(
        |before, now, _| settings(before).notifications.is_some() == settings(now).notifications.is_some(),
        |context, snapshot| {
            settings(snapshot).notifications?;
            let chat = context.chat;
            let toggle = listener(move |_| {
                if settings(&chat.peek(|slices| &slices.panel)).notifications == Some(true) {
                    chat.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(false))));
                } else {
                    chat.host().request_notification_permission();
                }
            });
            let is_on = |snapshot: &Snapshot| settings(snapshot).notifications == Some(true);
            Some(switch(context, TextKey::Notify, is_on, toggle))
        },
    ),
    Section::in_any_language(
        |before, now, _| settings(before).theme.is_some() == settings(now).theme.is_some(),
        |context, snapshot| settings(snapshot).theme.map(|_| themes(context)),
    ),
    Section::in_any_language(
        |before, now, _| before.view.panel.languages == now.view.panel.languages,
        |context, snapshot| (!snapshot.view.panel.languages.0.is_empty()).then(|| languages(context, snapshot)),
    ),
    Section::in_any_language(
        |before, now, _| settings(before).has_transcript == settings(now).has_transcript,
        |context, snapshot| {
            let event = || Event::Thread(ThreadEvent::TranscriptRequested);
            settings(snapshot).has_transcript.then(|| item(context, TextKey::TranscriptText, event))
        },
    ),
    Section::in_any_language(
        |before, now, _| settings(before).is_known == settings(now).is_known,
        |context, snapshot| {
            let event = || Event::Visitor(VisitorEvent::ForgetRequested);
            let forget = || confirmed(context, TextKey::Forget, Some(TextKey::ForgetAsk), TextKey::ForgetYes, event);
            settings(snapshot).is_known.then(forget)
        },
    ),
];

/// A handler that closes the menu and dispatches an event. The focus goes to the menu's button, or to where the visitor
/// begins a conversation.
fn choosing(context: &Context, event: fn() -> Event) -> Listener<MouseEvent> {
    let chat = context.chat;
    listener(move |click| {
        let Some(item) = click.current_target().map(JsCast::unchecked_into::<Element>) else { return };
        close(&item, ".menu");
        let (event, panel) = (event(), item.closest(".panel"));
        let begins = matches!(event, Event::Conversations(ConversationsEvent::Opened { .. }));
        chat.dispatch(event);
        if begins && let Ok(Some(panel)) = panel {
            focus_first_field(&panel);
        }
    })
}

fn item(context: &Context, key: TextKey, event: fn() -> Event) -> Part {
    let (choose, name) = (choosing(context, event), label(&context.slice, key));
    view! { <li><button class="item" type="button" on:click=choose>{name}</button></li> }.into_part()
}

fn switch(context: &Context, key: TextKey, is_on: fn(&Snapshot) -> bool, toggle: Listener<MouseEvent>) -> Part {
    let name = label(&context.slice, key);
    let slice = context.slice.clone();
    let checked = move || slice.with(|snapshot| aria_bool(is_on(snapshot)));
    view! {
        <li>
            <button class="item switch" type="button" role="switch" aria-checked=checked on:click=toggle>{name}</button>
        </li>
    }
    .into_part()
}

/// Light, dark, or as the device is.
fn themes(context: &Context) -> Part {
    let theme = |(index, theme): (usize, Theme)| {
        let key = match theme {
            Theme::Auto => TextKey::ThemeAuto,
            Theme::Light => TextKey::ThemeLight,
            Theme::Dark => TextKey::ThemeDark,
        };
        let is_pressed = attribute_of(&context.slice, Item { index, ..context.item }, |snapshot, item| {
            Some(aria_bool(settings(snapshot).theme.as_ref() == Theme::ALL.get(item.index)))
        });
        let (chat, name) = (context.chat, label(&context.slice, key));
        let choose = listener(move |_| {
            chat.dispatch(Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Theme(theme))));
        });
        view! { <button class="choice" type="button" aria-pressed=is_pressed on:click=choose>{name}</button> }
            .into_part()
    };
    let name = || label(&context.slice, TextKey::Theme);
    let themes = Part::all(Theme::ALL.into_iter().enumerate().map(theme).collect());
    view! { <li><p class="label">{name()}</p><div class="themes" role="group" aria-label=name()>{themes}</div></li> }
        .into_part()
}

/// The languages, each in its own language.
fn languages(context: &Context, snapshot: &Snapshot) -> Part {
    let (all, first) = &snapshot.view.panel.languages;
    let options = all.iter().map(|one| {
        let (value, title, is_selected) = (one.value.clone(), one.title.clone(), one.value == *first);
        view! { <option value=value selected=is_selected>{title}</option> }.into_part()
    });
    let (options, chat) = (Part::all(options.collect()), context.chat);
    let choose = listener(move |event| {
        if let Some(list) = event.current_target() {
            chat.host().set_language(&list.unchecked_ref::<HtmlInputElement>().value());
        }
    });
    let name = || label(&context.slice, TextKey::Language);
    view! {
        <li>
            <p class="label">{name()}</p>
            <div class="themes"><select class="entry" aria-label=name() on:change=choose>{options}</select></div>
        </li>
    }
    .into_part()
}

/// An item that takes two steps, with what is to be known before the second.
fn confirmed(context: &Context, key: TextKey, about: Option<TextKey>, yes: TextKey, event: fn() -> Event) -> Part {
    let text = |key| label(&context.slice, key);
    let (name, confirm) = (text(key), choosing(context, event));
    let cancel = listener(|click| {
        if let Some(target) = click.current_target() {
            close(target.unchecked_ref(), ".confirm");
        }
    });
    let about = Part::maybe(about.map(|about| view! { <p class="label">{text(about)}</p> }.into_part()));
    view! {
        <li>
            <details class="confirm" aria-label=name>
                <summary class="item">{name.clone()}</summary>
                {about}
                <button class="item strong" type="button" on:click=confirm>{text(yes)}</button>
                <button class="item" type="button" on:click=cancel>{text(TextKey::Cancel)}</button>
            </details>
        </li>
    }
    .into_part()
}

/// Closes the menu, or the item of two steps, that an element is in, and focuses its button.
fn close(inside: &Element, which: &str) {
    if let Ok(Some(details)) = inside.closest(which)
        && let Ok(Some(button)) = details.query_selector("summary")
    {
        shut(&details);
        // The button was just found in the page.
        let _ = button.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Closes a menu, and the item of two steps that is open in it: it begins with the first step again.
fn shut(details: &Element) {
    let inner = details.query_selector("[open]").ok().flatten();
    for open in inner.iter().chain([details]) {
        // Removing an attribute that is not set does nothing.
        let _ = open.remove_attribute("open");
    }
}

/// Closes the menu when the focus leaves it.
fn on_focus_out(event: &web_sys::Event) {
    let Some(menu) = event.current_target().map(JsCast::unchecked_into::<Element>) else { return };
    let next = event.unchecked_ref::<FocusEvent>().related_target().map(JsCast::unchecked_into::<Element>);
    if !next.is_some_and(|next| menu.contains(Some(&next))) {
        shut(&menu);
    }
}

/// Escape closes the menu, and nothing behind it.
fn on_key_down(event: &web_sys::Event) {
    let menu = event.current_target().map(JsCast::unchecked_into::<Element>);
    let is_escape = event.unchecked_ref::<KeyboardEvent>().key() == "Escape";
    if let Some(menu) = menu.filter(|menu| is_escape && menu.has_attribute("open")) {
        event.stop_propagation();
        close(&menu, ".menu");
    }
}
