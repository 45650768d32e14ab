//! What is shown over the launcher: the newest messages nobody has looked at.

use super::face::face;
use super::icon::{CLOSE, button, icon_button};
use super::wish::Wish;
use super::{Act, Element, Node, Words, el};
use crate::i18n::TextKey;
use natter_core::model::Message;
use natter_core::view::View;

/// As much of a message as is shown here, in characters: the style sheet shows two lines of it.
const SHOWN_CHARS: usize = 140;

/// The cards, newest last; nothing as long as there are none.
#[must_use]
pub fn previews(words: &Words, view: &View, _was: Option<&View>) -> Node {
    let cards = el("div", "cards-over");
    if view.previews.is_empty() {
        return Node::Element(cards.with("hidden", ""));
    }
    let dismiss = icon_button("dismiss", CLOSE, &words.say(&TextKey::PreviewsDismiss));
    let cards = cards.and(dismiss.on("click", Act::Tell(Wish::Dismissed)));
    Node::Element(view.previews.iter().fold(cards, |cards, message| cards.and(card(words, message))))
}

fn card(words: &Words, message: &Message) -> Element {
    let called = words.author(&message.author);
    let text = |class: &str, text: &str| el("span", class).in_own_direction().saying(text);
    let said = el("span", "said").and(text("who", &called)).and(text("excerpt", &words.line(message, SHOWN_CHARS)));
    let card = button("preview").keyed(message.id.0).on("click", Act::Open);
    card.maybe(message.author.person().map(|person| face(person, &called))).and(said)
}
