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
    ContactAnswer, Frame, Listing, ServerEvent, is_server_error, parse_contact, parse_conversation,
    parse_conversation_head, parse_conversation_index, parse_conversations, parse_error_text, parse_frame, parse_inbox,
    parse_listing, parse_message, parse_messages,
};
pub use outgoing::{
    Body, HttpRequest, Method, build_request, cable_url, presence_command, subscribe_command, write_object,
};
