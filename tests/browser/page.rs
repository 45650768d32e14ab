//! Helpers for the tests' page.

use js_sys::{Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Element, HtmlElement, ShadowRoot, ShadowRootInit, ShadowRootMode};

/// The limit of animation frames to wait for a condition: about 20 s.
const FRAMES_MAX: u32 = 1_200;

/// An empty panel in a shadow root of its own.
pub fn panel() -> (ShadowRoot, HtmlElement) {
    let page = web_sys::window().unwrap().document().unwrap();
    let host = page.create_element("div").unwrap();
    page.body().unwrap().append_child(&host).unwrap();
    let root = host.attach_shadow(&ShadowRootInit::new(ShadowRootMode::Open)).unwrap();
    let panel: HtmlElement = page.create_element("div").unwrap().unchecked_into();
    panel.set_class_name("panel");
    root.append_child(&panel).unwrap();
    (root, panel)
}

/// A JavaScript object with these properties.
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (key, value) in fields {
        Reflect::set(&object, &JsValue::from_str(key), value).unwrap();
    }
    object.into()
}

/// Waits for animation frames until a condition holds.
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..FRAMES_MAX {
        if is_so() {
            return;
        }
        let frame = Promise::new(&mut |resolve, _| {
            web_sys::window().unwrap().request_animation_frame(&resolve).unwrap();
        });
        JsFuture::from(frame).await.unwrap();
    }
    panic!("it never came to be: {what}");
}

/// The elements of a panel with this selector.
pub fn all(panel: &HtmlElement, selector: &str) -> Vec<Element> {
    let found = panel.query_selector_all(selector).unwrap();
    (0..found.length()).map(|at| found.get(at).unwrap().unchecked_into()).collect()
}

/// Their texts.
pub fn texts(panel: &HtmlElement, selector: &str) -> Vec<String> {
    all(panel, selector).iter().map(|element| element.text_content().unwrap()).collect()
}

/// The first element with this selector.
pub fn one(panel: &HtmlElement, selector: &str) -> HtmlElement {
    all(panel, selector).into_iter().next().unwrap_or_else(|| panic!("there is no {selector}")).unchecked_into()
}
