//! The conversation: its rows, what comes before them, and what is there while there are none.

use leptos::html;
use leptos::prelude::*;

use super::Ui;
use super::row::Row;
use crate::core::Event;
use crate::text::Sentence;

/// This near to the top, in CSS pixels, the visitor is about to want more.
const NEAR_TOP_PX: i32 = 120;

/// The scrolling part of the panel.
///
/// Its content is laid out from the bottom up (`column-reverse`), so that the browser itself keeps the newest message
/// in sight and the place somebody reads in still, whatever comes in above or below.
#[component]
pub fn Thread(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    let scroller = NodeRef::<html::Div>::new();
    let is_empty = Memo::new(move |_| ui.thread.with(|thread| thread.rows.is_empty() && !thread.is_loading));
    let is_loading = Memo::new(move |_| ui.thread.with(|thread| thread.is_loading && thread.rows.is_empty()));
    let keys = move || ui.thread.with(|thread| thread.rows.iter().map(|row| row.key).collect::<Vec<_>>());
    let near_top = move |_| {
        let Some(scroller) = scroller.get_untracked() else { return };
        // From the bottom up, scrollTop is 0 at the bottom and negative above.
        let above = scroller.scroll_height() - scroller.client_height() + scroller.scroll_top();
        let wants_more = ui.thread.with_untracked(|thread| thread.has_earlier && !thread.is_loading_earlier);
        if above < NEAR_TOP_PX && wants_more {
            ui.dispatch(Event::ReachedTop);
        }
    };
    // Opening is writing: what was sent has the eye.
    let newest_own =
        Memo::new(move |_| ui.thread.with(|thread| thread.rows.last().map(|row| (row.key, is_unsent(row)))));
    Effect::new(move |_| {
        if let (Some((_, true)), Some(scroller)) = (newest_own.get(), scroller.get_untracked()) {
            scroller.set_scroll_top(0);
        }
    });
    view! {
        <div class={"thread"} node_ref=scroller on:scroll=near_top>
            <div class={"rows"}>
                <Show when=move || is_loading.get()>
                    <p class={"quiet"} role={"status"}>{ui.say(&Sentence::ThreadLoading)}</p>
                </Show>
                <Show when=move || is_empty.get()>
                    <div class={"greeting"}>
                        <p class={"greeting-title"}>{ui.say(&Sentence::GreetingTitle)}</p>
                        <p>{ui.say(&Sentence::GreetingText)}</p>
                    </div>
                </Show>
                <Earlier ui/>
                <ol class={"list"} aria-label={ui.say(&Sentence::ThreadLabel)}>
                    <For each=keys key=|key| *key let(key)>
                        <Row ui row_key=key/>
                    </For>
                </ol>
            </div>
        </div>
    }
}

/// The way to older messages for those who don't scroll.
#[component]
fn Earlier(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    let has_earlier = Memo::new(move |_| ui.thread.with(|thread| thread.has_earlier));
    let is_loading = Memo::new(move |_| ui.thread.with(|thread| thread.is_loading_earlier));
    let label = move || ui.say(if is_loading.get() { &Sentence::EarlierLoading } else { &Sentence::Earlier });
    view! {
        <Show when=move || has_earlier.get()>
            <button class={"earlier"} type={"button"} on:click=move |_| ui.dispatch(Event::ReachedTop)>{label}</button>
        </Show>
    }
}

const fn is_unsent(row: &crate::core::view::Row) -> bool {
    matches!(row.content, crate::core::view::Content::Unsent { .. })
}
