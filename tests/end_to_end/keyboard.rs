//! The chat by keyboard alone.

use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::{Visitor, only_conversation};

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_by_keyboard_alone() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    // The launcher is the only focusable element of the page.
    browser.until("(document.querySelector('natter-chat').focus(), true)").await;
    browser.types(Key::Tab + "").await;
    browser.until("root.activeElement?.matches('.launcher')").await;
    browser.types(Key::Enter + "").await;
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.types("Is the rack in stock?" + Key::Enter).await;
    visitor.sees(&["Is the rack in stock?"]).await;
    let id = only_conversation(&sandbox).await["id"].as_i64().unwrap();
    sandbox.agent_replies(id, "It is.").await;
    visitor.sees(&["Is the rack in stock?", "It is."]).await;
    // Back across the composer's buttons to the thread, and on to the menu.
    for wanted in [".emoji", ".attach", ".thread"] {
        browser.types_shift_tab().await;
        browser.until(&format!("root.activeElement?.matches('{wanted}')")).await;
    }
    for wanted in [".head > .tool", "summary"] {
        browser.types_shift_tab().await;
        browser.until(&format!("root.activeElement?.matches('{wanted}')")).await;
    }
    browser.types(Key::Enter + "").await;
    browser.until("root.querySelector('.menu').open").await;
    browser.types(Key::Escape + "").await;
    browser.until("!root.querySelector('.menu').open && root.activeElement?.matches('summary')").await;
    browser.types(Key::Escape + "").await;
    browser.until("root.querySelector('.panel').hidden && root.activeElement?.matches('.launcher')").await;
    browser.quit().await;
}
