//! Host events: their exact JSON, which docs/embedding.md promises to host pages.

use natter_core::Event;
use natter_core::content::Choice;
use natter_core::event::ThreadEvent;
use natter_core::host::events::HostEvent;
use natter_core::model::MessageId;
use serde_json::json;

use crate::client_harness::{CONVERSATION, ClientHarness, by_agent, by_visitor, contact, conversation, created};

/// The public host events since the last call, as JSON; clears the harness's list.
fn take_events(client: &mut ClientHarness) -> Vec<String> {
    let events = std::mem::take(&mut client.host_events);
    let is_public = |event: &HostEvent| {
        !matches!(
            event,
            HostEvent::UnreadChanged { .. } | HostEvent::ConnectionChanged { .. } | HostEvent::ThemeChanged(_)
        )
    };
    events.iter().filter(|event| is_public(event)).filter_map(HostEvent::to_json).collect()
}

#[test]
fn host_events_have_exactly_their_documented_json() {
    let mut client = ClientHarness::new();
    client.submit("hello \"you\"");
    client.answer("/contacts", 200, &contact());
    assert_eq!(take_events(&mut client), [] as [&str; 0], "no event holds the contact");
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    assert_eq!(take_events(&mut client), [r#"{"type":"conversation-started","conversation":6}"#]);
    client.answer("/messages", 200, &by_visitor(7, "hello \"you\""));
    let own = r#"{"type":"message","id":7,"conversation":6,"from":"visitor","name":"","text":"hello \"you\"","files":0,"at":1795223807}"#;
    assert_eq!(take_events(&mut client), [own]);
    client.go_live();
    client.answer("/messages", 200, &json!([by_visitor(7, "hello \"you\"")]));
    drop(take_events(&mut client));

    let mut message = by_agent(8, "Hi");
    message["attachments"] = json!([{ "id": 1, "file_type": "image", "data_url": "https://a.test/x.png" }]);
    message["private_token"] = json!("secret");
    client.receive(&created(&message, None));
    let agent = r#"{"type":"message","id":8,"conversation":6,"from":"agent","name":"Alice Agent","text":"Hi","files":1,"at":1795223808}"#;
    assert_eq!(take_events(&mut client), [agent]);

    let typing = |event: &str| {
        json!({ "message": { "event": event, "data": {
            "conversation": { "id": CONVERSATION }, "user": { "id": 2, "name": "Robin", "type": "user" }, "is_private": false,
        } } })
    };
    client.receive(&typing("conversation.typing_on"));
    assert_eq!(take_events(&mut client), [r#"{"type":"typing","isTyping":true,"name":"Robin"}"#]);
    client.receive(&typing("conversation.typing_off"));
    assert_eq!(take_events(&mut client), [r#"{"type":"typing","isTyping":false,"name":"Robin"}"#]);

    let resolved = json!({ "message": { "event": "conversation.status_changed", "data": {
        "id": CONVERSATION, "status": "resolved", "inbox_id": 1, "agent_last_seen_at": 0, "contact_last_seen_at": 0,
        "contact_inbox": { "pubsub_token": "secret" }, "labels": ["vip"],
    } } });
    client.receive(&resolved);
    assert_eq!(take_events(&mut client), [r#"{"type":"status","conversation":6,"status":"resolved"}"#]);

    let choice = Choice { title: "Blue".to_owned(), value: "blue".to_owned() };
    client.dispatch(Event::Thread(ThreadEvent::ChoiceSelected { message: MessageId(8), choice }));
    assert_eq!(take_events(&mut client), [r#"{"type":"postback","message":8,"title":"Blue","value":"blue"}"#]);
}

#[test]
fn host_message_event_is_emitted_once_for_response_echo_and_frame() {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi")]);
    assert_eq!(
        take_events(&mut client).iter().filter(|event| event.contains("\"message\"")).count(),
        0,
        "history emits no message event"
    );
    client.submit("yes?");
    let echo = client.rows().last().unwrap().key;
    let posted = client
        .requests
        .iter()
        .find_map(|(_, request)| crate::client_harness::json_body(request)["echo_id"].as_str().map(str::to_owned));
    client.receive(&created(&by_visitor(2, "yes?"), posted.as_deref()));
    client.answer("/messages", 200, &by_visitor(2, "yes?"));
    client.receive(&created(&by_agent(3, "no"), None));
    client.receive(&created(&by_agent(3, "no"), None));
    let events: Vec<String> =
        take_events(&mut client).into_iter().filter(|event| event.contains("\"message\"")).collect();
    assert_eq!(events.len(), 2, "{events:?}");
    assert_eq!(client.rows().iter().filter(|row| row.key == echo).count(), 1);
}
