//! esbuild on the release bundle's JavaScript.

use crate::env::Env;
use crate::subprocess;
use natter_assets::ESBUILD_OPTIONS;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The widget's browsers have all of ES2022.
const JS_OPTIONS: [&str; 3] = ["--tree-shaking=true", "--target=es2022", "--allow-overwrite"];

/// Classic scripts, which import nothing. With a `--format`, esbuild would make CommonJS modules of them where a
/// `package.json` above the project asks for that.
const CLASSIC_SCRIPTS: [&str; 2] = ["embed.js", "playground.js"];

/// Minifies these files below `folder` in place, and bundles each module with what it imports.
pub fn minify_javascript(env: &Env, esbuild: &Path, folder: &Path, files: &[PathBuf]) -> Result<(), String> {
    let is_classic = |path: &&PathBuf| CLASSIC_SCRIPTS.iter().any(|name| path.ends_with(name));
    let (scripts, modules): (Vec<_>, Vec<_>) = files.iter().partition(is_classic);
    minify_in_place(env, esbuild, folder, &[], &scripts)?;
    minify_in_place(env, esbuild, folder, &["--bundle", "--format=esm"], &modules)
}

fn minify_in_place(
    env: &Env,
    esbuild: &Path,
    folder: &Path,
    options: &[&str],
    files: &[&PathBuf],
) -> Result<(), String> {
    let mut esbuild = env.command(esbuild);
    esbuild
        .args(ESBUILD_OPTIONS)
        .args(JS_OPTIONS)
        .args(options)
        .args(["--outdir=", "--outbase="].map(|option| with_path(option, folder)))
        .args(files);
    let status = subprocess::run(&mut esbuild)?;
    if status.success() { Ok(()) } else { Err(format!("esbuild did not minify the bundle ({status}).")) }
}

fn with_path(option: &str, path: &Path) -> OsString {
    let mut option = OsString::from(option);
    option.push(path);
    option
}
