//! Tests of the view and the platform layer in a browser, for what needs a DOM, localStorage or Intl. Conversations with a
//! server are end-to-end tests.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod components;
mod driver;
mod intl;
mod page;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
