//! Libraries that replace a page's `Promise`: zone.js, which every classic Angular site loads, and Bluebird. The
//! end-to-end suite tries the chat on pages with each of them.

use super::npm::{Missing, Package};
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

pub(super) const ZONE_JS: Package =
    Package { name: "zone.js", version: pins::ZONE_JS, file: "zone.js/bundles/zone.umd.js" };
pub(super) const BLUEBIRD: Package =
    Package { name: "bluebird", version: pins::BLUEBIRD, file: "bluebird/js/browser/bluebird.js" };
/// A few MB each take seconds; a network that swallows requests must not hold us for long.
const TIME_MAX: Duration = Duration::from_secs(90);

/// Where the libraries' classic scripts are.
pub struct PromiseReplacements {
    /// zone.js, as one classic script.
    pub zone_js: PathBuf,
    /// Bluebird, as one classic script.
    pub bluebird: PathBuf,
}

/// Installs the libraries that are missing, and tells where their scripts are, or why one is not there.
pub fn ensure(bench: &Workbench) -> Result<PromiseReplacements, Missing> {
    Ok(PromiseReplacements { zone_js: ZONE_JS.ensure(bench, TIME_MAX)?, bluebird: BLUEBIRD.ensure(bench, TIME_MAX)? })
}
