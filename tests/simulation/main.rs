//! A visitor, an agent, a server and a bad network, thousands of times over, each time from a seed.
//!
//! The world keeps the one assumption the core makes: a request is stored within the grace time of its connection's
//! end, or never. Everything else it does to the widget: delays, losses on the way there and back, half-open sockets,
//! restarts, reloads, crashes, sleep. When the weather has cleared, every message the visitor submitted must be at the
//! server exactly once and in the order of its lane, and the widget must show what the server has, once each.
//!
//! `cargo xtask simulate --seeds N --from S` runs any number of seeds; a seed that fails prints its story.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod server;
mod world;

use world::World;

/// What CI runs.
const SEEDS: u64 = 20_000;

#[test]
fn no_seed_loses_doubles_or_hides_a_message() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let from = number("NATTER_SEED_FROM").unwrap_or(1);
    let count = number("NATTER_SEEDS").unwrap_or(SEEDS);
    let halves = [(from, from + count / 2), (from + count / 2, from + count)];
    // Two threads: the machines this runs on have two cores.
    let failures: Vec<String> = std::thread::scope(|scope| {
        let runs = halves.map(|(first, end)| scope.spawn(move || (first..end).find_map(|seed| World::run(seed).err())));
        runs.into_iter().filter_map(|run| run.join().expect("a run that panics is a failure, too")).collect()
    });
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn the_same_seed_is_the_same_story() {
    for seed in 1..20 {
        let [one, other] = [(); 2].map(|()| World::story(seed));
        assert_eq!(one, other);
        assert!(one.len() > 50, "a story with things in it");
    }
}
