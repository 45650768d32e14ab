//! Known vulnerabilities of the crates in the lock file, which cargo-deny finds in a database of advisories.
//!
//! When the database can't be fetched, the check counts as not run. Any other failure of cargo-deny to fetch or to check
//! is an error: otherwise a wrong option would disable the check for ever.

use super::{ProcessGroup, SuiteResult, TestResults, TestRun, wait};
use crate::env::Env;
use crate::steps::run_logged;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The database is a small repository; a network that drops packets must not block the suite.
const FETCH_TIME_MAX: Duration = Duration::from_secs(60);
/// A part of cargo-deny's message when it can't fetch the database.
const FETCH_ERROR: &str = "failed to fetch advisory database";
/// cargo-deny's exit code when it can't fetch, or finds an advisory.
const EXIT_CODE_FAILURE: i32 = 1;

pub fn run(run: &TestRun) -> SuiteResult {
    let deny = |arguments: &[&str]| deny(run.env, &run.env.project.join("deny.toml"), arguments);
    audit(deny, &run.env.log("advisories"))
}

/// Fetches the database and checks the lock file against it, with the command that `deny` makes of arguments.
fn audit(deny: impl Fn(&[&str]) -> Command, log: &Path) -> SuiteResult {
    let fetched = run_logged(log, FETCH_TIME_MAX, &mut deny(&["fetch", "db"]))?;
    let output = std::fs::read(log).unwrap_or_default();
    let output = String::from_utf8_lossy(&output);
    match fetched {
        Some(status) if status.success() => {}
        None => return Ok(not_run("Fetching it took too long.")),
        Some(status) if status.code() == Some(EXIT_CODE_FAILURE) && output.contains(FETCH_ERROR) => {
            return Ok(not_run(&output));
        }
        Some(status) => {
            return Err(format!("cargo-deny did not fetch the database of advisories ({status}):\n{output}"));
        }
    }
    // `--offline`: the database was fetched just now.
    let mut process = ProcessGroup::spawn("cargo-deny", &mut deny(&["--offline", "check", "advisories"]))?;
    let status = wait(&mut process)?;
    match status.code() {
        Some(0) => Ok(TestResults::PASSED),
        Some(EXIT_CODE_FAILURE) => Ok(TestResults::FAILED),
        _ => Err(format!("cargo-deny did not check the lock file for advisories ({status}).")),
    }
}

fn not_run(reason: &str) -> TestResults {
    println!("Not run: the database of advisories can't be fetched. {}", reason.trim_end());
    TestResults::NOT_RUN
}

fn deny(env: &Env, config: &Path, arguments: &[&str]) -> Command {
    let mut cargo = env.command("cargo");
    cargo.args(["deny", "--config"]).arg(config).args(arguments);
    cargo
}

#[cfg(test)]
mod tests;
