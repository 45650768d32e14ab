//! Before, around and beside the chat: who is there, what is asked first, what can be chosen, and what is shown over
//! the launcher.

use std::sync::Arc;

use super::talk::{noor, open, robin, usual};
use super::{NOON, Screen};
use natter_core::availability::Presence;
use natter_core::content::{Choice, Field, FieldKind};
use natter_core::host::settings::ReplyTime;
use natter_core::model::{Author, Message, MessageId, Person};
use natter_core::view::{Composer, ComposerProblem, ConversationActions, MenuSettings, Panel, Thread, View};
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use natter_core::visitor::preferences::Theme;

const DAY_S: u64 = 86_400;

/// The screens.
pub fn screens() -> Vec<Screen> {
    let head = |name, presence, reply, agents: Vec<Person>| {
        let title = "Fernweh Bikes workshop".to_owned();
        let panel = Panel { presence, reply, agents, name: title, ..open().panel };
        Screen::new(name, View { panel, ..usual().view() })
    };
    let composing = |name, composer| Screen::new(name, View { composer, ..usual().view() });
    vec![
        head("head-online", Presence::Online, None, faces(3)),
        head("head-back-today", Presence::Until(NOON + 3 * 3_600), None, faces(2)),
        head("head-back-later", Presence::Until(NOON + 2 * DAY_S), None, faces(1)),
        head("head-away", Presence::Away, None, Vec::new()),
        head("head-reply", Presence::Unknown, Some(ReplyTime::Hours), faces(3)),
        Screen::new("menu-all", View { panel: all(), ..usual().view() }).clicked(".menu summary"),
        Screen::new("form", asking(form())),
        Screen::new("form-consent-only", asking(PreChatForm { fields: Vec::new(), ..form() })),
        Screen::new("prompt", View { thread: prompt(), ..open() }),
        composing("offer-notices", Composer { offers_notifications: true, ..Composer::default() }),
        composing("not-kept", Composer { problem: Some(ComposerProblem::StorageUnavailable), ..Composer::default() }),
        composing(
            "notices-denied",
            Composer { problem: Some(ComposerProblem::NotificationsDenied), ..Composer::default() },
        ),
        Screen::new("previews", previews(3)).closed(),
        Screen::new("preview-one", previews(1)).closed(),
    ]
}

fn faces(count: usize) -> Vec<Person> {
    let person = |author: Author| author.person().cloned().unwrap_or_default();
    let third = Person { id: Some(9), name: "Élodie Brandt".to_owned(), avatar_url: String::new() };
    [person(noor()), person(robin()), third].into_iter().take(count).collect()
}

fn all() -> Panel {
    let actions =
        ConversationActions { can_list: true, unread: 2, can_begin: true, can_end: true, is_list_shown: false };
    let settings = MenuSettings {
        is_sound_on: true,
        notifications: Some(false),
        theme: Some(Theme::Auto),
        has_transcript: true,
        is_known: true,
    };
    let language = |code: &str, name: &str| Choice { title: name.to_owned(), value: code.to_owned() };
    let languages = vec![language("en", "English"), language("de", "Deutsch"), language("ar", "العربية")];
    let languages = (languages.into(), "en".to_owned());
    Panel { actions, settings, languages, agents: faces(2), presence: Presence::Online, ..open().panel }
}

fn form() -> PreChatForm {
    let field = |name: &str, label: &str, kind, is_required| Field {
        name: name.to_owned(),
        label: label.to_owned(),
        kind,
        is_required,
        ..Field::default()
    };
    let sizes = ["54", "56", "58"].map(|size| Choice { title: size.to_owned(), value: size.to_owned() });
    let consent = "I have read how [Fernweh Bikes](https://bikes.example.test/privacy) handles what I write here.";
    PreChatForm {
        text: String::new(),
        fields: vec![
            field("full_name", "", FieldKind::Name, true),
            field("mail", "", FieldKind::Email, true),
            field("phone", "", FieldKind::Phone, false),
            field("size", "Frame size", FieldKind::Select(sizes.to_vec()), false),
            field("since", "When did you buy it?", FieldKind::Date, false),
            field("news", "Send me the workshop's letter, twice a year", FieldKind::Check, false),
        ],
        consent: Some(Consent { text: consent.to_owned(), version: "1".to_owned() }),
    }
}

fn asking(form: PreChatForm) -> View {
    let thread = Thread { form: Some(form), ..Thread::default() };
    View { thread, composer: Composer { is_covered: true, ..Composer::default() }, ..open() }
}

fn prompt() -> Thread {
    let prompt = "Looking for a bicycle for the **long way round**? Tell us where you want to go.".to_owned();
    Thread { prompt, ..Thread::default() }
}

fn previews(count: u64) -> View {
    let texts = [
        (robin(), "Good news"),
        (
            noor(),
            "The rack fits, and the light as well. I have put both aside for you until Saturday: shall we mount them, or do you want to do it yourself? Mounting takes an hour.",
        ),
        (Author::Inbox, "How would you rate this conversation?"),
    ];
    let message = |(id, (author, text))| Arc::new(Message::plain(MessageId(id), author, text, NOON));
    View { previews: (1..).zip(texts).take(count as usize).map(message).collect(), ..View::default() }
}
