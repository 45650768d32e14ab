//! What JavaScript wants handed over in its own shape.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

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
