//! Who is writing.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::event::ComposerEvent;
use serde_json::{Value, json};

use crate::client_harness::{Bench, CONVERSATION, agents, created, event, visitors};

fn typing(is_on: bool, user: &Value, is_private: bool) -> Value {
    let name = if is_on { "conversation.typing_on" } else { "conversation.typing_off" };
    event(
        name,
        json!({ "conversation": { "id": CONVERSATION }, "user": user, "is_private": is_private, "account_id": 1 }),
    )
}

fn noor() -> Value {
    json!({ "id": 2, "name": "Noor", "available_name": "Noor H.", "avatar_url": "", "type": "user" })
}

fn typist(bench: &Bench) -> Option<&str> {
    bench.widget.view().thread.typing.as_ref().map(|person| person.name.as_str())
}

#[test]
fn typing_indicator_ends_on_stop_message_or_timeout() {
    let mut bench = Bench::returning(&[agents(1, "hi")]);
    bench.frame(&typing(true, &noor(), false));
    assert_eq!(typist(&bench), Some("Noor H."));
    bench.frame(&typing(false, &noor(), false));
    assert_eq!(typist(&bench), None);
    bench.frame(&typing(true, &noor(), false));
    bench.frame(&created(&agents(2, "there"), None));
    assert_eq!(typist(&bench), None, "what was written is here");
    bench.frame(&typing(true, &noor(), false));
    bench.wait(31_000);
    assert_eq!(typist(&bench), None, "nobody writes for ever");
}

#[test]
fn typing_in_private_notes_by_visitors_or_elsewhere_is_not_shown() {
    let mut bench = Bench::returning(&[agents(1, "hi")]);
    bench.frame(&typing(true, &noor(), true));
    bench.frame(&typing(true, &json!({ "id": 24, "name": "Visitor", "type": "contact" }), false));
    let mut elsewhere = typing(true, &noor(), false);
    elsewhere["message"]["data"]["conversation"]["id"] = json!(9);
    bench.frame(&elsewhere);
    assert_eq!(typist(&bench), None);
}

#[test]
fn typing_status_is_sent_on_start_pause_and_submit() {
    let mut bench = Bench::returning(&[agents(1, "hi")]);
    let told = |bench: &mut Bench, status: &str| {
        let ending = format!("/toggle_typing?typing_status={status}");
        let is_asked = bench.asked(Method::Post, &ending).is_some();
        if is_asked {
            bench.answer(&ending, 200, &Value::Null);
        }
        is_asked
    };
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "h".to_owned() }));
    assert!(told(&mut bench, "on"));
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "he".to_owned() }));
    assert!(!told(&mut bench, "on"), "once is enough for a while");
    bench.wait(5_000);
    assert!(told(&mut bench, "off"), "a pause");
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    assert!(told(&mut bench, "on"));
    bench.submit("hello");
    assert!(!told(&mut bench, "off"), "the message goes first");
    bench.answer("/messages", 200, &visitors(2, "hello"));
    assert!(told(&mut bench, "off"), "sent");
    assert!(!told(&mut bench, "on") && !told(&mut bench, "off"));
}

#[test]
fn typing_status_is_not_sent_without_a_conversation() {
    let mut bench = Bench::new();
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "h".to_owned() }));
    bench.wait(5_000);
    assert!(bench.calls.is_empty());
}
