//! Faulty networks. Every test ends with a comparison: the messages that both sides have sent, those that the server has
//! stored, and those that the widget shows.

use serde_json::json;

use crate::conversation_harness::TestConversation;
use crate::fault_proxy::{ErrorResponse, RequestOutcome, socket};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_response_is_lost_is_stored_once() {
    let mut chat = TestConversation::start().await;
    chat.network.on_next_post(RequestOutcome::CutAfter);
    chat.visitor_sends("ok").await;
    chat.network.wait_for_outcome(RequestOutcome::CutAfter, 1).await;
    chat.wait_until_shown("ok").await;
    // The same text again is another message.
    chat.network.on_next_post(RequestOutcome::CutWithin);
    chat.visitor_sends("ok").await;
    chat.network.wait_for_outcome(RequestOutcome::CutWithin, 1).await;
    chat.agent_sends("ok").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_responses_make_one_contact_and_one_conversation() {
    let chat = TestConversation::start_on(|network| {
        network.on_next_post_to("/contacts", RequestOutcome::CutAfter);
        network.on_next_post_to("/conversations", RequestOutcome::CutAfter);
        network.on_next_post_to("/messages", RequestOutcome::CutAfter);
    })
    .await;
    assert_eq!(chat.network.count(RequestOutcome::CutAfter), 3);
    assert_eq!(chat.sandbox.conversations().await.len(), 1);
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_without_a_response_is_not_sent_again_after_a_reload() {
    let mut chat = TestConversation::start_on(|network| network.refuse_sockets()).await;
    chat.network.on_next_post(RequestOutcome::CutAfter);
    for _ in 0..5 {
        chat.network.on_next_read(RequestOutcome::CutBefore);
    }
    chat.visitor_sends("one").await;
    chat.network.wait_for_outcome(RequestOutcome::CutBefore, 1).await;
    assert!(chat.has_unsent_records().await, "nobody can tell yet");
    chat.reload().await;
    chat.visitor_sends("two").await;
    chat.network.recover();
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_answered_with_500_is_stored_once() {
    // Without frames only history can confirm the message.
    let mut chat = TestConversation::start_on(|network| network.refuse_sockets()).await;
    for fate in [
        RequestOutcome::Refused(ErrorResponse::InternalError),
        RequestOutcome::RefusedAfter(ErrorResponse::InternalError),
    ] {
        chat.network.on_next_post(fate);
        chat.visitor_sends("ok").await;
        chat.network.wait_for_outcome(fate, 1).await;
        chat.wait_until_settled().await;
    }
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unconfirmed_message_can_be_sent_again_by_the_visitor() {
    let mut chat = TestConversation::start().await;
    chat.network.on_next_post(RequestOutcome::CutBefore);
    chat.visitor_sends("ok").await;
    chat.network.wait_for_outcome(RequestOutcome::CutBefore, 1).await;
    let browser = &chat.visitor.browser;
    browser.until("root.querySelector('.unsure')").await;
    let sentence = json!("Not confirmed yet. If you send it again, it may arrive twice.");
    assert_eq!(browser.ask("root.querySelector('.unsure span').textContent").await, sentence);
    assert_eq!(browser.ask("root.querySelector('.aloud').textContent").await, sentence);
    chat.visitor.find(".unsure button").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('.thread')").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_posts_once_the_server_is_back() {
    let mut chat = TestConversation::start().await;
    let before = chat.network.post_count();
    chat.kill_server_and(async |chat| {
        // The first key posts a typing indicator, which fails, too.
        chat.visitor.browser.ask("performance.clearResourceTimings()").await;
        chat.visitor_types("Is anybody there?", async |chat| {
            let is_told = "performance.getEntriesByType('resource').some(it => it.name.includes('toggle_typing'))";
            chat.visitor.browser.until(is_told).await;
        })
        .await;
    })
    .await;
    chat.wait_until_settled().await;
    assert_eq!(chat.network.post_count() - before, 1, "nothing was posted to nobody");
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn duplicate_frames_are_shown_once() {
    let mut chat = TestConversation::start().await;
    chat.network.duplicate_frames();
    for text in ["one", "two"] {
        chat.visitor_sends(text).await;
        chat.agent_sends(text).await;
    }
    chat.wait_until_shown("two").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_confirms_a_message_without_response_and_frame() {
    let mut chat = TestConversation::start_on(|network| network.refuse_sockets()).await;
    chat.network.on_next_post(RequestOutcome::CutAfter);
    chat.network.on_next_post(RequestOutcome::RefusedAfter(ErrorResponse::BadGateway));
    chat.visitor_sends("ok").await;
    chat.visitor_sends("ok").await;
    chat.visitor_sends("ok").await;
    chat.network.wait_for_outcome(RequestOutcome::RefusedAfter(ErrorResponse::BadGateway), 1).await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_retries_in_order_after_429_and_503() {
    let mut chat = TestConversation::start().await;
    for refusal in [ErrorResponse::Unavailable, ErrorResponse::TooMany] {
        chat.network.answer_all_with(Some(refusal));
        for text in ["one", "two", "three"] {
            chat.visitor_sends(text).await;
        }
        chat.network.wait_for_outcome(RequestOutcome::Refused(refusal), 3).await;
        chat.agent_sends("Please wait").await;
        chat.network.answer_all_with(None);
        chat.visitor.browser.until("!root.querySelector('.unsent')").await;
    }
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_read_again_after_502() {
    let mut chat = TestConversation::start().await;
    chat.network.answer_all_with(Some(ErrorResponse::BadGateway));
    chat.network.lose_sockets();
    chat.agent_sends("one").await;
    chat.agent_sends("two").await;
    chat.network.wait_for_outcome(RequestOutcome::Refused(ErrorResponse::BadGateway), 3).await;
    chat.network.answer_all_with(None);
    chat.wait_until_shown("two").await;
    chat.visitor_sends("three").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stale_socket_is_replaced_and_missed_messages_are_read() {
    let mut chat = TestConversation::start().await;
    chat.network.lose_sockets();
    for text in ["one", "two", "three"] {
        chat.agent_sends(text).await;
    }
    chat.visitor_sends("Are you there?").await;
    chat.wait_until_shown("three").await;
    chat.network.wait_for_outcome(RequestOutcome::Upgraded, 2).await;
    chat.agent_sends("four").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_frames_are_ignored() {
    let mut chat = TestConversation::start().await;
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let texts = [
        "",
        "null",
        "true",
        "1e999",
        "[]",
        "{}",
        "\"welcome\"",
        "{\"type\":",
        "\u{FEFF}{}",
        "<html>",
        "\u{0}",
        r#"{"type":7,"message":[]}"#,
        r#"{"type":"surprise","message":{"event":"message.created"}}"#,
        r#"{"message":null}"#,
        r#"{"message":{"event":null,"data":7}}"#,
        r#"{"message":{"event":"message.created","data":null}}"#,
        r#"{"message":{"event":"message.created","data":{}}}"#,
        r#"{"message":{"event":"message.created","data":{"id":-1,"content":"below"}}}"#,
        r#"{"message":{"event":"message.created","data":{"id":{},"content":[]}}}"#,
        r#"{"message":{"event":"message.updated","data":{"id":99999999999999999999999999,"content":"huge"}}}"#,
        r#"{"message":{"event":"conversation.status_changed","data":{"id":1e300,"status":[]}}}"#,
        r#"{"message":{"event":"message.created","data":{"id":5,"conversation_id":1e300,"content":"elsewhere"}}}"#,
    ];
    for text in texts {
        chat.network.inject(socket::text(text)).await;
    }
    for text in [deep("[", "]"), deep("{\"message\":", "}"), deep("{\"a\":", "")] {
        chat.network.inject(socket::text(&text)).await;
    }
    for bytes in [&b""[..], b"{\"type\":\"ping\"}", &[0xFF; 1_000]] {
        chat.network.inject(socket::binary(bytes)).await;
    }
    chat.network.inject(socket::text(&json!({ "type": "x".repeat(10_000_000) }).to_string())).await;
    chat.agent_sends("Still there").await;
    chat.wait_until_shown("Still there").await;
    assert_eq!(chat.network.count(RequestOutcome::Upgraded), 1, "the socket is the same");

    // The browser closes a socket over such a frame.
    chat.network.inject(socket::orphaned_continuation()).await;
    chat.agent_sends("And now").await;
    chat.wait_until_shown("And now").await;
    chat.network.wait_for_outcome(RequestOutcome::Upgraded, 2).await;
    chat.visitor_sends("Yes").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_replaces_a_socket_that_can_not_connect() {
    let mut chat = TestConversation::start_on(|network| network.refuse_sockets()).await;
    chat.agent_sends("one").await;
    chat.wait_until_shown("one").await;
    chat.visitor_sends("two").await;
    chat.wait_until_shown("two").await;
    assert_eq!(chat.network.count(RequestOutcome::Upgraded), 0);
    assert!(chat.network.count(RequestOutcome::Denied) > 1, "it was tried again");
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_caught_up_after_the_device_slept() {
    let mut chat = TestConversation::start().await;
    chat.visitor.browser.ask("document.addEventListener('freeze', () => { window.slept = true; })").await;
    chat.visitor.browser.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    for text in ["one", "two", "three"] {
        chat.agent_sends(text).await;
    }
    chat.visitor.browser.devtools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    assert_eq!(chat.visitor.browser.ask("window.slept").await, json!(true), "the page was asleep");
    chat.wait_until_shown("three").await;
    chat.visitor_sends("Good morning").await;
    chat.agent_sends("four").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_when_the_server_is_killed_repeatedly() {
    let mut chat = TestConversation::start().await;
    for round in 1..=3 {
        chat.restart_server().await;
        // Before the widget's socket has reconnected.
        chat.agent_sends(&format!("agent {round}")).await;
        chat.visitor_sends(&format!("visitor {round}")).await;
        chat.wait_until_shown(&format!("agent {round}")).await;
        chat.wait_until_shown(&format!("visitor {round}")).await;
        // History may have brought both; a new socket is opened in any case.
        chat.network.wait_for_outcome(RequestOutcome::Upgraded, 1 + round).await;
    }
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_that_the_browser_repeats_is_shown_as_stored() {
    let mut chat = TestConversation::start().await;
    chat.network.allow_keep_alive();
    // When a reused connection is reset, Chromium repeats the POST by itself.
    chat.visitor_sends("one").await;
    chat.wait_until_shown("one").await;
    chat.network.on_next_post(RequestOutcome::CutAfter);
    chat.visitor_sends("two").await;
    chat.network.wait_for_outcome(RequestOutcome::CutAfter, 1).await;
    chat.wait_until_settled().await;
    chat.agent_sends("three").await;
    chat.assert_shows_stored_messages().await;
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_with_an_impossible_id_does_not_block_later_messages() {
    let mut chat = TestConversation::start().await;
    for id in ["1e308", "18446744073709551615"] {
        let data = format!(r#"{{"id":{id},"content":"from nowhere","message_type":1}}"#);
        let frame = format!(r#"{{"message":{{"event":"message.created","data":{data}}}}}"#);
        chat.network.inject(socket::text(&frame)).await;
    }
    chat.agent_sends("one").await;
    chat.wait_until_shown("one").await;
    chat.network.on_next_post(RequestOutcome::CutAfter);
    chat.visitor_sends("two").await;
    chat.agent_sends("three").await;
    chat.wait_until_shown("three").await;
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn polling_shows_no_connection_trouble() {
    let mut chat = TestConversation::start_on(|network| network.refuse_sockets()).await;
    chat.network.wait_for_outcome(RequestOutcome::Denied, 4).await;
    chat.visitor_sends("one").await;
    chat.wait_until_shown("one").await;
    assert_eq!(chat.visitor.browser.ask("root.querySelector('.trouble').textContent").await, json!(""));
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_resolved_while_disconnected_is_shown_as_resolved() {
    let mut chat = TestConversation::start().await;
    chat.network.lose_sockets();
    let path = format!("/conversations/{}/toggle_status", chat.conversation);
    chat.sandbox.as_agent("POST", &path, &json!({ "status": "resolved" })).await.ok();
    chat.visitor
        .browser
        .until("(await document.querySelector('natter-chat').diagnostics()).status === 'resolved'")
        .await;
    chat.visitor_sends("One more question").await;
    chat.visitor.browser.until("(await document.querySelector('natter-chat').diagnostics()).status === 'open'").await;
    chat.wait_until_shown("One more question").await;
    chat.visitor.browser.quit().await;
}
