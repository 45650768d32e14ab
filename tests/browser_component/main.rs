//! Tests of the panel inside a Leptos application, under its usual executor: effects run a microtask after their signals
//! were set.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod component;
#[path = "../browser/page.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod page;
mod painting;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
