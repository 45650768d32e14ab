//! The sandbox under load: a thousand idle sockets, and two hundred messages a second on top of them.
//!
//! `cargo bench -p natter-sandbox` prints one line for each number. It fails when a message is
//! lost, not when the machine is slow.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a bench that can't go on says so")]
#![allow(clippy::print_stdout, reason = "the numbers are its output")]

#[path = "../tests/support/cable.rs"]
mod cable;
#[path = "../tests/support/sandbox.rs"]
mod sandbox;

use std::time::{Duration, Instant};

use futures_util::StreamExt;
use futures_util::stream;
use serde_json::json;

use cable::Cable;
use sandbox::{Sandbox, database_file};

const SOCKETS: usize = 1000;
const MESSAGES_A_SECOND: u32 = 200;
const SECONDS: u32 = 10;
/// Visitors who write; the flood limit is off, so any number would do.
const WRITERS: usize = 40;

#[tokio::main]
async fn main() {
    raise_file_limit();
    let (_folder, file) = database_file();
    let sandbox = Sandbox::start_with(&["--db", file.to_str().unwrap(), "--no-limits"]);

    let start = Instant::now();
    let mut idle: Vec<Cable> = stream::iter(0..SOCKETS)
        .map(|number| {
            let sandbox = &sandbox;
            async move {
                let contact = sandbox.contact(&json!({ "source_id": format!("idle-{number}") })).await;
                Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await
            }
        })
        .buffer_unordered(32)
        .collect()
        .await;
    println!("{SOCKETS} contacts made and subscribed in {:.1} s", start.elapsed().as_secs_f64());
    println!("resident memory with {SOCKETS} idle sockets: {:.1} MB", resident_mb(sandbox.process_id()));
    let (cpu, watch) = (cpu_seconds(sandbox.process_id()), Instant::now());
    for _ in 0..3 {
        idle[0].next_ping().await;
    }
    let share = (cpu_seconds(sandbox.process_id()) - cpu) / watch.elapsed().as_secs_f64();
    println!("processor while idle: {:.1} % of one core", share * 100.0);

    let (cpu, watch) = (cpu_seconds(sandbox.process_id()), Instant::now());
    let latencies = write_for_a_while(&sandbox).await;
    let (lasted, cpu) = (watch.elapsed().as_secs_f64(), cpu_seconds(sandbox.process_id()) - cpu);
    report(latencies, lasted, cpu);
    println!("{} idle sockets were pinged meanwhile", idle.len());
    println!("resident memory afterwards: {:.1} MB", resident_mb(sandbox.process_id()));
}

/// How long each answer and each frame took.
struct Latencies {
    answers: Vec<Duration>,
    frames: Vec<Duration>,
}

async fn write_for_a_while(sandbox: &Sandbox) -> Latencies {
    let mut writers = Vec::new();
    for number in 0..WRITERS {
        let source_id = format!("writer-{number}");
        let contact = sandbox.contact(&json!({ "source_id": source_id })).await;
        let conversation = sandbox.conversation(&source_id).await;
        let cable = Cable::subscribed(&sandbox.cable_url(), contact["pubsub_token"].as_str().unwrap()).await;
        let url = sandbox.inbox_url(&format!("/contacts/{source_id}/conversations/{conversation}/messages"));
        writers.push((url, cable));
    }
    let each = MESSAGES_A_SECOND * SECONDS / u32::try_from(WRITERS).unwrap();
    let pause = Duration::from_secs(1) * u32::try_from(WRITERS).unwrap() / MESSAGES_A_SECOND;
    let tasks: Vec<_> = writers
        .into_iter()
        .enumerate()
        .map(|(number, (url, cable))| {
            let offset = pause * u32::try_from(number).unwrap() / u32::try_from(WRITERS).unwrap();
            tokio::spawn(one_writer(url, cable, each, pause, offset))
        })
        .collect();
    let mut all = Latencies { answers: Vec::new(), frames: Vec::new() };
    for task in tasks {
        let one = task.await.unwrap();
        all.answers.extend(one.answers);
        all.frames.extend(one.frames);
    }
    all
}

async fn one_writer(url: String, mut cable: Cable, count: u32, pause: Duration, offset: Duration) -> Latencies {
    let http = reqwest::Client::new();
    let start = Instant::now() + offset;
    let listener = tokio::spawn(async move {
        let mut heard = Vec::new();
        for number in 0..count {
            let data = cable.event("message.created").await;
            assert_eq!(data["content"], number.to_string(), "in order, and none is lost");
            heard.push(Instant::now());
        }
        heard
    });
    let (mut sent, mut answers) = (Vec::new(), Vec::new());
    for number in 0..count {
        // A steady beat: a slow answer does not slow the load down.
        tokio::time::sleep_until((start + pause * number).into()).await;
        let before = Instant::now();
        let response = http.post(&url).json(&json!({ "content": number.to_string() })).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.bytes().await.unwrap();
        sent.push(before);
        answers.push(before.elapsed());
    }
    let heard = listener.await.unwrap();
    Latencies { answers, frames: heard.iter().zip(&sent).map(|(heard, sent)| heard.duration_since(*sent)).collect() }
}

fn report(mut latencies: Latencies, lasted: f64, cpu: f64) {
    let count = latencies.answers.len();
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let rate = count as f64 / lasted;
    println!("{count} messages in {lasted:.1} s: {rate:.0} a second, none lost");
    println!("processor meanwhile: {:.0} % of one core", cpu / lasted * 100.0);
    for (name, times) in [("answer", &mut latencies.answers), ("frame", &mut latencies.frames)] {
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        println!("{name}: median {:.1} ms, 99 of 100 within {:.1} ms, slowest {:.1} ms", at(50), at(99), at(100));
    }
}

fn resident_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or("0");
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or(0.0) / 1024.0
}

fn cpu_seconds(process: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after = stat.rsplit(')').next().unwrap_or_default();
    // User and system time are the 14th and 15th fields, in hundredths; the name took the first two.
    after.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}
