//! What is said aloud to those who can't see the panel.

use natter_core::event::{ConnectionEvent, PanelEvent, ThreadEvent};
use natter_core::view::Announcement;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, CONVERSATION, agents, created, event, visitors};

/// What was said since the last time, and how often anything was.
fn aloud(bench: &Bench) -> (u32, String) {
    let (times, told) = &bench.widget.view().panel.announcement;
    let told = told.as_ref().map_or(String::new(), |told| match told {
        Announcement::NewMessage(message) => message.text.clone(),
        Announcement::Typing(person) => format!("{} writes", person.name),
        Announcement::DeliveryUnconfirmed => "unconfirmed".to_owned(),
        Announcement::Reconnected => "connected".to_owned(),
    });
    (*times, told)
}

fn reading() -> Bench {
    let mut bench = Bench::returning(&[visitors(1, "hello"), agents(2, "hi")]);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench
}

fn typing(is_on: bool) -> Value {
    let user = json!({ "id": 2, "name": "Alice", "type": "user" });
    let data = json!({ "user": user, "conversation": { "id": CONVERSATION }, "is_private": false });
    event(if is_on { "conversation.typing_on" } else { "conversation.typing_off" }, data)
}

#[test]
fn announcement_of_a_message_is_made_once_and_not_for_history() {
    let mut bench = reading();
    assert_eq!(aloud(&bench), (0, String::new()), "history is silent");
    bench.frame(&created(&agents(3, "there?"), None));
    bench.frame(&created(&agents(3, "there?"), None));
    assert_eq!(aloud(&bench), (1, "there?".to_owned()));
    bench.frame(&created(&visitors(4, "from my phone"), Some("another")));
    assert_eq!(aloud(&bench).0, 1, "one's own words one knows");
    bench.frame(&created(&agents(5, "there?"), None));
    assert_eq!(aloud(&bench), (2, "there?".to_owned()), "the same words again");
}

#[test]
fn closed_panel_makes_no_announcement() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    bench.frame(&created(&agents(3, "there?"), None));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(aloud(&bench).0, 0);
}

#[test]
fn announcement_of_typing_is_made_once() {
    let mut bench = reading();
    for _ in 0..3 {
        bench.frame(&typing(true));
    }
    assert_eq!(aloud(&bench), (1, "Alice writes".to_owned()));
    bench.frame(&typing(false));
    assert_eq!(aloud(&bench).0, 1);
    bench.frame(&typing(true));
    assert_eq!(aloud(&bench).0, 2, "they began anew");
}

#[test]
fn announcement_of_a_reconnect_follows_an_offline_period() {
    let mut bench = reading();
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(aloud(&bench).0, 0, "that it is gone stands in the panel, in a line that speaks for itself");
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    assert_eq!(aloud(&bench), (1, "connected".to_owned()));
}

#[test]
fn earlier_history_page_makes_no_announcement() {
    let page: Vec<Value> = (101..=120).map(|id| agents(id, "old")).collect();
    let mut bench = Bench::returning(&page);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.event(Event::Thread(ThreadEvent::EarlierRequested));
    let earlier: Vec<Value> = (81..=100).map(|id| agents(id, "older")).collect();
    bench.end("?before=101", Outcome::answered(200, json!(earlier).to_string(), None));
    assert_eq!((bench.texts().len(), aloud(&bench).0), (40, 0));
}
