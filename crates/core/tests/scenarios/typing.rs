//! Typing: the indicator for agents, and the typing status of the visitor that is sent to them.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::event::ComposerEvent;
use serde_json::{Value, json};

use crate::client_harness::{CONVERSATION, ClientHarness, by_agent, by_visitor, cable_event, created};

fn typing(is_on: bool, user: &Value, is_private: bool) -> Value {
    let name = if is_on { "conversation.typing_on" } else { "conversation.typing_off" };
    cable_event(
        name,
        json!({ "conversation": { "id": CONVERSATION }, "user": user, "is_private": is_private, "account_id": 1 }),
    )
}

fn noor() -> Value {
    json!({ "id": 2, "name": "Noor", "available_name": "Noor H.", "avatar_url": "", "type": "user" })
}

fn typist(client: &ClientHarness) -> Option<&str> {
    client.widget.view().thread.typing.as_ref().map(|person| person.name.as_str())
}

#[test]
fn typing_indicator_ends_on_stop_message_or_timeout() {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi")]);
    client.receive(&typing(true, &noor(), false));
    assert_eq!(typist(&client), Some("Noor H."));
    client.receive(&typing(false, &noor(), false));
    assert_eq!(typist(&client), None);
    client.receive(&typing(true, &noor(), false));
    client.receive(&created(&by_agent(2, "there"), None));
    assert_eq!(typist(&client), None, "the message has arrived");
    client.receive(&typing(true, &noor(), false));
    client.wait(31_000);
    assert_eq!(typist(&client), None, "typing times out");
}

#[test]
fn typing_in_private_notes_by_visitors_or_elsewhere_is_not_shown() {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi")]);
    client.receive(&typing(true, &noor(), true));
    client.receive(&typing(true, &json!({ "id": 24, "name": "Visitor", "type": "contact" }), false));
    let mut elsewhere = typing(true, &noor(), false);
    elsewhere["message"]["data"]["conversation"]["id"] = json!(9);
    client.receive(&elsewhere);
    assert_eq!(typist(&client), None);
}

#[test]
fn typing_status_is_sent_on_start_pause_and_submit() {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi")]);
    let is_sent = |client: &mut ClientHarness, status: &str| {
        let ending = format!("/toggle_typing?typing_status={status}");
        let is_pending = client.pending(Method::Post, &ending).is_some();
        if is_pending {
            client.answer(&ending, 200, &Value::Null);
        }
        is_pending
    };
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "h".to_owned() }));
    assert!(is_sent(&mut client, "on"));
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "he".to_owned() }));
    assert!(!is_sent(&mut client, "on"), "the status is not repeated at once");
    client.wait(5_000);
    assert!(is_sent(&mut client, "off"), "a pause stops typing");
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    assert!(is_sent(&mut client, "on"));
    client.submit("hello");
    assert!(!is_sent(&mut client, "off"), "the message goes first");
    client.answer("/messages", 200, &by_visitor(2, "hello"));
    assert!(is_sent(&mut client, "off"), "sent");
    assert!(!is_sent(&mut client, "on") && !is_sent(&mut client, "off"));
}

#[test]
fn typing_status_is_not_sent_without_a_conversation() {
    let mut client = ClientHarness::new();
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "h".to_owned() }));
    client.wait(5_000);
    assert!(client.requests.is_empty());
}
