//! The pure core: it owns every piece of chat state and decides everything. It performs nothing.
//!
//! An [`Event`] comes in with the time it happened; [`ChatClient::update`] answers with a [`Update`]: the [`Effect`]s the
//! shell is to perform, in their order, and which slices of the view changed. There is no clock, no randomness, no
//! I/O and no async in here: time is an argument, randomness a seed. So every race is a native test, and every report
//! from the field a list of events that can be played again.

#![forbid(unsafe_code)]
// clippy.toml says what is not for visitors to download.
#![cfg_attr(target_arch = "wasm32", warn(clippy::disallowed_macros, clippy::disallowed_methods))]

pub mod availability;
pub mod backoff;
pub mod chatwoot;
mod client;
pub mod connection;
pub mod content;
pub mod conversation;
pub mod digits;
pub mod effect;
pub mod event;
pub mod event_log;
pub mod host;
pub mod json;
pub mod markdown;
pub mod model;
pub mod retrying_request;
pub mod rng;
pub mod spoofing;
pub mod tabs;
pub mod time;
pub mod url;
pub mod view;
pub mod visitor;

pub use chatwoot::requests::{ApiRequest, Outcome, RequestId};
pub use client::ChatClient;
pub use connection::cable::{SocketEvent, SocketId};
pub use effect::{Effect, Update};
pub use event::{Event, PageContext, TranscriptFormat};
pub use tabs::leader_election::{TabAction, TabEvent};
