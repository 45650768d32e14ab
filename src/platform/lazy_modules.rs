//! Code that few visitors need: small JavaScript modules beside the wasm, fetched on their first use.

use js_sys::{Array, Function};
use wasm_bindgen::JsValue;

use crate::js::{method, settled};

/// How a module is had: a function of the page's that takes its name and promises it.
#[derive(Clone, Default)]
pub struct LazyModules(Option<Function>);

impl LazyModules {
    /// Modules as this function promises them.
    #[must_use]
    pub const fn new(fetch: Option<Function>) -> Self {
        Self(fetch)
    }

    /// Calls a module's function, whatever comes of it.
    pub fn start(&self, module: &'static str, function: &'static str, arguments: &[JsValue]) {
        self.call(module, function, arguments, Box::new(drop));
    }

    /// Calls a module's function, and `then` with what it promises; with `None` when there is no such module to be had,
    /// or it fails.
    pub fn call(&self, module: &'static str, function: &'static str, arguments: &[JsValue], then: Then) {
        let (modules, arguments) = (self.clone(), arguments.to_vec());
        wasm_bindgen_futures::spawn_local(async move {
            then(modules.promised(module, function, &arguments).await);
        });
    }

    async fn promised(&self, module: &str, function: &str, arguments: &[JsValue]) -> Option<JsValue> {
        let fetch = self.0.as_ref()?;
        let module = settled(fetch.call1(&JsValue::UNDEFINED, &module.into()).ok()?).await.ok()?;
        let arguments: Array = arguments.iter().collect();
        settled(method(&module, function)?.apply(&JsValue::UNDEFINED, &arguments).ok()?).await.ok()
    }
}

/// What is done with what a module's function promised. In a box, so that there is one future for all of them.
pub type Then = Box<dyn FnOnce(Option<JsValue>)>;
