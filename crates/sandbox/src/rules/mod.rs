//! What happens in the channel, whichever API asks for it: contacts are created and merged, conversations change,
//! messages are posted.
//!
//! A rule runs inside one transaction: it writes through `store`, and leaves broadcasts, webhooks and jobs for after the
//! commit. From the bottom up: `broadcasts` and `webhooks`; `new_message`, `message_updates` and `conversation_updates`,
//! which save one change and broadcast it; `assignment`, `survey` and `auto_replies`; `conversations`, and `messages`,
//! which do all that follows from a change.

mod actor;
pub mod assignment;
mod auto_replies;
mod broadcasts;
mod contact_validation;
pub mod contacts;
pub mod conversation_updates;
pub mod conversations;
pub mod identity;
mod liquid;
pub mod message_updates;
pub mod messages;
mod new_message;
mod notifications;
pub mod survey;
pub mod typing;
mod webhooks;

pub use actor::Actor;
pub use new_message::Draft;
