//! Known faults of the crates that the lock file names, as cargo-deny finds them in a database of advisories.
//!
//! A database that can't be fetched is one thing: the check is not run, and that is said. A cargo-deny that doesn't
//! understand what it is told is another: the check would never run, so it has failed.

use super::{Outcome, Running, Stage, Tally, wait};
use crate::process::quiet;
use crate::workbench::Workbench;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

/// The advisories are a small repository; a network that swallows requests must not hold us.
const FETCH_TIME_MAX: Duration = Duration::from_secs(60);
/// What cargo-deny says when a database can't be fetched from where it is.
const UNREACHABLE: &str = "failed to fetch advisory database";
/// How cargo-deny ends when something is wrong: its fetching, or a crate.
const FAULT: i32 = 1;

pub fn run(stage: &Stage) -> Outcome {
    let deny = |arguments: &[&str]| deny(stage.bench, &stage.bench.project.join("deny.toml"), arguments);
    audit(deny, &stage.bench.cache.join("logs/advisories.log"))
}

/// Has this cargo-deny fetch its database, and check the lock file against it.
fn audit(deny: impl Fn(&[&str]) -> Command, log: &Path) -> Outcome {
    let fetched = quiet(log, FETCH_TIME_MAX, &mut deny(&["fetch", "db"]))?;
    let words = std::fs::read(log).unwrap_or_default();
    let words = String::from_utf8_lossy(&words);
    match fetched {
        Some(status) if status.success() => {}
        None => return Ok(unavailable("Nobody answered.")),
        Some(status) if status.code() == Some(FAULT) && words.contains(UNREACHABLE) => return Ok(unavailable(&words)),
        Some(status) => {
            return Err(format!("cargo-deny did not fetch the database of advisories ({status}):\n{words}"));
        }
    }
    // It was fetched this moment.
    let mut running = Running::start("cargo-deny", &mut deny(&["--offline", "check", "advisories"]))?;
    let status = wait(&mut running)?;
    match status.code() {
        Some(0) => Ok(Tally::PASSED),
        Some(FAULT) => Ok(Tally::FAILED),
        _ => Err(format!("cargo-deny did not check the lock file for advisories ({status}).")),
    }
}

fn unavailable(why: &str) -> Tally {
    println!("Not run: the database of advisories can't be had from here. {}", why.trim_end());
    Tally::NOT_RUN
}

fn deny(bench: &Workbench, config: &Path, arguments: &[&str]) -> Command {
    let mut cargo = bench.command("cargo");
    cargo.args(["deny", "--config"]).arg(config).args(arguments);
    cargo
}

#[cfg(test)]
mod tests;
