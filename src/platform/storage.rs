//! What the device keeps, in localStorage; where that is blocked or full, in memory for as long as the page lives.

use std::cell::RefCell;

use web_sys::Storage;

use natter_core::digits::digits;
use natter_core::visitor::generation;

/// The keys under one prefix.
pub struct DeviceStorage {
    prefix: String,
    /// Not there where the browser blocks it: cookies off, a sandboxed frame.
    storage: Option<Storage>,
    memory: RefCell<Vec<(String, String)>>,
}

impl DeviceStorage {
    /// Opens the keys under `prefix`.
    #[must_use]
    pub fn open(prefix: String) -> Self {
        let storage = web_sys::window().and_then(|window| window.local_storage().ok()?);
        Self { prefix, storage, memory: RefCell::default() }
    }

    /// Whether other tabs see what is kept here.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        self.storage.is_some()
    }

    /// All that is kept, by key without the prefix.
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

    /// Keeps a value. `false` where a reload won't find it: the device is full, or the browser blocks what pages keep.
    pub fn save(&self, name: &str, value: &str) -> bool {
        self.forget(name);
        let is_kept = self.storage.as_ref().is_some_and(|storage| storage.set_item(&self.key(name), value).is_ok());
        if !is_kept {
            // What was kept before would be found in its place, and believed.
            self.erase(name);
            self.memory.borrow_mut().push((name.to_owned(), value.to_owned()));
        }
        is_kept
    }

    /// The generation that is kept, as all tabs see it at this moment (`core::generation`).
    #[must_use]
    pub fn generation(&self) -> u64 {
        let kept = self.storage.as_ref().and_then(|storage| storage.get_item(&self.key(generation::KEY)).ok()?);
        kept.and_then(|kept| kept.parse().ok()).unwrap_or(0)
    }

    /// Forgets all that is kept, and begins this generation.
    pub fn begin_generation(&self, generation: u64) {
        for (name, _) in self.all() {
            self.erase(&name);
        }
        self.save(generation::KEY, &digits(generation.max(self.generation() + 1)));
    }

    /// Forgets a value.
    pub fn erase(&self, name: &str) {
        self.forget(name);
        if let Some(storage) = &self.storage {
            // What a browser won't let go of, it won't let be read either.
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
