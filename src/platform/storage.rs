//! The device's records, in localStorage; where that is blocked or full, in memory for as long as the page lives.

use std::cell::RefCell;

use gloo_storage::{LocalStorage, Storage as _};
use web_sys::Storage;

use natter_core::visitor::generation;

/// The records under one prefix.
pub struct DeviceStorage {
    prefix: String,
    /// `None` where the browser blocks it: cookies are off, or the frame is sandboxed.
    storage: Option<Storage>,
    memory: RefCell<Vec<(String, String)>>,
}

impl DeviceStorage {
    /// Opens the keys under `prefix`.
    #[must_use]
    pub fn open(prefix: String) -> Self {
        // gloo-storage throws where storage is blocked.
        let is_available = web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))));
        let storage = is_available.then(LocalStorage::raw);
        Self { prefix, storage, memory: RefCell::default() }
    }

    /// Whether other tabs see the same records.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.storage.is_some()
    }

    /// Every record, as (key without the prefix, value).
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        let mut all = self.memory.borrow().clone();
        if let Some(storage) = &self.storage {
            let keys = (0..storage.length().unwrap_or_default()).filter_map(|at| storage.key(at).ok()?);
            all.extend(keys.filter_map(|key| {
                let name = key.strip_prefix(&self.prefix)?.to_owned();
                Some((name, storage.get_item(&key).ok()??))
            }));
        }
        all
    }

    /// Stores a record. `false` where a reload won't find it: storage is full or blocked.
    pub fn save(&self, name: &str, value: &str) -> bool {
        self.forget(name);
        let is_kept = self.storage.as_ref().is_some_and(|storage| storage.set_item(&self.key(name), value).is_ok());
        if !is_kept {
            // The former record would be taken for this one after a reload.
            self.erase(name);
            self.memory.borrow_mut().push((name.to_owned(), value.to_owned()));
        }
        is_kept
    }

    /// The device's generation, as all tabs see it at this moment (`natter_core::visitor::generation`).
    #[must_use]
    pub fn generation(&self) -> u64 {
        let kept = self.storage.as_ref().and_then(|storage| storage.get_item(&self.key(generation::KEY)).ok()?);
        kept.and_then(|kept| kept.parse().ok()).unwrap_or(0)
    }

    /// Deletes every record, and stores the generation that begins.
    pub fn begin_generation(&self, generation: u64) {
        for (name, _) in self.all() {
            self.erase(&name);
        }
        self.save(generation::KEY, &(generation.max(self.generation() + 1)).to_string());
    }

    /// Deletes a record.
    pub fn erase(&self, name: &str) {
        self.forget(name);
        if let Some(storage) = &self.storage {
            // A browser that refuses this does not let the record be read either.
            let _ = storage.remove_item(&self.key(name));
        }
    }

    fn forget(&self, name: &str) {
        self.memory.borrow_mut().retain(|(kept, _)| kept != name);
    }

    fn key(&self, name: &str) -> String {
        [&self.prefix, name].concat()
    }
}
