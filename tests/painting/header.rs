//! The header: availability, connection state, menu, and the live region.

use natter_core::availability::Presence;
use natter_core::content::Choice;
use natter_core::host::settings::ReplyTime;
use natter_core::model::{Author, Message, MessageId, Person};
use natter_core::view::{Announcement, ConnectionState, MenuSettings, Panel};
use natter_core::visitor::preferences::Theme;

use crate::fixtures::{NOON, Node, agent, header, of_class, text, view};

fn head(panel: Panel) -> Node {
    let mut view = view(Vec::new());
    view.panel = panel;
    header(&view)
}

fn presence(presence: Presence, reply: Option<ReplyTime>) -> Option<String> {
    let head = head(Panel { presence, reply, ..Panel::default() });
    of_class(&head, "presence").first().map(|line| text(line))
}

#[test]
fn header_shows_availability_in_one_line() {
    let day = 86_400;
    let until = |at| presence(Presence::Until(at), Some(ReplyTime::Day));
    assert_eq!(presence(Presence::Online, Some(ReplyTime::Day)).as_deref(), Some("Online"));
    assert_eq!(until(NOON + 3 * 3_600).as_deref(), Some("Back today at 15:00"));
    assert_eq!(until(NOON + day - 3 * 3_600).as_deref(), Some("Back tomorrow at 09:00"));
    let weekday = format!("Back on weekday {} at 12:00", (NOON / day + 2) % 7);
    assert_eq!(until(NOON + 2 * day), Some(weekday));
    assert_eq!(presence(Presence::Away, None).as_deref(), Some("Currently away"));
    assert_eq!(presence(Presence::Unknown, None), None, "nothing is claimed that nobody knows");
    for away in [Presence::Away, Presence::Unknown] {
        let reply = presence(away, Some(ReplyTime::Hours));
        assert_eq!(reply.as_deref(), Some("We usually reply within a few hours"));
    }
}

#[test]
fn header_shows_the_inbox_name_and_the_teams_avatars() {
    let person = |name: &str| Person { name: name.to_owned(), ..Person::default() };
    let head = head(Panel {
        name: "Workshop".to_owned(),
        agents: vec![person("Ana Lima"), person("Ben")],
        ..Panel::default()
    });
    assert_eq!(text(of_class(&head, "title")[0]), "Workshop");
    let faces: Vec<String> = of_class(&head, "avatar").into_iter().map(text).collect();
    assert_eq!(faces, ["AL", "B"]);
}

#[test]
fn menu_shows_only_offered_items_with_their_state() {
    let items = |settings| {
        let head = head(Panel { settings, ..Panel::default() });
        let said = |class: &str| of_class(&head, class).into_iter().map(text).collect::<Vec<_>>();
        let checked = of_class(&head, "switch")
            .iter()
            .map(|it| it.attribute("aria-checked").unwrap().to_owned())
            .collect::<Vec<_>>();
        (said("item"), said("choice"), checked)
    };
    assert_eq!(items(MenuSettings::default()), (vec!["Sound".to_owned()], vec![], vec!["false".to_owned()]));
    let all = MenuSettings {
        is_sound_on: true,
        notifications: Some(false),
        theme: Some(Theme::Dark),
        has_transcript: true,
        is_known: true,
    };
    let (offered, themes, checked) = items(all);
    let expected = [
        "Sound",
        "Notify me of replies",
        "Save conversation as text",
        "Forget me on this device",
        "Forget me",
        "Cancel",
    ];
    assert_eq!(offered, expected);
    assert_eq!((themes.len(), checked), (3, vec!["true".to_owned(), "false".to_owned()]));
}

#[test]
fn announcement_has_a_live_region_of_its_own() {
    let said = |times, told| {
        let head = head(Panel { announcement: (times, told), ..Panel::default() });
        let place = of_class(&head, "aloud")[0];
        assert_eq!(place.attribute("role"), Some("status"));
        text(place)
    };
    let message = |text: &str| Announcement::NewMessage(Message::plain(MessageId(1), agent(), text, NOON).into());
    assert_eq!(said(0, None), "");
    assert_eq!(said(1, Some(message("**Hello**"))), "Noor Haddad says: Hello");
    assert_eq!(said(3, Some(message(""))), "Noor Haddad sent a file");
    let unsure = "Not confirmed yet. If you send it again, it may arrive twice.";
    assert_eq!(said(4, Some(Announcement::DeliveryUnconfirmed)), unsure);
    assert_eq!(said(4, Some(Announcement::Reconnected)), "You're connected again.");
    let Author::Agent(person) = agent() else { panic!("an agent") };
    assert_eq!(said(5, Some(Announcement::Typing(person))), "Noor Haddad is typing");
}

fn said(connection: ConnectionState) -> String {
    let mut view = view(Vec::new());
    view.panel.connection = connection;
    text(of_class(&header(&view), "trouble")[0])
}

#[test]
fn connection_states_have_texts_of_their_own_that_promise_nothing_is_lost() {
    assert_eq!(said(ConnectionState::Connected), "");
    let all = [ConnectionState::Offline, ConnectionState::Unreachable, ConnectionState::Busy, ConnectionState::Blocked]
        .map(said);
    for (nth, sentence) in all.iter().enumerate() {
        assert!(sentence.contains("Your messages are saved"), "{sentence}");
        assert!(!sentence.contains(|letter: char| letter.is_ascii_digit()), "{sentence}");
        assert!(!all[..nth].contains(sentence), "{sentence}");
    }
}

#[test]
fn menu_lists_languages_by_their_own_names() {
    let language = |code: &str, name: &str| Choice { title: name.to_owned(), value: code.to_owned() };
    let languages = (vec![language("en", "English"), language("ja", "日本語")].into(), "ja".to_owned());
    let head = head(Panel { languages, ..Panel::default() });
    let list = of_class(&head, "entry")[0];
    assert_eq!(list.attribute("aria-label"), Some("Language"));
    let options: Vec<_> = list
        .children
        .iter()
        .filter_map(|option| match option {
            Node::Element(option) => Some((
                text(option),
                option.attribute("value").map(str::to_owned),
                option.attribute("selected").is_some(),
            )),
            Node::Text(_) => None,
        })
        .collect();
    let expected = [("English", "en", false), ("日本語", "ja", true)]
        .map(|(name, code, is_it)| (name.to_owned(), Some(code.to_owned()), is_it));
    assert_eq!(options, expected);
}
