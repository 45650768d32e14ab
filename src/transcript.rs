//! The transcript of a conversation: what the visitor saves as a text file.

use std::sync::Arc;

use crate::components::interactive::{named_answers, rating_name};
use crate::i18n::{Localizer, TextKey};
use natter_core::content::{Answer, Attachment, Card, CardAction, FEEDBACK, MessageKind, RATING, value_of};
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
        text: lines(localizer, message).join("\n"),
    });
    tolerant_json::write(&messages.collect::<Vec<_>>())
}

#[derive(Serialize)]
struct TranscriptMessage {
    author: String,
    at: u64,
    text: String,
}

fn lines(localizer: &Localizer, message: &Message) -> Vec<String> {
    if message.is_deleted {
        return vec![localizer.text(&TextKey::Deleted)];
    }
    let mut lines = vec![plain_text_with_urls(&message.text)];
    let answers = &message.answers;
    let chosen = answers.iter().map(|answer| answer.title.clone());
    match &message.kind {
        MessageKind::Plain => {}
        MessageKind::Form(_) => lines.extend(
            named_answers(localizer, Some(&message.kind), answers)
                .into_iter()
                .map(|(name, value)| labelled(&name, &value)),
        ),
        MessageKind::Choice(choices) => {
            lines.extend(choices.iter().map(|choice| item(&choice.title)));
            lines.extend(chosen.map(|title| answer(&title)));
        }
        MessageKind::Cards(cards) | MessageKind::Articles(cards) => {
            lines.extend(cards.iter().flat_map(card));
            lines.extend(chosen.map(|title| answer(&title)));
        }
        MessageKind::Rating(_) => lines.extend(rating(localizer, &message.text, answers)),
    }
    lines.extend(message.attachments.iter().map(file));
    lines.retain(|line| !line.is_empty());
    lines
}

fn item(text: &str) -> String {
    format!("- {text}")
}

fn answer(text: &str) -> String {
    format!("→ {text}")
}

/// A text after its label, if it has one.
fn labelled(label: &str, text: &str) -> String {
    if label.is_empty() || text.is_empty() { [label, text].concat() } else { format!("{label}: {text}") }
}

fn card(card: &Card) -> Vec<String> {
    let link = card.link.as_ref().map_or("", SafeUrl::as_str);
    let mut lines = vec![item(&labelled(&card.title, link)), card.description.clone()];
    lines.extend(card.actions.iter().map(|action| match action {
        CardAction::Link(title, url) => item(&labelled(title, url.as_str())),
        CardAction::Postback(choice) => item(&choice.title),
    }));
    lines
}

fn rating(localizer: &Localizer, question: &str, answers: &[Answer]) -> Vec<String> {
    let own_question = if question.is_empty() { localizer.text(&TextKey::RatingAsk) } else { String::new() };
    let rating = value_of(answers, RATING).and_then(|rating| rating.parse().ok());
    let rating = rating.map(|rating: usize| answer(&format!("{rating}/5 {}", localizer.text(&rating_name(rating)))));
    let feedback = value_of(answers, FEEDBACK).filter(|text| !text.is_empty()).map(answer);
    [Some(own_question), rating, feedback].into_iter().flatten().collect()
}

fn file(file: &Attachment) -> String {
    labelled(&file.name, file.url.as_ref().map_or("", SafeUrl::as_str))
}
