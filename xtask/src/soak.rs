//! `cargo xtask soak`: the long end-to-end tests, in a browser on bad networks.

use crate::env::Env;
use crate::setup::{Browser, MissingTools};
use crate::{bundle, exit_code, subprocess, test};
use std::process::ExitCode;

/// Runs the tests in parallel; the one with random faults takes `minutes`.
pub fn run(env: &Env, browser: &Browser, minutes: u32) -> Result<ExitCode, String> {
    bundle::build(env, MissingTools::Fail)?;
    let mut cargo = test::end_to_end_command(env, browser, "soak")?;
    cargo.args(["soak::", "--nocapture"]).env("NATTER_SOAK_MINUTES", minutes.to_string());
    subprocess::run(&mut cargo).map(exit_code)
}
