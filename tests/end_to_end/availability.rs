//! Working hours and agents' presence in the header.

use serde_json::json;

use crate::cable::Cable;
use crate::support::Sandbox;
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn availability_shows_working_hours_and_then_online_agents() {
    let days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"].map(|day| format!("{day} = \"closed\"\n")).concat();
    let demo = include_str!("../../crates/sandbox/src/demo.toml");
    let hours = format!("{demo}working_hours_enabled = true\ntimezone = \"Asia/Tokyo\"\n[inboxes.hours]\n{days}");
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), hours).unwrap();
    let sandbox = Sandbox::start_with(&["--memory", "--config", file.path().to_str().unwrap()]);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.browser.until("root.querySelector('.presence')?.textContent === 'Currently away'").await;
    assert_eq!(visitor.browser.ask("root.querySelector('.title').textContent").await, "Acme Outfitters");
    assert_eq!(visitor.browser.ask("localStorage.length").await, 0, "looking leaves nothing");

    visitor.say("Anybody?").await;
    visitor.sees(&["Anybody?"]).await;
    let mut agent = Cable::connect(&sandbox.cable_url()).await;
    let people = sandbox.get(&format!("{}/sandbox/people", sandbox.base_url)).await.ok();
    let token = &people[0]["pubsub_token"];
    let who = json!({ "channel": "RoomChannel", "pubsub_token": token, "account_id": 1, "user_id": 1 });
    agent.subscribe(&who.to_string()).await;
    visitor.browser.until("root.querySelector('.presence')?.textContent === 'Online'").await;
    visitor.browser.quit().await;
}
