//! JSON as the outside sees it: key by key as recorded, in the recorded order.
//!
//! The order matters: a client may read a conversation's status and stop before its messages. Nothing here is shared
//! with the widget; two independent readings of the same JSON keep each other honest.

pub mod contact;
pub mod conversation;
pub mod inbox;
pub mod message;
pub mod people;

/// Whether an agent's availability is filled in: it is within an agent's own request, and null everywhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Availability {
    Known,
    Unknown,
}

/// A token that proves an address was given out by us: the first half of the HMAC-SHA256 in hex.
pub fn signature(secret: &str, text: &str) -> String {
    let mut mark = crate::identity::hmac_hex(secret, text);
    mark.truncate(40);
    mark
}
