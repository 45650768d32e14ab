//! The panel's language: every code that sites give their widgets, and what happens when its file can't be had.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Sandbox;
use crate::visitor::Visitor;

/// The codes that Chatwoot's own widget knows, besides the names of our files, and the files they lead to.
const OTHER_CODES: [(&str, &str); 7] = [
    ("pt_BR", "pt-BR"),
    ("zh_CN", "zh"),
    ("zh_TW", "zh-TW"),
    ("ur_IN", "ur"),
    ("nb", "no"),
    ("zh-HK", "zh-TW"),
    ("sr-Latn", "sh"),
];
/// Holds back what is fetched of this language until `window.release()`.
const HOLD: &str = "(() => { const own = fetch; const wait = new Promise(done => (window.release = done)); \
    window.fetch = async (...all) => { if (String(all[0]).includes('/de.json')) await wait; return own(...all); }; })()";
/// The site has lost its languages: it answers with a 404.
const LOSE: &str = "(() => { const own = fetch; window.fetch = (...all) => \
    String(all[0]).includes('/locales/') ? own('/nowhere') : own(...all); })()";

#[tokio::test(flavor = "multi_thread")]
async fn every_code_that_sites_give_leads_to_its_language() {
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
async fn a_language_that_cannot_be_fetched_leaves_english_and_a_working_chat() {
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
async fn of_two_languages_wanted_the_last_is_spoken_whichever_comes_first() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.browser.ask(HOLD).await;
    speak(&visitor, "de").await;
    speak(&visitor, "fi").await;
    says(&visitor, "fi", &placeholder("fi")).await;
    visitor.browser.ask("void window.release()").await;
    // What was held back is read by the time this is answered, which was asked for later.
    visitor
        .browser
        .ask("fetch('/locales/de.json').then(answer => answer.json()).then(() => new Promise(requestAnimationFrame))")
        .await;
    says(&visitor, "fi", &placeholder("fi")).await;
    visitor.browser.quit().await;
}

/// The site gives its element another language.
async fn speak(visitor: &Visitor, code: &str) {
    let set = format!("void document.querySelector('natter-chat').setAttribute('language', {})", Value::from(code));
    visitor.browser.ask(&set).await;
}

/// Waits until the panel says that it speaks this language, and does.
async fn says(visitor: &Visitor, language: &str, placeholder: &str) {
    let (language, placeholder) = (Value::from(language), Value::from(placeholder));
    let (lang, field) = ("root.querySelector('.panel').lang", "root.querySelector('textarea').placeholder");
    let speaks = format!("{lang} === {language} && {field} === {placeholder}");
    visitor.browser.until(&speaks).await;
}

/// The names of the files in `locales/`, without their ending.
fn files() -> Vec<String> {
    let entries = std::fs::read_dir(folder()).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter_map(|name| Some(name.strip_suffix(".json")?.to_owned())).collect();
    names.sort();
    names
}

/// What stands where one writes, in this language.
fn placeholder(language: &str) -> String {
    let file = std::fs::read_to_string(folder().join(format!("{language}.json"))).unwrap();
    let words: Value = serde_json::from_str(&file).unwrap();
    words["composer_placeholder"].as_str().unwrap().to_owned()
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("locales")
}
