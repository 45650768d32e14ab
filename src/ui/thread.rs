//! The conversation: its rows, what comes before them, and what is there while there are none.

use leptos::html;
use leptos::prelude::*;

use super::Ui;
use super::row::Row;
use crate::core::Event;
use crate::core::view::{self, Content};
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
    // Whoever sends something wants to see it.
    Effect::new(move |seen: Option<_>| {
        let own = ui.thread.with(newest_unsent);
        if let Some(scroller) = scroller.get_untracked().filter(|_| own.is_some() && Some(own) != seen) {
            scroller.set_scroll_top(0);
        }
        own
    });
    view! {
        <div class={"thread"} node_ref=scroller on:scroll=near_top>
            <div class={"rows"}>
                <Before ui/>
                <ol class={"list"} aria-label={ui.say(&Sentence::ThreadLabel)}>
                    <For each=keys key=|key| *key let(key)>
                        <Row ui row_key=key/>
                    </For>
                </ol>
            </div>
        </div>
    }
}

/// What stands before the first row.
#[derive(Clone, Copy, Eq, PartialEq)]
enum Lead {
    Nothing,
    Loading,
    Greeting,
    Earlier,
    EarlierLoading,
}

fn lead(thread: &view::Thread) -> Lead {
    match thread {
        view::Thread { is_loading: true, rows, .. } if rows.is_empty() => Lead::Loading,
        view::Thread { rows, .. } if rows.is_empty() => Lead::Greeting,
        view::Thread { is_loading_earlier: true, .. } => Lead::EarlierLoading,
        view::Thread { has_earlier: true, .. } => Lead::Earlier,
        view::Thread { .. } => Lead::Nothing,
    }
}

/// A greeting, a word of patience, or the way to older messages for those who don't scroll.
#[component]
fn Before(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    let lead = Memo::new(move |_| ui.thread.with(lead));
    let earlier = move |sentence| {
        view! {
            <button class={"earlier"} type={"button"} on:click=move |_| ui.dispatch(Event::ReachedTop)>
                {ui.say(&sentence)}
            </button>
        }
        .into_any()
    };
    move || match lead.get() {
        Lead::Nothing => ().into_any(),
        Lead::Loading => view! { <p class={"quiet"} role={"status"}>{ui.say(&Sentence::ThreadLoading)}</p> }.into_any(),
        Lead::Greeting => view! {
            <div class={"greeting"}>
                <p class={"greeting-title"}>{ui.say(&Sentence::GreetingTitle)}</p>
                <p>{ui.say(&Sentence::GreetingText)}</p>
            </div>
        }
        .into_any(),
        Lead::Earlier => earlier(Sentence::Earlier),
        Lead::EarlierLoading => earlier(Sentence::EarlierLoading),
    }
}

fn newest_unsent(thread: &view::Thread) -> Option<crate::core::timeline::RowKey> {
    thread.rows.last().filter(|row| matches!(row.content, Content::Unsent { .. })).map(|row| row.key)
}
