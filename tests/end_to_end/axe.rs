//! What axe-core finds on a page that keeps people from using it, with whatever they see, hear and type by.

use crate::browser::Browser;

/// Runs it: a promise of sentences.
const RUN: &str = include_str!("axe.js");

/// Brings axe-core to the page, where it stays until another is loaded.
pub async fn bring(browser: &Browser) {
    let path = std::env::var_os("NATTER_AXE").expect("NATTER_AXE says where axe-core is: type `cargo xtask gallery`");
    let script = std::fs::read_to_string(path).unwrap();
    browser.page.execute(script, vec![]).await.unwrap();
}

/// What is wrong with what the page shows, one sentence each.
pub async fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.ask(RUN).await;
    found.as_array().unwrap().iter().map(|found| found.as_str().unwrap_or_default().to_owned()).collect()
}
