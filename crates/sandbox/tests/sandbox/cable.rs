//! The cable: pings, sub-protocols, subscriptions.

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use crate::cable_client::Cable;
use crate::sandbox::Sandbox;

#[tokio::test]
async fn cable_pings_come_every_three_seconds_to_all_sockets_at_once() {
    let sandbox = Sandbox::start(None);
    let mut one = Cable::connect(&sandbox.cable_url()).await;
    let mut other = Cable::connect(&sandbox.cable_url()).await;
    let mut first = one.next_ping().await;
    let ping = other.next_ping().await;
    if first < ping {
        // A ping was sent between the two connections.
        first = one.next_ping().await;
    }
    assert_eq!(ping, first, "one ping for all sockets");
    // Whole seconds, so a late ping may round up.
    let gap = one.next_ping().await - first;
    assert!((3..=4).contains(&gap), "{gap} s");
}

#[tokio::test]
async fn an_unknown_sub_protocol_connects_to_the_cable_without_one() {
    let sandbox = Sandbox::start(None);
    let upgrade = async |protocols: &'static str| {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "Upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
            ("sec-websocket-protocol", protocols),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        let request = reqwest::Client::new().get(format!("{}/cable", sandbox.base_url)).headers(headers);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.headers().get("sec-websocket-protocol").cloned())
    };
    assert_eq!(upgrade("chat").await, (101, None));
    assert_eq!(upgrade("chat, actioncable-v1-json").await.1.unwrap(), "actioncable-v1-json");
}

#[tokio::test]
async fn a_subscription_with_the_token_of_a_deleted_contact_gets_no_answer() {
    let sandbox = Sandbox::start(None);
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    sandbox.as_agent("DELETE", &format!("/contacts/{}", contact["id"]), &json!(null)).await.ok();
    let mut cable = Cable::connect(&sandbox.cable_url()).await;
    let identifier = json!({ "channel": "RoomChannel", "pubsub_token": contact["pubsub_token"] }).to_string();
    cable.send(&json!({ "command": "subscribe", "identifier": identifier }).to_string()).await;
    // Commands are handled in order: the valid one's answer comes first if the other has none.
    let good = sandbox.contact(&json!({ "source_id": "good" })).await;
    let good = json!({ "channel": "RoomChannel", "pubsub_token": good["pubsub_token"] }).to_string();
    cable.send(&json!({ "command": "subscribe", "identifier": good }).to_string()).await;
    assert_eq!(cable.next().await, Some(json!({ "identifier": good, "type": "confirm_subscription" })));
}

#[tokio::test]
async fn a_socket_may_have_sixteen_subscriptions() {
    let sandbox = Sandbox::start(None);
    let contact = sandbox.contact(&json!({ "source_id": "s" })).await;
    let mut cable = Cable::connect(&sandbox.cable_url()).await;
    let spelt = |spaces: usize| {
        let token = contact["pubsub_token"].as_str().unwrap();
        format!("{{{}\"channel\":\"RoomChannel\",\"pubsub_token\":\"{token}\"}}", " ".repeat(spaces))
    };
    for spaces in 0..30 {
        cable.send(&json!({ "command": "subscribe", "identifier": spelt(spaces) }).to_string()).await;
    }
    // The first may have come amid the commands; the second comes long after them.
    cable.next_ping().await;
    cable.next_ping().await;
    let id = sandbox.conversation("s").await;
    sandbox.say("s", id, "how often?").await.ok();
    let mut copies = 0;
    for _ in 0..2 {
        while let Some(frame) = cable.next_before_ping().await {
            copies += usize::from(frame["message"]["event"] == "message.created");
        }
    }
    assert_eq!(copies, 16, "there is no seventeenth subscription");
}
