//! Tests that take minutes: grace periods, long outages, many server restarts, and random faults. `cargo xtask soak` runs
//! them.
#![allow(clippy::print_stdout, reason = "it shows the progress of long tests")]

use std::time::{Duration, Instant, SystemTime};

use crate::conversation_harness::{GRACE, RESEND_TIME_MAX, TestConversation};
use crate::fault_proxy::{ErrorResponse, RequestOutcome, socket};
use crate::uploads::{pick, stored, wait_until_no_files_are_stored};

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_message_is_posted_again_after_the_grace_and_not_before() {
    let mut chat = TestConversation::start().await;
    chat.network.on_next_post(RequestOutcome::CutBefore);
    chat.visitor_sends("one").await;
    chat.network.wait_for_outcome(RequestOutcome::CutBefore, 1).await;
    let cut = Instant::now();
    chat.visitor_sends("two").await;
    chat.agent_sends("Take your time").await;
    chat.wait_until_shown("Take your time").await;
    chat.visitor_sends("one").await;
    chat.wait_until_settled_within(RESEND_TIME_MAX).await;
    assert!(cut.elapsed() >= GRACE, "it was posted again while it could still have been stored");
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_answered_with_502_are_posted_again_after_the_grace() {
    let mut chat = TestConversation::start().await;
    chat.network.answer_all_with(Some(ErrorResponse::BadGateway));
    for text in ["one", "two", "three"] {
        chat.visitor_sends(text).await;
    }
    chat.network.wait_for_outcome(RequestOutcome::Refused(ErrorResponse::BadGateway), 2).await;
    chat.network.answer_all_with(None);
    chat.agent_sends("Good morning again").await;
    chat.assert_delivered_within(RESEND_TIME_MAX).await;
}

/// Moving the chat reloads the frame of an upload, so the outcome of the request is unknown.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_by_moving_the_chat_is_repeated_once_after_the_grace() {
    let chat = TestConversation::start().await;
    let film = vec![7; 5_000_000];
    pick(&chat, &[("film.bin", &film)]).await;
    chat.network.drop_all_packets(true);
    chat.visitor.say("In the middle").await;
    let browser = &chat.visitor.browser;
    browser.until("root.querySelector('iframe')?.contentDocument.querySelector('meta')").await;
    let moved = Instant::now();
    let swap = "(() => { const body = document.createElement('body'); body.append(natter); document.body.replaceWith(body); })()";
    browser.ask(swap).await;
    browser.until("!root.querySelector('iframe')").await;
    chat.network.drop_all_packets(false);
    chat.wait_until_settled_within(RESEND_TIME_MAX).await;
    assert!(moved.elapsed() >= GRACE, "it was posted again while it could still have been stored");
    assert_eq!(stored(&chat).await, [("In the middle".to_owned(), vec![("film.bin".to_owned(), 5_000_000)])]);
    wait_until_no_files_are_stored(&chat).await;
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_cut_by_a_reload_is_repeated_once_after_the_grace() {
    let chat = TestConversation::start().await;
    let film = vec![7; 5_000_000];
    pick(&chat, &[("film.bin", &film)]).await;
    chat.network.drop_all_packets(true);
    chat.visitor.say("In the middle").await;
    let under_way = "Object.entries(localStorage).some(([key, kept]) =>
                       key.includes('/send/') && JSON.parse(kept).posting)";
    chat.visitor.browser.until(under_way).await;
    let left = Instant::now();
    chat.reload().await;
    chat.network.drop_all_packets(false);
    chat.wait_until_settled_within(RESEND_TIME_MAX).await;
    assert!(left.elapsed() >= GRACE, "it was posted again while it could still have been stored");
    assert_eq!(stored(&chat).await, [("In the middle".to_owned(), vec![("film.bin".to_owned(), 5_000_000)])]);
    wait_until_no_files_are_stored(&chat).await;
    chat.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_in_a_minute_without_any_packet() {
    let mut chat = TestConversation::start().await;
    chat.network.drop_all_packets(true);
    let begun = Instant::now();
    chat.visitor_sends("Is anybody there?").await;
    chat.agent_sends("I am").await;
    chat.visitor_sends("Hello?").await;
    chat.agent_sends("Hello!").await;
    chat.visitor.browser.until("root.querySelector('.trouble').textContent").await;
    // The duration of the fault, not a wait for a condition.
    tokio::time::sleep(Duration::from_secs(60).saturating_sub(begun.elapsed())).await;
    chat.network.drop_all_packets(false);
    chat.wait_until_shown("Hello!").await;
    chat.agent_sends("There you are").await;
    chat.assert_delivered_within(RESEND_TIME_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_message_is_lost_when_the_server_is_killed_twenty_times() {
    let mut chat = TestConversation::start().await;
    for death in 1..=20 {
        println!("killed server: {death} of 20");
        let said = format!("visitor {death}");
        match death % 3 {
            // The request may fail, be cut at any point, or have been answered.
            0 => chat.kill_server_and(async |chat| chat.visitor_sends(&said).await).await,
            1 => {
                chat.visitor_sends(&said).await;
                chat.restart_server().await;
            }
            _ => {
                chat.visitor_sends(&said).await;
                chat.restart_server().await;
                chat.visitor_sends(&format!("visitor {death}, again")).await;
            }
        }
        chat.agent_sends(&format!("agent {death}")).await;
        chat.wait_until_shown(&format!("agent {death}")).await;
        if death % 5 == 0 {
            chat.wait_until_settled_within(RESEND_TIME_MAX).await;
        }
    }
    chat.assert_delivered().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_faults_lose_and_duplicate_nothing() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let minutes = number("NATTER_SOAK_MINUTES").unwrap_or(5);
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seed = number("NATTER_SOAK_SEED").unwrap_or_else(now);
    println!("random faults: {minutes} minutes, NATTER_SOAK_SEED={seed}");
    let (mut random, end) = (Random(seed.max(1)), Instant::now() + Duration::from_secs(minutes * 60));
    let mut chat = TestConversation::start().await;
    let mut episode = 0;
    while Instant::now() < end {
        episode += 1;
        let mut faults = Vec::new();
        for turn in 0..=random.below(3) {
            faults.push(inject_fault(&mut chat, &mut random).await);
            for nth in 0..random.below(3) {
                chat.visitor_sends(&format!("visitor {episode}.{turn}.{nth}")).await;
            }
            for nth in 0..random.below(3) {
                chat.agent_sends(&format!("agent {episode}.{turn}.{nth}")).await;
            }
        }
        // Sent under the present faults; then all faults end.
        chat.visitor_sends(&format!("visitor {episode}")).await;
        chat.network.recover();
        let begun = Instant::now();
        chat.agent_sends(&format!("agent {episode}")).await;
        chat.wait_until_settled_within(2 * RESEND_TIME_MAX).await;
        chat.wait_until_shown(&format!("agent {episode}")).await;
        println!("random faults: episode {episode}: {faults:?}, calm after {:?}", begun.elapsed());
    }
    chat.assert_delivered().await;
}

/// Injects a random fault, and returns its name.
async fn inject_fault(chat: &mut TestConversation, random: &mut Random) -> &'static str {
    let network = &chat.network;
    match random.below(9) {
        0 => {
            network.on_next_post(RequestOutcome::CutAfter);
            "cut after it was stored"
        }
        1 => {
            network.on_next_post(RequestOutcome::CutBefore);
            "cut before it was stored"
        }
        2 => {
            network.on_next_post(RequestOutcome::RefusedAfter(ErrorResponse::BadGateway));
            "502 after it was stored"
        }
        3 => {
            network.answer_all_with(Some(ErrorResponse::Unavailable));
            "503 for all"
        }
        4 => {
            network.answer_all_with(Some(ErrorResponse::BadGateway));
            "502 for all"
        }
        5 => {
            network.lose_sockets();
            "sockets lost"
        }
        6 => {
            network.drop_all_packets(true);
            tokio::time::sleep(Duration::from_secs(random.below(15))).await;
            "a black hole"
        }
        7 => {
            network.try_to_inject(socket::orphaned_continuation()).await;
            "a broken socket"
        }
        _ => {
            chat.restart_server().await;
            "server killed"
        }
    }
}

/// Random numbers by xorshift: the same seed repeats the faults, as far as timing allows.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_with_an_impossible_id_does_not_duplicate_a_later_message() {
    let mut chat = TestConversation::start().await;
    let data = r#"{"id":18446744073709551615,"content":"from nowhere","message_type":1}"#;
    chat.network.inject(socket::text(&format!(r#"{{"message":{{"event":"message.created","data":{data}}}}}"#))).await;
    chat.network.lose_sockets();
    chat.network.refuse_sockets();
    chat.network.on_next_post(RequestOutcome::CutAfter);
    chat.visitor_sends("one").await;
    chat.wait_until_settled_within(RESEND_TIME_MAX).await;
    let stored = chat.sandbox.messages(chat.conversation).await;
    let count = stored.iter().filter(|message| message["content"] == "one").count();
    assert_eq!(count, 1, "it is there once");
}
