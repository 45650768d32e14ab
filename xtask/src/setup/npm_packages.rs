//! axe-core, a script that finds on a page what keeps people from using it. Only the gallery wants it.

use super::npm::{Missing, Package};
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const AXE: Package = Package { name: "axe-core", version: pins::AXE_CORE, file: "axe-core/axe.min.js" };
/// Its 3 MB take seconds; a network that swallows requests must not hold us for long.
const TIME_MAX: Duration = Duration::from_secs(90);

/// Installs axe-core when it is missing, and tells where its script is, or why it is not there.
pub fn ensure(bench: &Workbench) -> Result<PathBuf, Missing> {
    AXE.ensure(bench, TIME_MAX)
}
