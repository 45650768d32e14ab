//! Where shell and ui meet.

use natter_core::event::VisitorEvent;
use natter_core::host::calls::HostCall;
use natter_core::host::events::{HostEvent, Notification, event_json};
use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::i18n::Locale;
use crate::js::{self, method};
use crate::paint::{Words, transcript};
use crate::platform::{Driver, IntlFormatter, LazyModules, Output};
use crate::ui::{self, Hands, Ui};
use natter_core::digits::digits;
use natter_core::host::settings::SettingsError;
use natter_core::json::{self, Value};
use natter_core::view::{Changed, View};
use natter_core::visitor::preferences::Preference;
use natter_core::{Event, TranscriptFormat};

/// A mounted widget, for the element that owns it.
#[wasm_bindgen]
pub struct Handle {
    driver: Rc<Driver>,
    ui: Ui,
    /// Unmounts when dropped.
    painted: Box<dyn Any>,
}

#[wasm_bindgen]
impl Handle {
    /// The page, or its element, asks for something: a JSON list of calls (`natter_core::host::calls::asked`).
    pub fn call(&self, calls: &str) {
        natter_core::host::calls::parse_calls(calls).into_iter().for_each(|event| self.driver.dispatch(event));
    }

    /// The element has other attributes: all of them, as a JSON object.
    ///
    /// # Errors
    /// As `mount`: with these, the chat must not go on.
    pub fn configure(&self, attributes: &str) -> Result<(), JsValue> {
        let (settings, _) = natter_core::host::attributes::parse_settings(attributes).map_err(explain)?;
        self.driver.dispatch(Event::Host(HostCall::Configure(Box::new(settings.options))));
        Ok(())
    }

    /// Speaks this language from now on; `words` are its sentences as a JSON list, or nothing for English.
    pub fn speak(&self, language: &str, words: &str) {
        self.ui.speak(spoken(language, words));
    }

    /// How things stand and what led there, as JSON, word for word: for the element alone, which tells nobody before
    /// `parts/diagnostics.js` has masked the words.
    pub fn diagnostics(&self) -> String {
        self.driver.diagnostics()
    }

    /// Ends the widget; nothing of it stays.
    pub fn destroy(self) {
        self.driver.stop();
        drop(self.painted);
    }
}

/// Mounts a widget into an element's panel, in place of whatever is in it, and what is shown over the launcher into
/// `over`.
///
/// `given` is a JSON list of three texts: the element's attributes as a JSON object, the sentences of its language as a
/// JSON list, or nothing for English, and what the page has asked for so far (`natter_core::host::calls::asked`). `host` is an object with the
/// functions `open(is_open)`, which opens or closes the panel, `event(json)`, which takes what happens by its `type`, and
/// `part(name)`, which promises the module of that name.
///
/// # Errors
/// When a setting can't be used; the error's message names it, and never its value.
#[wasm_bindgen]
pub fn mount(panel: HtmlElement, over: HtmlElement, given: &str, host: &JsValue) -> Result<Handle, JsValue> {
    let given = json::read(given);
    let given = given.as_ref().and_then(Value::items).unwrap_or_default();
    let text = |nth: usize| given.get(nth).and_then(Value::text).unwrap_or_default();
    let (words, asked) = (text(1), natter_core::host::calls::parse_calls(text(2)));
    let (settings, odd) = natter_core::host::attributes::parse_settings(text(0)).map_err(explain)?;
    let host = Host(host.clone());
    odd.into_iter().for_each(|name| host.tell("odd", &[("name", json::string(name))]));
    let language = if settings.options.language.is_empty() { "en" } else { &settings.options.language };

    panel.replace_children_with_node_0();
    let parts = LazyModules::new(host.function("part"));

    // The two need each other: the ui reports to a driver that is there by the time anybody can click.
    let slot: Rc<std::cell::OnceCell<Rc<Driver>>> = Rc::default();
    let (to_dispatch, to_pick) = (Rc::clone(&slot), Rc::clone(&slot));
    let dispatch = Rc::new(move |event| {
        if let Some(driver) = to_dispatch.get() {
            driver.dispatch(event);
        }
    });
    let ui = Ui::new(
        dispatch.clone(),
        Hands {
            open: {
                let host = host.clone();
                Rc::new(move |is_open| host.call("open", is_open.into()))
            },
            notify: {
                let (parts, dispatch) = (parts.clone(), dispatch);
                Rc::new(move || ask_for_notices(&parts, dispatch.clone()))
            },
            speak: {
                let host = host.clone();
                Rc::new(move |code| host.tell("language", &[("code", json::string(code))]))
            },
            pick: Rc::new(move |files| {
                if let Some(driver) = to_pick.get() {
                    driver.pick(files);
                }
            }),
            call: {
                let parts = parts.clone();
                Rc::new(move |module, function, arguments| parts.start(module, function, arguments))
            },
        },
        spoken(language, words),
    );
    let painted = ui::mount(&ui, &panel, &over);
    let prefix = settings.storage_prefix();
    let audience = Painter { ui: ui.clone(), host, parts: parts.clone(), prefix };
    let driver = Driver::start(settings, asked, parts, Box::new(audience));
    // Empty until here: nothing else ever fills it.
    let _ = slot.set(Rc::clone(&driver));
    Ok(Handle { driver, ui, painted })
}

/// What is said in a language.
fn spoken(language: &str, words: &str) -> Words {
    Words {
        locale: Locale::read(words),
        formatter: Box::new(IntlFormatter::new(language)),
        now: || (js_sys::Date::now() / 1_000.0) as u64,
        can_record: can_record(),
    }
}

/// Whether this page is lent a microphone. Pages that are not secure have no devices. Where a page's Permissions-Policy
/// forbids it, nobody is asked; only Chromium tells of that, and calls it by its former name.
fn can_record() -> bool {
    let Some(window) = web_sys::window() else { return false };
    let policy = js::page().and_then(|page| get(&page, "featurePolicy"));
    let allows = policy.and_then(|policy| method(&policy, "allowsFeature")?.call1(&policy, &"microphone".into()).ok());
    get(&window.navigator(), "mediaDevices").is_some() && allows.is_none_or(|allows| allows.is_truthy())
}

/// Asks the browser whether it may tell of messages; it asks the visitor.
fn ask_for_notices(parts: &LazyModules, dispatch: Rc<dyn Fn(Event)>) {
    let then = move |answer: Option<JsValue>| {
        dispatch(match answer.is_some_and(|answer| answer.is_truthy()) {
            true => Event::Visitor(VisitorEvent::PreferenceChosen(Preference::Notifications(true))),
            false => Event::Visitor(VisitorEvent::NotificationsDenied),
        });
    };
    parts.call("notifications", "requestPermission", &[], Box::new(then));
}

/// What the element does for us.
#[derive(Clone)]
struct Host(JsValue);

impl Host {
    fn function(&self, name: &str) -> Option<Function> {
        get(&self.0, name).and_then(|value| value.dyn_into().ok())
    }

    fn call(&self, name: &str, argument: JsValue) {
        // What the page's own function throws is the page's affair.
        let _ = self.function(name).map(|function| function.call1(&JsValue::UNDEFINED, &argument));
    }

    /// Tells what happened, with what belongs to it as JSON.
    fn tell(&self, what: &str, about: &[(&str, String)]) {
        self.call("event", event_json(what, about).into());
    }
}

/// Passes on what the driver publishes.
struct Painter {
    ui: Ui,
    host: Host,
    parts: LazyModules,
    /// What everything of this server and inbox is called by in the browser.
    prefix: String,
}

impl Output for Painter {
    fn publish(&self, view: &Arc<View>, changed: Changed) {
        self.ui.paint(view, changed);
    }

    fn tell_host(&self, event: HostEvent) {
        if let Some(json) = event.to_json() {
            return self.host.call("event", json.into());
        }
        if let HostEvent::NotificationDue(notification) = event {
            self.notify(&notification);
        } else if let HostEvent::TranscriptReady { format, messages } = event {
            let all = transcript(&self.ui.words(), &messages);
            let format = if format == TranscriptFormat::Json { "json" } else { "text" };
            self.parts.start("transcript", "saveTranscript", &[format.into(), all.into()]);
        }
    }
}

impl Painter {
    /// As much of a message as a notification shows, in characters.
    const NOTICE_CHARS: usize = 200;

    fn notify(&self, notification: &Notification) {
        let (words, message) = (self.ui.words(), &notification.message);
        let arrived = [
            ("name", json::string(&[&self.prefix, "arrived/", &digits(message.id.0)].concat())),
            ("title", json::string(&words.author(&message.author))),
            ("text", json::string(&words.line(message, Self::NOTICE_CHARS))),
            ("seen", json::truth(notification.is_seen)),
            ("heard", json::truth(notification.plays_sound)),
            ("noticed", json::truth(notification.shows_notification)),
        ];
        self.host.tell("arrived", &arrived);
    }
}

/// A property of an object.
fn get(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &JsValue::from_str(name)).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn explain(unusable: SettingsError) -> JsValue {
    js_sys::Error::new(&match unusable {
        SettingsError::BaseUrl => "base-url must be the http or https address of a Chatwoot server.".to_owned(),
        SettingsError::Secret(name) => {
            [&name, " looks like a secret of the server's: take it out of the page, and change it there."].concat()
        }
        SettingsError::InboxIdentifier => "inbox-identifier must be the identifier of an API inbox.".to_owned(),
    })
    .into()
}
