//! The panel's head: who one writes to, whether they are there, and how the connection is.

use super::face::face;
use super::files::link;
use super::icon::{BACK, CLOSE, icon_button};
use super::menu::menu;
use super::wish::Wish;
use super::{Act, Element, Node, Words, el};
use crate::i18n::TextKey;
use natter_core::availability::Presence;
use natter_core::host::settings::ReplyTime;
use natter_core::view::{Announcement, ConnectionState, Panel, View};

/// The head, with the slim line under it.
#[must_use]
pub fn header(words: &Words, view: &View, _was: Option<&View>) -> Node {
    let panel = &view.panel;
    let trouble = match panel.connection {
        ConnectionState::Connected => String::new(),
        ConnectionState::Offline => words.say(&TextKey::Offline),
        ConnectionState::Unreachable => words.say(&TextKey::Unreachable),
        ConnectionState::Busy => words.say(&TextKey::Busy),
        ConnectionState::Blocked => words.say(&TextKey::Barred),
    };
    let close = icon_button("tool", CLOSE, &words.say(&TextKey::Close)).on("click", Act::Close);
    let is_listing = panel.actions.is_list_shown;
    let back = is_listing.then(|| {
        icon_button("tool back", BACK, &words.say(&TextKey::Back)).on("click", Act::Tell(Wish::Listed(false)))
    });
    let title = match panel.name.as_str() {
        _ if is_listing => words.say(&TextKey::Conversations),
        "" => words.say(&TextKey::PanelLabel),
        name => name.to_owned(),
    };
    let faces = (!is_listing && !panel.agents.is_empty()).then(|| {
        let faces = panel.agents.iter().map(|person| face(person, &person.name));
        faces.fold(el("div", "team"), |team, face| team.and(face))
    });
    let presence = Some(presence(words, panel)).filter(|said| !is_listing && !said.is_empty()).map(|said| {
        let is_online = panel.presence == Presence::Online;
        el("p", if is_online { "presence online" } else { "presence" }).in_own_direction().saying(&said)
    });
    let who = el("div", "whom").and(el("h2", "title").in_own_direction().saying(&title)).maybe(presence);
    // Dropped here, a file would take the place of the page.
    let head = el("header", "head").on("dragover", Act::Dropped).on("drop", Act::Dropped);
    let head = head.maybe(back).maybe(faces).and(who).and(menu(words, panel)).and(close);
    let trouble = el("p", "trouble").with("role", "status").saying(&trouble);
    let way = panel.fallback.as_ref().map(|url| link(url, "way").saying(&words.say(&TextKey::Fallback)));
    Node::Element(el("div", "top").and(head).and(trouble).maybe(way).and(aloud(words, &panel.announcement)))
}

/// As much of a message as is read out by itself, in characters.
const READ_CHARS: usize = 300;

/// What is said aloud: a place that is always there, since those that come with their text are often not heard.
fn aloud(words: &Words, (times, told): &(u32, Option<Announcement>)) -> Element {
    let sentence = |told: &Announcement| match told {
        Announcement::NewMessage(message) => {
            let (who, line) = (words.author(&message.author), words.line(message, READ_CHARS));
            if line.is_empty() || (message.text.is_empty() && !message.attachments.is_empty()) {
                TextKey::AnnounceFile(who)
            } else {
                TextKey::AnnounceMessage(who, line)
            }
        }
        Announcement::Typing(person) => TextKey::Typing(words.called(person)),
        Announcement::DeliveryUnconfirmed => TextKey::NotConfirmed,
        Announcement::Reconnected => TextKey::Connected,
    };
    // The same words twice are said twice: each time in an element of its own.
    let said = told.as_ref().map(|told| el("p", "").keyed((*times).into()).saying(&words.say(&sentence(told))));
    el("div", "spoken aloud").with("role", "status").maybe(said)
}

/// Whether anybody is there, or when, or how soon they answer; nothing where nobody knows.
fn presence(words: &Words, panel: &Panel) -> String {
    let sentence = match (panel.presence, panel.reply) {
        (Presence::Online, _) => TextKey::PresenceOnline,
        (Presence::Until(at), _) => back(words, at),
        (Presence::Away, None) => TextKey::PresenceAway,
        (Presence::Away | Presence::Unknown, Some(ReplyTime::Minutes)) => TextKey::ReplyMinutes,
        (Presence::Away | Presence::Unknown, Some(ReplyTime::Hours)) => TextKey::ReplyHours,
        (Presence::Away | Presence::Unknown, Some(ReplyTime::Day)) => TextKey::ReplyDay,
        (Presence::Unknown, None) => return String::new(),
    };
    words.say(&sentence)
}

/// When the team is back, on the visitor's own clock.
fn back(words: &Words, at: u64) -> TextKey {
    let time = words.formatter.time(at);
    match words.formatter.day(at) - words.formatter.day((words.now)()) {
        0 => TextKey::BackToday(time),
        1 => TextKey::BackTomorrow(time),
        _ => TextKey::BackOn(words.formatter.weekday(at), time),
    }
}
