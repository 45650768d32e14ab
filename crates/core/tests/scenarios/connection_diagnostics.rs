//! Connection diagnostics: which issue the host page is told, which state the visitor sees, and what a diagnostics
//! report holds.

use natter_core::connection::diagnostics::ConnectionIssue;
use natter_core::event::{BlockReason, ComposerEvent, ConnectionEvent, PanelEvent};
use natter_core::host::events::HostEvent;
use natter_core::view::ConnectionState;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, by_agent, contact, created, stored_session};
use crate::replay::Report;

/// The issue in the latest `ConnectionChanged` host event.
fn last_issue(client: &ClientHarness) -> Option<ConnectionIssue> {
    client
        .host_events
        .iter()
        .rev()
        .find_map(|event| if let HostEvent::ConnectionChanged { issue } = event { Some(*issue) } else { None })?
}

/// A first message whose contact request ends with this outcome `times` times.
fn submit_failing(times: usize, outcome: &Outcome) -> ClientHarness {
    let mut client = ClientHarness::new();
    client.submit("hello");
    for _ in 0..times {
        client.end("/contacts", outcome.clone());
        client.wait(9_000);
    }
    client
}

fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Answered { status, body: body.to_owned(), retry_after_ms: None }
}

#[test]
fn connection_issues_are_told_apart_by_response() {
    let issue_after = |outcome| last_issue(&submit_failing(1, &outcome));
    assert_eq!(
        issue_after(answered(404, r#"{"status":404,"error":"Not Found"}"#)),
        Some(ConnectionIssue::UnknownInbox)
    );
    assert_eq!(
        issue_after(answered(500, r#"{"status":500,"error":"Internal Server Error"}"#)),
        Some(ConnectionIssue::ContactRefused)
    );
    assert_eq!(issue_after(answered(200, "<!DOCTYPE html><title>Welcome</title>")), Some(ConnectionIssue::NotChatwoot));
    assert_eq!(
        issue_after(answered(404, "<!DOCTYPE html><title>Nothing here</title>")),
        Some(ConnectionIssue::NotChatwoot)
    );
    assert_eq!(issue_after(answered(503, "")), Some(ConnectionIssue::Busy));
    assert_eq!(issue_after(Outcome::Unknown), None, "one lost connection is no issue yet");
}

#[test]
fn empty_response_body_is_no_connection_issue() {
    let mut client = ClientHarness::returning(&[]);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "h".to_owned() }));
    let empty = || Outcome::Answered { status: 200, body: String::new(), retry_after_ms: None };
    client.end("/toggle_typing?typing_status=on", empty());
    client.receive(&created(&by_agent(2, "hi"), None));
    client.end("/update_last_seen", empty());
    assert_eq!(last_issue(&client), None);
    assert!(
        !client.host_events.iter().any(|event| matches!(event, HostEvent::ConnectionChanged { issue: _ })),
        "{:?}",
        client.host_events
    );
}

#[test]
fn connection_issue_leads_to_one_connection_state() {
    let shown = |outcome| submit_failing(1, &outcome).widget.view().panel.connection;
    for blocked in [
        answered(404, r#"{"status":404,"error":"Not Found"}"#),
        answered(500, r#"{"status":500,"error":"Internal Server Error"}"#),
        answered(200, "<!DOCTYPE html><title>Welcome</title>"),
    ] {
        assert_eq!(shown(blocked.clone()), ConnectionState::Blocked, "{blocked:?}");
    }
    assert_eq!((shown(answered(503, "")), shown(answered(429, ""))), (ConnectionState::Busy, ConnectionState::Busy));
    assert_eq!(shown(Outcome::Unknown), ConnectionState::Connected, "one lost connection is no issue yet");
    for blocked in [BlockReason::ContentSecurityPolicy, BlockReason::MixedContent] {
        let mut client = ClientHarness::new();
        client.dispatch(Event::Connection(ConnectionEvent::Blocked(blocked)));
        client.submit("hello");
        for _ in 0..2 {
            client.end("/contacts", Outcome::Unknown);
            client.wait(9_000);
        }
        assert_eq!(client.widget.view().panel.connection, ConnectionState::Blocked, "{blocked:?}");
    }
    let mut client = submit_failing(2, &Outcome::Unknown);
    for answers in [true, false] {
        client.dispatch(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: answers }));
        assert_eq!(client.widget.view().panel.connection, ConnectionState::Unreachable);
    }
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Offline);
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    client.answer("/contacts", 200, &contact());
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Connected, "a response ends the issue");
}

#[test]
fn connection_state_ignores_a_first_failure_while_the_outbox_is_empty() {
    let mut client = ClientHarness::with_storage(stored_session(), 5);
    client.end("/messages", answered(503, ""));
    assert_eq!(
        (last_issue(&client), client.widget.view().panel.connection),
        (Some(ConnectionIssue::Busy), ConnectionState::Connected)
    );
    client.wait(5_000);
    client.end("/messages", answered(503, ""));
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Busy);
}

#[test]
fn connection_probe_tells_withheld_responses_from_an_unreachable_server() {
    let mut client = submit_failing(2, &Outcome::Unknown);
    assert_eq!((&client.probes[..], last_issue(&client)), (&["https://chat.example.test".to_owned()][..], None));
    client.dispatch(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: true }));
    assert_eq!(last_issue(&client), Some(ConnectionIssue::AnswersWithheld));
    client.dispatch(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: false }));
    assert_eq!(last_issue(&client), Some(ConnectionIssue::Unreachable));
    client.answer("/contacts", 200, &contact());
    assert_eq!(last_issue(&client), None, "a response ends the issue");
}

#[test]
fn connection_blocked_by_content_security_policy_is_reported_without_a_probe() {
    let mut client = ClientHarness::new();
    client.dispatch(Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)));
    client.submit("hello");
    for _ in 0..2 {
        client.end("/contacts", Outcome::Unknown);
        client.wait(9_000);
    }
    assert_eq!((client.probes.len(), last_issue(&client)), (0, Some(ConnectionIssue::ForbiddenByPolicy)));
}

#[test]
fn connection_issue_reports_a_socket_that_never_opens() {
    let mut client = ClientHarness::with_storage(stored_session(), 5);
    client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
    for _ in 0..60 {
        if client.socket.is_some() {
            client.close_socket();
        }
        client.wait(1_000);
        while client.pending(natter_core::chatwoot::Method::Get, "/messages").is_some() {
            client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
        }
    }
    assert_eq!(last_issue(&client), Some(ConnectionIssue::NoSocket));
    client.go_live();
    assert_eq!(last_issue(&client), None);
}

#[test]
fn connection_issue_offline_takes_precedence() {
    let mut client = submit_failing(1, &answered(503, ""));
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(last_issue(&client), Some(ConnectionIssue::Offline));
}

#[test]
fn diagnostics_report_replays_to_the_same_state() {
    let mut client = ClientHarness::returning(&[by_agent(7, "an answer")]);
    client.submit("a question");
    client.end("/messages", Outcome::Unknown);
    client.wait(300_000);
    let report = Report::of(&client.widget);
    assert_eq!((&report.state["messages"], &report.state["waiting"]), (&json!("1"), &json!("1")));
    assert_eq!(report.state["trouble"], "none");
    report.assert_replays();
    assert_eq!(report.replay().view(), client.widget.view(), "the replayed view is equal");
}

#[test]
fn diagnostics_report_does_not_reveal_the_source_id() {
    let mut client = ClientHarness::new();
    let before = client.widget.diagnostics();
    client.submit("hello");
    let record = &client.storage["session"];
    let source_id = serde_json::from_str::<Value>(record).unwrap()["customer_identifier"].as_str().unwrap().to_owned();
    let again = Report::of(&client.widget).replay();
    assert!(!before.contains(&source_id) && !again.diagnostics().contains(&source_id));
}
