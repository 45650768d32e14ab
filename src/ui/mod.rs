//! Leptos: reads the view's slices, dispatches events. It fetches nothing and decides nothing.
//!
//! One rule is not visible in the code that keeps it: Leptos gives markup that is literal through and through to the
//! DOM as an HTML string, and a page that enforces Trusted Types refuses that. A braced value anywhere in a nested
//! element prevents it, so nested elements here brace even a plain class.

mod composer;
mod header;
mod icon;
mod row;
mod thread;

use std::rc::Rc;

use leptos::prelude::*;

use crate::core::Event;
use crate::core::view::{Changed, Composer, Panel, Thread, View};
use crate::text::{Catalogue, Sentence, Speech};

/// What every part of the panel works with: the slices it reads, the way to report, and the words.
#[derive(Clone, Copy)]
pub struct Ui {
    /// [`View::panel`].
    pub panel: RwSignal<Panel>,
    /// [`View::thread`].
    pub thread: RwSignal<Thread>,
    /// [`View::composer`].
    pub composer: RwSignal<Composer>,
    hands: StoredValue<Hands, LocalStorage>,
}

struct Hands {
    dispatch: Rc<dyn Fn(Event)>,
    close: Rc<dyn Fn()>,
    catalogue: Catalogue,
    speech: Box<dyn Speech>,
    now: fn() -> u64,
}

impl Ui {
    /// Slices of an empty view, in these words. `dispatch` takes what the visitor does; `close` asks the page to
    /// close the panel; `now` is the time in seconds since 1970.
    pub fn new(
        dispatch: Rc<dyn Fn(Event)>,
        close: Rc<dyn Fn()>,
        catalogue: Catalogue,
        speech: Box<dyn Speech>,
        now: fn() -> u64,
    ) -> Self {
        Self {
            panel: RwSignal::default(),
            thread: RwSignal::default(),
            composer: RwSignal::default(),
            hands: StoredValue::new_local(Hands { dispatch, close, catalogue, speech, now }),
        }
    }

    /// Takes the slices that changed.
    pub fn paint(&self, view: &View, changed: Changed) {
        if changed.panel {
            self.panel.set(view.panel.clone());
        }
        if changed.thread {
            self.thread.set(view.thread.clone());
        }
        if changed.composer {
            self.composer.set(view.composer.clone());
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

    fn say(&self, sentence: &Sentence) -> String {
        self.hands.with_value(|hands| hands.catalogue.say(sentence))
    }

    fn speak<T>(&self, ask: impl FnOnce(&Catalogue, &dyn Speech) -> T) -> T {
        self.hands.with_value(|hands| ask(&hands.catalogue, &*hands.speech))
    }

    fn now(&self) -> u64 {
        self.hands.with_value(|hands| (hands.now)())
    }
}

/// The panel's content.
#[component]
pub fn Panel(
    /// What it works with.
    ui: Ui,
) -> impl IntoView {
    view! {
        <header::Header ui/>
        <thread::Thread ui/>
        <composer::Composer ui/>
    }
}
