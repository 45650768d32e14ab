//! A new message: validated, stored, broadcast and posted to webhooks. `messages` does what follows from it.

use serde_json::{Map, Value};

use super::actor::Actor;
use super::{broadcasts, liquid, webhooks};
use crate::error::ApiError;
use crate::model::{Attachment, Conversation, Message, MessageType, SenderType};
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;
use crate::store::{Transaction, attachments};
use crate::uploads::Upload;

/// A message to be created.
#[derive(Debug)]
pub struct Draft {
    pub message_type: MessageType,
    pub content: Option<String>,
    pub content_type: String,
    pub content_attributes: Map<String, Value>,
    pub additional_attributes: Map<String, Value>,
    pub private: bool,
    pub source_id: Option<String>,
    pub uploads: Vec<Upload>,
    /// The client's own id of the message; it is in the event only, never in a response to a visitor.
    pub echo_id: Option<Value>,
}

impl Draft {
    /// A message of text alone.
    pub fn text(message_type: MessageType, content: Option<String>) -> Self {
        Self {
            message_type,
            content,
            content_type: "text".into(),
            content_attributes: Map::new(),
            additional_attributes: Map::new(),
            private: false,
            source_id: None,
            uploads: Vec::new(),
            echo_id: None,
        }
    }
}

/// Creates a message. It is not valid if it is too long, has a NUL byte, or is one too many in a minute.
pub fn create(
    tx: &mut Transaction<'_>,
    conversation: &mut Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<Message, ApiError> {
    validate(tx, conversation, draft)?;
    store(tx, conversation, draft, actor)
}

/// Creates an activity message, which agents see; `activity` is what a 4.16 puts into `content_attributes`.
pub fn create_activity(
    tx: &mut Transaction<'_>,
    conversation: &mut Conversation,
    text: &str,
    activity: Option<Value>,
) -> Result<(), ApiError> {
    let mut draft = Draft::text(MessageType::Activity, Some(text.to_owned()));
    if let Some(activity) = activity.filter(|_| tx.is_4_16()) {
        draft.content_attributes.insert("activity".into(), activity);
    }
    store(tx, conversation, &draft, None).map(drop)
}

fn store(
    tx: &mut Transaction<'_>,
    conversation: &mut Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<Message, ApiError> {
    let mut message = build(tx, conversation, draft, actor)?;
    message.id = rows::insert(tx.db, &message)?;
    for upload in &draft.uploads {
        insert_attachment(tx, &message, upload)?;
    }
    conversation.last_activity_at = message.created_at;
    conversation_rows::save(tx.db, conversation)?;
    broadcasts::message_created(tx, conversation, &message, draft.echo_id.clone(), actor)?;
    webhooks::message_event(tx, &message, "message_created");
    Ok(message)
}

/// In characters, as recorded.
const CONTENT_MAX: usize = 150_000;
/// Messages of a conversation within a minute, as recorded.
const FLOOD_MAX: i64 = 200;

fn validate(tx: &Transaction<'_>, conversation: &Conversation, draft: &Draft) -> Result<(), ApiError> {
    if draft.content.as_deref().is_some_and(|content| content.contains('\0')) {
        return Err(ApiError::internal("the server's database takes no NUL byte"));
    }
    if draft.content.as_deref().is_some_and(|content| content.chars().count() > CONTENT_MAX) {
        return Err(ApiError::validation(
            "content",
            format!("Content is too long (maximum is {CONTENT_MAX} characters)"),
        ));
    }
    let minute_ago = tx.now.plus_seconds(-60);
    if tx.context.has_limits && rows::count_since(tx.db, conversation.id, minute_ago)? >= FLOOD_MAX {
        return Err(ApiError::validation("base", "Too many messages"));
    }
    Ok(())
}

/// The record of a message; not stored yet.
fn build(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<Message, ApiError> {
    let (content, processed_content) = content(tx, conversation, draft, actor)?;
    let sender = match draft.message_type {
        MessageType::Incoming => Some((SenderType::Contact, conversation.contact_id)),
        MessageType::Outgoing => actor.map(Actor::sender),
        MessageType::Activity | MessageType::Template => None,
    };
    Ok(Message {
        id: 0,
        account_id: conversation.account_id,
        inbox_id: conversation.inbox_id,
        conversation_id: conversation.id,
        message_type: draft.message_type,
        content,
        processed_content,
        content_type: draft.content_type.clone(),
        content_attributes: draft.content_attributes.clone(),
        additional_attributes: draft.additional_attributes.clone(),
        private: draft.private,
        status: "sent".into(),
        source_id: draft.source_id.clone(),
        sender,
        created_at: tx.now,
        updated_at: tx.now,
    })
}

/// The text that is shown and the text as it was written, before variables were filled in.
fn content(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<(Option<String>, Option<String>), ApiError> {
    let written = draft.content.clone();
    Ok(match draft.message_type {
        _ if draft.content_type == "input_csat" => {
            let question = liquid::survey_question(tx, conversation, written.as_deref())?;
            (Some(question.clone()), Some(question))
        }
        MessageType::Outgoing | MessageType::Template => {
            (liquid::render(tx, conversation, written.as_deref(), actor)?, written)
        }
        MessageType::Incoming | MessageType::Activity => (written.clone(), written),
    })
}

fn insert_attachment(tx: &Transaction<'_>, message: &Message, upload: &Upload) -> Result<(), ApiError> {
    let attachment = Attachment {
        id: 0,
        message_id: message.id,
        account_id: message.account_id,
        file_type: upload.file_type().into(),
        file_name: upload.file_name.clone(),
        content_type: upload.content_type.clone(),
        file_size: upload.file_size,
        stored_as: upload.stored_as.clone(),
        width: upload.size_in_pixels.map(|(width, _)| width.into()),
        height: upload.size_in_pixels.map(|(_, height)| height.into()),
    };
    attachments::insert(tx.db, &attachment)?;
    Ok(())
}
