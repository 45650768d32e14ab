//! Code that few visitors need: small JavaScript modules beside the wasm, fetched on their first use.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// How a module is had: a function of the page's that takes its name and promises it.
#[derive(Clone, Default)]
pub struct Parts(Option<Function>);

impl Parts {
    /// Modules as this function promises them.
    #[must_use]
    pub const fn new(fetch: Option<Function>) -> Self {
        Self(fetch)
    }

    /// Calls a module's function, whatever comes of it.
    pub fn start(&self, module: &'static str, function: &'static str, arguments: &[JsValue]) {
        let (parts, arguments) = (self.clone(), arguments.to_vec());
        wasm_bindgen_futures::spawn_local(async move {
            drop(parts.call(module, function, &arguments).await);
        });
    }

    /// Calls a module's function and waits for what it promises; `None` when there is no such module to be had, or it
    /// fails.
    pub async fn call(&self, module: &str, function: &str, arguments: &[JsValue]) -> Option<JsValue> {
        let fetch = self.0.as_ref()?;
        let module = settled(fetch.call1(&JsValue::UNDEFINED, &module.into()).ok()?).await?;
        let function: Function = Reflect::get(&module, &function.into()).ok()?.dyn_into().ok()?;
        let arguments: Array = arguments.iter().collect();
        settled(function.apply(&JsValue::UNDEFINED, &arguments).ok()?).await
    }
}

async fn settled(value: JsValue) -> Option<JsValue> {
    match value.dyn_into::<Promise>() {
        Ok(promise) => JsFuture::from(promise).await.ok(),
        Err(value) => Some(value),
    }
}
