//! What is posted to callback URLs and bots.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::{AccountName, account_name};
use super::conversation::{self, PushedConversation};
use super::message;
use super::sender::{self, CalledBack};
use crate::model::{Conversation, Message};
use crate::refusal::Refusal;
use crate::store::{Turn, accounts};

/// `changes`: what changed, or null where the server says nothing of it.
#[derive(Debug, Serialize)]
pub struct CalledBackConversation {
    #[serde(flatten)]
    conversation: PushedConversation,
    /// Since 4.16.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountName>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_attributes: Option<Value>,
}

pub fn conversation(
    turn: &Turn<'_>,
    conversation: &Conversation,
    event: &'static str,
    changed_attributes: Option<Value>,
) -> Result<CalledBackConversation, Refusal> {
    let account = turn.is_4_16().then(|| account_name(turn, conversation.account_id)).transpose()?;
    Ok(CalledBackConversation {
        conversation: conversation::pushed(turn, conversation)?,
        account,
        event,
        changed_attributes,
    })
}

/// As the callback URL gets it.
#[derive(Debug, Serialize)]
pub struct CalledBackMessage {
    account: AccountName,
    additional_attributes: Map<String, Value>,
    content_attributes: Map<String, Value>,
    content_type: String,
    content: Option<String>,
    conversation: PushedConversation,
    created_at: String,
    id: i64,
    inbox: Value,
    message_type: &'static str,
    private: bool,
    sender: Option<CalledBack>,
    source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<message::AttachedFile>>,
    event: &'static str,
}

pub fn message(
    turn: &Turn<'_>,
    conversation: &Conversation,
    message: &Message,
    event: &'static str,
) -> Result<CalledBackMessage, Refusal> {
    let inbox = accounts::inbox(turn.db, message.inbox_id)?;
    Ok(CalledBackMessage {
        account: account_name(turn, message.account_id)?,
        additional_attributes: message.additional_attributes.clone(),
        content_attributes: message.content_attributes.clone(),
        content_type: message.content_type.clone(),
        content: if message.content_type == "input_csat" {
            // Here the link is in both ages; elsewhere a 4.16 leaves it out.
            Some(message::linked_question(turn, conversation))
        } else {
            message.content.clone()
        },
        conversation: conversation::pushed(turn, conversation)?,
        created_at: message.created_at.iso(),
        id: message.id,
        inbox: json!({ "id": inbox.id, "name": inbox.name }),
        message_type: message.message_type.word(),
        private: message.private,
        sender: sender::called_back(turn, message.sender)?,
        source_id: message.source_id.clone(),
        attachments: message::attachments(turn, message)?,
        event,
    })
}
