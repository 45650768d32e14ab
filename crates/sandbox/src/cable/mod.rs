//! `/cable`: Action Cable, sub-protocol `actioncable-v1-json`.
//!
//! A refused subscription gets no answer, as the real server gives none; pings go on. A socket that doesn't read its
//! frames is closed when its short queue is full, so no memory is kept for it.

mod protocol;
pub mod socket;
