//! Somebody is writing.

use super::actor::Actor;
use super::{broadcasts, webhooks};
use crate::model::Conversation;
use crate::refusal::Refusal;
use crate::store::Turn;

/// `status`: `on` or `off`; any other word is well received and does nothing.
pub fn set(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    actor: &Actor,
    status: Option<&str>,
    is_private: bool,
) -> Result<(), Refusal> {
    let (event, called_back) = match status {
        Some("on") => ("conversation.typing_on", "conversation_typing_on"),
        Some("off") => ("conversation.typing_off", "conversation_typing_off"),
        _ => return Ok(()),
    };
    broadcasts::typing(turn, conversation, actor, event, is_private)?;
    webhooks::typing(turn, conversation, actor, called_back, is_private)
}
