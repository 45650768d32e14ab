//! The simulation with any number of seeds: `cargo xtask simulate --seeds 100000 --from 1`.

use crate::workbench::Workbench;
use std::process::ExitCode;

/// Runs the seeds; one that fails prints its story.
pub fn run(bench: &Workbench, words: &[&str]) -> Result<ExitCode, String> {
    let (seeds, from) = wanted(words)?;
    let mut cargo = bench.command("cargo");
    cargo
        .args(["test", "--package", "natter-core", "--test", "simulation", "no_seed", "--", "--nocapture"])
        .env("NATTER_SEEDS", seeds.to_string())
        .env("NATTER_SEED_FROM", from.to_string());
    let status = cargo.status().map_err(|error| format!("cargo can't be started: {error}."))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn wanted(words: &[&str]) -> Result<(u64, u64), String> {
    let (mut seeds, mut from) = (20_000, 1);
    for pair in words.chunks(2) {
        let [name, value] = pair else { return Err(format!("{} wants a number.", pair.concat())) };
        let number = value.parse().map_err(|_| format!("{value} is no number of seeds."))?;
        match *name {
            "--seeds" => seeds = number,
            "--from" => from = number,
            _ => return Err(format!("simulate knows --seeds N and --from S, not {name}.")),
        }
    }
    Ok((seeds, from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_beginning_are_read_in_any_order() {
        assert_eq!(wanted(&[]), Ok((20_000, 1)));
        assert_eq!(wanted(&["--from", "7", "--seeds", "3"]), Ok((3, 7)));
        for wrong in [&["--seeds"][..], &["--seeds", "many"], &["--sedes", "3"]] {
            assert!(wanted(wrong).is_err(), "{wrong:?}");
        }
    }
}
