//! Forms: the fields of interactive messages and of the pre-chat form, and what was filled in.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Event, FormData, HtmlFormElement};

use super::markdown::line;
use super::part::{IntoPart, Part};
use super::sections::Context;
use crate::chat::{label, listener};
use crate::i18n::TextKey;
use natter_core::content::{Choice, Field, FieldKind};

/// What a field is called.
pub enum FieldName {
    /// A visible label with this text.
    Label(Part),
    /// Only for screen readers: the form's question.
    Hidden(String),
}

/// A field with its name.
pub fn field(context: &Context, name: FieldName, field: &Field) -> Part {
    match name {
        FieldName::Hidden(name) => control(context, field, Some(name)),
        FieldName::Label(name) => {
            let name = view! { <span dir="auto">{name}</span> }.into_part();
            let control = control(context, field, None);
            let (class, first, second) = match field.kind {
                FieldKind::Check => ("label check", control, name),
                FieldKind::Text
                | FieldKind::Email
                | FieldKind::TextArea
                | FieldKind::Select(_)
                | FieldKind::Name
                | FieldKind::Phone
                | FieldKind::Number
                | FieldKind::Link
                | FieldKind::Date => ("label", name, control),
            };
            view! { <label class=class>{first}{second}</label> }.into_part()
        }
    }
}

/// A button that submits its form.
pub fn submit_button(context: &Context, key: TextKey) -> Part {
    view! { <button class="chip strong" type="submit">{label(&context.slice, key)}</button> }.into_part()
}

/// The values in the form that an event is about, by the fields' names. Files are left out.
pub fn values(event: &Event) -> Vec<(String, String)> {
    let form = event.current_target().map(JsCast::unchecked_into::<HtmlFormElement>);
    let Some(Ok(data)) = form.map(|form| FormData::new_with_form(&form)) else { return Vec::new() };
    let value = |pair: JsValue| {
        let pair = Array::from(&pair);
        let name = pair.get(0).as_string()?;
        Some((name.strip_prefix(NAME_PREFIX).unwrap_or(&name).to_owned(), pair.get(1).as_string()?))
    };
    Array::from(&data).iter().filter_map(value).collect()
}

/// Before the names that agents gave: a field replaces the form's own property of its name, methods included, and no form
/// has a property that begins so.
const NAME_PREFIX: &str = "-";

/// The name of a field as its form has it.
pub fn control_name(name: &str) -> String {
    [NAME_PREFIX, name].concat()
}

fn control(context: &Context, field: &Field, hidden_name: Option<String>) -> Part {
    let line = |kind, autocomplete| {
        let pattern = pattern(&field.pattern).to_owned();
        let line = Input { kind, autocomplete, pattern: some(pattern), ..Input::default() };
        Input { value: Some(field.default.clone()), title: some(field.pattern_error.clone()), ..line }
    };
    let input = match &field.kind {
        FieldKind::TextArea => return text_area(field, hidden_name),
        FieldKind::Select(choices) => return select(context, field, choices, hidden_name),
        FieldKind::Text => line("text", None),
        FieldKind::Email => line("email", Some("email")),
        FieldKind::Name => line("text", Some("name")),
        FieldKind::Phone => line("tel", Some("tel")),
        FieldKind::Number => Input { step: Some("any"), ..line("number", None) },
        FieldKind::Link => line("url", Some("url")),
        FieldKind::Date => line("date", None),
        FieldKind::Check => Input { kind: "checkbox", ..Input::default() },
    };
    let is_check = field.kind == FieldKind::Check;
    let (chat, is_phone) = (context.chat, field.kind == FieldKind::Phone);
    let assist = listener(move |event| {
        if let Some(target) = event.current_target().filter(|_| is_phone) {
            chat.host().call_module("phone", "assist", &[target.into()]);
        }
    });
    let placeholder = some(field.placeholder.clone()).filter(|_| !is_check);
    let (class, dir) = if is_check { ("tick", None) } else { ("entry", Some("auto")) };
    let name = control_name(&field.name);
    let is_required = field.is_required;
    let Input { kind, value, autocomplete, step, title, pattern } = input;
    view! {
        <input
            type=kind value=value placeholder=placeholder title=title pattern=pattern autocomplete=autocomplete step=step
            name=name class=class dir=dir required=is_required aria-label=hidden_name on:focus=assist
        />
    }
    .into_part()
}

/// What distinguishes the kinds of one-line fields.
#[derive(Default)]
struct Input {
    kind: &'static str,
    value: Option<String>,
    autocomplete: Option<&'static str>,
    step: Option<&'static str>,
    title: Option<String>,
    pattern: Option<String>,
}

fn text_area(field: &Field, hidden_name: Option<String>) -> Part {
    let (name, placeholder) = (control_name(&field.name), some(field.placeholder.clone()));
    let (value, is_required) = (field.default.clone(), field.is_required);
    view! {
        <textarea
            rows="3" placeholder=placeholder name=name class="entry" dir="auto" required=is_required
            aria-label=hidden_name
        >
            {value}
        </textarea>
    }
    .into_part()
}

fn select(context: &Context, field: &Field, choices: &[Choice], hidden_name: Option<String>) -> Part {
    let option = |value: &str, title: Part| {
        let (value, is_selected) = (value.to_owned(), value == field.default);
        view! { <option value=value selected=is_selected>{title}</option> }.into_part()
    };
    let mut options = vec![option("", label(&context.slice, TextKey::Choose).into_part())];
    options.extend(choices.iter().map(|choice| option(&choice.value, choice.title.clone().into_part())));
    let (name, is_required, options) = (control_name(&field.name), field.is_required, Part::all(options));
    view! {
        <select name=name class="entry" dir="auto" required=is_required aria-label=hidden_name>{options}</select>
    }
    .into_part()
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

/// A pattern without the slashes that some people put around it; browsers want the whole value to match.
fn pattern(pattern: &str) -> &str {
    let bare = pattern.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
    bare.map_or(pattern, |(bare, _flags)| bare)
}

/// Names and values that were filled in.
pub fn filled_in(answers: impl Iterator<Item = (String, String)>) -> Part {
    let answers = answers.flat_map(|(name, value)| [line("dt", "", name), line("dd", "", value)]);
    let answers = Part::all(answers.collect());
    view! { <dl class="filled">{answers}</dl> }.into_part()
}
