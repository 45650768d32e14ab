//! TypeScript's compiler, which checks what the types of the API promise.

use super::npm::{Missing, Package};
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const TYPESCRIPT: Package = Package { name: "typescript", version: pins::TYPESCRIPT, file: ".bin/tsc" };
const TIME_MAX: Duration = Duration::from_secs(90);

/// Installs the compiler when it is missing, and tells where it is, or why it is not there.
pub fn ensure(bench: &Workbench) -> Result<PathBuf, Missing> {
    TYPESCRIPT.ensure(bench, TIME_MAX)
}
