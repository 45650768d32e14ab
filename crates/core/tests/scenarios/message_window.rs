//! What of a long conversation is shown.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::conversation::message_window::{Distance, ROWS_MAX, ScrollPosition};
use natter_core::event::{PanelEvent, ThreadEvent};
use natter_core::view::{RowContent, Thread};
use serde_json::json;

use crate::client_harness::{Bench, agents, created, visitors};

const TOP: ScrollPosition = ScrollPosition { is_at_top: true, below: Distance::Far };
const AMID: ScrollPosition = ScrollPosition { is_at_top: false, below: Distance::Far };
const NEAR_END: ScrollPosition = ScrollPosition { is_at_top: false, below: Distance::Near };
const END: ScrollPosition = ScrollPosition { is_at_top: false, below: Distance::Here };

fn page(ids: std::ops::Range<u64>) -> serde_json::Value {
    json!(ids.map(|id| agents(id, &format!("m{id}"))).collect::<Vec<_>>())
}

/// A visitor who has scrolled up through `pages` pages of a conversation of 1,000 messages.
fn reading(pages: u64) -> Bench {
    let said: Vec<_> = (981..=1_000).map(|id| agents(id, &format!("m{id}"))).collect();
    let mut bench = Bench::returning(&said);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.answer("/update_last_seen", 200, &json!(null));
    for nth in 1..pages {
        bench.event(Event::Thread(ThreadEvent::Scrolled { position: TOP, focused_row: None }));
        let before = 1_001 - nth * 20;
        bench.answer(&format!("/messages?before={before}"), 200, &page(before - 20..before));
    }
    bench
}

fn ends(bench: &Bench) -> (String, String) {
    let texts = bench.texts();
    (texts.first().unwrap().clone(), texts.last().unwrap().clone())
}

fn m(from: u64, to: u64) -> (String, String) {
    (format!("m{from}"), format!("m{to}"))
}

#[test]
fn message_window_grows_to_its_limit_and_then_moves() {
    let thread = |bench: &Bench| -> Thread { bench.widget.view().thread.clone() };
    assert_eq!(ends(&reading(1)), m(981, 1_000));
    assert_eq!(ends(&reading(3)), m(941, 1_000));
    let mut bench = reading(10);
    assert_eq!((ends(&bench), bench.rows().len()), (m(801, 860), ROWS_MAX));
    assert_eq!((thread(&bench).skipped, thread(&bench).newer, thread(&bench).is_scrolled_away), (0, 140, true));
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: AMID, focused_row: None }));
    assert_eq!(ends(&bench), m(801, 860), "nothing moves while neither end is near");
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: NEAR_END, focused_row: None }));
    assert_eq!(ends(&bench), m(821, 880));
    for _ in 0..6 {
        bench.event(Event::Thread(ThreadEvent::Scrolled { position: NEAR_END, focused_row: None }));
    }
    assert_eq!((ends(&bench), thread(&bench).newer), (m(941, 1_000), 0));
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: TOP, focused_row: None }));
    assert_eq!(ends(&bench), m(921, 980), "what is held is not read again");
    assert!(bench.calls.is_empty(), "{:?}", bench.calls);
}

#[test]
fn message_window_stays_while_scrolled_up_and_counts_unread() {
    let mut bench = reading(10);
    let was = bench.texts();
    for id in 1_001..1_004 {
        bench.frame(&created(&agents(id, &format!("m{id}")), None));
    }
    bench.frame(&created(&visitors(1_004, "from another device"), Some("another device's")));
    let thread = &bench.widget.view().thread;
    assert_eq!((&bench.texts(), thread.unread, thread.newer), (&was, 3, 144));
    let jumps = thread.jumps;
    bench.event(Event::Thread(ThreadEvent::NewestRequested));
    let thread = &bench.widget.view().thread;
    assert_eq!((thread.unread, thread.newer, thread.is_scrolled_away, thread.jumps), (0, 0, false, jumps + 1));
    let firsts: Vec<&str> =
        thread.rows.iter().filter(|row| row.is_first_unread).map(|row| row.content.text()).collect();
    assert_eq!(firsts, ["m1001"]);
    bench.submit("thanks");
    assert!(!bench.rows().iter().any(|row| row.is_first_unread), "whoever answers has read");
}

#[test]
fn full_message_window_stays_while_scrolled_to_its_middle() {
    let mut bench = reading(3);
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: AMID, focused_row: None }));
    let was = bench.texts();
    bench.frame(&created(&agents(1_001, "m1001"), None));
    assert_eq!((bench.texts(), was.len()), (was, ROWS_MAX));
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: NEAR_END, focused_row: None }));
    assert_eq!(ends(&bench), m(942, 1_001));
}

#[test]
fn message_window_jumps_to_a_submitted_message() {
    let mut bench = reading(10);
    bench.submit("hello");
    let last = bench.rows().last().unwrap();
    assert!(matches!(last.content, RowContent::Outgoing { .. }) && last.content.text() == "hello");
}

#[test]
fn unread_marker_stays_until_the_panel_is_closed_again() {
    let mut bench = reading(1);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: false }));
    bench.frame(&created(&agents(1_001, "m1001"), None));
    bench.frame(&created(&agents(1_002, "m1002"), None));
    let first = |bench: &Bench| {
        let row = bench.rows().iter().find(|row| row.is_first_unread);
        row.map(|row| row.content.text().to_owned())
    };
    assert_eq!(bench.widget.view().panel.unread, 2);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!((bench.widget.view().panel.unread, first(&bench).as_deref()), (0, Some("m1001")));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: false }));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(first(&bench), None);
}

#[test]
fn unread_counts_messages_missed_during_a_gap() {
    let mut bench = reading(1);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: false }));
    bench.close_socket();
    bench.go_live();
    bench.answer("/messages", 200, &page(985..1_005));
    assert_eq!(bench.widget.view().panel.unread, 4);
}

#[test]
fn message_window_keeps_the_focused_row() {
    let mut bench = reading(3);
    let held = bench.rows().iter().find(|row| row.content.text() == "m990").unwrap().key;
    for nth in 3..12 {
        bench.event(Event::Thread(ThreadEvent::Scrolled { position: TOP, focused_row: Some(held) }));
        let before = 1_001 - nth * 20;
        bench.answer(&format!("/messages?before={before}"), 200, &page(before - 20..before));
    }
    let texts = bench.texts();
    assert_eq!((texts.len(), texts.last().map(String::as_str)), (ROWS_MAX + 1, Some("m990")));
    assert_eq!(bench.rows().last().unwrap().key, held, "it is the same row");
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: AMID, focused_row: None }));
    assert_eq!(bench.rows().len(), ROWS_MAX, "and no longer than it is held");
}

#[test]
fn message_window_of_a_short_thread_stays_at_its_end() {
    let mut bench = Bench::returning(&[agents(1, "m1"), agents(2, "m2")]);
    bench.event(Event::Thread(ThreadEvent::Scrolled {
        position: ScrollPosition { is_at_top: true, below: Distance::Near },
        focused_row: None,
    }));
    bench.frame(&created(&agents(3, "m3"), None));
    assert_eq!(bench.texts(), ["m1", "m2", "m3"]);
    bench.event(Event::Thread(ThreadEvent::Scrolled { position: END, focused_row: None }));
    assert!(!bench.widget.view().thread.is_scrolled_away);
}

#[test]
fn history_drops_the_oldest_messages_and_reads_them_again() {
    let mut bench = Bench::returning(&[agents(1, "m1")]);
    for id in 2..=20_002 {
        bench.frame(&created(&agents(id, "more"), None));
    }
    let thread = &bench.widget.view().thread;
    let held = thread.skipped + thread.rows.len();
    assert!((10_000..=20_000).contains(&held) && thread.has_earlier, "{held}");
    let first = 20_003 - held;
    for _ in 0..held / 20 {
        bench.event(Event::Thread(ThreadEvent::EarlierRequested));
    }
    let (_, request) = &bench.calls[0];
    assert!(request.url.ends_with(&format!("/messages?before={first}")), "{}", request.url);
}

#[test]
fn cable_frames_before_confirmation_do_not_close_a_history_gap() {
    let mut bench = Bench::returning(&[agents(1, "one")]);
    bench.close_socket();
    // Thirty are said while there is no socket, and the newest of them come before the new one is confirmed.
    for _ in 0..100 {
        if bench.link.is_some() {
            break;
        }
        bench.wait(500);
    }
    bench.frame(&json!({ "type": "welcome" }));
    for id in 20..=31 {
        bench.frame(&created(&agents(id, "missed"), None));
    }
    bench.frame(&json!({ "type": "confirm_subscription", "identifier": "{}" }));
    let page = |ids: std::ops::RangeInclusive<u64>| json!(ids.map(|id| agents(id, "missed")).collect::<Vec<_>>());
    while bench.asked(Method::Get, "/messages").is_some() {
        bench.answer("/messages", 200, &page(12..=31));
    }
    bench.answer("/messages?before=12", 200, &page(1..=11));
    assert_eq!(bench.texts().len(), 31, "without a hole");
}
