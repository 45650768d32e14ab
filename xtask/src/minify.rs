//! The bundle's JavaScript, made small: what is written for people to read is not what visitors download.

use crate::workbench::Workbench;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Each module whole, with what it imports in it, for browsers that the widget runs in anyway.
const SETTINGS: [&str; 9] = [
    "--bundle",
    "--minify",
    "--tree-shaking=true",
    "--format=esm",
    "--target=es2022",
    // Else every emoji becomes twelve letters.
    "--charset=utf8",
    "--legal-comments=none",
    "--log-level=warning",
    "--allow-overwrite",
];

/// Minifies these modules where they are, below `folder`.
pub fn run(bench: &Workbench, esbuild: &Path, folder: &Path, modules: &[PathBuf]) -> Result<(), String> {
    let mut esbuild = bench.command(esbuild);
    esbuild.args(SETTINGS).args(["--outdir=", "--outbase="].map(|option| with_path(option, folder))).args(modules);
    match esbuild.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("esbuild did not minify the bundle ({status}).")),
        Err(error) => Err(format!("esbuild can't be started: {error}.")),
    }
}

fn with_path(option: &str, path: &Path) -> OsString {
    let mut option = OsString::from(option);
    option.push(path);
    option
}
