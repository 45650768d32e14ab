//! The driver with the browser's own timers, storage and network, where nobody answers.

use js_sys::Function;
use natter::mount::{Handle, mount};
use natter::platform::DeviceStorage;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlTextAreaElement, KeyboardEvent, KeyboardEventInit, Storage};

use crate::page::{all, object, one, panel, texts, until};

/// Nobody listens there, and the browser knows at once.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A widget in its panel, under an inbox of its own so that tests don't share storage.
fn start(inbox: &str) -> (Handle, HtmlElement) {
    let (root, panel) = panel();
    panel.append_child(&root.owner_document().unwrap().create_element("i").unwrap()).unwrap();
    let handle = mount(panel.clone(), over(&panel), &settings(NOWHERE, inbox), &object(&[])).unwrap();
    (handle, panel)
}

fn settings(base_url: &str, inbox: &str) -> String {
    let attributes = natter_core::chatwoot::write(&[("base-url", base_url), ("inbox-identifier", inbox)]);
    natter_core::chatwoot::write_list([&*attributes, "", ""].into_iter())
}

/// What lies over the launcher, beside the panel.
fn over(panel: &HtmlElement) -> HtmlElement {
    let over = panel.owner_document().unwrap().create_element("div").unwrap();
    panel.get_root_node().append_child(&over).unwrap();
    over.unchecked_into()
}

fn write(panel: &HtmlElement, text: &str) {
    let field: HtmlTextAreaElement = one(panel, "textarea").unchecked_into();
    field.set_value(text);
    field.dispatch_event(&web_sys::Event::new("input").unwrap()).unwrap();
}

fn press_enter(panel: &HtmlElement, is_composing: bool, shift: bool) {
    let init = KeyboardEventInit::new();
    init.set_key("Enter");
    init.set_is_composing(is_composing);
    init.set_shift_key(shift);
    init.set_bubbles(true);
    init.set_cancelable(true);
    let event = KeyboardEvent::new_with_keyboard_event_init_dict("keydown", &init).unwrap();
    one(panel, "textarea").dispatch_event(&event).unwrap();
}

fn storage() -> Storage {
    web_sys::window().unwrap().local_storage().unwrap().unwrap()
}

fn kept(inbox: &str) -> Vec<(String, String)> {
    let mut all = DeviceStorage::open(format!("natter/1/{NOWHERE}/{inbox}/")).all();
    all.sort();
    all
}

#[wasm_bindgen_test]
async fn mounting_replaces_the_skeleton_and_keeps_nothing_on_the_device() {
    let (handle, panel) = start("driver-mount");
    until("a composer", || !all(&panel, "textarea").is_empty()).await;
    assert!(all(&panel, "i").is_empty());
    handle.call(r#"[["opened"]]"#);
    assert!(kept("driver-mount").is_empty());
    handle.destroy();
    assert_eq!(panel.child_element_count(), 0);
}

#[wasm_bindgen_test]
async fn what_is_sent_without_a_server_is_painted_kept_and_explained() {
    let (handle, panel) = start("driver-send");
    write(&panel, "hello");
    press_enter(&panel, false, false);
    until("an unsent row", || texts(&panel, ".unsent .bubble") == ["hello"]).await;
    let field: HtmlTextAreaElement = one(&panel, "textarea").unchecked_into();
    assert_eq!(field.value(), "");
    until("what was sent, and who sent it, on the device", || {
        let keys: Vec<String> = kept("driver-send").into_iter().map(|(key, _)| key).collect();
        matches!(&keys[..], [send, session] if send.starts_with("send/") && session == "session")
    })
    .await;
    until("an explanation", || texts(&panel, ".trouble")[0].starts_with("We can't reach the team")).await;
    handle.destroy();

    let (handle, panel) = start("driver-send");
    until("the row again, after a reload", || texts(&panel, ".unsent .bubble") == ["hello"]).await;
    handle.destroy();
    let before = kept("driver-send");
    assert!(before.iter().any(|(_, value)| value.contains("hello")));
}

#[wasm_bindgen_test]
async fn what_one_tab_has_unsent_another_shows_and_keeps_when_it_is_gone() {
    let (first, first_panel) = start("driver-two-tabs");
    write(&first_panel, "before");
    press_enter(&first_panel, false, false);
    until("an unsent row", || texts(&first_panel, ".unsent .bubble") == ["before"]).await;
    let (second, second_panel) = start("driver-two-tabs");
    until("what is on the device", || texts(&second_panel, ".unsent .bubble") == ["before"]).await;
    write(&first_panel, "after");
    press_enter(&first_panel, false, false);
    until("what the other says", || texts(&second_panel, ".unsent .bubble") == ["before", "after"]).await;
    first.destroy();
    write(&second_panel, "alone");
    press_enter(&second_panel, false, false);
    until("all of it", || texts(&second_panel, ".unsent .bubble") == ["before", "after", "alone"]).await;
    second.destroy();
}

#[wasm_bindgen_test]
async fn enter_sends_but_not_with_shift_and_not_while_composing() {
    let (handle, panel) = start("driver-enter");
    write(&panel, "nihao");
    press_enter(&panel, true, false);
    press_enter(&panel, false, true);
    assert!(all(&panel, ".bubble").is_empty());
    press_enter(&panel, false, false);
    until("a bubble", || texts(&panel, ".bubble") == ["nihao"]).await;
    handle.destroy();
}

#[wasm_bindgen_test]
async fn a_draft_comes_back() {
    let (handle, panel) = start("driver-draft");
    write(&panel, "half a sent");
    handle.destroy();
    let (handle, panel) = start("driver-draft");
    until("the draft", || one(&panel, "textarea").unchecked_into::<HtmlTextAreaElement>().value() == "half a sent")
        .await;
    handle.destroy();
}

#[wasm_bindgen_test]
fn settings_that_can_not_be_used_are_named_and_not_repeated() {
    let (_, panel) = panel();
    let error = |base: &str, inbox: &str| {
        let refused = mount(panel.clone(), over(&panel), &settings(base, inbox), &object(&[]));
        let error = refused.err().expect("it is refused");
        String::from(error.unchecked_into::<js_sys::Error>().message())
    };
    let base = error("javascript:alert(1)", "abc");
    assert!(base.contains("base-url") && !base.contains("alert"), "{base}");
    assert!(error(NOWHERE, " ").contains("inbox-identifier"));
}

#[wasm_bindgen_test]
fn a_full_or_blocked_storage_becomes_memory() {
    let device = DeviceStorage::open("natter-test/full/".to_owned());
    device.save("old", "kept before");
    let prototype = js_sys::Reflect::get(&storage().constructor(), &"prototype".into()).unwrap();
    let real: Function = js_sys::Reflect::get(&prototype, &"setItem".into()).unwrap().unchecked_into();
    let refuse = Closure::<dyn Fn(JsValue, JsValue) -> Result<(), JsValue>>::new(|_, _| {
        Err(js_sys::Error::new("QuotaExceededError").into())
    });
    js_sys::Reflect::set(&prototype, &"setItem".into(), refuse.as_ref()).unwrap();
    device.save("new", "kept now");
    device.save("new", "kept at last");
    js_sys::Reflect::set(&prototype, &"setItem".into(), &real).unwrap();

    let mut all = device.all();
    all.sort();
    assert_eq!(all, [("new".to_owned(), "kept at last".to_owned()), ("old".to_owned(), "kept before".to_owned())]);
    device.erase("new");
    device.erase("old");
    assert!(device.all().is_empty());
}
