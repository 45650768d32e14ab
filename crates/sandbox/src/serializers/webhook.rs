//! The bodies that are posted to callback URLs and bots.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::account::{AccountName, account_name};
use super::conversation::{self, EventConversation};
use super::message;
use super::sender::{self, WebhookSender};
use crate::error::ApiError;
use crate::model::{Conversation, Message};
use crate::store::{Transaction, accounts};

/// `changed_attributes`: a list, null or absent, as recorded of each event.
#[derive(Debug, Serialize)]
pub struct WebhookConversation {
    #[serde(flatten)]
    conversation: EventConversation,
    /// Since 4.16.
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<AccountName>,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    changed_attributes: Option<Value>,
}

pub fn conversation(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    event: &'static str,
    changed_attributes: Option<Value>,
) -> Result<WebhookConversation, ApiError> {
    let account = tx.is_4_16().then(|| account_name(tx, conversation.account_id)).transpose()?;
    Ok(WebhookConversation {
        conversation: conversation::for_event(tx, conversation)?,
        account,
        event,
        changed_attributes,
    })
}

#[derive(Debug, Serialize)]
pub struct WebhookMessage {
    account: AccountName,
    additional_attributes: Map<String, Value>,
    content_attributes: Map<String, Value>,
    content_type: String,
    content: Option<String>,
    conversation: EventConversation,
    created_at: String,
    id: i64,
    inbox: Value,
    message_type: &'static str,
    private: bool,
    sender: Option<WebhookSender>,
    source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<message::AttachedFile>>,
    event: &'static str,
}

pub fn message(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
    event: &'static str,
) -> Result<WebhookMessage, ApiError> {
    let inbox = accounts::inbox(tx.db, message.inbox_id)?;
    Ok(WebhookMessage {
        account: account_name(tx, message.account_id)?,
        additional_attributes: message.additional_attributes.clone(),
        content_attributes: message.content_attributes.clone(),
        content_type: message.content_type.clone(),
        content: if message.content_type == "input_csat" {
            // The link is in both versions here; elsewhere a 4.16 leaves it out.
            Some(message::survey_link_text(tx, conversation))
        } else {
            message.content.clone()
        },
        conversation: conversation::for_event(tx, conversation)?,
        created_at: message.created_at.iso(),
        id: message.id,
        inbox: json!({ "id": inbox.id, "name": inbox.name }),
        message_type: message.message_type.as_str(),
        private: message.private,
        sender: sender::for_webhook(tx, message.sender)?,
        source_id: message.source_id.clone(),
        attachments: message::attachments(tx, message)?,
        event,
    })
}
