//! The chat as a component of a Leptos application (`examples/leptos-app`): mounted by the application's wasm, under the
//! usual executor, where painting is a microtask later.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::file_loading::{agent_sends, sound};
use crate::message_list::NODES;
use crate::site;
use crate::support::Sandbox;
use crate::visitor::{Visitor, only_conversation};

/// Opens the application's page.
async fn arrive(sandbox: &Sandbox) -> Visitor {
    let (site, browser) = (site::serve().await, Browser::start().await);
    let (server, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    let url = format!("{site}/leptos-app/index.html?base_url={server}&inbox={inbox}");
    browser.page.goto(url).await.unwrap();
    browser.until("root.querySelector('.launcher')").await;
    Visitor { browser }
}

/// The same with an open chat in which the visitor has said hello, and the conversation's id.
async fn start(sandbox: &Sandbox) -> (Visitor, i64) {
    let visitor = arrive(sandbox).await;
    press(&visitor, "open").await;
    visitor.browser.until("root.activeElement?.matches('textarea')").await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let conversation = only_conversation(sandbox).await["id"].as_i64().unwrap();
    (visitor, conversation)
}

/// Clicks a button of the application.
async fn press(visitor: &Visitor, button: &str) {
    visitor.browser.ask(&format!("void document.querySelector('main .{button}').click()")).await;
}

/// Waits until the application's list of events has all of these.
async fn until_told(visitor: &Visitor, events: &[&str]) {
    let told = "[...document.querySelectorAll('.events li')].map((event) => event.textContent)";
    let events = json!(events);
    visitor.browser.until(&format!("{events}.every((event) => {told}.includes(event))")).await;
}

/// The files that the page has fetched whose names end so (JavaScript).
fn fetched(end: &str) -> String {
    format!(
        "performance.getEntriesByType('resource').map(({{ name }}) => name.split('/').pop()).filter((name) => name.endsWith('{end}'))"
    )
}

const IS_WRITING: &str = "root.activeElement?.matches('textarea') ?? false";

#[tokio::test(flavor = "multi_thread")]
async fn the_application_opens_its_chat_and_hears_of_it() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    let browser = &visitor.browser;
    sandbox.agent_replies(conversation, "Good morning").await;
    visitor.sees(&["Hello", "Good morning"]).await;
    assert_eq!(browser.ask(IS_WRITING).await, json!(true), "the focus stays in the composer");
    until_told(&visitor, &["ready", "opened", "message from Visitor: Hello", "message from Agent: Good morning"]).await;
    // The handle's other calls.
    press(&visitor, "greet").await;
    visitor.sees(&["Hello", "Good morning", "Hello from the application"]).await;
    browser.ask("natter.close()").await;
    sandbox.agent_replies(conversation, "Still there?").await;
    until_told(&visitor, &["closed", "1 unread", "message from Agent: Still there?"]).await;
    press(&visitor, "open").await;
    browser.until(IS_WRITING).await;
    // One wasm: the application's.
    assert_eq!(browser.ask(&fetched(".wasm")).await, json!(["leptos-app_bg.wasm"]));
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_stays_in_its_place_and_the_focus_in_the_composer() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    let browser = &visitor.browser;
    for nth in 1..=30 {
        sandbox.agent_replies(conversation, &format!("Message {nth}")).await;
    }
    let last = |text: &str| format!("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === '{text}'");
    browser.until(&last("Message 30")).await;
    // Less than a screen away from the end, where new rows are added. The browser's own scroll anchoring, which not all have, is not to help.
    let scroll = "(async () => { const thread = root.querySelector('.thread'); thread.style.overflowAnchor = 'none'; \
        thread.scrollTop = -200; for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame); \
        const top = thread.getBoundingClientRect().top; \
        window.read = [...root.querySelectorAll('.row')].find((row) => row.getBoundingClientRect().bottom > top + 1); \
        window.place = read.getBoundingClientRect().bottom; return thread.scrollTop < -100; })()";
    assert_eq!(browser.ask(scroll).await, json!(true));
    let long = "It goes on. ".repeat(60);
    sandbox.agent_replies(conversation, &long).await;
    browser.until("[...root.querySelectorAll('.bubble')].at(-1).textContent.startsWith('It goes on.')").await;
    let slip = browser.ask("Math.abs(read.getBoundingClientRect().bottom - place)").await.as_f64().unwrap();
    assert!(slip <= 1.0, "slipped by {slip} px");
    assert_eq!(browser.ask(IS_WRITING).await, json!(true), "the focus stays in the composer");
    // What the visitor writes leads to the newest row.
    visitor.say("I have read it").await;
    browser.until(&last("I have read it")).await;
    browser.until("root.querySelector('.thread').scrollTop === 0").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_plays_goes_on_while_its_row_changes() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    let browser = &visitor.browser;
    agent_sends(&sandbox, conversation, &[("beep.wav", "audio/wav", &sound())]).await;
    browser.until("root.querySelector('audio.playing')?.readyState > 0").await;
    let play = "(async () => { const audio = root.querySelector('audio'); Object.assign(audio, { loop: true, muted: true }); \
        Object.assign(window, { audio, row: audio.closest('.row'), look: audio.closest('.row').outerHTML, pauses: 0 }); \
        audio.addEventListener('pause', () => pauses++); await audio.play(); })()";
    browser.ask(play).await;
    // The next message of the same author: the row is no longer the last of its group.
    sandbox.agent_replies(conversation, "Did you hear that?").await;
    browser.until("row.outerHTML !== look").await;
    assert_eq!(browser.ask("[audio.isConnected, audio.paused, pauses]").await, json!([true, false, 0]));
    let position = browser.ask("audio.currentTime").await;
    browser.until(&format!("audio.currentTime !== {position}")).await;
    visitor.browser.quit().await;
}

/// Waits until the chat has ended: then it holds no lock, with which it would be the leading tab (JavaScript).
const UNTIL_GONE: &str = "new Promise((done) => { const look = async () => {
    const { held } = await navigator.locks.query();
    if (!document.querySelector('natter-chat') && !held.length) done(true); else setTimeout(look, 25);
  }; look(); })";

/// The numbers of nodes and listeners of the page, after the garbage was collected.
async fn counts(visitor: &Visitor) -> [i64; 2] {
    let browser = &visitor.browser;
    browser.devtools("HeapProfiler.collectGarbage", json!({})).await;
    let metrics = browser.devtools("Performance.getMetrics", json!({})).await;
    let count = |name: &str| {
        let all = metrics["metrics"].as_array().unwrap();
        all.iter().find(|metric| metric["name"] == name).and_then(|metric| metric["value"].as_f64()).unwrap() as i64
    };
    [count("Nodes"), count("JSEventListeners")]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_component_is_unmounted_and_mounted_again_without_a_leak() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    let browser = &visitor.browser;
    browser.devtools("Performance.enable", json!({})).await;
    browser.devtools("HeapProfiler.enable", json!({})).await;
    let mut before = [0, 0];
    for nth in 0..8 {
        press(&visitor, "with").await;
        browser.ask(UNTIL_GONE).await;
        press(&visitor, "with").await;
        browser.until("root.querySelector('.launcher')").await;
        press(&visitor, "open").await;
        browser.until(IS_WRITING).await;
        visitor.sees(&["Hello"]).await;
        if nth == 2 {
            before = counts(&visitor).await;
        }
    }
    let [nodes, listeners] = counts(&visitor).await;
    let one_chat = browser.ask(NODES).await.as_i64().unwrap();
    assert!(nodes - before[0] < one_chat, "{} nodes more; a chat has {one_chat}", nodes - before[0]);
    assert!(listeners - before[1] < 20, "{} listeners more", listeners - before[1]);
    // The last one works.
    sandbox.agent_replies(conversation, "Welcome back").await;
    visitor.sees(&["Hello", "Welcome back"]).await;
    assert_eq!(sandbox.conversations().await.len(), 1);
    assert_eq!(browser.ask("window.natter === document.querySelector('natter-chat')").await, Value::Bool(true));
    visitor.browser.quit().await;
}
