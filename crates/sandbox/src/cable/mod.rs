//! `/cable`: Action Cable's protocol, version `actioncable-v1-json`.
//!
//! A refused subscription is met with silence, as the real server's is; pings go on. Nothing is kept for a socket that
//! doesn't listen: its queue is short, and when it is full the socket is dropped.

mod protocol;
pub mod socket;
