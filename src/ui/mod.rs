//! Leptos: shows what is painted when a slice of the view changes, and reports what visitors do. It fetches nothing
//! and decides nothing.

mod acts;
mod dom;
mod live;
mod menu;
mod scrolling;

use std::rc::Rc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::core::Event;
use crate::core::view::{Changed, View};
use crate::paint::{self, Words};
use live::Live;
use scrolling::{Seen, Still};

/// What every part of the panel works with: the view, the way to report, and the words.
#[derive(Clone, Copy)]
pub struct Ui {
    panel: Trigger,
    thread: Trigger,
    composer: Trigger,
    previews: Trigger,
    shared: StoredValue<Shared, LocalStorage>,
}

struct Shared {
    view: Rc<View>,
    dispatch: Rc<dyn Fn(Event)>,
    hands: Hands,
    words: Rc<Words>,
    seen: Seen,
    still: Option<Still>,
}

/// What the panel asks of the page around it.
#[derive(Clone)]
pub struct Hands {
    /// Opens the panel, or (false) closes it.
    pub open: Rc<dyn Fn(bool)>,
    /// Asks the browser whether it may tell of messages.
    pub notify: Rc<dyn Fn()>,
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
        let shared =
            Shared { view: Rc::default(), dispatch, hands, words: Rc::new(words), seen: Seen::default(), still: None };
        Self {
            panel: Trigger::new(),
            thread: Trigger::new(),
            composer: Trigger::new(),
            previews: Trigger::new(),
            shared: StoredValue::new_local(shared),
        }
    }

    /// Takes the slices that changed.
    pub fn paint(&self, view: &View, changed: Changed) {
        self.shared.update_value(|shared| shared.view = Rc::new(view.clone()));
        for (is_changed, slice) in [
            (changed.panel, self.panel),
            (changed.thread, self.thread),
            (changed.composer, self.composer),
            (changed.previews, self.previews),
        ] {
            if is_changed {
                slice.notify();
            }
        }
    }

    fn dispatch(&self, event: Event) {
        // Outside the borrow: what it leads to may read the words.
        let dispatch = self.shared.with_value(|shared| shared.dispatch.clone());
        dispatch(event);
    }

    fn hands(&self) -> Hands {
        self.shared.with_value(|shared| shared.hands.clone())
    }

    fn view(&self) -> Rc<View> {
        self.shared.with_value(|shared| Rc::clone(&shared.view))
    }

    /// What the visitor sees now; gives back what they saw before.
    fn sees(&self, seen: Seen) -> Seen {
        self.shared.try_update_value(|shared| std::mem::replace(&mut shared.seen, seen)).unwrap_or_default()
    }

    /// The next time the thread is painted, this is to stay where it is.
    fn keep_still(&self, still: Still) {
        self.shared.update_value(|shared| shared.still = Some(still));
    }

    fn still(&self) -> Option<Still> {
        self.shared.try_update_value(|shared| shared.still.take()).flatten()
    }

    /// The words of the visitor's language.
    pub fn words(&self) -> Rc<Words> {
        self.shared.with_value(|shared| Rc::clone(&shared.words))
    }
}

/// The panel's content.
#[component]
pub fn Panel(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    [
        Live { ui, slice: ui.panel, paint: paint::header, still: Still::nothing, painted: acts::nothing },
        Live { ui, slice: ui.thread, paint: paint::thread, still: Still::reading, painted: acts::show_newest },
        Live { ui, slice: ui.composer, paint: paint::composer, still: Still::nothing, painted: acts::put_text },
    ]
    .into_iter()
    .collect::<Vec<_>>()
}

/// What is shown over the launcher.
#[component]
pub fn Previews(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    let (still, painted) = (Still::nothing, acts::nothing);
    vec![Live { ui, slice: ui.previews, paint: paint::previews, still, painted }]
}
