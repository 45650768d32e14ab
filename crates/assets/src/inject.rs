//! Puts the style sheets and texts that must be there without a request into embed.js and panel.js, protects the glue from
//! what the page replaces, and writes the texts of every language as the widget fetches them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::design_tokens;
use crate::files::{create_dir, read_text, write};
use crate::locale_file::{LocaleFile, MODULES};
use crate::minify::minify_css;

/// Placeholders in embed.js and panel.js. Each is a string literal as a whole, so that the script works without it, too.
const LAUNCHER_CSS: &str = "\"@launcher.css@\"";
const PANEL_CSS: &str = "\"@panel.css@\"";
const LABELS: &str = "\"@labels@\"";
const FAILURE_TEXTS: &str = "\"@failure-texts@\"";
const ENGLISH: &str = "\"@english@\"";

/// Texts of the panel that the launcher shows, too, when the chat can't be loaded.
const SHARED_WITH_LAUNCHER: [&str; 2] = ["close", "fallback"];

/// Replaces the placeholders in the scripts in `staged`, which trunk has copied there, and writes the languages beside them.
/// `project` has the style sheets and texts; with an esbuild the style sheets are minified.
///
/// # Errors
/// When a file can't be read or written, or a script does not have each placeholder once.
pub fn inject_assets(project: &Path, staged: &Path, esbuild: Option<&Path>) -> Result<(), String> {
    let styles = Styles::read(&project.join("style"), esbuild)?;
    let languages = languages(&project.join("locales"))?;
    let english = languages.get("en").ok_or("There is no locales/en.json, which has the English texts.")?;
    inject(
        &staged.join("embed.js"),
        &[
            (LAUNCHER_CSS, json!(styles.launcher)),
            (LABELS, launcher_labels(&languages)),
            (FAILURE_TEXTS, failure_texts(english)),
        ],
    )?;
    inject(&staged.join("panel.js"), &[(PANEL_CSS, json!(styles.panel)), (ENGLISH, english_launcher_texts(english))])?;
    let glue = staged.join("natter.js");
    let protected = protect_glue(&read_text(&glue)?).map_err(|fault| format!("{} {fault}", glue.display()))?;
    write(&glue, &protected)?;
    let folder = staged.join("locales");
    create_dir(&folder)?;
    languages.iter().try_for_each(|(language, texts)| {
        write(&folder.join(language).with_extension("json"), served_language(texts, english).to_string())
    })
}

/// The two style sheets of the bundle: the loader's, and the panel's.
struct Styles {
    launcher: String,
    panel: String,
}

impl Styles {
    fn read(folder: &Path, esbuild: Option<&Path>) -> Result<Self, String> {
        let sheet = |name: &str| {
            let css = read_text(&folder.join(name))?;
            esbuild.map_or(Ok(css.clone()), |esbuild| minify_css(esbuild, &css))
        };
        let launcher = sheet("launcher.css")?;
        let (launcher_tokens, panel_tokens) = design_tokens::divide(&sheet("tokens.css")?, &launcher)?;
        Ok(Self {
            launcher: launcher_tokens + &launcher,
            panel: panel_tokens + &sheet("element.css")? + &sheet("widget.css")?,
        })
    }
}

/// Replaces each placeholder in a script; each must be there once.
fn inject(script: &Path, replacements: &[(&str, Value)]) -> Result<(), String> {
    let replaced = replacements.iter().try_fold(read_text(script)?, |script, (placeholder, text)| {
        match script.matches(placeholder).count() {
            1 => Ok(script.replace(placeholder, &text.to_string())),
            0 => Err(format!("has no placeholder {placeholder}.")),
            _ => Err(format!("has the placeholder {placeholder} more than once.")),
        }
    });
    write(script, replaced.map_err(|fault| format!("{} {fault}", script.display()))?)
}

/// The places where wasm-bindgen's glue asks the page for what it may have replaced, and what stands there instead.
///
/// The window's document becomes that of `parts/page.js`, whose properties no element of the page shadows by its name:
/// Leptos creates its elements with it. Whether a node is an element is read from the node, not from a global class.
const UNPROTECTED: [(&str, &str); 2] = [
    ("const ret = arg0.document;", "const ret = page;"),
    ("result = arg0 instanceof Element;", "result = arg0.nodeType === 1;"),
];
const IMPORT_PAGE: &str = "import { page } from \"./parts/page.js\";\n";

/// Protects the glue from what the page's elements and scripts replace. Glue of another form is refused.
fn protect_glue(glue: &str) -> Result<String, String> {
    let protect = |glue: String, (unprotected, protected)| match glue.matches(unprotected).count() {
        1 => Ok(glue.replace(unprotected, protected)),
        count => Err(format!("has {count} places with `{unprotected}`, where one was expected.")),
    };
    Ok(IMPORT_PAGE.to_owned() + &UNPROTECTED.into_iter().try_fold(glue.to_owned(), protect)?)
}

/// The texts of every language, by its code.
fn languages(locales: &Path) -> Result<BTreeMap<String, LocaleFile>, String> {
    let unreadable = |error| format!("{} can't be read: {error}.", locales.display());
    let mut languages = BTreeMap::new();
    for entry in fs::read_dir(locales).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let Some(language) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) {
            languages.insert(language.to_owned(), LocaleFile::read(&path)?);
        }
    }
    Ok(languages)
}

/// The launcher's accessible name in every language.
fn launcher_labels(languages: &BTreeMap<String, LocaleFile>) -> Value {
    let label = |(language, texts): (&String, &LocaleFile)| {
        let (_, label) = texts.module_texts("launcher").find(|(key, _)| *key == "panel")?;
        Some((language.clone(), json!(label)))
    };
    Value::Object(languages.iter().filter_map(label).collect())
}

/// What the loader shows, in English, when the chat can't be loaded.
fn failure_texts(english: &LocaleFile) -> Value {
    json!({
        "failed": english.text("launcher_failed"),
        "fallback": english.text("fallback"),
        "close": english.text("close"),
    })
}

/// The launcher's other English texts: embed.js has its label and its texts for failures.
fn english_launcher_texts(english: &LocaleFile) -> Value {
    object(english.module_texts("launcher").filter(|(key, _)| !["panel", "failed"].contains(key)))
}

/// A language as the widget fetches it: the panel's texts as a list in the order of the English ones, and each module's
/// texts by key.
fn served_language(texts: &LocaleFile, english: &LocaleFile) -> Value {
    let text = |key| texts.text(key).or_else(|| english.text(key)).unwrap_or_default();
    let mut served = Map::new();
    served.insert("words".to_owned(), english.panel_keys().map(text).collect());
    for module in MODULES {
        let shared = SHARED_WITH_LAUNCHER.into_iter().filter(|_| module == "launcher").map(|key| (key, text(key)));
        served.insert(module.to_owned(), object(texts.module_texts(module).chain(shared)));
    }
    Value::Object(served)
}

/// A JSON object of texts.
fn object<'text>(texts: impl Iterator<Item = (&'text str, &'text str)>) -> Value {
    Value::Object(texts.map(|(key, text)| (key.to_owned(), json!(text))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_replaced_where_it_stands_once() {
        let script = tempfile::NamedTempFile::new().unwrap();
        let injected = |text: &str| {
            fs::write(script.path(), text).unwrap();
            inject(script.path(), &[(LABELS, json!({}))]).map(|()| fs::read_to_string(script.path()).unwrap())
        };
        assert_eq!(injected("const LABELS = \"@labels@\";"), Ok("const LABELS = {};".to_owned()));
        assert!(injected("const LABELS = 1;").is_err());
        assert!(injected("\"@labels@\"\"@labels@\"").is_err());
    }

    #[test]
    fn the_glue_is_protected_and_other_glue_is_refused() {
        let glue = UNPROTECTED.map(|(unprotected, _)| format!("    {unprotected}\n")).concat();
        let protected = protect_glue(&glue).unwrap();
        assert!(
            protected.starts_with("import { page } from") && protected.contains("const ret = page;"),
            "{protected}"
        );
        assert!(!protected.contains("instanceof"), "{protected}");
        for other in [String::new(), [&*glue, &*glue].concat()] {
            assert!(protect_glue(&other).is_err(), "{other}");
        }
    }

    #[test]
    fn every_language_has_a_launcher_label() {
        let labels = launcher_labels(&all());
        assert!(labels["en"] == "Chat" && labels.as_object().unwrap().len() > 50, "{labels}");
    }

    #[test]
    fn a_served_language_has_the_panels_texts_in_the_order_of_english() {
        let all = all();
        let (english, german) = (&all["en"], served_language(&all["de"], &all["en"]));
        let place = english.panel_keys().position(|key| key == "close").unwrap();
        let texts = german["words"].as_array().unwrap();
        assert_eq!((texts.len(), texts[place].as_str()), (english.panel_keys().count(), Some("Schließen")));
        assert!(german["voice"]["stop"].is_string());
    }

    fn all() -> BTreeMap<String, LocaleFile> {
        languages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../locales")).unwrap()
    }
}
