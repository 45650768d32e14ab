//! The sandbox as its clients see it: a real process, real sockets, a real database.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

#[path = "../support/cable.rs"]
mod cable_client;
#[path = "../support/multipart.rs"]
mod multipart;
#[path = "../support/sandbox.rs"]
mod sandbox;

mod attachments;
mod cable;
mod connections;
mod conversation;
mod durability;
mod guide;
mod limits;
mod messages;
mod pages;
mod recordings;
mod time;
mod trusted_hosts;
mod versions;
