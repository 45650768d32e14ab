//! The panel's language: language codes of sites, files that can't be loaded, and changes of the language.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Sandbox;
use crate::visitor::Visitor;

/// Language codes of Chatwoot's own widget that differ from the names of our files, with the files that they select.
const OTHER_CODES: [(&str, &str); 7] = [
    ("pt_BR", "pt-BR"),
    ("zh_CN", "zh"),
    ("zh_TW", "zh-TW"),
    ("ur_IN", "ur"),
    ("nb", "no"),
    ("zh-HK", "zh-TW"),
    ("sr-Latn", "sh"),
];
/// Delays the response with this language until `window.release()`.
const HOLD: &str = "(() => { const own = fetch; const wait = new Promise(done => (window.release = done)); \
    window.fetch = async (...all) => { if (String(all[0]).includes('/de.json')) await wait; return own(...all); }; })()";
/// Makes requests of languages fail with 404.
const LOSE: &str = "(() => { const own = fetch; window.fetch = (...all) => \
    String(all[0]).includes('/locales/') ? own('/nowhere') : own(...all); })()";

#[tokio::test(flavor = "multi_thread")]
async fn every_language_code_of_chatwoot_selects_its_locale() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    let files = files();
    let english = placeholder("en");
    let codes = files.iter().map(|file| (file.as_str(), file.as_str())).chain(OTHER_CODES);
    for (code, file) in codes.filter(|(code, _)| *code != "en") {
        let expected = placeholder(file);
        assert_ne!(expected, english, "{file} says it in English");
        speak(&visitor, code).await;
        says(&visitor, file, &expected).await;
    }
    speak(&visitor, "en").await;
    says(&visitor, "en", &english).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_language_that_fails_to_load_leaves_english() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "language=ar").await;
    visitor.browser.expects_trouble();
    visitor.browser.ask(LOSE).await;
    visitor.open().await;
    says(&visitor, "en", &placeholder("en")).await;
    assert_eq!(visitor.browser.ask("root.querySelector('.panel').dir").await, "ltr", "English is read from the left");
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    speak(&visitor, "de").await;
    says(&visitor, "en", &placeholder("en")).await;
    visitor.say("Anybody there?").await;
    visitor.sees(&["Hello", "Anybody there?"]).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_languages_the_one_set_last_applies() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.browser.ask(HOLD).await;
    speak(&visitor, "de").await;
    speak(&visitor, "fi").await;
    says(&visitor, "fi", &placeholder("fi")).await;
    visitor.browser.ask("void window.release()").await;
    // This request was made later, so the delayed response has been read when it is answered.
    visitor
        .browser
        .ask("fetch('/locales/de.json').then(answer => answer.json()).then(() => new Promise(requestAnimationFrame))")
        .await;
    says(&visitor, "fi", &placeholder("fi")).await;
    visitor.browser.quit().await;
}

/// Sets the element's language.
async fn speak(visitor: &Visitor, code: &str) {
    let set = format!("void document.querySelector('natter-chat').setAttribute('language', {})", Value::from(code));
    visitor.browser.ask(&set).await;
}

/// Waits until the panel has this `lang` and texts of this language.
async fn says(visitor: &Visitor, language: &str, placeholder: &str) {
    let (language, placeholder) = (Value::from(language), Value::from(placeholder));
    let (lang, field) = ("root.querySelector('.panel').lang", "root.querySelector('textarea').placeholder");
    let speaks = format!("{lang} === {language} && {field} === {placeholder}");
    visitor.browser.until(&speaks).await;
}

/// The codes of the files in `locales/`.
fn files() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    names.sort();
    names
}

/// The composer's placeholder in this language.
fn placeholder(language: &str) -> String {
    let file = std::fs::read_to_string(folder().join(format!("{language}.json"))).unwrap();
    let words: Value = serde_json::from_str(&file).unwrap();
    words["composer_placeholder"].as_str().unwrap().to_owned()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("locales")
}
