//! The panel's head: who one writes to, and how the connection is.

use super::icon::{BACK, CLOSE, MORE, button, icon, icon_button};
use super::{Act, Element, Node, Words, el};
use crate::core::Event;
use crate::core::view::{Choices, Connection, View};
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
    let choices = &view.panel.choices;
    let back = choices.is_listing.then(|| {
        icon_button("tool back", BACK, &words.say(&Sentence::Back)).on("click", Act::Tell(Event::Listed(false)))
    });
    let title = if choices.is_listing { Sentence::Conversations } else { Sentence::PanelLabel };
    let title = el("h2", "title").saying(&words.say(&title));
    Node::Element(
        el("div", "top")
            .and(el("header", "head").maybe(back).and(title).maybe(menu(words, choices)).and(close))
            .and(el("p", "trouble").with("role", "status").saying(&trouble)),
    )
}

/// What else one can do; nothing where there is nothing.
fn menu(words: &Words, choices: &Choices) -> Option<Element> {
    let item = |event, sentence| {
        let item = button("item").on("click", Act::Tell(event));
        el("li", "").and(item.saying(&words.say(&sentence)))
    };
    let list = (choices.list && !choices.is_listing).then(|| item(Event::Listed(true), Sentence::Conversations));
    let begin = choices.begin.then(|| item(Event::Switched(None), Sentence::NewConversation));
    let end = (choices.end && !choices.is_listing).then(|| item(Event::Ended, Sentence::EndConversation));
    let is_empty = list.is_none() && begin.is_none() && end.is_none();
    let unread = (choices.unread > 0).then(|| el("span", "count").saying(&choices.unread.to_string()));
    let opener = el("summary", "tool").with("aria-label", &words.say(&Sentence::Menu)).and(icon(MORE)).maybe(unread);
    let items = el("ul", "items").with("tabindex", "-1").maybe(list).maybe(begin).maybe(end);
    let menu = el("details", "menu")
        .with("aria-label", &words.say(&Sentence::Menu))
        .on("focusout", Act::LeftMenu)
        .on("keydown", Act::SteeredMenu);
    (!is_empty).then(|| menu.and(opener).and(items))
}
