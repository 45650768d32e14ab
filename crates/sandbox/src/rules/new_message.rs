//! A new message: checked, stored and told. What follows from it is for `messages`.

use serde_json::{Map, Value};

use super::actor::Actor;
use super::{broadcasts, liquid, webhooks};
use crate::model::{Attachment, Conversation, Message, MessageType, SenderType};
use crate::refusal::Refusal;
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;
use crate::store::{Turn, files};
use crate::uploads::Upload;

/// What is to be said.
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
    /// Comes back in the frame, and nowhere else for a visitor.
    pub echo_id: Option<Value>,
}

impl Draft {
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

/// Stores a message and tells of it.
pub fn create(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<Message, Refusal> {
    check(turn, conversation, draft)?;
    store(turn, conversation, draft, actor)
}

/// A note for agents about what happened.
pub fn note_activity(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    note: &str,
    activity: Option<Value>,
) -> Result<(), Refusal> {
    let mut draft = Draft::text(MessageType::Activity, Some(note.to_owned()));
    if let Some(activity) = activity.filter(|_| turn.is_4_16()) {
        draft.content_attributes.insert("activity".into(), activity);
    }
    store(turn, conversation, &draft, None).map(drop)
}

fn store(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<Message, Refusal> {
    let mut message = unsaved(turn, conversation, draft, actor)?;
    message.id = rows::insert(turn.db, &message)?;
    for upload in &draft.uploads {
        attach(turn, &message, upload)?;
    }
    conversation.last_activity_at = message.created_at;
    conversation_rows::save(turn.db, conversation)?;
    broadcasts::message_created(turn, conversation, &message, draft.echo_id.clone(), actor)?;
    webhooks::message_callback(turn, &message, "message_created");
    Ok(message)
}

/// The longest text, in characters.
const CONTENT_MAX: usize = 150_000;
/// Messages of a conversation within a minute; beyond, it counts as a flood.
const FLOOD_MAX: i64 = 200;

fn check(turn: &Turn<'_>, conversation: &Conversation, draft: &Draft) -> Result<(), Refusal> {
    if draft.content.as_deref().is_some_and(|content| content.contains('\0')) {
        return Err(Refusal::fault("the server's database takes no NUL byte"));
    }
    if draft.content.as_deref().is_some_and(|content| content.chars().count() > CONTENT_MAX) {
        return Err(Refusal::invalid("content", format!("Content is too long (maximum is {CONTENT_MAX} characters)")));
    }
    let minute_ago = turn.now.plus_seconds(-60);
    if turn.world.limits && rows::count_since(turn.db, conversation.id, minute_ago)? >= FLOOD_MAX {
        return Err(Refusal::invalid("base", "Too many messages"));
    }
    Ok(())
}

fn unsaved(
    turn: &Turn<'_>,
    conversation: &Conversation,
    draft: &Draft,
    actor: Option<&Actor>,
) -> Result<Message, Refusal> {
    let written = draft.content.clone();
    let (content, processed_content) = match draft.message_type {
        _ if draft.content_type == "input_csat" => {
            let question = liquid::question(turn, conversation, written.as_deref())?;
            (Some(question.clone()), Some(question))
        }
        MessageType::Outgoing | MessageType::Template => {
            (liquid::fill_in(turn, conversation, written.as_deref(), actor)?, written)
        }
        MessageType::Incoming | MessageType::Activity => (written.clone(), written),
    };
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
        created_at: turn.now,
        updated_at: turn.now,
    })
}

fn attach(turn: &Turn<'_>, message: &Message, upload: &Upload) -> Result<(), Refusal> {
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
    files::insert(turn.db, &attachment)?;
    Ok(())
}
