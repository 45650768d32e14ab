//! What things cost: `cargo xtask bench`.

use crate::workbench::Workbench;
use std::process::ExitCode;

/// Runs the benchmarks; they print what they measured and judge nothing.
pub fn run(bench: &Workbench) -> Result<ExitCode, String> {
    let status = bench.command("cargo").args(["bench", "--features", "sandbox", "--bench", "sandbox_load"]).status();
    let status = status.map_err(|error| format!("cargo can't be started: {error}."))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
