//! Lazily loaded modules: JavaScript that few visitors need, fetched on its first use (`embed/parts`).

use js_sys::{Array, Function};
use wasm_bindgen::JsValue;

use crate::js::{method, settled};

/// Loads modules: by a function of the element's that takes a module's name and returns a promise of it.
#[derive(Clone, Default)]
pub struct LazyModules(Option<Function>);

impl LazyModules {
    /// Modules that this function loads.
    #[must_use]
    pub const fn new(fetch: Option<Function>) -> Self {
        Self(fetch)
    }

    /// Calls a module's function, and ignores its result.
    pub fn start(&self, module: &'static str, function: &'static str, arguments: &[JsValue]) {
        self.call(module, function, arguments, Box::new(drop));
    }

    /// Calls a module's function, and `then` with what its promise resolves to; with `None` when the module can't be loaded
    /// or the function fails.
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

/// What is done with the result of a module's function. Boxed, so that all calls share one type of future.
pub type Then = Box<dyn FnOnce(Option<JsValue>)>;
