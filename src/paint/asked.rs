//! What a message asks: forms, choices, cards, surveys, and what was answered.

use super::files::{destined, link};
use super::icon::button;
use super::wish::Wish;
use super::{Act, Element, Words, el};
use crate::i18n::TextKey;
use natter_core::content::{
    Answer, Card, CardAction, Choice, FEEDBACK, Field, FieldKind, MessageKind, RATING, RatingScale, is_rating_open,
    value_of,
};
use natter_core::markdown;
use natter_core::model::{Message, MessageId};
use natter_core::view::Row;
use natter_core::visitor::form_submissions::SubmissionStatus;

/// What a message asks, as far as it asks anything, and how the answer fares.
pub fn asked(words: &Words, row: &Row, message: &Message) -> Option<Element> {
    let asking = el("div", "asked");
    let asking = match &message.kind {
        MessageKind::Plain => return None,
        MessageKind::Form(_) if !row.answers.is_empty() => asking.and(filled(words, &message.kind, &row.answers)),
        MessageKind::Form(fields) => asking.and(form(words, message, fields)),
        MessageKind::Choice(choices) => asking.and(choose(message, choices, &row.answers)),
        // Several stand beside each other; what is to be read is listed.
        MessageKind::Cards(all) if all.len() > 1 => {
            asking.and(cards(words, "cards strip", message.id, all, &row.answers))
        }
        MessageKind::Cards(all) | MessageKind::Articles(all) => {
            asking.and(cards(words, "cards", message.id, all, &row.answers))
        }
        MessageKind::Rating(scale) => rating(words, asking, row, message, *scale),
    };
    Some(asking.maybe(match &row.submission {
        SubmissionStatus::Accepted => None,
        SubmissionStatus::Sending => Some(el("p", "meta").told(words, &TextKey::Sending)),
        SubmissionStatus::Rejected(None) => Some(refused(&words.say(&TextKey::AnswerNotSaved))),
        SubmissionStatus::Rejected(Some(why)) => Some(refused(&words.say(&TextKey::NotSentBecause(why.clone())))),
    }))
}

fn refused(why: &str) -> Element {
    el("p", "failed").with("role", "alert").saying(why)
}

// --- Forms ---

fn form(words: &Words, message: &Message, fields: &[Field]) -> Element {
    let form = el("form", "form").on("submit", Act::Fill(message.id));
    let form = fields.iter().fold(form, |form, field| form.and(label(words, &message.text, field)));
    form.and(submit(words))
}

fn submit(words: &Words) -> Element {
    el("button", "chip strong").with("type", "submit").told(words, &TextKey::Submit)
}

/// A field with its name; a field that is the whole question has the question for a name.
pub fn label(words: &Words, question: &str, field: &Field) -> Element {
    // A field takes the place of what its form has of this name, methods and all; no form has anything with a dash.
    let name = ["-", &field.name].concat();
    let is_tick = field.kind == FieldKind::Check;
    let entry = entry(words, field).with("name", &name).with("class", if is_tick { "tick" } else { "entry" });
    let entry = if is_tick { entry } else { entry.in_own_direction() };
    let entry = if field.is_required { entry.with("required", "") } else { entry };
    if field.label.is_empty() {
        return entry.with("aria-label", &markdown::plain_text(question));
    }
    let name = el("span", "").in_own_direction().saying(&field.label);
    if is_tick { el("label", "label check").and(entry).and(name) } else { el("label", "label").and(name).and(entry) }
}

fn entry(words: &Words, field: &Field) -> Element {
    let line = |kind| {
        let line = el("input", "").with("type", kind).with("value", &field.default);
        let line = with_some(with_some(line, "placeholder", &field.placeholder), "title", &field.pattern_error);
        with_some(line, "pattern", pattern(&field.pattern))
    };
    match &field.kind {
        FieldKind::Text => line("text"),
        FieldKind::Email => line("email").with("autocomplete", "email"),
        FieldKind::Name => line("text").with("autocomplete", "name"),
        FieldKind::Phone => line("tel").with("autocomplete", "tel").on("focus", Act::Assist("phone")),
        FieldKind::Number => line("number").with("step", "any"),
        FieldKind::Link => line("url").with("autocomplete", "url"),
        FieldKind::Date => line("date"),
        FieldKind::Check => el("input", "").with("type", "checkbox"),
        FieldKind::TextArea => {
            with_some(el("textarea", "").with("rows", "3"), "placeholder", &field.placeholder).saying(&field.default)
        }
        FieldKind::Select(choices) => {
            let none = Choice { title: words.say(&TextKey::Choose), value: String::new() };
            std::iter::once(&none).chain(choices).fold(el("select", ""), |select, choice| {
                let option = el("option", "").with("value", &choice.value).saying(&choice.title);
                let is_default = choice.value == field.default;
                select.and(if is_default { option.with("selected", "") } else { option })
            })
        }
    }
}

fn with_some(element: Element, name: &'static str, value: &str) -> Element {
    if value.is_empty() { element } else { element.with(name, value) }
}

/// A pattern without the slashes some people put around it; browsers want all of the value to match.
fn pattern(pattern: &str) -> &str {
    let bare = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    bare.map_or(pattern, |(bare, _flags)| bare)
}

/// What was filled in, to be read.
fn filled(words: &Words, kind: &MessageKind, answers: &[Answer]) -> Element {
    let fields = match kind {
        MessageKind::Form(fields) => &fields[..],
        MessageKind::Plain
        | MessageKind::Choice(_)
        | MessageKind::Cards(_)
        | MessageKind::Articles(_)
        | MessageKind::Rating(_) => &[],
    };
    answers.iter().filter(|answer| !answer.value.is_empty()).fold(el("dl", "filled"), |list, answer| {
        let field = fields.iter().find(|field| field.name == answer.name);
        let name = field.map_or(answer.title.as_str(), |field| field.label.as_str());
        let chosen = field.and_then(|field| match &field.kind {
            FieldKind::Select(choices) => choices.iter().find(|choice| choice.value == answer.value),
            FieldKind::Text
            | FieldKind::Email
            | FieldKind::TextArea
            | FieldKind::Name
            | FieldKind::Phone
            | FieldKind::Number
            | FieldKind::Link
            | FieldKind::Date
            | FieldKind::Check => None,
        });
        let value = chosen.map_or(answer.value.as_str(), |choice| choice.title.as_str());
        let name = if name.is_empty() { words.say(&TextKey::You) } else { name.to_owned() };
        list.and(el("dt", "").in_own_direction().saying(&name)).and(el("dd", "").in_own_direction().saying(value))
    })
}

// --- Choices and cards ---

fn choose(message: &Message, choices: &[Choice], answers: &[Answer]) -> Element {
    let group = el("div", "choices").with("role", "group").with("aria-label", &markdown::plain_text(&message.text));
    choices.iter().fold(group, |group, choice| group.and(chooser(message.id, choice, answers)))
}

fn chooser(message: MessageId, choice: &Choice, answers: &[Answer]) -> Element {
    let is_chosen = answers.iter().any(|answer| answer.value == choice.value && answer.title == choice.title);
    button("chip")
        .with("aria-pressed", if is_chosen { "true" } else { "false" })
        .in_own_direction()
        .on("click", Act::Tell(Wish::Chosen(message, choice.clone())))
        .saying(&choice.title)
}

fn cards(words: &Words, class: &str, message: MessageId, cards: &[Card], answers: &[Answer]) -> Element {
    cards.iter().fold(el("ul", class), |list, one| list.and(card(words, message, one, answers)))
}

fn card(words: &Words, message: MessageId, card: &Card, answers: &[Answer]) -> Element {
    let picture = card.picture.as_ref().map(|url| {
        el("img", "card-picture")
            .with("src", url.as_str())
            .with("alt", "")
            .with("loading", "lazy")
            .with("referrerpolicy", "no-referrer")
            .on("error", Act::Missing)
    });
    let leading = |class, text: &str, url| destined(words, link(url, class).in_own_direction().saying(text), text, url);
    let title = match &card.link {
        Some(url) => leading("card-title", &card.title, url),
        None => el("p", "card-title").in_own_direction().saying(&card.title),
    };
    let about = (!card.description.is_empty()).then(|| el("p", "card-about").in_own_direction());
    let all = el("li", "card").maybe(picture).and(title).maybe(about.map(|about| about.saying(&card.description)));
    card.actions.iter().fold(all, |all, action| {
        all.and(match action {
            CardAction::Link(title, url) => leading("chip", title, url),
            CardAction::Postback(choice) => chooser(message, choice, answers),
        })
    })
}

// --- Surveys ---

const FACES: [&str; 5] = ["😞", "🙁", "😐", "🙂", "😀"];
const STAR: [&str; 2] = ["☆", "★"];
/// More than a question has, in characters.
const QUESTION_CHARS: usize = 1_000;

fn rating(words: &Words, asking: Element, row: &Row, message: &Message, scale: RatingScale) -> Element {
    let rated = value_of(&row.answers, RATING).unwrap_or_default();
    let told = value_of(&row.answers, FEEDBACK).unwrap_or_default();
    let is_open = is_rating_open(message.at, (words.now)());
    let stars: usize = rated.parse().unwrap_or(0);
    let faces = FACES.iter().enumerate().fold(el("div", "faces"), |faces, (at, shown)| {
        let shown = match scale {
            RatingScale::Faces => *shown,
            RatingScale::Stars => STAR[usize::from(at < stars)],
        };
        faces.and(face(words, at, shown, rated, is_open))
    });
    let question = words.line(message, QUESTION_CHARS);
    let ask = el("fieldset", "rating").and(el("legend", "").in_own_direction().saying(&question)).and(faces);
    let asking = asking.and(el("form", "").on("change", Act::Fill(message.id)).and(ask));
    let thanks = |sentence| el("p", "thanks").with("role", "status").told(words, &sentence);
    if !told.is_empty() {
        asking.and(el("p", "told").in_own_direction().saying(told)).and(thanks(TextKey::RatingThanks))
    } else if !is_open {
        asking.and(thanks(if rated.is_empty() { TextKey::RatingClosed } else { TextKey::RatingThanks }))
    } else if rated.is_empty() {
        asking
    } else {
        let name = words.say(&TextKey::FeedbackAsk);
        let field = el("textarea", "entry").with("name", FEEDBACK).with("rows", "3").with("required", "");
        let label = el("label", "label").and(el("span", "").saying(&name)).and(field.in_own_direction());
        asking.and(el("form", "form").on("submit", Act::Fill(message.id)).and(label).and(submit(words)))
    }
}

fn face(words: &Words, at: usize, shown: &str, rated: &str, is_open: bool) -> Element {
    let value = (at as u64 + 1).to_string();
    let name = match at {
        0 => TextKey::Rating1,
        1 => TextKey::Rating2,
        2 => TextKey::Rating3,
        3 => TextKey::Rating4,
        _ => TextKey::Rating5,
    };
    let radio = el("input", "").with("type", "radio").with("name", RATING).with("value", &value);
    let radio = radio.labelled(words, &name);
    let radio = if rated == value { radio.with("checked", "") } else { radio };
    let radio = if is_open { radio } else { radio.with("disabled", "") };
    el("label", "face").with("title", &words.say(&name)).and(radio).and(el("span", "").saying(shown))
}
