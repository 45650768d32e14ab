//! A list whose items keep their elements: focus, selection, playing media and the scroll position survive when others are
//! added, removed or changed.
//!
//! Leptos' own `<For>` takes items out of the page and puts them back when others are added before them.

use super::part::Part;
use super::sections::Context;
use crate::chat::{Chat, Item, Slice, Snapshot};

/// What a list shows.
pub struct KeyedList {
    /// The keys of its items, in their order, each once.
    pub keys: fn(&Snapshot) -> Vec<u64>,
    /// Whether an item looks the same in both snapshots.
    pub is_same: fn(&Snapshot, &Snapshot, Item) -> bool,
    /// Builds an item. Its signal changes when the item does.
    pub build: fn(&Context) -> Part,
}

impl KeyedList {
    /// The items, to be put last into the list's element.
    #[must_use]
    pub fn part(&'static self, chat: Chat, slice: &Slice) -> Part {
        build(self, chat, slice)
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn build(list: &'static KeyedList, chat: Chat, slice: &Slice) -> Part {
    let snapshot = crate::chat::current(slice);
    let item = |key| (list.build)(&Context { chat, slice: slice.clone(), item: Item { key, index: 0 } });
    Part::all((list.keys)(&snapshot).into_iter().map(item).collect())
}

#[cfg(target_arch = "wasm32")]
fn build(list: &'static KeyedList, chat: Chat, slice: &Slice) -> Part {
    use leptos::prelude::RenderEffect;
    use leptos::tachys::reactive_graph::RenderEffectState;

    let slice = slice.clone();
    let effect = RenderEffect::new(move |state: Option<browser::State>| {
        let snapshot = crate::chat::current(&slice);
        let mut state = state.unwrap_or_default();
        state.update(list, chat, snapshot);
        state
    });
    Part::built(RenderEffectState::from(effect))
}

#[cfg(target_arch = "wasm32")]
mod browser {
    use leptos::prelude::{Mountable, Owner, Set, UpdateUntracked, WithUntracked};
    use leptos::tachys::renderer::types::{Element, Node};
    use send_wrapper::SendWrapper;

    use super::super::part::{Mounted, owned};
    use super::super::sections::Context;
    use super::KeyedList;
    use crate::chat::{Chat, Item, Slice, Snapshot};

    struct Row {
        item: Item,
        slice: Slice,
        part: Mounted,
        _owner: Owner,
    }

    /// The items in the page.
    #[derive(Default)]
    pub struct State {
        rows: Vec<Row>,
        parent: Option<Element>,
    }

    impl State {
        pub fn update(&mut self, list: &KeyedList, chat: Chat, snapshot: Snapshot) {
            let keys = (list.keys)(&snapshot);
            let (kept, gone) = std::mem::take(&mut self.rows).into_iter().partition(|row| keys.contains(&row.item.key));
            self.rows = kept;
            gone.into_iter().for_each(|mut row| row.part.unmount());
            for (index, key) in keys.into_iter().enumerate() {
                let present = self.rows.iter().skip(index).position(|row| row.item.key == key);
                match present {
                    Some(0) => {}
                    Some(distance) => {
                        let moved = self.rows.remove(index + distance);
                        self.insert(index, moved);
                    }
                    None => {
                        let item = Item { key, index: 0 };
                        let slice = Slice::new(SendWrapper::new(snapshot.clone()));
                        let context = Context { chat, slice: slice.clone(), item };
                        if let Some((owner, part)) = owned(|| Some((list.build)(&context))) {
                            self.insert(index, Row { item, slice, part, _owner: owner });
                        }
                        continue;
                    }
                }
                if let Some(row) = self.rows.get(index) {
                    let is_same = row.slice.with_untracked(|before| {
                        before.has_same_language(&snapshot)
                            && before.today == snapshot.today
                            && (list.is_same)(before, &snapshot, row.item)
                    });
                    if is_same {
                        // The view that it was built from is not kept.
                        row.slice.update_untracked(|before| **before = snapshot.clone());
                    } else {
                        row.slice.set(SendWrapper::new(snapshot.clone()));
                    }
                }
            }
        }

        fn insert(&mut self, index: usize, mut row: Row) {
            if let Some(parent) = &self.parent {
                let next = self.rows.get(index);
                if !next.is_some_and(|next| next.part.insert_before_this(&mut row.part)) {
                    row.part.mount(parent, None);
                }
            }
            self.rows.insert(index, row);
        }
    }

    impl Mountable for State {
        fn unmount(&mut self) {
            self.rows.iter_mut().for_each(|row| row.part.unmount());
        }

        fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
            self.parent = Some(parent.clone());
            self.rows.iter_mut().for_each(|row| row.part.mount(parent, marker));
        }

        fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
            self.rows.iter().any(|row| row.part.insert_before_this(child))
        }

        fn elements(&self) -> Vec<Element> {
            self.rows.iter().flat_map(|row| row.part.elements()).collect()
        }
    }
}
