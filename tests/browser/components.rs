//! The panel's DOM for each slice of the view.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use natter_chat::chat::ChatHost;
use natter_chat::i18n::{Locale, Localizer};
use natter_chat::panel::MountedPanel;
use natter_chat::platform::IntlFormatter;
use natter_core::Event;
use natter_core::content::{Attachment, AttachmentKind, Card, CardAction, Choice, Field, FieldKind, MessageKind};
use natter_core::conversation::timeline::{Failure, RowKey};
use natter_core::event::{ComposerEvent, ConversationsEvent, PanelEvent, ThreadEvent, VisitorEvent};
use natter_core::model::{Author, Message, MessageId, OutgoingFile, Person};
use natter_core::url::SafeUrl;
use natter_core::view::{
    Announcement, Changed, ConnectionState, ConversationActions, MenuSettings, Row, RowContent, TextFold, Thread, View,
};
use natter_core::visitor::pre_chat_form::{Consent, PreChatForm};
use natter_core::visitor::preferences::{Preference, Theme};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use crate::page::{all, one, panel, texts, until};

const NOON: u64 = 1_795_262_400;

const ALL: Changed = Changed { panel: true, thread: true, composer: true, previews: true };

/// A rendered panel, the events that the visitor caused, and what the panel asked of the page.
struct Painted {
    mounted: Rc<MountedPanel>,
    panel: HtmlElement,
    over: HtmlElement,
    events: Rc<RefCell<Vec<Event>>>,
    page: Rc<Page>,
}

/// A page that notes what it is asked.
#[derive(Default)]
struct Page(RefCell<Vec<String>>);

impl Page {
    fn note(&self, request: String) {
        self.0.borrow_mut().push(request);
    }
}

impl ChatHost for Page {
    fn set_open(&self, is_open: bool) {
        self.note(format!("open {is_open}"));
    }

    fn request_notification_permission(&self) {
        self.note("notifications".to_owned());
    }

    fn set_language(&self, code: &str) {
        self.note(format!("language {code}"));
    }

    fn pick_files(&self, files: Vec<web_sys::File>) {
        self.note(format!("{} files", files.len()));
    }

    fn call_module(&self, module: &'static str, function: &'static str, _: &[JsValue]) {
        self.note(format!("{module} {function}"));
    }
}

thread_local! {
    /// How many days after the first noon it is.
    static DAYS_LATER: Cell<u64> = const { Cell::new(0) };
}

fn english() -> Localizer {
    Localizer {
        locale: Locale::english(),
        formatter: Box::new(IntlFormatter::new("en-GB")),
        now: || NOON + 86_400 * DAYS_LATER.get(),
        can_record: true,
    }
}

fn paint(view: &View) -> Painted {
    let (root, panel) = panel();
    let over: HtmlElement = panel.owner_document().unwrap().create_element("div").unwrap().unchecked_into();
    root.append_child(&over).unwrap();
    let events: Rc<RefCell<Vec<Event>>> = Rc::default();
    let (seen, page) = (Rc::clone(&events), Rc::new(Page::default()));
    let dispatch = Rc::new(move |event| seen.borrow_mut().push(event));
    let mounted = MountedPanel::mount(&panel, &over, english(), page.clone(), dispatch);
    mounted.update(&Arc::new(view.clone()), ALL);
    Painted { mounted, panel, over, events, page }
}

impl Painted {
    fn repaint(&self, view: &View) {
        self.mounted.update(&Arc::new(view.clone()), ALL);
    }

    /// Clicks all elements with this selector, in their order; the events that this caused, and the page's requests.
    fn click(&self, selector: &str) -> (Vec<Event>, Vec<String>) {
        for element in all(&self.panel, selector).into_iter().chain(all(&self.over, selector)) {
            element.unchecked_ref::<HtmlElement>().click();
        }
        self.done()
    }

    /// Dispatches an event at the first element with this selector.
    fn fire(&self, selector: &str, name: &str) -> (Vec<Event>, Vec<String>) {
        let init = web_sys::EventInit::new();
        init.set_cancelable(true);
        let event = web_sys::Event::new_with_event_init_dict(name, &init).unwrap();
        one(&self.panel, selector).dispatch_event(&event).unwrap();
        self.done()
    }

    fn active_element(&self) -> Option<Element> {
        self.panel.get_root_node().unchecked_into::<web_sys::ShadowRoot>().active_element()
    }

    fn focused(&self) -> Element {
        self.active_element().expect("something has the focus")
    }

    fn done(&self) -> (Vec<Event>, Vec<String>) {
        (self.events.take(), self.page.0.take())
    }
}

fn same(one: &Element, other: &Element) -> bool {
    one.is_same_node(Some(other))
}

/// A message of a kind.
fn asking(kind: MessageKind) -> Row {
    row(9, RowContent::Stored(Message { kind, ..Message::plain(MessageId(9), agent(), "Well?", NOON) }.into()), NOON)
}

fn choice(title: &str) -> Choice {
    Choice { title: title.to_owned(), value: title.to_lowercase() }
}

fn chosen(message: u64, title: &str) -> Event {
    Event::Thread(ThreadEvent::ChoiceSelected { message: MessageId(message), choice: choice(title) })
}

fn preferred(preference: Preference) -> Event {
    Event::Visitor(VisitorEvent::PreferenceChosen(preference))
}

const NOTHING: (Vec<Event>, Vec<String>) = (Vec::new(), Vec::new());

fn asked(request: &str) -> (Vec<Event>, Vec<String>) {
    (Vec::new(), vec![request.to_owned()])
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
fn after_midnight_the_day_before_is_yesterday() {
    let rows = vec![said(1, agent(), "evening", NOON)];
    let painted = paint(&view(rows.clone()));
    assert_eq!(texts(&painted.panel, ".day"), ["Today"]);
    let row = one(&painted.panel, ".row");
    DAYS_LATER.set(1);
    // Whatever changes: here nothing does.
    painted.mounted.update(&Arc::new(view(rows)), Changed::default());
    DAYS_LATER.set(0);
    assert_eq!(texts(&painted.panel, ".day"), ["Yesterday"]);
    assert!(same(&row, &one(&painted.panel, ".row")));
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
        ["Not sent: Too many messages", "This message may not have been delivered"]
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
    until("a sentence", || texts(&painted.panel, ".trouble")[0].starts_with("You're offline")).await;
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

#[wasm_bindgen_test]
fn previews_open_the_panel_and_can_be_dismissed() {
    let message = Message::plain(MessageId(1), agent(), "hi", NOON);
    let painted = paint(&View { previews: vec![message.into()], ..View::default() });
    assert_eq!(painted.click(".preview"), asked("open true"));
    assert_eq!(painted.click(".dismiss"), (vec![Event::Panel(PanelEvent::PreviewsDismissed)], Vec::new()));
    painted.repaint(&View::default());
    assert!(one(&painted.over, ".cards-over").hidden() && all(&painted.over, ".cards-over > *").is_empty());
}

#[wasm_bindgen_test]
fn notification_offer_is_accepted_or_declined() {
    let mut view = view(Vec::new());
    view.composer.offers_notifications = true;
    let painted = paint(&view);
    let no = preferred(Preference::Notifications(false));
    assert_eq!(painted.click(".offer .link"), (vec![no], vec!["notifications".to_owned()]));
}

#[wasm_bindgen_test]
fn composer_buttons_call_their_modules() {
    let painted = paint(&view(Vec::new()));
    assert_eq!(painted.click(".emoji"), asked("emoji assist"));
    assert_eq!(painted.click(".field > :last-child"), asked("voice assist"));
    let mut written = view(Vec::new());
    written.composer.has_text = true;
    painted.repaint(&written);
    assert_eq!(one(&painted.panel, ".field > :last-child").class_name(), "send");
}

#[wasm_bindgen_test]
fn attached_files_are_removed_and_the_focus_stays_for_the_next_one() {
    let files = |picks: &[u64]| {
        let mut view = view(Vec::new());
        view.composer.files = picks.iter().map(|pick| OutgoingFile::new(*pick, &format!("{pick}.txt"), 5)).collect();
        view
    };
    let painted = paint(&files(&[1, 2]));
    let first = one(&painted.panel, ".picked .tool");
    first.focus().unwrap();
    first.click();
    assert_eq!(painted.done(), (vec![Event::Composer(ComposerEvent::FileRemoved { pick: 1 })], Vec::new()));
    painted.repaint(&files(&[2]));
    assert_eq!(texts(&painted.panel, ".picked .file-name"), ["2.txt"]);
    assert!(same(&one(&painted.panel, ".picked .tool"), &first));
    assert_eq!(first.get_attribute("aria-label").unwrap(), "Remove 2.txt");
    assert_eq!(painted.click(".picked .tool").0, [Event::Composer(ComposerEvent::FileRemoved { pick: 2 })]);
}

#[wasm_bindgen_test]
fn menu_items_have_their_actions() {
    let mut with_menu = view(Vec::new());
    with_menu.panel.settings = MenuSettings {
        is_sound_on: true,
        notifications: Some(true),
        theme: Some(Theme::Auto),
        has_transcript: true,
        is_known: true,
    };
    with_menu.panel.actions =
        ConversationActions { can_list: true, can_begin: true, can_end: true, ..Default::default() };
    with_menu.panel.languages = (vec![choice("En"), choice("De")].into(), "de".to_owned());
    let painted = paint(&with_menu);
    let expected = vec![
        Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }),
        Event::Conversations(ConversationsEvent::Opened { conversation: None }),
        Event::Conversations(ConversationsEvent::Resolved),
        preferred(Preference::Silent(true)),
        preferred(Preference::Notifications(false)),
        Event::Thread(ThreadEvent::TranscriptRequested),
        Event::Visitor(VisitorEvent::ForgetRequested),
    ];
    assert_eq!(painted.click("button.item"), (expected, Vec::new()));
    let themes = Theme::ALL.map(|theme| preferred(Preference::Theme(theme)));
    assert_eq!(painted.click(".choice"), (themes.into(), Vec::new()));
    assert_eq!(painted.fire(".menu select", "change"), asked("language de"));
    with_menu.panel.settings.notifications = Some(false);
    painted.repaint(&with_menu);
    assert_eq!(painted.click(".switch").1, ["notifications"], "the browser is asked first");
}

#[wasm_bindgen_test]
fn choosing_in_the_menu_closes_it_and_focuses_its_button_or_the_field() {
    let mut with_menu = view(Vec::new());
    with_menu.panel.actions = ConversationActions { can_list: true, can_begin: true, ..Default::default() };
    let painted = paint(&with_menu);
    let menu = one(&painted.panel, ".menu");
    for (item, focused) in [(0, ".menu > summary"), (1, ".composer textarea")] {
        menu.set_attribute("open", "").unwrap();
        all(&painted.panel, "button.item")[item].unchecked_ref::<HtmlElement>().click();
        assert!(!menu.has_attribute("open"));
        assert!(same(&painted.focused(), &one(&painted.panel, focused)), "{focused}");
    }
}

#[wasm_bindgen_test]
fn confirmation_in_the_menu_is_cancelled_and_begins_anew() {
    let mut with_menu = view(Vec::new());
    with_menu.panel.actions.can_end = true;
    let painted = paint(&with_menu);
    let (menu, asked) = (one(&painted.panel, ".menu"), one(&painted.panel, ".confirm"));
    let open = || [&menu, &asked].map(|details| details.set_attribute("open", "").unwrap());
    open();
    assert_eq!(painted.click(".confirm > .item:last-child"), NOTHING);
    assert_eq!([&menu, &asked].map(|details| details.has_attribute("open")), [true, false]);
    assert!(same(&painted.focused(), &one(&painted.panel, ".confirm > summary")));
    open();
    assert_eq!(painted.click(".confirm > .strong").0, [Event::Conversations(ConversationsEvent::Resolved)]);
    assert_eq!([&menu, &asked].map(|details| details.has_attribute("open")), [false, false]);
    open();
    one(&painted.panel, "textarea").focus().unwrap();
    one(&painted.panel, ".confirm > summary").focus().unwrap();
    one(&painted.panel, "textarea").focus().unwrap();
    assert_eq!([&menu, &asked].map(|details| details.has_attribute("open")), [false, false]);
}

#[wasm_bindgen_test]
fn focus_goes_to_the_field_when_its_element_is_removed() {
    let refused = unsent(7, "hello", Some(Failure::Rejected(None)));
    let painted = paint(&view(vec![refused]));
    all(&painted.panel, ".failed .link")[1].unchecked_ref::<HtmlElement>().focus().unwrap();
    painted.repaint(&view(Vec::new()));
    assert!(same(&painted.focused(), &one(&painted.panel, "textarea")));
    // Without a field it goes to the panel.
    painted.panel.set_tab_index(-1);
    let mut listing = view(Vec::new());
    listing.composer.is_covered = true;
    listing.panel.actions.is_list_shown = true;
    painted.repaint(&listing);
    one(&painted.panel, ".back").focus().unwrap();
    listing.panel.actions.is_list_shown = false;
    painted.repaint(&listing);
    assert!(same(&painted.focused(), &painted.panel));
    // Whoever is elsewhere stays there.
    painted.panel.blur().unwrap();
    painted.repaint(&view(vec![said(1, agent(), "hi", NOON)]));
    assert!(painted.active_element().is_none());
}

#[wasm_bindgen_test]
fn header_buttons_close_the_panel_and_leave_the_conversation_list() {
    let mut listing = view(Vec::new());
    listing.panel.actions.is_list_shown = true;
    let painted = paint(&listing);
    let back = Event::Conversations(ConversationsEvent::ListToggled { is_shown: false });
    assert_eq!(painted.click(".head > .tool"), (vec![back], vec!["open false".to_owned()]));
}

#[wasm_bindgen_test]
fn the_same_announcement_again_is_another_element() {
    let mut view = view(Vec::new());
    view.panel.announcement = (1, Some(Announcement::Reconnected));
    let painted = paint(&view);
    let first = one(&painted.panel, ".aloud p");
    view.panel.unread = 3;
    painted.repaint(&view);
    assert!(same(&one(&painted.panel, ".aloud p"), &first), "nothing is announced twice");
    view.panel.announcement.0 = 2;
    painted.repaint(&view);
    assert_eq!(texts(&painted.panel, ".aloud p"), [first.text_content().unwrap()]);
    assert!(!same(&one(&painted.panel, ".aloud p"), &first));
}

#[wasm_bindgen_test]
fn pre_chat_form_is_submitted_and_keeps_what_is_typed_when_the_language_changes() {
    let mut asking = view(Vec::new());
    asking.panel.is_open = true;
    let field = Field { name: "mail".to_owned(), kind: FieldKind::Email, is_required: true, ..Field::default() };
    let consent = Some(Consent { text: "I agree".to_owned(), version: "1".to_owned() });
    asking.thread.form = Some(PreChatForm { text: String::new(), fields: vec![field], consent });
    let painted = paint(&asking);
    let input: HtmlInputElement = one(&painted.panel, ".intro .entry").unchecked_into();
    let focused = painted.panel.get_root_node().unchecked_into::<web_sys::ShadowRoot>().active_element().unwrap();
    assert!(same(&focused, &input), "the first field has the focus");
    input.set_value("a@b.test");
    one(&painted.panel, ".tick").click();
    painted.mounted.set_localizer(english());
    let values = vec![("mail".to_owned(), "a@b.test".to_owned()), ("consent".to_owned(), "on".to_owned())];
    let submitted = Event::Visitor(VisitorEvent::PreChatFormSubmitted { values });
    assert_eq!(painted.fire(".intro form", "submit"), (vec![submitted], Vec::new()));
}

#[wasm_bindgen_test]
fn form_of_a_message_is_submitted_and_keeps_what_is_typed_when_other_rows_change() {
    let field = Field { name: "height".to_owned(), label: "Height".to_owned(), ..Field::default() };
    let phone = Field { name: "phone".to_owned(), kind: FieldKind::Phone, ..Field::default() };
    let form = asking(MessageKind::Form(vec![field, phone]));
    let painted = paint(&view(vec![form.clone()]));
    let input: HtmlInputElement = one(&painted.panel, ".form .entry").unchecked_into();
    input.set_value("184");
    let sending = Row { submission: natter_core::visitor::form_submissions::SubmissionStatus::Sending, ..form };
    painted.repaint(&view(vec![sending, said(10, agent(), "hi", NOON)]));
    let fields = vec![("height".to_owned(), "184".to_owned()), ("phone".to_owned(), String::new())];
    let submitted = Event::Thread(ThreadEvent::FormSubmitted { message: MessageId(9), fields });
    assert_eq!(painted.fire(".form", "submit"), (vec![submitted], Vec::new()));
    assert_eq!(painted.fire("[type=tel]", "focus"), asked("phone assist"));
}

#[wasm_bindgen_test]
fn choices_are_selected_and_keep_their_elements() {
    let mut row = asking(MessageKind::Choice(vec![choice("Sales"), choice("Support")]));
    let painted = paint(&view(vec![row.clone()]));
    assert_eq!(painted.click(".choices .chip").0, [chosen(9, "Sales"), chosen(9, "Support")]);
    let before = all(&painted.panel, ".chip");
    row.answers = vec![natter_core::content::Answer {
        name: String::new(),
        title: "Support".to_owned(),
        value: "support".to_owned(),
    }];
    painted.repaint(&view(vec![row]));
    let after = all(&painted.panel, ".chip");
    assert!(before.iter().zip(&after).all(|(before, after)| same(before, after)));
    let pressed: Vec<_> = after.iter().map(|chip| chip.get_attribute("aria-pressed").unwrap()).collect();
    assert_eq!(pressed, ["false", "true"]);
}

#[wasm_bindgen_test]
fn postbacks_of_cards_are_selected() {
    let link = CardAction::Link("See it".to_owned(), SafeUrl::new("https://a.test").unwrap());
    let card = |title: &str, actions| Card { title: title.to_owned(), actions, ..Card::default() };
    let cards = vec![
        card("Holm", vec![CardAction::Postback(choice("Holm"))]),
        card("Saale", vec![link, CardAction::Postback(choice("Saale"))]),
    ];
    let painted = paint(&view(vec![asking(MessageKind::Cards(cards))]));
    assert_eq!(painted.click("button.chip").0, [chosen(9, "Holm"), chosen(9, "Saale")]);
}

#[wasm_bindgen_test]
fn fold_button_unfolds_and_keeps_its_element() {
    let folded = |fold| Row { fold, ..said(7, agent(), &"A long line.\n".repeat(60), NOON) };
    let painted = paint(&view(vec![folded(TextFold::Folded)]));
    let button = one(&painted.panel, ".fold");
    let event = |is_folded| Event::Thread(ThreadEvent::TextFolded { row: RowKey(7), is_folded });
    assert_eq!(painted.click(".fold"), (vec![event(false)], Vec::new()));
    painted.repaint(&view(vec![folded(TextFold::Unfolded)]));
    assert!(same(&one(&painted.panel, ".fold"), &button), "the focus stays");
    assert_eq!(painted.click(".fold"), (vec![event(true)], Vec::new()));
}

fn picture() -> Attachment {
    Attachment {
        id: 45,
        kind: AttachmentKind::Image,
        url: SafeUrl::new("https://a.test/p.png"),
        thumb: None,
        name: "p.png".to_owned(),
        person: String::new(),
        size: 9,
        dimensions: None,
    }
}

#[wasm_bindgen_test]
fn image_attachment_opens_the_lightbox() {
    let message = Message { attachments: vec![picture()], ..Message::plain(MessageId(1), agent(), "", NOON) };
    let painted = paint(&view(vec![row(1, RowContent::Stored(message.into()), NOON)]));
    assert_eq!(painted.click(".picture"), asked("lightbox open"));
}

#[wasm_bindgen_test]
fn rows_and_their_media_keep_their_elements_when_others_come_and_go() {
    let with_sound = |at| {
        let sound = Attachment { kind: AttachmentKind::Audio, ..picture() };
        let message = Message { attachments: vec![sound], ..Message::plain(MessageId(5), agent(), "Listen", NOON) };
        Row { is_last_seen: at > 0, ..row(5, RowContent::Stored(message.into()), NOON) }
    };
    let painted = paint(&view(vec![said(4, agent(), "four", NOON), with_sound(0)]));
    let (row, player) = (one(&painted.panel, ".row:last-child"), one(&painted.panel, "audio"));
    player.focus().unwrap();
    let focused = || painted.panel.get_root_node().unchecked_into::<web_sys::ShadowRoot>().active_element();
    for rows in [
        vec![
            said(2, agent(), "two", NOON),
            said(3, agent(), "three", NOON),
            said(4, agent(), "four", NOON),
            with_sound(0),
        ],
        vec![said(3, agent(), "three", NOON), with_sound(1), said(6, Author::Visitor, "six", NOON)],
        vec![with_sound(1)],
        vec![said(1, agent(), "one", NOON), with_sound(0), unsent(7, "seven", None)],
    ] {
        painted.repaint(&view(rows.clone()));
        assert_eq!(all(&painted.panel, ".row").len(), rows.len());
        assert!(all(&painted.panel, ".row").iter().any(|other| same(other, &row)));
        assert!(same(&one(&painted.panel, "audio"), &player));
        assert!(focused().is_some_and(|focused| same(&focused, &player)), "a row taken out of the page loses it");
    }
    assert_eq!(texts(&painted.panel, ".bubble"), ["one", "Listen", "seven"], "in their order");
}

#[wasm_bindgen_test]
fn unmounting_leaves_nothing_and_later_updates_show_nothing() {
    let mut full = view(vec![said(1, agent(), "hi", NOON), unsent(7, "hello", Some(Failure::Unconfirmed))]);
    full.thread.typing = Some(Person::default());
    full.previews = vec![Message::plain(MessageId(1), agent(), "hi", NOON).into()];
    full.composer.files = vec![OutgoingFile::new(1, "a.txt", 5)];
    let painted = paint(&full);
    let (button, weak) = (one(&painted.panel, ".failed .link"), Rc::downgrade(&painted.page));
    painted.mounted.unmount();
    assert_eq!((painted.panel.child_nodes().length(), painted.over.child_nodes().length()), (0, 0));
    button.click();
    painted.repaint(&full);
    assert_eq!((painted.panel.child_nodes().length(), painted.done()), (0, NOTHING), "no listener is left");
    let Painted { mounted, events, page, .. } = painted;
    drop((mounted, page));
    assert_eq!((weak.strong_count(), Rc::strong_count(&events)), (0, 1), "no signal or handler is left");
}
