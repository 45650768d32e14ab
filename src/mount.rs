//! Where shell and ui meet.

use std::any::Any;
use std::rc::Rc;

use js_sys::{Array, Function, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{CssStyleSheet, HtmlElement, ShadowRoot};

use crate::core::settings::{Settings, Unusable};
use crate::core::view::{Changed, View};
use crate::core::{Event, Tell};
use crate::paint::Words;
use crate::shell::{Audience, Driver, IntlSpeech, Parts};
use crate::text::Catalogue;
use crate::ui::{self, Hands, Ui};

/// A mounted widget, for the element that owns it.
#[wasm_bindgen]
pub struct Handle {
    driver: Rc<Driver>,
    /// Unmounts when dropped.
    painted: Box<dyn Any>,
}

#[wasm_bindgen]
impl Handle {
    /// The panel was opened or closed.
    pub fn opened(&self, is_open: bool) {
        self.driver.dispatch(Event::Opened(is_open));
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

/// Mounts a widget into an element's panel, in place of whatever is in it.
///
/// `settings` is an object with `baseUrl`, `inboxIdentifier` and perhaps `language` and `closesResolved`; `host` one
/// with the functions `close()`, which closes the panel, `unread(count)`, `trouble(name)`, with what is wrong or
/// nothing any more, and `part(name)`, which promises the module of that name.
///
/// # Errors
/// When a setting can't be used; the error's message names it, and never its value.
#[wasm_bindgen]
pub fn mount(panel: HtmlElement, settings: &JsValue, host: &JsValue) -> Result<Handle, JsValue> {
    let text = |name: &str| get(settings, name).and_then(|value| value.as_string());
    let base_url = text("baseUrl").unwrap_or_default();
    let inbox = text("inboxIdentifier").unwrap_or_default();
    let closes_resolved = get(settings, "closesResolved").is_some_and(|closes| closes.is_truthy());
    let settings = Settings::new(&base_url, &inbox).map_err(explain)?.closing_resolved(closes_resolved);
    let language = text("language").unwrap_or_else(|| "en".to_owned());

    adopt_styles(&panel);
    panel.replace_children_with_node_0();
    let function = |name: &str| get(host, name).and_then(|value| value.dyn_into::<Function>().ok());
    let (close, unread, trouble) = (function("close"), function("unread"), function("trouble"));
    let parts = Parts::new(function("part"));

    // The two need each other: the ui reports to a driver that is there by the time anybody can click.
    let slot: Rc<std::cell::OnceCell<Rc<Driver>>> = Rc::default();
    let (to_driver, to_pick) = (Rc::clone(&slot), Rc::clone(&slot));
    let ui = Ui::new(
        Rc::new(move |event| {
            if let Some(driver) = to_driver.get() {
                driver.dispatch(event);
            }
        }),
        Hands {
            close: Rc::new(move || call(close.as_ref(), &JsValue::UNDEFINED)),
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
        Words {
            catalogue: Catalogue::english(),
            speech: Box::new(IntlSpeech::new(&language)),
            now: || (js_sys::Date::now() / 1_000.0) as u64,
            // Pages that are not secure have no devices.
            can_record: web_sys::window().is_some_and(|window| get(&window.navigator(), "mediaDevices").is_some()),
        },
    );
    let painted = ui::mount(&ui, &panel);
    let driver = Driver::start(settings, parts, Box::new(Painter { ui, unread, trouble }));
    // Empty until here: nothing else ever fills it.
    let _ = slot.set(Rc::clone(&driver));
    Ok(Handle { driver, painted })
}

/// Passes on what the driver publishes.
struct Painter {
    ui: Ui,
    unread: Option<Function>,
    trouble: Option<Function>,
}

impl Audience for Painter {
    fn publish(&self, view: &View, changed: Changed) {
        self.ui.paint(view, changed);
    }

    fn tell(&self, tell: Tell) {
        match tell {
            Tell::Unread(count) => call(self.unread.as_ref(), &JsValue::from(count)),
            Tell::Trouble(finding) => {
                let name = finding.map_or(JsValue::NULL, |finding| finding.name().into());
                call(self.trouble.as_ref(), &name);
            }
        }
    }
}

/// An own property of an object that is not a function's or prototype's.
fn get(object: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(object, &JsValue::from_str(name)).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

fn call(function: Option<&Function>, argument: &JsValue) {
    // What the page's own function throws is the page's affair.
    let _ = function.map(|function| function.call1(&JsValue::UNDEFINED, argument));
}

fn explain(unusable: Unusable) -> JsValue {
    js_sys::Error::new(match unusable {
        Unusable::BaseUrl => "natter: base-url must be the http or https address of a Chatwoot server.",
        Unusable::InboxIdentifier => "natter: inbox-identifier must be the identifier of an API inbox.",
    })
    .into()
}

/// The panel's style goes to the shadow root as a constructed sheet: a strict page allows no other.
pub(crate) fn adopt_styles(panel: &HtmlElement) {
    let Ok(root) = panel.get_root_node().dyn_into::<ShadowRoot>() else { return };
    let Ok(sheet) = CssStyleSheet::new() else { return };
    if sheet.replace_sync(include_str!(concat!(env!("OUT_DIR"), "/widget.css"))).is_ok() {
        let all = Array::from(&root.adopted_style_sheets());
        all.push(&sheet);
        root.set_adopted_style_sheets(&all);
    }
}
