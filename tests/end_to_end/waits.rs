//! How long it takes until a visitor knows what became of a message, for each way in which a post can end, as a table:
//! `cargo xtask soak` runs it.
#![allow(clippy::print_stdout, reason = "whoever runs this wants to know")]

use std::time::{Duration, Instant};

use crate::bad_network::{Fate, Refusal};
use crate::talk::Talk;

/// A request given up after 30 s, twice the grace, and the waits between tries.
const LONGEST: Duration = Duration::from_secs(240);
const TEXT: &str = "Is anybody there?";
/// The page counts what the widget posts itself: what else arrives, the browser has repeated.
const COUNT_POSTS: &str = "(() => {
  window.posts = 0;
  const { fetch } = window;
  window.fetch = (...all) => {
    posts += all[0].method === 'POST' && all[0].url.endsWith('/messages');
    return fetch(...all);
  };
})()";

/// What is done to the one message.
#[derive(Clone, Copy, Debug)]
enum End {
    /// This becomes of its request.
    Meets(Fate),
    /// Nobody listens for so many seconds, while it is written.
    Refused(u64),
    /// The server is killed, and back after so many seconds; it is written one second after that.
    Restart(u64),
    /// Nothing comes through for so many seconds, and nothing ends.
    BlackHole(u64),
}

/// How it is around.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Around {
    /// A live socket; each request has a connection of its own.
    Live,
    /// A live socket; connections are used again.
    LiveKept,
    /// The socket and all connections have just ended, and the next socket is to be had; connections are used again.
    BackKept,
    /// The socket and all connections have just ended and no socket is to be had; connections are used again.
    LostKept,
    /// No socket was ever to be had; connections are used again.
    NeverKept,
}

/// What came of it.
struct Line {
    seconds: f64,
    /// When it said that nobody knows of it, if it did.
    unsure: Option<f64>,
    by_widget: u64,
    by_browser: u64,
    stored: usize,
}

/// As people do it: the last key comes long after the first, which agents have been told of by then.
async fn write(talk: &mut Talk) {
    talk.visitor_writes(TEXT, async |_| tokio::time::sleep(Duration::from_millis(500)).await).await;
}

async fn measure(end: End, around: Around, sends_again: bool) -> Line {
    let mut talk = Talk::begin_on(|network| {
        if around != Around::Live {
            network.keep_connections();
        }
        if around == Around::NeverKept {
            network.deny_sockets();
        }
    })
    .await;
    let browser = &talk.visitor.browser;
    browser.ask(COUNT_POSTS).await;
    let posts_before = talk.network.posts();
    if matches!(around, Around::LostKept | Around::BackKept) {
        if around == Around::LostKept {
            talk.network.deny_sockets();
        }
        talk.network.end_connections();
        let is_lost = "(await document.querySelector('natter-chat').diagnostics()).socket_live === 'no'";
        browser.until(is_lost).await;
    }
    let begun = Instant::now();
    // The weather itself, not a wait for anything.
    let lasts = |seconds| tokio::time::sleep(Duration::from_secs(seconds).saturating_sub(begun.elapsed()));
    let mut said = begun;
    match end {
        End::Meets(fate) => {
            talk.network.next_post(fate);
            write(&mut talk).await;
        }
        End::Refused(seconds) => {
            talk.network.refuse_connections(true);
            if around != Around::Live {
                talk.network.end_connections();
            }
            write(&mut talk).await;
            lasts(seconds).await;
            talk.network.refuse_connections(false);
        }
        End::Restart(seconds) => {
            talk.sandbox.kill();
            lasts(1).await;
            said = Instant::now();
            write(&mut talk).await;
            lasts(seconds).await;
            talk.sandbox.restart_on_same_port();
        }
        End::BlackHole(seconds) => {
            talk.network.black_hole(true);
            write(&mut talk).await;
            lasts(seconds).await;
            talk.network.black_hole(false);
        }
    }
    let browser = &talk.visitor.browser;
    let is_there = "!root.querySelector('.unsent, .failed')";
    let unsure = "root.querySelector('.unsure')";
    browser.until_within(LONGEST, &format!("{is_there} || {unsure}")).await;
    let is_unsure = browser.ask(&format!("!!{unsure}")).await == true;
    let unsure = is_unsure.then(|| said.elapsed().as_secs_f64());
    if is_unsure && sends_again {
        talk.visitor.find(".unsure button").await.click().await.unwrap();
    }
    let browser = &talk.visitor.browser;
    browser.until_within(LONGEST, is_there).await;
    let seconds = said.elapsed().as_secs_f64();
    let by_widget = browser.ask("posts").await.as_u64().unwrap();
    let arrived = (talk.network.posts() - posts_before) as u64;
    let stored = talk.sandbox.messages(talk.conversation).await;
    let stored = stored.iter().filter(|message| message["content"] == TEXT).count();
    talk.shows_what_is_stored().await;
    talk.visitor.browser.quit().await;
    Line { seconds, unsure, by_widget, by_browser: arrived.saturating_sub(by_widget), stored }
}

const ROWS: [(&str, End, Around, bool); 25] = [
    ("JSON 500, not stored", End::Meets(Fate::Refused(Refusal::Fault)), Around::Live, false),
    ("JSON 500, stored", End::Meets(Fate::RefusedAfter(Refusal::Fault)), Around::Live, false),
    ("refused for 1 s, connections ended", End::Refused(1), Around::LiveKept, false),
    ("refused for 1 s, socket live", End::Refused(1), Around::Live, false),
    ("refused for 1 s, socket live, sent again", End::Refused(1), Around::Live, true),
    ("restart of 4 s", End::Restart(4), Around::Live, false),
    ("restart of 4 s, no sockets", End::Restart(4), Around::NeverKept, false),
    ("RST before an answer", End::Meets(Fate::CutBefore), Around::Live, false),
    ("RST before an answer, sent again", End::Meets(Fate::CutBefore), Around::Live, true),
    ("RST before an answer, kept connections", End::Meets(Fate::CutBefore), Around::LiveKept, false),
    ("RST before an answer, socket just lost", End::Meets(Fate::CutBefore), Around::LostKept, false),
    ("RST before an answer, socket lost and back", End::Meets(Fate::CutBefore), Around::BackKept, false),
    ("RST before an answer, no sockets", End::Meets(Fate::CutBefore), Around::NeverKept, false),
    ("FIN before an answer", End::Meets(Fate::EndedBefore), Around::Live, false),
    ("FIN before an answer, sent again", End::Meets(Fate::EndedBefore), Around::Live, true),
    ("502 page, not stored", End::Meets(Fate::Refused(Refusal::BadGateway)), Around::Live, false),
    ("502 page, stored", End::Meets(Fate::RefusedAfter(Refusal::BadGateway)), Around::Live, false),
    ("black hole of 60 s", End::BlackHole(60), Around::Live, false),
    ("black hole of 60 s, sent again", End::BlackHole(60), Around::Live, true),
    ("stored, then RST", End::Meets(Fate::CutAfter), Around::Live, false),
    ("stored, then RST, kept connections", End::Meets(Fate::CutAfter), Around::LiveKept, false),
    ("stored, then RST, socket just lost", End::Meets(Fate::CutAfter), Around::LostKept, false),
    ("stored, then RST, socket lost and back", End::Meets(Fate::CutAfter), Around::BackKept, false),
    ("stored, then RST, no sockets", End::Meets(Fate::CutAfter), Around::NeverKept, false),
    ("stored, then FIN, socket just lost", End::Meets(Fate::EndedAfter), Around::LostKept, false),
];

#[tokio::test(flavor = "multi_thread")]
async fn it_is_known_of_every_end_how_long_it_takes_and_the_widget_doubles_nothing() {
    let wanted = std::env::var("NATTER_WAITS").unwrap_or_default();
    let rows: Vec<_> = ROWS.into_iter().filter(|(name, ..)| name.contains(&wanted)).collect();
    println!("seconds | unsure at | posts by widget + by browser | stored | end");
    let mut faults = Vec::new();
    // A few at a time: more browsers would wait for each other.
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
            // What the browser repeats by itself, no page can prevent.
            if line.stored == 0 || line.stored as u64 > 1 + line.by_browser {
                faults.push(format!("{name}: stored {} times", line.stored));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:?}");
}
