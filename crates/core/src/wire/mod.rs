//! Chatwoot's JSON, both ways: tolerant in what it reads, exact in what it writes.
//!
//! Nothing here fails on a field that is missing, new or of another type: such a field is absent, and a message
//! without an id is no message. Shapes as seen on Chatwoot 4.0.4; newer versions and rebranded ones share them.

mod asked;
mod content;
mod fields;
mod incoming;
mod outgoing;
mod settings;
mod tabs;

pub use asked::{asked, pairs, write_pairs};
pub use incoming::{
    ContactAnswer, Frame, Listing, News, contact, conversation, conversation_head, conversations, frame, inbox,
    is_fault, listed, listing, message, messages, refusal,
};
pub use outgoing::{
    Body, Method, Request, cable_url, list as write_list, object as write, presence, request, subscribe,
};
pub use settings::settings;
pub use tabs::{PROTOCOL, hear, say};
