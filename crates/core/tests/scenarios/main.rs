//! Scenario tests of the core: events go in step by step, effects and the view are checked. One file for each feature.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod announcements;
mod availability;
mod client_harness;
mod connection_diagnostics;
mod conversations;
mod host_events;
mod identity;
mod interactive_messages;
mod message_window;
mod messaging;
mod multi_device;
mod multi_tab_harness;
mod notifications;
mod outbox_interleavings;
mod outbox_retries;
mod pre_chat_form;
mod privacy;
mod read_receipts;
#[path = "../support/replay.rs"]
mod replay;
mod tab_sync;
mod transcript;
mod typing;
mod uploads;
