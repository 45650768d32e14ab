//! The mounted widget with the browser's timers, storage and network, without a server.

use js_sys::Function;
use natter_chat::mount::{Handle, mount};
use natter_chat::platform::DeviceStorage;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{HtmlElement, HtmlTextAreaElement, KeyboardEvent, KeyboardEventInit, Storage};

use crate::page::{all, object, one, panel, texts, until};

/// A URL whose connections are refused at once.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A mounted widget with an inbox of its own, so that tests share no storage.
fn start(inbox: &str) -> (Handle, HtmlElement) {
    let (root, panel) = panel();
    panel.append_child(&root.owner_document().unwrap().create_element("i").unwrap()).unwrap();
    let handle = mount(panel.clone(), over(&panel), &settings(NOWHERE, inbox), &object(&[])).unwrap();
    (handle, panel)
}

fn settings(base_url: &str, inbox: &str) -> String {
    let attributes = natter_core::chatwoot::write_object(&[("base-url", base_url), ("inbox-identifier", inbox)]);
    format!("{{\"attributes\":{attributes}}}")
}

/// The element for cards over the launcher.
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
async fn mount_replaces_the_skeleton_and_stores_nothing() {
    let (handle, panel) = start("driver-mount");
    until("a composer", || !all(&panel, "textarea").is_empty()).await;
    assert!(all(&panel, "i").is_empty());
    handle.call(r#"["opened"]"#);
    assert!(kept("driver-mount").is_empty());
    handle.destroy();
    assert_eq!(panel.child_element_count(), 0);
}

#[wasm_bindgen_test]
async fn a_message_without_a_server_is_shown_stored_and_explained() {
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
    until("an explanation", || texts(&panel, ".trouble")[0].starts_with("We can't connect")).await;
    handle.destroy();

    let (handle, panel) = start("driver-send");
    until("the row again, after a reload", || texts(&panel, ".unsent .bubble") == ["hello"]).await;
    handle.destroy();
    let before = kept("driver-send");
    assert!(before.iter().any(|(_, value)| value.contains("hello")));
}

#[wasm_bindgen_test]
async fn unsent_messages_of_one_tab_are_shown_and_kept_by_another() {
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
async fn enter_sends_but_not_with_shift_or_during_composition() {
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
async fn a_draft_is_restored() {
    let (handle, panel) = start("driver-draft");
    write(&panel, "half a sent");
    handle.destroy();
    let (handle, panel) = start("driver-draft");
    until("the draft", || one(&panel, "textarea").unchecked_into::<HtmlTextAreaElement>().value() == "half a sent")
        .await;
    handle.destroy();
}

#[wasm_bindgen_test]
fn invalid_settings_are_named_without_their_values() {
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
fn full_or_blocked_storage_is_replaced_by_memory() {
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
