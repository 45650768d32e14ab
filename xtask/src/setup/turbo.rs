//! Turbo, which changes a site's pages without loading them: one of the sites the chat is tried on.

use super::npm::{Missing, Package};
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const TURBO: Package =
    Package { name: "@hotwired/turbo", version: pins::TURBO, file: "@hotwired/turbo/dist/turbo.es2017-umd.js" };
const TIME_MAX: Duration = Duration::from_secs(90);

/// Installs Turbo when it is missing, and tells where its script is, or why it is not there.
pub fn ensure(bench: &Workbench) -> Result<PathBuf, Missing> {
    TURBO.ensure(bench, TIME_MAX)
}
