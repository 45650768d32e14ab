//! Each a visitor's story, in labelled steps.

use natter_core::chatwoot::Method;
use natter_core::conversation::timeline::Failure;
use natter_core::event::{ComposerEvent, ConnectionEvent, PanelEvent, ThreadEvent};
use natter_core::host::events::HostEvent;
use natter_core::model::Status;
use natter_core::view::{ComposerProblem, ConnectionState, ConversationEnd, RowContent, TextFold};
use natter_core::{Event, Outcome};
use serde_json::json;

use crate::client_harness::{
    Bench, CONVERSATION, TOKEN, agents, contact, conversation, created, event, json_body, kept_session, visitors,
};

const CONTACTS: &str = "/inboxes/inboxMainIdentifier00001/contacts";

#[test]
fn first_message_creates_contact_and_conversation_and_leaves_the_outbox() {
    let mut bench = Bench::new();
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert!(bench.calls.is_empty() && bench.link.is_none() && bench.storage.is_empty(), "nothing before intent");

    bench.submit("hello");
    assert_eq!(bench.texts(), ["hello"], "painted at once");
    let key = bench.rows()[0].key;

    let create = bench.answer(CONTACTS, 200, &contact());
    let drawn = json_body(&create)["source_id"].as_str().unwrap().to_owned();
    assert_eq!(drawn.len(), 36, "the widget draws its own source_id");
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    let post = bench.answer("/messages", 200, &visitors(8, "hello"));
    assert_eq!(json_body(&post)["content"], "hello");
    assert_eq!((bench.texts(), bench.rows()[0].key), (vec!["hello".to_owned()], key));
    assert!(bench.is_said("hello"));

    bench.go_live();
    assert!(bench.transmitted[0].1.contains(TOKEN));
    assert!(!bench.storage.keys().any(|key| key.starts_with("send/")), "the outbox is empty");
}

#[test]
fn agent_reply_counts_as_unread_only_while_the_panel_is_closed() {
    let mut bench = Bench::returning(&[visitors(8, "hello")]);
    bench.frame(&created(&agents(9, "hi there"), None));
    assert_eq!(bench.texts(), ["hello", "hi there"]);
    assert_eq!((bench.widget.view().panel.unread, &bench.told[0]), (1, &HostEvent::UnreadChanged { count: 1 }));

    bench.frame(&created(&agents(9, "hi there"), None));
    assert_eq!((bench.texts().len(), bench.widget.view().panel.unread), (2, 1), "the same message twice is one");

    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.frame(&created(&agents(10, "still there?"), None));
    assert_eq!(bench.widget.view().panel.unread, 0);
}

#[test]
fn reload_restores_contact_conversation_and_draft() {
    let mut bench = Bench::returning(&[visitors(8, "hello"), agents(9, "hi")]);
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "half a sent".to_owned() }));
    let mut reloaded = bench.reload(11);
    assert!(reloaded.widget.view().thread.is_loading);
    assert_eq!(&*reloaded.widget.view().composer.injected_text.1, "half a sent");
    assert!(reloaded.asked(Method::Post, "").is_none(), "nobody is made again");
    reloaded.answer("/conversations/6/messages", 200, &json!([visitors(8, "hello"), agents(9, "hi")]));
    assert_eq!(reloaded.texts(), ["hello", "hi"]);
    assert!(reloaded.link.is_some());
}

#[test]
fn outbox_sends_one_message_at_a_time_in_order() {
    let mut bench = Bench::returning(&[]);
    for text in ["one", "two", "three"] {
        bench.submit(text);
    }
    for (id, text) in [(8, "one"), (9, "two"), (10, "three")] {
        assert_eq!(bench.calls.len(), 1, "one in flight");
        let post = bench.answer("/messages", 200, &visitors(id, text));
        assert_eq!(json_body(&post)["content"], text);
    }
    assert_eq!(bench.texts(), ["one", "two", "three"]);
}

#[test]
fn deleted_contact_is_created_anew_and_the_outbox_is_kept() {
    let mut bench = Bench::with_storage(kept_session(), 3);
    bench.submit("are you there?");
    bench.answer("/messages", 404, &json!({ "status": 404, "error": "Not Found" }));
    bench.answer(
        "/contacts/9e46c098-beaf-4807-8512-94a2614abf55",
        404,
        &json!({ "status": 404, "error": "Not Found" }),
    );
    assert_eq!(bench.link, None, "the old contact's socket is of no use");
    assert_eq!(bench.texts(), ["are you there?"]);

    let create = bench.answer(CONTACTS, 200, &contact());
    assert_ne!(json_body(&create)["source_id"], "9e46c098-beaf-4807-8512-94a2614abf55");
    bench.answer("/conversations", 200, &conversation(31));
    let post = bench.answer("/conversations/31/messages", 200, &visitors(8, "are you there?"));
    assert_eq!(json_body(&post)["content"], "are you there?");
    assert_eq!(bench.texts(), ["are you there?"]);
}

#[test]
fn html_404_page_of_a_proxy_does_not_end_the_session() {
    let mut bench = Bench::with_storage(kept_session(), 3);
    bench.end("/messages", Outcome::Answered { status: 404, body: "<html>".to_owned(), retry_after_ms: None });
    bench.wait(10_000);
    assert!(bench.storage["session"].contains("9e46c098-beaf-4807-8512-94a2614abf55"));
    assert!(bench.asked(Method::Get, "/messages").is_some(), "it is asked again");
}

#[test]
fn deleted_conversation_is_created_anew_for_the_same_contact() {
    let mut bench = Bench::returning(&[visitors(8, "hello")]);
    bench.submit("again");
    bench.answer("/messages", 404, &json!({ "status": 404, "error": "Not Found" }));
    assert_eq!(bench.widget.view().thread.end, None);
    bench.answer("/contacts/9e46c098-beaf-4807-8512-94a2614abf55", 200, &contact());
    let gone = Some(ConversationEnd { can_reopen: false, can_begin: false });
    assert_eq!(bench.widget.view().thread.end, gone, "it says why the rest is not there any more");
    assert!(!bench.widget.view().composer.is_covered, "and takes what begins another");
    bench.answer("/conversations", 200, &conversation(32));
    assert_eq!(bench.widget.view().thread.end, None);
    bench.answer("/conversations/32/messages", 200, &visitors(20, "again"));
    assert_eq!(bench.texts(), ["again"]);
}

#[test]
fn lost_conversation_response_creates_no_second_conversation() {
    let mut bench = Bench::new();
    bench.submit("hello");
    bench.answer(CONTACTS, 200, &contact());
    bench.end("/conversations", Outcome::Unknown);
    bench.wait(3_000);
    let list = bench.answer("/conversations", 200, &json!([conversation(CONVERSATION)]));
    assert_eq!(list.method, Method::Get);
    bench.answer("/conversations/6/messages", 200, &json!([]));
    bench.answer("/conversations/6/messages", 200, &visitors(8, "hello"));
    assert!(bench.is_said("hello"));
}

#[test]
fn lost_conversation_response_is_recovered_from_its_cable_frame() {
    let mut bench = Bench::new();
    bench.submit("hello");
    bench.answer(CONTACTS, 200, &contact());
    bench.go_live();
    bench.end("/conversations", Outcome::Unknown);
    bench.frame(&event("conversation.created", json!({ "id": CONVERSATION, "status": "open", "messages": [] })));
    bench.answer("/conversations/6/messages", 200, &json!([]));
    bench.answer("/conversations/6/messages", 200, &visitors(8, "hello"));
    assert!(bench.is_said("hello"));
}

#[test]
fn outbox_shows_a_rejected_message_with_the_servers_reason_and_sends_the_next() {
    let mut bench = Bench::returning(&[]);
    bench.submit("one");
    bench.submit("two");
    bench.answer("/messages", 422, &json!({ "message": "Too many messages", "attributes": ["base"] }));
    let RowContent::Outgoing { failure, .. } = &bench.rows()[0].content else { panic!("it is not said") };
    assert_eq!(failure, &Some(Failure::Rejected(Some("Too many messages".to_owned()))));
    bench.answer("/messages", 200, &visitors(8, "two"));
    assert_eq!(bench.texts(), ["two", "one"]);

    let failed = bench.keys_of("one")[0];
    bench.event(Event::Thread(ThreadEvent::RetryRequested { row: failed }));
    bench.answer("/messages", 200, &visitors(9, "one"));
    assert_eq!((bench.texts(), bench.keys_of("one")), (vec!["two".to_owned(), "one".to_owned()], vec![failed]));
}

#[test]
fn discarded_outbox_message_returns_to_the_composer() {
    let mut bench = Bench::returning(&[]);
    bench.submit("one");
    bench.answer("/messages", 403, &json!({}));
    let key = bench.rows()[0].key;
    bench.event(Event::Thread(ThreadEvent::MessageDiscarded { row: key }));
    assert!(bench.texts().is_empty());
    assert_eq!(&*bench.widget.view().composer.injected_text.1, "one");
    assert!(!bench.storage.keys().any(|key| key.starts_with("send/")));
}

#[test]
fn long_text_is_folded_until_the_visitor_unfolds_it() {
    let long = (1..=60).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let mut bench = Bench::returning(&[agents(8, "short"), agents(9, &long)]);
    let lengths = |bench: &Bench| bench.rows().iter().map(|row| row.fold).collect::<Vec<_>>();
    assert_eq!(lengths(&bench), [TextFold::Short, TextFold::Folded]);
    let key = bench.keys_of(&long)[0];
    bench.event(Event::Thread(ThreadEvent::TextFolded { row: key, is_folded: false }));
    assert_eq!(lengths(&bench), [TextFold::Short, TextFold::Unfolded]);
    bench.submit("thanks");
    assert_eq!(lengths(&bench), [TextFold::Short, TextFold::Unfolded, TextFold::Short]);
    bench.event(Event::Thread(ThreadEvent::TextFolded { row: key, is_folded: true }));
    assert_eq!(lengths(&bench)[1], TextFold::Folded);
}

#[test]
fn outbox_backoff_follows_retry_after_of_a_busy_server() {
    let mut bench = Bench::returning(&[]);
    bench.submit("one");
    bench.end(
        "/messages",
        Outcome::Answered { status: 429, body: "Retry later\n".into(), retry_after_ms: Some(20_000) },
    );
    bench.wait(19_900);
    assert!(bench.asked(Method::Post, "/messages").is_none());
    bench.wait(2_000);
    bench.answer("/messages", 200, &visitors(8, "one"));
    assert_eq!(bench.texts(), ["one"]);
}

#[test]
fn history_catch_up_reads_back_until_the_pages_overlap() {
    let said: Vec<_> = (1..=20).map(|id| agents(id, &format!("m{id}"))).collect();
    let mut bench = Bench::returning(&said);
    bench.close_socket();
    bench.go_live();
    let page =
        |ids: std::ops::RangeInclusive<u64>| json!(ids.map(|id| agents(id, &format!("m{id}"))).collect::<Vec<_>>());
    bench.frame(&created(&agents(56, "m56"), None));
    bench.answer("/messages", 200, &page(36..=55));
    bench.answer("/messages?before=36", 200, &page(16..=35));
    bench.answer("/messages?before=16", 200, &page(1..=15));
    assert_eq!(bench.widget.view().thread.skipped + bench.rows().len(), 56);
    assert_eq!(bench.texts(), (1..=56).map(|id| format!("m{id}")).collect::<Vec<_>>());
}

#[test]
fn history_gap_is_found_in_spite_of_post_responses() {
    let said: Vec<_> = (1..=20).map(|id| agents(id, &format!("m{id}"))).collect();
    let mut bench = Bench::returning(&said);
    // The socket is dead, an agent says m21 to m50 into the void, and the visitor goes on writing.
    for id in 51..=65 {
        bench.submit(&format!("m{id}"));
        bench.answer("/messages", 200, &visitors(id, &format!("m{id}")));
    }
    bench.wait(7_000);
    bench.go_live();
    let page = |ids: std::ops::RangeInclusive<u64>| {
        let message = |id: u64| if id > 50 { visitors(id, &format!("m{id}")) } else { agents(id, &format!("m{id}")) };
        json!(ids.map(message).collect::<Vec<_>>())
    };
    bench.answer("/messages", 200, &page(46..=65));
    bench.answer("/messages?before=46", 200, &page(26..=45));
    bench.answer("/messages?before=26", 200, &page(6..=25));
    assert_eq!(bench.texts(), (6..=65).map(|id| format!("m{id}")).collect::<Vec<_>>());
    bench.event(Event::Thread(ThreadEvent::EarlierRequested));
    assert_eq!(bench.texts(), (1..=60).map(|id| format!("m{id}")).collect::<Vec<_>>());
}

#[test]
fn cable_frame_before_the_first_history_page_leaves_no_gap() {
    let mut bench = Bench::with_storage(kept_session(), 7);
    bench.go_live();
    bench.frame(&created(&agents(19, "m19"), None));
    bench.close_socket();
    let page: Vec<_> = (31..=50).map(|id| agents(id, &format!("m{id}"))).collect();
    bench.answer("/messages", 200, &json!(page));
    assert_eq!(bench.texts().first().map(String::as_str), Some("m31"));
    assert!(bench.widget.view().thread.has_earlier, "m19 is found again by scrolling up");
}

#[test]
fn history_catch_up_is_retried_and_shown_as_unreachable_when_it_keeps_failing() {
    let mut bench = Bench::returning(&[agents(1, "m1")]);
    bench.close_socket();
    bench.go_live();
    for _ in 0..2 {
        for _ in 0..80 {
            if bench.asked(Method::Get, "/messages").is_some() {
                break;
            }
            bench.wait(500);
            bench.frame(&json!({ "type": "ping", "message": 1 }));
        }
        assert_eq!(bench.widget.view().panel.connection, ConnectionState::Connected);
        bench.end("/messages", Outcome::Unknown);
    }
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Unreachable);
    for _ in 0..20 {
        bench.wait(500);
        bench.frame(&json!({ "type": "ping", "message": 1 }));
    }
    bench.answer("/messages", 200, &json!([agents(1, "m1"), agents(2, "m2")]));
    assert_eq!((bench.texts().len(), bench.widget.view().panel.connection), (2, ConnectionState::Connected));
}

#[test]
fn cable_subscription_without_confirmation_checks_the_contact() {
    let mut bench = Bench::with_storage(kept_session(), 5);
    bench.answer("/messages", 200, &json!([]));
    bench.frame(&json!({ "type": "welcome" }));
    for _ in 0..3 {
        bench.wait(2_500);
        bench.frame(&json!({ "type": "ping", "message": 1 }));
    }
    bench.wait(1_000);
    bench.answer("/contacts/9e46c098-beaf-4807-8512-94a2614abf55", 200, &contact());
    bench.go_live();
    bench.answer("/messages", 200, &json!([agents(8, "hi")]));
    assert_eq!(bench.texts(), ["hi"]);
}

#[test]
fn reconnect_follows_a_silent_socket_loss() {
    for seed in 1..400 {
        let mut bench = Bench::with_storage(kept_session(), seed);
        bench.answer("/messages", 200, &json!([]));
        bench.go_live();
        bench.answer("/messages", 200, &json!([]));
        let before = bench.link;
        // Nothing is heard any more; the first try comes within the first wait, whatever it is drawn to be.
        bench.wait(6_000 + 1_501);
        assert!(bench.link.is_some() && bench.link != before, "seed {seed}");
    }
}

#[test]
fn polling_fallback_starts_on_a_socket_that_only_pings() {
    let mut bench = Bench::returning(&[]);
    bench.submit("hello");
    bench.answer("/messages", 200, &visitors(8, "hello"));
    // No echo; pings go on.
    for _ in 0..10 {
        bench.wait(2_000);
        bench.frame(&json!({ "type": "ping", "message": 1 }));
    }
    bench.answer("/messages", 200, &json!([visitors(8, "hello"), agents(9, "hi")]));
    assert_eq!(bench.texts(), ["hello", "hi"]);
    bench.frame(&created(&agents(10, "there"), None));
    bench.answer("/messages", 200, &json!([visitors(8, "hello"), agents(9, "hi"), agents(10, "there")]));
    for _ in 0..100 {
        bench.wait(2_000);
        bench.frame(&json!({ "type": "ping", "message": 1 }));
    }
    assert!(bench.calls.is_empty(), "a frame proved the socket");
}

#[test]
fn polling_fallback_reads_history_without_a_socket() {
    let mut bench = Bench::with_storage(kept_session(), 5);
    bench.answer("/messages", 200, &json!([agents(8, "hi")]));
    let mut reads = 0;
    for _ in 0..300 {
        if bench.link.is_some() {
            bench.close_socket();
        }
        bench.wait(1_000);
        if bench.asked(Method::Get, "/messages").is_some() {
            reads += 1;
            bench.answer("/messages", 200, &json!([agents(8, "hi"), agents(9, "still here")]));
        }
    }
    assert_eq!(bench.texts(), ["hi", "still here"]);
    assert!((5..=12).contains(&reads), "{reads} reads in five minutes");
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Connected, "nobody need know of the socket");
}

#[test]
fn deleted_message_shows_the_servers_replacement_text() {
    let mut bench = Bench::returning(&[agents(1, "oops")]);
    let mut deleted = agents(1, "This message was deleted");
    deleted["content_attributes"] = json!({ "deleted": true });
    deleted["previous_changes"] = json!({ "content": ["oops", "This message was deleted"] });
    bench.frame(&event("message.updated", deleted));
    assert_eq!(bench.texts(), ["This message was deleted"]);
}

#[test]
fn message_of_another_conversation_is_not_shown() {
    let mut bench = Bench::returning(&[agents(1, "m1")]);
    let mut elsewhere = agents(2, "elsewhere");
    elsewhere["conversation_id"] = json!(CONVERSATION + 1);
    bench.frame(&created(&elsewhere, None));
    assert_eq!(bench.texts(), ["m1"]);
}

#[test]
fn outbox_message_in_flight_at_a_reload_is_found_in_history_or_sent_again() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    bench.submit("hello");
    assert!(bench.asked(Method::Post, "/messages").is_some());

    // Stored before the page went away.
    let mut reloaded = bench.reload(11);
    assert_eq!(reloaded.texts(), ["hello"]);
    let key = reloaded.rows()[0].key;
    reloaded.answer("/messages", 200, &json!([agents(7, "hi"), visitors(8, "hello")]));
    assert_eq!((reloaded.texts(), reloaded.keys_of("hello")), (vec!["hi".to_owned(), "hello".to_owned()], vec![key]));
    reloaded.wait(200_000);
    assert!(reloaded.asked(Method::Post, "/messages").is_none());

    // Never arrived: posted again, but not before it is certain.
    let mut reloaded = bench.reload(12);
    reloaded.answer("/messages", 200, &json!([agents(7, "hi")]));
    let mut waited = 0;
    while reloaded.asked(Method::Post, "/messages").is_none() {
        reloaded.wait(1_000);
        waited += 1;
        if reloaded.asked(Method::Get, "/messages").is_some() {
            reloaded.answer("/messages", 200, &json!([agents(7, "hi")]));
        }
        assert!(waited < 200, "it is never posted again");
    }
    assert!(waited >= 75, "posted again after {waited} s, while it could still arrive");
    reloaded.answer("/messages", 200, &visitors(9, "hello"));
    assert_eq!(reloaded.texts(), ["hi", "hello"]);
}

#[test]
fn echo_matching_ignores_an_older_message_of_equal_text() {
    let mut bench = Bench::returning(&[visitors(7, "ok")]);
    bench.submit("ok");
    bench.end("/messages", Outcome::Unknown);
    bench.answer("/messages", 200, &json!([visitors(7, "ok")]));
    assert_eq!(bench.texts(), ["ok", "ok"]);

    let mut reloaded = bench.reload(11);
    reloaded.answer("/messages", 200, &json!([visitors(7, "ok")]));
    assert_eq!(reloaded.texts(), ["ok", "ok"], "not after a reload either");
    assert!(reloaded.storage.keys().any(|key| key.starts_with("send/")));
}

#[test]
fn echo_matching_releases_another_devices_message_of_equal_text() {
    let mut bench = Bench::returning(&[]);
    bench.submit("ok");
    let key = bench.rows()[0].key;
    bench.frame(&created(&visitors(8, "ok"), None));
    assert_eq!(bench.keys_of("ok"), [key], "taken for ours");
    bench.frame(&created(&visitors(8, "ok"), Some("another-devices-echo")));
    assert_eq!(bench.texts(), ["ok", "ok"], "it was not");
    bench.answer("/messages", 200, &visitors(9, "ok"));
    assert_eq!(bench.texts(), ["ok", "ok"]);
    assert_eq!(bench.rows()[1].key, key, "ours keeps its row");
}

#[test]
fn outbox_waits_while_offline_and_sends_when_online() {
    let mut bench = Bench::returning(&[]);
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Offline);
    bench.submit("hello");
    bench.wait(60_000);
    assert!(bench.asked(Method::Post, "/messages").is_none());
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    bench.answer("/messages", 200, &visitors(8, "hello"));
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Connected);
}

#[test]
fn history_request_without_response_is_aborted_and_retried() {
    let mut bench = Bench::with_storage(kept_session(), 5);
    let asked = bench.asked(Method::Get, "/messages").unwrap().0;
    bench.wait(40_000);
    assert_eq!(bench.aborted, [asked]);
    assert!(bench.asked(Method::Get, "/messages").is_some(), "and asked again");
}

#[test]
fn composer_gets_a_text_over_the_length_limit_back() {
    let mut bench = Bench::returning(&[]);
    bench.submit(&"é".repeat(150_001));
    assert!(bench.texts().is_empty() && bench.widget.view().composer.problem.is_some());
    assert_eq!(bench.widget.view().composer.injected_text.1.chars().count(), 150_001);
    bench.submit(&"é".repeat(150_000));
    assert_eq!((bench.texts().len(), bench.widget.view().composer.problem.clone()), (1, None));
}

#[test]
fn composer_counts_remaining_characters_near_the_limit() {
    let mut bench = Bench::returning(&[]);
    let mut left_after = |text: String| {
        bench.event(Event::Composer(ComposerEvent::DraftChanged { text }));
        bench.widget.view().composer.characters_left
    };
    assert_eq!(left_after("é".repeat(149_499)), None, "501 are many");
    assert_eq!(left_after("é".repeat(149_500)), Some(500));
    assert_eq!(left_after("é".repeat(149_500) + "  \n"), Some(500), "what is not sent doesn't count");
    assert_eq!(left_after("é".repeat(150_003)), Some(-3));
    assert_eq!(left_after("é".repeat(100_000)), None, "bytes are not what counts");
    bench.submit(&"é".repeat(150_001));
    assert_eq!(bench.widget.view().composer.characters_left, Some(-1), "it is handed back");
    bench.submit(&"é".repeat(150_000));
    assert_eq!(bench.widget.view().composer.characters_left, None, "it is sent");
}

#[test]
fn rate_limit_delays_messages_and_none_is_rejected() {
    let mut bench = Bench::returning(&[]);
    let mut stored: u64 = 0;
    let mut store_all = |bench: &mut Bench| {
        while bench.asked(Method::Post, "/messages").is_some() {
            stored += 1;
            let echo =
                bench.calls.iter().find_map(|(_, request)| Some(json_body(request)["echo_id"].as_str()?.to_owned()));
            bench.frame(&created(&visitors(stored, "stored"), echo.as_deref()));
            bench.answer("/messages", 200, &visitors(stored, "stored"));
        }
        stored
    };
    for _ in 0..3 {
        (0..90).for_each(|nth| bench.submit(&format!("{nth}")));
        store_all(&mut bench);
    }
    assert_eq!(store_all(&mut bench), 180);
    for _ in 0..20 {
        bench.frame(&json!({ "type": "ping" }));
        bench.wait(2_900);
    }
    assert!(bench.asked(Method::Post, "/messages").is_none());
    bench.wait(2_000);
    assert_eq!(store_all(&mut bench), 270);
}

#[test]
fn conversation_status_is_read_again_after_a_reconnect() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    assert_eq!(bench.conditions_asked, 1);
    let panel = |bench: &Bench| {
        let panel = &bench.widget.view().panel;
        (panel.status, panel.agent_last_seen_at)
    };
    bench.frame(&event(
        "conversation.updated",
        json!({ "id": CONVERSATION, "status": "pending", "agent_last_seen_at": 90 }),
    ));
    assert_eq!(panel(&bench), (Status::Pending, 90));
    bench.frame(&event("conversation.status_changed", json!({ "id": 99, "status": "snoozed" })));
    assert_eq!(panel(&bench), (Status::Pending, 90), "another conversation");
    bench.close_socket();
    bench.condition = format!(r#"{{"id":{CONVERSATION},"status":"resolved","agent_last_seen_at":120,"#);
    bench.go_live();
    bench.answer("/messages", 200, &json!([agents(7, "hi")]));
    assert_eq!((panel(&bench), bench.conditions_asked), ((Status::Resolved, 120), 2));
}

#[test]
fn connection_state_is_unreachable_before_hanging_requests_are_aborted() {
    let mut bench = Bench::returning(&[agents(7, "hi")]);
    bench.submit("hello?");
    bench.wait(15_000);
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Connected);
    bench.wait(10_000);
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Unreachable);
    assert!(bench.aborted.is_empty(), "no request was given up yet");
    bench.go_live();
    assert_eq!(bench.widget.view().panel.connection, ConnectionState::Connected);
}

#[test]
fn outbox_limit_refuses_new_messages_and_loses_nothing() {
    let mut storage = crate::client_harness::kept_session();
    for nth in 1..=150 {
        let record = format!(
            r#"{{"v":2,"text":"nr. {nth}","at":1,"nth":{nth},"tries":0,"conversation":6,"posting":false,"newest":null,"failed":false,"refusal":null,"files":[]}}"#
        );
        storage.insert(format!("send/{nth:03}"), record);
    }
    let mut bench = Bench::with_storage(storage, 7);
    bench.submit("one more");
    let composer = &bench.widget.view().composer;
    assert_eq!(
        (composer.problem.clone(), &*composer.injected_text.1),
        (Some(ComposerProblem::TooManyUnsent), "one more"),
        "it is not lost either"
    );
    assert_eq!(bench.storage.keys().filter(|key| key.starts_with("send/")).count(), 150);
}
