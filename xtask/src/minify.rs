//! The bundle's JavaScript, made small: what is written for people to read is not what visitors download.

use crate::workbench::Workbench;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// For browsers that the widget runs in anyway.
const SETTINGS: [&str; 7] = [
    "--minify",
    "--tree-shaking=true",
    "--target=es2022",
    // Else every emoji becomes twelve letters.
    "--charset=utf8",
    "--legal-comments=none",
    "--log-level=warning",
    "--allow-overwrite",
];

/// Scripts, which import nothing and are to stay scripts: asked for a form, esbuild would make CommonJS of them where a
/// `package.json` above the project says so.
const SCRIPTS: [&str; 2] = ["embed.js", "playground.js"];

/// Minifies these where they are, below `folder`; modules whole, with what they import in them.
pub fn run(bench: &Workbench, esbuild: &Path, folder: &Path, files: &[PathBuf]) -> Result<(), String> {
    let is_script = |path: &&PathBuf| SCRIPTS.iter().any(|name| path.ends_with(name));
    let (scripts, modules): (Vec<_>, Vec<_>) = files.iter().partition(is_script);
    minify(bench, esbuild, folder, &[], &scripts)?;
    minify(bench, esbuild, folder, &["--bundle", "--format=esm"], &modules)
}

fn minify(bench: &Workbench, esbuild: &Path, folder: &Path, how: &[&str], files: &[&PathBuf]) -> Result<(), String> {
    let mut esbuild = bench.command(esbuild);
    esbuild
        .args(SETTINGS)
        .args(how)
        .args(["--outdir=", "--outbase="].map(|option| with_path(option, folder)))
        .args(files);
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
