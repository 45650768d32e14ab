//! The records of the database, by Chatwoot's names: accounts, users, bots, inboxes, contacts, conversations, messages.

use serde_json::{Map, Value};

use crate::clock::Micros;
use crate::working_hours::Week;

#[derive(Clone, Debug)]
pub struct Account {
    pub id: i64,
    pub name: String,
}

/// An agent or administrator.
#[derive(Clone, Debug)]
pub struct User {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub email: String,
    /// `administrator` or `agent`.
    pub role: String,
    pub access_token: String,
    pub pubsub_token: String,
    /// `online`, `busy` or `offline`, as the agent has chosen.
    pub availability: String,
}

impl User {
    pub fn is_administrator(&self) -> bool {
        self.role == "administrator"
    }
}

#[derive(Clone, Debug)]
pub struct Bot {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub description: Option<String>,
    pub outgoing_url: Option<String>,
    pub access_token: String,
}

#[derive(Clone, Debug)]
pub struct Inbox {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub identifier: String,
    pub hmac_token: String,
    pub hmac_mandatory: bool,
    pub callback_url: Option<String>,
    pub greeting_enabled: bool,
    pub greeting_message: Option<String>,
    pub csat_enabled: bool,
    pub working_hours_enabled: bool,
    pub out_of_office_message: Option<String>,
    pub timezone: String,
    pub week: Week,
    pub single_conversation: bool,
    pub agent_bot_id: Option<i64>,
    /// Signs what is posted to the callback URL.
    pub callback_secret: Option<String>,
    /// The survey's settings in a 4.16: `message`, `display_type`, `survey_rules`.
    pub csat_config: Map<String, Value>,
    pub created_at: Micros,
}

#[derive(Clone, Debug)]
pub struct Contact {
    pub id: i64,
    pub account_id: i64,
    pub name: String,
    pub email: Option<String>,
    pub phone_number: Option<String>,
    pub identifier: Option<String>,
    pub custom_attributes: Map<String, Value>,
    pub avatar_url: String,
    pub blocked: bool,
    pub last_activity_at: Option<Micros>,
    pub created_at: Micros,
    pub updated_at: Micros,
}

/// A contact in one inbox, from one device or browser, with its own source_id and pubsub_token.
#[derive(Clone, Debug)]
pub struct ContactInbox {
    pub id: i64,
    pub contact_id: i64,
    pub inbox_id: i64,
    pub source_id: String,
    pub pubsub_token: String,
    pub hmac_verified: bool,
    pub created_at: Micros,
    pub updated_at: Micros,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    Resolved,
    Pending,
    Snoozed,
}

impl Status {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Resolved => "resolved",
            Self::Pending => "pending",
            Self::Snoozed => "snoozed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Resolved, Self::Pending, Self::Snoozed].into_iter().find(|status| status.as_str() == text)
    }
}

#[derive(Clone, Debug)]
pub struct Conversation {
    pub id: i64,
    pub account_id: i64,
    /// Its number within the account: the `id` of all JSON.
    pub display_id: i64,
    pub uuid: String,
    pub inbox_id: i64,
    pub contact_id: i64,
    pub contact_inbox_id: i64,
    pub status: Status,
    pub assignee_id: Option<i64>,
    /// A bot as the assignee, since 4.8.
    pub assignee_bot_id: Option<i64>,
    pub custom_attributes: Map<String, Value>,
    pub additional_attributes: Map<String, Value>,
    pub labels: Vec<String>,
    pub priority: Option<String>,
    pub snoozed_until: Option<Micros>,
    pub contact_last_seen_at: Option<Micros>,
    pub agent_last_seen_at: Option<Micros>,
    pub assignee_last_seen_at: Option<Micros>,
    pub waiting_since: Option<Micros>,
    pub first_reply_created_at: Option<Micros>,
    pub last_activity_at: Micros,
    pub created_at: Micros,
    pub updated_at: Micros,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MessageType {
    Incoming,
    Outgoing,
    Activity,
    Template,
}

impl MessageType {
    /// As in JSON and in the database.
    pub fn number(self) -> i64 {
        match self {
            Self::Incoming => 0,
            Self::Outgoing => 1,
            Self::Activity => 2,
            Self::Template => 3,
        }
    }

    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incoming => "incoming",
            Self::Outgoing => "outgoing",
            Self::Activity => "activity",
            Self::Template => "template",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SenderType {
    Contact,
    User,
    AgentBot,
}

impl SenderType {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contact => "Contact",
            Self::User => "User",
            Self::AgentBot => "AgentBot",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Message {
    pub id: i64,
    pub account_id: i64,
    pub inbox_id: i64,
    pub conversation_id: i64,
    pub message_type: MessageType,
    pub content: Option<String>,
    /// The text before its variables were filled in.
    pub processed_content: Option<String>,
    pub content_type: String,
    pub content_attributes: Map<String, Value>,
    pub additional_attributes: Map<String, Value>,
    pub private: bool,
    pub status: String,
    pub source_id: Option<String>,
    pub sender: Option<(SenderType, i64)>,
    pub created_at: Micros,
    pub updated_at: Micros,
}

/// A contact's answer to a survey.
#[derive(Clone, Debug)]
pub struct Rating {
    pub id: i64,
    pub account_id: i64,
    pub conversation_id: i64,
    pub message_id: i64,
    pub contact_id: i64,
    pub assigned_agent_id: Option<i64>,
    /// 1 to 5.
    pub rating: i64,
    pub feedback_message: Option<String>,
    pub created_at: Micros,
    pub updated_at: Micros,
}

#[derive(Clone, Debug)]
pub struct Attachment {
    pub id: i64,
    pub message_id: i64,
    pub account_id: i64,
    pub file_type: String,
    pub file_name: String,
    pub content_type: String,
    pub file_size: i64,
    /// The file's name in the file storage.
    pub stored_as: String,
    pub width: Option<i64>,
    pub height: Option<i64>,
}
