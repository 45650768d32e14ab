//! esbuild on the release bundle's JavaScript and CSS.

use crate::env::Env;
use crate::subprocess;
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

const OPTIONS: [&str; 4] = [
    "--minify",
    // Without it every character beyond ASCII becomes an escape sequence: an emoji would be twelve bytes.
    "--charset=utf8",
    "--legal-comments=none",
    "--log-level=warning",
];

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

/// A minified style sheet.
pub fn minify_css(env: &Env, esbuild: &Path, css: &str) -> Result<String, String> {
    let mut esbuild = env.command(esbuild);
    esbuild.args(OPTIONS).arg("--loader=css").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = esbuild.spawn().map_err(|error| format!("esbuild can't be started: {error}."))?;
    // esbuild reads all of its input before it writes, so neither side waits for the other. Dropping the pipe ends it.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(css.as_bytes()));
    written.map_err(|error| format!("esbuild did not read a style sheet: {error}."))?;
    let output = child.wait_with_output().map_err(|error| format!("esbuild's output can't be read: {error}."))?;
    if !output.status.success() {
        return Err(format!("esbuild did not minify a style sheet ({}).", output.status));
    }
    let css = String::from_utf8(output.stdout).map_err(|_| "esbuild's style sheet is not UTF-8.".to_owned())?;
    Ok(css.trim_end().to_owned())
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
        .args(OPTIONS)
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
