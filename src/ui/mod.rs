//! Leptos: shows what is painted when a slice of the view changes, and reports what visitors do. It fetches nothing
//! and decides nothing.

mod acts;
mod dom;
mod live;
mod menu;
mod scrolling;

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use any_spawner::Executor;
use reactive_graph::owner::Owner;
use reactive_graph::signal::ArcTrigger;
use reactive_graph::traits::Notify;
use tachys::view::{Mountable, Render};
use wasm_bindgen::JsValue;
use web_sys::Element;

use crate::core::Event;
use crate::core::view::{Changed, View};
use crate::paint::{self, Words};
use live::Live;
use scrolling::{Seen, Still};

/// What every part of the panel works with: the view, the way to report, and the words.
#[derive(Clone)]
pub struct Ui {
    panel: ArcTrigger,
    thread: ArcTrigger,
    composer: ArcTrigger,
    previews: ArcTrigger,
    shared: Rc<RefCell<Shared>>,
}

struct Shared {
    view: Arc<View>,
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
        let shared =
            Shared { view: Arc::default(), dispatch, hands, words: Rc::new(words), seen: Seen::default(), still: None };
        Self {
            panel: ArcTrigger::new(),
            thread: ArcTrigger::new(),
            composer: ArcTrigger::new(),
            previews: ArcTrigger::new(),
            shared: Rc::new(RefCell::new(shared)),
        }
    }

    /// Takes the slices that changed.
    pub fn paint(&self, view: &Arc<View>, changed: Changed) {
        self.shared.borrow_mut().view = Arc::clone(view);
        self.paint_again(changed);
    }

    /// Speaks in these words from now on.
    pub fn speak(&self, words: Words) {
        self.shared.borrow_mut().words = Rc::new(words);
        self.paint_again(Changed { panel: true, thread: true, composer: true, previews: true });
    }

    fn paint_again(&self, changed: Changed) {
        for (is_changed, slice) in [
            (changed.panel, &self.panel),
            (changed.thread, &self.thread),
            (changed.composer, &self.composer),
            (changed.previews, &self.previews),
        ] {
            if is_changed {
                slice.notify();
            }
        }
    }

    fn dispatch(&self, event: Event) {
        // Outside the borrow: what it leads to may read the words.
        let dispatch = Rc::clone(&self.shared.borrow().dispatch);
        dispatch(event);
    }

    fn hands(&self) -> Hands {
        self.shared.borrow().hands.clone()
    }

    fn view(&self) -> Arc<View> {
        Arc::clone(&self.shared.borrow().view)
    }

    /// What the visitor sees now; gives back what they saw before.
    fn sees(&self, seen: Seen) -> Seen {
        std::mem::replace(&mut self.shared.borrow_mut().seen, seen)
    }

    /// The next time the thread is painted, this is to stay where it is.
    fn keep_still(&self, still: Still) {
        self.shared.borrow_mut().still = Some(still);
    }

    fn still(&self) -> Option<Still> {
        self.shared.borrow_mut().still.take()
    }

    /// The words of the visitor's language.
    pub fn words(&self) -> Rc<Words> {
        Rc::clone(&self.shared.borrow().words)
    }
}

/// Puts the panel's content into its element, and what is shown over the launcher into another, until what this gives is
/// dropped.
#[must_use]
pub fn mount(ui: &Ui, panel: &Element, over: &Element) -> Box<dyn Any> {
    let part = |slice: &ArcTrigger, paint, still, painted| Live {
        ui: ui.clone(),
        slice: slice.clone(),
        paint,
        still,
        painted,
    };
    let parts = vec![
        part(&ui.panel, paint::header, Still::nothing, acts::nothing),
        part(&ui.thread, paint::thread, Still::reading, acts::show_newest),
        part(&ui.composer, paint::composer, Still::nothing, acts::put_text),
    ];
    let previews = vec![part(&ui.previews, paint::previews, Still::nothing, acts::nothing)];
    // An error says that effects have somebody to run them already.
    let _ = Executor::init_wasm_bindgen();
    let owner = Owner::new();
    let put = |parts: Vec<Live>, place| {
        let mut content = owner.with(|| parts.build());
        content.mount(place, None);
        content
    };
    Box::new(Mounted { content: [put(parts, panel), put(previews, over)], _owner: owner.clone() })
}

struct Mounted {
    content: [<Vec<Live> as Render>::State; 2],
    /// Of the effects: dropped after what they paint.
    _owner: Owner,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.content.iter_mut().for_each(Mountable::unmount);
    }
}
