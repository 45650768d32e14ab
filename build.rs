//! Before the widget is compiled: the English texts, and an enum with a key for each (`src/i18n`).
#![allow(clippy::print_stdout, reason = "what is printed is for cargo")]

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
    let [keys, place, values, all] = [keys, place, values, all].map(|part| part(&texts));
    Ok(format!("pub const ENGLISH: &str = {:?};\n{keys}impl TextKey {{\n{place}{values}{all}}}\n", lines.join("\n")))
}

/// The enum: a variant for each text, with its placeholders' values.
fn keys(texts: &[Text]) -> String {
    let mut rust = "/// The key of a text that visitors read, with its placeholders' values.\n\
                    #[derive(Clone, Debug, Eq, PartialEq)]\npub enum TextKey {\n"
        .to_owned();
    for text in texts {
        let fields = text.fields(|name| type_of(name).to_owned());
        // Writing into a string can't fail.
        let _ = writeln!(rust, "    /// `{}`\n    {}{fields},", text.english, text.variant());
    }
    rust + "}\n"
}

/// The function that says where a text stands.
fn place(texts: &[Text]) -> String {
    let mut rust = "    /// The text's place among the texts of a locale.\n    \
                    pub(super) const fn place(&self) -> usize {\n        match self {\n"
        .to_owned();
    for (place, text) in texts.iter().enumerate() {
        let _ = writeln!(rust, "            Self::{} {{ .. }} => {place},", text.variant());
    }
    rust + "        }\n    }\n"
}

/// The function that gives the placeholders' names and values.
fn values(texts: &[Text]) -> String {
    let mut rust = "    /// The placeholders' names and values.\n    \
                    pub(super) fn values(&self) -> Vec<(&'static str, String)> {\n        match self {\n"
        .to_owned();
    let (plain, filled): (Vec<&Text>, Vec<&Text>) = texts.iter().partition(|text| text.placeholders.is_empty());
    for text in filled {
        let value = |name: &&str| match type_of(name) {
            "String" => format!("({name:?}, {name}.clone())"),
            _ => format!("({name:?}, super::whole_number(*{name}))"),
        };
        let values: Vec<String> = text.placeholders.iter().map(value).collect();
        let fields = text.fields(str::to_owned);
        let _ = writeln!(rust, "            Self::{}{fields} => vec![{}],", text.variant(), values.join(", "));
    }
    let plain: Vec<String> = plain.iter().map(|text| format!("Self::{}", text.variant())).collect();
    rust + "            " + &plain.join(" | ") + " => Vec::new(),\n        }\n    }\n"
}

/// The list of all keys, for tests.
fn all(texts: &[Text]) -> String {
    let mut rust = "    /// Every key, in the order of the places, with values to try.\n    #[cfg(test)]\n    \
                    pub(super) fn all() -> Vec<Self> {\n        vec![\n"
        .to_owned();
    for text in texts {
        let sample = |name: &str| if type_of(name) == "String" { "\"x\".to_owned()" } else { "3" }.to_owned();
        let _ = writeln!(rust, "            Self::{}{},", text.variant(), text.fields(sample));
    }
    rust + "        ]\n    }\n"
}

impl Text<'_> {
    /// The fields of its variant in brackets, each as `field` writes it; nothing for a text without placeholders.
    fn fields(&self, field: impl Fn(&str) -> String) -> String {
        let fields: Vec<String> = self.placeholders.iter().map(|name| field(name)).collect();
        if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) }
    }

    /// Its key as Rust names variants: `not_sent` is `NotSent`.
    fn variant(&self) -> String {
        let capital = |word: &str| {
            let (first, rest) = word.split_at(1.min(word.len()));
            first.to_uppercase() + rest
        };
        self.key.split('_').map(capital).collect()
    }
}

/// The names between braces, in their order.
fn placeholders(english: &str) -> Vec<&str> {
    english.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0)).collect()
}

/// Counts are numbers, everything else is text.
fn type_of(placeholder: &str) -> &'static str {
    if placeholder == "count" { "i64" } else { "String" }
}
