//! Avatars.

use leptos::prelude::*;

use super::media_retry::hide;
use super::part::{IntoPart, Part};
use crate::chat::listener;
use natter_core::model::Person;
use natter_core::url::SafeUrl;

/// Somebody's picture, over the first letters of their name, which are seen when there is no picture or it can't be
/// loaded.
pub fn avatar(person: &Person, name: &str) -> Part {
    // The style sheet turns them into capitals: Unicode's tables for that would weigh 14 kB here.
    let letters: String = name.split(' ').filter_map(|word| word.chars().next()).take(2).collect();
    let picture = SafeUrl::of_file(&person.avatar_url).map(|url| decorative_image(None, &url));
    view! { <span class="avatar" aria-hidden="true">{letters}{Part::maybe(picture)}</span> }.into_part()
}

/// An image of somebody else's server that only decorates: it is hidden when it can't be loaded.
pub fn decorative_image(class: Option<&'static str>, url: &SafeUrl) -> Part {
    let url = url.as_str().to_owned();
    view! { <img class=class alt="" loading="lazy" referrerpolicy="no-referrer" src=url on:error=listener(hide) /> }
        .into_part()
}
