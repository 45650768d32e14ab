//! Random sequences of events from servers, sockets, storage, other tabs and the visitor.

use natter_core::chatwoot::{self, Body, Frame, HttpRequest, Method};
use natter_core::conversation::message_window::{Distance, ScrollPosition};
use natter_core::conversation::timeline::RowKey;
use natter_core::event::{ComposerEvent, ConnectionEvent, PageEvent, PanelEvent, ThreadEvent};
use natter_core::tabs::leader_election::{LeaderStatus, TabMessage};
use natter_core::view::RowContent;
use natter_core::{Effect, Event, Outcome, RequestId, SocketEvent, SocketId, TabEvent};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::fuzz_harness::{FuzzClient, Step, started};
use super::generators::{any_text, anything, json, short_text};
use super::replay::Report;
use super::{check_property, fuzz_harness};

/// Few texts, so that incoming and outgoing messages often have equal texts.
const TEXTS: [&str; 3] = ["hi", "hello", "are you there?"];

fn text() -> impl Strategy<Value = String> {
    prop_oneof![4 => select(&TEXTS[..]).prop_map(str::to_owned), 1 => any_text()]
}

/// A message with one of few ids and authors, and perhaps one field with any value.
fn message() -> BoxedStrategy<String> {
    let id = prop_oneof![6 => 0..30_u64, 1 => any::<u64>()];
    (id, text(), 0..4_u8, prop::option::weighted(0.1, (short_text(), json()))).prop_map(|(id, text, kind, odd)| {
        let sender = if kind == 1 { json!({ "id": id % 3, "name": "Noor", "type": "user" }) } else { Value::Null };
        let text = json!({
            "id": id, "content": text, "message_type": kind, "created_at": id.wrapping_mul(100), "conversation_id": 6, "sender": sender,
        })
        .to_string();
        match odd {
            Some((name, value)) => format!("{},{}:{value}}}", &text[..text.len() - 1], Value::String(name)),
            None => text,
        }
    })
    .boxed()
}

fn frame() -> BoxedStrategy<String> {
    let event = select(&["message.created", "message.updated", "conversation.created", "presence.update"][..]);
    let event_frame = (event, prop_oneof![3 => message(), 1 => json()])
        .prop_map(|(event, data)| format!(r#"{{"message":{{"event":"{event}","data":{data}}}}}"#));
    let kind = select(&["welcome", "ping", "confirm_subscription", "reject_subscription", "disconnect"][..]);
    let own = (kind, any::<bool>()).prop_map(|(kind, again)| json!({ "type": kind, "reconnect": again }).to_string());
    prop_oneof![4 => event_frame, 2 => own, 2 => anything()].boxed()
}

fn outcome() -> BoxedStrategy<Outcome> {
    let page = prop::collection::vec(message(), 0..25).prop_map(|messages| format!("[{}]", messages.join(",")));
    let contact = (short_text(), short_text())
        .prop_map(|(source_id, token)| json!({ "source_id": source_id, "pubsub_token": token }).to_string());
    let conversation = (0..9_u64).prop_map(|id| json!({ "id": id, "status": "open" }).to_string());
    let refusal = short_text().prop_map(|words| json!({ "error": words }).to_string());
    let body = prop_oneof![3 => page, 1 => message(), 2 => contact, 2 => conversation, 1 => refusal, 3 => anything()];
    let status = prop_oneof![
        4 => Just(200_u16),
        4 => select(&[0_u16, 204, 302, 400, 401, 404, 408, 422, 429, 500, 502, 503, 65_535][..]),
    ];
    prop_oneof![
        8 => (status, body, any::<Option<u64>>())
            .prop_map(|(status, body, retry_after_ms)| Outcome::Answered { status, body, retry_after_ms }),
        1 => Just(Outcome::NotSent),
        1 => Just(Outcome::Unknown),
    ]
    .boxed()
}

fn stored_records() -> impl Strategy<Value = Vec<(String, String)>> {
    let key = prop_oneof![
        Just("session".to_owned()),
        Just("draft".to_owned()),
        short_text().prop_map(|echo| format!("send/{echo}")),
        short_text(),
    ];
    let number = prop_oneof![0..9_u64, any::<u64>(), Just(u64::MAX)];
    let tries = prop_oneof![0..4_u32, any::<u32>(), Just(u32::MAX)];
    let send = (text(), number.clone(), number.clone(), tries, any::<bool>(), prop::option::of(number)).prop_map(
        |(text, at, nth, tries, posting, newest)| {
            json!({
                "v": 1, "text": text, "at": at, "nth": nth, "tries": tries, "conversation": 6, "posting": posting,
                "newest": newest, "failed": false, "refusal": null,
            })
            .to_string()
        },
    );
    prop::collection::vec((key, prop_oneof![send, anything()]), 0..8)
}

/// What a server, a network and a clock can do to a client.
fn network_step() -> BoxedStrategy<Step> {
    let wait = select(&[1, 500, 1_000, 7_000, 31_000, 80_000, 10_000_000][..]);
    let socket_event = prop_oneof![frame().prop_map(SocketEvent::Frame), Just(SocketEvent::Closed)];
    prop_oneof![
        6 => frame().prop_map(Step::Frame),
        6 => outcome().prop_map(Step::End),
        4 => wait.prop_map(Step::Wait),
        1 => any::<u64>().prop_map(Step::Sleep),
        1 => Just(Step::Close),
        1 => (0..5_u32, socket_event).prop_map(|(link, socket_event)| Step::Event(Event::Connection(ConnectionEvent::Socket { socket: SocketId(link), event: socket_event }))),
        1 => (0..20_u64, outcome()).prop_map(|(id, outcome)| Step::Event(Event::Connection(ConnectionEvent::RequestEnded { request: RequestId(id), outcome }))),
        1 => any::<bool>().prop_map(|is_online| Step::Event(Event::Connection(ConnectionEvent::OnlineChanged { is_online }))),
    ]
    .boxed()
}

/// What a visitor can do without sending anything.
fn visitor_step() -> impl Strategy<Value = Step> {
    let key = || (0..40_u64).prop_map(RowKey);
    prop_oneof![
        any::<bool>().prop_map(|is_open| Event::Panel(PanelEvent::Toggled { is_open })),
        any::<bool>().prop_map(|is_visible| Event::Page(PageEvent::VisibilityChanged { is_visible })),
        text().prop_map(|text| Event::Composer(ComposerEvent::DraftChanged { text })),
        key().prop_map(|row| Event::Thread(ThreadEvent::RetryRequested { row })),
        key().prop_map(|row| Event::Thread(ThreadEvent::MessageDiscarded { row })),
        (key(), any::<bool>())
            .prop_map(|(key, is_folded)| Event::Thread(ThreadEvent::TextFolded { row: key, is_folded })),
        (any::<bool>(), 0..3_usize, prop::option::of(key())).prop_map(|(is_at_top, below, held)| {
            let below = [Distance::Here, Distance::Near, Distance::Far][below];
            Event::Thread(ThreadEvent::Scrolled { position: ScrollPosition { is_at_top, below }, focused_row: held })
        }),
        Just(Event::Thread(ThreadEvent::EarlierRequested)),
        Just(Event::Thread(ThreadEvent::NewestRequested)),
        Just(Event::Page(PageEvent::Suspended)),
        Just(Event::Page(PageEvent::Resumed { stored: Vec::new() })),
        Just(Event::Tick),
    ]
    .prop_map(Step::Event)
}

/// What other tabs and the browser's lock manager can send.
fn tab_events() -> impl Strategy<Value = TabEvent> {
    let tab_message = prop_oneof![
        Just(TabMessage::PingLeader),
        (any::<bool>(), any::<bool>())
            .prop_map(|(is_live, is_failing)| TabMessage::Leader(LeaderStatus { is_live, is_failing })),
        stored_records().prop_map(|stored| {
            stored
                .into_iter()
                .next()
                .map_or(TabMessage::ReadHistory, |(key, value)| TabMessage::Stored { key, value: Some(value) })
        }),
        text().prop_map(|key| TabMessage::Stored { key: format!("send/{key}"), value: None }),
        frame().prop_map(TabMessage::CableFrame),
        (text(), message()).prop_map(|(echo, body)| TabMessage::SendResponse { echo: echo.into(), status: 200, body }),
        text().prop_map(|echo| TabMessage::RetrySend(echo.into())),
        text().prop_map(|echo| TabMessage::DiscardSend(echo.into())),
        Just(TabMessage::ReadHistory),
    ];
    prop_oneof![
        1 => stored_records().prop_map(|stored| TabEvent::LockGranted { stored }),
        1 => Just(TabEvent::LockStolen),
        1 => Just(TabEvent::LockRefused),
        3 => (any::<bool>(), 0..3_u64).prop_map(|(is_ours, generation)| TabEvent::LockQueried { is_ours, generation }),
        6 => tab_message.prop_map(|tab_message| TabEvent::Received { text: natter_core::tabs::messages::encode(&tab_message) }),
        1 => text().prop_map(|text| TabEvent::Received { text }),
    ]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => network_step(),
        2 => visitor_step(),
        2 => text().prop_map(|text| Step::Event(Event::Composer(ComposerEvent::Submitted { text }))),
        1 => (stored_records(), any::<bool>()).prop_map(|(stored, is_shared)| Step::Event(Event::Started { stored, has_tab_sync: is_shared })),
        1 => stored_records().prop_map(|stored| Step::Event(Event::Page(PageEvent::Resumed { stored }))),
        2 => tab_events().prop_map(|event| Step::Event(Event::Tabs(event))),
    ]
}

#[test]
fn random_event_sequences_keep_the_invariants_and_replay() {
    check_property(400, (any::<bool>(), prop::collection::vec(any_step(), 0..60)), |(is_returning, steps)| {
        let mut client = if is_returning { FuzzClient::returning("[]") } else { FuzzClient::new() };
        for step in steps {
            client.step(step);
        }
        let report = Report::of(&client.widget);
        // A report holds no events of a forgotten visitor.
        if report.is_complete() {
            report.assert_replays();
        }
    });
}

#[test]
fn random_fuzz_scripts_keep_the_invariants() {
    let letter = select(
        &[
            "new\n",
            "f",
            "2",
            "4",
            "9",
            "!",
            "?",
            "n",
            "c",
            "w",
            "s",
            "r",
            "x",
            "u",
            "ksend/a=",
            "bsession=",
            "g",
            "t",
            "i",
            "m",
            "a",
            "esend/a=",
        ][..],
    );
    let line = (letter, prop_oneof![frame(), message(), short_text(), anything()])
        .prop_map(|(letter, text)| letter.to_owned() + &text);
    check_property(300, prop::collection::vec(line, 0..30), |lines| fuzz_harness::run_script(&lines.join("\n")));
}

#[test]
fn anonymous_visitor_who_sends_nothing_creates_no_contact_and_stores_only_a_draft() {
    let steps = prop::collection::vec(prop_oneof![network_step(), visitor_step()], 0..40);
    check_property(200, steps, |steps| {
        let mut client = FuzzClient::new();
        client.step(started(Vec::new()));
        for step in steps {
            client.step(step);
        }
        for effect in client.effects {
            match effect {
                Effect::Save { key, value: _ } | Effect::Delete { key } => assert_eq!(key, "draft"),
                // The inbox request tells nothing about the visitor.
                Effect::SendRequest { id: _, request } => {
                    assert!(request.method == Method::Get && !request.url.contains("contacts"), "{request:?}");
                }
                Effect::OpenSocket { .. }
                | Effect::Transmit { .. }
                | Effect::StoreFiles { .. }
                | Effect::DeleteFiles { message: _ }
                | Effect::EraseDevice { .. } => {
                    panic!("unexpected effect: {effect:?}")
                }
                Effect::AbortRequest { id: _ }
                | Effect::CloseSocket { socket: _ }
                | Effect::Host(_)
                | Effect::Tabs(_)
                | Effect::Probe { url: _ }
                | Effect::LookUpTimeZone { zone: _ } => {}
            }
        }
    });
}

#[test]
fn cable_noise_hides_no_message() {
    let ends = |text: &String| matches!(chatwoot::parse_frame(text), Frame::Disconnect { .. } | Frame::Rejected);
    let noise = prop::collection::vec(frame().prop_filter("it ends the socket", move |text| !ends(text)), 0..30);
    check_property(200, noise, |noise| {
        let mut client = FuzzClient::returning("[]");
        for frame in noise {
            client.step(Step::Frame(frame));
        }
        let data = json!({ "id": 5_000_000_000_u64, "content": "I am here", "message_type": 1, "conversation_id": 6 });
        client.step(Step::Frame(json!({ "message": { "event": "message.created", "data": data } }).to_string()));
        let is_it =
            |content: &RowContent| matches!(content, RowContent::Stored(message) if message.text == "I am here");
        assert!(client.widget.view().thread.rows.iter().any(|row| is_it(&row.content)));
    });
}

#[test]
fn outbox_delivers_once_arbitrary_failures_end() {
    let failure = prop_oneof![
        4 => outcome().prop_map(Step::End),
        1 => select(&[1_000, 31_000, 80_000][..]).prop_map(Step::Wait),
    ];
    check_property(
        300,
        (any::<bool>(), stored_records(), prop::collection::vec(failure, 0..20)),
        |(is_returning, stored, noise)| {
            let mut client = if is_returning { FuzzClient::returning("[]") } else { FuzzClient::new() };
            client.step(started(stored));
            client.step(Step::Event(Event::Composer(ComposerEvent::Submitted { text: "hello?".to_owned() })));
            for step in noise {
                client.step(step);
            }
            let waits = |client: &FuzzClient| {
                let rows = &client.widget.view().thread.rows;
                rows.iter().any(|row| matches!(row.content, RowContent::Outgoing { failure: None, .. }))
            };
            let mut steps = 0;
            while waits(&client) {
                steps += 1;
                assert!(steps < 500, "the outbox never empties; pending: {:?}", client.requests);
                client.step(client.requests.front().map_or(Step::Wait(10_000), |(_, request)| {
                    let answer = valid_response(request, 9_000_000_000 + steps);
                    Step::End(Outcome::Answered { status: 200, body: answer.to_string(), retry_after_ms: None })
                }));
            }
        },
    );
}

/// A valid response to any request; a posted message gets this id.
fn valid_response(request: &HttpRequest, id: u64) -> Value {
    let path = request.url.split('?').next().unwrap_or_default();
    match (request.method, path.rsplit('/').next()) {
        (Method::Post, Some("messages")) => {
            let Body::Json(body) = &request.body else { panic!("a message without text") };
            let body: Value = serde_json::from_str(body).unwrap();
            json!({ "id": id, "content": body["content"], "message_type": 0, "conversation_id": 6 })
        }
        (Method::Post, Some("conversations")) => json!({ "id": 6, "status": "open" }),
        (Method::Get, Some("messages" | "conversations")) => json!([]),
        _ => json!({ "source_id": "me", "pubsub_token": "token" }),
    }
}
