//! Conversations: for visitors, events (webhooks have the same) and agents.

use serde::Serialize;
use serde_json::{Map, Value};

use super::contact::{self, AppContact, ContactRecord, EventContact};
use super::message::{self, ClientMessage, EventMessage};
use super::sender::EventSender;
use super::user::{self, Availability};
use crate::clock::{Micros, seconds_or_zero};
use crate::error::ApiError;
use crate::model::{ContactInbox, Conversation};
use crate::store::{Transaction, accounts, contacts, messages};

/// As the client API answers it: with all messages that a visitor may see.
#[derive(Debug, Serialize)]
pub struct ClientConversation {
    id: i64,
    uuid: String,
    inbox_id: i64,
    contact_last_seen_at: i64,
    status: &'static str,
    agent_last_seen_at: i64,
    messages: Vec<ClientMessage>,
    contact: ContactRecord,
}

pub fn for_client_api(tx: &Transaction<'_>, conversation: &Conversation) -> Result<ClientConversation, ApiError> {
    let chat = messages::all_visible(tx.db, conversation.id)?;
    Ok(ClientConversation {
        id: conversation.display_id,
        uuid: conversation.uuid.clone(),
        inbox_id: conversation.inbox_id,
        contact_last_seen_at: seconds_or_zero(conversation.contact_last_seen_at),
        status: conversation.status.as_str(),
        agent_last_seen_at: seconds_or_zero(conversation.agent_last_seen_at),
        messages: chat.iter().map(|row| message::for_client_api(tx, conversation, row)).collect::<Result<_, _>>()?,
        contact: contact::record(tx, &contacts::contact(tx.db, conversation.contact_id)?),
    })
}

/// As events and webhooks have it: with its last message only.
#[derive(Clone, Debug, Serialize)]
pub struct EventConversation {
    additional_attributes: Map<String, Value>,
    can_reply: bool,
    channel: &'static str,
    contact_inbox: EventContactInbox,
    id: i64,
    inbox_id: i64,
    messages: Vec<EventMessage>,
    labels: Vec<String>,
    meta: Meta,
    status: &'static str,
    custom_attributes: Map<String, Value>,
    snoozed_until: Option<String>,
    unread_count: i64,
    first_reply_created_at: Option<String>,
    priority: Option<String>,
    waiting_since: i64,
    agent_last_seen_at: i64,
    contact_last_seen_at: i64,
    last_activity_at: i64,
    timestamp: i64,
    created_at: i64,
    updated_at: f64,
}

/// The contact inbox with its pubsub_token, as recorded.
#[derive(Clone, Debug, Serialize)]
struct EventContactInbox {
    id: i64,
    contact_id: i64,
    inbox_id: i64,
    source_id: String,
    created_at: String,
    updated_at: String,
    hmac_verified: bool,
    pubsub_token: String,
}

#[derive(Clone, Debug, Serialize)]
struct Meta {
    sender: EventContact,
    assignee: Option<EventSender>,
    /// Since 4.8: `User`, `AgentBot` or null.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_type: Option<Value>,
    team: Option<Value>,
    hmac_verified: bool,
}

pub fn for_event(tx: &Transaction<'_>, conversation: &Conversation) -> Result<EventConversation, ApiError> {
    let contact_inbox = contacts::contact_inbox(tx.db, conversation.contact_inbox_id)?;
    let last = messages::last_visible(tx.db, conversation.id)?;
    Ok(EventConversation {
        additional_attributes: conversation.additional_attributes.clone(),
        can_reply: true,
        channel: "Channel::Api",
        id: conversation.display_id,
        inbox_id: conversation.inbox_id,
        messages: last
            .iter()
            .map(|row| message::for_event(tx, conversation, row, Availability::Unknown))
            .collect::<Result<_, _>>()?,
        labels: conversation.labels.clone(),
        meta: meta_for_event(tx, conversation, &contact_inbox)?,
        contact_inbox: contact_inbox_for_event(contact_inbox),
        status: conversation.status.as_str(),
        custom_attributes: conversation.custom_attributes.clone(),
        snoozed_until: conversation.snoozed_until.map(Micros::iso),
        unread_count: messages::unread_count(tx.db, conversation.id, conversation.agent_last_seen_at)?,
        first_reply_created_at: conversation.first_reply_created_at.map(Micros::iso),
        priority: conversation.priority.clone(),
        waiting_since: seconds_or_zero(conversation.waiting_since),
        agent_last_seen_at: seconds_or_zero(conversation.agent_last_seen_at),
        contact_last_seen_at: seconds_or_zero(conversation.contact_last_seen_at),
        last_activity_at: conversation.last_activity_at.seconds(),
        timestamp: conversation.last_activity_at.seconds(),
        created_at: conversation.created_at.seconds(),
        updated_at: conversation.updated_at.fraction(),
    })
}

fn meta_for_event(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    contact_inbox: &ContactInbox,
) -> Result<Meta, ApiError> {
    let assignee = match (conversation.assignee_bot_id, conversation.assignee_id) {
        (Some(id), _) => Some(EventSender::Bot(user::bot_for_event(&accounts::bot(tx.db, id)?))),
        (None, Some(id)) => {
            let agent = accounts::user(tx.db, id)?;
            Some(EventSender::User(user::for_event(tx, &agent, Availability::Unknown)))
        }
        (None, None) => None,
    };
    Ok(Meta {
        sender: contact::for_event(tx, &contacts::contact(tx.db, conversation.contact_id)?),
        assignee,
        assignee_type: assignee_type(tx, conversation),
        team: None,
        hmac_verified: contact_inbox.hmac_verified,
    })
}

fn contact_inbox_for_event(contact_inbox: ContactInbox) -> EventContactInbox {
    EventContactInbox {
        id: contact_inbox.id,
        contact_id: contact_inbox.contact_id,
        inbox_id: contact_inbox.inbox_id,
        source_id: contact_inbox.source_id,
        created_at: contact_inbox.created_at.iso(),
        updated_at: contact_inbox.updated_at.iso(),
        hmac_verified: contact_inbox.hmac_verified,
        pubsub_token: contact_inbox.pubsub_token,
    }
}

fn assignee_type(tx: &Transaction<'_>, conversation: &Conversation) -> Option<Value> {
    tx.is_4_16().then(|| match (conversation.assignee_bot_id, conversation.assignee_id) {
        (Some(_), _) => "AgentBot".into(),
        (None, Some(_)) => "User".into(),
        (None, None) => Value::Null,
    })
}

/// The data of a conversation's event.
#[derive(Debug, Serialize)]
pub struct ConversationEvent {
    #[serde(flatten)]
    conversation: EventConversation,
    account_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    performer: Option<EventSender>,
}

pub fn event(
    tx: &Transaction<'_>,
    conversation: &Conversation,
    performer: Option<EventSender>,
) -> Result<ConversationEvent, ApiError> {
    let account_id = conversation.account_id;
    Ok(ConversationEvent { conversation: for_event(tx, conversation)?, account_id, performer })
}

/// As the application API answers it.
#[derive(Debug, Serialize)]
pub struct AppConversation {
    meta: AppMeta,
    id: i64,
    messages: Vec<EventMessage>,
    account_id: i64,
    uuid: String,
    additional_attributes: Map<String, Value>,
    agent_last_seen_at: i64,
    assignee_last_seen_at: i64,
    can_reply: bool,
    contact_last_seen_at: i64,
    custom_attributes: Map<String, Value>,
    inbox_id: i64,
    labels: Vec<String>,
    muted: bool,
    snoozed_until: Option<String>,
    status: &'static str,
    created_at: i64,
    updated_at: f64,
    timestamp: i64,
    first_reply_created_at: i64,
    unread_count: i64,
    last_non_activity_message: Option<EventMessage>,
    last_activity_at: i64,
    priority: Option<String>,
    waiting_since: i64,
    sla_policy_id: Option<i64>,
}

#[derive(Debug, Serialize)]
struct AppMeta {
    sender: AppContact,
    channel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_type: Option<Value>,
    hmac_verified: bool,
}

pub fn for_app_api(tx: &Transaction<'_>, conversation: &Conversation) -> Result<AppConversation, ApiError> {
    let contact_inbox = contacts::contact_inbox(tx.db, conversation.contact_inbox_id)?;
    let sender = contacts::contact(tx.db, conversation.contact_id)?;
    let assignee = match (conversation.assignee_bot_id, conversation.assignee_id) {
        (Some(id), _) => Some(user::assigned_bot(&accounts::bot(tx.db, id)?)),
        (None, Some(id)) => Some(user::agent(tx, &accounts::user(tx.db, id)?)),
        (None, None) => None,
    };
    let last = messages::last_non_activity(tx.db, conversation.id)?
        .map(|row| message::for_event(tx, conversation, &row, Availability::Known))
        .transpose()?;
    Ok(AppConversation {
        meta: AppMeta {
            sender: contact::for_app_api_without_inboxes(tx, &sender),
            channel: "Channel::Api",
            assignee,
            assignee_type: assignee_type(tx, conversation).filter(|kind| !kind.is_null()),
            hmac_verified: contact_inbox.hmac_verified,
        },
        id: conversation.display_id,
        messages: last.clone().into_iter().collect(),
        account_id: conversation.account_id,
        uuid: conversation.uuid.clone(),
        additional_attributes: conversation.additional_attributes.clone(),
        agent_last_seen_at: seconds_or_zero(conversation.agent_last_seen_at),
        assignee_last_seen_at: seconds_or_zero(conversation.assignee_last_seen_at),
        can_reply: true,
        contact_last_seen_at: seconds_or_zero(conversation.contact_last_seen_at),
        custom_attributes: conversation.custom_attributes.clone(),
        inbox_id: conversation.inbox_id,
        labels: conversation.labels.clone(),
        muted: sender.blocked,
        snoozed_until: conversation.snoozed_until.map(Micros::iso),
        status: conversation.status.as_str(),
        created_at: conversation.created_at.seconds(),
        updated_at: conversation.updated_at.fraction(),
        timestamp: conversation.last_activity_at.seconds(),
        first_reply_created_at: seconds_or_zero(conversation.first_reply_created_at),
        unread_count: messages::unread_count(tx.db, conversation.id, conversation.agent_last_seen_at)?,
        last_non_activity_message: last,
        last_activity_at: conversation.last_activity_at.seconds(),
        priority: conversation.priority.clone(),
        waiting_since: seconds_or_zero(conversation.waiting_since),
        sla_policy_id: None,
    })
}
