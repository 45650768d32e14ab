//! Chatwoot's client API and its cable as data: requests, their answers, frames. Tolerant in what it reads, exact in
//! what it writes.
//!
//! Nothing here fails on a field that is missing, new or of another type: such a field is absent, and a message
//! without an id is no message. Shapes as seen on Chatwoot 4.0.4 and 4.16.2; rebranded servers share them.

pub(crate) mod content;
pub(crate) mod fields;
mod incoming;
mod outgoing;
pub mod requests;

pub use incoming::{
    ContactAnswer, Frame, Listing, ServerEvent, contact, conversation, conversation_head, conversations, frame, inbox,
    is_fault, listed, listing, message, messages, refusal,
};
pub use outgoing::{
    Body, Method, Request, cable_url, list as write_list, object as write, presence, request, subscribe,
};
