//! Read receipts: when `update_last_seen` is sent, and how it counts unread messages across devices.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::event::{PageEvent, PanelEvent, ThreadEvent};
use natter_core::host::events::HostEvent;
use serde_json::{Value, json};

use crate::client_harness::{CONVERSATION, ClientHarness, by_agent, by_visitor, created, stored_session};

fn take_receipt(client: &mut ClientHarness) -> bool {
    let is_pending = client.pending(Method::Post, "/update_last_seen").is_some();
    if is_pending {
        client.answer("/update_last_seen", 200, &Value::Null);
    }
    is_pending
}

fn at(mut message: Value, at: u64) -> Value {
    message["created_at"] = json!(at);
    message
}

/// A page load on another device, of a visitor with this `contact_last_seen_at`.
fn returning(read_at: u64, messages: &[Value]) -> ClientHarness {
    let mut client = ClientHarness::with_storage(stored_session(), 7);
    client.status_response =
        format!(r#"{{"id":{CONVERSATION},"contact_last_seen_at":{read_at},"status":"open","agent_last_seen_at":0,"#);
    client.answer("/messages", 200, &json!(messages));
    client.go_live();
    client.answer("/messages", 200, &json!(messages));
    client
}

#[test]
fn read_receipt_is_sent_once_for_seen_messages() {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi")]);
    assert!(!take_receipt(&mut client), "the panel is closed");
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert!(take_receipt(&mut client));
    client.receive(&created(&by_agent(2, "there"), None));
    assert!(!take_receipt(&mut client), "not twice within a second");
    client.wait(1_000);
    assert!(take_receipt(&mut client) && !take_receipt(&mut client));
    client.dispatch(Event::Page(PageEvent::VisibilityChanged { is_visible: false }));
    client.receive(&created(&by_agent(3, "are you?"), None));
    assert!(!take_receipt(&mut client), "the page is hidden");
    client.wait(1_000);
    client.dispatch(Event::Page(PageEvent::VisibilityChanged { is_visible: true }));
    assert!(take_receipt(&mut client));
    client.dispatch(Event::Thread(ThreadEvent::Scrolled {
        position: ScrollPosition { is_at_top: false, below: Distance::Far },
        focused_row: None,
    }));
    client.receive(&created(&by_agent(4, "further down"), None));
    assert!(!take_receipt(&mut client));
    client.wait(1_000);
    client.dispatch(Event::Thread(ThreadEvent::NewestRequested));
    assert!(take_receipt(&mut client));
    client.receive(&created(&by_visitor(5, "from another device"), Some("another device's")));
    assert!(!take_receipt(&mut client), "the visitor's own message needs no receipt");
}

#[test]
fn unread_counts_agent_messages_after_the_last_read_receipt() {
    let messages = [
        at(by_agent(1, "one"), 100),
        at(by_visitor(2, "two"), 110),
        at(by_agent(3, "three"), 120),
        at(by_agent(4, "four"), 130),
    ];
    let unread = |read_at| returning(read_at, &messages).widget.view().panel.unread;
    assert_eq!(
        [100, 120, 130].map(unread),
        [2, 1, 0],
        "the visitor's own messages and those before them are not unread"
    );
    assert_eq!(unread(0), 2, "without a receipt, messages after the visitor's last one are unread");
    let never = returning(0, &[at(by_agent(1, "one"), 100)]);
    assert_eq!(never.widget.view().panel.unread, 0, "without receipt or message nothing is unread");
    let mut client = returning(120, &messages);
    assert!(client.host_events.contains(&HostEvent::UnreadChanged { count: 1 }));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let first = client.rows().iter().find(|row| row.is_first_unread).map(|row| row.content.text().to_owned());
    assert_eq!((first.as_deref(), take_receipt(&mut client)), (Some("four"), true));
}

#[test]
fn read_receipts_are_throttled_and_wait_for_the_outbox() {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi")]);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let receipts =
        |client: &ClientHarness| client.requests.iter().filter(|(_, it)| it.url.ends_with("/update_last_seen")).count();
    for id in 2..3_002 {
        client.receive(&created(&by_agent(id, "one of many"), None));
        assert!(receipts(&client) <= 1, "one at a time");
    }
    client.wait(5_000);
    client.receive(&created(&by_agent(3_002, "and another"), None));
    assert_eq!(receipts(&client), 1, "the server is slow");
    client.submit("please stop");
    client.answer("/update_last_seen", 200, &Value::Null);
    assert_eq!(receipts(&client), 0, "no receipt while a message is being posted");
    client.answer("/messages", 200, &by_visitor(3_003, "please stop"));
    client.wait(1_000);
    assert!(take_receipt(&mut client), "the last receipt is sent");
    client.wait(60_000);
    assert!(!take_receipt(&mut client), "and is sent once");
}
