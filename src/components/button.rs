//! Buttons that look like links.

use leptos::prelude::*;
use web_sys::MouseEvent;

use super::part::{IntoPart, Part};
use super::sections::Context;
use crate::chat::{Listener, label};
use crate::i18n::TextKey;

/// A button with a text of the locale.
pub fn link_button(context: &Context, key: TextKey, click: Listener<MouseEvent>) -> Part {
    let text = label(&context.slice, key);
    view! { <button class="link" type="button" on:click=click>{text}</button> }.into_part()
}
