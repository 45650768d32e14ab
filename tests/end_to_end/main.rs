//! End-to-end tests: the widget in a real browser, on a page of one origin, with the sandbox on another.
//!
//! `cargo xtask test e2e` builds the widget and sets the environment: `NATTER_SITE` (the bundle), `CHROMEDRIVER` and
//! `NATTER_CHROMIUM` (the browser), `NATTER_LEPTOS_APP` (the example application), `NATTER_ZONE_JS`, `NATTER_BLUEBIRD`, `NATTER_TURBO` and `NATTER_LIBRARY_…` (libraries of
//! the pages).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod agent_page;
mod api_guide;
mod availability;
#[cfg(feature = "gallery")]
mod axe;
mod browser;
#[path = "../../crates/sandbox/tests/support/cable.rs"]
mod cable;
mod composer;
mod connection_diagnostics;
mod conversation;
mod conversation_harness;
mod conversation_list;
#[path = "../../xtask/src/csp.rs"]
mod csp;
mod custom_element;
#[cfg(feature = "soak")]
mod delivery_times;
mod diagnostics_report;
mod dom_clobbering;
#[path = "../support/fault_proxy/mod.rs"]
mod fault_proxy;
mod file_loading;
#[cfg(feature = "soak")]
mod first_connection;
mod focus_traps;
#[cfg(feature = "gallery")]
mod gallery;
mod host_pages;
mod hostile_content;
mod https;
mod identified_users;
mod javascript_api;
mod keyboard;
mod languages;
mod lazy_modules;
mod leptos_app;
mod loader;
mod menu;
mod message_content;
mod message_list;
mod multi_tab;
#[path = "../../crates/sandbox/tests/support/multipart.rs"]
mod multipart;
mod network;
mod notifications;
mod page_title;
mod pasted_and_dropped;
mod patched_apis;
mod patched_globals;
#[path = "../support/payloads.rs"]
mod payloads;
mod playground;
mod pre_chat_form;
mod privacy;
mod prompts;
mod referrers;
mod replaced_pages;
#[path = "../../crates/core/tests/support/replay.rs"]
mod replay;
mod screenshots;
mod site;
#[cfg(feature = "soak")]
mod soak;
mod storage;
#[path = "../../crates/sandbox/tests/support/sandbox.rs"]
mod support;
mod theming;
mod uploads;
mod visitor;
