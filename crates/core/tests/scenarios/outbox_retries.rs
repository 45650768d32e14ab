//! Outbox retries: POSTs that end without a clear response, the grace time, unconfirmed messages, and reads that come
//! before a post.

use natter_core::chatwoot::Method;
use natter_core::conversation::timeline::{Failure, GRACE_MS};
use natter_core::event::{ComposerEvent, PanelEvent, ThreadEvent};
use natter_core::view::{Announcement, RowContent};
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, by_visitor, created, json_body};
use crate::multi_tab_harness::MultiTabHarness;
use crate::tab_sync::two_tabs;

/// The end of the URL that tells agents that the visitor is typing.
const TYPING: &str = "/toggle_typing?typing_status=on";

/// Rails' JSON response to an internal error.
fn fault() -> Value {
    json!({ "status": 500, "error": "Internal Server Error" })
}

/// A visitor with a live socket whose message is being posted.
fn posting(text: &str) -> ClientHarness {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    client.submit(text);
    assert!(client.pending(Method::Post, "/messages").is_some());
    client
}

/// Advances the clock while pings keep the socket live.
fn wait_live(client: &mut ClientHarness, ms: u64) {
    for _ in 0..ms / 500 {
        client.wait(500);
        client.receive(&json!({ "type": "ping", "message": 1 }));
    }
}

/// The server stores the posted message: it answers the POST and sends the cable echo.
fn store(client: &mut ClientHarness, id: u64, text: &str) {
    let post = client.answer("/messages", 200, &by_visitor(id, text));
    assert_eq!((&post.method, &json_body(&post)["content"]), (&Method::Post, &json!(text)));
    let echo = json_body(&post)["echo_id"].as_str().unwrap().to_owned();
    client.receive(&created(&by_visitor(id, text), Some(&echo)));
}

fn failure(client: &ClientHarness, text: &str) -> Option<Failure> {
    let row = client.rows().iter().find(|row| row.content.text() == text)?;
    if let RowContent::Outgoing { failure, .. } = &row.content { failure.clone() } else { None }
}

#[test]
fn outbox_reads_history_once_two_seconds_after_a_server_error() {
    for is_stored in [true, false] {
        let mut client = posting("hello");
        client.answer("/messages", 500, &fault());
        client.wait(1_900);
        assert!(client.requests.is_empty(), "no request before two seconds: {:?}", client.requests);
        client.wait(200);
        assert!(client.pending(Method::Post, "/messages").is_none(), "not posted before history is read");
        let mut messages = vec![by_agent(7, "hi")];
        if is_stored {
            messages.push(by_visitor(8, "hello"));
        }
        client.answer("/messages", 200, &json!(messages));
        wait_live(&mut client, 2_000);
        assert_eq!((client.is_stored("hello"), client.requests.is_empty()), (is_stored, is_stored));
        if !is_stored {
            store(&mut client, 9, "hello");
        }
        wait_live(&mut client, 2 * GRACE_MS);
        assert!(client.requests.is_empty() && client.is_stored("hello"));
        assert!(!client.storage.keys().any(|key| key.starts_with("send/")));
    }
}

#[test]
fn outbox_stops_retrying_a_message_after_repeated_server_errors() {
    let mut client = posting("hello");
    for _ in 0..3 {
        client.answer("/messages", 500, &fault());
        wait_live(&mut client, 2_500);
        client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
        wait_live(&mut client, 5_000);
    }
    assert!(client.requests.is_empty(), "posted three times: {:?}", client.requests);
    assert_eq!(failure(&client, "hello"), Some(Failure::Unconfirmed));
}

#[test]
fn outbox_waits_the_grace_time_after_a_proxys_error_page() {
    let page = "<!doctype html><title>Something went wrong</title>";
    let gateway = r#"{"message":"Internal server error"}"#;
    for (status, body) in [(500, page), (500, gateway), (502, page), (504, page)] {
        let mut client = posting("hello");
        client.end("/messages", Outcome::answered(status, body.to_owned(), None));
        for _ in 0..140 {
            if client.pending(Method::Get, "/messages").is_some() {
                client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
            }
            assert!(client.pending(Method::Post, "/messages").is_none(), "{status} {body}: it may still be stored");
            wait_live(&mut client, 500);
        }
        wait_live(&mut client, 10_000);
        client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
        wait_live(&mut client, 1_000);
        assert!(
            client.pending(Method::Post, "/messages").is_some(),
            "{status} {body}: posted again after the grace time"
        );
    }
}

/// Whether a row is shown as unconfirmed.
fn is_unconfirmed(client: &ClientHarness) -> bool {
    client.rows().iter().any(|row| matches!(row.content, RowContent::Outgoing { is_unconfirmed: true, .. }))
}

fn retry(client: &mut ClientHarness, text: &str) {
    let key = client.row_keys(text)[0];
    client.dispatch(Event::Thread(ThreadEvent::RetryRequested { row: key }));
}

/// A message whose POST response was lost eight seconds ago, and which the history read since then does not contain.
fn unconfirmed() -> ClientHarness {
    let mut client = posting("hello");
    client.end("/messages", Outcome::Unknown);
    wait_live(&mut client, 1_000);
    client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
    wait_live(&mut client, 6_500);
    assert!(!is_unconfirmed(&client), "not shown before eight seconds");
    wait_live(&mut client, 500);
    assert!(is_unconfirmed(&client) && client.requests.is_empty());
    client
}

#[test]
fn outbox_shows_a_message_as_unconfirmed_after_eight_seconds_and_still_settles_it() {
    let mut client = unconfirmed();
    client.receive(&created(&by_agent(8, "there?"), None));
    assert!(is_unconfirmed(&client));
    wait_live(&mut client, GRACE_MS);
    client.answer("/messages", 200, &json!([by_agent(7, "hi"), by_agent(8, "there?"), by_visitor(9, "hello")]));
    assert!(client.is_stored("hello") && !is_unconfirmed(&client));
    wait_live(&mut client, GRACE_MS);
    assert!(client.requests.is_empty());
}

#[test]
fn outbox_retry_by_the_visitor_reads_history_before_posting() {
    for is_stored in [true, false] {
        let mut client = unconfirmed();
        retry(&mut client, "hello");
        assert!(!is_unconfirmed(&client), "the retry is under way");
        assert!(client.pending(Method::Post, "/messages").is_none(), "not posted before history is read");
        let mut messages = vec![by_agent(7, "hi")];
        if is_stored {
            messages.push(by_visitor(8, "hello"));
        }
        client.answer("/messages", 200, &json!(messages));
        wait_live(&mut client, 500);
        if !is_stored {
            store(&mut client, 9, "hello");
        }
        wait_live(&mut client, 2 * GRACE_MS);
        assert!(client.is_stored("hello") && client.requests.is_empty(), "{:?}", client.requests);
    }
}

#[test]
fn outbox_retry_by_the_visitor_replaces_a_hanging_history_request() {
    let mut client = posting("hello");
    client.end("/messages", Outcome::Unknown);
    // The history request that follows hangs.
    let hanging = client.pending(Method::Get, "/messages").unwrap().0;
    wait_live(&mut client, 8_500);
    retry(&mut client, "hello");
    assert_eq!(client.aborted, [hanging]);
    client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
    store(&mut client, 8, "hello");
    assert!(client.is_stored("hello"));
}

#[test]
fn outbox_retry_posts_nothing_while_history_can_not_be_read() {
    let mut client = unconfirmed();
    retry(&mut client, "hello");
    for _ in 0..20 {
        if client.pending(Method::Get, "/messages").is_some() {
            client.end("/messages", Outcome::Unknown);
        }
        wait_live(&mut client, 1_000);
        assert!(client.pending(Method::Post, "/messages").is_none());
    }
    assert!(is_unconfirmed(&client), "eight seconds after the retry it is unconfirmed again");
    retry(&mut client, "hello");
    client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
    store(&mut client, 8, "hello");
}

#[test]
fn unconfirmed_outbox_message_is_shown_and_retried_in_any_tab() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    browser.on(0, |tab| tab.end("/messages", Outcome::Unknown));
    for _ in 0..18 {
        browser.wait(500);
        browser.on(0, |tab| tab.receive(&json!({ "type": "ping", "message": 1 })));
        browser.on(0, |tab| {
            if tab.pending(Method::Get, "/messages").is_some() {
                tab.answer("/messages", 200, &json!([by_agent(7, "hi")]));
            }
        });
    }
    let late = browser.open();
    let unsure = |browser: &MultiTabHarness| [0, 1, late].map(|tab| is_unconfirmed(&browser.tabs[tab].client));
    browser.on(late, |tab| tab.answer("/messages", 200, &json!([by_agent(7, "hi")])));
    assert_eq!(unsure(&browser), [true; 3], "a tab opened later shows it, too");
    browser.on(1, |tab| retry(tab, "hello"));
    assert_eq!(unsure(&browser)[..2], [false; 2]);
    assert!(browser.on(0, |tab| tab.pending(Method::Post, "/messages").is_none()), "history is read first");
    browser.on(0, |tab| tab.answer("/messages", 200, &json!([by_agent(7, "hi")])));
    browser.on(0, |tab| store(tab, 8, "hello"));
    assert_eq!(unsure(&browser), [false; 3]);
    for tab in [0, 1, late] {
        assert!(browser.tabs[tab].client.is_stored("hello"), "{tab}");
    }
}

#[test]
fn unconfirmed_outbox_message_is_announced_once() {
    let mut client = posting("hello");
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let announcement = |client: &ClientHarness| client.widget.view().panel.announcement.clone();
    client.end("/messages", Outcome::Unknown);
    wait_live(&mut client, 30_000);
    assert_eq!(announcement(&client), (1, Some(Announcement::DeliveryUnconfirmed)));
}

/// The visitor starts typing, and the typing request ends without a response.
fn leave_typing_unanswered(client: &mut ClientHarness) {
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    client.end(TYPING, Outcome::Unknown);
}

fn has_post(client: &ClientHarness) -> bool {
    client.pending(Method::Post, "/messages").is_some()
}

fn has_read(client: &ClientHarness) -> bool {
    client.pending(Method::Get, "/messages").is_some()
}

#[test]
fn outbox_posts_without_a_read_on_a_working_connection() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    wait_live(&mut client, 60_000);
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    client.answer(TYPING, 200, &json!({}));
    client.submit("hello");
    assert!(has_post(&client) && !has_read(&client));
    store(&mut client, 8, "hello");
    // Without a socket neither: a read first would make the post reuse a connection that may be stale.
    client.close_socket();
    client.submit("one more");
    assert!(has_post(&client) && !has_read(&client));
}

#[test]
fn outbox_waits_for_a_successful_read_after_an_unanswered_request() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    client.close_socket();
    leave_typing_unanswered(&mut client);
    client.submit("hello");
    for _ in 0..3 {
        assert!(!has_post(&client));
        client.wait(4_001);
        client.end("/messages", Outcome::Unknown);
    }
    client.wait(8_001);
    assert!(!has_post(&client));
    client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
    assert!(has_post(&client), "the server answers again");
    client.answer("/messages", 200, &by_visitor(8, "hello"));
    client.submit("one more");
    assert!(has_post(&client) && !has_read(&client), "the server has answered");
}

#[test]
fn outbox_waits_for_a_reconnect_after_an_unanswered_request() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    client.close_socket();
    leave_typing_unanswered(&mut client);
    client.submit("hello");
    client.end("/messages", Outcome::Unknown);
    assert!(!has_post(&client));
    client.go_live();
    assert!(has_post(&client));
}

#[test]
fn leader_outbox_reads_history_first_after_a_followers_unanswered_request() {
    let mut browser = two_tabs();
    browser.on(0, ClientHarness::close_socket);
    browser.on(1, leave_typing_unanswered);
    browser.on(0, |tab| tab.end("/messages", Outcome::Unknown));
    browser.on(1, |tab| tab.submit("hello"));
    browser.wait(1_000);
    assert!(browser.on(0, |tab| !has_post(tab) && has_read(tab)));
    browser.on(0, |tab| tab.answer("/messages", 200, &json!([by_agent(7, "hi")])));
    assert!(browser.on(0, |tab| has_post(tab)));
}

#[test]
fn outbox_does_not_post_after_bad_gateway_responses() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    client.close_socket();
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "hel".to_owned() }));
    client.end(TYPING, Outcome::answered(502, "<html>502</html>".to_owned(), None));
    client.submit("hello");
    client.end("/messages", Outcome::answered(502, "<html>502</html>".to_owned(), None));
    client.wait(2_001);
    assert!(has_read(&client) && !has_post(&client));
}

#[test]
fn outbox_posts_without_a_read_after_the_connection_recovered() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    leave_typing_unanswered(&mut client);
    wait_live(&mut client, 5_000);
    client.answer("/toggle_typing?typing_status=off", 200, &json!({}));
    client.submit("hello");
    assert!(has_post(&client) && !has_read(&client));
}
