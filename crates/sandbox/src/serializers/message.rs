//! Messages and their attachments: for visitors, events and agents.

use serde::Serialize;
use serde_json::{Map, Value};

use super::sender::{self, EventSender};
use super::user::Availability;
use crate::error::ApiError;
use crate::model::{Attachment, Conversation, Message};
use crate::signing::signature;
use crate::store::{Transaction, attachments, contacts, messages};

/// An attachment of a message.
#[derive(Clone, Debug, Serialize)]
pub struct AttachedFile {
    id: i64,
    message_id: i64,
    file_type: String,
    account_id: i64,
    extension: Option<String>,
    data_url: String,
    thumb_url: String,
    file_size: i64,
    width: Option<i64>,
    height: Option<i64>,
    /// Since 4.13.
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    /// Of audio only, since 4.13.
    #[serde(skip_serializing_if = "Option::is_none")]
    transcribed_text: Option<&'static str>,
}

/// As the client API answers it.
#[derive(Debug, Serialize)]
pub struct ClientMessage {
    id: i64,
    content: Option<String>,
    message_type: i64,
    content_type: String,
    content_attributes: Map<String, Value>,
    created_at: i64,
    conversation_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachedFile>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<EventSender>,
}

pub fn for_client_api(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
) -> Result<ClientMessage, ApiError> {
    Ok(ClientMessage {
        id: message.id,
        content: message.content.clone(),
        message_type: message.message_type.number(),
        content_type: message.content_type.clone(),
        content_attributes: message.content_attributes.clone(),
        created_at: message.created_at.seconds(),
        conversation_id: conversation.display_id,
        attachments: attachments(tx, message)?,
        sender: sender::for_event(tx, message.sender, Availability::Unknown)?,
    })
}

/// As events have it.
#[derive(Clone, Debug, Serialize)]
pub struct EventMessage {
    id: i64,
    content: Option<String>,
    account_id: i64,
    inbox_id: i64,
    conversation_id: i64,
    message_type: i64,
    created_at: i64,
    updated_at: String,
    private: bool,
    status: String,
    source_id: Option<String>,
    content_type: String,
    content_attributes: Map<String, Value>,
    sender_type: Option<&'static str>,
    sender_id: Option<i64>,
    external_source_ids: Map<String, Value>,
    additional_attributes: Map<String, Value>,
    processed_message_content: Option<String>,
    sentiment: Map<String, Value>,
    conversation: InConversation,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub echo_id: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachedFile>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<EventSender>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_changes: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub performer: Option<EventSender>,
}

/// What an event's message says of its conversation.
#[derive(Clone, Debug, Serialize)]
struct InConversation {
    assignee_id: Option<i64>,
    unread_count: i64,
    last_activity_at: i64,
    contact_inbox: SourceId,
}

#[derive(Clone, Debug, Serialize)]
struct SourceId {
    source_id: String,
}

pub fn for_event(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
    availability: Availability,
) -> Result<EventMessage, ApiError> {
    Ok(EventMessage {
        id: message.id,
        content: message.content.clone(),
        account_id: message.account_id,
        inbox_id: message.inbox_id,
        conversation_id: conversation.display_id,
        message_type: message.message_type.number(),
        created_at: message.created_at.seconds(),
        updated_at: message.updated_at.iso(),
        private: message.private,
        status: message.status.clone(),
        source_id: message.source_id.clone(),
        content_type: message.content_type.clone(),
        content_attributes: message.content_attributes.clone(),
        sender_type: message.sender.map(|(kind, _)| kind.as_str()),
        sender_id: message.sender.map(|(_, id)| id),
        external_source_ids: Map::new(),
        additional_attributes: message.additional_attributes.clone(),
        processed_message_content: message.processed_content.clone(),
        sentiment: Map::new(),
        conversation: in_conversation(tx, conversation)?,
        echo_id: None,
        attachments: attachments(tx, message)?,
        sender: sender::for_event(tx, message.sender, availability)?,
        previous_changes: None,
        performer: None,
    })
}

/// As the application API answers it.
#[derive(Debug, Serialize)]
pub struct AppMessage {
    id: i64,
    content: Option<String>,
    inbox_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    echo_id: Option<Value>,
    conversation_id: i64,
    message_type: i64,
    content_type: String,
    status: String,
    content_attributes: Map<String, Value>,
    created_at: i64,
    private: bool,
    source_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sender: Option<EventSender>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attachments: Option<Vec<AttachedFile>>,
}

pub fn for_app_api(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
) -> Result<AppMessage, ApiError> {
    Ok(AppMessage {
        id: message.id,
        content: message.content.clone(),
        inbox_id: message.inbox_id,
        echo_id: None,
        conversation_id: conversation.display_id,
        message_type: message.message_type.number(),
        content_type: message.content_type.clone(),
        status: message.status.clone(),
        content_attributes: message.content_attributes.clone(),
        created_at: message.created_at.seconds(),
        private: message.private,
        source_id: message.source_id.clone(),
        sender: sender::for_event(tx, message.sender, Availability::Known)?,
        attachments: attachments(tx, message)?,
    })
}

/// As the application API answers its creation: with the echo_id.
pub fn created(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    message: &Message,
    echo_id: Option<Value>,
) -> Result<AppMessage, ApiError> {
    Ok(AppMessage { echo_id, ..for_app_api(tx, conversation, message)? })
}

pub fn attachments(tx: &Transaction<'_>, message: &Message) -> Result<Option<Vec<AttachedFile>>, ApiError> {
    let rows = attachments::of_message(tx.db, message.id)?;
    // The server measures pictures in a job: width and height are in later responses only.
    let is_measured = message.created_at < tx.now;
    Ok((!rows.is_empty()).then(|| rows.iter().map(|row| attached(tx, row, is_measured)).collect()))
}

fn attached(tx: &Transaction<'_>, row: &Attachment, is_measured: bool) -> AttachedFile {
    let (address, secret) = (&tx.context.public_url, &tx.context.secret);
    let signed = format!("{}--{}", row.id, signature(secret, &format!("blob {}", row.id)));
    let name = crate::url_encoding::encode(&row.file_name);
    let storage = format!("{address}/rails/active_storage");
    let is_4_16 = tx.is_4_16();
    let is_sound = is_4_16 && row.file_type == "audio";
    let disposition = if is_sound { "?disposition=inline" } else { "" };
    AttachedFile {
        id: row.id,
        message_id: row.message_id,
        file_type: row.file_type.clone(),
        account_id: row.account_id,
        extension: if is_4_16 { extension(&row.file_name) } else { None },
        data_url: format!("{storage}/blobs/redirect/{signed}/{name}{disposition}"),
        thumb_url: if row.file_type == "image" {
            format!("{storage}/representations/redirect/{signed}/thumb/{name}")
        } else {
            String::new()
        },
        file_size: row.file_size,
        width: row.width.filter(|_| is_measured),
        height: row.height.filter(|_| is_measured),
        content_type: is_4_16.then(|| row.content_type.clone()),
        transcribed_text: is_sound.then_some(""),
    }
}

fn extension(file_name: &str) -> Option<String> {
    Some(std::path::Path::new(file_name).extension()?.to_str()?.to_owned())
}

fn in_conversation(tx: &Transaction<'_>, conversation: &Conversation) -> Result<InConversation, ApiError> {
    let contact_inbox = contacts::contact_inbox(tx.db, conversation.contact_inbox_id)?;
    Ok(InConversation {
        assignee_id: conversation.assignee_id,
        unread_count: messages::unread_count(tx.db, conversation.id, conversation.agent_last_seen_at)?,
        last_activity_at: conversation.last_activity_at.seconds(),
        contact_inbox: SourceId { source_id: contact_inbox.source_id },
    })
}

/// A survey's text in a 4.0, and in all webhooks: a sentence with a link.
pub fn survey_link_text(tx: &Transaction<'_>, conversation: &Conversation) -> String {
    format!("Please rate this conversation, {}/survey/responses/{}", tx.context.public_url, conversation.uuid)
}
