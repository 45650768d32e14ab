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

/// Paints slice by slice, from the top of the panel to its end. `run_effects` ends when the effects have run. It is a macro,
/// because it may wait for them.
macro_rules! paint_slices {
    ($self:expr, $snapshot:expr, $changed:expr, $run_effects:expr) => {
        let (view, changed): (&Arc<View>, Changed) = (&$snapshot.view, $changed);
        if changed.panel {
            let before = $self.painted.borrow_mut().panel.replace(Arc::clone(view));
            $self.chat.set($snapshot, Changed { panel: true, ..Changed::default() });
            $run_effects;
            let is_connected = |view: &Arc<View>| view.panel.connection == ConnectionState::Connected;
            if is_connected(view) && !before.as_ref().is_none_or(is_connected) {
                retry_missing(&$self.panel);
            }
        }
        if changed.thread {
            let before = $self.painted.borrow_mut().thread.replace(Arc::clone(view));
            let thread = $self.panel.query_selector(".thread").ok().flatten();
            let anchor = $self.chat.take_scroll_anchor();
            let anchor = anchor.or_else(|| ScrollAnchor::of_first_visible_row(thread.as_ref()?));
            $self.chat.set($snapshot, Changed { thread: true, ..Changed::default() });
            $run_effects;
            if let Some(thread) = &thread {
                if let Some(anchor) = anchor {
                    anchor.restore(thread);
                }
                show_newest(view, before.as_deref(), thread);
            }
        }
        if changed.composer {
            let before = $self.painted.borrow_mut().composer.replace(Arc::clone(view));
            $self.chat.set($snapshot, Changed { composer: true, ..Changed::default() });
            $run_effects;
            update_field(view, before.as_deref(), &$self.panel);
        }
        if changed.previews {
            $self.chat.set($snapshot, Changed { previews: true, ..Changed::default() });
            $run_effects;
        }
    };
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
    ) -> Rc<Self> {
        executor::init();
        let owner = Owner::new();
        let snapshot = Snapshot::new(Arc::default(), Rc::new(localizer));
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
        Rc::new(Self {
            owner,
            chat,
            panel: panel.clone(),
            snapshot: RefCell::new(snapshot),
            painted: RefCell::default(),
            changed: Cell::default(),
            is_painting: Cell::default(),
            mounted: RefCell::new(mounted),
        })
    }

    /// Shows a view whose slices have changed.
    pub fn update(self: &Rc<Self>, view: &Arc<View>, changed: Changed) {
        let snapshot = Snapshot::new(Arc::clone(view), self.localizer());
        let is_new_day = self.snapshot.replace(snapshot.clone()).today != snapshot.today;
        self.paint(Changed { thread: changed.thread || is_new_day, ..changed });
    }

    /// Switches to a language.
    pub fn set_localizer(self: &Rc<Self>, localizer: Localizer) {
        self.snapshot.borrow_mut().localizer = Rc::new(localizer);
        self.paint(ALL);
    }

    /// The present language.
    pub fn localizer(&self) -> Rc<Localizer> {
        Rc::clone(&self.snapshot.borrow().localizer)
    }

    /// Painting can dispatch events, and these can change the view again: that waits for its turn.
    fn paint(self: &Rc<Self>, changed: Changed) {
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
        #[cfg(feature = "component")]
        if !executor::is_own() {
            return self.paint_by_tasks(had_focus);
        }
        loop {
            let changed = self.changed.take();
            if changed == Changed::default() {
                break;
            }
            let snapshot = self.snapshot.borrow().clone();
            paint_slices!(self, &snapshot, changed, executor::run());
        }
        self.keep_focus(had_focus);
        self.is_painting.set(false);
    }

    /// The same under the executor of an application: it runs the effects in tasks, before the browser paints.
    #[cfg(feature = "component")]
    fn paint_by_tasks(self: &Rc<Self>, had_focus: bool) {
        let panel = Rc::clone(self);
        wasm_bindgen_futures::spawn_local(async move {
            loop {
                let changed = panel.changed.take();
                // It may have been unmounted meanwhile.
                if changed == Changed::default() || panel.mounted.borrow().is_empty() {
                    break;
                }
                let snapshot = panel.snapshot.borrow().clone();
                paint_slices!(panel, &snapshot, changed, {
                    executor::settle().await;
                    if panel.mounted.borrow().is_empty() {
                        return;
                    }
                });
            }
            panel.keep_focus(had_focus);
            panel.is_painting.set(false);
        });
    }

    /// Whether an element of the chat has the focus.
    fn has_focus(&self) -> bool {
        self.panel.get_root_node().unchecked_into::<ShadowRoot>().active_element().is_some()
    }

    /// Focuses the first field if what had the focus was removed.
    fn keep_focus(&self, had_focus: bool) {
        if had_focus && !self.has_focus() {
            focus_first_field(&self.panel);
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
