//! How the core's time grows: ten times as much of everything, and how many times as long it takes.
//!
//! `cargo bench -p natter-core --bench core` prints criterion's numbers for each size, and at the end the ratios
//! between sizes. Compare those: they are nearly the same on a slower machine. The fastest run of each size is taken,
//! since other load can only add to it; load on the memory bus still shows.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that can't go on says so")]
#![allow(clippy::print_stdout, reason = "the numbers are its output")]

use natter_core::event::{ConnectionEvent, PanelEvent, ThreadEvent};
use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{BenchmarkId, Criterion, SamplingMode};
use natter_core::conversation::timeline::{Source, Timeline};
use natter_core::host::settings::Settings;
use natter_core::model::{Author, Message, MessageId};
use natter_core::rng::{Rng, Seed};
use natter_core::time::{Mono, Now, Wall};
use natter_core::{ChatClient, Effect, Event, Outcome, RequestId, SocketEvent, SocketId};

fn main() {
    let mut growth = Growth { criterion: Criterion::default().configure_from_args(), lines: Vec::new() };
    growth.measure("messages merged in any order", &[1_000, 10_000, 100_000], shuffled, merge);
    // A catch-up drops what lies more than 4,000 messages back, so it never has more to do than this.
    growth.measure("history catch-up after a gap", &[390, 3_900], after_a_gap, read_pages);
    growth.measure("history scrolled up to the first message", &[100, 1_000, 10_000], with_a_past, scroll_up);
    growth.measure("cable frames, with a view update each", &[100, 1_000, 10_000], with_frames, receive_frames);
    growth.measure("outbox records restored from storage", &[100, 1_000, 10_000], with_an_outbox, restore);
    growth.criterion.final_summary();
    println!("How the time grows with the size, by the fastest run of each:");
    for line in growth.lines {
        println!("  {line}");
    }
}

/// The measurements so far.
struct Growth {
    criterion: Criterion,
    lines: Vec<String>,
}

impl Growth {
    /// Measures `work` on the result of `prepare` for each size; the time of preparing and dropping does not count.
    fn measure<I, O>(&mut self, name: &str, sizes: &[u32], prepare: fn(u32) -> I, work: fn(I) -> O) {
        let mut line = format!("{name}:");
        let mut previous: Option<(u32, Duration)> = None;
        let mut group = self.criterion.benchmark_group(name);
        group.sampling_mode(SamplingMode::Flat).sample_size(10);
        group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
        for &size in sizes {
            let mut fastest = None;
            group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter_custom(|runs| {
                    let once = |_| {
                        let input = prepare(size);
                        let begun = Instant::now();
                        let made = black_box(work(input));
                        let time = begun.elapsed();
                        drop(made);
                        fastest = Some(fastest.map_or(time, |fastest: Duration| fastest.min(time)));
                        time
                    };
                    (0..runs).map(once).sum()
                });
            });
            // A filter on the command line may have skipped it.
            let Some(time) = fastest else { continue };
            line += &format!(" {size}: {:.2} ms", time.as_secs_f64() * 1_000.0);
            if let Some((smaller, before)) = previous {
                line += &format!(" ({}× as many: {:.1}×)", size / smaller, time.as_secs_f64() / before.as_secs_f64());
            }
            previous = Some((size, time));
        }
        group.finish();
        self.lines.push(line);
    }
}

fn shuffled(count: u32) -> Vec<Message> {
    let numbered = |id: u64| {
        let author = if id.is_multiple_of(2) { Author::Visitor } else { Author::Inbox };
        Message::plain(MessageId(id), author, &format!("This is message {id}."), 1_795_223_800 + id)
    };
    let mut messages: Vec<Message> = (1..=u64::from(count)).map(numbered).collect();
    let mut rng = Rng::new([1, 2, 3, 4]);
    for at in (1..count).rev() {
        messages.swap(at as usize, rng.below(u64::from(at) + 1) as usize);
    }
    messages
}

fn merge(messages: Vec<Message>) -> Timeline {
    let mut timeline = Timeline::default();
    for message in messages {
        timeline.apply_message(message, &Source::History);
    }
    timeline
}

/// A client whose catch-up has just requested its first page, and the pages.
fn after_a_gap(count: u32) -> (Driver, Vec<String>) {
    let mut driver = Driver::returning();
    driver.live_with(KNOWN);
    driver.receive(SocketEvent::Closed);
    driver.socket = None;
    driver.live();
    let newest = KNOWN + count;
    // The last page overlaps with 10 known messages.
    let pages = (0..(count + 10).div_ceil(PAGE)).map(|nth| page(newest - PAGE * nth)).collect();
    (driver, pages)
}

fn read_pages((mut driver, pages): (Driver, Vec<String>)) -> Driver {
    for page in pages {
        driver.answer(page);
    }
    assert!(driver.requests.is_empty(), "the catch-up is complete");
    driver
}

/// A client that knows the newest page of a conversation of `count` messages, and the earlier pages.
fn with_a_past(count: u32) -> (Driver, Vec<String>) {
    let mut driver = Driver::returning();
    driver.live_with(count);
    (driver, (1..count / PAGE).map(|nth| page(count - PAGE * nth)).collect())
}

fn scroll_up((mut driver, pages): (Driver, Vec<String>)) -> Driver {
    let count = (pages.len() + 1) * PAGE as usize;
    for page in pages {
        driver.dispatch(Event::Thread(ThreadEvent::EarlierRequested));
        driver.answer(page);
    }
    let thread = &driver.widget.view().thread;
    assert_eq!(thread.skipped + thread.rows.len() + thread.newer, count, "all messages are loaded");
    driver
}

fn with_frames(count: u32) -> (Driver, Vec<String>) {
    let mut driver = Driver::returning();
    driver.live_with(KNOWN);
    let frame = |id| format!(r#"{{"message":{{"event":"message.created","data":{}}}}}"#, message(id));
    (driver, (KNOWN + 1..=KNOWN + count).map(frame).collect())
}

fn receive_frames((mut driver, frames): (Driver, Vec<String>)) -> Driver {
    for frame in frames {
        driver.receive(SocketEvent::Frame(frame));
    }
    driver
}

fn with_an_outbox(count: u32) -> (Driver, Vec<(String, String)>) {
    let send = |nth: u32| {
        let record = format!(
            r#"{{"v":1,"text":"hi","at":{nth},"nth":{nth},"tries":0,"conversation":6,"posting":false,"newest":null,"failed":false,"refusal":null}}"#
        );
        (format!("send/00000000-0000-4000-8000-{nth:012}"), record)
    };
    (Driver::new(), std::iter::once(session()).chain((0..count).map(send)).collect())
}

fn restore((mut driver, stored): (Driver, Vec<(String, String)>)) -> Driver {
    driver.dispatch(Event::Started { stored, has_tab_sync: false });
    driver
}

/// The stored session record.
fn session() -> (String, String) {
    let session = r#"{"v":1,"customer_identifier":"me","pubsub_token":"token","conversation":6,"conversations":[6],"creating":false}"#;
    ("session".to_owned(), session.to_owned())
}

/// Messages in a history page of Chatwoot.
const PAGE: u32 = 20;
/// Messages known before the measurement: one page.
const KNOWN: u32 = PAGE;

/// A client, and as much of a platform as it needs.
struct Driver {
    widget: ChatClient,
    now: Now,
    requests: Vec<RequestId>,
    socket: Option<SocketId>,
}

impl Driver {
    /// A page load before `Started`.
    fn new() -> Self {
        let settings = Settings::new("https://chat.example.test", "inbox").unwrap();
        let now = Now { mono: Mono(1_000), wall: Wall(1_795_223_800_000) };
        let widget = ChatClient::new(settings, Seed { identity: [1, 2, 3, 4], general: [5, 6, 7, 8] }, now);
        Self { widget, now, requests: Vec::new(), socket: None }
    }

    /// A returning visitor whose history has not been read yet.
    fn returning() -> Self {
        let mut driver = Self::new();
        driver.dispatch(Event::Started { stored: vec![session()], has_tab_sync: false });
        driver.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
        driver
    }

    /// Makes the socket live and history complete; the newest message has this id.
    fn live_with(&mut self, newest: u32) {
        self.answer(page(newest));
        self.live();
        self.answer(page(newest));
    }

    /// Delivers welcome and subscription confirmation on the open socket, waiting for a reconnect where there is none.
    fn live(&mut self) {
        while self.socket.is_none() {
            self.now.mono = self.now.mono.plus(100);
            self.now.wall.0 += 100;
            self.dispatch(Event::Tick);
        }
        self.receive(SocketEvent::Frame(r#"{"type":"welcome"}"#.to_owned()));
        self.receive(SocketEvent::Frame(r#"{"type":"confirm_subscription"}"#.to_owned()));
    }

    fn dispatch(&mut self, event: Event) {
        for effect in black_box(self.widget.update(self.now, event)).effects {
            match effect {
                // Status requests are not part of the measurement.
                Effect::SendRequest { id: _, request } if request.read_until.is_some() => {}
                Effect::SendRequest { id, request: _ } => self.requests.push(id),
                Effect::OpenSocket { socket, url: _ } => self.socket = Some(socket),
                Effect::AbortRequest { id } => panic!("{id:?} took too long"),
                Effect::CloseSocket { socket: _ } => self.socket = None,
                Effect::Transmit { .. }
                | Effect::Save { .. }
                | Effect::Delete { key: _ }
                | Effect::Host(_)
                | Effect::Tabs(_)
                | Effect::Probe { url: _ }
                | Effect::LookUpTimeZone { zone: _ }
                | Effect::StoreFiles { .. }
                | Effect::DeleteFiles { message: _ }
                | Effect::EraseDevice { .. } => {}
            }
        }
    }

    fn receive(&mut self, event: SocketEvent) {
        let socket = self.socket.unwrap();
        self.dispatch(Event::Connection(ConnectionEvent::Socket { socket, event }));
    }

    /// Answers the oldest pending request.
    fn answer(&mut self, body: String) {
        let id = self.requests.remove(0);
        self.dispatch(Event::Connection(ConnectionEvent::RequestEnded {
            request: id,
            outcome: Outcome::Answered { status: 200, body, retry_after_ms: None },
        }));
    }
}

/// The history page whose newest message has this id.
fn page(newest: u32) -> String {
    let messages: Vec<String> = (newest.saturating_sub(PAGE) + 1..=newest).map(message).collect();
    format!("[{}]", messages.join(","))
}

/// A message as Chatwoot's JSON.
fn message(id: u32) -> String {
    let kind = id % 2;
    let sender = r#"{"id":2,"name":"Noor Haddad","available_name":"Noor Haddad","avatar_url":"","type":"user","availability_status":null,"thumbnail":""}"#;
    let at = 1_795_223_800 + u64::from(id) * 60;
    format!(
        r#"{{"id":{id},"content":"This is message {id}.","message_type":{kind},"content_type":"text","content_attributes":{{}},"created_at":{at},"conversation_id":6,"sender":{sender}}}"#
    )
}
