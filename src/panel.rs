//! A mounted panel: its components in the page, updated when a slice of the view changes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::{Mountable, Owner, Render};
use wasm_bindgen::JsCast;
use web_sys::{Element, ShadowRoot};

use crate::chat::{Chat, ChatHost, Snapshot};
use crate::components::composer::{Composer, ComposerProps, focus_first_field, update_field};
use crate::components::header::{Header, HeaderProps};
use crate::components::media_retry::retry_missing;
use crate::components::part::Part;
use crate::components::previews::{Previews, PreviewsProps};
use crate::components::scrolling::{ScrollAnchor, show_newest};
use crate::components::thread::{Thread, ThreadProps};
use crate::i18n::Localizer;
use crate::platform::executor;
use natter_core::Event;
use natter_core::view::{Changed, ConnectionState, View};

/// A chat's components in the page.
pub struct MountedPanel {
    owner: Owner,
    chat: Chat,
    panel: Element,
    snapshot: RefCell<Snapshot>,
    painted: RefCell<Painted>,
    changed: Cell<Changed>,
    is_painting: Cell<bool>,
    mounted: RefCell<Vec<Box<dyn Mountable>>>,
}

/// The view that each slice shows in the page; `None` before its first update.
#[derive(Default)]
struct Painted {
    panel: Option<Arc<View>>,
    thread: Option<Arc<View>>,
    composer: Option<Arc<View>>,
}

const ALL: Changed = Changed { panel: true, thread: true, composer: true, previews: true };

impl MountedPanel {
    /// Mounts the panel's content into its element, and the message previews into `over`. `dispatch` takes the visitor's
    /// actions.
    #[must_use]
    pub fn mount(
        panel: &Element,
        over: &Element,
        localizer: Localizer,
        host: Rc<dyn ChatHost>,
        dispatch: Rc<dyn Fn(Event)>,
    ) -> Self {
        executor::init();
        let owner = Owner::new();
        let snapshot = Snapshot { view: Arc::default(), localizer: Rc::new(localizer) };
        let chat = owner.with(|| Chat::new(&snapshot, dispatch, host));
        let mount = |parent: &Element, view: Part| {
            let mut mounted = view.build();
            mounted.mount(parent, None);
            Box::new(mounted) as Box<dyn Mountable>
        };
        let mounted = owner.with(|| {
            vec![
                mount(panel, Part::new(Header(HeaderProps { chat }))),
                mount(panel, Part::new(Thread(ThreadProps { chat }))),
                mount(panel, Part::new(Composer(ComposerProps { chat }))),
                mount(over, Part::new(Previews(PreviewsProps { chat }))),
            ]
        });
        executor::run();
        Self {
            owner,
            chat,
            panel: panel.clone(),
            snapshot: RefCell::new(snapshot),
            painted: RefCell::default(),
            changed: Cell::default(),
            is_painting: Cell::default(),
            mounted: RefCell::new(mounted),
        }
    }

    /// Shows a view whose slices have changed.
    pub fn update(&self, view: &Arc<View>, changed: Changed) {
        self.snapshot.borrow_mut().view = Arc::clone(view);
        self.paint(changed);
    }

    /// Switches to a language.
    pub fn set_localizer(&self, localizer: Localizer) {
        self.snapshot.borrow_mut().localizer = Rc::new(localizer);
        self.paint(ALL);
    }

    /// The present language.
    pub fn localizer(&self) -> Rc<Localizer> {
        Rc::clone(&self.snapshot.borrow().localizer)
    }

    /// Painting can dispatch events, and these can change the view again: that waits for its turn.
    fn paint(&self, changed: Changed) {
        let mut all = self.changed.get();
        all |= changed;
        self.changed.set(all);
        if self.mounted.borrow().is_empty() {
            return;
        }
        if self.is_painting.replace(true) {
            return;
        }
        let had_focus = self.has_focus();
        loop {
            let changed = self.changed.take();
            if changed == Changed::default() {
                break;
            }
            let snapshot = self.snapshot.borrow().clone();
            self.paint_slices(&snapshot, changed);
        }
        if had_focus && !self.has_focus() {
            // What had it was removed.
            focus_first_field(&self.panel);
        }
        self.is_painting.set(false);
    }

    /// Whether an element of the chat has the focus.
    fn has_focus(&self) -> bool {
        self.panel.get_root_node().unchecked_into::<ShadowRoot>().active_element().is_some()
    }

    /// Paints slice by slice, from the top of the panel to its end.
    fn paint_slices(&self, snapshot: &Snapshot, changed: Changed) {
        let view = &snapshot.view;
        let paint = |changed| {
            self.chat.set(snapshot, changed);
            executor::run();
        };
        if changed.panel {
            let before = self.painted.borrow_mut().panel.replace(Arc::clone(view));
            paint(Changed { panel: true, ..Changed::default() });
            let is_connected = |view: &Arc<View>| view.panel.connection == ConnectionState::Connected;
            if is_connected(view) && !before.as_ref().is_none_or(is_connected) {
                retry_missing(&self.panel);
            }
        }
        if changed.thread {
            let before = self.painted.borrow_mut().thread.replace(Arc::clone(view));
            let thread = self.panel.query_selector(".thread").ok().flatten();
            let anchor = self.chat.take_scroll_anchor();
            let anchor = anchor.or_else(|| ScrollAnchor::of_first_visible_row(thread.as_ref()?));
            paint(Changed { thread: true, ..Changed::default() });
            if let Some(thread) = &thread {
                if let Some(anchor) = anchor {
                    anchor.restore(thread);
                }
                show_newest(view, before.as_deref(), thread);
            }
        }
        if changed.composer {
            let before = self.painted.borrow_mut().composer.replace(Arc::clone(view));
            paint(Changed { composer: true, ..Changed::default() });
            update_field(view, before.as_deref(), &self.panel);
        }
        if changed.previews {
            paint(Changed { previews: true, ..Changed::default() });
        }
    }

    /// Removes the components, their listeners and their effects. Nothing is shown any more.
    pub fn unmount(&self) {
        for mut part in self.mounted.take() {
            part.unmount();
        }
        self.owner.cleanup();
        // The effects' tasks end.
        executor::run();
    }
}
