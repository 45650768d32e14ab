//! JSON as the outside sees it: key by key as recorded, in the recorded order.
//!
//! The order matters: a client may read a conversation's status and stop before its messages. Nothing here is shared
//! with the widget; two independent readings of the same JSON keep each other honest.

pub mod account;
pub mod contact;
pub mod conversation;
pub mod inbox;
pub mod message;
pub mod sender;
pub mod user;
pub mod webhook;
