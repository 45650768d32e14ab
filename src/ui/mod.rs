//! Leptos: shows what is painted when a slice of the view changes, and reports what visitors do. It fetches nothing
//! and decides nothing.

mod acts;
mod dom;
mod live;

use std::rc::Rc;

use leptos::prelude::*;

use crate::core::Event;
use crate::core::view::{Changed, View};
use crate::paint::{self, Words};
use live::Live;

/// What every part of the panel works with: the view, the way to report, and the words.
#[derive(Clone, Copy)]
pub struct Ui {
    panel: Trigger,
    thread: Trigger,
    composer: Trigger,
    hands: StoredValue<Hands, LocalStorage>,
}

struct Hands {
    view: Rc<View>,
    dispatch: Rc<dyn Fn(Event)>,
    close: Rc<dyn Fn()>,
    words: Rc<Words>,
}

impl Ui {
    /// An empty view, in these words. `dispatch` takes what the visitor does; `close` asks the page to close the panel.
    pub fn new(dispatch: Rc<dyn Fn(Event)>, close: Rc<dyn Fn()>, words: Words) -> Self {
        let hands = Hands { view: Rc::default(), dispatch, close, words: Rc::new(words) };
        Self {
            panel: Trigger::new(),
            thread: Trigger::new(),
            composer: Trigger::new(),
            hands: StoredValue::new_local(hands),
        }
    }

    /// Takes the slices that changed.
    pub fn paint(&self, view: &View, changed: Changed) {
        self.hands.update_value(|hands| hands.view = Rc::new(view.clone()));
        for (is_changed, slice) in
            [(changed.panel, self.panel), (changed.thread, self.thread), (changed.composer, self.composer)]
        {
            if is_changed {
                slice.notify();
            }
        }
    }

    fn dispatch(&self, event: Event) {
        // Outside the borrow: what it leads to may read the words.
        let dispatch = self.hands.with_value(|hands| hands.dispatch.clone());
        dispatch(event);
    }

    fn close(&self) {
        let close = self.hands.with_value(|hands| hands.close.clone());
        close();
    }

    fn view(&self) -> Rc<View> {
        self.hands.with_value(|hands| Rc::clone(&hands.view))
    }

    fn words(&self) -> Rc<Words> {
        self.hands.with_value(|hands| Rc::clone(&hands.words))
    }
}

/// The panel's content.
#[component]
pub fn Panel(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    [
        Live { ui, slice: ui.panel, paint: paint::header, painted: acts::nothing },
        Live { ui, slice: ui.thread, paint: paint::thread, painted: acts::show_own },
        Live { ui, slice: ui.composer, paint: paint::composer, painted: acts::put_text },
    ]
    .into_iter()
    .collect::<Vec<_>>()
}
