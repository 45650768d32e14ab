//! Conversations: as a visitor reads them, as frames and callbacks carry them, as an agent reads them.

use serde::Serialize;
use serde_json::{Map, Value};

use super::contact::{self, ListedContact, PushedContact, RawContact};
use super::message::{self, OwnMessage, PushedMessage};
use super::sender::Pushed;
use super::user::{self, Availability};
use crate::clock::{Micros, seconds_or_zero};
use crate::model::Conversation;
use crate::refusal::Refusal;
use crate::store::{Turn, accounts, contacts, messages};

/// As the client API answers it: with every message a visitor may see.
#[derive(Debug, Serialize)]
pub struct OwnConversation {
    id: i64,
    uuid: String,
    inbox_id: i64,
    contact_last_seen_at: i64,
    status: &'static str,
    agent_last_seen_at: i64,
    messages: Vec<OwnMessage>,
    contact: RawContact,
}

pub fn own(turn: &Turn<'_>, conversation: &Conversation) -> Result<OwnConversation, Refusal> {
    let chat = messages::all_chat(turn.db, conversation.id)?;
    Ok(OwnConversation {
        id: conversation.display_id,
        uuid: conversation.uuid.clone(),
        inbox_id: conversation.inbox_id,
        contact_last_seen_at: seconds_or_zero(conversation.contact_last_seen_at),
        status: conversation.status.word(),
        agent_last_seen_at: seconds_or_zero(conversation.agent_last_seen_at),
        messages: chat.iter().map(|row| message::own(turn, conversation, row)).collect::<Result<_, _>>()?,
        contact: contact::raw(turn, &contacts::contact(turn.db, conversation.contact_id)?),
    })
}

/// As frames and callbacks carry it: with its last message only.
#[derive(Clone, Debug, Serialize)]
pub struct PushedConversation {
    additional_attributes: Map<String, Value>,
    can_reply: bool,
    channel: &'static str,
    contact_inbox: PushedPlace,
    id: i64,
    inbox_id: i64,
    messages: Vec<PushedMessage>,
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

/// The device's place, token and all: so it is recorded.
#[derive(Clone, Debug, Serialize)]
struct PushedPlace {
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
    sender: PushedContact,
    assignee: Option<Pushed>,
    /// Since 4.8: `User`, `AgentBot` or null.
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_type: Option<Value>,
    team: Option<Value>,
    hmac_verified: bool,
}

pub fn pushed(turn: &Turn<'_>, conversation: &Conversation) -> Result<PushedConversation, Refusal> {
    let place = contacts::contact_inbox(turn.db, conversation.contact_inbox_id)?;
    let last = messages::last_chat(turn.db, conversation.id)?;
    let assignee = match conversation.assignee_bot_id {
        Some(id) => Some(Pushed::Bot(user::bot(&accounts::bot(turn.db, id)?))),
        None => conversation
            .assignee_id
            .map(|id| accounts::user(turn.db, id))
            .transpose()?
            .map(|user| Pushed::User(user::user(turn, &user, Availability::Unknown))),
    };
    Ok(PushedConversation {
        additional_attributes: conversation.additional_attributes.clone(),
        can_reply: true,
        channel: "Channel::Api",
        id: conversation.display_id,
        inbox_id: conversation.inbox_id,
        messages: last
            .iter()
            .map(|row| message::pushed(turn, conversation, row, Availability::Unknown))
            .collect::<Result<_, _>>()?,
        labels: conversation.labels.clone(),
        meta: Meta {
            sender: contact::pushed(turn, &contacts::contact(turn.db, conversation.contact_id)?),
            assignee,
            assignee_type: assignee_type(turn, conversation),
            team: None,
            hmac_verified: place.hmac_verified,
        },
        contact_inbox: PushedPlace {
            id: place.id,
            contact_id: place.contact_id,
            inbox_id: place.inbox_id,
            source_id: place.source_id,
            created_at: place.created_at.iso(),
            updated_at: place.updated_at.iso(),
            hmac_verified: place.hmac_verified,
            pubsub_token: place.pubsub_token,
        },
        status: conversation.status.word(),
        custom_attributes: conversation.custom_attributes.clone(),
        snoozed_until: conversation.snoozed_until.map(Micros::iso),
        unread_count: messages::unread_count(turn.db, conversation.id, conversation.agent_last_seen_at)?,
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

fn assignee_type(turn: &Turn<'_>, conversation: &Conversation) -> Option<Value> {
    turn.is_4_16().then(|| match (conversation.assignee_bot_id, conversation.assignee_id) {
        (Some(_), _) => "AgentBot".into(),
        (None, Some(_)) => "User".into(),
        (None, None) => Value::Null,
    })
}

/// A conversation's frame.
#[derive(Debug, Serialize)]
pub struct ConversationFrame {
    #[serde(flatten)]
    conversation: PushedConversation,
    account_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    performer: Option<Pushed>,
}

pub fn frame(
    turn: &Turn<'_>,
    conversation: &Conversation,
    performer: Option<Pushed>,
) -> Result<ConversationFrame, Refusal> {
    let account_id = conversation.account_id;
    Ok(ConversationFrame { conversation: pushed(turn, conversation)?, account_id, performer })
}

/// As an agent reads it.
#[derive(Debug, Serialize)]
pub struct ListedConversation {
    meta: ListedMeta,
    id: i64,
    messages: Vec<PushedMessage>,
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
    last_non_activity_message: Option<PushedMessage>,
    last_activity_at: i64,
    priority: Option<String>,
    waiting_since: i64,
    sla_policy_id: Option<i64>,
}

#[derive(Debug, Serialize)]
struct ListedMeta {
    sender: ListedContact,
    channel: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee_type: Option<Value>,
    hmac_verified: bool,
}

pub fn listed(turn: &Turn<'_>, conversation: &Conversation) -> Result<ListedConversation, Refusal> {
    let place = contacts::contact_inbox(turn.db, conversation.contact_inbox_id)?;
    let sender = contacts::contact(turn.db, conversation.contact_id)?;
    let assignee = match (conversation.assignee_bot_id, conversation.assignee_id) {
        (Some(id), _) => Some(user::assigned_bot(&accounts::bot(turn.db, id)?)),
        (None, Some(id)) => Some(user::agent(turn, &accounts::user(turn.db, id)?)),
        (None, None) => None,
    };
    let last = messages::last_spoken(turn.db, conversation.id)?
        .map(|row| message::pushed(turn, conversation, &row, Availability::Known))
        .transpose()?;
    Ok(ListedConversation {
        meta: ListedMeta {
            sender: contact::listed_bare(turn, &sender),
            channel: "Channel::Api",
            assignee,
            assignee_type: assignee_type(turn, conversation).filter(|kind| !kind.is_null()),
            hmac_verified: place.hmac_verified,
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
        status: conversation.status.word(),
        created_at: conversation.created_at.seconds(),
        updated_at: conversation.updated_at.fraction(),
        timestamp: conversation.last_activity_at.seconds(),
        first_reply_created_at: seconds_or_zero(conversation.first_reply_created_at),
        unread_count: messages::unread_count(turn.db, conversation.id, conversation.agent_last_seen_at)?,
        last_non_activity_message: last,
        last_activity_at: conversation.last_activity_at.seconds(),
        priority: conversation.priority.clone(),
        waiting_since: seconds_or_zero(conversation.waiting_since),
        sla_policy_id: None,
    })
}
