//! The playground, the page that `trunk serve` shows: its controls apply to the chat, and its log shows events.

use serde_json::json;

use crate::browser::Browser;
use crate::site;
use crate::support::Sandbox;

/// Sets a control by its label.
fn set(label: &str, value: &str) -> String {
    format!(
        "void (() => {{ const label = [...document.querySelectorAll('label')].find((it) => it.textContent === '{label}'); \
         const field = document.getElementById(label.htmlFor); \
         if (field.type === 'checkbox') field.checked = {value}; else field.value = {value}; \
         field.dispatchEvent(new Event('input')); field.dispatchEvent(new Event('change')); }})()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_playground_applies_settings_live_and_logs_events() {
    let (sandbox, site, browser) = (Sandbox::start(None), site::serve().await, Browser::start().await);
    browser.page.goto(format!("{site}/index.html#base-url={}", sandbox.base_url)).await.unwrap();
    browser.until("root.querySelector('.launcher')").await;
    // With the control panel closed it is a plain website with a chat.
    let shown = "[...document.querySelectorAll('button')].filter((it) => it.checkVisibility()).length";
    assert_eq!(browser.ask(shown).await, 1);
    browser.ask("void document.querySelector('button[aria-controls]').click()").await;
    browser.ask(&set("position", "'left'")).await;
    browser.until("root.querySelector('.launcher').getBoundingClientRect().left < innerWidth / 2").await;
    browser.ask(&set("theme-choice", "true")).await;
    browser.ask(&set("team", "'[\"Ana\"]'")).await;
    browser.ask(&set("--natter-brand", "'#7a3b1d'")).await;
    let given = "[natter.position, natter.themeChoice, natter.team, getComputedStyle(root.querySelector('.launcher')).backgroundColor]";
    assert_eq!(browser.ask(given).await, json!(["left", "", "[\"Ana\"]", "rgb(122, 59, 29)"]));
    browser.ask("natter.open()").await;
    browser.until("document.body.textContent.includes('opened') && root.querySelector('textarea')").await;
    browser.ask(&set("mode", "'inline'")).await;
    browser.until("natter.parentElement !== document.body && root.querySelector('.panel').role === 'region'").await;
    // The URL has the settings.
    let there = browser.page.current_url().await.unwrap();
    browser.page.goto("about:blank").await.unwrap();
    browser.page.goto(there.as_str()).await.unwrap();
    browser.until("natter.position === 'left' && natter.mode === 'inline' && natter.team === '[\"Ana\"]'").await;
    browser.quit().await;
}
