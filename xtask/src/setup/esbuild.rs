//! esbuild, which makes the release bundle's JavaScript small. It is the one tool a build can do without.

use super::npm::{Missing, Package};
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const ESBUILD: Package = Package { name: "esbuild", version: pins::ESBUILD, file: ".bin/esbuild" };
/// Its 10 MB take seconds; a network that swallows requests must not hold a build for long.
const TIME_MAX: Duration = Duration::from_secs(90);

/// Installs esbuild when it is missing, and tells where it is, or why it is not there.
pub fn ensure(bench: &Workbench) -> Result<PathBuf, Missing> {
    ESBUILD.ensure(bench, TIME_MAX)
}
