//! Measures how long it takes until the visitor knows the outcome of a message, for every way in which its POST can end.
//! `cargo xtask soak` prints the table.
#![allow(clippy::print_stdout, reason = "whoever runs this wants to know")]

use std::time::{Duration, Instant};

use crate::conversation_harness::TestConversation;
use crate::fault_proxy::{ErrorResponse, RequestOutcome};

/// An aborted request (30 s), two grace periods, and the waits between retries.
const LONGEST: Duration = Duration::from_secs(240);
const TEXT: &str = "Is anybody there?";
/// Counts the POSTs of the widget; further ones at the proxy were repeated by the browser.
const COUNT_POSTS: &str = "(() => {
  window.posts = 0;
  const { fetch } = window;
  window.fetch = (...all) => {
    posts += all[0].method === 'POST' && all[0].url.endsWith('/messages');
    return fetch(...all);
  };
})()";

/// The fault that the message meets.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Its request has this outcome.
    Meets(RequestOutcome),
    /// Connections are refused for so many seconds, in which it is written.
    Refused(u64),
    /// The server is killed, and starts again after so many seconds; the message is written one second after the kill.
    Restart(u64),
    /// All packets are dropped for so many seconds.
    BlackHole(u64),
}

/// The state of connections before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Around {
    /// An open socket, and a connection for each request.
    Live,
    /// An open socket, and keep-alive connections.
    LiveKept,
    /// Socket and connections were just closed, and a new socket can be opened; keep-alive connections.
    BackKept,
    /// Socket and connections were just closed, and no socket can be opened; keep-alive connections.
    LostKept,
    /// No socket could ever be opened; keep-alive connections.
    NeverKept,
}

/// The result of one measurement.
struct Line {
    seconds: f64,
    /// When the widget showed the message as unconfirmed, if it did.
    unsure: Option<f64>,
    by_widget: u64,
    by_browser: u64,
    stored: usize,
}

/// Typed as by a person: the typing indicator is posted some time before the message.
async fn write(chat: &mut TestConversation) {
    chat.visitor_types(TEXT, async |_| tokio::time::sleep(Duration::from_millis(500)).await).await;
}

async fn measure(end: End, around: Around, sends_again: bool) -> Line {
    let mut chat = TestConversation::start_on(|network| {
        if around != Around::Live {
            network.allow_keep_alive();
        }
        if around == Around::NeverKept {
            network.refuse_sockets();
        }
    })
    .await;
    let browser = &chat.visitor.browser;
    browser.ask(COUNT_POSTS).await;
    let posts_before = chat.network.post_count();
    if matches!(around, Around::LostKept | Around::BackKept) {
        if around == Around::LostKept {
            chat.network.refuse_sockets();
        }
        chat.network.close_connections();
        let is_lost = "(await document.querySelector('natter-chat').diagnostics()).socket_live === 'no'";
        browser.until(is_lost).await;
    }
    let begun = Instant::now();
    // The duration of the fault, not a wait for a condition.
    let lasts = |seconds| tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(begun.elapsed()));
    let mut said = begun;
    match end {
        End::Meets(fate) => {
            chat.network.on_next_post(fate);
            write(&mut chat).await;
        }
        End::Refused(seconds) => {
            chat.network.refuse_connections(true);
            if around != Around::Live {
                chat.network.close_connections();
            }
            write(&mut chat).await;
            lasts(seconds).await;
            chat.network.refuse_connections(false);
        }
        End::Restart(seconds) => {
            chat.sandbox.kill();
            lasts(1).await;
            said = Instant::now();
            write(&mut chat).await;
            lasts(seconds).await;
            chat.sandbox.restart_on_same_port();
        }
        End::BlackHole(seconds) => {
            chat.network.drop_all_packets(true);
            write(&mut chat).await;
            lasts(seconds).await;
            chat.network.drop_all_packets(false);
        }
    }
    let browser = &chat.visitor.browser;
    let is_there = "!root.querySelector('.unsent, .failed')";
    let unsure = "root.querySelector('.unsure')";
    browser.until_within(LONGEST, &format!("{is_there} || {unsure}")).await;
    let is_unsure = browser.ask(&format!("!!{unsure}")).await == true;
    let unsure = is_unsure.then(|| said.elapsed().as_secs_f64());
    if is_unsure && sends_again {
        chat.visitor.find(".unsure button").await.click().await.unwrap();
    }
    let browser = &chat.visitor.browser;
    browser.until_within(LONGEST, is_there).await;
    let seconds = said.elapsed().as_secs_f64();
    let by_widget = browser.ask("posts").await.as_u64().unwrap();
    let arrived = (chat.network.post_count() - posts_before) as u64;
    let stored = chat.sandbox.messages(chat.conversation).await;
    let stored = stored.iter().filter(|message| message["content"] == TEXT).count();
    chat.assert_shows_stored_messages().await;
    chat.visitor.browser.quit().await;
    Line { seconds, unsure, by_widget, by_browser: arrived.saturating_sub(by_widget), stored }
}

const ROWS: [(&str, End, Around, bool); 25] = [
    ("JSON 500, not stored", End::Meets(RequestOutcome::Refused(ErrorResponse::InternalError)), Around::Live, false),
    ("JSON 500, stored", End::Meets(RequestOutcome::RefusedAfter(ErrorResponse::InternalError)), Around::Live, false),
    ("refused for 1 s, connections ended", End::Refused(1), Around::LiveKept, false),
    ("refused for 1 s, socket live", End::Refused(1), Around::Live, false),
    ("refused for 1 s, socket live, sent again", End::Refused(1), Around::Live, true),
    ("restart of 4 s", End::Restart(4), Around::Live, false),
    ("restart of 4 s, no sockets", End::Restart(4), Around::NeverKept, false),
    ("RST before an answer", End::Meets(RequestOutcome::CutBefore), Around::Live, false),
    ("RST before an answer, sent again", End::Meets(RequestOutcome::CutBefore), Around::Live, true),
    ("RST before an answer, kept connections", End::Meets(RequestOutcome::CutBefore), Around::LiveKept, false),
    ("RST before an answer, socket just lost", End::Meets(RequestOutcome::CutBefore), Around::LostKept, false),
    ("RST before an answer, socket lost and back", End::Meets(RequestOutcome::CutBefore), Around::BackKept, false),
    ("RST before an answer, no sockets", End::Meets(RequestOutcome::CutBefore), Around::NeverKept, false),
    ("FIN before an answer", End::Meets(RequestOutcome::ClosedBefore), Around::Live, false),
    ("FIN before an answer, sent again", End::Meets(RequestOutcome::ClosedBefore), Around::Live, true),
    ("502 page, not stored", End::Meets(RequestOutcome::Refused(ErrorResponse::BadGateway)), Around::Live, false),
    ("502 page, stored", End::Meets(RequestOutcome::RefusedAfter(ErrorResponse::BadGateway)), Around::Live, false),
    ("black hole of 60 s", End::BlackHole(60), Around::Live, false),
    ("black hole of 60 s, sent again", End::BlackHole(60), Around::Live, true),
    ("stored, then RST", End::Meets(RequestOutcome::CutAfter), Around::Live, false),
    ("stored, then RST, kept connections", End::Meets(RequestOutcome::CutAfter), Around::LiveKept, false),
    ("stored, then RST, socket just lost", End::Meets(RequestOutcome::CutAfter), Around::LostKept, false),
    ("stored, then RST, socket lost and back", End::Meets(RequestOutcome::CutAfter), Around::BackKept, false),
    ("stored, then RST, no sockets", End::Meets(RequestOutcome::CutAfter), Around::NeverKept, false),
    ("stored, then FIN, socket just lost", End::Meets(RequestOutcome::ClosedAfter), Around::LostKept, false),
];

#[tokio::test(flavor = "multi_thread")]
async fn delivery_times_of_every_outcome_and_no_duplicates() {
    let wanted = std::env::var("NATTER_WAITS").unwrap_or_default();
    let rows: Vec<_> = ROWS.into_iter().filter(|(name, ..)| name.contains(&wanted)).collect();
    println!("seconds | unsure at | posts by widget + by browser | stored | end");
    let mut faults = Vec::new();
    // Few in parallel: more browsers would delay each other.
    for some in rows.chunks(3) {
        let under_way: Vec<_> = some
            .iter()
            .map(|(name, end, around, again)| (*name, tokio::spawn(measure(*end, *around, *again))))
            .collect();
        for (name, line) in under_way {
            let line = line.await.unwrap();
            let unsure = line.unsure.map_or("-".to_owned(), |seconds| format!("{seconds:.1}"));
            println!(
                "{:7.1} | {unsure:>9} | {} + {} | {} | {name}",
                line.seconds, line.by_widget, line.by_browser, line.stored
            );
            // A page can't prevent that the browser repeats a request.
            if line.stored == 0 || line.stored as u64 > 1 + line.by_browser {
                faults.push(format!("{name}: stored {} times", line.stored));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}
