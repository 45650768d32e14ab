//! What trunk can't do: it calls this after each build, to put into the staged files what is known
//! only then. Today that is the launcher's style, which must be there before any request.

use crate::words::{MODULES, Words};
use crate::{css, json};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// What embed.js and panel.js have in the place of what is stamped in: strings that nobody would write.
const LAUNCHER_CSS: &str = "\"@launcher.css@\"";
const PANEL_CSS: &str = "\"@panel.css@\"";
const LABELS: &str = "\"@labels@\"";
const SORRY: &str = "\"@sorry@\"";
const ENGLISH: &str = "\"@english@\"";

/// Stamps the files that trunk has staged.
pub fn run(project: &Path) -> Result<(), String> {
    let staged = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or(
        "TRUNK_STAGING_DIR is not set: `cargo xtask stamp` is what trunk calls after a build. Type `trunk build`.",
    )?;
    let sheet = |name: &str| read(&project.join("style").join(name)).map(|sheet| css::minified(&sheet));
    let (launcher, element, widget) = (sheet("launcher.css")?, sheet("element.css")?, sheet("widget.css")?);
    // What the launcher needs comes with it, the rest later.
    let (first, rest) = css::divided(&sheet("tokens.css")?, &launcher)?;
    let languages = languages(&project.join("locales"))?;
    let english = languages.get("en").ok_or("There is no locales/en.json, where every sentence begins.")?;
    let said = |name| english.get(name).unwrap_or_default();
    let sorry = [("failed", "launcher_failed"), ("fallback", "fallback"), ("close", "close")];
    let sorry = json::object(&sorry.map(|(name, key)| (name, json::string(said(key)))));
    let in_embed = [(LAUNCHER_CSS, json::string(&(first + &launcher))), (LABELS, labels(&languages)), (SORRY, sorry)];
    let in_panel = [(PANEL_CSS, json::string(&(rest + &element + &widget))), (ENGLISH, spoken(english))];
    for (name, stamps) in [("embed.js", &in_embed[..]), ("panel.js", &in_panel)] {
        let path = staged.join(name);
        let script = read(&path)?;
        let stamped = stamps.iter().try_fold(script, |script, (place, text)| with_once(&script, place, text));
        write(&path, &stamped.map_err(|want| format!("{name} {want}"))?)?;
    }
    let folder = staged.join("locales");
    fs::create_dir_all(&folder).map_err(|error| format!("{} can't be made: {error}.", folder.display()))?;
    languages.iter().try_for_each(|(language, words)| {
        write(&folder.join(language).with_extension("json"), &fetched(words, english))
    })
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("stamp can't read {}: {error}.", path.display()))
}

fn with_once(script: &str, place: &str, text: &str) -> Result<String, String> {
    match script.matches(place).count() {
        1 => Ok(script.replace(place, text)),
        0 => Err(format!("has no {place}, where something is to be stamped in.")),
        _ => Err(format!("has {place} more than once; it is needed once.")),
    }
}

/// Every language, by its code.
fn languages(locales: &Path) -> Result<BTreeMap<String, Words>, String> {
    let unreadable = |error| format!("stamp can't read {}: {error}.", locales.display());
    let mut languages = BTreeMap::new();
    for entry in fs::read_dir(locales).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let Some(language) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) {
            languages.insert(language.to_owned(), Words::read(&path)?);
        }
    }
    Ok(languages)
}

/// What the launcher is called in every language, as a JavaScript object.
fn labels(languages: &BTreeMap<String, Words>) -> String {
    let label = |(language, words): (&String, &Words)| {
        let (_, label) = words.modules("launcher").find(|(name, _)| *name == "panel")?;
        Some(format!("{}:{}", json::string(language), json::string(label)))
    };
    format!("{{{}}}", languages.iter().filter_map(label).collect::<Vec<_>>().join(","))
}

/// A language as the widget fetches it: the panel's sentences in the order of English, and each module's by name.
fn fetched(words: &Words, english: &Words) -> String {
    let said = |key| json::string(words.get(key).or_else(|| english.get(key)).unwrap_or_default());
    let panels: Vec<String> = english.panels().map(said).collect();
    let panel = [("words", json::list(&panels))].into_iter();
    json::object(&panel.chain(MODULES.map(|module| (module, of_module(words, module, english)))).collect::<Vec<_>>())
}

/// What the launcher says of messages in English; what it is called and what it is sorry for, the loader has.
fn spoken(english: &Words) -> String {
    let all = english.modules("launcher").filter(|(name, _)| !["panel", "failed"].contains(name));
    json::object(&all.map(|(name, said)| (name, json::string(said))).collect::<Vec<_>>())
}

/// The panel's sentences that the launcher says as well, where there is no chat.
const SHARED: [&str; 2] = ["close", "fallback"];

fn of_module(words: &Words, module: &'static str, english: &Words) -> String {
    let shared = SHARED.iter().filter(|_| module == "launcher");
    let shared = shared.map(|key| (*key, words.get(key).or_else(|| english.get(key)).unwrap_or_default()));
    let all = words.modules(module).chain(shared).map(|(name, said)| (name, json::string(said)));
    json::object(&all.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_stamped_in_once_or_the_want_of_a_place_is_told() {
        assert_eq!(with_once("css = `/*@here@*/`;", "/*@here@*/", "a{}"), Ok("css = `a{}`;".to_owned()));
        assert!(with_once("css = ``;", "/*@here@*/", "a{}").is_err());
        assert!(with_once("/*@here@*//*@here@*/", "/*@here@*/", "a{}").is_err());
    }

    #[test]
    fn the_launchers_words_come_from_the_locales_and_no_others() {
        let labels = labels(&all());
        assert!(labels.contains(r#""en":"Chat""#) && labels.split(',').count() > 50, "{labels}");
    }

    #[test]
    fn a_language_is_fetched_with_its_sentences_in_english_order() {
        let all = all();
        let (english, german) = (&all["en"], fetched(&all["de"], &all["en"]));
        let read = json::read(&german).unwrap();
        let fetched = read.object().unwrap();
        let place = english.panels().position(|key| key == "close").unwrap();
        let said = fetched.get("words").unwrap().items().unwrap();
        assert_eq!((said.len(), said[place].text()), (english.panels().count(), Some("Schließen")));
        assert!(fetched.get("voice").unwrap().object().unwrap().get("stop").is_some());
    }

    fn all() -> BTreeMap<String, Words> {
        languages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../locales")).unwrap()
    }
}
