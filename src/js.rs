//! What JavaScript wants handed over in its own shape.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// An object of these properties.
#[must_use]
pub fn object(fields: &[(&str, JsValue)]) -> Object {
    let object = Object::new();
    for (key, value) in fields {
        // Setting a property of a fresh object can't fail.
        let _ = Reflect::set(&object, &JsValue::from_str(key), value);
    }
    object
}

/// A method of an object, found without asking what class the object is of: `instanceof` compares with a global that the
/// host page may have replaced, and then denies the browser's own objects.
#[must_use]
pub fn method(of: &JsValue, name: &str) -> Option<Function> {
    Reflect::get(of, &JsValue::from_str(name)).ok()?.dyn_into().ok()
}

/// Waits for a promise, or any object with a `then`, whatever `Promise` is in this page; other values are there already.
///
/// # Errors
/// With what the promise was rejected with.
pub async fn settled(value: JsValue) -> Result<JsValue, JsValue> {
    if method(&value, "then").is_some() { JsFuture::from(Promise::resolve(&value)).await } else { Ok(value) }
}

// A page's elements shadow the document's properties by their names: `<img name="referrer">`. So these are taken from the
// prototypes (`final`), which no element can change, and the document itself from the global of its name, which no element
// can replace. Leptos' own document is a protected one, too: `crates/assets` sees to it.
#[wasm_bindgen]
extern "C" {
    /// The document, by its prototype.
    #[wasm_bindgen(js_name = Document)]
    #[derive(Clone)]
    pub type Page;

    #[wasm_bindgen(thread_local_v2, js_name = document)]
    static DOCUMENT: Option<Page>;

    /// The URL of the page from which the visitor came.
    #[wasm_bindgen(method, getter, final, js_class = "Document")]
    pub fn referrer(this: &Page) -> String;

    /// Whether the page is visible.
    #[wasm_bindgen(method, getter, final, js_class = "Document", js_name = visibilityState)]
    pub fn visibility_state(this: &Page) -> String;

    /// What events are dispatched to: the document, or the window.
    #[wasm_bindgen(js_name = EventTarget)]
    #[derive(Clone)]
    pub type Target;

    /// Adds a listener.
    #[wasm_bindgen(method, final, js_class = "EventTarget", js_name = addEventListener)]
    pub fn listen(this: &Target, name: &str, listener: &Function);

    /// Removes a listener.
    #[wasm_bindgen(method, final, js_class = "EventTarget", js_name = removeEventListener)]
    pub fn unlisten(this: &Target, name: &str, listener: &Function);
}

/// The document, where there is one.
#[must_use]
pub fn page() -> Option<Page> {
    DOCUMENT.with(Clone::clone)
}
