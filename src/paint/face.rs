//! People's faces.

use super::{Act, Element, el};
use natter_core::model::Person;
use natter_core::url::SafeUrl;

/// Somebody's picture, over the first letters of their name: those are seen where there is none, or none can be had.
pub fn face(person: &Person, called: &str) -> Element {
    // The style sheet makes capitals of them: what is one in which script would weigh 14 kB here.
    let letters: String = called.split(' ').filter_map(|word| word.chars().next()).take(2).collect();
    let picture = SafeUrl::of_file(&person.avatar_url);
    let picture = picture.map(|url| {
        el("img", "")
            .with("alt", "")
            .with("loading", "lazy")
            .with("referrerpolicy", "no-referrer")
            .with("src", url.as_str())
            .on("error", Act::Missing)
    });
    el("span", "avatar").with("aria-hidden", "true").saying(&letters).maybe(picture)
}
