//! What things cost: `cargo xtask bench`.

use crate::bundle;
use crate::setup::Browser;
use crate::test;
use crate::workbench::Workbench;
use std::process::ExitCode;

/// Runs the benchmarks; they print what they measured and judge nothing.
pub fn run(bench: &Workbench, browser: &Browser) -> Result<ExitCode, String> {
    bundle::build(bench)?;
    let mut native = bench.command("cargo");
    native.args(["bench", "--workspace", "--bench", "core", "--bench", "load"]);
    let mut in_browser = test::end_to_end_command(bench, browser, "soak")?;
    in_browser.args(["first_connect::", "--nocapture"]);
    for mut cargo in [native, in_browser] {
        let status = cargo.status().map_err(|error| format!("cargo can't be started: {error}."))?;
        if !status.success() {
            return Ok(ExitCode::FAILURE);
        }
    }
    Ok(ExitCode::SUCCESS)
}
