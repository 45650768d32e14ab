//! One message, sent or not.

use leptos::prelude::*;

use super::Ui;
use crate::core::Event;
use crate::core::model::Author;
use crate::core::timeline::{Failure, RowKey};
use crate::core::view::{self, Content};
use crate::text::{Sentence, day_title};

/// A row; it repaints when this message changes, not when the thread does.
#[component]
pub fn Row(
    /// What it works with.
    ui: Ui,
    /// Which row.
    row_key: RowKey,
) -> impl IntoView {
    let row = Memo::new(move |_| ui.thread.with(|thread| thread.rows.iter().find(|row| row.key == row_key).cloned()));
    let ask = move |ask: fn(&view::Row) -> bool| row.with(|row| row.as_ref().is_some_and(ask));
    let day = Memo::new(move |_| row.with(|row| row.as_ref().and_then(|row| new_day(ui, row))));
    let name =
        Memo::new(move |_| row.with(|row| row.as_ref().filter(|row| row.opens_group).and_then(|row| name(ui, row))));
    let text = Memo::new(move |_| row.with(|row| row.as_ref().map(|row| text(&row.content).to_owned())));
    let meta = Memo::new(move |_| row.with(|row| row.as_ref().and_then(|row| meta(ui, row))));
    let failure = Memo::new(move |_| row.with(|row| row.as_ref().and_then(|row| failure(ui, &row.content))));
    view! {
        <li
            class={"row"}
            class:own=move || ask(|row| is_own(&row.content))
            class:opens=move || ask(|row| row.opens_group) || day.with(Option::is_some)
            class:closes=move || ask(|row| row.closes_group)
            class:unsent=move || ask(|row| matches!(row.content, Content::Unsent { failure: None, .. }))
            class:deleted=move || ask(|row| matches!(&row.content, Content::Said(message) if message.is_deleted))
        >
            {move || day.get().map(|day| view! { <p class={"day"}>{day}</p> })}
            {move || name.get().map(|name| view! { <p class={"name"} dir={"auto"}>{name}</p> })}
            <p class={"bubble"} dir={"auto"}>{move || text.get()}</p>
            {move || failure.get().map(|words| view! { <Failed ui row_key words/> })}
            {move || meta.get().map(|(machine, shown)| view! { <p class={"meta"}><time datetime={machine}>{shown}</time></p> })}
        </li>
    }
}

/// What is wrong, and what one can do.
#[component]
fn Failed(
    /// What it works with.
    ui: Ui,
    /// Which row.
    row_key: RowKey,
    /// What is wrong.
    words: String,
) -> impl IntoView {
    view! {
        <p class={"failed"} role={"alert"}>
            <span>{words}</span>
            <button class={"link"} type={"button"} on:click=move |_| ui.dispatch(Event::Retried(row_key))>
                {ui.say(&Sentence::TryAgain)}
            </button>
            <button class={"link"} type={"button"} on:click=move |_| ui.dispatch(Event::Discarded(row_key))>
                {ui.say(&Sentence::TakeBack)}
            </button>
        </p>
    }
}

fn new_day(ui: Ui, row: &view::Row) -> Option<String> {
    let now = ui.now();
    ui.speak(|catalogue, speech| {
        let is_same = row.previous_at.is_some_and(|previous| speech.day(previous) == speech.day(row.at));
        (!is_same).then(|| day_title(catalogue, speech, row.at, now))
    })
}

fn name(ui: Ui, row: &view::Row) -> Option<String> {
    let Content::Said(message) = &row.content else { return None };
    match &message.author {
        Author::Visitor => None,
        Author::Agent(person) | Author::Bot(person) if !person.name.is_empty() => Some(person.name.clone()),
        Author::Agent(_) | Author::Bot(_) | Author::Inbox => Some(ui.say(&Sentence::Team)),
    }
}

/// The time under a group's last row, for machines and for people; or that it is on its way.
fn meta(ui: Ui, row: &view::Row) -> Option<(String, String)> {
    if matches!(row.content, Content::Unsent { failure: Some(_), .. }) || !row.closes_group {
        return None;
    }
    let (machine, time) = ui.speak(|_, speech| (speech.machine(row.at), speech.time(row.at)));
    match row.content {
        Content::Unsent { .. } => Some((machine, ui.say(&Sentence::Sending))),
        Content::Said(_) => Some((machine, time)),
    }
}

fn failure(ui: Ui, content: &Content) -> Option<String> {
    let Content::Unsent { failure: Some(failure), .. } = content else { return None };
    Some(ui.say(&match failure {
        Failure::Refused(None) => Sentence::NotSent,
        Failure::Refused(Some(words)) => Sentence::NotSentBecause(words.clone()),
        Failure::Doubtful => Sentence::MaybeSent,
    }))
}

fn text(content: &Content) -> &str {
    match content {
        Content::Said(message) => &message.text,
        Content::Unsent { text, .. } => text,
    }
}

fn is_own(content: &Content) -> bool {
    match content {
        Content::Said(message) => message.author == Author::Visitor,
        Content::Unsent { .. } => true,
    }
}
