//! The transcript of a conversation: what the visitor saves as a text file.

use std::sync::Arc;

use crate::components::interactive::{named_answers, rating_name};
use crate::i18n::{Localizer, TextKey};
use natter_core::content::{Card, CardAction, FEEDBACK, MessageKind, RATING, value_of};
use natter_core::markdown::plain_text_with_urls;
use natter_core::model::Message;
use natter_core::tolerant_json;
use natter_core::url::SafeUrl;
use serde::Serialize;

/// A conversation as JSON, the oldest message first: authors, times (seconds since 1970) and texts. The texts have what
/// was asked and answered, the links, and the files.
#[must_use]
pub fn transcript(localizer: &Localizer, messages: &[Arc<Message>]) -> String {
    let messages = messages.iter().map(|message| TranscriptMessage {
        author: localizer.author_name(&message.author),
        at: message.at,
        text: text(localizer, message),
    });
    tolerant_json::write(&messages.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct TranscriptMessage {
    author: String,
    at: u64,
    text: String,
}

fn text(localizer: &Localizer, message: &Message) -> String {
    if message.is_deleted {
        return localizer.text(&TextKey::Deleted);
    }
    let mut text = plain_text_with_urls(&message.text);
    match &message.kind {
        MessageKind::Plain => {}
        MessageKind::Form(_) => {
            for (label, answer) in named_answers(localizer, Some(&message.kind), &message.answers) {
                add(&mut text, &[&label, ": ", &answer]);
            }
        }
        MessageKind::Choice(choices) => {
            for choice in choices {
                add(&mut text, &[ITEM, &choice.title]);
            }
        }
        MessageKind::Cards(cards) | MessageKind::Articles(cards) => {
            for card in cards {
                add_card(&mut text, card);
            }
        }
        MessageKind::Rating(_) => {
            if text.is_empty() {
                text = localizer.text(&TextKey::RatingAsk);
            }
            if let Some(rating) = value_of(&message.answers, RATING) {
                let name = rating.parse().map(|rating| localizer.text(&rating_name(rating))).unwrap_or_default();
                add(&mut text, &[ANSWER, rating, "/5 ", &name]);
            }
            let feedback = value_of(&message.answers, FEEDBACK).unwrap_or_default();
            add(&mut text, &[ANSWER, feedback]);
        }
    }
    if matches!(message.kind, MessageKind::Choice(_) | MessageKind::Cards(_)) {
        for answer in &message.answers {
            add(&mut text, &[ANSWER, &answer.title]);
        }
    }
    for file in &message.attachments {
        add_link(&mut text, &["", &file.name], file.url.as_ref());
    }
    text
}

const ITEM: &str = "- ";
const ANSWER: &str = "→ ";

/// Adds a line of these parts, unless the last is empty.
fn add(text: &mut String, parts: &[&str]) {
    if parts.last().is_some_and(|last| !last.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        parts.iter().for_each(|part| text.push_str(part));
    }
}

/// Adds a line of a sign and a name, and the URL if there is one.
fn add_link(text: &mut String, [sign, name]: &[&str; 2], url: Option<&SafeUrl>) {
    match url.map_or("", SafeUrl::as_str) {
        "" => add(text, &[sign, name]),
        url if name.is_empty() => add(text, &[sign, url]),
        url => add(text, &[sign, name, ": ", url]),
    }
}

fn add_card(text: &mut String, card: &Card) {
    add_link(text, &[ITEM, &card.title], card.link.as_ref());
    add(text, &[&card.description]);
    for action in &card.actions {
        match action {
            CardAction::Link(title, url) => add_link(text, &[ITEM, title], Some(url)),
            CardAction::Postback(choice) => add(text, &[ITEM, &choice.title]),
        }
    }
}
