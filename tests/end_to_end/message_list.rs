//! The message list: long histories, scroll position, typing indicators, and unread messages.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::screenshots::{screenshot, until_still};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// A visitor with an open chat, and their conversation's id.
async fn start(sandbox: &Sandbox) -> (Visitor, i64) {
    let visitor = Visitor::arrive(sandbox).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();
    (visitor, conversation)
}

async fn until_last_is(visitor: &Visitor, text: &str) {
    visitor.browser.until(&format!("[...root.querySelectorAll('.bubble')].at(-1)?.textContent === '{text}'")).await;
}

/// Scrolls by so many pixels; returns by how many pixels the first visible row then misses its expected position.
async fn scroll_error(visitor: &Visitor, by: i32) -> f64 {
    let script = format!(
        "(async () => {{
           const thread = root.querySelector('.thread');
           const top = thread.getBoundingClientRect().top;
           const anchor = [...root.querySelectorAll('.row')].find(row => row.getBoundingClientRect().bottom > top + 1);
           const before = anchor.getBoundingClientRect().bottom;
           const start = thread.scrollTop;
           thread.scrollTop += {by};
           const moved = thread.scrollTop - start;
           for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
           // Other scroll corrections may run in the same frame.
           await new Promise((done) => setTimeout(done));
           return anchor.isConnected ? anchor.getBoundingClientRect().bottom - (before - moved) : 0;
         }})()"
    );
    visitor.browser.ask(&script).await.as_f64().unwrap()
}

/// Waits until the server has the read receipt of the newest message. They are sent once a second.
async fn until_read(sandbox: &Sandbox, conversation: i64) {
    let newest = sandbox.messages(conversation).await.last().and_then(|last| last["created_at"].as_i64());
    let path = format!("/conversations/{conversation}");
    for _ in 0..10_000 {
        let seen = sandbox.as_agent("GET", &path, &Value::Null).await.ok()["contact_last_seen_at"].as_i64();
        if seen >= newest {
            return;
        }
    }
    panic!("the server never heard of it");
}

/// The number of the widget's DOM nodes (JavaScript).
pub const NODES: &str =
    "(function count(node) { return [...node.childNodes].reduce((sum, it) => sum + count(it), 1); })(root)";

#[tokio::test(flavor = "multi_thread")]
async fn a_long_history_scrolls_to_its_beginning_without_jumps_and_with_few_nodes() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    for nth in 1..=180 {
        let text = if nth % 7 == 0 {
            format!("Message {nth}. {}", "It goes on. ".repeat(20))
        } else {
            format!("Message {nth}")
        };
        sandbox.agent_replies(conversation, &text).await;
    }
    until_last_is(&visitor, "Message 180").await;
    until_read(&sandbox, conversation).await;
    visitor.reload().await;
    visitor.open().await;
    until_last_is(&visitor, "Message 180").await;

    until_still(&visitor.browser).await;

    let mut nodes = 0;
    let mut slips = Vec::new();
    let is_at_beginning = "root.querySelector('.bubble').textContent === 'Hello'";
    while visitor.browser.ask(is_at_beginning).await != json!(true) {
        let slip = scroll_error(&visitor, -300).await;
        if slip.abs() > 1.0 {
            slips.push(slip);
        }
        nodes = nodes.max(visitor.browser.ask(NODES).await.as_i64().unwrap());
        visitor.browser.until("!root.querySelector('.thread')?.innerText.includes('Loading earlier')").await;
    }
    assert_eq!(slips, Vec::<f64>::new(), "what is read stays where it is");
    assert!(nodes <= 600, "{nodes} nodes");
    println!("{nodes} nodes at most");
    let place = "[root.querySelector('.row').ariaPosInSet, root.querySelector('.row').ariaSetSize]";
    assert_eq!(visitor.browser.ask(place).await, json!(["1", "181"]));
    screenshot(&visitor, "thread-beginning").await;

    let rows = visitor.browser.ask("root.querySelectorAll('.row').length").await.as_i64().unwrap();
    assert!(rows <= 60, "{rows} rows");
    slips.clear();
    for _ in 0..12 {
        slips.push(scroll_error(&visitor, 400).await);
    }
    assert!(slips.iter().all(|slip| slip.abs() <= 1.0), "{slips:?}");

    sandbox.agent_replies(conversation, "Something new").await;
    sandbox.agent_replies(conversation, "And more").await;
    visitor.browser.until("root.querySelector('.newest')?.textContent === 'New messages2'").await;
    assert_eq!(scroll_error(&visitor, 0).await, 0.0);
    screenshot(&visitor, "thread-newer").await;
    visitor.find(".newest").await.click().await.unwrap();
    until_last_is(&visitor, "And more").await;
    visitor.browser.until("root.querySelector('.thread').scrollTop === 0 && !root.querySelector('.newest')").await;
    assert_eq!(visitor.browser.ask("root.activeElement.className").await, json!("thread"), "the focus is not lost");
    let marked = "root.querySelector('.row:has(.unread) .bubble').textContent";
    assert_eq!(visitor.browser.ask(marked).await, json!("Something new"));
    screenshot(&visitor, "thread-unread").await;
    visitor.browser.quit().await;
}

/// By the CSS standard the rows' container may be shrunk to the thread's height, so that nothing can be scrolled. WebKit does
/// that; other engines respect the content's height.
#[tokio::test(flavor = "multi_thread")]
async fn the_message_list_is_not_shrunk_to_the_thread() {
    let sandbox = Sandbox::start(None);
    let form = json!({ "fields": [{ "name": "mail", "type": "email" }] }).to_string();
    let visitor = Visitor::arrive_with(&sandbox, &format!("form='{form}'")).await;
    let shrinks = "[...root.querySelectorAll('.rows')].map((rows) => getComputedStyle(rows).flexShrink)";
    visitor.find(".launcher").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.intro')").await;
    assert_eq!(visitor.browser.ask(shrinks).await, json!(["0"]), "the form before the first message");
    visitor.browser.quit().await;
    let (visitor, _) = start(&sandbox).await;
    assert_eq!(visitor.browser.ask(shrinks).await, json!(["0"]), "a conversation");
    visitor.browser.ask("root.querySelector('.menu summary').click()").await;
    visitor.browser.until("root.querySelector('.menu [open], .menu[open]')").await;
    visitor.browser.ask("[...root.querySelectorAll('.menu button')].find((it) => it.textContent.startsWith('Conversations')).click()").await;
    visitor.browser.until("root.querySelector('.rows.listing')").await;
    assert_eq!(visitor.browser.ask(shrinks).await, json!(["0"]), "the list of conversations");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_focused_row_is_not_removed() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    for nth in 1..=119 {
        sandbox.agent_replies(conversation, &format!("Message {nth}")).await;
    }
    sandbox.agent_replies(conversation, "See https://example.org").await;
    until_last_is(&visitor, "See https://example.org").await;
    visitor.browser.ask("(root.querySelector('.bubble a').focus(), null)").await;
    let is_there = "root.activeElement?.textContent === 'https://example.org'";
    for _ in 0..40 {
        scroll_error(&visitor, -400).await;
        assert_eq!(visitor.browser.ask(is_there).await, json!(true));
    }
    visitor.browser.until("root.querySelector('.bubble').textContent === 'Hello'").await;
    let rows = visitor.browser.ask("root.querySelectorAll('.row').length").await;
    assert_eq!(rows, json!(61), "it is one more than the window");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_messages_below_do_not_move_the_scroll_position() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    for nth in 1..=40 {
        sandbox.agent_replies(conversation, &format!("Message {nth}")).await;
    }
    until_last_is(&visitor, "Message 40").await;
    scroll_error(&visitor, -200).await;
    let place = "[...root.querySelectorAll('.row')].find(row => row.textContent.includes('Message 30'))
                   .getBoundingClientRect().top";
    let was = visitor.browser.ask(place).await;
    let path = format!("/conversations/{conversation}/toggle_typing_status");
    sandbox.as_agent("POST", &path, &json!({ "typing_status": "on", "is_private": false })).await;
    visitor.browser.until("root.querySelector('.typing')").await;
    scroll_error(&visitor, 0).await;
    assert_eq!(visitor.browser.ask(place).await, was, "somebody writes");
    sandbox.agent_replies(conversation, "Something new").await;
    until_last_is(&visitor, "Something new").await;
    scroll_error(&visitor, 0).await;
    assert_eq!(visitor.browser.ask(place).await, was, "something new comes");
    assert_eq!(visitor.browser.ask("root.querySelector('.newest').textContent").await, json!("New messages1"));
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_indicators_work_both_ways() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    let path = format!("/conversations/{conversation}/toggle_typing_status");
    let typing = |status: &'static str, is_private: bool| json!({ "typing_status": status, "is_private": is_private });
    sandbox.as_agent("POST", &path, &typing("on", true)).await;
    sandbox.as_agent("POST", &path, &typing("on", false)).await;
    visitor.browser.until("root.querySelector('.typing')?.textContent.endsWith('is typing')").await;
    screenshot(&visitor, "thread-typing").await;
    sandbox.agent_replies(conversation, "There you are").await;
    until_last_is(&visitor, "There you are").await;
    visitor.browser.until("!root.querySelector('.typing')").await;
    let name = "root.querySelector('.row:not(.own) .name').textContent";
    assert!(visitor.browser.ask(name).await.as_str().is_some_and(|name| name.len() > 3), "a face and a name");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unread_divider_marks_messages_that_came_while_the_chat_was_closed() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    visitor.browser.types(thirtyfour::Key::Escape).await;
    visitor.browser.until("root.querySelector('.launcher').ariaExpanded === 'false'").await;
    for text in ["One", "Two"] {
        sandbox.agent_replies(conversation, text).await;
    }
    visitor.browser.until("root.querySelector('.launcher').textContent.includes('2')").await;
    visitor.open().await;
    visitor.sees(&["Hello", "One", "Two"]).await;
    let marked: Value = visitor.browser.ask("root.querySelector('.row:has(.unread) .bubble').textContent").await;
    assert_eq!(marked, json!("One"));
    visitor.say("Thanks").await;
    visitor.browser.until("!root.querySelector('.unread')").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn unread_messages_are_counted_when_the_visitor_returns() {
    let sandbox = Sandbox::start(None);
    let (visitor, conversation) = start(&sandbox).await;
    sandbox.agent_replies(conversation, "Read").await;
    visitor.sees(&["Hello", "Read"]).await;
    let path = format!("/conversations/{conversation}");
    while sandbox.as_agent("GET", &path, &Value::Null).await.ok()["contact_last_seen_at"] == 0 {
        tokio::task::yield_now().await;
    }
    let page = visitor.browser.page.current_url().await.unwrap();
    visitor.browser.page.goto("about:blank").await.unwrap();
    // The server's timestamps are whole seconds.
    let read_at = sandbox.as_agent("GET", &path, &Value::Null).await.ok()["contact_last_seen_at"].as_u64().unwrap();
    while SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() <= read_at {
        tokio::task::yield_now().await;
    }
    for text in ["One", "Two", "Three"] {
        sandbox.agent_replies(conversation, text).await;
    }
    visitor.browser.page.goto(page.as_str()).await.unwrap();
    visitor.browser.until("root?.querySelector('.launcher')?.textContent.includes('3')").await;
    visitor.browser.quit().await;
}
