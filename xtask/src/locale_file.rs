//! The texts of one language, as a file of `locales/` has them: those of the panel, which the wasm shows, and those of
//! the JavaScript modules. The build script of the widget reads them, too.

use std::collections::BTreeMap;
use std::path::Path;

/// The JavaScript modules with texts of their own. Their keys begin with the module's name and an underscore.
pub const MODULES: [&str; 4] = ["launcher", "emoji", "voice", "phone"];

/// The texts of one language by key, in the order of the keys.
pub struct LocaleFile(BTreeMap<String, String>);

impl LocaleFile {
    /// Reads a file of `locales/`.
    pub fn read(path: &Path) -> Result<Self, String> {
        let json =
            std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
        let texts = serde_json::from_str(&json);
        texts.map(Self).map_err(|error| format!("{} is not a JSON object of texts: {error}.", path.display()))
    }

    /// The keys of the panel's texts, in their order.
    pub fn panel_keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.0.keys().map(String::as_str);
        keys.filter(|key| MODULES.iter().all(|module| key_in_module(key, module).is_none()))
    }

    /// The text with this key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// A module's texts by their keys without the module's name.
    #[allow(dead_code, reason = "the build script reads the panel's texts alone")]
    pub fn module_texts(&self, module: &'static str) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(move |(key, text)| Some((key_in_module(key, module)?, text.as_str())))
    }
}

/// The part of a module's key behind the module's name. A key that is the module's bare name belongs to the panel: it is
/// the label of the button that opens the module.
fn key_in_module<'key>(key: &'key str, module: &str) -> Option<&'key str> {
    key.strip_prefix(module)?.strip_prefix('_')
}
