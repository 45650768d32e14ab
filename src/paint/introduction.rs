//! The form before the first message.

use super::asked::label;
use super::markdown::formatted;
use super::{Act, Element, Words, el};
use crate::i18n::TextKey;
use natter_core::content::{Field, FieldKind};
use natter_core::visitor::pre_chat_form::{CONSENT, Consent, PreChatForm};

/// What is to be filled in before anything can be written.
pub fn introduction(words: &Words, form: &PreChatForm) -> Element {
    let text = if form.text.is_empty() { words.say(&TextKey::IntroText) } else { form.text.clone() };
    let text = formatted(words, &text).into_iter().fold(el("div", "intro-text"), Element::and);
    let fields = form.fields.iter().map(|field| label(words, "", &named(words, field)));
    let start = el("button", "chip strong").with("type", "submit").told(words, &TextKey::IntroStart);
    let filled = fields.fold(el("form", "form").on("submit", Act::Introduce), Element::and);
    el("div", "intro").and(text).and(filled.maybe(form.consent.as_ref().map(|it| consent(words, it))).and(start))
}

/// With the widget's own name for what every site asks, and a word where nothing need be said.
fn named(words: &Words, field: &Field) -> Field {
    let own = match field.kind {
        FieldKind::Name => words.say(&TextKey::FieldName),
        FieldKind::Email => words.say(&TextKey::FieldEmail),
        FieldKind::Phone => words.say(&TextKey::FieldPhone),
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::Select(_)
        | FieldKind::Number
        | FieldKind::Link
        | FieldKind::Date
        | FieldKind::Check => field.name.clone(),
    };
    let label = if field.label.is_empty() { own } else { field.label.clone() };
    let is_open = !field.is_required && field.kind != FieldKind::Check;
    let optional = || [&label, " (", &words.say(&TextKey::IntroOptional), ")"].concat();
    Field { label: if is_open { optional() } else { label }, ..field.clone() }
}

fn consent(words: &Words, consent: &Consent) -> Element {
    let name = ["-", CONSENT].concat();
    let tick = el("input", "tick").with("type", "checkbox").with("name", &name).with("required", "");
    let text = formatted(words, &consent.text).into_iter().fold(el("span", "terms"), Element::and);
    el("label", "label check").and(tick).and(text)
}
