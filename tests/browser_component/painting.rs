//! What is measured after painting: the scroll position and the focus.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use natter_chat::chat::ChatHost;
use natter_chat::i18n::{Locale, Localizer};
use natter_chat::panel::MountedPanel;
use natter_chat::platform::IntlFormatter;
use natter_core::content::{Field, FieldKind};
use natter_core::conversation::timeline::RowKey;
use natter_core::model::{Author, Message, MessageId};
use natter_core::view::{Changed, Row, RowContent, Thread, View};
use natter_core::visitor::pre_chat_form::PreChatForm;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, ShadowRoot};

use crate::page::{all, one, panel, texts, until};

const NOON: u64 = 1_795_262_400;

const ALL: Changed = Changed { panel: true, thread: true, composer: true, previews: true };

/// The thread's layout as in the style sheet, without the browser's own scroll anchoring, which not all have.
const STYLE: &str = ".thread { block-size: 200px; overflow: auto; overflow-anchor: none; display: flex; \
    flex-direction: column-reverse } .rows { flex-shrink: 0 } [hidden] { display: none }";

/// A page that does nothing.
struct Page;

impl ChatHost for Page {
    fn set_open(&self, _: bool) {}

    fn request_notification_permission(&self) {}

    fn set_language(&self, _: &str) {}

    fn pick_files(&self, _: Vec<web_sys::File>) {}

    fn call_module(&self, _: &'static str, _: &'static str, _: &[JsValue]) {}
}

/// A panel in an application that has set Leptos' executor.
fn mount() -> (Rc<MountedPanel>, HtmlElement, ShadowRoot) {
    let (root, panel) = panel();
    let page = panel.owner_document().unwrap();
    leptos::mount::mount_to(page.body().unwrap(), || view! { <p>"An application"</p> }).forget();
    let style = page.create_element("style").unwrap();
    style.set_text_content(Some(STYLE));
    root.append_child(&style).unwrap();
    let over: HtmlElement = page.create_element("div").unwrap().unchecked_into();
    root.append_child(&over).unwrap();
    let localizer = Localizer {
        locale: Locale::english(),
        formatter: Box::new(IntlFormatter::new("en-GB")),
        now: || NOON,
        can_record: true,
    };
    let mounted = MountedPanel::mount(&panel, &over, localizer, Rc::new(Page), Rc::new(|_| {}));
    (mounted, panel, root)
}

fn view_of(rows: Vec<Row>) -> View {
    View { thread: Thread { rows: rows.into(), ..Thread::default() }, ..View::default() }
}

fn said(key: u64, text: &str) -> Row {
    let message = Message::plain(MessageId(key), Author::Inbox, text, NOON);
    Row::new(RowKey(key), RowContent::Stored(message.into()), NOON)
}

/// Lines of text, a message each.
fn said_up_to(last: u64) -> Vec<Row> {
    (1..=last).map(|key| said(key, &format!("Message {key}"))).collect()
}

fn bottom(panel: &HtmlElement, nth: usize) -> f64 {
    all(panel, ".row")[nth].get_bounding_client_rect().bottom()
}

fn form() -> PreChatForm {
    let field = Field { name: "mail".to_owned(), kind: FieldKind::Email, ..Field::default() };
    PreChatForm { fields: vec![field], ..PreChatForm::default() }
}

#[wasm_bindgen_test]
async fn what_is_read_stays_in_its_place_when_a_long_message_arrives() {
    let (mounted, panel, _) = mount();
    mounted.update(&Arc::new(view_of(said_up_to(60))), ALL);
    until("all rows", || all(&panel, ".row").len() == 60).await;
    let thread = one(&panel, ".thread");
    thread.set_scroll_top(-400);
    let top = thread.get_bounding_client_rect().top();
    let first_visible = (0..60).find(|nth| bottom(&panel, *nth) > top).unwrap();
    let before = bottom(&panel, first_visible);
    let mut rows = said_up_to(60);
    // A row changes, and one is added: both below.
    rows[59] = said(60, &"It goes on. ".repeat(80));
    rows.push(said(61, &"And on. ".repeat(80)));
    mounted.update(&Arc::new(view_of(rows)), ALL);
    until("the long message", || all(&panel, ".row").len() == 61).await;
    let moved = bottom(&panel, first_visible) - before;
    assert!(moved.abs() <= 1.0, "moved by {moved} px");
    mounted.unmount();
}

#[wasm_bindgen_test]
async fn a_jump_leads_to_the_newest_row() {
    let (mounted, panel, _) = mount();
    mounted.update(&Arc::new(view_of(said_up_to(60))), ALL);
    until("all rows", || all(&panel, ".row").len() == 60).await;
    let thread = one(&panel, ".thread");
    thread.set_scroll_top(-400);
    let mut view = view_of(said_up_to(61));
    view.thread.jumps = 1;
    mounted.update(&Arc::new(view), ALL);
    until("the new row", || all(&panel, ".row").len() == 61).await;
    assert_eq!(thread.scroll_top(), 0);
    mounted.unmount();
}

#[wasm_bindgen_test]
async fn the_focus_follows_the_pre_chat_form() {
    let (mounted, panel, root) = mount();
    let focused = || root.active_element().map(|element| element.local_name());
    let mut view = View::default();
    view.panel.is_open = true;
    view.thread.form = Some(form());
    view.composer.is_covered = true;
    mounted.update(&Arc::new(view.clone()), ALL);
    until("the form", || !all(&panel, ".intro input").is_empty()).await;
    assert_eq!(focused().as_deref(), Some("input"));
    view.thread.form = None;
    view.composer.is_covered = false;
    mounted.update(&Arc::new(view), ALL);
    until("no form", || all(&panel, ".intro").is_empty()).await;
    assert_eq!(focused().as_deref(), Some("textarea"));
    mounted.unmount();
}

#[wasm_bindgen_test]
async fn views_that_follow_each_other_at_once_end_with_the_last() {
    let (mounted, panel, _) = mount();
    for count in 1..=5 {
        mounted.update(&Arc::new(view_of(said_up_to(count))), ALL);
    }
    until("the last view", || texts(&panel, ".bubble").last().is_some_and(|text| text == "Message 5")).await;
    assert_eq!(all(&panel, ".row").len(), 5);
    mounted.update(&Arc::new(view_of(said_up_to(7))), ALL);
    mounted.unmount();
    until("nothing", || panel.child_element_count() == 0).await;
}
