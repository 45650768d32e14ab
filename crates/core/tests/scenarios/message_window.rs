//! The message window: which rows of a long conversation are shown, and how it moves with scrolling and new messages.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::conversation::message_window::{Distance, ROWS_MAX, ScrollPosition};
use natter_core::event::{PanelEvent, ThreadEvent};
use natter_core::view::{RowContent, Thread};
use serde_json::json;

use crate::client_harness::{ClientHarness, by_agent, by_visitor, created};

const TOP: ScrollPosition = ScrollPosition { is_at_top: true, below: Distance::Far };
const AMID: ScrollPosition = ScrollPosition { is_at_top: false, below: Distance::Far };
const NEAR_END: ScrollPosition = ScrollPosition { is_at_top: false, below: Distance::Near };
const END: ScrollPosition = ScrollPosition { is_at_top: false, below: Distance::Here };

fn page(ids: std::ops::Range<u64>) -> serde_json::Value {
    json!(ids.map(|id| by_agent(id, &format!("m{id}"))).collect::<Vec<_>>())
}

/// A visitor who has scrolled up through `pages` pages of a conversation of 1,000 messages.
fn scrolled_up(pages: u64) -> ClientHarness {
    let messages: Vec<_> = (981..=1_000).map(|id| by_agent(id, &format!("m{id}"))).collect();
    let mut client = ClientHarness::returning(&messages);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.answer("/update_last_seen", 200, &json!(null));
    for nth in 1..pages {
        client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: TOP, focused_row: None }));
        let before = 1_001 - nth * 20;
        client.answer(&format!("/messages?before={before}"), 200, &page(before - 20..before));
    }
    client
}

fn ends(client: &ClientHarness) -> (String, String) {
    let texts = client.texts();
    (texts.first().unwrap().clone(), texts.last().unwrap().clone())
}

fn m(from: u64, to: u64) -> (String, String) {
    (format!("m{from}"), format!("m{to}"))
}

#[test]
fn message_window_grows_to_its_limit_and_then_moves() {
    let thread = |client: &ClientHarness| -> Thread { client.widget.view().thread.clone() };
    assert_eq!(ends(&scrolled_up(1)), m(981, 1_000));
    assert_eq!(ends(&scrolled_up(3)), m(941, 1_000));
    let mut client = scrolled_up(10);
    assert_eq!((ends(&client), client.rows().len()), (m(801, 860), ROWS_MAX));
    assert_eq!((thread(&client).skipped, thread(&client).newer, thread(&client).is_scrolled_away), (0, 140, true));
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: AMID, focused_row: None }));
    assert_eq!(ends(&client), m(801, 860), "the window stays while neither end is near");
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: NEAR_END, focused_row: None }));
    assert_eq!(ends(&client), m(821, 880));
    for _ in 0..6 {
        client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: NEAR_END, focused_row: None }));
    }
    assert_eq!((ends(&client), thread(&client).newer), (m(941, 1_000), 0));
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: TOP, focused_row: None }));
    assert_eq!(ends(&client), m(921, 980), "loaded messages are not requested again");
    assert!(client.requests.is_empty(), "{:?}", client.requests);
}

#[test]
fn message_window_stays_while_scrolled_up_and_counts_unread() {
    let mut client = scrolled_up(10);
    let was = client.texts();
    for id in 1_001..1_004 {
        client.receive(&created(&by_agent(id, &format!("m{id}")), None));
    }
    client.receive(&created(&by_visitor(1_004, "from another device"), Some("another device's")));
    let thread = &client.widget.view().thread;
    assert_eq!((&client.texts(), thread.unread, thread.newer), (&was, 3, 144));
    let jumps = thread.jumps;
    client.dispatch(Event::Thread(ThreadEvent::NewestRequested));
    let thread = &client.widget.view().thread;
    assert_eq!((thread.unread, thread.newer, thread.is_scrolled_away, thread.jumps), (0, 0, false, jumps + 1));
    let firsts: Vec<&str> =
        thread.rows.iter().filter(|row| row.is_first_unread).map(|row| row.content.text()).collect();
    assert_eq!(firsts, ["m1001"]);
    client.submit("thanks");
    assert!(!client.rows().iter().any(|row| row.is_first_unread), "a reply clears the unread marker");
}

#[test]
fn full_message_window_stays_while_scrolled_to_its_middle() {
    let mut client = scrolled_up(3);
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: AMID, focused_row: None }));
    let was = client.texts();
    client.receive(&created(&by_agent(1_001, "m1001"), None));
    assert_eq!((client.texts(), was.len()), (was, ROWS_MAX));
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: NEAR_END, focused_row: None }));
    assert_eq!(ends(&client), m(942, 1_001));
}

#[test]
fn message_window_jumps_to_a_submitted_message() {
    let mut client = scrolled_up(10);
    client.submit("hello");
    let last = client.rows().last().unwrap();
    assert!(matches!(last.content, RowContent::Outgoing { .. }) && last.content.text() == "hello");
}

#[test]
fn unread_marker_stays_until_the_panel_is_closed_again() {
    let mut client = scrolled_up(1);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: false }));
    client.receive(&created(&by_agent(1_001, "m1001"), None));
    client.receive(&created(&by_agent(1_002, "m1002"), None));
    let first = |client: &ClientHarness| {
        let row = client.rows().iter().find(|row| row.is_first_unread);
        row.map(|row| row.content.text().to_owned())
    };
    assert_eq!(client.widget.view().panel.unread, 2);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!((client.widget.view().panel.unread, first(&client).as_deref()), (0, Some("m1001")));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: false }));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(first(&client), None);
}

#[test]
fn unread_counts_messages_missed_during_a_gap() {
    let mut client = scrolled_up(1);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: false }));
    client.close_socket();
    client.go_live();
    client.answer("/messages", 200, &page(985..1_005));
    assert_eq!(client.widget.view().panel.unread, 4);
}

#[test]
fn message_window_keeps_the_focused_row() {
    let mut client = scrolled_up(3);
    let held = client.rows().iter().find(|row| row.content.text() == "m990").unwrap().key;
    for nth in 3..12 {
        client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: TOP, focused_row: Some(held) }));
        let before = 1_001 - nth * 20;
        client.answer(&format!("/messages?before={before}"), 200, &page(before - 20..before));
    }
    let texts = client.texts();
    assert_eq!((texts.len(), texts.last().map(String::as_str)), (ROWS_MAX + 1, Some("m990")));
    assert_eq!(client.rows().last().unwrap().key, held, "the row keeps its key");
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: AMID, focused_row: None }));
    assert_eq!(client.rows().len(), ROWS_MAX, "a row without focus leaves the window");
}

#[test]
fn message_window_of_a_short_thread_stays_at_its_end() {
    let mut client = ClientHarness::returning(&[by_agent(1, "m1"), by_agent(2, "m2")]);
    client.dispatch(Event::Thread(ThreadEvent::Scrolled {
        position: ScrollPosition { is_at_top: true, below: Distance::Near },
        focused_row: None,
    }));
    client.receive(&created(&by_agent(3, "m3"), None));
    assert_eq!(client.texts(), ["m1", "m2", "m3"]);
    client.dispatch(Event::Thread(ThreadEvent::Scrolled { position: END, focused_row: None }));
    assert!(!client.widget.view().thread.is_scrolled_away);
}

#[test]
fn history_drops_the_oldest_messages_and_reads_them_again() {
    let mut client = ClientHarness::returning(&[by_agent(1, "m1")]);
    for id in 2..=20_002 {
        client.receive(&created(&by_agent(id, "more"), None));
    }
    let thread = &client.widget.view().thread;
    let held = thread.skipped + thread.rows.len();
    assert!((10_000..=20_000).contains(&held) && thread.has_earlier, "{held}");
    let first = 20_003 - held;
    for _ in 0..held / 20 {
        client.dispatch(Event::Thread(ThreadEvent::EarlierRequested));
    }
    let (_, request) = &client.requests[0];
    assert!(request.url.ends_with(&format!("/messages?before={first}")), "{}", request.url);
}

#[test]
fn cable_frames_before_confirmation_do_not_close_a_history_gap() {
    let mut client = ClientHarness::returning(&[by_agent(1, "one")]);
    client.close_socket();
    // 30 messages are created while there is no socket. The newest of them arrive before the new subscription is
    // confirmed.
    for _ in 0..100 {
        if client.socket.is_some() {
            break;
        }
        client.wait(500);
    }
    client.receive(&json!({ "type": "welcome" }));
    for id in 20..=31 {
        client.receive(&created(&by_agent(id, "missed"), None));
    }
    client.receive(&json!({ "type": "confirm_subscription", "identifier": "{}" }));
    let page = |ids: std::ops::RangeInclusive<u64>| json!(ids.map(|id| by_agent(id, "missed")).collect::<Vec<_>>());
    while client.pending(Method::Get, "/messages").is_some() {
        client.answer("/messages", 200, &page(12..=31));
    }
    client.answer("/messages?before=12", 200, &page(1..=11));
    assert_eq!(client.texts().len(), 31, "no gap in the history");
}
