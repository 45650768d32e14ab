//! Sending and receiving: outbox, echo matching, history catch-up, reconnect, polling, rate limit, drafts and limits of
//! the composer.

use natter_core::chatwoot::Method;
use natter_core::conversation::timeline::Failure;
use natter_core::event::{ComposerEvent, ConnectionEvent, PanelEvent, ThreadEvent};
use natter_core::host::calls::HostCall;
use natter_core::host::events::HostEvent;
use natter_core::model::Status;
use natter_core::view::{ComposerProblem, ConnectionState, ConversationEnd, RowContent, TextFold};
use natter_core::{Event, Outcome};
use serde_json::json;

use crate::client_harness::{
    CONVERSATION, ClientHarness, TOKEN, by_agent, by_visitor, cable_event, contact, conversation, created, json_body,
    stored_session,
};

const CONTACTS: &str = "/inboxes/inboxMainIdentifier00001/contacts";

#[test]
fn first_message_creates_contact_and_conversation_and_leaves_the_outbox() {
    let mut client = ClientHarness::new();
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert!(
        client.requests.is_empty() && client.socket.is_none() && client.storage.is_empty(),
        "no request, socket or record before the visitor writes"
    );

    client.submit("hello");
    assert_eq!(client.texts(), ["hello"], "shown at once");
    let key = client.rows()[0].key;

    let create = client.answer(CONTACTS, 200, &contact());
    let source_id = json_body(&create)["source_id"].as_str().unwrap().to_owned();
    assert_eq!(source_id.len(), 36, "the client generates its source_id");
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    let post = client.answer("/messages", 200, &by_visitor(8, "hello"));
    assert_eq!(json_body(&post)["content"], "hello");
    assert_eq!((client.texts(), client.rows()[0].key), (vec!["hello".to_owned()], key));
    assert!(client.is_stored("hello"));

    client.go_live();
    assert!(client.transmitted[0].1.contains(TOKEN));
    assert!(!client.storage.keys().any(|key| key.starts_with("send/")), "the outbox is empty");
}

#[test]
fn agent_reply_counts_as_unread_only_while_the_panel_is_closed() {
    let mut client = ClientHarness::returning(&[by_visitor(8, "hello")]);
    client.receive(&created(&by_agent(9, "hi there"), None));
    assert_eq!(client.texts(), ["hello", "hi there"]);
    assert_eq!(
        (client.widget.view().panel.unread, &client.host_events[0]),
        (1, &HostEvent::UnreadChanged { count: 1 })
    );

    client.receive(&created(&by_agent(9, "hi there"), None));
    assert_eq!((client.texts().len(), client.widget.view().panel.unread), (2, 1), "a repeated frame adds no row");

    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.receive(&created(&by_agent(10, "still there?"), None));
    assert_eq!(client.widget.view().panel.unread, 0);
}

#[test]
fn reload_restores_contact_conversation_and_draft() {
    let mut client = ClientHarness::returning(&[by_visitor(8, "hello"), by_agent(9, "hi")]);
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "half a sent".to_owned() }));
    let mut reloaded = client.reload(11);
    assert!(reloaded.widget.view().thread.is_loading);
    assert_eq!(&*reloaded.widget.view().composer.injected_text.1, "half a sent");
    assert!(reloaded.pending(Method::Post, "").is_none(), "no second contact is created");
    reloaded.answer("/conversations/6/messages", 200, &json!([by_visitor(8, "hello"), by_agent(9, "hi")]));
    assert_eq!(reloaded.texts(), ["hello", "hi"]);
    assert!(reloaded.socket.is_some());
}

#[test]
fn outbox_sends_one_message_at_a_time_in_order() {
    let mut client = ClientHarness::returning(&[]);
    for text in ["one", "two", "three"] {
        client.submit(text);
    }
    for (id, text) in [(8, "one"), (9, "two"), (10, "three")] {
        assert_eq!(client.requests.len(), 1, "one request in flight");
        let post = client.answer("/messages", 200, &by_visitor(id, text));
        assert_eq!(json_body(&post)["content"], text);
    }
    assert_eq!(client.texts(), ["one", "two", "three"]);
}

#[test]
fn deleted_contact_is_created_anew_and_the_outbox_is_kept() {
    let mut client = ClientHarness::with_storage(stored_session(), 3);
    client.submit("are you there?");
    client.answer("/messages", 404, &json!({ "status": 404, "error": "Not Found" }));
    client.answer(
        "/contacts/9e46c098-beaf-4807-8512-94a2614abf55",
        404,
        &json!({ "status": 404, "error": "Not Found" }),
    );
    assert_eq!(client.socket, None, "the old contact's socket is closed");
    assert_eq!(client.texts(), ["are you there?"]);

    let create = client.answer(CONTACTS, 200, &contact());
    assert_ne!(json_body(&create)["source_id"], "9e46c098-beaf-4807-8512-94a2614abf55");
    client.answer("/conversations", 200, &conversation(31));
    let post = client.answer("/conversations/31/messages", 200, &by_visitor(8, "are you there?"));
    assert_eq!(json_body(&post)["content"], "are you there?");
    assert_eq!(client.texts(), ["are you there?"]);
}

#[test]
fn html_404_page_of_a_proxy_does_not_end_the_session() {
    let mut client = ClientHarness::with_storage(stored_session(), 3);
    client.end("/messages", Outcome::Answered { status: 404, body: "<html>".to_owned(), retry_after_ms: None });
    client.wait(10_000);
    assert!(client.storage["session"].contains("9e46c098-beaf-4807-8512-94a2614abf55"));
    assert!(client.pending(Method::Get, "/messages").is_some(), "history is requested again");
}

#[test]
fn deleted_conversation_is_created_anew_for_the_same_contact() {
    let mut client = ClientHarness::returning(&[by_visitor(8, "hello")]);
    client.submit("again");
    client.answer("/messages", 404, &json!({ "status": 404, "error": "Not Found" }));
    assert_eq!(client.widget.view().thread.end, None);
    client.answer("/contacts/9e46c098-beaf-4807-8512-94a2614abf55", 200, &contact());
    let gone = Some(ConversationEnd { can_reopen: false, can_begin: false });
    assert_eq!(client.widget.view().thread.end, gone, "the view tells that the conversation has ended");
    assert!(!client.widget.view().composer.is_covered, "the composer accepts the message that starts another");
    client.answer("/conversations", 200, &conversation(32));
    assert_eq!(client.widget.view().thread.end, None);
    client.answer("/conversations/32/messages", 200, &by_visitor(20, "again"));
    assert_eq!(client.texts(), ["again"]);
}

#[test]
fn lost_conversation_response_creates_no_second_conversation() {
    let mut client = ClientHarness::new();
    client.submit("hello");
    client.answer(CONTACTS, 200, &contact());
    client.end("/conversations", Outcome::Unknown);
    client.wait(3_000);
    let list = client.answer("/conversations", 200, &json!([conversation(CONVERSATION)]));
    assert_eq!(list.method, Method::Get);
    client.answer("/conversations/6/messages", 200, &json!([]));
    client.answer("/conversations/6/messages", 200, &by_visitor(8, "hello"));
    assert!(client.is_stored("hello"));
}

#[test]
fn lost_conversation_response_is_recovered_from_its_cable_frame() {
    let mut client = ClientHarness::new();
    client.submit("hello");
    client.answer(CONTACTS, 200, &contact());
    client.go_live();
    client.end("/conversations", Outcome::Unknown);
    client
        .receive(&cable_event("conversation.created", json!({ "id": CONVERSATION, "status": "open", "messages": [] })));
    client.answer("/conversations/6/messages", 200, &json!([]));
    client.answer("/conversations/6/messages", 200, &by_visitor(8, "hello"));
    assert!(client.is_stored("hello"));
}

#[test]
fn outbox_shows_a_rejected_message_with_the_servers_reason_and_sends_the_next() {
    let mut client = ClientHarness::returning(&[]);
    client.submit("one");
    client.submit("two");
    client.answer("/messages", 422, &json!({ "message": "Too many messages", "attributes": ["base"] }));
    let RowContent::Outgoing { failure, .. } = &client.rows()[0].content else { panic!("not an outgoing message") };
    assert_eq!(failure, &Some(Failure::Rejected(Some("Too many messages".to_owned()))));
    client.answer("/messages", 200, &by_visitor(8, "two"));
    assert_eq!(client.texts(), ["two", "one"]);

    let failed = client.row_keys("one")[0];
    client.dispatch(Event::Thread(ThreadEvent::RetryRequested { row: failed }));
    client.answer("/messages", 200, &by_visitor(9, "one"));
    assert_eq!((client.texts(), client.row_keys("one")), (vec!["two".to_owned(), "one".to_owned()], vec![failed]));
}

#[test]
fn discarded_outbox_message_returns_to_the_composer() {
    let mut client = ClientHarness::returning(&[]);
    client.submit("one");
    client.answer("/messages", 403, &json!({}));
    let key = client.rows()[0].key;
    client.dispatch(Event::Thread(ThreadEvent::MessageDiscarded { row: key }));
    assert!(client.texts().is_empty());
    assert_eq!(&*client.widget.view().composer.injected_text.1, "one");
    assert!(!client.storage.keys().any(|key| key.starts_with("send/")));
}

#[test]
fn long_text_is_folded_until_the_visitor_unfolds_it() {
    let long = (1..=60).map(|line| format!("line {line}")).collect::<Vec<_>>().join("\n");
    let mut client = ClientHarness::returning(&[by_agent(8, "short"), by_agent(9, &long)]);
    let lengths = |client: &ClientHarness| client.rows().iter().map(|row| row.fold).collect::<Vec<_>>();
    assert_eq!(lengths(&client), [TextFold::Short, TextFold::Folded]);
    let key = client.row_keys(&long)[0];
    client.dispatch(Event::Thread(ThreadEvent::TextFolded { row: key, is_folded: false }));
    assert_eq!(lengths(&client), [TextFold::Short, TextFold::Unfolded]);
    client.submit("thanks");
    assert_eq!(lengths(&client), [TextFold::Short, TextFold::Unfolded, TextFold::Short]);
    client.dispatch(Event::Thread(ThreadEvent::TextFolded { row: key, is_folded: true }));
    assert_eq!(lengths(&client)[1], TextFold::Folded);
}

#[test]
fn outbox_backoff_follows_retry_after_of_a_busy_server() {
    let mut client = ClientHarness::returning(&[]);
    client.submit("one");
    client.end(
        "/messages",
        Outcome::Answered { status: 429, body: "Retry later\n".into(), retry_after_ms: Some(20_000) },
    );
    client.wait(19_900);
    assert!(client.pending(Method::Post, "/messages").is_none());
    client.wait(2_000);
    client.answer("/messages", 200, &by_visitor(8, "one"));
    assert_eq!(client.texts(), ["one"]);
}

#[test]
fn history_catch_up_reads_back_until_the_pages_overlap() {
    let messages: Vec<_> = (1..=20).map(|id| by_agent(id, &format!("m{id}"))).collect();
    let mut client = ClientHarness::returning(&messages);
    client.close_socket();
    client.go_live();
    let page =
        |ids: std::ops::RangeInclusive<u64>| json!(ids.map(|id| by_agent(id, &format!("m{id}"))).collect::<Vec<_>>());
    client.receive(&created(&by_agent(56, "m56"), None));
    client.answer("/messages", 200, &page(36..=55));
    client.answer("/messages?before=36", 200, &page(16..=35));
    client.answer("/messages?before=16", 200, &page(1..=15));
    assert_eq!(client.widget.view().thread.skipped + client.rows().len(), 56);
    assert_eq!(client.texts(), (1..=56).map(|id| format!("m{id}")).collect::<Vec<_>>());
}

#[test]
fn history_gap_is_found_in_spite_of_post_responses() {
    let messages: Vec<_> = (1..=20).map(|id| by_agent(id, &format!("m{id}"))).collect();
    let mut client = ClientHarness::returning(&messages);
    // The socket is half-open. An agent creates m21 to m50, which never arrive, and the visitor goes on writing.
    for id in 51..=65 {
        client.submit(&format!("m{id}"));
        client.answer("/messages", 200, &by_visitor(id, &format!("m{id}")));
    }
    client.wait(7_000);
    client.go_live();
    let page = |ids: std::ops::RangeInclusive<u64>| {
        let message =
            |id: u64| if id > 50 { by_visitor(id, &format!("m{id}")) } else { by_agent(id, &format!("m{id}")) };
        json!(ids.map(message).collect::<Vec<_>>())
    };
    client.answer("/messages", 200, &page(46..=65));
    client.answer("/messages?before=46", 200, &page(26..=45));
    client.answer("/messages?before=26", 200, &page(6..=25));
    assert_eq!(client.texts(), (6..=65).map(|id| format!("m{id}")).collect::<Vec<_>>());
    client.dispatch(Event::Thread(ThreadEvent::EarlierRequested));
    assert_eq!(client.texts(), (1..=60).map(|id| format!("m{id}")).collect::<Vec<_>>());
}

#[test]
fn cable_frame_before_the_first_history_page_leaves_no_gap() {
    let mut client = ClientHarness::with_storage(stored_session(), 7);
    client.go_live();
    client.receive(&created(&by_agent(19, "m19"), None));
    client.close_socket();
    let page: Vec<_> = (31..=50).map(|id| by_agent(id, &format!("m{id}"))).collect();
    client.answer("/messages", 200, &json!(page));
    assert_eq!(client.texts().first().map(String::as_str), Some("m31"));
    assert!(client.widget.view().thread.has_earlier, "m19 can be loaded by scrolling up");
}

#[test]
fn history_catch_up_is_retried_and_shown_as_unreachable_when_it_keeps_failing() {
    let mut client = ClientHarness::returning(&[by_agent(1, "m1")]);
    client.close_socket();
    client.go_live();
    for _ in 0..2 {
        for _ in 0..80 {
            if client.pending(Method::Get, "/messages").is_some() {
                break;
            }
            client.wait(500);
            client.receive(&json!({ "type": "ping", "message": 1 }));
        }
        assert_eq!(client.widget.view().panel.connection, ConnectionState::Connected);
        client.end("/messages", Outcome::Unknown);
    }
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Unreachable);
    for _ in 0..20 {
        client.wait(500);
        client.receive(&json!({ "type": "ping", "message": 1 }));
    }
    client.answer("/messages", 200, &json!([by_agent(1, "m1"), by_agent(2, "m2")]));
    assert_eq!((client.texts().len(), client.widget.view().panel.connection), (2, ConnectionState::Connected));
}

#[test]
fn cable_subscription_without_confirmation_checks_the_contact() {
    let mut client = ClientHarness::with_storage(stored_session(), 5);
    client.answer("/messages", 200, &json!([]));
    client.receive(&json!({ "type": "welcome" }));
    for _ in 0..3 {
        client.wait(2_500);
        client.receive(&json!({ "type": "ping", "message": 1 }));
    }
    client.wait(1_000);
    client.answer("/contacts/9e46c098-beaf-4807-8512-94a2614abf55", 200, &contact());
    client.go_live();
    client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
    assert_eq!(client.texts(), ["hi"]);
}

#[test]
fn reconnect_follows_a_silent_socket_loss() {
    for seed in 1..400 {
        let mut client = ClientHarness::with_storage(stored_session(), seed);
        client.answer("/messages", 200, &json!([]));
        client.go_live();
        client.answer("/messages", 200, &json!([]));
        let before = client.socket;
        // No frame arrives any more. The first reconnect comes within the first backoff interval, whatever its jitter.
        client.wait(6_000 + 1_501);
        assert!(client.socket.is_some() && client.socket != before, "seed {seed}");
    }
}

#[test]
fn polling_fallback_starts_on_a_socket_that_only_pings() {
    let mut client = ClientHarness::returning(&[]);
    client.submit("hello");
    client.answer("/messages", 200, &by_visitor(8, "hello"));
    // The message's echo never arrives, pings do.
    for _ in 0..10 {
        client.wait(2_000);
        client.receive(&json!({ "type": "ping", "message": 1 }));
    }
    client.answer("/messages", 200, &json!([by_visitor(8, "hello"), by_agent(9, "hi")]));
    assert_eq!(client.texts(), ["hello", "hi"]);
    client.receive(&created(&by_agent(10, "there"), None));
    client.answer("/messages", 200, &json!([by_visitor(8, "hello"), by_agent(9, "hi"), by_agent(10, "there")]));
    for _ in 0..100 {
        client.wait(2_000);
        client.receive(&json!({ "type": "ping", "message": 1 }));
    }
    assert!(client.requests.is_empty(), "a frame proves the socket, polling ends");
}

#[test]
fn polling_fallback_reads_history_without_a_socket() {
    let mut client = ClientHarness::with_storage(stored_session(), 5);
    client.answer("/messages", 200, &json!([by_agent(8, "hi")]));
    let mut reads = 0;
    for _ in 0..300 {
        if client.socket.is_some() {
            client.close_socket();
        }
        client.wait(1_000);
        if client.pending(Method::Get, "/messages").is_some() {
            reads += 1;
            client.answer("/messages", 200, &json!([by_agent(8, "hi"), by_agent(9, "still here")]));
        }
    }
    assert_eq!(client.texts(), ["hi", "still here"]);
    assert!((5..=12).contains(&reads), "{reads} reads in five minutes");
    assert_eq!(
        client.widget.view().panel.connection,
        ConnectionState::Connected,
        "polling works, so the visitor sees no issue"
    );
}

#[test]
fn deleted_message_shows_the_servers_replacement_text() {
    let mut client = ClientHarness::returning(&[by_agent(1, "oops")]);
    let mut deleted = by_agent(1, "This message was deleted");
    deleted["content_attributes"] = json!({ "deleted": true });
    deleted["previous_changes"] = json!({ "content": ["oops", "This message was deleted"] });
    client.receive(&cable_event("message.updated", deleted));
    assert_eq!(client.texts(), ["This message was deleted"]);
}

#[test]
fn message_of_another_conversation_is_not_shown() {
    let mut client = ClientHarness::returning(&[by_agent(1, "m1")]);
    let mut elsewhere = by_agent(2, "elsewhere");
    elsewhere["conversation_id"] = json!(CONVERSATION + 1);
    client.receive(&created(&elsewhere, None));
    assert_eq!(client.texts(), ["m1"]);
}

#[test]
fn outbox_message_in_flight_at_a_reload_is_found_in_history_or_sent_again() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    client.submit("hello");
    assert!(client.pending(Method::Post, "/messages").is_some());

    // Case 1: the message was stored before the reload.
    let mut reloaded = client.reload(11);
    assert_eq!(reloaded.texts(), ["hello"]);
    let key = reloaded.rows()[0].key;
    reloaded.answer("/messages", 200, &json!([by_agent(7, "hi"), by_visitor(8, "hello")]));
    assert_eq!((reloaded.texts(), reloaded.row_keys("hello")), (vec!["hi".to_owned(), "hello".to_owned()], vec![key]));
    reloaded.wait(200_000);
    assert!(reloaded.pending(Method::Post, "/messages").is_none());

    // Case 2: the message was never stored. It is posted again, but not before the grace time is over.
    let mut reloaded = client.reload(12);
    reloaded.answer("/messages", 200, &json!([by_agent(7, "hi")]));
    let mut waited = 0;
    while reloaded.pending(Method::Post, "/messages").is_none() {
        reloaded.wait(1_000);
        waited += 1;
        if reloaded.pending(Method::Get, "/messages").is_some() {
            reloaded.answer("/messages", 200, &json!([by_agent(7, "hi")]));
        }
        assert!(waited < 200, "not posted again");
    }
    assert!(waited >= 75, "posted again after {waited} s, within the grace time");
    reloaded.answer("/messages", 200, &by_visitor(9, "hello"));
    assert_eq!(reloaded.texts(), ["hi", "hello"]);
}

#[test]
fn echo_matching_ignores_an_older_message_of_equal_text() {
    let mut client = ClientHarness::returning(&[by_visitor(7, "ok")]);
    client.submit("ok");
    client.end("/messages", Outcome::Unknown);
    client.answer("/messages", 200, &json!([by_visitor(7, "ok")]));
    assert_eq!(client.texts(), ["ok", "ok"]);

    let mut reloaded = client.reload(11);
    reloaded.answer("/messages", 200, &json!([by_visitor(7, "ok")]));
    assert_eq!(reloaded.texts(), ["ok", "ok"], "not matched after a reload either");
    assert!(reloaded.storage.keys().any(|key| key.starts_with("send/")));
}

#[test]
fn echo_matching_releases_another_devices_message_of_equal_text() {
    let mut client = ClientHarness::returning(&[]);
    client.submit("ok");
    let key = client.rows()[0].key;
    client.receive(&created(&by_visitor(8, "ok"), None));
    assert_eq!(client.row_keys("ok"), [key], "matched with the outbox message");
    client.receive(&created(&by_visitor(8, "ok"), Some("another-devices-echo")));
    assert_eq!(client.texts(), ["ok", "ok"], "the match is undone");
    client.answer("/messages", 200, &by_visitor(9, "ok"));
    assert_eq!(client.texts(), ["ok", "ok"]);
    assert_eq!(client.rows()[1].key, key, "the outbox message keeps its row");
}

#[test]
fn outbox_waits_while_offline_and_sends_when_online() {
    let mut client = ClientHarness::returning(&[]);
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Offline);
    client.submit("hello");
    client.wait(60_000);
    assert!(client.pending(Method::Post, "/messages").is_none());
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    client.answer("/messages", 200, &by_visitor(8, "hello"));
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Connected);
}

#[test]
fn history_request_without_response_is_aborted_and_retried() {
    let mut client = ClientHarness::with_storage(stored_session(), 5);
    let request = client.pending(Method::Get, "/messages").unwrap().0;
    client.wait(40_000);
    assert_eq!(client.aborted, [request]);
    assert!(client.pending(Method::Get, "/messages").is_some(), "requested again");
}

#[test]
fn composer_gets_a_text_over_the_length_limit_back() {
    let mut client = ClientHarness::returning(&[]);
    client.submit(&"é".repeat(150_001));
    assert!(client.texts().is_empty() && client.widget.view().composer.problem.is_some());
    assert_eq!(client.widget.view().composer.injected_text.1.chars().count(), 150_001);
    client.submit(&"é".repeat(150_000));
    assert_eq!((client.texts().len(), client.widget.view().composer.problem.clone()), (1, None));
}

#[test]
fn composer_sends_no_text_of_invisible_characters_alone() {
    let mut client = ClientHarness::returning(&[]);
    // Zero-width space and joiner, word joiner, byte order mark, soft hyphen, Braille blank, Hangul fillers, a variation
    // selector, a tag, the Mongolian vowel separator, the combining grapheme joiner, a Khmer inherent vowel.
    for blank in
        "\u{200b}\u{200d}\u{2060}\u{feff}\u{ad}\u{2800}\u{3164}\u{ffa0}\u{115f}\u{fe0f}\u{e0020}\u{180e}\u{34f}\u{17b4}"
            .chars()
    {
        let text = format!(" {blank}\n{blank} ");
        client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: text.clone() }));
        assert!(!client.widget.view().composer.has_text, "{blank:?} can't be sent");
        client.submit(&text);
        client.dispatch(Event::Host(HostCall::SendMessage { text }));
        assert!(client.texts().is_empty(), "{blank:?} was sent");
    }
    for visible in ["\u{200b}a", "❤\u{fe0f}", "\u{2800}\u{2801}", "."] {
        client.submit(visible);
    }
    assert_eq!(client.texts(), ["\u{200b}a", "❤\u{fe0f}", "\u{2800}\u{2801}", "."]);
}

#[test]
fn composer_counts_remaining_characters_near_the_limit() {
    let mut client = ClientHarness::returning(&[]);
    let mut left_after = |text: String| {
        client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text }));
        client.widget.view().composer.characters_left
    };
    assert_eq!(left_after("é".repeat(149_499)), None, "501 remaining characters are not shown");
    assert_eq!(left_after("é".repeat(149_500)), Some(500));
    assert_eq!(left_after("é".repeat(149_500) + " \n"), Some(500), "trailing whitespace does not count");
    assert_eq!(left_after("é".repeat(150_003)), Some(-3));
    assert_eq!(left_after("é".repeat(100_000)), None, "characters count, not bytes");
    client.submit(&"é".repeat(150_001));
    assert_eq!(client.widget.view().composer.characters_left, Some(-1), "the text is back in the composer");
    client.submit(&"é".repeat(150_000));
    assert_eq!(client.widget.view().composer.characters_left, None, "the composer is empty");
}

#[test]
fn rate_limit_delays_messages_and_none_is_rejected() {
    let mut client = ClientHarness::returning(&[]);
    let mut stored: u64 = 0;
    let mut store_all = |client: &mut ClientHarness| {
        while client.pending(Method::Post, "/messages").is_some() {
            stored += 1;
            let echo = client
                .requests
                .iter()
                .find_map(|(_, request)| Some(json_body(request)["echo_id"].as_str()?.to_owned()));
            client.receive(&created(&by_visitor(stored, "stored"), echo.as_deref()));
            client.answer("/messages", 200, &by_visitor(stored, "stored"));
        }
        stored
    };
    for _ in 0..3 {
        (0..90).for_each(|nth| client.submit(&format!("{nth}")));
        store_all(&mut client);
    }
    assert_eq!(store_all(&mut client), 180);
    for _ in 0..20 {
        client.receive(&json!({ "type": "ping" }));
        client.wait(2_900);
    }
    assert!(client.pending(Method::Post, "/messages").is_none());
    client.wait(2_000);
    assert_eq!(store_all(&mut client), 270);
}

#[test]
fn conversation_status_is_read_again_after_a_reconnect() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    assert_eq!(client.status_requests, 1);
    let panel = |client: &ClientHarness| {
        let panel = &client.widget.view().panel;
        (panel.status, panel.agent_last_seen_at)
    };
    client.receive(&cable_event(
        "conversation.updated",
        json!({ "id": CONVERSATION, "status": "pending", "agent_last_seen_at": 90 }),
    ));
    assert_eq!(panel(&client), (Status::Pending, 90));
    client.receive(&cable_event("conversation.status_changed", json!({ "id": 99, "status": "snoozed" })));
    assert_eq!(panel(&client), (Status::Pending, 90), "a frame of another conversation");
    client.close_socket();
    client.status_response = format!(r#"{{"id":{CONVERSATION},"status":"resolved","agent_last_seen_at":120,"#);
    client.go_live();
    client.answer("/messages", 200, &json!([by_agent(7, "hi")]));
    assert_eq!((panel(&client), client.status_requests), ((Status::Resolved, 120), 2));
}

#[test]
fn connection_state_is_unreachable_before_hanging_requests_are_aborted() {
    let mut client = ClientHarness::returning(&[by_agent(7, "hi")]);
    client.submit("hello?");
    client.wait(15_000);
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Connected);
    client.wait(10_000);
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Unreachable);
    assert!(client.aborted.is_empty(), "no request was aborted yet");
    client.go_live();
    assert_eq!(client.widget.view().panel.connection, ConnectionState::Connected);
}

#[test]
fn outbox_limit_refuses_new_messages_and_loses_nothing() {
    let mut storage = crate::client_harness::stored_session();
    for nth in 1..=150 {
        let record = format!(
            r#"{{"v":2,"text":"nr. {nth}","at":1,"nth":{nth},"tries":0,"conversation":6,"posting":false,"newest":null,"failed":false,"refusal":null,"files":[]}}"#
        );
        storage.insert(format!("send/{nth:03}"), record);
    }
    let mut client = ClientHarness::with_storage(storage, 7);
    client.submit("one more");
    let composer = &client.widget.view().composer;
    assert_eq!(
        (composer.problem.clone(), &*composer.injected_text.1),
        (Some(ComposerProblem::TooManyUnsent), "one more"),
        "the text stays in the composer"
    );
    assert_eq!(client.storage.keys().filter(|key| key.starts_with("send/")).count(), 150);
}
