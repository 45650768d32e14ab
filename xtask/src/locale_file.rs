//! The sentences of `locales/`, and who says them: the panel itself, or a module beside the wasm.

use std::path::Path;

use crate::json::{self, Object, Value};

/// What begins a key of a module's; the rest of it is what the module knows the sentence by.
pub const MODULES: [&str; 4] = ["launcher", "emoji", "voice", "phone"];

/// A language's sentences.
pub struct Words(Object);

impl Words {
    /// Reads a file of `locales/`.
    pub fn read(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
        match json::read(&text) {
            Some(Value::Object(words)) => Ok(Self(words)),
            Some(_) | None => Err(format!("{} is not a JSON object of sentences.", path.display())),
        }
    }

    /// The keys of what the panel says, in their order.
    pub fn panels(&self) -> impl Iterator<Item = &str> {
        self.0.names().filter(|key| MODULES.iter().all(|module| own(key, module).is_none()))
    }

    /// What a key stands for.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.text()
    }

    /// A module's sentences, by its own names for them.
    #[allow(dead_code, reason = "not all who read words do it for modules")]
    pub fn modules(&self, module: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.0.names().filter_map(move |key| Some((own(key, module)?, self.get(key)?)))
    }
}

/// The rest of a module's key. (A module's bare name is a sentence of the panel's: what its button is called.)
fn own<'key>(key: &'key str, module: &str) -> Option<&'key str> {
    key.strip_prefix(module)?.strip_prefix('_')
}
