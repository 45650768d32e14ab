//! What the page's developer is told of what is wrong.

use natter_core::connection::diagnostics::ConnectionIssue;
use natter_core::event::{BlockReason, ComposerEvent, ConnectionEvent, PanelEvent};
use natter_core::host::events::HostEvent;
use natter_core::view::ConnectionState;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, agents, contact, created, kept_session};
use crate::replay::Report;

/// The last thing the page was told of trouble.
fn trouble(bench: &Bench) -> Option<ConnectionIssue> {
    bench
        .told
        .iter()
        .rev()
        .find_map(|event| if let HostEvent::ConnectionChanged { issue } = event { Some(*issue) } else { None })?
}

/// A first-time visitor who writes, and whose request for a contact ends like this each time.
fn writing(times: usize, outcome: &Outcome) -> Bench {
    let mut bench = Bench::new();
    bench.submit("hello");
    for _ in 0..times {
        bench.end("/contacts", outcome.clone());
        bench.wait(9_000);
    }
    bench
}

fn answered(status: u16, body: &str) -> Outcome {
    Outcome::Answered { status, body: body.to_owned(), retry_after_ms: None }
}

#[test]
fn connection_issues_are_told_apart_by_response() {
    let told = |outcome| trouble(&writing(1, &outcome));
    assert_eq!(told(answered(404, r#"{"status":404,"error":"Not Found"}"#)), Some(ConnectionIssue::UnknownInbox));
    assert_eq!(
        told(answered(500, r#"{"status":500,"error":"Internal Server Error"}"#)),
        Some(ConnectionIssue::ContactRefused)
    );
    assert_eq!(told(answered(200, "<!DOCTYPE html><title>Welcome</title>")), Some(ConnectionIssue::NotChatwoot));
    assert_eq!(told(answered(404, "<!DOCTYPE html><title>Nothing here</title>")), Some(ConnectionIssue::NotChatwoot));
    assert_eq!(told(answered(503, "")), Some(ConnectionIssue::Busy));
    assert_eq!(told(Outcome::Unknown), None, "connections break");
}

#[test]
fn empty_response_body_is_no_connection_issue() {
    let mut bench = Bench::returning(&[]);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "h".to_owned() }));
    let empty = || Outcome::Answered { status: 200, body: String::new(), retry_after_ms: None };
    bench.end("/toggle_typing?typing_status=on", empty());
    bench.frame(&created(&agents(2, "hi"), None));
    bench.end("/update_last_seen", empty());
    assert_eq!(trouble(&bench), None);
    assert!(
        !bench.told.iter().any(|tell| matches!(tell, HostEvent::ConnectionChanged { issue: _ })),
        "{:?}",
        bench.told
    );
}

#[test]
fn connection_issue_leads_to_one_connection_state() {
    let shown = |outcome| writing(1, &outcome).widget.view().panel.connection;
    for barred in [
        answered(404, r#"{"status":404,"error":"Not Found"}"#),
        answered(500, r#"{"status":500,"error":"Internal Server Error"}"#),
        answered(200, "<!DOCTYPE html><title>Welcome</title>"),
    ] {
        assert_eq!(shown(barred.clone()), ConnectionState::Blocked, "{barred:?}");
    }
    assert_eq!((shown(answered(503, "")), shown(answered(429, ""))), (ConnectionState::Busy, ConnectionState::Busy));
    assert_eq!(shown(Outcome::Unknown), ConnectionState::Connected, "connections break");
    for blocked in [BlockReason::ContentSecurityPolicy, BlockReason::MixedContent] {
        let mut bench = Bench::new();
        bench.event(Event::Connection(ConnectionEvent::Blocked(blocked)));
        bench.submit("hello");
        for _ in 0..2 {
            bench.end("/contacts", Outcome::Unknown);
            bench.wait(9_000);
        }
        assert_eq!(bench.widget.view().panel.connection, ConnectionState::Blocked, "{blocked:?}");
    }
    let mut bench = writing(2, &Outcome::Unknown);
    for answers in [true, false] {
        bench.event(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: answers }));
        assert_eq!(bench.widget.view().panel.connection, ConnectionState::Unreachable);
    }
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Offline);
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    bench.answer("/contacts", 200, &contact());
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Connected, "and then to none");
}

#[test]
fn connection_state_ignores_a_first_failure_while_the_outbox_is_empty() {
    let mut bench = Bench::with_storage(kept_session(), 5);
    bench.end("/messages", answered(503, ""));
    assert_eq!(
        (trouble(&bench), bench.widget.view().panel.connection),
        (Some(ConnectionIssue::Busy), ConnectionState::Connected)
    );
    bench.wait(5_000);
    bench.end("/messages", answered(503, ""));
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Busy);
}

#[test]
fn connection_probe_tells_withheld_responses_from_an_unreachable_server() {
    let mut bench = writing(2, &Outcome::Unknown);
    assert_eq!((&bench.probes[..], trouble(&bench)), (&["https://chat.example.test".to_owned()][..], None));
    bench.event(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: true }));
    assert_eq!(trouble(&bench), Some(ConnectionIssue::AnswersWithheld));
    bench.event(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable: false }));
    assert_eq!(trouble(&bench), Some(ConnectionIssue::Unreachable));
    bench.answer("/contacts", 200, &contact());
    assert_eq!(trouble(&bench), None, "all is well again");
}

#[test]
fn connection_blocked_by_content_security_policy_is_reported_without_a_probe() {
    let mut bench = Bench::new();
    bench.event(Event::Connection(ConnectionEvent::Blocked(BlockReason::ContentSecurityPolicy)));
    bench.submit("hello");
    for _ in 0..2 {
        bench.end("/contacts", Outcome::Unknown);
        bench.wait(9_000);
    }
    assert_eq!((bench.probes.len(), trouble(&bench)), (0, Some(ConnectionIssue::ForbiddenByPolicy)));
}

#[test]
fn connection_issue_reports_a_socket_that_never_opens() {
    let mut bench = Bench::with_storage(kept_session(), 5);
    bench.answer("/messages", 200, &json!([agents(8, "hi")]));
    for _ in 0..60 {
        if bench.link.is_some() {
            bench.close_socket();
        }
        bench.wait(1_000);
        while bench.asked(natter_core::chatwoot::Method::Get, "/messages").is_some() {
            bench.answer("/messages", 200, &json!([agents(8, "hi")]));
        }
    }
    assert_eq!(trouble(&bench), Some(ConnectionIssue::NoSocket));
    bench.go_live();
    assert_eq!(trouble(&bench), None);
}

#[test]
fn connection_issue_offline_takes_precedence() {
    let mut bench = writing(1, &answered(503, ""));
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(trouble(&bench), Some(ConnectionIssue::Offline));
}

#[test]
fn diagnostics_report_replays_to_the_same_state() {
    let mut bench = Bench::returning(&[agents(7, "an answer")]);
    bench.submit("a question");
    bench.end("/messages", Outcome::Unknown);
    bench.wait(300_000);
    let report = Report::of(&bench.widget);
    assert_eq!((&report.standing["messages"], &report.standing["waiting"]), (&json!("1"), &json!("1")));
    assert_eq!(report.standing["trouble"], "none");
    report.leads_where_it_says();
    assert_eq!(report.replayed().view(), bench.widget.view(), "and there is the same to see");
}

#[test]
fn diagnostics_report_does_not_reveal_the_source_id() {
    let mut bench = Bench::new();
    let before = bench.widget.diagnostics();
    bench.submit("hello");
    let kept = &bench.storage["session"];
    let drawn = serde_json::from_str::<Value>(kept).unwrap()["customer_identifier"].as_str().unwrap().to_owned();
    let again = Report::of(&bench.widget).replayed();
    assert!(!before.contains(&drawn) && !again.diagnostics().contains(&drawn));
}
