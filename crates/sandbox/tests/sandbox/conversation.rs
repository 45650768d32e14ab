//! A conversation between a visitor and an agent.

use serde_json::{Value, json};

use crate::cable_client::Cable;
use crate::sandbox::Sandbox;

#[tokio::test]
async fn a_conversation_goes_both_ways_over_the_cable() {
    let sandbox = Sandbox::start(None);
    let contact = sandbox.contact(&json!({ "source_id": "a-device", "name": "Vera" })).await;
    let id = sandbox.conversation("a-device").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;

    let sent = sandbox.say("a-device", id, "hello").await.ok();
    let echoed = cable.event("message.created").await;
    assert_eq!((echoed["id"].clone(), echoed["content"].clone()), (sent["id"].clone(), json!("hello")));

    sandbox.agent_replies(id, "Hi {{contact.name}}").await;
    let answer = cable.event("message.created").await;
    assert_eq!((answer["message_type"].clone(), answer["content"].clone()), (json!(1), json!("Hi Vera")));

    let listed = sandbox.get(&sandbox.inbox_url(&format!("/contacts/a-device/conversations/{id}/messages"))).await.ok();
    let texts: Vec<&str> = listed.as_array().unwrap().iter().filter_map(|row| row["content"].as_str()).collect();
    assert_eq!(texts, ["hello", "Hi Vera"]);
}

#[tokio::test]
async fn a_contact_with_a_known_source_id_is_returned_unchanged() {
    let sandbox = Sandbox::start(None);
    let first = sandbox.contact(&json!({ "source_id": "mine", "name": "First" })).await;
    let again = sandbox.contact(&json!({ "source_id": "mine", "name": "Second" })).await;
    assert_eq!(first, again);
}

#[tokio::test]
async fn a_visitor_receives_no_events_of_another_conversation() {
    let sandbox = Sandbox::start(None);
    let one = sandbox.contact(&json!({ "source_id": "one" })).await;
    sandbox.contact(&json!({ "source_id": "two" })).await;
    let (first, second) = (sandbox.conversation("one").await, sandbox.conversation("two").await);
    let mut cable = Cable::subscribed(&sandbox.cable_url(), one["pubsub_token"].as_str().unwrap()).await;
    cable.event("presence.update").await;

    sandbox.say("two", second, "a secret").await.ok();
    sandbox.say("one", first, "mine").await.ok();
    let events = cable.events_until("message.created").await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(events[0].1["content"], "mine");
    let stranger = sandbox.get(&sandbox.inbox_url(&format!("/contacts/one/conversations/{second}/messages"))).await;
    assert_eq!((stranger.status, stranger.json()), (404, json!({ "status": 404, "error": "Not Found" })));
}

#[tokio::test]
async fn private_notes_and_activity_messages_are_not_sent_to_the_visitor() {
    let sandbox = Sandbox::start(None);
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    let path = format!("/conversations/{id}/messages");
    sandbox.as_agent("POST", &path, &json!({ "content": "between us", "private": true })).await.ok();
    sandbox.as_agent("POST", &format!("/conversations/{id}/labels"), &json!({ "labels": ["vip"] })).await.ok();
    sandbox.agent_replies(id, "for you").await;
    let events = cable.events_until("message.created").await;
    assert_eq!(events.last().map(|(_, data)| data["content"].clone()), Some(json!("for you")));

    let seen = sandbox.get(&sandbox.inbox_url(&format!("/contacts/s/conversations/{id}"))).await.ok();
    assert_eq!(seen["messages"].as_array().map(Vec::len), Some(1));
    let all = sandbox.as_agent("GET", &path, &Value::Null).await.ok();
    assert_eq!(all["payload"].as_array().map(Vec::len), Some(3), "the note, the activity and the answer");
}
