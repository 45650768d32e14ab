//! What happens in the channel, whoever asks for it: contacts come, conversations open and change, messages are said.
//!
//! Every rule runs inside one `Turn`, writes through `store` and leaves its news behind; the two APIs only read
//! requests and shape answers.

mod actor;
pub mod assignment;
mod auto_replies;
mod broadcasts;
pub mod contacts;
pub mod conversation_changes;
pub mod conversations;
pub mod identity;
mod liquid;
pub mod message_changes;
pub mod messages;
mod new_message;
mod notifications;
pub mod survey;
pub mod typing;
mod webhooks;

pub use actor::Actor;
pub use new_message::Draft;
