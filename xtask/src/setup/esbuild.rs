//! esbuild, which makes the release bundle's JavaScript small. It is the one tool a build can do without.

use super::npm::Package;
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

const ESBUILD: Package = Package { name: "esbuild", version: pins::ESBUILD, program: "esbuild" };
/// Its 10 MB take seconds; a network that swallows requests must not hold a build for long.
const TIME_MAX: Duration = Duration::from_secs(90);

/// Installs esbuild when it is missing, and tells where it is, or in a sentence why it can't be had.
pub fn ensure(bench: &Workbench) -> Result<PathBuf, String> {
    if !ESBUILD.is_there(bench) {
        if bench.which("npm").is_none() {
            return Err("esbuild comes by npm, which is not there.".to_owned());
        }
        ESBUILD
            .install(bench, Some(TIME_MAX))
            .map_err(|_| format!("npm can't install esbuild; {} has its words.", ESBUILD.log(bench).display()))?;
    }
    Ok(ESBUILD.bin(bench).join(ESBUILD.program))
}
