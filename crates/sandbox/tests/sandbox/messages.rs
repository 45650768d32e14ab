//! Lists of messages: pages, parallel sends, order of keys, ETags.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::cable_client::Cable;
use crate::sandbox::Sandbox;

fn texts(page: &Value) -> Vec<&str> {
    page.as_array().unwrap().iter().filter_map(|row| row["content"].as_str()).collect()
}

#[tokio::test]
async fn message_lists_have_pages_of_twenty() {
    let sandbox = Sandbox::start_with(&["--memory", "--seed-thread", "45"]);
    let source_id = sandbox.seeded_contact.clone().unwrap();
    let url = sandbox.inbox_url(&format!("/contacts/{source_id}/conversations/1/messages"));
    let page = async |query: String| sandbox.get(&format!("{url}{query}")).await.ok();
    let oldest = |page: &Value| page[0]["id"].as_i64().unwrap();

    let newest = page(String::new()).await;
    assert_eq!(texts(&newest).len(), 20);
    assert_eq!(texts(&newest)[19], "Message 45 of 45");
    let second = page(format!("?before={}", oldest(&newest))).await;
    assert_eq!((texts(&second)[0], texts(&second)[19]), ("Message 6 of 45", "Message 25 of 45"));
    let third = page(format!("?before={}", oldest(&second))).await;
    assert_eq!(texts(&third).len(), 5);
    assert_eq!(page(format!("?before={}", oldest(&third))).await, json!([]));

    for none in ["abc", "0", "-5"] {
        assert_eq!(page(format!("?before={none}")).await, json!([]), "{none}");
    }
    assert_eq!(page("?before=".into()).await, newest);
    assert_eq!(page(format!("?after={}", oldest(&third))).await, newest, "not a parameter here");
    assert_eq!(texts(&page(format!("?before={}&limit=1", oldest(&second))).await).len(), 5, "nor is this");
    let beyond = sandbox.get(&format!("{url}?before=999999999999999999999999")).await;
    assert_eq!((beyond.status, beyond.json()), (500, json!({ "status": 500, "error": "Internal Server Error" })));

    let whole = sandbox.get(&sandbox.inbox_url(&format!("/contacts/{source_id}/conversations/1"))).await.ok();
    assert_eq!(whole["messages"].as_array().map(Vec::len), Some(45));
}

#[tokio::test]
async fn parallel_messages_are_stored_and_broadcast_once_each() {
    let sandbox = Sandbox::start(None);
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let id = sandbox.conversation("s").await;
    let mut cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
    let texts: Vec<String> = (0..40).map(|number| number.to_string()).collect();
    let sent = futures_util::future::join_all(texts.iter().map(|text| sandbox.say("s", id, text))).await;
    let mut answered = BTreeSet::new();
    for reply in sent {
        answered.insert(reply.ok()["id"].as_i64().unwrap());
    }
    let mut broadcast = BTreeSet::new();
    for _ in 0..40 {
        assert!(broadcast.insert(cable.event("message.created").await["id"].as_i64().unwrap()), "broadcast twice");
    }
    assert_eq!(answered, broadcast);
    let listed = sandbox.get(&sandbox.inbox_url(&format!("/contacts/s/conversations/{id}"))).await.ok();
    let ids: Vec<i64> = listed["messages"].as_array().unwrap().iter().filter_map(|row| row["id"].as_i64()).collect();
    assert_eq!(ids, answered.into_iter().collect::<Vec<_>>(), "sorted by id");
}

#[tokio::test]
async fn the_status_of_a_conversation_is_serialized_before_its_messages() {
    // Clients read the beginning of a long conversation and stop: the order of keys is part of the answer.
    let sandbox = Sandbox::start_with(&["--memory", "--seed-thread", "3"]);
    let source_id = sandbox.seeded_contact.clone().unwrap();
    let shown = sandbox.get(&sandbox.inbox_url(&format!("/contacts/{source_id}/conversations/1"))).await;
    let at = |key: &str| shown.text.find(&format!("\"{key}\":")).unwrap();
    for key in ["id", "uuid", "inbox_id", "contact_last_seen_at", "status", "agent_last_seen_at"] {
        assert!(at(key) < at("messages"), "{key}");
    }
}

#[tokio::test]
async fn a_request_with_the_etag_of_the_response_is_answered_304() {
    let sandbox = Sandbox::start(None);
    let (http, url) = (reqwest::Client::new(), sandbox.inbox_url(""));
    let first = http.get(&url).send().await.unwrap();
    let tag = first.headers()["etag"].clone();
    let second = http.get(&url).header("If-None-Match", &tag).send().await.unwrap();
    assert_eq!((second.status().as_u16(), &second.headers()["etag"]), (304, &tag));
    assert_eq!(second.text().await.unwrap(), "");
    let other = http.get(&url).header("If-None-Match", "W/\"other\"").send().await.unwrap();
    assert_eq!(other.status(), 200);
}
