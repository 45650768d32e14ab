//! What trunk can't do: it calls this after each build, to put into the staged files what is known
//! only then. Today that is the launcher's style, which must be there before any request.

use crate::css;
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// Where element.js, inside a template literal, wants the launcher's style.
const LAUNCHER_CSS: &str = "/*@launcher.css@*/";
/// Where element.js, inside an object literal, wants what the launcher says, by language.
const LABELS: &str = "/*@labels@*/";
/// What a sentence of the launcher's is called in `locales/` before its own name.
const LABEL_PREFIX: &str = "launcher_";
/// The style sheets that make up the launcher's, in order.
const LAUNCHER_SHEETS: [&str; 2] = ["style/tokens.css", "style/launcher.css"];

/// Stamps the files that trunk has staged.
pub fn run(project: &Path) -> Result<(), String> {
    let staged = env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from).ok_or(
        "TRUNK_STAGING_DIR is not set: `cargo xtask stamp` is what trunk calls after a build. Type `trunk build`.",
    )?;
    let path = staged.join("element.js");
    let script = read(&path)?;
    let mut css = String::new();
    for sheet in LAUNCHER_SHEETS {
        css.push_str(&css::minified(&read(&project.join(sheet))?));
    }
    let stamped = with_once(&script, LAUNCHER_CSS, &in_template_literal(&css))?;
    let stamped = with_once(&stamped, LABELS, &labels(&project.join("locales"))?)?;
    fs::write(&path, stamped).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("stamp can't read {}: {error}.", path.display()))
}

fn with_once(script: &str, place: &str, text: &str) -> Result<String, String> {
    match script.matches(place).count() {
        1 => Ok(script.replace(place, text)),
        0 => Err(format!("element.js has no {place}, where the launcher's part is to go.")),
        _ => Err(format!("element.js has {place} more than once; it is needed once.")),
    }
}

/// What the launcher says in every language, as the inside of a JavaScript object literal.
fn labels(locales: &Path) -> Result<String, String> {
    let unreadable = |error| format!("stamp can't read {}: {error}.", locales.display());
    let mut languages = BTreeMap::new();
    for entry in fs::read_dir(locales).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if let Some(language) = path.file_name().and_then(|name| name.to_str()?.strip_suffix(".json")) {
            languages.insert(language.to_owned(), labels_of(&path)?);
        }
    }
    let all: Vec<String> = languages.iter().map(|(language, labels)| format!("{language:?}:{labels}")).collect();
    Ok(all.join(","))
}

fn labels_of(path: &Path) -> Result<String, String> {
    let words: BTreeMap<String, String> = serde_json::from_str(&read(path)?)
        .map_err(|error| format!("{} is not an object of sentences: {error}.", path.display()))?;
    let labels: BTreeMap<&str, &String> =
        words.iter().filter_map(|(key, said)| Some((key.strip_prefix(LABEL_PREFIX)?, said))).collect();
    serde_json::to_string(&labels).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

fn in_template_literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('`', "\\`").replace("${", "\\${")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_style_survives_a_template_literal() {
        assert_eq!(in_template_literal(r"a{content:'\201c `${x}'}"), r"a{content:'\\201c \`\${x}'}");
    }

    #[test]
    fn a_part_is_stamped_in_once_or_the_want_of_a_place_is_told() {
        assert_eq!(with_once("css = `/*@here@*/`;", "/*@here@*/", "a{}"), Ok("css = `a{}`;".to_owned()));
        assert!(with_once("css = ``;", "/*@here@*/", "a{}").is_err());
        assert!(with_once("/*@here@*//*@here@*/", "/*@here@*/", "a{}").is_err());
    }

    #[test]
    fn the_launchers_words_come_from_the_locales_and_no_others() {
        let locales = Path::new(env!("CARGO_MANIFEST_DIR")).join("../locales");
        let labels = labels(&locales).unwrap();
        assert!(labels.contains(r#""en":{"#) && labels.contains(r#""panel":"Chat""#), "{labels}");
        assert!(!labels.contains("composer"), "{labels}");
    }
}
