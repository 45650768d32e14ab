//! trunk's hook after each build: injects the style sheets and texts into the scripts that trunk has staged.
#![allow(clippy::print_stderr, reason = "it is a command-line program")]

use std::env;
use std::path::PathBuf;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), String> {
    let folder = |variable: &str| {
        let missing = || format!("{variable} is not set: trunk starts this program after a build. Type `trunk build`.");
        env::var_os(variable).map(PathBuf::from).ok_or_else(missing)
    };
    let esbuild = env::var_os("NATTER_ESBUILD").map(PathBuf::from);
    natter_assets::inject_assets(&folder("TRUNK_SOURCE_DIR")?, &folder("TRUNK_STAGING_DIR")?, esbuild.as_deref())
}
