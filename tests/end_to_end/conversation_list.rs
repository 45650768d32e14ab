//! Several conversations of one visitor: resolving, starting another, and the list.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::screenshots::screenshot;
use crate::support::Sandbox;
use crate::visitor::Visitor;

async fn open_conversation(visitor: &Visitor) -> i64 {
    visitor.browser.until("Object.entries(localStorage).some(([key, kept]) => key.endsWith('/session') && JSON.parse(kept).conversation)").await;
    visitor.session().await["conversation"].as_i64().unwrap()
}

/// Clicks an item of the menu.
async fn choose(visitor: &Visitor, item: &str) {
    visitor.find(".menu summary").await.click().await.unwrap();
    let place = format!("[...root.querySelectorAll('.item')].findIndex(it => it.textContent === '{item}')");
    let place = visitor.browser.ask(&place).await.as_i64().unwrap();
    assert!(place >= 0, "there is {item}");
    let items = visitor.find(".items").await.find_all(By::Css(".item")).await.unwrap();
    items[usize::try_from(place).unwrap()].click().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_is_resolved_another_started_and_the_first_reopened_from_the_list() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    let choices = "[...root.querySelectorAll('.item')].map(it => it.textContent)";
    assert_eq!(visitor.browser.ask(choices).await, json!(["Sound"]), "of conversations there is nothing to choose yet");
    visitor.say("My chain slips").await;
    visitor.sees(&["My chain slips"]).await;
    let first = open_conversation(&visitor).await;
    sandbox.agent_replies(first, "Bring it **in**, please.").await;
    visitor.sees(&["My chain slips", "Bring it in, please."]).await;
    visitor.find(".menu summary").await.click().await.unwrap();
    screenshot(&visitor, "conversations-menu").await;
    visitor.browser.types(Key::Escape).await;
    visitor.browser.until("!root.querySelector('.menu[open]') && root.activeElement?.matches('summary')").await;

    choose(&visitor, "End conversation").await;
    visitor.find(".confirm[open] .strong").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.end')?.textContent.includes('has ended')").await;
    assert_eq!(
        sandbox.as_agent("GET", &format!("/conversations/{first}"), &Value::Null).await.ok()["status"],
        "resolved"
    );
    screenshot(&visitor, "conversations-ended").await;
    visitor.find(".end .earlier").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.greeting')").await;
    visitor.say("And my lights").await;
    visitor.sees(&["And my lights"]).await;
    let second = open_conversation(&visitor).await;
    assert_ne!(first, second);

    sandbox.agent_replies(first, "It is ready.").await;
    visitor.browser.until("root.querySelector('.menu .count')?.textContent === '1'").await;
    visitor.reload().await;
    visitor.open().await;
    visitor.sees(&["And my lights"]).await;
    choose(&visitor, "Conversations").await;
    visitor.browser.until("root.querySelectorAll('.conversation').length === 2").await;
    let told = "[...root.querySelectorAll('.conversation')].map(it => it.querySelector('.excerpt').textContent)";
    assert_eq!(visitor.browser.ask(told).await, json!(["It is ready.", "And my lights"]));
    assert_eq!(visitor.browser.ask("root.querySelector('.composer').hidden").await, json!(true));
    screenshot(&visitor, "conversations-list").await;
    visitor.find(".conversation").await.click().await.unwrap();
    visitor.browser.until("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === 'It is ready.'").await;
    visitor.say("Thank you").await;
    visitor.browser.until("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === 'Thank you' && !root.querySelector('.unsent')").await;
    let said = sandbox.messages(first).await;
    assert_eq!(said.iter().filter(|message| message["content"] == "Thank you").count(), 1);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resolved_conversation_takes_no_messages_when_the_site_forbids_them() {
    let sandbox = Sandbox::start(None);
    let query = format!(
        "base_url={}&inbox={}&attributes=allow-messages-after-resolved=false",
        sandbox.base_url, sandbox.inbox_identifier
    );
    let visitor = Visitor::arrive_to(&query).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let first = open_conversation(&visitor).await;
    let path = format!("/conversations/{first}/toggle_status");
    sandbox.as_agent("POST", &path, &json!({ "status": "resolved" })).await.ok();
    visitor.browser.until("root.querySelector('.end') && root.querySelector('.composer').hidden").await;
    screenshot(&visitor, "conversations-closed").await;
    visitor.find(".end .earlier").await.click().await.unwrap();
    visitor.browser.until("!root.querySelector('.composer').hidden").await;
    visitor.say("Something else").await;
    visitor.sees(&["Something else"]).await;
    assert_ne!(open_conversation(&visitor).await, first);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn all_tabs_open_the_same_conversation() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("My chain slips").await;
    visitor.sees(&["My chain slips"]).await;
    let first = open_conversation(&visitor).await;
    let page = visitor.browser.page.current_url().await.unwrap();
    let leader = visitor.browser.page.window().await.unwrap();
    let follower = visitor.browser.page.new_tab().await.unwrap();
    visitor.browser.page.switch_to_window(follower).await.unwrap();
    visitor.browser.page.goto(page.as_str()).await.unwrap();
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.sees(&["My chain slips"]).await;
    choose(&visitor, "New conversation").await;
    visitor.browser.until("root.querySelector('.greeting')").await;
    visitor.say("And my lights").await;
    visitor.sees(&["And my lights"]).await;
    visitor.browser.page.switch_to_window(leader).await.unwrap();
    visitor.sees(&["And my lights"]).await;
    assert_ne!(open_conversation(&visitor).await, first);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_a_conversation_is_confirmed_and_its_end_is_scrolled_to() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = Visitor::returning(&sandbox, "").await;
    for nth in 1..=30 {
        sandbox.agent_replies(id, &format!("line {nth}")).await;
    }
    visitor.open().await;
    let browser = &visitor.browser;
    browser.until("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === 'line 30'").await;
    browser.until("(root.querySelector('.thread').scrollTop = -9e5, root.querySelector('.newest'))").await;
    let is_open =
        async || sandbox.as_agent("GET", &format!("/conversations/{id}"), &Value::Null).await.ok()["status"] == "open";
    choose(&visitor, "End conversation").await;
    browser.until("root.querySelector('.confirm[open] .strong')?.checkVisibility()").await;
    screenshot(&visitor, "conversations-confirm-end").await;
    visitor.find(".confirm[open] .item:last-child").await.click().await.unwrap();
    browser.until("!root.querySelector('.confirm[open]') && root.querySelector('.menu[open]')").await;
    assert_eq!(browser.ask("root.activeElement.textContent").await, "End conversation");
    // Whoever leaves the menu is asked again.
    browser.types(Key::Enter).await;
    browser.until("root.querySelector('.confirm[open]')").await;
    visitor.find("textarea").await.click().await.unwrap();
    browser.until("!root.querySelector('.menu[open]')").await;
    visitor.find(".menu summary").await.click().await.unwrap();
    assert_eq!(browser.ask("root.querySelector('.confirm[open]')").await, Value::Null);
    assert!(is_open().await);

    browser.types(Key::Escape).await;
    choose(&visitor, "End conversation").await;
    visitor.find(".confirm[open] .strong").await.click().await.unwrap();
    let is_visible = "((end, thread) => end && end.bottom <= thread.bottom + 1 && end.top >= thread.top)( \
        root.querySelector('.end')?.getBoundingClientRect(), root.querySelector('.thread').getBoundingClientRect())";
    browser.until(is_visible).await;
    assert!(!is_open().await);
    assert_eq!(browser.ask("root.querySelector('.menu[open]')").await, Value::Null);
    assert_ne!(browser.ask("root.activeElement").await, Value::Null, "the focus stays in the panel");
    browser.quit().await;
}

const IS_WRITING: &str = "root.activeElement?.matches('textarea.input')";

#[tokio::test(flavor = "multi_thread")]
async fn the_focus_goes_to_the_field_of_the_conversation_that_is_chosen_or_begun() {
    let sandbox = Sandbox::start(None);
    let (visitor, first) = Visitor::returning(&sandbox, "").await;
    visitor.open().await;
    let browser = &visitor.browser;
    choose(&visitor, "New conversation").await;
    browser.until(&format!("root.querySelector('.greeting') && {IS_WRITING}")).await;
    visitor.say("And my lights").await;
    visitor.sees(&["And my lights"]).await;
    let second = open_conversation(&visitor).await;
    assert_ne!(first, second);

    choose(&visitor, "Conversations").await;
    browser.until("root.querySelectorAll('.conversation').length === 2").await;
    visitor.find("li:last-child > .conversation").await.click().await.unwrap();
    browser.until(&format!("!root.querySelector('.conversation') && {IS_WRITING}")).await;
    visitor.sees(&["Is the rack in stock?"]).await;

    // The one that is open already, by keyboard.
    choose(&visitor, "Conversations").await;
    browser.until("root.querySelectorAll('.conversation').length === 2").await;
    browser.ask("void root.querySelector('.conversation[aria-current]').focus()").await;
    browser.types(Key::Enter).await;
    browser.until(&format!("!root.querySelector('.conversation') && {IS_WRITING}")).await;
    choose(&visitor, "Conversations").await;
    browser.until("root.querySelectorAll('.conversation').length === 2").await;
    visitor.find(".back").await.click().await.unwrap();
    browser.until(&format!("!root.querySelector('.conversation') && {IS_WRITING}")).await;

    let path = format!("/conversations/{first}/toggle_status");
    sandbox.as_agent("POST", &path, &json!({ "status": "resolved" })).await.ok();
    browser.until("root.querySelector('.end .earlier')").await;
    visitor.find(".end .earlier").await.click().await.unwrap();
    browser.until(&format!("root.querySelector('.greeting') && {IS_WRITING}")).await;
    browser.types("Something else").await;
    browser.until("root.querySelector('textarea').value === 'Something else'").await;
    browser.quit().await;
}
