//! Runs axe-core, which finds accessibility faults on a page.

use crate::browser::Browser;

/// Runs axe-core; a promise of sentences.
const RUN: &str = include_str!("axe.js");

/// Loads axe-core into the page, until that is left.
pub async fn bring(browser: &Browser) {
    let path = std::env::var_os("NATTER_AXE").expect("NATTER_AXE says where axe-core is: type `cargo xtask gallery`");
    let script = std::fs::read_to_string(path).unwrap();
    browser.page.execute(script, vec![]).await.unwrap();
}

/// The accessibility faults of the page, a sentence each.
pub async fn violations(browser: &Browser) -> Vec<String> {
    let found = browser.ask(RUN).await;
    found.as_array().unwrap().iter().map(|found| found.as_str().unwrap_or_default().to_owned()).collect()
}
