//! The page: it lists the screens and shows one of them in the panel of the widget's own element.

use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::{ELEMENT, MARK, NOON, Screen, long_words, screens};
use crate::chat::ChatHost;
use crate::i18n::{Locale, Localizer};
use crate::panel::MountedPanel;
use crate::platform::{IntlFormatter, LazyModules};
use natter_core::view::Changed;

#[wasm_bindgen(module = "/src/gallery/page.js")]
extern "C" {
    /// Fills the page. `names` are the screens', `show` takes a panel, a screen's name, a language, its
    /// sentences, and what promises a part by its name; it returns what is to be clicked.
    fn open(page: &HtmlElement, mark: &str, names: Array, show: JsValue);
}

/// Instead of what is to be clicked: the panel is to be closed.
const CLOSED: &str = "closed";

/// Instead of a language's sentences: those with long words.
const LONG: &str = "long";

/// Takes over this page.
#[wasm_bindgen]
pub fn gallery(page: &HtmlElement) {
    let screens = screens();
    let names = ELEMENT.into_iter().chain(screens.iter().map(|screen| screen.name));
    let names = names.map(JsValue::from_str).collect();
    // Unmounted when the next one is shown.
    let mut shown: Option<Rc<MountedPanel>> = None;
    let show = move |panel: HtmlElement, name: String, language: String, words: String, part: Function| -> String {
        if let Some(before) = shown.take() {
            before.unmount();
        }
        let Some(screen) = screens.iter().find(|screen| screen.name == name) else { return String::new() };
        shown = Some(show(panel, screen, said(&language, &words), part));
        if screen.is_closed { CLOSED } else { screen.click }.to_owned()
    };
    let show = Closure::<dyn FnMut(HtmlElement, String, String, String, Function) -> String>::new(show);
    open(page, MARK, names, show.into_js_value());
}

/// A language, at noon.
fn said(language: &str, words: &str) -> Localizer {
    Localizer {
        locale: if words == LONG { long_words() } else { Locale::read(words) },
        formatter: Box::new(IntlFormatter::new(language)),
        now: || NOON,
        can_record: true,
    }
}

/// A page around the panel that only has modules.
struct Modules(LazyModules);

impl ChatHost for Modules {
    fn set_open(&self, _: bool) {}

    fn request_notification_permission(&self) {}

    fn set_language(&self, _: &str) {}

    fn pick_files(&self, _: Vec<web_sys::File>) {}

    fn call_module(&self, module: &'static str, function: &'static str, arguments: &[JsValue]) {
        self.0.start(module, function, arguments);
    }
}

fn show(panel: HtmlElement, screen: &Screen, localizer: Localizer, part: Function) -> Rc<MountedPanel> {
    panel.replace_children_with_node_0();
    let host = Rc::new(Modules(LazyModules::new(Some(part))));
    let over: Option<HtmlElement> = panel.next_element_sibling().map(JsCast::unchecked_into);
    let over = over.as_ref().unwrap_or(&panel);
    let mounted = MountedPanel::mount(&panel, over, localizer, host, Rc::new(|_| {}));
    let all = Changed { panel: true, thread: true, composer: true, previews: true };
    mounted.update(&Arc::new(screen.view.clone()), all);
    mounted
}
