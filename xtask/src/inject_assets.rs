//! `cargo xtask inject-assets`, a hook of trunk's after each build: it puts the style sheets and texts that must be there
//! without a request into embed.js and panel.js, and writes the texts of every language as the widget fetches them.

use crate::design_tokens;
use crate::env::Env;
use crate::files::{create_dir, read_text, write};
use crate::locale_file::{LocaleFile, MODULES};
use crate::minify::minify_css;
use crate::setup::{self, Missing};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Placeholders in embed.js and panel.js. Each is a string literal as a whole, so that the script works without it, too.
const LAUNCHER_CSS: &str = "\"@launcher.css@\"";
const PANEL_CSS: &str = "\"@panel.css@\"";
const LABELS: &str = "\"@labels@\"";
const FAILURE_TEXTS: &str = "\"@failure-texts@\"";
const ENGLISH: &str = "\"@english@\"";

/// Texts of the panel that the launcher shows, too, when the chat can't be loaded.
const SHARED_WITH_LAUNCHER: [&str; 2] = ["close", "fallback"];

/// Replaces the placeholders in the files that trunk has staged.
pub fn run(env: &Env) -> Result<(), String> {
    let staged = std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or(
        "TRUNK_STAGING_DIR is not set: trunk calls `cargo xtask inject-assets` after a build. Type `trunk build`.",
    )?;
    let styles = Styles::read(env)?;
    let languages = languages(&env.project.join("locales"))?;
    let english = languages.get("en").ok_or("There is no locales/en.json, which has the English texts.")?;
    inject(
        &staged.join("embed.js"),
        &[
            (LAUNCHER_CSS, js_string(&styles.launcher)),
            (LABELS, launcher_labels(&languages)),
            (FAILURE_TEXTS, failure_texts(english)),
        ],
    )?;
    inject(
        &staged.join("panel.js"),
        &[(PANEL_CSS, js_string(&styles.panel)), (ENGLISH, english_launcher_texts(english))],
    )?;
    let folder = staged.join("locales");
    create_dir(&folder)?;
    languages.iter().try_for_each(|(language, texts)| {
        write(&folder.join(language).with_extension("json"), served_language(texts, english))
    })
}

/// The two style sheets of the bundle: the loader's, and the panel's.
struct Styles {
    launcher: String,
    panel: String,
}

impl Styles {
    /// Reads them from `style/`; in a release they are minified, where esbuild can be had.
    fn read(env: &Env) -> Result<Self, String> {
        let is_release = std::env::var_os("TRUNK_PROFILE").is_some_and(|profile| profile == "release");
        let esbuild = match is_release.then(|| setup::install_esbuild(env)) {
            Some(Ok(esbuild)) => Some(esbuild),
            Some(Err(Missing::Failed(sentence))) => return Err(sentence),
            // `cargo xtask build` says so.
            Some(Err(Missing::Unavailable(_))) | None => None,
        };
        let sheet = |name: &str| {
            let css = read_text(&env.project.join("style").join(name))?;
            esbuild.as_ref().map_or(Ok(css.clone()), |esbuild| minify_css(env, esbuild, &css))
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
fn inject(script: &Path, replacements: &[(&str, String)]) -> Result<(), String> {
    let replaced = replacements.iter().try_fold(read_text(script)?, |script, (placeholder, text)| {
        match script.matches(placeholder).count() {
            1 => Ok(script.replace(placeholder, text)),
            0 => Err(format!("has no placeholder {placeholder}.")),
            _ => Err(format!("has the placeholder {placeholder} more than once.")),
        }
    });
    write(script, replaced.map_err(|fault| format!("{} {fault}", script.display()))?)
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

/// The launcher's accessible name in every language, as a JavaScript object.
fn launcher_labels(languages: &BTreeMap<String, LocaleFile>) -> String {
    let label = |(language, texts): (&String, &LocaleFile)| {
        let (_, label) = texts.module_texts("launcher").find(|(key, _)| *key == "panel")?;
        Some((language.clone(), label.into()))
    };
    Value::Object(languages.iter().filter_map(label).collect()).to_string()
}

/// What the loader shows, in English, when the chat can't be loaded.
fn failure_texts(english: &LocaleFile) -> String {
    let text = |key| english.text(key).unwrap_or_default();
    json!({ "failed": text("launcher_failed"), "fallback": text("fallback"), "close": text("close") }).to_string()
}

/// The launcher's other English texts: embed.js has its label and its texts for failures.
fn english_launcher_texts(english: &LocaleFile) -> String {
    let texts = english.module_texts("launcher").filter(|(key, _)| !["panel", "failed"].contains(key));
    texts_by_key(texts).to_string()
}

/// A language as the widget fetches it: the panel's texts as a list in the order of the English ones, and each module's
/// texts by key.
fn served_language(texts: &LocaleFile, english: &LocaleFile) -> String {
    let text = |key| texts.text(key).or_else(|| english.text(key)).unwrap_or_default();
    let mut served = Map::new();
    served.insert("words".to_owned(), english.panel_keys().map(text).collect());
    for module in MODULES {
        let shared = SHARED_WITH_LAUNCHER.into_iter().filter(|_| module == "launcher").map(|key| (key, text(key)));
        served.insert(module.to_owned(), texts_by_key(texts.module_texts(module).chain(shared)));
    }
    Value::Object(served).to_string()
}

/// Texts as an object.
fn texts_by_key<'texts>(texts: impl Iterator<Item = (&'texts str, &'texts str)>) -> Value {
    Value::Object(texts.map(|(key, text)| (key.to_owned(), text.into())).collect())
}

/// A text as a string literal of JavaScript.
fn js_string(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_is_replaced_where_it_stands_once() {
        let script = tempfile::NamedTempFile::new().unwrap();
        let injected = |text: &str| {
            fs::write(script.path(), text).unwrap();
            inject(script.path(), &[(LABELS, "{}".to_owned())]).map(|()| fs::read_to_string(script.path()).unwrap())
        };
        assert_eq!(injected("const LABELS = \"@labels@\";"), Ok("const LABELS = {};".to_owned()));
        assert!(injected("const LABELS = 1;").is_err());
        assert!(injected("\"@labels@\"\"@labels@\"").is_err());
    }

    #[test]
    fn every_language_has_a_launcher_label() {
        let labels = launcher_labels(&all());
        assert!(labels.contains(r#""en":"Chat""#) && labels.split(',').count() > 50, "{labels}");
    }

    #[test]
    fn a_served_language_has_the_panels_texts_in_the_order_of_english() {
        let all = all();
        let (english, german) = (&all["en"], served_language(&all["de"], &all["en"]));
        let served: Value = serde_json::from_str(&german).unwrap();
        let place = english.panel_keys().position(|key| key == "close").unwrap();
        let texts = served["words"].as_array().unwrap();
        assert_eq!((texts.len(), texts[place].as_str()), (english.panel_keys().count(), Some("Schließen")));
        assert!(served["voice"]["stop"].is_string());
    }

    fn all() -> BTreeMap<String, LocaleFile> {
        languages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../locales")).unwrap()
    }
}
