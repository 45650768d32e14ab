//! One visitor with the website open in two tabs.

use serde_json::json;
use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::Visitor;

/// The visitor's two tabs; the first was there before, and leads.
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

    /// The one conversation there is.
    async fn conversation(&self) -> i64 {
        let all = self.sandbox.conversations().await;
        assert_eq!(all.len(), 1, "one visitor, one conversation");
        all[0]["id"].as_i64().unwrap()
    }

    /// What the server holds of the visitor, in its order.
    async fn stored(&self) -> Vec<String> {
        let path = format!("/conversations/{}/messages", self.conversation().await);
        let all = self.sandbox.as_agent("GET", &path, &json!(null)).await.ok();
        let messages = all["payload"].as_array().unwrap().iter();
        messages.filter(|m| m["message_type"] == 0).map(|m| m["content"].as_str().unwrap().to_owned()).collect()
    }

    /// After this nothing comes from the first tab any more, and the second must do without it.
    async fn second_goes_on(&self) {
        let visitor = self.look_at(&self.second).await;
        visitor.say("still here?").await;
        visitor.sees(&["from the first", "from the second", "still here?"]).await;
        self.sandbox.agent_replies(self.conversation().await, "of course").await;
        visitor.sees(&["from the first", "from the second", "still here?", "of course"]).await;
        assert_eq!(self.stored().await, ["from the first", "from the second", "still here?"]);
    }

    /// Both have written, and both show both.
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
async fn two_tabs_are_one_visitor_with_one_socket() {
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
async fn two_tabs_that_write_the_first_message_together_make_one_contact() {
    let tabs = TwoTabs::open().await;
    // The first tab writes while it is not looked at: nobody is faster than a script.
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
async fn a_leader_that_is_closed_hands_over() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    tabs.look_at(&tabs.first).await.browser.page.close_window().await.unwrap();
    tabs.second_goes_on().await;
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_crashes_hands_over() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    // It never answers: its tab is gone before it could.
    drop(tabs.look_at(&tabs.first).await.browser.page.cdp().send_raw("Page.crash", json!({})).await);
    tabs.second_goes_on().await;
    tabs.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_is_frozen_hands_over_and_comes_back_to_all_of_it() {
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
async fn a_leader_that_hangs_loses_its_lock_to_the_tab_that_is_looked_at() {
    let tabs = TwoTabs::open().await;
    tabs.have_written().await;
    // The page's own script runs for a quarter of a minute without a pause.
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
async fn a_page_left_and_come_back_to_goes_on_where_it_was() {
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
