//! The shell and the ui in a real browser: what needs a DOM, localStorage or Intl to be shown. Whole conversations,
//! with a server, are end-to-end tests.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod components;
mod driver;
mod page;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
