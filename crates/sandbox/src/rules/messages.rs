//! Saying something: a message is stored, told, and moves its conversation.

use serde_json::{Map, Value, json};

use super::conversations;
use super::telling;
use super::{Actor, notifications, templates};
use crate::refusal::Refusal;
use crate::store::Turn;
use crate::store::contacts;
use crate::store::conversations::{self as conversation_rows, Conversation, Status};
use crate::store::files::{self, Attachment};
use crate::store::messages::{self as rows, Message, MessageType};
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

/// Stores a message and does all that follows from it. The conversation comes back as it then is.
pub fn post(
    turn: &mut Turn<'_>,
    mut conversation: Conversation,
    draft: Draft,
    actor: Option<&Actor>,
) -> Result<(Message, Conversation), Refusal> {
    check(turn, &conversation, &draft)?;
    let mut message = unsaved(turn, &conversation, &draft, actor)?;
    message.id = rows::insert(turn.db, &message)?;
    for upload in &draft.uploads {
        attach(turn, &message, upload)?;
    }
    conversation.last_activity_at = message.created_at;
    conversation_rows::save(turn.db, &conversation)?;
    telling::message_created(turn, &conversation, &message, draft.echo_id.clone(), actor)?;
    match message.message_type {
        MessageType::Incoming => came_in(turn, &mut conversation, &message, actor)?,
        MessageType::Outgoing => went_out(turn, &mut conversation, &message, actor)?,
        MessageType::Activity | MessageType::Template => {}
    }
    draft.uploads.into_iter().for_each(Upload::keep);
    Ok((message, conversation))
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
    let mut message = unsaved(turn, conversation, &draft, None)?;
    message.id = rows::insert(turn.db, &message)?;
    conversation.last_activity_at = message.created_at;
    conversation_rows::save(turn.db, conversation)?;
    telling::message_created(turn, conversation, &message, None, None)
}

/// Keeps a visitor's answer to a form, a choice or a survey. The same answer again tells nobody.
pub fn answer(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: &Message,
    submitted_values: Value,
) -> Result<Message, Refusal> {
    let mut after = before.clone();
    after.content_attributes.insert("submitted_values".into(), submitted_values);
    change(turn, conversation, before, after, None)
}

/// Takes back what was said; the original text goes out with the news of it, as recorded.
pub fn delete(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: &Message,
    actor: &Actor,
) -> Result<Message, Refusal> {
    let mut after = before.clone();
    after.content = Some("This message was deleted".into());
    after.processed_content.clone_from(&after.content);
    after.content_type = "text".into();
    after.content_attributes = Map::from_iter([("deleted".to_owned(), Value::from(true))]);
    let orphans = files::of_message(turn.db, before.id)?;
    files::delete_of_message(turn.db, before.id)?;
    let message = change(turn, conversation, before, after, Some(actor))?;
    crate::uploads::discard(turn, orphans);
    Ok(message)
}

/// Sets how far a message got; a failure comes with its reason.
pub fn set_status(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: Message,
    status: &str,
    external_error: Option<&str>,
) -> Result<(), Refusal> {
    let mut after = before.clone();
    after.status = status.to_owned();
    match external_error {
        Some(error) => drop(after.content_attributes.insert("external_error".into(), error.into())),
        None if status != "failed" => drop(after.content_attributes.remove("external_error")),
        None => {}
    }
    change(turn, conversation, &before, after, None).map(drop)
}

fn change(
    turn: &mut Turn<'_>,
    conversation: &Conversation,
    before: &Message,
    mut after: Message,
    actor: Option<&Actor>,
) -> Result<Message, Refusal> {
    let mut changes = Map::new();
    let pairs: [(&str, Value, Value); 4] = [
        ("content", before.content.clone().into(), after.content.clone().into()),
        ("status", before.status.clone().into(), after.status.clone().into()),
        ("content_attributes", before.content_attributes.clone().into(), after.content_attributes.clone().into()),
        ("processed_message_content", before.processed_content.clone().into(), after.processed_content.clone().into()),
    ];
    for (name, old, new) in pairs {
        if old != new {
            changes.insert(name.into(), json!([old, new]));
        }
    }
    if changes.is_empty() {
        return Ok(after);
    }
    after.updated_at = turn.now;
    changes.insert("updated_at".into(), json!([before.updated_at.iso(), after.updated_at.iso()]));
    rows::save(turn.db, &after)?;
    telling::message_updated(turn, conversation, &after, changes.into(), actor)?;
    Ok(after)
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
            let question = templates::question(turn, conversation, written.as_deref())?;
            (Some(question.clone()), Some(question))
        }
        MessageType::Outgoing | MessageType::Template => {
            (templates::fill_in(turn, conversation, written.as_deref(), actor)?, written)
        }
        MessageType::Incoming | MessageType::Activity => (written.clone(), written),
    };
    let sender = match draft.message_type {
        MessageType::Incoming => Some((rows::SenderType::Contact, conversation.contact_id)),
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

fn came_in(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    message: &Message,
    actor: Option<&Actor>,
) -> Result<(), Refusal> {
    let mut contact = contacts::contact(turn.db, conversation.contact_id)?;
    contact.last_activity_at = Some(turn.now);
    contact.updated_at = turn.now;
    contacts::save(turn.db, &contact)?;
    telling::contact_updated(turn, &contact, actor)?;
    let sleeps = matches!(conversation.status, Status::Resolved | Status::Snoozed);
    if sleeps && !contact.blocked {
        let inbox = crate::store::accounts::inbox(turn.db, conversation.inbox_id)?;
        let awake = if inbox.agent_bot_id.is_some() { Status::Pending } else { Status::Open };
        *conversation = conversations::set_status(turn, conversation, awake, None, None)?;
    }
    if conversation.waiting_since.is_none() {
        let before = conversation.clone();
        conversation.waiting_since = Some(message.created_at);
        conversations::update(turn, &before, conversation)?;
    }
    if !contact.blocked {
        notifications::contact_wrote(turn, conversation, message)?;
    }
    templates::after_incoming(turn, conversation)
}

fn went_out(
    turn: &mut Turn<'_>,
    conversation: &mut Conversation,
    message: &Message,
    actor: Option<&Actor>,
) -> Result<(), Refusal> {
    // A bot's answer ends the wait too, since 4.16; it is no first reply.
    if let (Some(Actor::Bot(_)), true, false) = (actor, turn.is_4_16(), message.private) {
        let before = conversation.clone();
        conversation.waiting_since = None;
        return conversations::update(turn, &before, conversation);
    }
    let Some(actor @ Actor::User(_)) = actor else { return Ok(()) };
    if message.private || message.additional_attributes.contains_key("campaign_id") {
        return Ok(());
    }
    let before = conversation.clone();
    conversation.waiting_since = None;
    if conversation.first_reply_created_at.is_none() {
        conversation.first_reply_created_at = Some(message.created_at);
        telling::first_reply(turn, conversation, message, actor)?;
    } else if before.waiting_since.is_none() {
        return Ok(());
    }
    conversations::update(turn, &before, conversation)
}
