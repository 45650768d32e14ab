//! Property tests with hostile input: from servers, proxies, other scripts on the page and other versions of this
//! client. None of it may stop the core, hide other messages, or cost more than its length.
//!
//! Inputs are drawn from a fixed seed, so each run is the same; the fuzzer (`fuzz/`) draws without end.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod chatwoot;
mod complexity;
mod event_sequences;
#[path = "../support/fuzz_harness.rs"]
mod fuzz_harness;
mod generators;
mod json;
mod markdown;
mod records;
#[path = "../support/replay.rs"]
mod replay;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

/// Checks a property on this many inputs; a failure prints the smallest failing input found.
fn check_property<S: Strategy>(cases: u32, inputs: S, property: impl Fn(S::Value)) {
    let seeded = Config { rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..Config::with_cases(cases) };
    let tried = TestRunner::new(seeded).run(&inputs, |input| {
        property(input);
        Ok(())
    });
    match tried {
        Ok(()) => {}
        Err(TestError::Fail(reason, input)) => panic!("{reason}\nwith {input:?}"),
        Err(TestError::Abort(reason)) => panic!("no input could be drawn: {reason}"),
    }
}
