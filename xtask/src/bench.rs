//! What things cost: `cargo xtask bench`.

use crate::workbench::Workbench;
use std::process::ExitCode;

/// Runs the benchmarks; they print what they measured and judge nothing.
pub fn run(bench: &Workbench) -> Result<ExitCode, String> {
    let mut cargo = bench.command("cargo");
    let status = cargo.args(["bench", "--features", "sandbox", "--bench", "core", "--bench", "sandbox_load"]).status();
    let status = status.map_err(|error| format!("cargo can't be started: {error}."))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
