//! Chatwoot's client API and its cable as data: requests, responses, frames. Tolerant in what it parses, exact in what
//! it writes.
//!
//! No parser fails because a field is missing, new or of another type: such a field counts as absent, and a message
//! without an id is ignored. The formats are those of Chatwoot 4.0.4 and 4.16.2; rebranded servers share them.

pub(crate) mod content;
pub(crate) mod fields;
mod incoming;
mod outgoing;
pub mod requests;

pub use incoming::{
    ContactAnswer, Frame, Listing, ServerEvent, contact, conversation, conversation_head, conversation_index,
    conversations, error_text, frame, inbox, is_server_error, listing, message, messages,
};
pub use outgoing::{
    Body, HttpRequest, Method, cable_url, list as write_list, object as write, presence, request, subscribe,
};
