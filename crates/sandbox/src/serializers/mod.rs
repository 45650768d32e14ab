//! The JSON of responses, events and webhooks, with the recorded keys in the recorded order.
//!
//! The order matters: a client may read a conversation's status and stop before its messages. Nothing here is shared
//! with the widget, so that an error in one reading of Chatwoot's JSON shows in the other.

pub mod account;
pub mod contact;
pub mod conversation;
pub mod inbox;
pub mod message;
pub mod sender;
pub mod user;
pub mod webhook;
