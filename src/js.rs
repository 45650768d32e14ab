//! What JavaScript wants handed over in its own shape.

use js_sys::{Function, Object, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
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
