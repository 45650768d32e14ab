//! The chat as a Leptos component, for applications that contain it (docs/embedding.md, "In a Leptos application").
//!
//! It is the element `<natter-chat>` of a natter bundle, with settings as props, events as callbacks and calls by a
//! [`ChatHandle`]. The element's script, styles, languages and modules come from the bundle's folder; what is in the panel is
//! mounted by the application's own wasm, under its executor.

#[cfg(target_arch = "wasm32")]
mod element;
mod events;
mod handle;
mod settings;

pub use events::{ChatError, Connection, Message, Postback, Sender, StatusChange, Typing};
pub use handle::{CallError, ChatHandle, PendingCall};
pub use settings::{
    AttributeValue, Attributes, ConsentText, FieldKind, FieldOption, FormField, Load, Mode, Person, Position,
    PreChatForm, Prompt, ReplyTime, Sound, Theme, User,
};

use leptos::prelude::*;

use settings::{flag, json, number, text, word};

/// A setting: the attribute's name, and its value; `None` for no attribute.
type Attribute = (&'static str, Box<dyn Fn() -> Option<String>>);

/// The callbacks.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively there are no events"))]
struct Callbacks {
    ready: Option<UnsyncCallback<()>>,
    opened: Option<UnsyncCallback<()>>,
    closed: Option<UnsyncCallback<()>>,
    message: Option<UnsyncCallback<Message>>,
    unread: Option<UnsyncCallback<u32>>,
    conversation_started: Option<UnsyncCallback<u64>>,
    status: Option<UnsyncCallback<StatusChange>>,
    typing: Option<UnsyncCallback<Typing>>,
    connection: Option<UnsyncCallback<Connection>>,
    postback: Option<UnsyncCallback<Postback>>,
    error: Option<UnsyncCallback<ChatError>>,
}

/// The chat: a bubble over the page, or with `mode=Mode::Inline` a part of its layout. The props are the settings and events
/// of docs/embedding.md. A prop can be a value, a signal or a closure; a signal that changes changes the setting.
///
/// When the component is unmounted, the chat ends. What is stored on the device stays.
#[component]
pub fn Chat(
    /// The URL of the folder with a natter bundle of this crate's version.
    #[prop(into)]
    assets: String,
    /// The http or https URL of the Chatwoot server.
    #[prop(into)]
    base_url: Signal<String>,
    /// The API inbox's identifier.
    #[prop(into)]
    inbox_identifier: Signal<String>,
    /// The chat's name, where a page has several chats.
    #[prop(optional, into)]
    name: MaybeProp<String>,
    /// When the chat is loaded; by default [`Load::Intent`].
    #[prop(optional, into)]
    load: MaybeProp<Load>,
    /// Nothing is shown, loaded or stored before [`ChatHandle::consent`].
    #[prop(optional, into)]
    needs_consent: MaybeProp<bool>,
    /// [`Mode::Inline`] for a chat in the page's layout; by default it floats over the page.
    #[prop(optional, into)]
    mode: MaybeProp<Mode>,
    /// A BCP 47 tag; by default the page's language, else the browser's.
    #[prop(optional, into)]
    language: MaybeProp<String>,
    /// The languages that the visitor can choose from: tags separated by spaces, or `all`.
    #[prop(optional, into)]
    languages: MaybeProp<String>,
    /// The side of the page; by default the end of a line in its writing direction.
    #[prop(optional, into)]
    position: MaybeProp<Position>,
    /// A CSS selector of elements that the launcher must not overlap.
    #[prop(optional, into)]
    avoid: MaybeProp<String>,
    /// Light or dark; by default the visitor's preference.
    #[prop(optional, into)]
    theme: MaybeProp<Theme>,
    /// The visitor can choose between light and dark.
    #[prop(optional, into)]
    theme_choice: MaybeProp<bool>,
    /// The team in the panel's header.
    #[prop(optional, into)]
    team: MaybeProp<Vec<Person>>,
    /// How soon the team usually replies.
    #[prop(optional, into)]
    reply_time: MaybeProp<ReplyTime>,
    /// The pre-chat form.
    #[prop(optional, into)]
    form: MaybeProp<PreChatForm>,
    /// Prompts (proactive messages).
    #[prop(optional, into)]
    prompts: MaybeProp<Vec<Prompt>>,
    /// Agents see the URL of the page on which a conversation began, the referrer, and the visitor's language.
    #[prop(optional, into)]
    page_context: MaybeProp<bool>,
    /// Visitors can turn on notifications of the browser.
    #[prop(optional, into)]
    notifications: MaybeProp<bool>,
    /// [`Sound::Off`]: no sound until the visitor turns it on.
    #[prop(optional, into)]
    sound: MaybeProp<Sound>,
    /// `false`: a resolved conversation takes no more messages, and a new one is offered.
    #[prop(optional, into)]
    allow_messages_after_resolved: MaybeProp<bool>,
    /// Days without a visit after which the visitor is forgotten on the device; by default, and for 0, never.
    #[prop(optional, into)]
    retention_days: MaybeProp<u32>,
    /// The panel's link when the chat can't be loaded or can't connect.
    #[prop(optional, into)]
    fallback_url: MaybeProp<String>,
    /// The user who is logged in. When there is none any more, the chat is reset: [`ChatHandle::reset`].
    #[prop(optional, into)]
    user: MaybeProp<User>,
    /// Calls of the chat.
    #[prop(optional)]
    handle: Option<ChatHandle>,
    /// The chat has started.
    #[prop(optional, into)]
    on_ready: Option<UnsyncCallback<()>>,
    /// The panel was opened.
    #[prop(optional, into)]
    on_opened: Option<UnsyncCallback<()>>,
    /// The panel was closed.
    #[prop(optional, into)]
    on_closed: Option<UnsyncCallback<()>>,
    /// A new message: an agent's when it arrives, or the visitor's own once the server has it.
    #[prop(optional, into)]
    on_message: Option<UnsyncCallback<Message>>,
    /// The number of unread messages has changed.
    #[prop(optional, into)]
    on_unread: Option<UnsyncCallback<u32>>,
    /// A conversation was created, with this id.
    #[prop(optional, into)]
    on_conversation_started: Option<UnsyncCallback<u64>>,
    /// The conversation's status has changed.
    #[prop(optional, into)]
    on_status: Option<UnsyncCallback<StatusChange>>,
    /// An agent has started or stopped typing.
    #[prop(optional, into)]
    on_typing: Option<UnsyncCallback<Typing>>,
    /// The connection problem has changed.
    #[prop(optional, into)]
    on_connection: Option<UnsyncCallback<Connection>>,
    /// The visitor has clicked a postback button of a message.
    #[prop(optional, into)]
    on_postback: Option<UnsyncCallback<Postback>>,
    /// An error, for the page's developer.
    #[prop(optional, into)]
    on_error: Option<UnsyncCallback<ChatError>>,
) -> impl IntoView {
    let attributes: Vec<Attribute> = vec![
        ("base-url", Box::new(move || Some(base_url.get()))),
        ("inbox-identifier", Box::new(move || Some(inbox_identifier.get()))),
        ("name", text(name)),
        ("load", word(load)),
        ("needs-consent", flag(needs_consent)),
        ("mode", word(mode)),
        ("language", text(language)),
        ("languages", text(languages)),
        ("position", word(position)),
        ("avoid", text(avoid)),
        ("theme", word(theme)),
        ("theme-choice", flag(theme_choice)),
        ("team", json(team)),
        ("reply-time", word(reply_time)),
        ("form", json(form)),
        ("prompts", json(prompts)),
        ("page-context", flag(page_context)),
        ("notifications", flag(notifications)),
        ("sound", word(sound)),
        ("allow-messages-after-resolved", flag(allow_messages_after_resolved)),
        ("retention-days", number(retention_days)),
        ("fallback-url", text(fallback_url)),
    ];
    let callbacks = Callbacks {
        ready: on_ready,
        opened: on_opened,
        closed: on_closed,
        message: on_message,
        unread: on_unread,
        conversation_started: on_conversation_started,
        status: on_status,
        typing: on_typing,
        connection: on_connection,
        postback: on_postback,
        error: on_error,
    };
    build(&assets, attributes, callbacks, handle.unwrap_or_default(), user)
}

#[cfg(target_arch = "wasm32")]
use element::build;

/// Natively the chat is nothing: it is made in the browser.
#[cfg(not(target_arch = "wasm32"))]
fn build(_: &str, _: Vec<Attribute>, _: Callbacks, _: ChatHandle, _: MaybeProp<User>) -> impl IntoView + use<> {}
