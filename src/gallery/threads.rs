//! Conversations: who speaks, in groups and over days, what is new, and what comes before.

use super::Screen;
use super::talk::{Talk, bot, robin, usual};
use natter_core::model::{Author, Person};
use natter_core::view::Quoted;

const DAY_S: u64 = 86_400;

/// The screens.
pub fn screens() -> Vec<Screen> {
    vec![
        usual().screen("talk"),
        voices().screen("talk-voices"),
        days().screen("talk-days"),
        Screen::new("talk-unread", new_ones().view()),
        Screen::new("talk-new-below", long().thread(|thread| (thread.unread, thread.is_scrolled_away) = (2, true))),
        Screen::new(
            "talk-many-new-below",
            long().thread(|thread| (thread.unread, thread.is_scrolled_away) = (128, true)),
        ),
        Screen::new("talk-scrolled-up", long().thread(|thread| thread.is_scrolled_away = true)),
        Screen::new(
            "talk-typing",
            usual().thread(|thread| {
                thread.typing = Some(Person { id: Some(2), name: "Noor Haddad".to_owned(), avatar_url: String::new() });
            }),
        ),
        Screen::new(
            "talk-typing-long-name",
            usual().thread(|thread| {
                let name = "Wilhelmine Alexandra von und zu Hohenstein-Rabenau".to_owned();
                thread.typing = Some(Person { id: Some(4), name, avatar_url: String::new() });
            }),
        ),
        quoted().screen("talk-quotes-and-deleted"),
        Screen::new("talk-earlier", usual().thread(|thread| (thread.skipped, thread.has_earlier) = (40, true))),
        Screen::new(
            "talk-earlier-loading",
            usual().thread(|thread| (thread.has_earlier, thread.is_loading_earlier) = (true, true)),
        ),
        seen().screen("talk-seen"),
    ]
}

fn voices() -> Talk {
    Talk::began(1_800)
        .says(Author::Inbox, "Hello. We are in the workshop until five and answer within the hour.")
        .ida("Do you have the Holm in moss green?")
        .says(
            bot(),
            "I looked it up: the Holm in moss green is in stock in sizes 52 and 58. Somebody will be with you.",
        )
        .says(robin(), "It is, and it looks better than in the pictures.")
        .noor("And I can set up the 58 for you today, if you drop in before four.")
        .says(
            Author::Agent(Person {
                id: Some(4),
                name: "Wilhelmine Alexandra von und zu Hohenstein-Rabenau".to_owned(),
                avatar_url: "https://pictures.example.test/missing.png".to_owned(),
            }),
            "I'll keep it aside under your name.",
        )
        .says(Author::Agent(Person::default()), "Sorry, that was me, from the other computer.")
        .ida("👍")
}

fn days() -> Talk {
    Talk::began(9 * DAY_S)
        .ida("Hi")
        .ida("my back wheel makes a noise since the rain")
        .ida("like a cricket")
        .noor("Only when you pedal, or also when it rolls?")
        .later(7 * DAY_S + 20_000)
        .ida("Only when I pedal.")
        .noor("Then it is the pawls in the hub: they want grease.")
        .noor("Half an hour.")
        .noor("Bring it in when you like.")
        .later(DAY_S - 18_000)
        .ida("On my way.")
}

fn new_ones() -> Talk {
    usual()
        .later(900)
        .noor("Thursday it is. Ten o'clock?")
        .but(|row| row.is_first_unread = true)
        .noor("Bring your shoes and, if you like, the saddle you are used to.")
        .says(robin(), "I've put the frame aside.")
}

fn long() -> Talk {
    days().later(600).noor("Good. Ring twice, the door sticks.").ida("I'm here.").noor("Coming.")
}

fn quoted() -> Talk {
    let quote = |author, text: &str| Some(Quoted { author, text: text.to_owned() });
    usual()
        .noor("I mean the one with the long tail, it takes the tent across.")
        .but(|row| row.quoted = quote(Author::Visitor, "Two panniers and a tent. Thursday would be fine."))
        .ida("Ah, that one.")
        .but(|row| {
            row.quoted = quote(
                robin(),
                "There is a rack for the Saale that takes 40 kg, made by the same people who weld our frames, and \
                 https://rack.example.test/a-very-long-address-that-never-ends shows it",
            );
        })
        .says(robin(), "This message was deleted")
        .but(|row| {
            if let natter_core::view::RowContent::Stored(message) = &mut row.content {
                std::sync::Arc::make_mut(message).is_deleted = true;
            }
        })
        .says(robin(), "")
        .but(|row| row.quoted = quote(Author::Inbox, "Hello. We are in the workshop until five."))
}

fn seen() -> Talk {
    usual().but(|row| row.is_last_seen = true)
}
