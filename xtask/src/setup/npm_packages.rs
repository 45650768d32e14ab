//! The npm packages that are used, each with the one file that is wanted of it.

use super::npm::Package;
use crate::versions;

/// Contains wasm-opt.
pub const BINARYEN: Package = Package { name: "binaryen", version: versions::BINARYEN, file: ".bin/wasm-opt" };
/// Minifies a release bundle. A build can do without it.
pub const ESBUILD: Package = Package { name: "esbuild", version: versions::ESBUILD, file: ".bin/esbuild" };
/// Checks accessibility.
pub const AXE_CORE: Package = Package { name: "axe-core", version: versions::AXE_CORE, file: "axe-core/axe.min.js" };
/// The compiler.
pub const TYPESCRIPT: Package = Package { name: "typescript", version: versions::TYPESCRIPT, file: ".bin/tsc" };
/// Navigates without loading pages.
pub const TURBO: Package =
    Package { name: "@hotwired/turbo", version: versions::TURBO, file: "@hotwired/turbo/dist/turbo.es2017-umd.js" };
/// Replaces the global `Promise`.
pub const ZONE_JS: Package =
    Package { name: "zone.js", version: versions::ZONE_JS, file: "zone.js/bundles/zone.umd.js" };
/// Replaces the global `Promise`.
pub const BLUEBIRD: Package =
    Package { name: "bluebird", version: versions::BLUEBIRD, file: "bluebird/js/browser/bluebird.js" };

/// Libraries of web pages on which the end-to-end tests try the chat: some replace the page's content, others trap the
/// focus. The first of each pair ends the name of the environment variable in which the tests expect it.
pub const PAGE_LIBRARIES: [(&str, Package); 7] = [
    ("TURBO_OLDER", Package { name: "@hotwired/turbo", version: versions::TURBO_OLDER, file: "@hotwired/turbo" }),
    ("HTMX_2", Package { name: "htmx.org", version: versions::HTMX[0], file: "htmx.org" }),
    ("HTMX_4", Package { name: "htmx.org", version: versions::HTMX[1], file: "htmx.org" }),
    ("REACT_18", Package { name: "react-dom", version: versions::REACT_DOM[0], file: "react-dom" }),
    ("REACT_19", Package { name: "react-dom", version: versions::REACT_DOM[1], file: "react-dom" }),
    ("BOOTSTRAP", Package { name: "bootstrap", version: versions::BOOTSTRAP, file: "bootstrap" }),
    ("FOCUS_TRAP", Package { name: "focus-trap", version: versions::FOCUS_TRAP, file: "focus-trap" }),
];
