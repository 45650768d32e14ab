//! Stories of the core: what the shell reports, step by step, and what must come of it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

mod aloud;
mod asked;
mod attention;
mod availability;
mod bench;
mod conversations;
mod devices;
mod diagnosis;
mod household;
mod identity;
mod interleavings;
mod introduction;
mod privacy;
mod reading;
#[path = "../support/replay.rs"]
mod replay;
mod stories;
mod tabs;
mod telling;
mod typing;
mod uploads;
mod waits;
mod window;
mod wishes;
