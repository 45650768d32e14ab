//! The context of the panel's components: the view's slices as signals, the way to dispatch events, and the page around
//! the panel.
//!
//! Slices are read by function pointers: so there is one type of closure, and one kind of effect, for each kind of
//! reading, and not one for each text of the panel.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::{ArcRwSignal, Get, LocalStorage, Set, StoredValue, With, WithUntracked, WithValue};
use send_wrapper::SendWrapper;
use wasm_bindgen::JsValue;

use crate::components::scrolling::{LastScroll, ScrollAnchor};
use crate::i18n::{Localizer, TextKey};
use natter_core::Event;
use natter_core::view::{Changed, View};

/// The view and the language in which it is shown.
#[derive(Clone)]
pub struct Snapshot {
    /// The view.
    pub view: Arc<View>,
    /// The language.
    pub localizer: Rc<Localizer>,
    /// The day of the visitor's calendar, in days since 1970: what is "Today" is "Yesterday" on the next.
    pub today: i64,
}

impl Snapshot {
    /// A view, in this language, today.
    #[must_use]
    pub fn new(view: Arc<View>, localizer: Rc<Localizer>) -> Self {
        let today = localizer.today();
        Self { view, localizer, today }
    }

    /// A text in the visitor's language.
    #[must_use]
    pub fn text(&self, key: &TextKey) -> String {
        self.localizer.text(key)
    }

    /// Whether another snapshot is in the same language.
    #[must_use]
    pub fn has_same_language(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.localizer, &other.localizer)
    }
}

/// A signal that changes when a slice of the view, or the language, changes. It holds the whole view, so that all slices
/// are of one type. Each row of the thread has one, too, which changes when the row does.
pub type Slice = ArcRwSignal<SendWrapper<Snapshot>>;

/// What a slice holds now; whoever reads it inside an effect is notified of changes.
#[must_use]
pub fn current(slice: &Slice) -> Snapshot {
    Snapshot::clone(&slice.get())
}

/// The slices of the view.
#[derive(Clone)]
pub struct Slices {
    /// [`View::panel`].
    pub panel: Slice,
    /// [`View::thread`].
    pub thread: Slice,
    /// [`View::composer`].
    pub composer: Slice,
    /// [`View::previews`].
    pub previews: Slice,
}

/// What the panel asks of the page around it.
pub trait ChatHost {
    /// Opens or closes the panel.
    fn set_open(&self, is_open: bool);
    /// Requests the permission to show notifications: the browser asks the visitor.
    fn request_notification_permission(&self);
    /// Switches to the language with this code.
    fn set_language(&self, code: &str);
    /// Attaches files that the visitor picked, pasted or dropped.
    fn pick_files(&self, files: Vec<web_sys::File>);
    /// Calls a function of a module, which is fetched first if it is not loaded.
    fn call_module(&self, module: &'static str, function: &'static str, arguments: &[JsValue]);
}

/// A boxed handler of events of one class.
pub type Listener<E> = Box<dyn FnMut(E)>;

/// One of several things that a reading is about: a row by its key, and a part of it by its index.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Item {
    /// The key.
    pub key: u64,
    /// The index.
    pub index: usize,
}

struct Shared {
    slices: Slices,
    dispatch: Rc<dyn Fn(Event)>,
    host: Rc<dyn ChatHost>,
    last_scroll: Cell<LastScroll>,
    /// Measured instead of the first visible row, the next time the thread changes.
    scroll_anchor: RefCell<Option<ScrollAnchor>>,
}

/// The context. It belongs to the `Owner` that is current when it is made.
#[derive(Clone, Copy)]
pub struct Chat(StoredValue<Rc<Shared>, LocalStorage>);

impl Chat {
    /// The context of a chat that shows this snapshot. `dispatch` takes the visitor's actions.
    #[must_use]
    pub fn new(snapshot: &Snapshot, dispatch: Rc<dyn Fn(Event)>, host: Rc<dyn ChatHost>) -> Self {
        let slice = || Slice::new(SendWrapper::new(snapshot.clone()));
        let slices = Slices { panel: slice(), thread: slice(), composer: slice(), previews: slice() };
        Self(StoredValue::new_local(Rc::new(Shared {
            slices,
            dispatch,
            host,
            last_scroll: Cell::default(),
            scroll_anchor: RefCell::default(),
        })))
    }

    fn shared(self) -> Rc<Shared> {
        self.0.with_value(Rc::clone)
    }

    /// The slices.
    #[must_use]
    pub fn slices(self) -> Slices {
        self.shared().slices.clone()
    }

    /// Sets the slices that changed; the effects that read them run when the executor is polled.
    pub fn set(self, snapshot: &Snapshot, changed: Changed) {
        let slices = &self.shared().slices;
        for (slice, is_changed) in [
            (&slices.panel, changed.panel),
            (&slices.thread, changed.thread),
            (&slices.composer, changed.composer),
            (&slices.previews, changed.previews),
        ] {
            if is_changed {
                slice.set(SendWrapper::new(snapshot.clone()));
            }
        }
    }

    /// Dispatches a visitor's action to the core.
    pub fn dispatch(self, event: Event) {
        // Not while the stored value is read: it can lead to readings.
        let shared = self.shared();
        (shared.dispatch)(event);
    }

    /// The page around the panel.
    #[must_use]
    pub fn host(self) -> Rc<dyn ChatHost> {
        Rc::clone(&self.shared().host)
    }

    /// The newest view of a slice, without being notified of changes.
    #[must_use]
    pub fn peek(self, slice: fn(&Slices) -> &Slice) -> Snapshot {
        slice(&self.shared().slices).with_untracked(|snapshot| Snapshot::clone(snapshot))
    }

    /// The last scroll position, to be replaced.
    #[must_use]
    pub fn last_scroll(self) -> LastScroll {
        self.shared().last_scroll.get()
    }

    /// Notes the scroll position.
    pub fn set_last_scroll(self, last: LastScroll) {
        self.shared().last_scroll.set(last);
    }

    /// Keeps an element in its place the next time the thread changes, instead of the first visible row.
    pub fn set_scroll_anchor(self, anchor: ScrollAnchor) {
        self.shared().scroll_anchor.replace(Some(anchor));
    }

    /// The element to be kept in its place, if one was set.
    #[must_use]
    pub fn take_scroll_anchor(self) -> Option<ScrollAnchor> {
        self.shared().scroll_anchor.take()
    }
}

/// A handler of events.
pub fn listener<E: AsRef<web_sys::Event> + 'static>(mut handler: impl FnMut(&web_sys::Event) + 'static) -> Listener<E> {
    Box::new(move |event: E| handler(event.as_ref()))
}

/// A handler that dispatches an event about one item to the core.
pub fn dispatcher<E: 'static>(chat: Chat, item: Item, event: fn(Item) -> Event) -> Listener<E> {
    Box::new(move |_: E| chat.dispatch(event(item)))
}

/// A text that is read from a slice.
pub fn text(slice: &Slice, read: fn(&Snapshot) -> String) -> impl Fn() -> String + Clone + Send + Sync + use<> {
    let slice = slice.clone();
    move || slice.with(|snapshot| read(snapshot))
}

/// A text about one item that is read from a slice.
pub fn text_of(
    slice: &Slice,
    item: Item,
    read: fn(&Snapshot, Item) -> String,
) -> impl Fn() -> String + Clone + Send + Sync + use<> {
    let slice = slice.clone();
    move || slice.with(|snapshot| read(snapshot, item))
}

/// An attribute that is read from a slice; `None` for none.
pub fn attribute(
    slice: &Slice,
    read: fn(&Snapshot) -> Option<String>,
) -> impl Fn() -> Option<String> + Clone + Send + Sync + use<> {
    let slice = slice.clone();
    move || slice.with(|snapshot| read(snapshot))
}

/// An attribute about one item that is read from a slice; `None` for none.
pub fn attribute_of(
    slice: &Slice,
    item: Item,
    read: fn(&Snapshot, Item) -> Option<String>,
) -> impl Fn() -> Option<String> + Clone + Send + Sync + use<> {
    let slice = slice.clone();
    move || slice.with(|snapshot| read(snapshot, item))
}

/// A boolean as the value of an ARIA attribute.
#[must_use]
pub fn aria_bool(is_true: bool) -> String {
    if is_true { "true" } else { "false" }.to_owned()
}

/// A text of the locale, which changes with the language.
pub fn label(slice: &Slice, key: TextKey) -> impl Fn() -> String + Clone + Send + Sync + use<> {
    let slice = slice.clone();
    move || slice.with(|snapshot| snapshot.text(&key))
}
