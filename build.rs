//! Before the widget is compiled: the English texts, and an enum with a key for each (`src/i18n`).
#![allow(clippy::print_stdout, reason = "what is printed is for cargo")]

#[allow(dead_code, reason = "only reading is wanted here")]
#[path = "crates/core/src/json.rs"]
mod json;
#[path = "xtask/src/locale_file.rs"]
mod locale_file;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

const ENGLISH: &str = "locales/en.json";

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed={ENGLISH}");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or("OUT_DIR is not set: only cargo runs this.")?;
    let path = out.join("texts.rs");
    let text = texts(&locale_file::LocaleFile::read(Path::new(ENGLISH))?)?;
    fs::write(&path, text).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

/// Texts whose placeholders a JavaScript module fills in: the panel hands them over as they are.
const TEMPLATES: [&str; 1] = ["picture_viewer"];

/// One text: its key, its English, and its placeholders in the order of the English text.
struct Text<'locale> {
    key: &'locale str,
    english: &'locale str,
    placeholders: Vec<&'locale str>,
}

/// The texts in their order, a line each, and the enum of their keys.
fn texts(file: &locale_file::LocaleFile) -> Result<String, String> {
    let text = |key| {
        let english = file.text(key).unwrap_or_default();
        let placeholders = if TEMPLATES.contains(&key) { Vec::new() } else { placeholders(english) };
        Text { key, english, placeholders }
    };
    let texts: Vec<Text> = file.panel_keys().map(text).collect();
    if texts.iter().any(|text| text.english.contains('\n')) {
        return Err(format!("A text in {ENGLISH} has more than one line."));
    }
    let lines: Vec<&str> = texts.iter().map(|text| text.english).collect();
    let mut rust = format!("pub const ENGLISH: &str = {:?};\n", lines.join("\n"));
    rust.push_str("/// The key of a text that visitors read, with its placeholders' values.\n");
    rust.push_str("#[derive(Clone, Debug, Eq, PartialEq)]\npub enum TextKey {\n");
    for text in &texts {
        let types: Vec<&str> = text.placeholders.iter().map(|name| type_of(name)).collect();
        let fields = if types.is_empty() { String::new() } else { format!("({})", types.join(", ")) };
        // Writing into a string can't fail.
        let _ = writeln!(rust, "    /// `{}`\n    {}{fields},", text.english, variant(text.key));
    }
    rust.push_str("}\nimpl TextKey {\n");
    rust.push_str(
        "    /// The text's place among the texts of a locale.\n    pub(super) const fn place(&self) -> usize {\n",
    );
    rust.push_str("        match self {\n");
    for (place, text) in texts.iter().enumerate() {
        let _ = writeln!(rust, "            Self::{} {{ .. }} => {place},", variant(text.key));
    }
    rust.push_str("        }\n    }\n    /// The placeholders' names and values.\n");
    rust.push_str("    pub(super) fn values(&self) -> Vec<(&'static str, String)> {\n        match self {\n");
    for text in texts.iter().filter(|text| !text.placeholders.is_empty()) {
        let value = |name: &&str| match type_of(name) {
            "String" => format!("({name:?}, {name}.clone())"),
            _ => format!("({name:?}, super::whole_number(*{name}))"),
        };
        let values: Vec<String> = text.placeholders.iter().map(value).collect();
        let names = text.placeholders.join(", ");
        let _ = writeln!(rust, "            Self::{}({names}) => vec![{}],", variant(text.key), values.join(", "));
    }
    let plain: Vec<String> = texts
        .iter()
        .filter(|text| text.placeholders.is_empty())
        .map(|text| format!("Self::{}", variant(text.key)))
        .collect();
    let _ = writeln!(rust, "            {} => Vec::new(),", plain.join(" | "));
    rust.push_str(
        "        }\n    }\n    /// Every key, in the order of the places, with values to try.\n    #[cfg(test)]\n",
    );
    rust.push_str("    pub(super) fn all() -> Vec<Self> {\n        vec![\n");
    for text in &texts {
        let samples: Vec<&str> = text
            .placeholders
            .iter()
            .map(|name| if type_of(name) == "String" { "\"x\".to_owned()" } else { "3" })
            .collect();
        let fields = if samples.is_empty() { String::new() } else { format!("({})", samples.join(", ")) };
        let _ = writeln!(rust, "            Self::{}{fields},", variant(text.key));
    }
    Ok(rust + "        ]\n    }\n}\n")
}

/// The names between braces, in their order.
fn placeholders(english: &str) -> Vec<&str> {
    english.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}

/// Counts are numbers, everything else is text.
fn type_of(placeholder: &str) -> &'static str {
    if placeholder == "count" { "i64" } else { "String" }
}

/// A key as Rust names variants: `not_sent` is `NotSent`.
fn variant(key: &str) -> String {
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1.min(word.len()));
        first.to_uppercase() + rest
    };
    key.split('_').map(capital).collect()
}
