//! The panel's head: who one writes to, and how the connection is.

use super::icon::{CLOSE, icon_button};
use super::{Act, Node, Words, el};
use crate::core::view::{Connection, View};
use crate::text::Sentence;

/// The head, with the slim line under it.
#[must_use]
pub fn header(words: &Words, view: &View, _was: Option<&View>) -> Node {
    let trouble = match view.panel.connection {
        Connection::Fine => String::new(),
        Connection::Offline => words.say(&Sentence::Offline),
        Connection::Unreachable => words.say(&Sentence::Unreachable),
        Connection::Busy => words.say(&Sentence::Busy),
        Connection::Barred => words.say(&Sentence::Barred),
    };
    let close = icon_button("tool", CLOSE, &words.say(&Sentence::Close)).on("click", Act::Close);
    let title = el("h2", "title").saying(&words.say(&Sentence::PanelLabel));
    Node::Element(
        el("div", "top")
            .and(el("header", "head").and(title).and(close))
            .and(el("p", "trouble").with("role", "status").saying(&trouble)),
    )
}
