//! What the panel shows in each state, checked on the painted nodes: no browser is needed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod around_thread;
mod attachments;
mod composer;
mod fixtures;
mod header;
mod hostile;
mod interactive_messages;
mod message_text;
#[path = "../support/payloads.rs"]
mod payloads;
mod rows;
mod style_sheets;
mod transcript;
