//! What the page may know of what happens: all of it, in the very form it is promised in.

use natter_core::Event;
use natter_core::content::Choice;
use natter_core::event::ThreadEvent;
use natter_core::host::events::HostEvent;
use natter_core::model::MessageId;
use serde_json::json;

use crate::client_harness::{Bench, CONVERSATION, agents, contact, conversation, created, visitors};

/// What the page was told of what happened, since it was asked last.
fn heard(bench: &mut Bench) -> Vec<String> {
    let told = std::mem::take(&mut bench.told);
    let is_public = |event: &HostEvent| {
        !matches!(
            event,
            HostEvent::UnreadChanged { .. } | HostEvent::ConnectionChanged { .. } | HostEvent::ThemeChanged(_)
        )
    };
    told.iter().filter(|event| is_public(event)).filter_map(HostEvent::to_json).collect()
}

#[test]
fn host_events_have_exactly_their_documented_json() {
    let mut bench = Bench::new();
    bench.submit("hello \"you\"");
    bench.answer("/contacts", 200, &contact());
    assert_eq!(heard(&mut bench), [] as [&str; 0], "who the visitor is to the server is nobody's business");
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    assert_eq!(heard(&mut bench), [r#"{"type":"conversation-started","conversation":6}"#]);
    bench.answer("/messages", 200, &visitors(7, "hello \"you\""));
    let own = r#"{"type":"message","id":7,"conversation":6,"from":"visitor","name":"","text":"hello \"you\"","files":0,"at":1795223807}"#;
    assert_eq!(heard(&mut bench), [own]);
    bench.go_live();
    bench.answer("/messages", 200, &json!([visitors(7, "hello \"you\"")]));
    drop(heard(&mut bench));

    let mut said = agents(8, "Hi");
    said["attachments"] = json!([{ "id": 1, "file_type": "image", "data_url": "https://a.test/x.png" }]);
    said["private_token"] = json!("secret");
    bench.frame(&created(&said, None));
    let agent = r#"{"type":"message","id":8,"conversation":6,"from":"agent","name":"Alice Agent","text":"Hi","files":1,"at":1795223808}"#;
    assert_eq!(heard(&mut bench), [agent]);

    let typing = |event: &str| {
        json!({ "message": { "event": event, "data": {
            "conversation": { "id": CONVERSATION }, "user": { "id": 2, "name": "Robin", "type": "user" }, "is_private": false,
        } } })
    };
    bench.frame(&typing("conversation.typing_on"));
    assert_eq!(heard(&mut bench), [r#"{"type":"typing","isTyping":true,"name":"Robin"}"#]);
    bench.frame(&typing("conversation.typing_off"));
    assert_eq!(heard(&mut bench), [r#"{"type":"typing","isTyping":false,"name":"Robin"}"#]);

    let resolved = json!({ "message": { "event": "conversation.status_changed", "data": {
        "id": CONVERSATION, "status": "resolved", "inbox_id": 1, "agent_last_seen_at": 0, "contact_last_seen_at": 0,
        "contact_inbox": { "pubsub_token": "secret" }, "labels": ["vip"],
    } } });
    bench.frame(&resolved);
    assert_eq!(heard(&mut bench), [r#"{"type":"status","conversation":6,"status":"resolved"}"#]);

    let choice = Choice { title: "Blue".to_owned(), value: "blue".to_owned() };
    bench.event(Event::Thread(ThreadEvent::ChoiceSelected { message: MessageId(8), choice }));
    assert_eq!(heard(&mut bench), [r#"{"type":"postback","message":8,"title":"Blue","value":"blue"}"#]);
}

#[test]
fn host_message_event_is_emitted_once_for_response_echo_and_frame() {
    let mut bench = Bench::returning(&[agents(1, "hi")]);
    assert_eq!(heard(&mut bench).iter().filter(|event| event.contains("\"message\"")).count(), 0, "that is no news");
    bench.submit("yes?");
    let echo = bench.rows().last().unwrap().key;
    let posted = bench
        .calls
        .iter()
        .find_map(|(_, request)| crate::client_harness::json_body(request)["echo_id"].as_str().map(str::to_owned));
    bench.frame(&created(&visitors(2, "yes?"), posted.as_deref()));
    bench.answer("/messages", 200, &visitors(2, "yes?"));
    bench.frame(&created(&agents(3, "no"), None));
    bench.frame(&created(&agents(3, "no"), None));
    let told: Vec<String> = heard(&mut bench).into_iter().filter(|event| event.contains("\"message\"")).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(bench.rows().iter().filter(|row| row.key == echo).count(), 1);
}
