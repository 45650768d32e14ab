//! What the panel looks like in each state, told as text: no browser is needed to see what is painted.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod around;
mod asked;
mod composer;
mod easel;
mod files;
mod head;
mod hostile;
#[path = "../support/payloads.rs"]
mod payloads;
mod rows;
mod sheets;
mod texts;
