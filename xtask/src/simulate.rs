//! `cargo xtask simulate`: the core's simulation with any number of seeds.

use crate::env::Env;
use crate::{exit_code, subprocess};
use std::process::ExitCode;

/// Runs `seeds` seeds, the first of which is `from`. A seed that fails prints its events, shrunk.
pub fn run(env: &Env, seeds: u64, from: u64) -> Result<ExitCode, String> {
    let mut cargo = env.command("cargo");
    cargo
        .args(["test", "--package", "natter-core", "--test", "simulation", "for_all_seeds", "--", "--nocapture"])
        .env("NATTER_SEEDS", seeds.to_string())
        .env("NATTER_SEED_FROM", from.to_string());
    subprocess::run(&mut cargo).map(exit_code)
}
