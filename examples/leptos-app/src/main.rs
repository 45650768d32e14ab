//! A Leptos application that contains the chat: its events in a list, and buttons that call it.

use leptos::mount::mount_to_body;
use leptos::prelude::*;
use natter_chat::component::{ChatError, Connection, Message};
use natter_chat::{Chat, ChatHandle};

fn main() {
    mount_to_body(App);
}

#[component]
fn App() -> impl IntoView {
    let chat = ChatHandle::new();
    let has_chat = RwSignal::new(true);
    let events = RwSignal::new(Vec::<String>::new());
    let note = move |event: String| events.update(|events| events.push(event));
    view! {
        <main>
            <h1>"A Leptos application"</h1>
            <button class="open" on:click=move |_| chat.open()>"Open the chat"</button>
            <button class="greet" on:click=move |_| drop(chat.send("Hello from the application"))>"Say hello"</button>
            <button class="with" on:click=move |_| has_chat.update(|has| *has = !*has)>"With or without the chat"</button>
            <ol class="events">
                {move || events.get().into_iter().map(|event| view! { <li>{event}</li> }).collect_view()}
            </ol>
        </main>
        <Show when=move || has_chat.get()>
            <Chat
                assets="natter/"
                base_url=setting("base_url", "http://127.0.0.1:3100")
                inbox_identifier=setting("inbox", "demoInboxIdentifier00001")
                handle=chat
                on_ready=move || note("ready".to_owned())
                on_opened=move || note("opened".to_owned())
                on_closed=move || note("closed".to_owned())
                on_message=move |message: Message| note(format!("message from {:?}: {}", message.from, message.text))
                on_unread=move |count: u32| note(format!("{count} unread"))
                on_connection=move |connection: Connection| note(format!("connection: {:?}", connection.trouble))
                on_error=move |error: ChatError| note(format!("error: {}", error.name))
            />
        </Show>
    }
}

/// A setting in the page's query, or that of the sandbox.
fn setting(name: &str, default: &str) -> String {
    let query = window().location().search().unwrap_or_default();
    let query = web_sys::UrlSearchParams::new_with_str(&query).ok();
    query.and_then(|query| query.get(name)).unwrap_or_else(|| default.to_owned())
}
