//! Announcements: what the live region tells screen readers, and that it tells it once.

use natter_core::event::{ConnectionEvent, PanelEvent, ThreadEvent};
use natter_core::view::Announcement;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{CONVERSATION, ClientHarness, by_agent, by_visitor, cable_event, created};

/// How many announcements were made so far, and the latest as text.
fn announced(client: &ClientHarness) -> (u32, String) {
    let (times, announcement) = &client.widget.view().panel.announcement;
    let announcement = announcement.as_ref().map_or(String::new(), |announcement| match announcement {
        Announcement::NewMessage(message) => message.text.clone(),
        Announcement::Typing(person) => format!("{} writes", person.name),
        Announcement::DeliveryUnconfirmed => "unconfirmed".to_owned(),
        Announcement::Reconnected => "connected".to_owned(),
    });
    (*times, announcement)
}

fn with_open_panel() -> ClientHarness {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello"), by_agent(2, "hi")]);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client
}

fn typing(is_on: bool) -> Value {
    let user = json!({ "id": 2, "name": "Alice", "type": "user" });
    let data = json!({ "user": user, "conversation": { "id": CONVERSATION }, "is_private": false });
    cable_event(if is_on { "conversation.typing_on" } else { "conversation.typing_off" }, data)
}

#[test]
fn announcement_of_a_message_is_made_once_and_not_for_history() {
    let mut client = with_open_panel();
    assert_eq!(announced(&client), (0, String::new()), "history makes no announcement");
    client.receive(&created(&by_agent(3, "there?"), None));
    client.receive(&created(&by_agent(3, "there?"), None));
    assert_eq!(announced(&client), (1, "there?".to_owned()));
    client.receive(&created(&by_visitor(4, "from my phone"), Some("another")));
    assert_eq!(announced(&client).0, 1, "the visitor's own message is not announced");
    client.receive(&created(&by_agent(5, "there?"), None));
    assert_eq!(announced(&client), (2, "there?".to_owned()), "equal text is announced again");
}

#[test]
fn closed_panel_makes_no_announcement() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    client.receive(&created(&by_agent(3, "there?"), None));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(announced(&client).0, 0);
}

#[test]
fn announcement_of_typing_is_made_once() {
    let mut client = with_open_panel();
    for _ in 0..3 {
        client.receive(&typing(true));
    }
    assert_eq!(announced(&client), (1, "Alice writes".to_owned()));
    client.receive(&typing(false));
    assert_eq!(announced(&client).0, 1);
    client.receive(&typing(true));
    assert_eq!(announced(&client).0, 2, "typing started again");
}

#[test]
fn announcement_of_a_reconnect_follows_an_offline_period() {
    let mut client = with_open_panel();
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(announced(&client).0, 0, "the offline state is a line in the panel that is a live region itself");
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    assert_eq!(announced(&client), (1, "connected".to_owned()));
}

#[test]
fn earlier_history_page_makes_no_announcement() {
    let page: Vec<Value> = (101..=120).map(|id| by_agent(id, "old")).collect();
    let mut client = ClientHarness::returning(&page);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.dispatch(Event::Thread(ThreadEvent::EarlierRequested));
    let earlier: Vec<Value> = (81..=100).map(|id| by_agent(id, "older")).collect();
    client.end("?before=101", Outcome::answered(200, json!(earlier).to_string(), None));
    assert_eq!((client.texts().len(), announced(&client).0), (40, 0));
}
