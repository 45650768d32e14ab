//! Style sheets, minified by esbuild.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// What esbuild is to do with style sheets and scripts alike.
pub const ESBUILD_OPTIONS: [&str; 4] = [
    "--minify",
    // Without it every character beyond ASCII becomes an escape sequence: an emoji would be twelve bytes.
    "--charset=utf8",
    "--legal-comments=none",
    "--log-level=warning",
];

/// A minified style sheet.
pub fn minify_css(esbuild: &Path, css: &str) -> Result<String, String> {
    let mut esbuild = Command::new(esbuild);
    esbuild.args(ESBUILD_OPTIONS).arg("--loader=css").stdin(Stdio::piped()).stdout(Stdio::piped());
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
