//! What visitors do to elements, and what painting asks of them beyond their attributes.

use natter_core::event::{ComposerEvent, ThreadEvent, VisitorEvent};
use std::sync::Arc;

use js_sys::Array;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{
    ClipboardEvent, DragEvent, Element, EventTarget, File, FileList, FormData, HtmlElement, HtmlFormElement,
    HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
};

use super::scrolling::{Still, scrolled};
use super::{Ui, loading, menu};
use crate::i18n::TextKey;
use crate::js::object;
use crate::paint::{Act, Wish};
use natter_core::Event;
use natter_core::content::{Attachment, AttachmentKind, FILE_RETRIES_MS};
use natter_core::model::MessageId;
use natter_core::url::SafeUrl;
use natter_core::view::{RowContent, View};

/// Does what an element is there for.
pub fn perform(ui: &Ui, act: &Act, event: &web_sys::Event) {
    let target = event.current_target();
    match act {
        Act::Tell(wish) => {
            if let Some(target) = target.map(JsCast::unchecked_into::<Element>) {
                get_ready(ui, wish, target);
            }
            ui.dispatch(wish.event());
        }
        Act::Close => (ui.hands().open)(false),
        Act::Open => (ui.hands().open)(true),
        Act::Notify => (ui.hands().notify)(),
        Act::Speak => {
            let chosen = target.map(|list| list.unchecked_into::<HtmlInputElement>().value());
            (ui.hands().speak)(&chosen.unwrap_or_default());
        }
        Act::Typed => {
            if let Some(field) = target.map(JsCast::unchecked_into::<HtmlTextAreaElement>) {
                fit(&field);
                ui.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: field.value() }));
            }
        }
        Act::Pressed => {
            let key: &KeyboardEvent = event.unchecked_ref();
            // Enter sends, Shift+Enter is a new line, and an Enter that ends an input method's composition does
            // neither; 229 is how Safari marks that one.
            if key.key() == "Enter" && !key.shift_key() && !key.is_composing() && key.key_code() != 229 {
                event.prevent_default();
                submit(ui, target.map(JsCast::unchecked_into));
            }
        }
        Act::Submit => {
            event.prevent_default();
            submit(ui, target.and_then(|form| field(form.unchecked_ref())));
        }
        Act::Fill(message) => {
            event.prevent_default();
            if let Some(form) = target.map(JsCast::unchecked_into::<HtmlFormElement>) {
                ui.dispatch(Event::Thread(ThreadEvent::FormSubmitted { message: *message, fields: fields(&form) }));
            }
        }
        Act::Introduce => {
            event.prevent_default();
            if let Some(form) = target.map(JsCast::unchecked_into::<HtmlFormElement>) {
                ui.dispatch(Event::Visitor(VisitorEvent::PreChatFormSubmitted { values: fields(&form) }));
            }
        }
        Act::Look(message, file) => look(ui, *message, *file, target),
        Act::Assist(module) => {
            (ui.hands().call)(module, "assist", &[target.into()]);
        }
        Act::Pick => {
            let form = target.and_then(|it| it.unchecked_into::<Element>().closest("form").ok().flatten());
            if let Some(picker) = form.and_then(|form| form.query_selector("[type=file]").ok().flatten()) {
                picker.unchecked_ref::<HtmlElement>().click();
            }
        }
        Act::Picked => {
            if let Some(picker) = target.map(JsCast::unchecked_into::<HtmlInputElement>) {
                (ui.hands().pick)(listed(picker.files()));
                // The same file can be picked again.
                picker.set_value("");
            }
        }
        Act::Pasted => {
            let pasted = event.unchecked_ref::<ClipboardEvent>().clipboard_data();
            let files = listed(pasted.and_then(|pasted| pasted.files()));
            if !files.is_empty() {
                event.prevent_default();
                (ui.hands().pick)(files);
            }
        }
        Act::Dropped => {
            // Without that, the browser would leave the page for the file.
            event.prevent_default();
            let dropped = event.unchecked_ref::<DragEvent>().data_transfer();
            if event.type_() == "drop" {
                (ui.hands().pick)(listed(dropped.and_then(|dropped| dropped.files())));
            }
        }
        Act::Missing => {
            if let Some(picture) = target.map(JsCast::unchecked_into::<HtmlElement>) {
                picture.set_hidden(true);
            }
        }
        Act::NotLoaded(sources) => {
            if let Some(media) = target.map(JsCast::unchecked_into::<HtmlElement>) {
                ui.loading().failed(&media, sources);
            }
        }
        Act::Loaded => {
            if let Some(media) = target.map(JsCast::unchecked_into::<HtmlElement>) {
                loading::succeeded(&media);
            }
        }
        Act::LeftMenu => menu::left(event),
        Act::SteeredMenu => menu::steered(event.unchecked_ref()),
        Act::Scrolled => {
            if let Some(thread) = target.map(JsCast::unchecked_into::<Element>) {
                scrolled(ui, &thread);
            }
        }
    }
}

fn listed(list: Option<FileList>) -> Vec<File> {
    let files = list.map(|list| Array::from(&list)).unwrap_or_default();
    files.iter().map(JsCast::unchecked_into).collect()
}

/// Shows a message's pictures large, beginning with this one.
fn look(ui: &Ui, message: MessageId, file: u64, target: Option<EventTarget>) {
    let view = ui.view();
    let held = view.thread.rows.iter().find_map(|row| match &row.content {
        RowContent::Stored(said) if said.id == message => Some(Arc::clone(said)),
        RowContent::Stored(_) | RowContent::Outgoing { .. } => None,
    });
    let (Some(message), Some(target)) = (held, target) else { return };
    let is_shown = |one: &&Attachment| one.kind == AttachmentKind::Image && one.url.is_some();
    let pictures: Vec<&Attachment> = message.attachments.iter().filter(is_shown).collect();
    let at = pictures.iter().position(|one| one.id == file).unwrap_or(0);
    let picture = |one: &&Attachment| {
        let url = one.url.as_ref().map_or("", SafeUrl::as_str);
        object(&[("src", url.into()), ("alt", one.name.as_str().into()), ("name", one.name.as_str().into())])
    };
    let words = ui.words();
    let label = |name, sentence| (name, JsValue::from(words.say(&sentence)));
    let labels = object(&[
        label("close", TextKey::Close),
        label("previous", TextKey::PicturePrevious),
        label("next", TextKey::PictureNext),
        label("open", TextKey::PictureOriginal),
        label("picture", TextKey::PictureViewer),
        label("broken", TextKey::FileGone),
    ]);
    let retries: Array = FILE_RETRIES_MS.iter().map(|ms| JsValue::from(*ms)).collect();
    let pictures: Array = pictures.iter().map(picture).collect();
    let options = object(&[
        ("pictures", pictures.into()),
        ("at", JsValue::from(at as u32)),
        ("labels", labels.into()),
        ("retries", retries.into()),
    ]);
    let root = target.unchecked_into::<Element>().get_root_node();
    (ui.hands().call)("lightbox", "open", &[root.into(), options.into()]);
}

fn submit(ui: &Ui, field: Option<HtmlTextAreaElement>) {
    let Some(field) = field else { return };
    let text = field.value();
    if !text.trim().is_empty() || !ui.view().composer.files.is_empty() {
        field.set_value("");
        fit(&field);
        ui.dispatch(Event::Composer(ComposerEvent::Submitted { text }));
    }
    // On a phone the keyboard stays; it has nothing to say if it can't.
    let _ = field.focus();
}

/// What is in a form, by name, without the dash that agents' names are painted with; a file is no answer.
fn fields(form: &HtmlFormElement) -> Vec<(String, String)> {
    let Ok(data) = FormData::new_with_form(form) else { return Vec::new() };
    let pair = |pair: JsValue| {
        let pair = Array::from(&pair);
        let name = pair.get(0).as_string()?;
        Some((name.strip_prefix('-').unwrap_or(&name).to_owned(), pair.get(1).as_string()?))
    };
    Array::from(&data).iter().filter_map(pair).collect()
}

/// Nothing more is to be done.
pub fn nothing(_: &View, _: Option<&View>, _: &Element) {}

/// What a wish is about to change about the element that led to it.
fn get_ready(ui: &Ui, wish: &Wish, target: Element) {
    if matches!(wish, Wish::Folded(..)) {
        ui.keep_still(Still::at(target));
    } else if matches!(wish, Wish::WantedNewest | Wish::Retried(_)) {
        // The button goes; the focus stays in the thread.
        focus_thread(&target);
    } else if matches!(
        wish,
        Wish::Listed(_) | Wish::Switched(_) | Wish::Ended | Wish::WantedTranscript(_) | Wish::Forgot
    ) {
        menu::close(&target);
    }
}

fn focus_thread(inside: &Element) {
    if let Ok(Some(thread)) = inside.closest(".thread") {
        // A thread that can't have the focus is not in the page any more.
        let _ = thread.unchecked_ref::<HtmlElement>().focus();
    }
}

/// Whoever sends something, or asks for the newest, wants to see it.
pub fn show_newest(view: &View, was: Option<&View>, thread: &Element) {
    if was.map_or(0, |was| was.thread.jumps) != view.thread.jumps {
        thread.set_scroll_top(0);
    }
    // Where there is something to be filled in first, there is nothing else to be done.
    let asks = |view: &View| view.thread.form.is_some();
    if asks(view)
        && view.panel.is_open
        && !was.is_some_and(asks)
        && let Ok(Some(first)) = thread.query_selector(".intro :is(input, select, textarea)")
    {
        // A field that can't have the focus is not in the page any more.
        let _ = first.unchecked_ref::<HtmlElement>().focus();
    }
}

/// A reload, or a message taken back, puts text into the writing field.
pub fn put_text(view: &View, was: Option<&View>, composer: &Element) {
    // The form before the first message gives way to the field: on with it.
    if was.is_some_and(|was| was.thread.form.is_some() && view.thread.form.is_none())
        && let Some(field) = field(composer)
    {
        // A field that can't have the focus is not in the page any more.
        let _ = field.focus();
    }
    let (times, text) = &view.composer.injected_text;
    if was.map_or(0, |was| was.composer.injected_text.0) != *times
        && let Some(field) = field(composer)
    {
        field.set_value(text);
        fit(&field);
    }
}

fn field(composer: &Element) -> Option<HtmlTextAreaElement> {
    composer.query_selector("textarea").ok()?.map(JsCast::unchecked_into)
}

/// Makes the field as high as its text; the style sheet bounds it. Browsers with `field-sizing` need no help.
fn fit(field: &HtmlTextAreaElement) {
    let style = HtmlElement::style(field);
    // A style the browser refuses leaves the field one line high, and scrolling.
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &[&field.scroll_height().unsigned_abs().to_string(), "px"].concat());
}
