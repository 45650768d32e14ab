//! Deterministic simulation of a visitor in several tabs, an agent, a server and a faulty network, in thousands of
//! runs, each drawn from a seed.
//!
//! Most runs keep the core's one assumption: a request is stored within the grace time after its connection's end, or
//! never. All other faults occur: latency, lost requests and responses, half-open sockets, server restarts, a deleted
//! contact; tabs that are closed, crash in the middle of an update, freeze, or enter the back/forward cache; sleep,
//! clock changes. After the faults stop, each message that the visitor submitted must be stored on the server exactly
//! once and in the order of its tab, and each tab must show every message of the server exactly once.
//!
//! Further runs break the assumption, too. There a message may be stored twice, but none may be lost, and a message
//! stored twice must be shown twice.
//!
//! `cargo xtask simulate --seeds N --from S` runs any number of seeds. A failing seed prints its log, shrunk to the
//! actions that the failure needs.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod actors;
mod defects;
mod device;
mod fault_schedule;
mod invariants;
mod server;
mod shrinking;
mod simulator;

use defects::DEFECTS;
use simulator::{Plan, Simulator};

/// Seeds that CI runs.
const SEEDS: u64 = 20_000;
/// Seeds that run without the assumption.
const LATE_SEEDS: u64 = 2_000;
/// Seeds within which each planted defect must be detected.
const DEFECT_SEEDS: u64 = 2_000;

/// Runs the seeds until one fails; returns its shrunk log.
fn first_failure(seeds: std::ops::Range<u64>, plan: impl Fn(u64) -> Plan + Sync) -> Option<String> {
    let middle = seeds.start + (seeds.end - seeds.start) / 2;
    let plan = &plan;
    // Two threads: the machines this runs on have two cores.
    std::thread::scope(|scope| {
        let runs = [seeds.start..middle, middle..seeds.end]
            .map(|mut half| scope.spawn(move || half.find(|seed| Simulator::run(&plan(*seed)).is_err()).map(plan)));
        let mut failures = runs.into_iter().filter_map(|run| run.join().expect("a run panicked"));
        failures.next().map(shrinking::shrink)
    })
}

#[test]
fn outbox_delivers_and_shows_each_message_exactly_once_for_all_seeds() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let from = number("NATTER_SEED_FROM").unwrap_or(1);
    let count = number("NATTER_SEEDS").unwrap_or(SEEDS);
    if let Some(log) = first_failure(from..from + count, Plan::new) {
        panic!("{log}");
    }
}

#[test]
fn outbox_loses_nothing_when_requests_are_stored_after_the_grace_time() {
    if let Some(log) = first_failure(1..LATE_SEEDS + 1, |seed| Plan { stores_late: true, ..Plan::new(seed) }) {
        panic!("{log}");
    }
}

#[test]
fn every_planted_defect_is_detected() {
    for (defect, what) in DEFECTS {
        let plan = |seed| Plan { defect: Some(defect), ..Plan::new(seed) };
        let found = (1..DEFECT_SEEDS + 1).find(|seed| Simulator::run(&plan(*seed)).is_err());
        assert!(found.is_some(), "{defect:?} is not found in {DEFECT_SEEDS} seeds: {what}");
        println!("{defect:?}: found by seed {}", found.unwrap_or_default());
    }
}

#[test]
fn same_seed_replays_the_same_run() {
    for seed in 1..20 {
        let [one, other] = [(); 2].map(|()| Simulator::run_with_log(&Plan::new(seed)).0);
        assert_eq!(one, other);
        assert!(one.len() > 50, "the log of a run has entries");
    }
}
