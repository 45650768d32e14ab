//! The calls of the chat's API.

use std::fmt::{self, Display, Formatter};
use std::future::{Future, IntoFuture};
use std::pin::Pin;

use js_sys::{Array, JSON, Promise, Reflect};
use leptos::prelude::{LocalStorage, StoredValue, UpdateValue, WithValue};
use natter_core::tolerant_json;
use serde::Serialize;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::Element;

use super::settings::{Attributes, User};
use crate::js::method;

/// A call that waits for the element.
type Waiting = Box<dyn FnOnce(&Element)>;

#[derive(Default)]
struct Shared {
    element: Option<Element>,
    waiting: Vec<Waiting>,
}

/// Calls of a chat, for the prop `handle` of [`Chat`](super::Chat()). Calls before the chat is in the page wait for it, and
/// are then made in their order.
#[derive(Clone, Copy)]
pub struct ChatHandle(StoredValue<Shared, LocalStorage>);

impl Default for ChatHandle {
    fn default() -> Self {
        Self::new()
    }
}

impl ChatHandle {
    /// A handle, which belongs to the component that makes it.
    #[must_use]
    pub fn new() -> Self {
        Self(StoredValue::new_local(Shared::default()))
    }

    /// Opens the panel, and loads the chat if necessary.
    pub fn open(self) {
        self.start("open", None);
    }

    /// Closes the panel; an inline chat stays open.
    pub fn close(self) {
        self.start("close", None);
    }

    /// Opens the panel, or closes it.
    pub fn toggle(self) {
        self.start("toggle", None);
    }

    /// Shows the launcher again.
    pub fn show(self) {
        self.start("show", None);
    }

    /// Closes the panel and hides the launcher.
    pub fn hide(self) {
        self.start("hide", None);
    }

    /// Whether the panel is open now.
    #[must_use]
    pub fn is_open(self) -> bool {
        self.property("isOpen").is_truthy()
    }

    /// The number of unread messages now.
    #[must_use]
    pub fn unread_count(self) -> u32 {
        self.property("unreadCount").as_f64().unwrap_or_default() as u32
    }

    /// The visitor has given consent, for which `needs_consent` waits; or it is withdrawn, and the visitor forgotten.
    pub fn consent(self, is_given: bool) -> PendingCall {
        self.call("consent", Some(is_given.into()))
    }

    /// Identifies the visitor.
    pub fn set_user(self, user: &User) -> PendingCall {
        self.call("setUser", Some(object(user)))
    }

    /// Adds custom attributes to the contact.
    pub fn set_custom_attributes(self, attributes: &Attributes) -> PendingCall {
        self.call("setCustomAttributes", Some(object(attributes)))
    }

    /// Empties a custom attribute of the contact; the server can't remove it.
    pub fn delete_custom_attribute(self, name: &str) -> PendingCall {
        self.call("deleteCustomAttribute", Some(name.into()))
    }

    /// Sets custom attributes of the next conversation; an existing one is not changed.
    pub fn set_conversation_custom_attributes(self, attributes: &Attributes) -> PendingCall {
        self.call("setConversationCustomAttributes", Some(object(attributes)))
    }

    /// Replaces the text in the composer.
    pub fn prefill(self, text: &str) -> PendingCall {
        self.call("prefill", Some(text.into()))
    }

    /// Sends a message for the visitor, and loads the chat for it.
    pub fn send(self, text: &str) -> PendingCall {
        self.call("send", Some(text.into()))
    }

    /// For a logout: forgets the visitor on this device, and the user and attributes that were set.
    pub fn reset(self) -> PendingCall {
        self.call("reset", None)
    }

    /// Forgets the visitor on this device and in all tabs. The server keeps the conversation.
    pub fn forget(self) -> PendingCall {
        self.call("forget", None)
    }

    /// A diagnostics report, as JSON: the chat's state and the events before it, with all texts redacted.
    ///
    /// # Errors
    /// When the chat ends before.
    pub async fn diagnostics(self) -> Result<String, CallError> {
        let report = self.call("diagnostics", None).result().await?;
        Ok(JSON::stringify(&report).map(String::from).unwrap_or_default())
    }

    fn property(self, name: &str) -> JsValue {
        let element = self.0.try_with_value(|shared| shared.element.clone()).flatten();
        element.and_then(|element| Reflect::get(&element, &name.into()).ok()).unwrap_or_default()
    }

    /// Calls a method that returns nothing.
    fn start(self, name: &'static str, argument: Option<JsValue>) {
        self.perform(Box::new(move |element| {
            // No such method throws.
            let _ = invoke(element, name, argument.as_ref());
        }));
    }

    /// Calls a method that returns a promise.
    fn call(self, name: &'static str, argument: Option<JsValue>) -> PendingCall {
        PendingCall(Promise::new(&mut |resolve, reject| {
            let argument = argument.clone();
            self.perform(Box::new(move |element| {
                let (done, value) = match invoke(element, name, argument.as_ref()) {
                    Ok(value) => (resolve, value),
                    Err(error) => (reject, error),
                };
                // The functions of a promise don't throw.
                let _ = done.call1(&JsValue::UNDEFINED, &value);
            }));
        }))
    }

    fn perform(self, call: Waiting) {
        match self.0.try_with_value(|shared| shared.element.clone()).flatten() {
            Some(element) => call(&element),
            // Nothing is called once the handle's component is gone.
            None => drop(self.0.try_update_value(|shared| shared.waiting.push(call))),
        }
    }

    /// Makes the calls that wait for the element, and from now on all calls at once.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively there is no element"))]
    pub(super) fn attach(self, element: &Element) {
        let waiting = self.0.try_update_value(|shared| {
            shared.element = Some(element.clone());
            std::mem::take(&mut shared.waiting)
        });
        waiting.into_iter().flatten().for_each(|call| call(element));
    }

    /// The element is gone: from now on calls wait for another one.
    #[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively there is no element"))]
    pub(super) fn detach(self, element: &Element) {
        self.0.try_update_value(|shared| shared.element.take_if(|attached| attached == element));
    }
}

/// A call that was made, or waits for the chat. It need not be awaited; docs/embedding.md says when each call is done.
pub struct PendingCall(Promise);

impl PendingCall {
    async fn result(self) -> Result<JsValue, CallError> {
        JsFuture::from(self.0).await.map_err(|error| {
            let message = Reflect::get(&error, &"message".into()).ok().and_then(|message| message.as_string());
            CallError(message.unwrap_or_default())
        })
    }
}

impl IntoFuture for PendingCall {
    type Output = Result<(), CallError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { self.result().await.map(drop) })
    }
}

/// Why a call was not done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct CallError(String);

impl Display for CallError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for CallError {}

fn invoke(element: &Element, name: &str, argument: Option<&JsValue>) -> Result<JsValue, JsValue> {
    let function = method(element, name).ok_or_else(|| js_sys::TypeError::new(name))?;
    function.apply(element, &argument.into_iter().collect::<Array>().unchecked_into())
}

/// A value as JavaScript has it.
fn object<T: Serialize>(value: &T) -> JsValue {
    JSON::parse(&tolerant_json::write(value)).unwrap_or_default()
}
