//! The composer: the field that the visitor writes in, and what is sent with it.

use js_sys::Array;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{
    ClipboardEvent, Element, File, FileList, HtmlElement, HtmlInputElement, HtmlTextAreaElement, KeyboardEvent,
};

use super::attachments::file_chip;
use super::button::link_button;
use super::icon::{CLIP, CLOSE, MICROPHONE, SEND, SMILE, icon};
use super::keyed_list::KeyedList;
use super::part::{IntoPart, Part};
use super::sections::{Context, Section};
use crate::chat::{Chat, Item, Listener, Snapshot, attribute, dispatcher, label, listener, text, text_of};
use crate::i18n::TextKey;
use natter_core::Event;
use natter_core::event::{ComposerEvent, VisitorEvent};
use natter_core::model::OutgoingFile;
use natter_core::unicode::{self, is_blank};
use natter_core::view::{ComposerProblem, FILES_MAX, TEXT_CHARS_MAX, View};
use natter_core::visitor::preferences::Preference;

/// The composer. Its field's text is the browser's own: only a reload, or a discarded message, puts a text into it.
#[component]
pub fn Composer(
    /// The chat.
    chat: Chat,
) -> impl IntoView {
    let context = Context { chat, slice: chat.slices().composer, item: Item::default() };
    let is_hidden = attribute(&context.slice, |snapshot| snapshot.view.composer.is_covered.then(String::new));
    let send = listener(move |event| {
        event.prevent_default();
        submit(chat, event.current_target().and_then(|form| field_of(form.unchecked_ref())));
    });
    let paste = listener(move |event| {
        let Some(pasted) = event.unchecked_ref::<ClipboardEvent>().clipboard_data() else { return };
        let files = files_of(pasted.files());
        let text = pasted.get_data("text/plain").unwrap_or_default();
        // Office programs add a picture of a text to it, and file managers the names of the files.
        let is_named = |line: &str| files.iter().any(|file| line.ends_with(&file.name()));
        if !files.is_empty() && text.lines().all(is_named) {
            event.prevent_default();
            chat.host().pick_files(files);
        }
    });
    view! {
        <form class="composer" hidden=is_hidden on:submit=send on:paste=paste>{context.sections(&CONTENT)}</form>
    }
}

static CONTENT: [Section; 5] = [
    Section::lasting(|context, _| {
        let problem = text(&context.slice, problem);
        Some(view! { <p class="problem" role="alert">{problem}</p> }.into_part())
    }),
    Section::in_any_language(
        |before, now, _| before.view.composer.offers_notifications == now.view.composer.offers_notifications,
        |context, snapshot| snapshot.view.composer.offers_notifications.then(|| notification_offer(context)),
    ),
    Section::in_any_language(
        |before, now, _| before.view.composer.files.is_empty() == now.view.composer.files.is_empty(),
        |context, snapshot| {
            let name = label(&context.slice, TextKey::Attached);
            (!snapshot.view.composer.files.is_empty()).then(|| {
                let files = FILES.part(context.chat, &context.slice);
                view! { <ul class="picked" aria-label=name>{files}</ul> }.into_part()
            })
        },
    ),
    Section::new(
        |before, now, _| before.view.composer.characters_left == now.view.composer.characters_left,
        |_, snapshot| {
            let left = snapshot.view.composer.characters_left?;
            let class = if left < 0 { "counter exceeded" } else { "counter" };
            let text = snapshot.text(&TextKey::CharactersLeft(left.into()));
            Some(view! { <p class=class aria-hidden="true">{text}</p> }.into_part())
        },
    ),
    Section::lasting(|context, _| Some(field(context))),
];

fn problem(snapshot: &Snapshot) -> String {
    let Some(problem) = &snapshot.view.composer.problem else { return String::new() };
    snapshot.text(&match problem {
        ComposerProblem::TooLong => TextKey::TooLong(TEXT_CHARS_MAX.into()),
        ComposerProblem::TooManyUnsent => TextKey::TooMany,
        ComposerProblem::FileTooLarge(name) => TextKey::FileTooLarge(name.clone()),
        ComposerProblem::NotificationsDenied => TextKey::NotifyDenied,
        ComposerProblem::StorageUnavailable => TextKey::NotKept,
        ComposerProblem::TranscriptUnavailable => TextKey::TranscriptFailed,
        ComposerProblem::TooManyFiles => TextKey::TooManyFiles(FILES_MAX as i64),
    })
}

/// Offers browser notifications.
fn notification_offer(context: &Context) -> Part {
    let chat = context.chat;
    let accept = listener(move |_| chat.host().request_notification_permission());
    let decline = dispatcher(chat, context.item, |_| {
        Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(false)))
    });
    let choices =
        vec![link_button(context, TextKey::NotifyYes, accept), link_button(context, TextKey::NotifyNo, decline)];
    let choices = Part::all(choices);
    let question = label(&context.slice, TextKey::NotifyAsk);
    view! { <p class="offer"><span>{question}</span><span class="ways">{choices}</span></p> }.into_part()
}

/// The attached files by their index: the focus stays on the button that removes a file, for the next one.
static FILES: KeyedList = KeyedList {
    keys: |snapshot| (0..snapshot.view.composer.files.len() as u64).collect(),
    is_same: |before, now, item| file_of(before, item) == file_of(now, item),
    build: |context| view! { <li class="file">{context.sections(&FILE)}</li> }.into_part(),
};

fn file_of(snapshot: &Snapshot, item: Item) -> Option<&OutgoingFile> {
    snapshot.view.composer.files.get(item.key as usize)
}

static FILE: [Section; 2] = [
    Section::new(
        |before, now, item| file_of(before, item) == file_of(now, item),
        |context, snapshot| file_of(snapshot, context.item).map(|file| file_chip(&snapshot.localizer, file)),
    ),
    Section::lasting(|context, _| Some(remove_button(context))),
];

fn remove_button(context: &Context) -> Part {
    let (chat, slice, item) = (context.chat, context.slice.clone(), context.item);
    let remove = listener(move |_| {
        if let Some(pick) = file_of(&slice.get_untracked(), item).map(|file| file.pick) {
            chat.dispatch(Event::Composer(ComposerEvent::FileRemoved { pick }));
        }
    });
    let name = text_of(&context.slice, item, |snapshot, item| {
        let name = file_of(snapshot, item).map(|file| file.name.clone()).unwrap_or_default();
        snapshot.text(&TextKey::RemoveFile(name))
    });
    view! { <button class="tool" type="button" aria-label=name on:click=remove>{icon(CLOSE)}</button> }.into_part()
}

/// The field and its buttons, and what screen readers announce of its length.
fn field(context: &Context) -> Part {
    let chat = context.chat;
    let name = |key| label(&context.slice, key);
    let pick = listener(|event| {
        let form = event.current_target().and_then(|button| button.unchecked_into::<Element>().closest("form").ok()?);
        if let Some(picker) = form.and_then(|form| form.query_selector("[type=file]").ok().flatten()) {
            picker.unchecked_ref::<HtmlElement>().click();
        }
    });
    let picked = listener(move |event| {
        if let Some(picker) = event.current_target().map(JsCast::unchecked_into::<HtmlInputElement>) {
            chat.host().pick_files(files_of(picker.files()));
            // The same file can be picked again.
            picker.set_value("");
        }
    });
    let input = listener(move |event| {
        if let Some(field) = event.current_target().map(JsCast::unchecked_into::<HtmlTextAreaElement>) {
            let text = field.value();
            fit(&field, &text);
            chat.dispatch(Event::Composer(ComposerEvent::DraftChanged { text }));
        }
    });
    let key_down = listener(move |event| {
        let key: &KeyboardEvent = event.unchecked_ref();
        // Enter sends, Shift+Enter is a line break, and an Enter that ends an input method's composition is neither:
        // Safari marks it by the key code 229.
        if key.key() == "Enter" && !key.shift_key() && !key.is_composing() && key.key_code() != 229 {
            event.prevent_default();
            submit(chat, event.current_target().map(JsCast::unchecked_into));
        }
    });
    let length = text(&context.slice, announced_length);
    let last = context.sections(&LAST_BUTTON);
    view! {
        <p class="spoken" role="status">{length}</p>
        <div class="field">
            // The button is for people, the input behind it for the browser.
            <input class="picker" type="file" multiple=true hidden=true on:change=picked />
            <button class="attach" type="button" aria-label=name(TextKey::Attach) on:click=pick>{icon(CLIP)}</button>
            <button
                class="attach emoji" type="button" aria-label=name(TextKey::Emoji) aria-expanded="false"
                on:click=assist(chat, "emoji")
            >
                {icon(SMILE)}
            </button>
            <div class="grow">
                <textarea
                    class="input" rows="1" dir="auto" enterkeyhint="send" aria-label=name(TextKey::ComposerLabel)
                    placeholder=name(TextKey::ComposerPlaceholder) on:keydown=key_down on:input=input
                ></textarea>
            </div>
            {last}
        </div>
    }
    .into_part()
}

/// A handler that has a module help with what is written.
fn assist<E: AsRef<web_sys::Event> + 'static>(chat: Chat, module: &'static str) -> Listener<E> {
    listener(move |event| chat.host().call_module(module, "assist", &[event.current_target().into()]))
}

fn can_send(snapshot: &Snapshot) -> bool {
    snapshot.view.composer.has_text || !snapshot.view.composer.files.is_empty()
}

/// Whether a voice message is offered: as long as there is nothing to send.
fn offers_voice(snapshot: &Snapshot) -> bool {
    !can_send(snapshot) && snapshot.localizer.can_record
}

static LAST_BUTTON: [Section; 1] = [Section::in_any_language(
    |before, now, _| offers_voice(before) == offers_voice(now),
    |context, snapshot| {
        let name = |key| label(&context.slice, key);
        if offers_voice(snapshot) {
            let record = assist(context.chat, "voice");
            let name = name(TextKey::Voice);
            return Some(
                view! { <button class="attach" type="button" aria-label=name on:click=record>{icon(MICROPHONE)}</button> }
                    .into_part(),
            );
        }
        let is_disabled = attribute(&context.slice, |snapshot| (!can_send(snapshot)).then(String::new));
        let name = name(TextKey::Send);
        Some(
            view! { <button class="send" type="submit" aria-label=name disabled=is_disabled>{icon(SEND)}</button> }
                .into_part(),
        )
    },
)];

/// What is announced of the characters left: not at each key, but when fewer than a step are left.
fn announced_length(snapshot: &Snapshot) -> String {
    let left = snapshot.view.composer.characters_left;
    snapshot.text(&match left.map(|left| [0, 20, 100, 500].into_iter().find(|step| (0..=*step).contains(&left))) {
        None => return String::new(),
        Some(None) => TextKey::TooLong(TEXT_CHARS_MAX.into()),
        Some(Some(step)) => TextKey::CharactersFew(step.into()),
    })
}

/// Focuses what the visitor fills in next: the first field of the pre-chat form, or the composer's; without both, the
/// panel.
pub fn focus_first_field(panel: &Element) {
    let first = ".intro :is(input, select, textarea), .composer:not([hidden]) textarea";
    let first = panel.query_selector(first).ok().flatten();
    // It fails only for a field that is not in the page any more.
    let _ = first.as_ref().unwrap_or(panel).unchecked_ref::<HtmlElement>().focus();
}

/// Puts a text into the field when the core says so, and focuses the field when it takes the place of the pre-chat form.
pub fn update_field(view: &View, before: Option<&View>, panel: &Element) {
    let Some(field) = field_of(panel) else { return };
    if before.is_some_and(|before| before.thread.form.is_some() && view.thread.form.is_none()) {
        focus_first_field(panel);
    }
    let (count, text) = &view.composer.injected_text;
    if before.map_or(0, |before| before.composer.injected_text.0) != *count {
        field.set_value(text);
        fit(&field, text);
    }
}

fn files_of(list: Option<FileList>) -> Vec<File> {
    let files = list.map(|list| Array::from(&list)).unwrap_or_default();
    files.iter().map(JsCast::unchecked_into).collect()
}

fn submit(chat: Chat, field: Option<HtmlTextAreaElement>) {
    let Some(field) = field else { return };
    let text = field.value();
    let has_files = !chat.peek(|slices| &slices.composer).view.composer.files.is_empty();
    if has_files || !is_blank(&text) {
        field.set_value("");
        fit(&field, "");
        chat.dispatch(Event::Composer(ComposerEvent::Submitted { text }));
    }
    // On a phone, the keyboard stays open. It fails only for a field that is not in the page any more.
    let _ = field.focus();
}

fn field_of(around: &Element) -> Option<HtmlTextAreaElement> {
    around.query_selector("textarea.input").ok()?.map(JsCast::unchecked_into)
}

/// More characters than the field shows at its greatest height.
const FILLING_CHARS: usize = 900;

/// Makes the field as high as its text. The style sheet lays the text out once more, unseen, in the field's place: so the
/// height is right when the panel is shown and when its width changes. Of a long text, the beginning fills the field.
fn fit(field: &HtmlTextAreaElement, text: &str) {
    if let Some(around) = field.parent_element() {
        // A value can always be set.
        let _ = around.set_attribute("data-text", unicode::beginning(text, FILLING_CHARS));
    }
}
