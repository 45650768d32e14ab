//! Where the visitor writes.

use super::icon::{SEND, icon};
use super::{Act, Node, Words, el};
use crate::core::view::{Problem, TEXT_CHARS_MAX, View};
use crate::text::Sentence;

/// The field and its button.
#[must_use]
pub fn composer(words: &Words, view: &View, _was: Option<&View>) -> Node {
    let problem = match view.composer.problem {
        Some(Problem::TooLong) => words.say(&Sentence::TooLong(TEXT_CHARS_MAX)),
        Some(Problem::TooMany) => words.say(&Sentence::TooMany),
        None => String::new(),
    };
    // The field's text is the browser's own; only a reload, or a message taken back, puts text into it.
    let field = el("textarea", "input")
        .with("rows", "1")
        .with("dir", "auto")
        .with("enterkeyhint", "send")
        .with("aria-label", &words.say(&Sentence::ComposerLabel))
        .with("placeholder", &words.say(&Sentence::ComposerPlaceholder))
        .on("keydown", Act::Pressed)
        .on("input", Act::Typed);
    let send =
        el("button", "send").with("type", "submit").with("aria-label", &words.say(&Sentence::Send)).and(icon(SEND));
    let send = if view.composer.has_text { send } else { send.with("disabled", "") };
    Node::Element(
        el("form", "composer")
            .on("submit", Act::Submit)
            .and(el("p", "problem").with("role", "alert").saying(&problem))
            .and(el("div", "field").and(field).and(send)),
    )
}
