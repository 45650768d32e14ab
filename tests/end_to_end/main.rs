//! The whole of it in a real browser: a host page on one origin, the sandbox on another, people clicking.
//!
//! `cargo xtask test e2e` builds the widget and says where it is (`NATTER_SITE`), which driver (`CHROMEDRIVER`) and
//! which browser (`NATTER_CHROMIUM`) to use, and where the libraries are that replace a page's `Promise`
//! (`NATTER_ZONE_JS`, `NATTER_BLUEBIRD`) or that websites are made with (`NATTER_TURBO`, `NATTER_LIBRARY_…`).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod accounts;
mod agent_page;
mod api;
mod around;
#[cfg(feature = "gallery")]
mod axe;
#[path = "../support/bad_network/mod.rs"]
mod bad_network;
mod browser;
#[path = "../../crates/sandbox/tests/support/cable.rs"]
mod cable;
mod clobbering;
mod composer;
mod content;
mod conversations;
#[path = "../../xtask/src/csp.rs"]
mod csp;
mod diagnosis;
mod elements;
mod embedding;
#[cfg(feature = "soak")]
mod first_connect;
mod focus_traps;
mod forgetting;
#[cfg(feature = "gallery")]
mod gallery;
mod guide;
mod hostile;
mod hosts;
mod https;
mod languages;
mod late_files;
mod looks;
#[path = "../../crates/sandbox/tests/support/multipart.rs"]
mod multipart;
mod network;
mod parts;
mod patched_globals;
#[path = "../support/payloads.rs"]
mod payloads;
mod playground;
mod promises;
mod referrers;
mod replaced_pages;
#[path = "../../crates/core/tests/support/replay.rs"]
mod replay;
mod reports;
mod screens;
mod site;
#[cfg(feature = "soak")]
mod soak;
mod storage;
mod stories;
#[path = "../../crates/sandbox/tests/support/sandbox.rs"]
mod support;
mod tabs;
mod talk;
mod threads;
mod titles;
mod uploads;
mod visitor;
#[cfg(feature = "soak")]
mod waits;
