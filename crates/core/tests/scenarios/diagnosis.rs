//! What the page's developer is told of what is wrong.

use natter_core::connection::diagnostics::ConnectionIssue;
use natter_core::event::{BlockReason, ComposerEvent, ConnectionEvent, PanelEvent};
use natter_core::host::events::HostEvent;
use natter_core::view::ConnectionState;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::bench::{Bench, agents, contact, created, kept_session};
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
fn each_thing_that_can_be_wrong_is_told_apart() {
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
fn an_answer_without_a_body_says_nothing_is_wrong() {
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
fn each_thing_that_can_be_wrong_leads_to_one_sentence() {
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
fn what_no_message_waits_for_is_not_said_before_it_lasts() {
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
fn an_unanswered_server_is_probed_and_the_probe_tells_whose_fault_it_is() {
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
fn what_the_page_itself_forbids_is_said_without_a_probe() {
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
fn a_socket_that_can_not_be_had_or_only_pings_is_told_of() {
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
fn no_network_is_the_first_thing_to_say() {
    let mut bench = writing(1, &answered(503, ""));
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(trouble(&bench), Some(ConnectionIssue::Offline));
}

#[test]
fn a_report_says_how_things_stand_and_leads_there_again() {
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
fn a_report_says_nothing_of_who_the_next_visitor_will_be() {
    let mut bench = Bench::new();
    let before = bench.widget.diagnostics();
    bench.submit("hello");
    let kept = &bench.storage["session"];
    let drawn = serde_json::from_str::<Value>(kept).unwrap()["customer_identifier"].as_str().unwrap().to_owned();
    let again = Report::of(&bench.widget).replayed();
    assert!(!before.contains(&drawn) && !again.diagnostics().contains(&drawn));
}
