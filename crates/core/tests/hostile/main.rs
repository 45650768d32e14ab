//! What others write: servers, proxies, other scripts on the page, other versions of this widget. None of it may stop
//! the core, hide what else was said, or cost more than its length.
//!
//! Inputs are drawn from a fixed seed, so a run is the same everywhere; the fuzzer (`fuzz/`) draws without end.

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

/// Tries a property on so many inputs; when it fails, tells the smallest input it was seen to fail on.
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
