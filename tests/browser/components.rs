//! The panel's DOM for each slice of the view.

use natter_core::event::ThreadEvent;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use natter::i18n::Locale;
use natter::paint::Words;
use natter::platform::IntlFormatter;
use natter::ui::{self, Hands, Ui};
use natter_core::Event;
use natter_core::conversation::timeline::{Failure, RowKey};
use natter_core::model::{Author, Message, MessageId, Person};
use natter_core::view::{Changed, ConnectionState, Row, RowContent, Thread, View};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::HtmlElement;

use crate::page::{all, one, panel, texts, until};

const NOON: u64 = 1_795_262_400;

/// A rendered panel, and the events that the visitor caused.
struct Painted {
    ui: Ui,
    panel: HtmlElement,
    events: Rc<RefCell<Vec<Event>>>,
    _mounted: Box<dyn std::any::Any>,
}

fn paint(view: &View) -> Painted {
    let (_, panel) = panel();
    let events: Rc<RefCell<Vec<Event>>> = Rc::default();
    let seen = Rc::clone(&events);
    let ui = Ui::new(
        Rc::new(move |event| seen.borrow_mut().push(event)),
        Hands {
            open: Rc::new(|_| {}),
            notify: Rc::new(|| {}),
            speak: Rc::new(|_| {}),
            pick: Rc::new(|_| {}),
            call: Rc::new(|_, _, _| {}),
        },
        Words {
            locale: Locale::english(),
            formatter: Box::new(IntlFormatter::new("en-GB")),
            now: || NOON,
            can_record: true,
        },
    );
    let over = panel.owner_document().unwrap().create_element("div").unwrap();
    let mounted = ui::mount(&ui, &panel, &over);
    ui.paint(&Arc::new(view.clone()), Changed { panel: true, thread: true, composer: true, previews: true });
    Painted { ui, panel, events, _mounted: mounted }
}

impl Painted {
    fn repaint(&self, view: &View) {
        self.ui.paint(&Arc::new(view.clone()), Changed { panel: true, thread: true, composer: true, previews: true });
    }
}

fn said(key: u64, author: Author, text: &str, at: u64) -> Row {
    let message = Message::plain(MessageId(key), author, text, at);
    row(key, RowContent::Stored(message.into()), at)
}

fn unsent(key: u64, text: &str, failure: Option<Failure>) -> Row {
    row(
        key,
        RowContent::Outgoing { text: text.into(), failure, files: Vec::new(), progress: 0, is_unconfirmed: false },
        NOON,
    )
}

fn row(key: u64, content: RowContent, at: u64) -> Row {
    Row::new(RowKey(key), content, at)
}

fn agent() -> Author {
    Author::Agent(Person { id: Some(2), name: "Noor Haddad".to_owned(), avatar_url: String::new() })
}

fn view(rows: Vec<Row>) -> View {
    View { thread: Thread { rows: rows.into(), ..Thread::default() }, ..View::default() }
}

#[wasm_bindgen_test]
async fn an_empty_conversation_shows_the_greeting() {
    let painted = paint(&view(Vec::new()));
    until("a greeting", || texts(&painted.panel, ".greeting-title") == ["Hello"]).await;
    painted.repaint(&view(vec![said(1, agent(), "hi", NOON)]));
    until("no greeting", || all(&painted.panel, ".greeting").is_empty()).await;
}

#[wasm_bindgen_test]
async fn rows_show_author_time_and_ownership() {
    let mut second = said(2, agent(), "still here", NOON + 60);
    second.is_first_in_group = false;
    second.previous_at = Some(NOON);
    let mut own = said(3, Author::Visitor, "hello", NOON + 90);
    own.previous_at = Some(NOON + 60);
    let painted = paint(&view(vec![said(1, agent(), "hi", NOON), second, own]));
    until("three bubbles", || texts(&painted.panel, ".bubble") == ["hi", "still here", "hello"]).await;
    assert_eq!(texts(&painted.panel, ".name [dir]"), ["Noor Haddad"], "once a group, and never oneself");
    assert_eq!(texts(&painted.panel, ".day"), ["Today"]);
    let classes: Vec<String> = all(&painted.panel, ".row").iter().map(|row| row.class_name()).collect();
    assert_eq!(classes, ["row opens closes", "row closes", "row own opens closes"]);
    let time = one(&painted.panel, "time");
    assert!(time.get_attribute("datetime").unwrap().ends_with(":00.000Z"));
}

#[wasm_bindgen_test]
async fn a_new_day_has_a_date_divider() {
    let mut later = said(2, agent(), "morning", NOON);
    later.previous_at = Some(NOON - 86_400);
    let mut earlier = said(1, agent(), "evening", NOON - 86_400);
    earlier.previous_at = Some(NOON - 3 * 86_400);
    let painted = paint(&view(vec![earlier, later]));
    until("two days", || texts(&painted.panel, ".day") == ["Yesterday", "Today"]).await;
}

#[wasm_bindgen_test]
async fn markup_in_a_message_is_shown_as_text() {
    let evil = "<img src=x onerror=alert(1)><b>bold</b>";
    let painted = paint(&view(vec![said(1, agent(), evil, NOON)]));
    until("the text itself", || texts(&painted.panel, ".bubble") == [evil]).await;
    assert!(all(&painted.panel, ".text *").is_empty());
}

#[wasm_bindgen_test]
async fn a_row_keeps_its_element_from_unsent_to_sent() {
    let painted = paint(&view(vec![unsent(7, "hello", None)]));
    until("an unsent row", || texts(&painted.panel, ".unsent .bubble") == ["hello"]).await;
    assert_eq!(texts(&painted.panel, ".meta"), ["Sending"]);
    let before = one(&painted.panel, ".row");
    painted.repaint(&view(vec![said(7, Author::Visitor, "hello", NOON)]));
    until("a said row", || all(&painted.panel, ".unsent").is_empty()).await;
    assert!(one(&painted.panel, ".row").is_same_node(Some(&before)));
}

#[wasm_bindgen_test]
async fn a_failed_row_shows_the_reason_and_its_actions() {
    let refused = Failure::Rejected(Some("Too many messages".to_owned()));
    let painted = paint(&view(vec![unsent(7, "hello", Some(refused)), unsent(8, "you", Some(Failure::Unconfirmed))]));
    until("two failures", || all(&painted.panel, ".failed").len() == 2).await;
    assert_eq!(
        texts(&painted.panel, ".failed > span:first-child"),
        ["Not sent. The team's server says: Too many messages", "This message may not have arrived"]
    );
    let buttons = all(&painted.panel, ".failed button");
    for button in &buttons {
        let button: &HtmlElement = wasm_bindgen::JsCast::unchecked_ref(button);
        button.click();
    }
    assert_eq!(
        *painted.events.borrow(),
        [
            Event::Thread(ThreadEvent::RetryRequested { row: RowKey(7) }),
            Event::Thread(ThreadEvent::MessageDiscarded { row: RowKey(7) }),
            Event::Thread(ThreadEvent::RetryRequested { row: RowKey(8) }),
            Event::Thread(ThreadEvent::MessageDiscarded { row: RowKey(8) })
        ]
    );
}

#[wasm_bindgen_test]
async fn connection_trouble_is_one_sentence_that_disappears() {
    let mut offline = view(Vec::new());
    offline.panel.connection = ConnectionState::Offline;
    let painted = paint(&offline);
    until("a sentence", || texts(&painted.panel, ".trouble")[0].starts_with("You are offline")).await;
    painted.repaint(&view(Vec::new()));
    until("silence", || texts(&painted.panel, ".trouble") == [""]).await;
}

#[wasm_bindgen_test]
async fn earlier_messages_are_loaded_by_a_button() {
    let mut with_earlier = view(vec![said(1, agent(), "hi", NOON)]);
    with_earlier.thread.has_earlier = true;
    let painted = paint(&with_earlier);
    until("a button", || texts(&painted.panel, ".earlier") == ["Earlier messages"]).await;
    one(&painted.panel, ".earlier").click();
    assert_eq!(*painted.events.borrow(), [Event::Thread(ThreadEvent::EarlierRequested)]);
}

#[wasm_bindgen_test]
async fn every_control_has_an_accessible_name() {
    let mut busy = view(vec![unsent(7, "hello", Some(Failure::Unconfirmed))]);
    busy.thread.has_earlier = true;
    let painted = paint(&busy);
    until("all controls", || all(&painted.panel, "button, textarea").len() == 9).await;
    for control in all(&painted.panel, "button, textarea") {
        let label = control.get_attribute("aria-label").or_else(|| control.text_content());
        assert!(label.is_some_and(|label| !label.trim().is_empty()), "{}", control.outer_html());
    }
}
