//! People on bad networks. Each story ends with what was said held against what the server has and the widget shows.

use serde_json::json;

use crate::bad_network::{Fate, Refusal, socket};
use crate::talk::Talk;

#[tokio::test(flavor = "multi_thread")]
async fn a_message_whose_answer_is_cut_off_is_there_once() {
    let mut talk = Talk::begin().await;
    talk.network.next_post(Fate::CutAfter);
    talk.visitor_says("ok").await;
    talk.network.until_met(Fate::CutAfter, 1).await;
    talk.until_shown("ok").await;
    // The same words again are another message.
    talk.network.next_post(Fate::CutWithin);
    talk.visitor_says("ok").await;
    talk.network.until_met(Fate::CutWithin, 1).await;
    talk.agent_says("ok").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_message_makes_one_contact_and_one_conversation_though_no_answer_comes() {
    let talk = Talk::begin_on(|network| {
        network.next_post_to("/contacts", Fate::CutAfter);
        network.next_post_to("/conversations", Fate::CutAfter);
        network.next_post_to("/messages", Fate::CutAfter);
    })
    .await;
    assert_eq!(talk.network.met(Fate::CutAfter), 3);
    assert_eq!(talk.sandbox.conversations().await.len(), 1);
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_left_while_a_message_is_undecided_does_not_send_it_again_when_it_is_back() {
    let mut talk = Talk::begin_on(|network| network.deny_sockets()).await;
    talk.network.next_post(Fate::CutAfter);
    for _ in 0..5 {
        talk.network.next_read(Fate::CutBefore);
    }
    talk.visitor_says("one").await;
    talk.network.until_met(Fate::CutBefore, 1).await;
    assert!(talk.holds_sends().await, "nobody can tell yet");
    talk.reload().await;
    talk.visitor_says("two").await;
    talk.network.clear_up();
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_chatwoot_fails_in_is_there_once_and_soon() {
    // No frame tells of it: only a page of history can decide.
    let mut talk = Talk::begin_on(|network| network.deny_sockets()).await;
    for fate in [Fate::Refused(Refusal::Fault), Fate::RefusedAfter(Refusal::Fault)] {
        talk.network.next_post(fate);
        talk.visitor_says("ok").await;
        talk.network.until_met(fate, 1).await;
        talk.until_settled().await;
    }
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_knows_of_says_so_and_is_sent_again_when_the_visitor_wants_it() {
    let mut talk = Talk::begin().await;
    talk.network.next_post(Fate::CutBefore);
    talk.visitor_says("ok").await;
    talk.network.until_met(Fate::CutBefore, 1).await;
    let browser = &talk.visitor.browser;
    browser.until("root.querySelector('.unsure')").await;
    let sentence = json!("Not confirmed yet. If you send it again, it may arrive twice.");
    assert_eq!(browser.ask("root.querySelector('.unsure span').textContent").await, sentence);
    assert_eq!(browser.ask("root.querySelector('.aloud').textContent").await, sentence);
    talk.visitor.find(".unsure button").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('.thread')").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_while_there_is_no_server_is_posted_once_and_soon_after_it_is_back() {
    let mut talk = Talk::begin().await;
    let before = talk.network.posts();
    talk.kill_server_and(async |talk| {
        // The first key tells agents that somebody writes, and that call finds nobody.
        talk.visitor.browser.ask("performance.clearResourceTimings()").await;
        talk.visitor_writes("Is anybody there?", async |talk| {
            let is_told = "performance.getEntriesByType('resource').some(it => it.name.includes('toggle_typing'))";
            talk.visitor.browser.until(is_told).await;
        })
        .await;
    })
    .await;
    talk.until_settled().await;
    assert_eq!(talk.network.posts() - before, 1, "nothing was posted to nobody");
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_come_twice_are_shown_once() {
    let mut talk = Talk::begin().await;
    talk.network.double_frames();
    for text in ["one", "two"] {
        talk.visitor_says(text).await;
        talk.agent_says(text).await;
    }
    talk.until_shown("two").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_neither_answer_nor_frame_can_come_history_tells_that_a_message_is_there() {
    let mut talk = Talk::begin_on(|network| network.deny_sockets()).await;
    talk.network.next_post(Fate::CutAfter);
    talk.network.next_post(Fate::RefusedAfter(Refusal::BadGateway));
    talk.visitor_says("ok").await;
    talk.visitor_says("ok").await;
    talk.visitor_says("ok").await;
    talk.network.until_met(Fate::RefusedAfter(Refusal::BadGateway), 1).await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_too_busy_gets_every_message_later_and_in_order() {
    let mut talk = Talk::begin().await;
    for refusal in [Refusal::Unavailable, Refusal::TooMany] {
        talk.network.refuse_all(Some(refusal));
        for text in ["one", "two", "three"] {
            talk.visitor_says(text).await;
        }
        talk.network.until_met(Fate::Refused(refusal), 3).await;
        talk.agent_says("Please wait").await;
        talk.network.refuse_all(None);
        talk.visitor.browser.until("!root.querySelector('.unsent')").await;
    }
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_without_a_server_behind_it_delays_what_is_read() {
    let mut talk = Talk::begin().await;
    talk.network.refuse_all(Some(Refusal::BadGateway));
    talk.network.lose_sockets();
    talk.agent_says("one").await;
    talk.agent_says("two").await;
    talk.network.until_met(Fate::Refused(Refusal::BadGateway), 3).await;
    talk.network.refuse_all(None);
    talk.until_shown("two").await;
    talk.visitor_says("three").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_socket_that_is_dead_without_saying_so_is_replaced_and_what_it_missed_is_read() {
    let mut talk = Talk::begin().await;
    talk.network.lose_sockets();
    for text in ["one", "two", "three"] {
        talk.agent_says(text).await;
    }
    talk.visitor_says("Are you there?").await;
    talk.until_shown("three").await;
    talk.network.until_met(Fate::Upgraded, 2).await;
    talk.agent_says("four").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn frames_that_make_no_sense_change_nothing() {
    let mut talk = Talk::begin().await;
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
        talk.network.inject(socket::text(text)).await;
    }
    for text in [deep("[", "]"), deep("{\"message\":", "}"), deep("{\"a\":", "")] {
        talk.network.inject(socket::text(&text)).await;
    }
    for bytes in [&b""[..], b"{\"type\":\"ping\"}", &[0xFF; 1_000]] {
        talk.network.inject(socket::binary(bytes)).await;
    }
    talk.network.inject(socket::text(&json!({ "type": "x".repeat(10_000_000) }).to_string())).await;
    talk.agent_says("Still there").await;
    talk.until_shown("Still there").await;
    assert_eq!(talk.network.met(Fate::Upgraded), 1, "the socket is the same");

    // The browser itself ends a socket over such a frame.
    talk.network.inject(socket::orphan()).await;
    talk.agent_says("And now").await;
    talk.until_shown("And now").await;
    talk.network.until_met(Fate::Upgraded, 2).await;
    talk.visitor_says("Yes").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_socket_is_to_be_had_messages_are_read() {
    let mut talk = Talk::begin_on(|network| network.deny_sockets()).await;
    talk.agent_says("one").await;
    talk.until_shown("one").await;
    talk.visitor_says("two").await;
    talk.until_shown("two").await;
    assert_eq!(talk.network.met(Fate::Upgraded), 0);
    assert!(talk.network.met(Fate::Denied) > 1, "it was tried again");
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_sleep_the_page_shows_what_was_said_meanwhile() {
    let mut talk = Talk::begin().await;
    talk.visitor.browser.ask("document.addEventListener('freeze', () => { window.slept = true; })").await;
    talk.visitor.browser.devtools("Page.setWebLifecycleState", json!({ "state": "frozen" })).await;
    for text in ["one", "two", "three"] {
        talk.agent_says(text).await;
    }
    talk.visitor.browser.devtools("Page.setWebLifecycleState", json!({ "state": "active" })).await;
    assert_eq!(talk.visitor.browser.ask("window.slept").await, json!(true), "the page was asleep");
    talk.until_shown("three").await;
    talk.visitor_says("Good morning").await;
    talk.agent_says("four").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_again_and_again_forgets_nothing() {
    let mut talk = Talk::begin().await;
    for round in 1..=3 {
        talk.restart_server().await;
        // Before the widget can be back on its socket.
        talk.agent_says(&format!("agent {round}")).await;
        talk.visitor_says(&format!("visitor {round}")).await;
        talk.until_shown(&format!("agent {round}")).await;
        talk.until_shown(&format!("visitor {round}")).await;
        // Both may have come by a read; then another socket is opened all the same.
        talk.network.until_met(Fate::Upgraded, 1 + round).await;
    }
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_browser_repeats_by_itself_is_shown_as_the_server_has_it() {
    let mut talk = Talk::begin().await;
    talk.network.keep_connections();
    // From now on there is a connection to be used again, and cut: then Chromium posts again, without asking.
    talk.visitor_says("one").await;
    talk.until_shown("one").await;
    talk.network.next_post(Fate::CutAfter);
    talk.visitor_says("two").await;
    talk.network.until_met(Fate::CutAfter, 1).await;
    talk.until_settled().await;
    talk.agent_says("three").await;
    talk.shows_what_is_stored().await;
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_with_an_impossible_id_does_not_stand_in_the_way_of_what_comes_after() {
    let mut talk = Talk::begin().await;
    for id in ["1e308", "18446744073709551615"] {
        let data = format!(r#"{{"id":{id},"content":"from nowhere","message_type":1}}"#);
        let frame = format!(r#"{{"message":{{"event":"message.created","data":{data}}}}}"#);
        talk.network.inject(socket::text(&frame)).await;
    }
    talk.agent_says("one").await;
    talk.until_shown("one").await;
    talk.network.next_post(Fate::CutAfter);
    talk.visitor_says("two").await;
    talk.agent_says("three").await;
    talk.until_shown("three").await;
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_sockets_nobody_is_told_that_the_team_cannot_be_reached() {
    let mut talk = Talk::begin_on(|network| network.deny_sockets()).await;
    talk.network.until_met(Fate::Denied, 4).await;
    talk.visitor_says("one").await;
    talk.until_shown("one").await;
    assert_eq!(talk.visitor.browser.ask("root.querySelector('.trouble').textContent").await, json!(""));
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_ended_in_a_gap_is_known_to_be_ended() {
    let mut talk = Talk::begin().await;
    talk.network.lose_sockets();
    let path = format!("/conversations/{}/toggle_status", talk.conversation);
    talk.sandbox.as_agent("POST", &path, &json!({ "status": "resolved" })).await.ok();
    talk.visitor
        .browser
        .until("(await document.querySelector('natter-chat').diagnostics()).status === 'resolved'")
        .await;
    talk.visitor_says("One more question").await;
    talk.visitor.browser.until("(await document.querySelector('natter-chat').diagnostics()).status === 'open'").await;
    talk.until_shown("One more question").await;
    talk.visitor.browser.quit().await;
}
