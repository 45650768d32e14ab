//! What the visitor has read, here and on other devices.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::event::{PageEvent, PanelEvent, ThreadEvent};
use natter_core::host::events::HostEvent;
use serde_json::{Value, json};

use crate::client_harness::{Bench, CONVERSATION, agents, created, kept_session, visitors};

fn is_told(bench: &mut Bench) -> bool {
    let is_asked = bench.asked(Method::Post, "/update_last_seen").is_some();
    if is_asked {
        bench.answer("/update_last_seen", 200, &Value::Null);
    }
    is_asked
}

fn at(mut message: Value, at: u64) -> Value {
    message["created_at"] = json!(at);
    message
}

/// A page on another device, of a visitor who had read up to this moment.
fn returning(read_at: u64, said: &[Value]) -> Bench {
    let mut bench = Bench::with_storage(kept_session(), 7);
    bench.condition =
        format!(r#"{{"id":{CONVERSATION},"contact_last_seen_at":{read_at},"status":"open","agent_last_seen_at":0,"#);
    bench.answer("/messages", 200, &json!(said));
    bench.go_live();
    bench.answer("/messages", 200, &json!(said));
    bench
}

#[test]
fn read_receipt_is_sent_once_for_seen_messages() {
    let mut bench = Bench::returning(&[agents(1, "hi")]);
    assert!(!is_told(&mut bench), "the panel is closed");
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert!(is_told(&mut bench));
    bench.frame(&created(&agents(2, "there"), None));
    assert!(!is_told(&mut bench), "not twice within a second");
    bench.wait(1_000);
    assert!(is_told(&mut bench) && !is_told(&mut bench));
    bench.event(Event::Page(PageEvent::VisibilityChanged { is_visible: false }));
    bench.frame(&created(&agents(3, "are you?"), None));
    assert!(!is_told(&mut bench), "nobody looks");
    bench.wait(1_000);
    bench.event(Event::Page(PageEvent::VisibilityChanged { is_visible: true }));
    assert!(is_told(&mut bench));
    bench.event(Event::Thread(ThreadEvent::Scrolled {
        position: ScrollPosition { is_at_top: false, below: Distance::Far },
        focused_row: None,
    }));
    bench.frame(&created(&agents(4, "further down"), None));
    assert!(!is_told(&mut bench));
    bench.wait(1_000);
    bench.event(Event::Thread(ThreadEvent::NewestRequested));
    assert!(is_told(&mut bench));
    bench.frame(&created(&visitors(5, "from another device"), Some("another device's")));
    assert!(!is_told(&mut bench), "one's own words need not be read");
}

#[test]
fn unread_counts_agent_messages_after_the_last_read_receipt() {
    let said = [
        at(agents(1, "one"), 100),
        at(visitors(2, "two"), 110),
        at(agents(3, "three"), 120),
        at(agents(4, "four"), 130),
    ];
    let unread = |read_at| returning(read_at, &said).widget.view().panel.unread;
    assert_eq!([100, 120, 130].map(unread), [2, 1, 0], "one's own words are not unread, nor what came before them");
    assert_eq!(unread(0), 2, "where nobody ever said, what they wrote tells");
    let never = returning(0, &[at(agents(1, "one"), 100)]);
    assert_eq!(never.widget.view().panel.unread, 0, "where they never wrote, either, nobody knows");
    let mut bench = returning(120, &said);
    assert!(bench.told.contains(&HostEvent::UnreadChanged { count: 1 }));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let first = bench.rows().iter().find(|row| row.is_first_unread).map(|row| row.content.text().to_owned());
    assert_eq!((first.as_deref(), is_told(&mut bench)), (Some("four"), true));
}

#[test]
fn read_receipts_are_throttled_and_wait_for_the_outbox() {
    let mut bench = Bench::returning(&[agents(1, "hi")]);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let receipts = |bench: &Bench| bench.calls.iter().filter(|(_, it)| it.url.ends_with("/update_last_seen")).count();
    for id in 2..3_002 {
        bench.frame(&created(&agents(id, "one of many"), None));
        assert!(receipts(&bench) <= 1, "one at a time");
    }
    bench.wait(5_000);
    bench.frame(&created(&agents(3_002, "and another"), None));
    assert_eq!(receipts(&bench), 1, "the server is slow");
    bench.submit("please stop");
    bench.answer("/update_last_seen", 200, &Value::Null);
    assert_eq!(receipts(&bench), 0, "the message is on its way");
    bench.answer("/messages", 200, &visitors(3_003, "please stop"));
    bench.wait(1_000);
    assert!(is_told(&mut bench), "the last one counts");
    bench.wait(60_000);
    assert!(!is_told(&mut bench), "and is told of once");
}
