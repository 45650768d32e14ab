//! Measures how long a returning visitor waits for the first connection, from the widget's own event log.
//! `cargo xtask bench` prints it; nothing is asserted.
#![allow(clippy::print_stdout, reason = "the numbers are its output")]

use serde_json::Value;

use crate::support::Sandbox;
use crate::visitor::Visitor;

const LOADS: usize = 15;

/// The measured steps, each with a condition for its event.
type Step = (&'static str, fn(&[Value]) -> bool);

const STEPS: [Step; 4] = [
    ("the lock is this tab's", |event| event[2] == "granted"),
    ("the messages are read", |event| event[2] == "answered"),
    ("the socket is open", |event| event[2] == "frame" && is_of(event, "welcome")),
    ("news comes by itself", |event| event[2] == "frame" && is_of(event, "confirm_subscription")),
];

fn is_of(event: &[Value], kind: &str) -> bool {
    event[3].as_str().is_some_and(|text| text.contains(kind))
}

fn ms(event: &[Value]) -> u64 {
    event[0].as_str().and_then(|ms| ms.parse().ok()).expect("a time")
}

#[tokio::test(flavor = "multi_thread")]
async fn first_connection_of_a_returning_visitor() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    let mut times: [Vec<u64>; STEPS.len()] = Default::default();
    for _ in 0..LOADS {
        visitor.reload().await;
        let told = "await document.querySelector('natter-chat').diagnostics()";
        visitor.browser.until(&format!("({told}).socket_live === 'yes'")).await;
        let report = visitor.diagnostics().await;
        let events: Vec<&[Value]> = report["events"]
            .as_array()
            .expect("events")
            .iter()
            .filter_map(|event| Some(&**event.as_array()?))
            .collect();
        for ((step, is_it), times) in STEPS.iter().zip(&mut times) {
            let event = events.iter().find(|event| is_it(event)).unwrap_or_else(|| panic!("it never came: {step}"));
            times.push(ms(event) - ms(events[0]));
        }
    }
    println!("\nFrom mounting for a returning visitor, in milliseconds, of {LOADS} page loads:");
    for ((step, _), mut times) in STEPS.iter().zip(times) {
        times.sort_unstable();
        println!("  {step:<24} {:>4} (from {} to {})", times[LOADS / 2], times[0], times[LOADS - 1]);
    }
    visitor.browser.quit().await;
}
