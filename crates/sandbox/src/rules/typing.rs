//! Typing indicators.

use super::actor::Actor;
use super::{broadcasts, webhooks};
use crate::error::ApiError;
use crate::model::Conversation;
use crate::store::Transaction;

/// Tells the others that the actor types (`on`) or no longer does (`off`). Any other status is ignored, as recorded.
pub fn set_status(
    tx: &mut Transaction<'_>,
    conversation: &Conversation,
    actor: &Actor,
    status: Option<&str>,
    is_private: bool,
) -> Result<(), ApiError> {
    let (event, webhook_event) = match status {
        Some("on") => ("conversation.typing_on", "conversation_typing_on"),
        Some("off") => ("conversation.typing_off", "conversation_typing_off"),
        _ => return Ok(()),
    };
    broadcasts::typing_event(tx, conversation, actor, event, is_private)?;
    webhooks::typing_event(tx, conversation, actor, webhook_event, is_private)
}
