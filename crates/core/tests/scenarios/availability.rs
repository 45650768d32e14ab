//! Who is there, as far as the panel says.

use natter_core::Event;
use natter_core::availability::{Presence, UtcOffset};
use natter_core::event::PanelEvent;
use natter_core::host::settings::Options;
use natter_core::model::Person;
use serde_json::{Value, json};

use crate::client_harness::{Bench, DAWN, agents, created, event, visitors};

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
    let mut bench = Bench::new();
    bench.inbox = with_hours();
    assert!(bench.zones.is_empty(), "nobody looks, so nobody asks");
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert_eq!(bench.zones, ["Europe/Berlin"]);
    bench.event(Event::TimeZoneLookedUp { offsets: vec![UtcOffset { from: 0, ahead: 3_600 }] });
    let panel = &bench.widget.view().panel;
    // The bench's day is Saturday, 21 November 2026; Monday at half past nine in Berlin is half past eight UTC.
    assert_eq!((panel.name.as_str(), panel.presence), ("Workshop", Presence::Until(1_795_422_600)));
    assert!(bench.storage.is_empty() && bench.link.is_none());
    bench.wait((1_795_422_600 - DAWN) * 1_000);
    assert_eq!(bench.widget.view().panel.presence, Presence::Unknown, "the line goes when they are back");
}

#[test]
fn presence_is_online_until_agents_leave_or_the_socket_is_lost() {
    let mut bench = Bench::returning(&[visitors(1, "hello")]);
    let presence = |users: Value| event("presence.update", json!({ "account_id": 1, "users": users }));
    bench.frame(&presence(json!({ "2": "busy", "3": "offline" })));
    assert_eq!(bench.widget.view().panel.presence, Presence::Unknown);
    bench.frame(&presence(json!({ "2": "online", "3": "offline" })));
    assert_eq!(bench.widget.view().panel.presence, Presence::Online);
    bench.frame(&presence(json!({})));
    assert_eq!(bench.widget.view().panel.presence, Presence::Unknown);
    bench.frame(&presence(json!({ "2": "online" })));
    bench.close_socket();
    bench.wait(60_000);
    assert_eq!(bench.widget.view().panel.presence, Presence::Unknown, "nobody can tell any more");
}

#[test]
fn header_shows_the_team_and_then_agents_who_wrote() {
    let person = |name: &str| Person { name: name.to_owned(), ..Person::default() };
    let options = Options { team: vec![person("Ana"), person("Ben")], ..Options::default() };
    let mut bench = Bench::on_a_site(options, &[visitors(1, "hello")]);
    let faces = |bench: &Bench| -> Vec<String> {
        bench.widget.view().panel.agents.iter().map(|face| face.name.clone()).collect()
    };
    assert_eq!(faces(&bench), ["Ana", "Ben"]);
    bench.frame(&created(&agents(2, "hi"), None));
    assert_eq!(faces(&bench), ["Ana", "Ben", "Alice Agent"]);
    let mut other = agents(3, "me too");
    other["sender"]["name"] = json!("Dora");
    other["sender"]["available_name"] = json!("Dora");
    bench.frame(&created(&other, None));
    assert_eq!(faces(&bench).len(), 3, "there is no room for more");
}

#[test]
fn inbox_without_usable_content_is_requested_once() {
    let mut bench = Bench::new();
    bench.inbox = json!([]);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.wait(600_000);
    assert_eq!(bench.inboxes_asked, 1);
}
