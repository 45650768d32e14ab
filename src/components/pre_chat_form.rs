//! The pre-chat form, in place of the thread until it is submitted.

use leptos::prelude::*;

use super::form::{FieldName, control_name, field, submit_button, values};
use super::markdown::formatted;
use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::{Item, Snapshot, listener, text_of};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::content::FieldKind;
use natter_core::event::VisitorEvent;
use natter_core::markdown;
use natter_core::visitor::pre_chat_form::{CONSENT, Consent, PreChatForm};

/// The form. What is filled in stays when the language changes.
pub fn pre_chat_form(context: &Context, snapshot: &Snapshot, form: &PreChatForm) -> Part {
    let fields = form.fields.iter().enumerate().map(|(index, one)| {
        let label = text_of(&context.slice, Item { index, ..context.item }, field_label);
        field(context, FieldName::Label(label.into_part()), one)
    });
    let fields = Part::all(fields.collect());
    let consent = Part::maybe(form.consent.as_ref().map(|consent| consent_box(snapshot, consent)));
    let chat = context.chat;
    let submit = listener(move |event| {
        event.prevent_default();
        chat.dispatch(Event::Visitor(VisitorEvent::PreChatFormSubmitted { values: values(event) }));
    });
    view! {
        <div class="intro">
            <div class="intro-text">{context.sections(&TEXT)}</div>
            <form class="form" on:submit=submit>
                {fields}{consent}{submit_button(context, TextKey::IntroStart)}
            </form>
        </div>
    }
    .into_part()
}

static TEXT: [Section; 1] = [Section::new(
    |before, now, _| text(before) == text(now),
    |_, snapshot| {
        let text = match text(snapshot) {
            "" => snapshot.text(&TextKey::IntroText),
            text => text.to_owned(),
        };
        Some(formatted(&snapshot.localizer, markdown::parse(&text)))
    },
)];

fn text(snapshot: &Snapshot) -> &str {
    snapshot.view.thread.form.as_ref().map_or("", |form| &form.text)
}

/// The label of a field: the site's, or the widget's own for what every site asks; with a mark where nothing is required.
fn field_label(snapshot: &Snapshot, item: Item) -> String {
    let field = snapshot.view.thread.form.as_ref().and_then(|form| form.fields.get(item.index));
    let Some(field) = field else { return String::new() };
    let own = match field.kind {
        FieldKind::Name => snapshot.text(&TextKey::FieldName),
        FieldKind::Email => snapshot.text(&TextKey::FieldEmail),
        FieldKind::Phone => snapshot.text(&TextKey::FieldPhone),
        FieldKind::Text
        | FieldKind::TextArea
        | FieldKind::Select(_)
        | FieldKind::Number
        | FieldKind::Link
        | FieldKind::Date
        | FieldKind::Check => field.name.clone(),
    };
    let label = if field.label.is_empty() { own } else { field.label.clone() };
    if field.is_required || field.kind == FieldKind::Check {
        return label;
    }
    [&label, " (", &snapshot.text(&TextKey::IntroOptional), ")"].concat()
}

fn consent_box(snapshot: &Snapshot, consent: &Consent) -> Part {
    let (name, text) = (control_name(CONSENT), formatted(&snapshot.localizer, markdown::parse(&consent.text)));
    view! {
        <label class="label check">
            <input class="tick" type="checkbox" name=name required=true /><span class="terms">{text}</span>
        </label>
    }
    .into_part()
}
