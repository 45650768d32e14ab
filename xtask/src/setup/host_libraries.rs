//! Libraries that websites are made with, and beside which the chat has to live: some take a page's elements away, others
//! keep the focus. The end-to-end suite tries the chat on pages with each of them.

use super::npm::{Missing, Package};
use crate::pins;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

/// Each by the name under which the suite finds it.
pub(super) const LIBRARIES: [(&str, Package); 7] = [
    ("TURBO_OLDER", Package { name: "@hotwired/turbo", version: pins::TURBO_OLDER, file: "@hotwired/turbo" }),
    ("HTMX_2", Package { name: "htmx.org", version: pins::HTMX[0], file: "htmx.org" }),
    ("HTMX_4", Package { name: "htmx.org", version: pins::HTMX[1], file: "htmx.org" }),
    ("REACT_18", Package { name: "react-dom", version: pins::REACT_DOM[0], file: "react-dom" }),
    ("REACT_19", Package { name: "react-dom", version: pins::REACT_DOM[1], file: "react-dom" }),
    ("BOOTSTRAP", Package { name: "bootstrap", version: pins::BOOTSTRAP, file: "bootstrap" }),
    ("FOCUS_TRAP", Package { name: "focus-trap", version: pins::FOCUS_TRAP, file: "focus-trap" }),
];
/// A few MB each take seconds; a network that swallows requests must not hold us for long.
const TIME_MAX: Duration = Duration::from_secs(90);

/// Installs the libraries that are missing. For each, tells the variable by which the suite knows it and the folder that
/// holds it and what it needs, or why one is not there.
pub fn ensure(bench: &Workbench) -> Result<Vec<(String, PathBuf)>, Missing> {
    LIBRARIES
        .iter()
        .map(|(name, package)| {
            package.ensure(bench, TIME_MAX)?;
            Ok((format!("NATTER_LIBRARY_{name}"), package.folder(bench)))
        })
        .collect()
}
