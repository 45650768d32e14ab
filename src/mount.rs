//! Where platform and view meet: `mount` puts a chat into the element's panel, and its handle is the element's API.

use natter_core::event::VisitorEvent;
use natter_core::host::attributes::parse_settings;
use natter_core::host::calls::{HostCall, parse_calls};
use natter_core::host::events::{ElementEvent, HostEvent, Notification};
use natter_core::host::mount_options::MountOptions;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::chat::ChatHost;
use crate::i18n::{Locale, Localizer};
use crate::js::{self, method};
use crate::panel::MountedPanel;
use crate::platform::{Driver, IntlFormatter, LazyModules, Output};
use crate::transcript::transcript;
use natter_core::Event;
use natter_core::host::settings::SettingsError;
use natter_core::tolerant_json::{self, Json};
use natter_core::view::{Changed, View};
use natter_core::visitor::preferences::Preference;

/// A mounted widget, for the element that owns it.
// An application that contains the chat may export another class of this name.
#[cfg_attr(not(feature = "component"), wasm_bindgen)]
#[cfg_attr(feature = "component", wasm_bindgen(js_name = NatterHandle))]
pub struct Handle {
    driver: Rc<Driver>,
    panel: Rc<MountedPanel>,
}

#[cfg_attr(not(feature = "component"), wasm_bindgen)]
#[cfg_attr(feature = "component", wasm_bindgen(js_class = NatterHandle))]
impl Handle {
    /// The website, or its element, calls the chat's API: a JSON list of calls (`natter_core::host::calls`).
    pub fn call(&self, calls: &str) {
        parse_calls(calls).into_iter().for_each(|call| self.driver.dispatch(Event::Host(call)));
    }

    /// The element's attributes changed: all of them, as a JSON object.
    ///
    /// # Errors
    /// As `mount`. The chat must not go on with such settings.
    pub fn configure(&self, attributes: &str) -> Result<(), JsValue> {
        let (settings, _) = parse_settings(attributes).map_err(explain)?;
        self.driver.dispatch(Event::Host(HostCall::Configure(Box::new(settings.options))));
        Ok(())
    }

    /// Switches to a language (BCP 47); `texts` are its texts as a JSON list; anything else is English.
    pub fn speak(&self, language: &str, texts: &str) {
        self.panel.set_localizer(localizer(language, &tolerant_json::read(texts).unwrap_or(Json::Null)));
    }

    /// The state and the event log, as JSON. They hold message texts: the element redacts them by `parts/diagnostics.js`
    /// before anybody sees them.
    pub fn diagnostics(&self) -> String {
        self.driver.diagnostics()
    }

    /// Ends the chat; nothing of it stays.
    pub fn destroy(self) {
        self.driver.stop();
        self.panel.unmount();
    }
}

/// Mounts a chat into an element's panel, in place of the panel's content, and its message previews into `over`, above the
/// launcher.
///
/// `given` are the [`MountOptions`], as JSON. `host` is an object with the functions `open(is_open)`, which opens or closes the panel, `event(json)`, which takes the chat's events, and
/// `part(name)`, which returns a promise of the lazy module of that name.
///
/// # Errors
/// When a setting can't be used; the error's message names it, and never its value.
// The same, and it is called from Rust.
#[cfg_attr(not(feature = "component"), wasm_bindgen)]
pub fn mount(panel: HtmlElement, over: HtmlElement, given: &str, host: &JsValue) -> Result<Handle, JsValue> {
    let MountOptions { settings, unusable, texts, calls } = MountOptions::parse(given).map_err(explain)?;
    let calls = calls.into_iter().map(Event::Host).collect();
    let host = HostApi(host.clone());
    unusable.into_iter().for_each(|name| host.send(&ElementEvent::Odd { name }));
    let language = if settings.options.language.is_empty() { "en" } else { &settings.options.language };

    panel.replace_children_with_node_0();
    let modules = LazyModules::new(host.function("part"));

    // The view dispatches to the driver, and the driver publishes to the view: the slot is filled before anybody can click.
    let slot: Rc<std::cell::OnceCell<Rc<Driver>>> = Rc::default();
    let (to_dispatch, to_pick) = (Rc::clone(&slot), Rc::clone(&slot));
    let dispatch = Rc::new(move |event| {
        if let Some(driver) = to_dispatch.get() {
            driver.dispatch(event);
        }
    });
    let around =
        PageAroundPanel { host: host.clone(), modules: modules.clone(), driver: to_pick, dispatch: dispatch.clone() };
    let panel = MountedPanel::mount(&panel, &over, localizer(language, &texts), Rc::new(around), dispatch);
    let prefix = settings.storage_prefix();
    let output = ElementOutput { panel: Rc::clone(&panel), host, modules: modules.clone(), prefix };
    let driver = Driver::start(settings, calls, modules, Box::new(output));
    // The slot is empty until here: nothing else fills it.
    let _ = slot.set(Rc::clone(&driver));
    Ok(Handle { driver, panel })
}

/// The texts and formats of a language.
fn localizer(language: &str, texts: &Json) -> Localizer {
    Localizer {
        locale: Locale::from_json(texts),
        formatter: Box::new(IntlFormatter::new(language)),
        now: || (js_sys::Date::now() / 1_000.0) as u64,
        can_record: can_record(),
    }
}

/// Whether this page may use a microphone. Insecure pages have no media devices. Where a page's Permissions-Policy forbids
/// it, the browser refuses without asking; only Chromium says so beforehand, by the policy's former name.
fn can_record() -> bool {
    let Some(window) = web_sys::window() else { return false };
    let policy = js::page().and_then(|page| get(&page, "featurePolicy"));
    let allows = policy.and_then(|policy| method(&policy, "allowsFeature")?.call1(&policy, &"microphone".into()).ok());
    get(&window.navigator(), "mediaDevices").is_some() && allows.is_none_or(|allows| allows.is_truthy())
}

/// Requests the permission to show notifications: the browser asks the visitor.
fn request_notification_permission(modules: &LazyModules, dispatch: Rc<dyn Fn(Event)>) {
    let then = move |answer: Option<JsValue>| {
        dispatch(match answer.is_some_and(|answer| answer.is_truthy()) {
            true => Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(true))),
            false => Event::Visitor(VisitorEvent::NotificationsDenied),
        });
    };
    modules.call("notifications", "requestPermission", &[], Box::new(then));
}

/// What the panel asks of the page around it.
struct PageAroundPanel {
    host: HostApi,
    modules: LazyModules,
    driver: Rc<std::cell::OnceCell<Rc<Driver>>>,
    dispatch: Rc<dyn Fn(Event)>,
}

impl ChatHost for PageAroundPanel {
    fn set_open(&self, is_open: bool) {
        self.host.call("open", is_open.into());
    }

    fn request_notification_permission(&self) {
        request_notification_permission(&self.modules, Rc::clone(&self.dispatch));
    }

    fn set_language(&self, code: &str) {
        self.host.send(&ElementEvent::Language { code });
    }

    fn pick_files(&self, files: Vec<web_sys::File>) {
        if let Some(driver) = self.driver.get() {
            driver.pick(files);
        }
    }

    fn call_module(&self, module: &'static str, function: &'static str, arguments: &[JsValue]) {
        self.modules.start(module, function, arguments);
    }
}

/// The functions of the element that the chat calls.
#[derive(Clone)]
struct HostApi(JsValue);

impl HostApi {
    fn function(&self, name: &str) -> Option<Function> {
        get(&self.0, name).and_then(|value| value.dyn_into().ok())
    }

    fn call(&self, name: &str, argument: JsValue) {
        // An exception of the element's function concerns the element alone.
        let _ = self.function(name).map(|function| function.call1(&JsValue::UNDEFINED, &argument));
    }

    /// Sends the element an event.
    fn send(&self, event: &ElementEvent) {
        self.call("event", event.to_json().into());
    }
}

/// Shows what the driver publishes, and sends the element its events.
struct ElementOutput {
    panel: Rc<MountedPanel>,
    host: HostApi,
    modules: LazyModules,
    /// The prefix of this server's and inbox's names in the browser.
    prefix: String,
}

impl Output for ElementOutput {
    fn publish(&self, view: &Arc<View>, changed: Changed) {
        self.panel.update(view, changed);
    }

    fn tell_host(&self, event: HostEvent) {
        if let Some(event) = event.element_event() {
            return self.host.send(&event);
        }
        if let HostEvent::NotificationDue(notification) = event {
            self.notify(&notification);
        } else if let HostEvent::TranscriptReady { messages } = event {
            let all = transcript(&self.panel.localizer(), &messages);
            self.modules.start("transcript", "saveTranscript", &[all.into()]);
        }
    }
}

impl ElementOutput {
    /// A notification shows at most this many characters of a message.
    const NOTIFICATION_CHARS_MAX: usize = 200;

    fn notify(&self, notification: &Notification) {
        let (localizer, message) = (self.panel.localizer(), &notification.message);
        self.host.send(&ElementEvent::Arrived {
            name: &format!("{}arrived/{}", self.prefix, message.id.0),
            title: &localizer.author_name(&message.author),
            text: &localizer.message_line(message, Self::NOTIFICATION_CHARS_MAX),
            seen: notification.is_seen,
            heard: notification.plays_sound,
            noticed: notification.shows_notification,
        });
    }
}

/// A property of an object.
fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &JsValue::from_str(name)).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

/// An error that names the setting, and never its value.
fn explain(error: SettingsError) -> JsValue {
    js_sys::Error::new(&match error {
        SettingsError::BaseUrl => "base-url must be the http or https address of a Chatwoot server.".to_owned(),
        SettingsError::Secret(name) => {
            [&name, " looks like a secret of the server's: take it out of the page, and change it there."].concat()
        }
        SettingsError::InboxIdentifier => "inbox-identifier must be the identifier of an API inbox.".to_owned(),
    })
    .into()
}
