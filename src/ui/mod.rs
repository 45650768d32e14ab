//! Leptos: shows what is painted when a slice of the view changes, and reports what visitors do. It fetches nothing
//! and decides nothing.

mod acts;
mod dom;
mod live;
mod loading;
mod menu;
mod scrolling;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use leptos::tachys::view::{Mountable, Render};
use wasm_bindgen::JsValue;
use web_sys::Element;

use crate::paint::{self, Words};
use live::Live;
use loading::Loading;
use natter_core::Event;
use natter_core::view::{Changed, View};
use scrolling::{Seen, Still};

/// What every part of the panel works with: the view, the way to report, and the words.
#[derive(Clone)]
pub struct Ui(Rc<RefCell<Shared>>);

struct Shared {
    view: Arc<View>,
    dispatch: Rc<dyn Fn(Event)>,
    hands: Hands,
    words: Rc<Words>,
    seen: Seen,
    still: Option<Still>,
    loading: Rc<Loading>,
    /// What is in the page; not while it is painted.
    parts: Option<Vec<(Live, <Live as Render>::State)>>,
    /// What changed meanwhile.
    changed: Changed,
}

/// What the panel asks of the page around it.
#[derive(Clone)]
pub struct Hands {
    /// Opens the panel, or (false) closes it.
    pub open: Rc<dyn Fn(bool)>,
    /// Asks the browser whether it may tell of messages.
    pub notify: Rc<dyn Fn()>,
    /// Has this language spoken, by its code.
    pub speak: Rc<dyn Fn(&str)>,
    /// Takes files that were picked.
    pub pick: Rc<dyn Fn(Vec<web_sys::File>)>,
    /// Calls a function of a module that is fetched when it is needed first.
    pub call: Rc<Calling>,
}

/// Takes a module's name, its function's, and what that is called with.
pub type Calling = dyn Fn(&'static str, &'static str, &[JsValue]);

impl Ui {
    /// An empty view, in these words. `dispatch` takes what the visitor does.
    pub fn new(dispatch: Rc<dyn Fn(Event)>, hands: Hands, words: Words) -> Self {
        Self(Rc::new(RefCell::new(Shared {
            view: Arc::default(),
            dispatch,
            hands,
            words: Rc::new(words),
            seen: Seen::default(),
            still: None,
            loading: Rc::default(),
            parts: None,
            changed: Changed::default(),
        })))
    }

    /// Takes the slices that changed.
    pub fn paint(&self, view: &Arc<View>, changed: Changed) {
        self.0.borrow_mut().view = Arc::clone(view);
        self.paint_again(changed);
    }

    /// Speaks in these words from now on.
    pub fn speak(&self, words: Words) {
        self.0.borrow_mut().words = Rc::new(words);
        self.paint_again(Changed { panel: true, thread: true, composer: true, previews: true });
    }

    /// What is painted can lead to events, and these to more that is to be painted: it waits for its turn.
    fn paint_again(&self, changed: Changed) {
        self.0.borrow_mut().changed |= changed;
        let Some(mut parts) = self.0.borrow_mut().parts.take() else { return };
        loop {
            let changed = std::mem::take(&mut self.0.borrow_mut().changed);
            if changed == Changed::default() {
                break;
            }
            for (part, state) in &mut parts {
                if (part.slice)(changed) {
                    part.clone().rebuild(state);
                }
            }
        }
        self.0.borrow_mut().parts = Some(parts);
    }

    fn dispatch(&self, event: Event) {
        // Outside the borrow: what it leads to may read the words.
        let dispatch = Rc::clone(&self.0.borrow().dispatch);
        dispatch(event);
    }

    fn hands(&self) -> Hands {
        self.0.borrow().hands.clone()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.0.borrow().view)
    }

    /// What the visitor sees now; gives back what they saw before.
    fn sees(&self, seen: Seen) -> Seen {
        std::mem::replace(&mut self.0.borrow_mut().seen, seen)
    }

    /// The next time the thread is painted, this is to stay where it is.
    fn keep_still(&self, still: Still) {
        self.0.borrow_mut().still = Some(still);
    }

    fn loading(&self) -> Rc<Loading> {
        Rc::clone(&self.0.borrow().loading)
    }

    fn still(&self) -> Option<Still> {
        self.0.borrow_mut().still.take()
    }

    /// The words of the visitor's language.
    pub fn words(&self) -> Rc<Words> {
        Rc::clone(&self.0.borrow().words)
    }
}

/// Puts the panel's content into its element, and what is shown over the launcher into another, until what this gives is
/// dropped.
#[must_use]
pub fn mount(ui: &Ui, panel: &Element, over: &Element) -> Box<dyn Any> {
    let part = |slice, paint, still, painted| Live { ui: ui.clone(), slice, paint, still, painted };
    let parts: [(&Element, Live); 4] = [
        (panel, part(|changed| changed.panel, paint::header, Still::nothing, loading::load_missing)),
        (panel, part(|changed| changed.thread, paint::thread, Still::reading, acts::show_newest)),
        (panel, part(|changed| changed.composer, paint::composer, Still::nothing, acts::put_text)),
        (over, part(|changed| changed.previews, paint::previews, Still::nothing, acts::nothing)),
    ];
    let put = |(place, part): (&Element, Live)| {
        let mut painted = part.clone().build();
        painted.mount(place, None);
        (part, painted)
    };
    let parts = parts.into_iter().map(put).collect();
    ui.0.borrow_mut().parts = Some(parts);
    Box::new(Mounted(ui.clone()))
}

struct Mounted(Ui);

impl Drop for Mounted {
    fn drop(&mut self) {
        // Its parts know the ui: the two would keep each other for ever.
        let parts = self.0.0.borrow_mut().parts.take();
        for (_, mut painted) in parts.into_iter().flatten() {
            painted.unmount();
        }
        self.0.loading().stop();
    }
}
