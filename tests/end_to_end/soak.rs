//! What takes minutes: whole graces, long holes, many deaths, and weather drawn by lot. `cargo xtask soak` runs them.
#![allow(clippy::print_stdout, reason = "whoever runs this wants to know how far it is")]

use std::time::{Duration, Instant, SystemTime};

use crate::bad_network::{Fate, Refusal, socket};
use crate::talk::{GRACE, RESEND_TIME_MAX, Talk};
use crate::uploads::{pick, stored, until_none_is_kept};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_cut_off_before_the_server_had_it_is_sent_again_after_the_grace_and_not_before() {
    let mut talk = Talk::begin().await;
    talk.network.next_post(Fate::CutBefore);
    talk.visitor_says("one").await;
    talk.network.until_met(Fate::CutBefore, 1).await;
    let cut = Instant::now();
    talk.visitor_says("two").await;
    talk.agent_says("Take your time").await;
    talk.until_shown("Take your time").await;
    talk.visitor_says("one").await;
    talk.until_settled_within(RESEND_TIME_MAX).await;
    assert!(cut.elapsed() >= GRACE, "it was posted again while it could still have been stored");
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_a_proxy_without_a_server_is_said_after_the_grace() {
    let mut talk = Talk::begin().await;
    talk.network.refuse_all(Some(Refusal::BadGateway));
    for text in ["one", "two", "three"] {
        talk.visitor_says(text).await;
    }
    talk.network.until_met(Fate::Refused(Refusal::BadGateway), 2).await;
    talk.network.refuse_all(None);
    talk.agent_says("Good morning again").await;
    talk.ends_well_within(RESEND_TIME_MAX).await;
}

/// The upload's frame is in the chat: put elsewhere, it begins anew, and what became of the request nobody knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_chat_that_is_moved_in_the_middle_of_an_upload_sends_it_once_after_the_grace() {
    let talk = Talk::begin().await;
    let film = vec![7; 5_000_000];
    pick(&talk, &[("film.bin", &film)]).await;
    talk.network.black_hole(true);
    talk.visitor.say("In the middle").await;
    let browser = &talk.visitor.browser;
    browser.until("root.querySelector('iframe')?.contentDocument.querySelector('meta')").await;
    let moved = Instant::now();
    let swap = "(() => { const body = document.createElement('body'); body.append(natter); document.body.replaceWith(body); })()";
    browser.ask(swap).await;
    browser.until("!root.querySelector('iframe')").await;
    talk.network.black_hole(false);
    talk.until_settled_within(RESEND_TIME_MAX).await;
    assert!(moved.elapsed() >= GRACE, "it was posted again while it could still have been stored");
    assert_eq!(stored(&talk).await, [("In the middle".to_owned(), vec![("film.bin".to_owned(), 5_000_000)])]);
    until_none_is_kept(&talk).await;
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_left_in_the_middle_of_an_upload_sends_it_once_after_the_grace() {
    let talk = Talk::begin().await;
    let film = vec![7; 5_000_000];
    pick(&talk, &[("film.bin", &film)]).await;
    talk.network.black_hole(true);
    talk.visitor.say("In the middle").await;
    let under_way = "Object.entries(localStorage).some(([key, kept]) =>
                       key.includes('/send/') && JSON.parse(kept).posting)";
    talk.visitor.browser.until(under_way).await;
    let left = Instant::now();
    talk.reload().await;
    talk.network.black_hole(false);
    talk.until_settled_within(RESEND_TIME_MAX).await;
    assert!(left.elapsed() >= GRACE, "it was posted again while it could still have been stored");
    assert_eq!(stored(&talk).await, [("In the middle".to_owned(), vec![("film.bin".to_owned(), 5_000_000)])]);
    until_none_is_kept(&talk).await;
    talk.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minute_in_a_black_hole_costs_nothing_but_time() {
    let mut talk = Talk::begin().await;
    talk.network.black_hole(true);
    let begun = Instant::now();
    talk.visitor_says("Is anybody there?").await;
    talk.agent_says("I am").await;
    talk.visitor_says("Hello?").await;
    talk.agent_says("Hello!").await;
    talk.visitor.browser.until("root.querySelector('.trouble').textContent").await;
    // The weather itself, not a wait for anything.
    tokio::time::sleep(Duration::from_secs(60).saturating_sub(begun.elapsed())).await;
    talk.network.black_hole(false);
    talk.until_shown("Hello!").await;
    talk.agent_says("There you are").await;
    talk.ends_well_within(RESEND_TIME_MAX).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_twenty_times_while_both_sides_write_forgets_nothing() {
    let mut talk = Talk::begin().await;
    for death in 1..=20 {
        println!("killed server: {death} of 20");
        let said = format!("visitor {death}");
        match death % 3 {
            // Its request finds nobody, or is cut off at any point, or has been answered.
            0 => talk.kill_server_and(async |talk| talk.visitor_says(&said).await).await,
            1 => {
                talk.visitor_says(&said).await;
                talk.restart_server().await;
            }
            _ => {
                talk.visitor_says(&said).await;
                talk.restart_server().await;
                talk.visitor_says(&format!("visitor {death}, again")).await;
            }
        }
        talk.agent_says(&format!("agent {death}")).await;
        talk.until_shown(&format!("agent {death}")).await;
        if death % 5 == 0 {
            talk.until_settled_within(RESEND_TIME_MAX).await;
        }
    }
    talk.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn in_any_weather_nothing_is_lost_or_doubled() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let minutes = number("NATTER_SOAK_MINUTES").unwrap_or(5);
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let seed = number("NATTER_SOAK_SEED").unwrap_or_else(now);
    println!("any weather: {minutes} minutes, NATTER_SOAK_SEED={seed}");
    let (mut lot, end) = (Lot(seed.max(1)), Instant::now() + Duration::from_secs(minutes * 60));
    let mut talk = Talk::begin().await;
    let mut episode = 0;
    while Instant::now() < end {
        episode += 1;
        let mut fates = Vec::new();
        for turn in 0..=lot.below(3) {
            fates.push(befall(&mut talk, &mut lot).await);
            for nth in 0..lot.below(3) {
                talk.visitor_says(&format!("visitor {episode}.{turn}.{nth}")).await;
            }
            for nth in 0..lot.below(3) {
                talk.agent_says(&format!("agent {episode}.{turn}.{nth}")).await;
            }
        }
        // Into whatever it is by now; then the sun comes out.
        talk.visitor_says(&format!("visitor {episode}")).await;
        talk.network.clear_up();
        let begun = Instant::now();
        talk.agent_says(&format!("agent {episode}")).await;
        talk.until_settled_within(2 * RESEND_TIME_MAX).await;
        talk.until_shown(&format!("agent {episode}")).await;
        println!("any weather: episode {episode}: {fates:?}, calm after {:?}", begun.elapsed());
    }
    talk.ends_well().await;
}

/// Lets something befall the talk; tells what.
async fn befall(talk: &mut Talk, lot: &mut Lot) -> &'static str {
    let network = &talk.network;
    match lot.below(9) {
        0 => {
            network.next_post(Fate::CutAfter);
            "cut after it was stored"
        }
        1 => {
            network.next_post(Fate::CutBefore);
            "cut before it was stored"
        }
        2 => {
            network.next_post(Fate::RefusedAfter(Refusal::BadGateway));
            "502 after it was stored"
        }
        3 => {
            network.refuse_all(Some(Refusal::Unavailable));
            "503 for all"
        }
        4 => {
            network.refuse_all(Some(Refusal::BadGateway));
            "502 for all"
        }
        5 => {
            network.lose_sockets();
            "sockets lost"
        }
        6 => {
            network.black_hole(true);
            tokio::time::sleep(Duration::from_secs(lot.below(15))).await;
            "a black hole"
        }
        7 => {
            network.try_to_inject(socket::orphan()).await;
            "a broken socket"
        }
        _ => {
            talk.restart_server().await;
            "server killed"
        }
    }
}

/// Draws by xorshift, so that a seed tells a story again as far as the network's own timing lets it.
struct Lot(u64);

impl Lot {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_with_an_impossible_id_does_not_make_a_later_message_double() {
    let mut talk = Talk::begin().await;
    let data = r#"{"id":18446744073709551615,"content":"from nowhere","message_type":1}"#;
    talk.network.inject(socket::text(&format!(r#"{{"message":{{"event":"message.created","data":{data}}}}}"#))).await;
    talk.network.lose_sockets();
    talk.network.deny_sockets();
    talk.network.next_post(Fate::CutAfter);
    talk.visitor_says("one").await;
    talk.until_settled_within(RESEND_TIME_MAX).await;
    let stored = talk.sandbox.messages(talk.conversation).await;
    let count = stored.iter().filter(|message| message["content"] == "one").count();
    assert_eq!(count, 1, "it is there once");
}
