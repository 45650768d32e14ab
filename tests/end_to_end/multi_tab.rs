//! One visitor with the site open in two tabs: leader election, and the same messages in both.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::Visitor;

/// Two tabs of a visitor; the first is the leader.
struct TwoTabs {
    sandbox: Sandbox,
    visitor: Visitor,
    first: WindowHandle,
    second: WindowHandle,
}

impl TwoTabs {
    async fn open() -> Self {
        let sandbox = Sandbox::start(None);
        let visitor = Visitor::arrive(&sandbox).await;
        visitor.open().await;
        let page = &visitor.browser.page;
        let url = page.current_url().await.unwrap();
        let first = page.window().await.unwrap();
        let second = page.new_tab().await.unwrap();
        page.switch_to_window(second.clone()).await.unwrap();
        page.goto(url.as_str()).await.unwrap();
        visitor.browser.until("root.querySelector('.launcher')").await;
        visitor.open().await;
        Self { sandbox, visitor, first, second }
    }

    async fn look_at(&self, tab: &WindowHandle) -> &Visitor {
        self.visitor.browser.page.switch_to_window(tab.clone()).await.unwrap();
        &self.visitor
    }

    /// The only conversation's id.
    async fn conversation(&self) -> i64 {
        let all = self.sandbox.conversations().await;
        assert_eq!(all.len(), 1, "one visitor, one conversation");
        all[0]["id"].as_i64().unwrap()
    }

    /// The visitor's messages at the server, in their order.
    async fn stored(&self) -> Vec<String> {
        let path = format!("/conversations/{}/messages", self.conversation().await);
        let all = self.sandbox.as_agent("GET", &path, &json!(null)).await.ok();
        let messages = all["payload"].as_array().unwrap().iter();
        messages.filter(|m| m["message_type"] == 0).map(|m| m["content"].as_str().unwrap().to_owned()).collect()
    }

    /// Asserts that the second tab works after the first has stopped.
    async fn second_goes_on(&self) {
        let visitor = self.look_at(&self.second).await;
        visitor.say("still here?").await;
        visitor.sees(&["from the first", "from the second", "still here?"]).await;
        self.sandbox.agent_replies(self.conversation().await, "of course").await;
        visitor.sees(&["from the first", "from the second", "still here?", "of course"]).await;
        assert_eq!(self.stored().await, ["from the first", "from the second", "still here?"]);
    }

    /// Both tabs send a message, and both show both messages.
    async fn have_written(&self) {
        self.look_at(&self.first).await.say("from the first").await;
        self.look_at(&self.first).await.sees(&["from the first"]).await;
        self.look_at(&self.second).await.say("from the second").await;
        for tab in [&self.second, &self.first] {
            self.look_at(tab).await.sees(&["from the first", "from the second"]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_share_one_contact_and_one_socket() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    tabs.sandbox.agent_replies(tabs.conversation().await, "hello, both").await;
    for tab in [&tabs.first, &tabs.second] {
        tabs.look_at(tab).await.sees(&["from the first", "from the second", "hello, both"]).await;
    }
    assert_eq!(tabs.stored().await, ["from the first", "from the second"]);
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn first_messages_in_two_tabs_make_one_contact() {
    let tabs = TwoTabs::open().await;
    // A script writes in the first tab while the second is visible.
    let write = |text: &str, ms: u32| {
        format!(
            "setTimeout(() => {{
               const field = root.querySelector('textarea');
               field.value = '{text}';
               field.dispatchEvent(new Event('input', {{ bubbles: true }}));
               field.dispatchEvent(new KeyboardEvent('keydown', {{ key: 'Enter', bubbles: true, cancelable: true }}));
             }}, {ms})"
        )
    };
    tabs.look_at(&tabs.first).await.browser.ask(&write("from the first", 2_000)).await;
    tabs.look_at(&tabs.second).await.browser.ask(&write("from the second", 1_500)).await;
    let both = "[...root.querySelectorAll('.bubble')].length === 2 && !root.querySelector('.unsent')";
    for tab in [&tabs.second, &tabs.first] {
        tabs.look_at(tab).await.browser.until(both).await;
    }
    let mut stored = tabs.stored().await;
    stored.sort();
    assert_eq!(stored, ["from the first", "from the second"]);
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_becomes_leader_when_the_leader_is_closed() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    tabs.look_at(&tabs.first).await.browser.page.close_window().await.unwrap();
    tabs.second_goes_on().await;
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_becomes_leader_when_the_leader_crashes() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    // The command gets no response, because its tab crashes.
    drop(tabs.look_at(&tabs.first).await.browser.page.cdp().send_raw("Page.crash", json!({})).await);
    tabs.second_goes_on().await;
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_leader_is_replaced_and_catches_up_when_it_resumes() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    let first = tabs.look_at(&tabs.first).await;
    first.browser.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    tabs.second_goes_on().await;
    let first = tabs.look_at(&tabs.first).await;
    first.browser.devtools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    first.sees(&["from the first", "from the second", "still here?", "of course"]).await;
    first.say("back").await;
    for tab in [&tabs.first, &tabs.second] {
        tabs.look_at(tab).await.sees(&["from the first", "from the second", "still here?", "of course", "back"]).await;
    }
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hanging_leader_loses_its_lock_to_the_visible_tab() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    // A script of the page blocks for 15 seconds.
    let hang = "setTimeout(() => { const end = Date.now() + 15_000; while (Date.now() < end); }, 100)";
    tabs.look_at(&tabs.first).await.browser.ask(hang).await;
    tabs.second_goes_on().await;
    let first = tabs.look_at(&tabs.first).await;
    first.sees(&["from the first", "from the second", "still here?", "of course"]).await;
    first.say("back").await;
    first.sees(&["from the first", "from the second", "still here?", "of course", "back"]).await;
    assert_eq!(tabs.stored().await, ["from the first", "from the second", "still here?", "back"]);
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_restored_from_the_back_forward_cache_continues() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("one").await;
    visitor.sees(&["one"]).await;
    let page = &visitor.browser.page;
    let here = page.current_url().await.unwrap();
    visitor.browser.ask("window.isTheSamePage = true").await;
    page.goto(here.join("/playground.css").unwrap().as_str()).await.unwrap();
    let conversation = sandbox.conversations().await[0]["id"].as_i64().unwrap();
    sandbox.agent_replies(conversation, "while you were elsewhere").await;
    page.back().await.unwrap();
    assert_eq!(visitor.browser.ask("window.isTheSamePage").await, json!(true), "it was put away, not thrown away");
    visitor.sees(&["one", "while you were elsewhere"]).await;
    visitor.say("two").await;
    visitor.sees(&["one", "while you were elsewhere", "two"]).await;
    visitor.browser.quit().await;
}
