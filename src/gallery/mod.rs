//! Every part of the panel in every state, to be looked at without a server: `trunk serve --features gallery` has it
//! under `/gallery`, `cargo xtask gallery` takes its pictures. Nothing of it is in a release.
//!
//! A screen is a [`View`], shown by the widget's own components in the panel of the widget's own element. What is
//! fetched in a real page is drawn on the spot: `page.js` stands in for the network.

mod around;
mod asking;
mod conversations;
mod files;
mod language;
#[cfg(target_arch = "wasm32")]
mod page;
mod panel;
mod sends;
mod talk;
mod threads;
mod writing;

pub use language::long_words;
#[cfg(target_arch = "wasm32")]
pub use page::gallery;

use natter_core::view::View;

/// The time in the gallery, so that its pictures are the same each day: a Saturday in November, 12:00 UTC.
pub const NOON: u64 = 1_795_262_400;

/// What a page shows of the gallery when it holds it, and a release must not: `cargo xtask build` looks for it.
pub const MARK: &str = "natter-gallery";

/// What the element itself shows, before and without any wasm; `page.js` brings it about.
pub const ELEMENT: [&str; 4] = ["element-launcher", "element-unread", "element-skeleton", "element-failed"];

/// One state of the panel.
#[derive(Clone, Debug)]
pub struct Screen {
    /// What it is called: words with dashes.
    pub name: &'static str,
    /// What there is to see.
    pub view: View,
    /// What is to be clicked before it can be seen, as a selector; "" for nothing.
    pub click: &'static str,
    /// Whether the panel is closed.
    pub is_closed: bool,
}

impl Screen {
    /// A screen that is there at once.
    #[must_use]
    pub const fn new(name: &'static str, view: View) -> Self {
        Self { name, view, click: "", is_closed: false }
    }

    /// The same with the panel closed.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { is_closed: true, ..self }
    }

    /// The same after a click on this.
    #[must_use]
    pub fn clicked(self, click: &'static str) -> Self {
        Self { click, ..self }
    }
}

/// All screens, in the order in which people look at them.
#[must_use]
pub fn screens() -> Vec<Screen> {
    [
        panel::screens(),
        threads::screens(),
        conversations::screens(),
        sends::screens(),
        writing::screens(),
        asking::screens(),
        files::screens(),
        panel::composers(),
        around::screens(),
    ]
    .concat()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_screen_has_a_name_of_its_own_that_a_file_can_have() {
        let screens = screens();
        let names: BTreeSet<&str> = screens.iter().map(|screen| screen.name).chain(ELEMENT).collect();
        assert_eq!(names.len(), screens.len() + ELEMENT.len());
        let is_plain = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
        assert!(names.iter().all(is_plain), "{names:?}");
    }

    #[test]
    fn rows_of_one_screen_have_keys_of_their_own() {
        for screen in screens() {
            let keys: BTreeSet<u64> = screen.view.thread.rows.iter().map(|row| row.key.0).collect();
            assert_eq!(keys.len(), screen.view.thread.rows.len(), "{}", screen.name);
        }
    }
}
