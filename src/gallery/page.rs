//! The page: it lists the screens and shows one of them in the panel of the widget's own element.

use std::any::Any;
use std::rc::Rc;
use std::sync::Arc;

use js_sys::{Array, Function};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::{ELEMENT, MARK, NOON, Screen, long_words, screens};
use crate::i18n::Locale;
use crate::paint::Words;
use crate::platform::{IntlFormatter, LazyModules};
use crate::ui::{self, Hands, Ui};
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
    let mut shown: Option<Box<dyn Any>> = None;
    let show = move |panel: HtmlElement, name: String, language: String, words: String, part: Function| -> String {
        drop(shown.take());
        let Some(screen) = screens.iter().find(|screen| screen.name == name) else { return String::new() };
        shown = Some(show(panel, screen, said(&language, &words), part));
        if screen.is_closed { CLOSED } else { screen.click }.to_owned()
    };
    let show = Closure::<dyn FnMut(HtmlElement, String, String, String, Function) -> String>::new(show);
    open(page, MARK, names, show.into_js_value());
}

/// What is said in a language, at noon.
fn said(language: &str, words: &str) -> Words {
    Words {
        locale: if words == LONG { long_words() } else { Locale::read(words) },
        formatter: Box::new(IntlFormatter::new(language)),
        now: || NOON,
        can_record: true,
    }
}

fn show(panel: HtmlElement, screen: &Screen, words: Words, part: Function) -> Box<dyn Any> {
    panel.replace_children_with_node_0();
    let parts = LazyModules::new(Some(part));
    let ui = Ui::new(
        Rc::new(|_| {}),
        Hands {
            open: Rc::new(|_| {}),
            notify: Rc::new(|| {}),
            speak: Rc::new(|_| {}),
            pick: Rc::new(|_| {}),
            call: Rc::new(move |module, function, arguments| parts.start(module, function, arguments)),
        },
        words,
    );
    let over: Option<HtmlElement> = panel.next_element_sibling().map(JsCast::unchecked_into);
    let mounted = ui::mount(&ui, &panel, over.as_ref().unwrap_or(&panel));
    ui.paint(&Arc::new(screen.view.clone()), Changed { panel: true, thread: true, composer: true, previews: true });
    mounted
}
