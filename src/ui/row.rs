//! One message, sent or not.

use leptos::prelude::*;

use super::Ui;
use crate::core::Event;
use crate::core::model::Author;
use crate::core::timeline::{Failure, RowKey};
use crate::core::view::{self, Content};
use crate::text::{Sentence, day_title};

/// A row; it repaints when this message changes, not when the thread does.
///
/// All of it is one reactive closure: each further one would be shipped to every visitor as its own copy of the
/// machinery, to save a comparison of a few short strings.
#[component]
pub fn Row(
    /// What it works with.
    ui: Ui,
    /// Which row.
    row_key: RowKey,
) -> impl IntoView {
    let row = Memo::new(move |_| ui.thread.with(|thread| thread.rows.iter().find(|row| row.key == row_key).cloned()));
    move || row.get().map(|row| paint(ui, &row))
}

fn paint(ui: Ui, row: &view::Row) -> impl IntoView + use<> {
    let day = new_day(ui, row);
    let classes = classes(row, day.is_some());
    let failure = failure(ui, &row.content);
    let row_key = row.key;
    view! {
        <li class={classes}>
            {line("day", day)}
            {line("name", name(ui, row))}
            <div class={"bubble"}>
                <p class={"text"} dir={"auto"}>{row.content.text().to_owned()}</p>
            </div>
            {failure.map(|words| view! { <Failed ui row_key words/> })}
            {meta(ui, row).map(|(machine, shown)| view! { <p class={"meta"}><time datetime={machine}>{shown}</time></p> })}
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
    let choice = |sentence, event: fn(RowKey) -> Event| {
        view! {
            <button class={"link"} type={"button"} on:click=move |_| ui.dispatch(event(row_key))>{ui.say(&sentence)}</button>
        }
    };
    view! {
        <p class={"failed"} role={"alert"}>
            <span>{words}</span>
            {choice(Sentence::TryAgain, Event::Retried)}
            {choice(Sentence::TakeBack, Event::Discarded)}
        </p>
    }
}

/// A line over the bubble, where there is something to say.
fn line(class: &'static str, words: Option<String>) -> Option<impl IntoView> {
    words.map(|words| view! { <p class={class} dir={"auto"}>{words}</p> })
}

fn classes(row: &view::Row, is_new_day: bool) -> String {
    let (is_own, is_unsent, is_deleted) = match &row.content {
        Content::Said(message) => (message.author == Author::Visitor, false, message.is_deleted),
        Content::Unsent { failure, .. } => (true, failure.is_none(), false),
    };
    let mut classes = "row".to_owned();
    for (is_so, class) in [
        (is_own, " own"),
        (row.opens_group || is_new_day, " opens"),
        (row.closes_group, " closes"),
        (is_unsent, " unsent"),
        (is_deleted, " deleted"),
    ] {
        if is_so {
            classes.push_str(class);
        }
    }
    classes
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
        Author::Agent(_) | Author::Bot(_) | Author::Inbox if !row.opens_group => None,
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
