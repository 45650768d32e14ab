//! The items of the menu: transcript, forgetting, theme and language.

use serde_json::json;

use crate::support::Sandbox;
use crate::visitor::{NOTHING_IS_KEPT, Visitor};

#[tokio::test(flavor = "multi_thread")]
async fn a_transcript_has_all_messages_of_the_conversation() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = Visitor::returning(&sandbox, "").await;
    for nth in 1..=45 {
        sandbox.agent_replies(id, &format!("line {nth}")).await;
    }
    visitor.reload().await;
    visitor.open().await;
    let browser = &visitor.browser;
    browser.until("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === 'line 45'").await;
    let watch = "(() => { const own = URL.createObjectURL; \
        URL.createObjectURL = (file) => { window.file = file; return own.call(URL, file); }; })()";
    browser.ask(watch).await;
    visitor.find(".menu summary").await.click().await.unwrap();
    let items =
        "[...root.querySelectorAll('.item')].filter(it => it.textContent.startsWith('Save')).map(it => it.click())";
    browser.ask(items).await;
    browser.until("window.file").await;
    assert_eq!(browser.ask("window.file.type").await, "text/plain;charset=utf-8");
    let saved = browser.ask("window.file.text()").await;
    let saved: Vec<&str> = saved.as_str().unwrap().split("\n\n").collect();
    assert_eq!(saved.len(), 46);
    assert!(saved[0].ends_with("\nIs the rack in stock?") && saved[45].ends_with(" Robin\nline 45\n"), "{saved:?}");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_by_the_menu_deletes_all_records() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = Visitor::returning(&sandbox, "").await;
    visitor.open().await;
    visitor.sees(&["Is the rack in stock?"]).await;
    visitor.find(".menu summary").await.click().await.unwrap();
    visitor.find("li:last-child > .confirm > summary").await.click().await.unwrap();
    visitor.find("li:last-child > .confirm > .strong").await.click().await.unwrap();
    visitor.browser.until(&format!("{NOTHING_IS_KEPT} && root.querySelector('.greeting')")).await;
    visitor.say("Hello, I am new here").await;
    visitor.sees(&["Hello, I am new here"]).await;
    assert_eq!(sandbox.conversations().await.len(), 2, "the team keeps what was said, and meets somebody new");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_theme_chosen_in_the_menu_survives_a_reload() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = Visitor::returning(&sandbox, "theme-choice").await;
    visitor.open().await;
    let scheme = "getComputedStyle(document.querySelector('natter-chat')).colorScheme";
    visitor.find(".menu summary").await.click().await.unwrap();
    visitor.find(".choice:last-child").await.click().await.unwrap();
    visitor.browser.until(&format!("{scheme} === 'dark'")).await;
    visitor.reload().await;
    visitor.browser.until(&format!("{scheme} === 'dark'")).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_language_chosen_in_the_menu_applies_at_once_and_after_a_reload() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "languages='en de xx ar hy is ka ne sq'").await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.find(".menu summary").await.click().await.unwrap();
    let names = browser.ask("[...root.querySelectorAll('.items select option')].map(it => it.textContent)").await;
    assert_eq!(names, json!(["English", "Deutsch", "العربية", "հայերեն", "íslenska", "ქართული", "नेपाली", "shqip"]));
    let choose = "(() => { const list = root.querySelector('.items select'); list.value = 'de'; \
        list.dispatchEvent(new Event('change', { bubbles: true })); })()";
    browser.ask(choose).await;
    browser.until("root.querySelector('textarea').placeholder === 'Nachricht schreiben'").await;
    assert_eq!(browser.ask("root.querySelector('.panel').lang").await, "de");
    visitor.reload().await;
    visitor.open().await;
    browser.until("root.querySelector('textarea').placeholder === 'Nachricht schreiben'").await;
    browser.quit().await;
}
