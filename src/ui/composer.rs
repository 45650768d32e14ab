//! Where the visitor writes.

use leptos::html;
use leptos::prelude::*;
use web_sys::KeyboardEvent;

use super::Ui;
use super::icon::{Icon, SEND};
use crate::core::Event;
use crate::core::view::{Problem, TEXT_CHARS_MAX};
use crate::text::Sentence;

/// The field and its button. Enter sends, Shift+Enter is a new line, and an Enter that ends an input method's
/// composition does neither.
#[component]
pub fn Composer(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    let field = NodeRef::<html::Textarea>::new();
    let is_empty = RwSignal::new(true);

    // The field is the browser's own; only a reload, or a message taken back, puts text into it.
    Effect::new(move |seen: Option<u32>| {
        let (times, text) = ui.composer.with(|composer| composer.put.clone());
        if let Some(field) = field.get().filter(|_| times != seen.unwrap_or(0)) {
            field.set_value(&text);
            is_empty.set(text.trim().is_empty());
            fit(&field);
            return times;
        }
        seen.unwrap_or(0)
    });

    let submit = move || {
        let Some(field) = field.get_untracked() else { return };
        let text = field.value();
        if !text.trim().is_empty() {
            field.set_value("");
            is_empty.set(true);
            fit(&field);
            ui.dispatch(Event::Submitted(text));
        }
        // On a phone the keyboard stays; it has nothing to say if it can't.
        let _ = field.focus();
    };
    let on_key = move |event: KeyboardEvent| {
        // 229: how Safari marks the Enter that ends a composition.
        if event.key() == "Enter" && !event.shift_key() && !event.is_composing() && event.key_code() != 229 {
            event.prevent_default();
            submit();
        }
    };
    let on_input = move |_| {
        let Some(field) = field.get_untracked() else { return };
        let text = field.value();
        is_empty.set(text.trim().is_empty());
        fit(&field);
        ui.dispatch(Event::Drafted(text));
    };
    let problem = move || {
        let problem = ui.composer.with(|composer| composer.problem)?;
        Some(ui.say(&match problem {
            Problem::TooLong => Sentence::TooLong(TEXT_CHARS_MAX),
            Problem::TooMany => Sentence::TooMany,
        }))
    };
    view! {
        <form class={"composer"} on:submit=move |event| { event.prevent_default(); submit(); }>
            <p class={"problem"} role={"alert"}>{problem}</p>
            <div class={"field"}>
                <textarea
                    class={"input"}
                    rows={"1"}
                    dir={"auto"}
                    node_ref=field
                    enterkeyhint={"send"}
                    aria-label={ui.say(&Sentence::ComposerLabel)}
                    placeholder={ui.say(&Sentence::ComposerPlaceholder)}
                    on:keydown=on_key
                    on:input=on_input
                ></textarea>
                <button class={"send"} type={"submit"} aria-label={ui.say(&Sentence::Send)} disabled=move || is_empty.get()>
                    <Icon path={SEND}/>
                </button>
            </div>
        </form>
    }
}

/// Makes the field as high as its text; the style sheet bounds it. Browsers with `field-sizing` need no help.
fn fit(field: &web_sys::HtmlTextAreaElement) {
    let style = web_sys::HtmlElement::style(field);
    // A style the browser refuses leaves the field one line high, and scrolling.
    let _ = style.set_property("height", "auto");
    let _ = style.set_property("height", &format!("{}px", field.scroll_height()));
}
