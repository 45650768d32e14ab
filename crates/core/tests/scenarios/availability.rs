//! Availability: working hours, presence of agents, and who the header shows.

use natter_core::Event;
use natter_core::availability::{Presence, UtcOffset};
use natter_core::event::PanelEvent;
use natter_core::host::settings::Options;
use natter_core::model::Person;
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, START, by_agent, by_visitor, cable_event, created};

fn with_hours() -> Value {
    let day = |day: u64| match day {
        0 | 6 => json!({ "day_of_week": day, "closed_all_day": true, "open_hour": null }),
        _ => json!({ "day_of_week": day, "closed_all_day": false, "open_hour": 9, "open_minutes": 30, "close_hour": 17,
            "close_minutes": 0, "open_all_day": false }),
    };
    let days: Vec<Value> = (0..7).map(day).collect();
    json!({ "name": "Workshop", "timezone": "Europe/Berlin", "working_hours": days, "working_hours_enabled": true })
}

#[test]
fn availability_shows_the_next_working_hours_to_a_new_visitor() {
    let mut client = ClientHarness::new();
    client.inbox_response = with_hours();
    assert!(client.time_zone_lookups.is_empty(), "a closed panel needs no time zone");
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(client.time_zone_lookups, ["Europe/Berlin"]);
    client.dispatch(Event::TimeZoneLookedUp { offsets: vec![UtcOffset { from: 0, ahead: 3_600 }] });
    let panel = &client.widget.view().panel;
    // The harness starts on Saturday, 21 November 2026. Monday 09:30 in Berlin is 08:30 UTC.
    assert_eq!((panel.name.as_str(), panel.presence), ("Workshop", Presence::Until(1_795_422_600)));
    assert!(client.storage.is_empty() && client.socket.is_none());
    client.wait((1_795_422_600 - START) * 1_000);
    assert_eq!(client.widget.view().panel.presence, Presence::Unknown, "the line disappears when working hours begin");
}

#[test]
fn presence_is_online_until_agents_leave_or_the_socket_is_lost() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello")]);
    let presence = |users: Value| cable_event("presence.update", json!({ "account_id": 1, "users": users }));
    client.receive(&presence(json!({ "2": "busy", "3": "offline" })));
    assert_eq!(client.widget.view().panel.presence, Presence::Unknown);
    client.receive(&presence(json!({ "2": "online", "3": "offline" })));
    assert_eq!(client.widget.view().panel.presence, Presence::Online);
    client.receive(&presence(json!({})));
    assert_eq!(client.widget.view().panel.presence, Presence::Unknown);
    client.receive(&presence(json!({ "2": "online" })));
    client.close_socket();
    client.wait(60_000);
    assert_eq!(client.widget.view().panel.presence, Presence::Unknown, "without a socket presence is unknown");
}

#[test]
fn header_shows_the_team_and_then_agents_who_wrote() {
    let person = |name: &str| Person { name: name.to_owned(), ..Person::default() };
    let options = Options { team: vec![person("Ana"), person("Ben")], ..Options::default() };
    let mut client = ClientHarness::with_options(options, &[by_visitor(1, "hello")]);
    let faces = |client: &ClientHarness| -> Vec<String> {
        client.widget.view().panel.agents.iter().map(|face| face.name.clone()).collect()
    };
    assert_eq!(faces(&client), ["Ana", "Ben"]);
    client.receive(&created(&by_agent(2, "hi"), None));
    assert_eq!(faces(&client), ["Ana", "Ben", "Alice Agent"]);
    let mut other = by_agent(3, "me too");
    other["sender"]["name"] = json!("Dora");
    other["sender"]["available_name"] = json!("Dora");
    client.receive(&created(&other, None));
    assert_eq!(faces(&client).len(), 3, "the header has room for three avatars");
}

#[test]
fn inbox_without_usable_content_is_requested_once() {
    let mut client = ClientHarness::new();
    client.inbox_response = json!([]);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.wait(600_000);
    assert_eq!(client.inbox_requests, 1);
}
