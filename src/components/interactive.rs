//! Interactive messages: forms, choices, cards, articles and satisfaction surveys, and the visitor's answers.

use leptos::prelude::*;

use super::avatar::decorative_image;
use super::form::{FieldName, field, filled_in, submit_button, values};
use super::markdown::{destination, line, link};
use super::part::{IntoPart, Part};
use super::row::{row_of, rows_match};
use super::sections::{Context, Section};
use crate::chat::{Item, Listener, Snapshot, aria_bool, attribute_of, label, listener, text_of};
use crate::i18n::{Localizer, TextKey};
use natter_core::Event;
use natter_core::content::{
    Answer, Card, CardAction, Choice, FEEDBACK, Field, FieldKind, MessageKind, RATING, RatingScale, is_rating_open,
    value_of,
};
use natter_core::event::ThreadEvent;
use natter_core::markdown;
use natter_core::model::{Message, MessageId};
use natter_core::url::SafeUrl;
use natter_core::view::Row;
use natter_core::visitor::form_submissions::SubmissionStatus;

/// What a message asks or offers, and how the answer fares.
pub fn interactive(context: &Context) -> Part {
    view! { <div class="asked">{context.sections(&ASKED)}</div> }.into_part()
}

static ASKED: [Section; 6] = [
    // Typed values, and the focus among choices, stay while the answer changes.
    Section::in_any_language(
        |before, now, item| {
            rows_match(before, now, item, |before, now| {
                kind(before) == kind(now) && (!is_form(now) || before.answers.is_empty() == now.answers.is_empty())
            })
        },
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            let message = row.content.message()?;
            question(context, &snapshot.localizer, row, message)
        },
    ),
    Section::new(
        |before, now, item| rows_match(before, now, item, |before, now| before.answers == now.answers),
        |context, snapshot| {
            let (_, row) = row_of(snapshot, context.item)?;
            (is_form(row) && !row.answers.is_empty()).then(|| filled_form(&snapshot.localizer, row))
        },
    ),
    Section::in_any_language(
        |before, now, item| feedback(before, item) == feedback(now, item),
        |context, snapshot| feedback(snapshot, context.item).map(|told| line("p", "told", told)),
    ),
    Section::new(
        |before, now, item| thanks(before, item) == thanks(now, item),
        |context, snapshot| {
            let text = snapshot.text(&thanks(snapshot, context.item)?);
            Some(view! { <p class="thanks" role="status">{text}</p> }.into_part())
        },
    ),
    Section::in_any_language(
        |before, now, item| asks_feedback(before, item) == asks_feedback(now, item),
        |context, snapshot| asks_feedback(snapshot, context.item).map(|message| feedback_form(context, message)),
    ),
    Section::new(
        |before, now, item| rows_match(before, now, item, |before, now| before.submission == now.submission),
        |context, snapshot| submission(snapshot, &row_of(snapshot, context.item)?.1.submission),
    ),
];

fn kind(row: &Row) -> Option<&MessageKind> {
    row.content.message().map(|message| &message.kind)
}

fn is_form(row: &Row) -> bool {
    matches!(kind(row), Some(MessageKind::Form(_)))
}

fn question(context: &Context, localizer: &Localizer, row: &Row, message: &Message) -> Option<Part> {
    Some(match &message.kind {
        MessageKind::Plain => return None,
        MessageKind::Form(_) if !row.answers.is_empty() => return None,
        MessageKind::Form(fields) => form(context, message, fields),
        MessageKind::Choice(choices) => choice_group(context, message, choices),
        // Several cards stand beside each other; articles are listed.
        MessageKind::Cards(all) if all.len() > 1 => cards(context, localizer, "cards strip", message.id, all),
        MessageKind::Cards(all) | MessageKind::Articles(all) => cards(context, localizer, "cards", message.id, all),
        MessageKind::Rating(scale) => rating(context, message, *scale),
    })
}

/// How the visitor's answer fares, if it was not accepted yet.
fn submission(snapshot: &Snapshot, status: &SubmissionStatus) -> Option<Part> {
    let why = match status {
        SubmissionStatus::Accepted => return None,
        SubmissionStatus::Sending => {
            let text = snapshot.text(&TextKey::Sending);
            return Some(view! { <p class="meta">{text}</p> }.into_part());
        }
        SubmissionStatus::Rejected(None) => TextKey::AnswerNotSaved,
        SubmissionStatus::Rejected(Some(why)) => TextKey::NotSentBecause(why.clone()),
    };
    let why = snapshot.text(&why);
    Some(view! { <p class="failed" role="alert">{why}</p> }.into_part())
}

// --- Forms ---

/// A handler that submits a form as the answer to a message.
fn submitter<E: AsRef<web_sys::Event> + 'static>(context: &Context, message: MessageId) -> Listener<E> {
    let chat = context.chat;
    listener(move |event| {
        event.prevent_default();
        chat.dispatch(Event::Thread(ThreadEvent::FormSubmitted { message, fields: values(event) }));
    })
}

fn form(context: &Context, message: &Message, fields: &[Field]) -> Part {
    let all = fields.iter().map(|one| {
        // A field that is the whole question is called by the question.
        let name = match one.label.as_str() {
            "" => FieldName::Hidden(markdown::plain_text(&message.text)),
            text => FieldName::Label(text.to_owned().into_part()),
        };
        field(context, name, one)
    });
    let all = Part::all(all.collect());
    let submit = submitter(context, message.id);
    view! { <form class="form" on:submit=submit>{all}{submit_button(context, TextKey::Submit)}</form> }.into_part()
}

/// The answers to a form.
fn filled_form(localizer: &Localizer, row: &Row) -> Part {
    filled_in(named_answers(localizer, kind(row), &row.answers).into_iter())
}

/// The given answers to a form, each with its field's label and as it was chosen.
pub fn named_answers(localizer: &Localizer, kind: Option<&MessageKind>, answers: &[Answer]) -> Vec<(String, String)> {
    let fields = match kind {
        Some(MessageKind::Form(fields)) => &fields[..],
        _ => &[],
    };
    let answer = |answer: &Answer| {
        let field = fields.iter().find(|field| field.name == answer.name);
        let name = field.map_or(answer.title.as_str(), |field| field.label.as_str());
        let name = if name.is_empty() { localizer.text(&TextKey::You) } else { name.to_owned() };
        let choices = match field.map(|field| &field.kind) {
            Some(FieldKind::Select(choices)) => &choices[..],
            _ => &[],
        };
        let chosen = choices.iter().find(|choice| choice.value == answer.value);
        (name, chosen.map_or(answer.value.as_str(), |choice| choice.title.as_str()).to_owned())
    };
    answers.iter().filter(|answer| !answer.value.is_empty()).map(answer).collect()
}

// --- Choices and cards ---

fn choice_group(context: &Context, message: &Message, choices: &[Choice]) -> Part {
    let chips = choices.iter().enumerate().map(|(index, choice)| chip(context, message.id, index, choice));
    let (name, chips) = (markdown::plain_text(&message.text), Part::all(chips.collect()));
    view! { <div class="choices" role="group" aria-label=name>{chips}</div> }.into_part()
}

/// A button that chooses; `index` counts the message's choices.
fn chip(context: &Context, message: MessageId, index: usize, choice: &Choice) -> Part {
    let is_pressed = attribute_of(&context.slice, Item { index, ..context.item }, |snapshot, item| {
        Some(aria_bool(row_of(snapshot, item).is_some_and(|(_, row)| is_chosen(row, item.index))))
    });
    let (chat, title, choice) = (context.chat, choice.title.clone(), choice.clone());
    let choose = listener(move |_| {
        chat.dispatch(Event::Thread(ThreadEvent::ChoiceSelected { message, choice: choice.clone() }));
    });
    view! { <button class="chip" type="button" aria-pressed=is_pressed dir="auto" on:click=choose>{title}</button> }
        .into_part()
}

fn is_chosen(row: &Row, index: usize) -> bool {
    let choice = match kind(row) {
        Some(MessageKind::Choice(choices)) => choices.get(index),
        Some(MessageKind::Cards(cards) | MessageKind::Articles(cards)) => {
            cards.iter().flat_map(|card| &card.actions).filter_map(postback).nth(index)
        }
        Some(MessageKind::Plain | MessageKind::Form(_) | MessageKind::Rating(_)) | None => None,
    };
    let is_it =
        |choice: &Choice| row.answers.iter().any(|answer| answer.value == choice.value && answer.title == choice.title);
    choice.is_some_and(is_it)
}

const fn postback(action: &CardAction) -> Option<&Choice> {
    match action {
        CardAction::Postback(choice) => Some(choice),
        CardAction::Link(..) => None,
    }
}

fn cards(context: &Context, localizer: &Localizer, class: &'static str, message: MessageId, cards: &[Card]) -> Part {
    let mut choices = 0;
    let cards = cards.iter().map(|one| card(context, localizer, message, one, &mut choices));
    let cards = Part::all(cards.collect());
    view! { <ul class=class>{cards}</ul> }.into_part()
}

fn card(context: &Context, localizer: &Localizer, message: MessageId, card: &Card, choices: &mut usize) -> Part {
    let picture = Part::maybe(card.picture.as_ref().map(|url| decorative_image(Some("card-picture"), url)));
    let linked = |class, text: &str, url: &SafeUrl| {
        let content = vec![text.to_owned().into_part(), destination(localizer, text, url)];
        link(url, Some(class), Some("auto"), Part::all(content))
    };
    let title = match &card.link {
        Some(url) => linked("card-title", &card.title, url),
        None => line("p", "card-title", card.title.clone()),
    };
    let has_description = !card.description.is_empty();
    let about = Part::maybe(has_description.then(|| line("p", "card-about", card.description.clone())));
    let actions = card.actions.iter().map(|action| match action {
        CardAction::Link(title, url) => linked("chip", title, url),
        CardAction::Postback(choice) => {
            *choices += 1;
            chip(context, message, *choices - 1, choice)
        }
    });
    let actions = Part::all(actions.collect());
    view! { <li class="card">{picture}{title}{about}{actions}</li> }.into_part()
}

// --- Surveys ---

const FACES: [&str; 5] = ["😞", "🙁", "😐", "🙂", "😀"];
const STARS: [&str; 2] = ["☆", "★"];
/// More characters than a question has.
const QUESTION_CHARS_MAX: usize = 1_000;

fn rating(context: &Context, message: &Message, scale: RatingScale) -> Part {
    let faces = Part::all((0..FACES.len()).map(|index| face(context, index, scale)).collect());
    let question = text_of(&context.slice, context.item, |snapshot, item| {
        let message = row_of(snapshot, item).and_then(|(_, row)| row.content.message());
        message.map(|message| snapshot.localizer.message_line(message, QUESTION_CHARS_MAX)).unwrap_or_default()
    });
    let submit = submitter(context, message.id);
    view! {
        <form on:change=submit>
            <fieldset class="rating"><legend dir="auto">{question}</legend><div class="faces">{faces}</div></fieldset>
        </form>
    }
    .into_part()
}

fn face(context: &Context, index: usize, scale: RatingScale) -> Part {
    let item = Item { index, ..context.item };
    let name = || rating_name(index + 1);
    let checked = attribute_of(&context.slice, item, |snapshot, item| {
        (rated(snapshot, item) == Some(item.index + 1)).then(String::new)
    });
    let disabled = attribute_of(&context.slice, item, |snapshot, item| (!can_rate(snapshot, item)).then(String::new));
    let shown = match scale {
        RatingScale::Faces => FACES.get(index).copied().unwrap_or_default().to_owned().into_part(),
        RatingScale::Stars => text_of(&context.slice, item, |snapshot, item| {
            STARS[usize::from(rated(snapshot, item).is_some_and(|stars| item.index < stars))].to_owned()
        })
        .into_part(),
    };
    let value = (index + 1).to_string();
    view! {
        <label class="face" title=label(&context.slice, name())>
            <input
                type="radio" name=RATING value=value aria-label=label(&context.slice, name()) checked=checked
                disabled=disabled
            />
            <span>{shown}</span>
        </label>
    }
    .into_part()
}

/// The name of a rating from 1 to 5.
pub const fn rating_name(rating: usize) -> TextKey {
    match rating {
        0 | 1 => TextKey::Rating1,
        2 => TextKey::Rating2,
        3 => TextKey::Rating3,
        4 => TextKey::Rating4,
        _ => TextKey::Rating5,
    }
}

fn feedback_form(context: &Context, message: MessageId) -> Part {
    let submit = submitter(context, message);
    view! {
        <form class="form" on:submit=submit>
            <label class="label">
                <span>{label(&context.slice, TextKey::FeedbackAsk)}</span>
                <textarea class="entry" name=FEEDBACK rows="3" required=true dir="auto"></textarea>
            </label>
            {submit_button(context, TextKey::Submit)}
        </form>
    }
    .into_part()
}

/// The row and message of a survey.
fn survey(snapshot: &Snapshot, item: Item) -> Option<(&Row, &Message)> {
    let (_, row) = row_of(snapshot, item)?;
    let message = row.content.message()?;
    matches!(message.kind, MessageKind::Rating(_)).then_some((row, message))
}

/// The visitor's rating.
fn rated(snapshot: &Snapshot, item: Item) -> Option<usize> {
    let (row, _) = survey(snapshot, item)?;
    value_of(&row.answers, RATING).filter(|rating| !rating.is_empty()).map(|rating| rating.parse().unwrap_or(0))
}

/// Whether the survey still accepts answers.
fn can_rate(snapshot: &Snapshot, item: Item) -> bool {
    survey(snapshot, item).is_some_and(|(_, message)| is_rating_open(message.at, (snapshot.localizer.now)()))
}

/// The visitor's feedback.
fn feedback(snapshot: &Snapshot, item: Item) -> Option<String> {
    let (row, _) = survey(snapshot, item)?;
    value_of(&row.answers, FEEDBACK).filter(|told| !told.is_empty()).map(str::to_owned)
}

/// What is said under a survey that was answered or is closed.
fn thanks(snapshot: &Snapshot, item: Item) -> Option<TextKey> {
    survey(snapshot, item)?;
    if feedback(snapshot, item).is_none() && can_rate(snapshot, item) {
        return None;
    }
    let is_answered = feedback(snapshot, item).is_some() || rated(snapshot, item).is_some();
    Some(if is_answered { TextKey::RatingThanks } else { TextKey::RatingClosed })
}

/// The survey's message, if feedback can be given now.
fn asks_feedback(snapshot: &Snapshot, item: Item) -> Option<MessageId> {
    let (_, message) = survey(snapshot, item)?;
    let is_due = rated(snapshot, item).is_some() && feedback(snapshot, item).is_none() && can_rate(snapshot, item);
    is_due.then_some(message.id)
}
