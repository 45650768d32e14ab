//! The panel's head: who one writes to, and how the connection is.

use leptos::prelude::*;

use super::Ui;
use super::icon::{CLOSE, Icon};
use crate::core::view::Connection;
use crate::text::Sentence;

/// The head, with the slim line under it.
#[component]
pub fn Header(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    let close_label = ui.say(&Sentence::Close);
    let trouble = move || {
        let sentence = match ui.panel.with(|panel| panel.connection) {
            Connection::Fine => return None,
            Connection::Offline => Sentence::Offline,
            Connection::Unreachable => Sentence::Unreachable,
        };
        Some(ui.say(&sentence))
    };
    view! {
        <header class={"head"}>
            <h2 class={"title"}>{ui.say(&Sentence::PanelLabel)}</h2>
            <button class={"tool"} type={"button"} aria-label={close_label} on:click=move |_| ui.close()>
                <Icon path={CLOSE}/>
            </button>
        </header>
        <p class={"trouble"} role={"status"}>{trouble}</p>
    }
}
