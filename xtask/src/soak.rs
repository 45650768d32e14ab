//! The widget in a browser on bad networks, for long: `cargo xtask soak --minutes 30`.

use crate::bundle;
use crate::setup::Browser;
use crate::test;
use crate::workbench::Workbench;
use std::process::ExitCode;

const MINUTES: u32 = 5;

/// Runs the long stories side by side; one of them lasts as many minutes as wanted.
pub fn run(bench: &Workbench, browser: &Browser, words: &[&str]) -> Result<ExitCode, String> {
    let minutes = wanted(words)?;
    bundle::build(bench)?;
    let mut cargo = test::end_to_end_command(bench, browser, "soak")?;
    let status = cargo.args(["soak::", "--nocapture"]).env("NATTER_SOAK_MINUTES", minutes.to_string()).status();
    let status = status.map_err(|error| format!("cargo can't be started: {error}."))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wanted(words: &[&str]) -> Result<u32, String> {
    match words {
        [] => Ok(MINUTES),
        ["--minutes", number] => number.parse().map_err(|_| format!("{number} is no number of minutes.")),
        _ => Err(format!("soak knows --minutes N, not {}.", words.join(" "))),
    }
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn minutes_are_read_or_the_usual_ones_taken() {
        assert_eq!(wanted(&[]), Ok(5));
        assert_eq!(wanted(&["--minutes", "30"]), Ok(30));
        assert!(wanted(&["--minutes", "long"]).is_err());
        assert!(wanted(&["--hours", "1"]).is_err());
    }
}
