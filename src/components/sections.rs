//! The changing content of an element: sections that come, go and are replaced one by one, while the others keep their
//! elements, and with these focus, selection and playing media.
//!
//! Nothing in the page marks the place of a section that is not there: a section is inserted before the next one. So the
//! sections are the last content of their element.

use super::part::Part;
use crate::chat::{Chat, Item, Slice, Snapshot};

/// A section.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively, sections are rendered once"))]
pub struct Section {
    /// Whether it looks the same in both snapshots.
    is_same: fn(&Snapshot, &Snapshot, Item) -> bool,
    /// Whether it is replaced when the language changes.
    has_texts: bool,
    build: fn(&Context, &Snapshot) -> Option<Part>,
}

impl Section {
    /// A section that is replaced when `is_same` denies that it looks the same, or when the language changes.
    pub const fn new(
        is_same: fn(&Snapshot, &Snapshot, Item) -> bool,
        build: fn(&Context, &Snapshot) -> Option<Part>,
    ) -> Self {
        Self { is_same, has_texts: true, build }
    }

    /// A section that follows the language by itself.
    pub const fn in_any_language(
        is_same: fn(&Snapshot, &Snapshot, Item) -> bool,
        build: fn(&Context, &Snapshot) -> Option<Part>,
    ) -> Self {
        Self { is_same, has_texts: false, build }
    }

    /// A section that is built once. What it is made of changes by itself.
    pub const fn lasting(build: fn(&Context, &Snapshot) -> Option<Part>) -> Self {
        Self::in_any_language(|_, _, _| true, build)
    }

    #[cfg(target_arch = "wasm32")]
    fn is_same(&self, before: &Snapshot, now: &Snapshot, item: Item) -> bool {
        (!self.has_texts || before.has_same_language(now)) && (self.is_same)(before, now, item)
    }
}

/// What sections are built from.
#[derive(Clone)]
pub struct Context {
    /// The chat.
    pub chat: Chat,
    /// The signal that they follow.
    pub slice: Slice,
    /// What they are about.
    pub item: Item,
}

impl Context {
    /// The sections, to be put last into their element.
    #[must_use]
    pub fn sections(&self, sections: &'static [Section]) -> Part {
        build(self, sections)
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn build(context: &Context, sections: &'static [Section]) -> Part {
    let snapshot = crate::chat::current(&context.slice);
    Part::all(sections.iter().filter_map(|section| (section.build)(context, &snapshot)).collect())
}

#[cfg(target_arch = "wasm32")]
fn build(context: &Context, sections: &'static [Section]) -> Part {
    use leptos::prelude::RenderEffect;
    use leptos::tachys::reactive_graph::RenderEffectState;

    let context = context.clone();
    let effect = RenderEffect::new(move |state: Option<browser::State>| {
        let snapshot = crate::chat::current(&context.slice);
        let mut state = state.unwrap_or_else(|| browser::State::new(sections.len(), snapshot.clone()));
        state.update(&context, sections, snapshot);
        state
    });
    Part::built(RenderEffectState::from(effect))
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::prelude::{Mountable, Owner};
    use leptos::tachys::renderer::types::{Element, Node};

    use super::super::part::{Mounted, owned};
    use super::{Context, Section};
    use crate::chat::Snapshot;

    /// The sections in the page.
    pub struct State {
        slots: Vec<Option<(Owner, Mounted)>>,
        is_built: bool,
        parent: Option<Element>,
        snapshot: Snapshot,
    }

    impl State {
        pub fn new(count: usize, snapshot: Snapshot) -> Self {
            Self { slots: (0..count).map(|_| None).collect(), is_built: false, parent: None, snapshot }
        }

        pub fn update(&mut self, context: &Context, sections: &[Section], snapshot: Snapshot) {
            for (index, section) in sections.iter().enumerate() {
                if self.is_built && section.is_same(&self.snapshot, &snapshot, context.item) {
                    continue;
                }
                let built = owned(|| (section.build)(context, &snapshot));
                self.replace(index, built);
            }
            self.is_built = true;
            self.snapshot = snapshot;
        }

        fn replace(&mut self, index: usize, mut built: Option<(Owner, Mounted)>) {
            if let (Some((_, part)), Some(parent)) = (&mut built, &self.parent) {
                let mut later = self.slots.iter().skip(index).flatten();
                if !later.any(|(_, next)| next.insert_before_this(part)) {
                    part.mount(parent, None);
                }
            }
            let before = self.slots.get_mut(index).and_then(|slot| std::mem::replace(slot, built));
            if let Some((_, mut part)) = before {
                part.unmount();
            }
        }
    }

    impl Mountable for State {
        fn unmount(&mut self) {
            self.slots.iter_mut().flatten().for_each(|(_, part)| part.unmount());
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.parent = Some(parent.clone());
            self.slots.iter_mut().flatten().for_each(|(_, part)| part.mount(parent, marker));
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.slots.iter().flatten().any(|(_, part)| part.insert_before_this(child))
        }

        fn elements(&self) -> Vec<Element> {
            self.slots.iter().flatten().flat_map(|(_, part)| part.elements()).collect()
        }
    }
}
