//! `cargo xtask bench`: the benchmarks. They print measurements and judge none.

use crate::env::Env;
use crate::setup::{Browser, MissingTools};
use crate::{bundle, subprocess, test};
use std::process::ExitCode;

/// Runs the native benchmarks, and measures the first connection in a browser.
pub fn run(env: &Env, browser: &Browser) -> Result<ExitCode, String> {
    bundle::build(env, MissingTools::Fail)?;
    let mut native = env.command("cargo");
    native.args(["bench", "--workspace", "--bench", "core", "--bench", "load"]);
    let mut in_browser = test::end_to_end_command(env, browser, "soak")?;
    in_browser.args(["first_connection::", "--nocapture"]);
    for mut cargo in [native, in_browser] {
        if !subprocess::run(&mut cargo)?.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
