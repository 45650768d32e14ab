//! What the device keeps, in localStorage; where that is blocked or full, in memory for as long as the page lives.

use std::cell::RefCell;

use gloo_storage::{LocalStorage, Storage};

/// The keys under one prefix.
pub struct Device {
    prefix: String,
    is_blocked: bool,
    memory: RefCell<Vec<(String, String)>>,
}

impl Device {
    /// Opens the keys under `prefix`.
    #[must_use]
    pub fn open(prefix: String) -> Self {
        // gloo-storage throws where the browser does (cookies blocked, a sandboxed frame), so it is asked first.
        let is_blocked = !web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))));
        Self { prefix, is_blocked, memory: RefCell::default() }
    }

    /// Whether other tabs see what is kept here.
    #[must_use]
    pub const fn is_shared(&self) -> bool {
        !self.is_blocked
    }

    /// All that is kept, by key without the prefix.
    #[must_use]
    pub fn all(&self) -> Vec<(String, String)> {
        let mut all = self.memory.borrow().clone();
        if !self.is_blocked {
            let raw = LocalStorage::raw();
            let keys = (0..LocalStorage::length()).filter_map(|at| raw.key(at).ok().flatten());
            all.extend(keys.filter_map(|key| {
                let name = key.strip_prefix(&self.prefix)?.to_owned();
                Some((name, raw.get_item(&key).ok().flatten()?))
            }));
        }
        all
    }

    /// Keeps a value.
    pub fn save(&self, name: &str, value: &str) {
        self.forget(name);
        let is_kept = !self.is_blocked && LocalStorage::raw().set_item(&self.key(name), value).is_ok();
        if !is_kept {
            self.memory.borrow_mut().push((name.to_owned(), value.to_owned()));
        }
    }

    /// Forgets a value.
    pub fn erase(&self, name: &str) {
        self.forget(name);
        if !self.is_blocked {
            LocalStorage::delete(self.key(name));
        }
    }

    fn forget(&self, name: &str) {
        self.memory.borrow_mut().retain(|(kept, _)| kept != name);
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}
