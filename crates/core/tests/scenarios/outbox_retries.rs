//! Posts that end without a clear answer: how soon it is known what became of them.

use natter_core::chatwoot::Method;
use natter_core::conversation::timeline::{Failure, GRACE_MS};
use natter_core::event::{ComposerEvent, PanelEvent, ThreadEvent};
use natter_core::view::{Announcement, RowContent};
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, agents, created, json_body, visitors};
use crate::multi_tab_harness::Household;
use crate::tab_sync::two_tabs;

/// What tells agents that the visitor writes.
const TYPING: &str = "/toggle_typing?typing_status=on";

/// What Rails says to whoever asked for JSON.
fn fault() -> Value {
    json!({ "status": 500, "error": "Internal Server Error" })
}

/// A visitor with a live socket whose post of this has just left.
fn posting(text: &str) -> Bench {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    bench.submit(text);
    assert!(bench.asked(Method::Post, "/messages").is_some());
    bench
}

/// Lets time pass on a socket that stays live.
fn wait_live(bench: &mut Bench, ms: u64) {
    for _ in 0..ms / 500 {
        bench.wait(500);
        bench.frame(&json!({ "type": "ping", "message": 1 }));
    }
}

/// The server stores what is being posted, and says so on both roads.
fn store(bench: &mut Bench, id: u64, text: &str) {
    let post = bench.answer("/messages", 200, &visitors(id, text));
    assert_eq!((&post.method, &json_body(&post)["content"]), (&Method::Post, &json!(text)));
    let echo = json_body(&post)["echo_id"].as_str().unwrap().to_owned();
    bench.frame(&created(&visitors(id, text), Some(&echo)));
}

fn failure(bench: &Bench, text: &str) -> Option<Failure> {
    let row = bench.rows().iter().find(|row| row.content.text() == text)?;
    if let RowContent::Outgoing { failure, .. } = &row.content { failure.clone() } else { None }
}

#[test]
fn outbox_reads_history_once_two_seconds_after_a_server_error() {
    for is_stored in [true, false] {
        let mut bench = posting("hello");
        bench.answer("/messages", 500, &fault());
        bench.wait(1_900);
        assert!(bench.calls.is_empty(), "nothing is read or posted before it can be decided: {:?}", bench.calls);
        bench.wait(200);
        assert!(bench.asked(Method::Post, "/messages").is_none(), "not posted before it was looked for");
        let mut said = vec![agents(7, "hi")];
        if is_stored {
            said.push(visitors(8, "hello"));
        }
        bench.answer("/messages", 200, &json!(said));
        wait_live(&mut bench, 2_000);
        assert_eq!((bench.is_said("hello"), bench.calls.is_empty()), (is_stored, is_stored));
        if !is_stored {
            store(&mut bench, 9, "hello");
        }
        wait_live(&mut bench, 2 * GRACE_MS);
        assert!(bench.calls.is_empty() && bench.is_said("hello"));
        assert!(!bench.storage.keys().any(|key| key.starts_with("send/")));
    }
}

#[test]
fn outbox_stops_retrying_a_message_after_repeated_server_errors() {
    let mut bench = posting("hello");
    for _ in 0..3 {
        bench.answer("/messages", 500, &fault());
        wait_live(&mut bench, 2_500);
        bench.answer("/messages", 200, &json!([agents(7, "hi")]));
        wait_live(&mut bench, 5_000);
    }
    assert!(bench.calls.is_empty(), "posted three times: {:?}", bench.calls);
    assert_eq!(failure(&bench, "hello"), Some(Failure::Unconfirmed));
}

#[test]
fn outbox_waits_the_grace_time_after_a_proxys_error_page() {
    let page = "<!doctype html><title>Something went wrong</title>";
    let gateway = r#"{"message":"Internal server error"}"#;
    for (status, body) in [(500, page), (500, gateway), (502, page), (504, page)] {
        let mut bench = posting("hello");
        bench.end("/messages", Outcome::answered(status, body.to_owned(), None));
        for _ in 0..140 {
            if bench.asked(Method::Get, "/messages").is_some() {
                bench.answer("/messages", 200, &json!([agents(7, "hi")]));
            }
            assert!(bench.asked(Method::Post, "/messages").is_none(), "{status} {body}: it may still arrive");
            wait_live(&mut bench, 500);
        }
        wait_live(&mut bench, 10_000);
        bench.answer("/messages", 200, &json!([agents(7, "hi")]));
        wait_live(&mut bench, 1_000);
        assert!(bench.asked(Method::Post, "/messages").is_some(), "{status} {body}: after the grace it is sent again");
    }
}

/// Whether nobody knows of what the one unsent row says, and its visitor is told so.
fn is_unconfirmed(bench: &Bench) -> bool {
    bench.rows().iter().any(|row| matches!(row.content, RowContent::Outgoing { is_unconfirmed: true, .. }))
}

fn have_it_sent_again(bench: &mut Bench, text: &str) {
    let key = bench.keys_of(text)[0];
    bench.event(Event::Thread(ThreadEvent::RetryRequested { row: key }));
}

/// A post whose answer was lost eight seconds ago; what was read meanwhile does not hold it.
fn unconfirmed() -> Bench {
    let mut bench = posting("hello");
    bench.end("/messages", Outcome::Unknown);
    wait_live(&mut bench, 1_000);
    bench.answer("/messages", 200, &json!([agents(7, "hi")]));
    wait_live(&mut bench, 6_500);
    assert!(!is_unconfirmed(&bench), "it may be nothing");
    wait_live(&mut bench, 500);
    assert!(is_unconfirmed(&bench) && bench.calls.is_empty());
    bench
}

#[test]
fn outbox_shows_a_message_as_unconfirmed_after_eight_seconds_and_still_settles_it() {
    let mut bench = unconfirmed();
    bench.frame(&created(&agents(8, "there?"), None));
    assert!(is_unconfirmed(&bench));
    wait_live(&mut bench, GRACE_MS);
    bench.answer("/messages", 200, &json!([agents(7, "hi"), agents(8, "there?"), visitors(9, "hello")]));
    assert!(bench.is_said("hello") && !is_unconfirmed(&bench));
    wait_live(&mut bench, GRACE_MS);
    assert!(bench.calls.is_empty());
}

#[test]
fn outbox_retry_by_the_visitor_reads_history_before_posting() {
    for is_stored in [true, false] {
        let mut bench = unconfirmed();
        have_it_sent_again(&mut bench, "hello");
        assert!(!is_unconfirmed(&bench), "it is on its way again");
        assert!(bench.asked(Method::Post, "/messages").is_none(), "not posted before it was looked for");
        let mut said = vec![agents(7, "hi")];
        if is_stored {
            said.push(visitors(8, "hello"));
        }
        bench.answer("/messages", 200, &json!(said));
        wait_live(&mut bench, 500);
        if !is_stored {
            store(&mut bench, 9, "hello");
        }
        wait_live(&mut bench, 2 * GRACE_MS);
        assert!(bench.is_said("hello") && bench.calls.is_empty(), "{:?}", bench.calls);
    }
}

#[test]
fn outbox_retry_by_the_visitor_replaces_a_hanging_history_request() {
    let mut bench = posting("hello");
    bench.end("/messages", Outcome::Unknown);
    // The look that follows hangs.
    let hanging = bench.asked(Method::Get, "/messages").unwrap().0;
    wait_live(&mut bench, 8_500);
    have_it_sent_again(&mut bench, "hello");
    assert_eq!(bench.aborted, [hanging]);
    bench.answer("/messages", 200, &json!([agents(7, "hi")]));
    store(&mut bench, 8, "hello");
    assert!(bench.is_said("hello"));
}

#[test]
fn outbox_retry_posts_nothing_while_history_can_not_be_read() {
    let mut bench = unconfirmed();
    have_it_sent_again(&mut bench, "hello");
    for _ in 0..20 {
        if bench.asked(Method::Get, "/messages").is_some() {
            bench.end("/messages", Outcome::Unknown);
        }
        wait_live(&mut bench, 1_000);
        assert!(bench.asked(Method::Post, "/messages").is_none());
    }
    assert!(is_unconfirmed(&bench), "eight seconds after the visitor's wish it is offered again");
    have_it_sent_again(&mut bench, "hello");
    bench.answer("/messages", 200, &json!([agents(7, "hi")]));
    store(&mut bench, 8, "hello");
}

#[test]
fn unconfirmed_outbox_message_is_shown_and_retried_in_any_tab() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    house.on(0, |tab| tab.end("/messages", Outcome::Unknown));
    for _ in 0..18 {
        house.wait(500);
        house.on(0, |tab| tab.frame(&json!({ "type": "ping", "message": 1 })));
        house.on(0, |tab| {
            if tab.asked(Method::Get, "/messages").is_some() {
                tab.answer("/messages", 200, &json!([agents(7, "hi")]));
            }
        });
    }
    let late = house.open();
    let unsure = |house: &Household| [0, 1, late].map(|tab| is_unconfirmed(&house.tabs[tab].bench));
    house.on(late, |tab| tab.answer("/messages", 200, &json!([agents(7, "hi")])));
    assert_eq!(unsure(&house), [true; 3], "one that was opened only now is told, too");
    house.on(1, |tab| have_it_sent_again(tab, "hello"));
    assert_eq!(unsure(&house)[..2], [false; 2]);
    assert!(house.on(0, |tab| tab.asked(Method::Post, "/messages").is_none()), "it is looked for first");
    house.on(0, |tab| tab.answer("/messages", 200, &json!([agents(7, "hi")])));
    house.on(0, |tab| store(tab, 8, "hello"));
    assert_eq!(unsure(&house), [false; 3]);
    for tab in [0, 1, late] {
        assert!(house.tabs[tab].bench.is_said("hello"), "{tab}");
    }
}

#[test]
fn unconfirmed_outbox_message_is_announced_once() {
    let mut bench = posting("hello");
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let told = |bench: &Bench| bench.widget.view().panel.announcement.clone();
    bench.end("/messages", Outcome::Unknown);
    wait_live(&mut bench, 30_000);
    assert_eq!(told(&bench), (1, Some(Announcement::DeliveryUnconfirmed)));
}

/// A visitor begins to write, and the call that tells agents of it ends without an answer.
fn typing_into_nothing(bench: &mut Bench) {
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    bench.end(TYPING, Outcome::Unknown);
}

fn posts(bench: &Bench) -> bool {
    bench.asked(Method::Post, "/messages").is_some()
}

fn reads(bench: &Bench) -> bool {
    bench.asked(Method::Get, "/messages").is_some()
}

#[test]
fn outbox_posts_without_a_read_on_a_working_connection() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    wait_live(&mut bench, 60_000);
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    bench.answer(TYPING, 200, &json!({}));
    bench.submit("hello");
    assert!(posts(&bench) && !reads(&bench));
    store(&mut bench, 8, "hello");
    // Nor without a socket: a read first would make of the post a request on a connection that was used before.
    bench.close_socket();
    bench.submit("one more");
    assert!(posts(&bench) && !reads(&bench));
}

#[test]
fn outbox_waits_for_a_successful_read_after_an_unanswered_request() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    bench.close_socket();
    typing_into_nothing(&mut bench);
    bench.submit("hello");
    for _ in 0..3 {
        assert!(!posts(&bench));
        bench.wait(4_001);
        bench.end("/messages", Outcome::Unknown);
    }
    bench.wait(8_001);
    assert!(!posts(&bench));
    bench.answer("/messages", 200, &json!([agents(7, "hi")]));
    assert!(posts(&bench), "the server is back");
    bench.answer("/messages", 200, &visitors(8, "hello"));
    bench.submit("one more");
    assert!(posts(&bench) && !reads(&bench), "it has answered");
}

#[test]
fn outbox_waits_for_a_reconnect_after_an_unanswered_request() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    bench.close_socket();
    typing_into_nothing(&mut bench);
    bench.submit("hello");
    bench.end("/messages", Outcome::Unknown);
    assert!(!posts(&bench));
    bench.go_live();
    assert!(posts(&bench));
}

#[test]
fn leader_outbox_reads_history_first_after_a_followers_unanswered_request() {
    let mut house = two_tabs();
    house.on(0, Bench::close_socket);
    house.on(1, typing_into_nothing);
    house.on(0, |tab| tab.end("/messages", Outcome::Unknown));
    house.on(1, |tab| tab.submit("hello"));
    house.wait(1_000);
    assert!(house.on(0, |tab| !posts(tab) && reads(tab)));
    house.on(0, |tab| tab.answer("/messages", 200, &json!([agents(7, "hi")])));
    assert!(house.on(0, |tab| posts(tab)));
}

#[test]
fn outbox_does_not_post_after_bad_gateway_responses() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    bench.close_socket();
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    bench.end(TYPING, Outcome::answered(502, "<html>502</html>".to_owned(), None));
    bench.submit("hello");
    bench.end("/messages", Outcome::answered(502, "<html>502</html>".to_owned(), None));
    bench.wait(2_001);
    assert!(reads(&bench) && !posts(&bench));
}

#[test]
fn outbox_posts_without_a_read_after_the_connection_recovered() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    typing_into_nothing(&mut bench);
    wait_live(&mut bench, 5_000);
    bench.answer("/toggle_typing?typing_status=off", 200, &json!({}));
    bench.submit("hello");
    assert!(posts(&bench) && !reads(&bench));
}
