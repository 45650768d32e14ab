//! Outgoing messages: what the visitor submitted and the server is not yet known to have, and their records on the
//! device.

use std::sync::Arc;

use super::{GRACE_MS, RowKey, UNCONFIRMED_NOTICE_MS};
use crate::model::{ConversationId, EchoId, Message, MessageId, OutgoingFile, Queue};
use crate::time::{Mono, Wall};
use crate::tolerant_json::{self, Json};
use serde::Serialize;

/// A message the visitor submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct OutgoingMessage {
    /// The key of its row.
    pub key: RowKey,
    /// Its echo_id, unique across tabs and reloads.
    pub echo: EchoId,
    /// Its text, in Markdown.
    pub text: Arc<str>,
    /// The files that go with it.
    pub files: Vec<OutgoingFile>,
    /// When it was submitted.
    pub at: Wall,
    /// Its place among the messages submitted on this device.
    pub sequence: u64,
    /// The user it was written for, as a mark (`identity`); 0 if the page had named nobody.
    pub user: u64,
    /// Whether it was submitted on this page. Another tab may be the one that sends the others.
    pub is_from_here: bool,
    /// How far its delivery has come.
    pub state: DeliveryState,
    /// How much of an upload is sent, in percent; 0 for a text.
    pub progress: u8,
    /// How often it was sent without being found at the server afterwards.
    pub attempts: u32,
    /// The message that is assumed to be this one while it is unconfirmed: it takes this one's row.
    pub matched: Option<MessageId>,
    /// Whether the visitor is warned that it is unconfirmed, and can send it again.
    pub is_unconfirmed: bool,
}

/// How far a message's delivery has come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeliveryState {
    /// Its files are being stored, so that a reload or another tab finds them. No other tab knows of it yet.
    StoringFiles,
    /// Waits to be sent.
    Queued,
    /// Its request is under way. `newest` was the newest message known when it was sent.
    Sending {
        /// Only newer messages can be this one.
        newest: Option<MessageId>,
    },
    /// Its request ended without a response: it may be stored already, within the grace time, or never.
    Unconfirmed {
        /// Only newer messages can be this one.
        newest: Option<MessageId>,
        /// When the connection ended, or the visitor last retried it.
        since: Mono,
        /// A page of history requested from then on decides.
        until: Mono,
    },
    /// Another tab reported that the server has it: it waits for its message, and is never sent again. Until the
    /// message is here, an equal later one could be taken for it.
    StoredElsewhere {
        /// Only newer messages can be this one.
        newest: Option<MessageId>,
        /// When this tab received the report.
        since: Mono,
    },
    /// It failed, and the visitor decides about it.
    Failed(Failure),
}

/// Why a message failed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The server rejected it, with its own text if it gave one.
    Rejected(Option<String>),
    /// It was sent several times and not found at the server, or history could not be read: the server may or may not
    /// have it.
    Unconfirmed,
    /// The device no longer has its files.
    FilesMissing,
    /// Its conversation is resolved, and the website allows no more messages in it.
    ConversationEnded,
}

impl DeliveryState {
    /// The newest message known when it was sent, if it was sent and its message is not here. The inner `None` is an
    /// empty conversation.
    #[must_use]
    pub const fn sent_after(&self) -> Option<Option<MessageId>> {
        match self {
            Self::Sending { newest } | Self::Unconfirmed { newest, .. } | Self::StoredElsewhere { newest, .. } => {
                Some(*newest)
            }
            Self::StoringFiles | Self::Queued | Self::Failed(_) => None,
        }
    }
}

impl OutgoingMessage {
    /// Whether a message from the server may be this one: it is newer than the newest one known when this was sent, has
    /// the same text, and files of the same sizes.
    #[must_use]
    pub fn can_match(&self, message: &Message) -> bool {
        let Some(newest) = self.state.sent_after() else {
            return false;
        };
        self.matched.is_none()
            && newest.is_none_or(|newest| message.id > newest)
            && *self.text == *message.text
            && sorted(self.files.iter().map(|file| file.size)) == sorted(message.attachments.iter().map(|it| it.size))
    }

    /// Whether it stays when another visitor follows: it was written for that user, or before the page had named one.
    /// Nothing stays if the new visitor is anonymous (`None`), and nothing whose request was sent.
    #[must_use]
    pub fn can_follow_visitor(&self, user: Option<u64>) -> bool {
        user.is_some_and(|user| self.user == 0 || self.user == user) && !self.is_blocking_queue()
    }

    /// The queue it is sent in.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        if self.files.is_empty() { Queue::Text } else { Queue::Upload }
    }

    /// Whether the later messages of its queue wait for it.
    #[must_use]
    pub const fn is_blocking_queue(&self) -> bool {
        self.state.sent_after().is_some()
    }

    /// When the visitor is to be warned that it is unconfirmed, if they are not warned yet.
    #[must_use]
    pub fn overdue_from(&self) -> Option<Mono> {
        let DeliveryState::Unconfirmed { since, .. } = self.state else { return None };
        (!self.is_unconfirmed).then(|| since.plus(UNCONFIRMED_NOTICE_MS))
    }

    /// When a newly requested page of history can decide about it, if it is unconfirmed.
    #[must_use]
    pub const fn resolvable_from(&self) -> Option<Mono> {
        if let DeliveryState::Unconfirmed { until, .. } = self.state { Some(until) } else { None }
    }

    /// Whether the server may have stored it.
    #[must_use]
    pub const fn may_be_stored(&self) -> bool {
        matches!(self.state, DeliveryState::Sending { .. } | DeliveryState::Unconfirmed { .. })
    }
}

fn sorted(sizes: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sizes: Vec<u64> = sizes.collect();
    sizes.sort_unstable();
    sizes
}

/// An outgoing message's record on the device. Each has a key of its own: the outbox survives a reload, and two tabs
/// can't overwrite each other's records.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct OutgoingRecord {
    v: u64,
    text: String,
    at: u64,
    #[serde(rename = "nth")]
    sequence: u64,
    #[serde(rename = "tries")]
    attempts: u32,
    conversation: Option<u64>,
    /// Whether a request may be under way; stored before the request leaves.
    #[serde(rename = "posting")]
    is_sending: bool,
    newest: Option<u64>,
    #[serde(rename = "failed")]
    is_failed: bool,
    #[serde(rename = "refusal")]
    reason: Option<String>,
    /// Names and sizes in bytes; the contents are stored separately.
    files: Vec<(String, u64)>,
    user: u64,
}

/// The record's version; version 1 had no files.
const RECORD_VERSION: u64 = 2;
/// The reason in the record of a message that failed without a text from the server.
const REASON_FILES_MISSING: &str = "\u{0}files gone";
const REASON_CONVERSATION_ENDED: &str = "\u{0}ended";

impl OutgoingRecord {
    /// The record of a message in this conversation.
    #[must_use]
    pub fn new(message: &OutgoingMessage, conversation: Option<ConversationId>) -> Self {
        let sent_after = message.state.sent_after();
        let (is_failed, reason) = match &message.state {
            DeliveryState::Failed(Failure::Rejected(reason)) => (true, Some(reason.clone().unwrap_or_default())),
            DeliveryState::Failed(Failure::Unconfirmed) => (true, None),
            DeliveryState::Failed(Failure::FilesMissing) => (true, Some(REASON_FILES_MISSING.to_owned())),
            DeliveryState::Failed(Failure::ConversationEnded) => (true, Some(REASON_CONVERSATION_ENDED.to_owned())),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Unconfirmed { .. }
            | DeliveryState::StoredElsewhere { .. } => (false, None),
        };
        Self {
            v: RECORD_VERSION,
            text: (*message.text).to_owned(),
            at: message.at.0,
            sequence: message.sequence,
            attempts: message.attempts,
            conversation: conversation.map(|id| id.0),
            is_sending: sent_after.is_some(),
            newest: sent_after.flatten().map(|id| id.0),
            is_failed,
            reason,
            files: message.files.iter().map(|file| (file.name.clone(), file.size)).collect(),
            user: message.user,
        }
    }

    /// Parses a record; `None` if it is damaged or of an unknown version.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let record = tolerant_json::read(text)?;
        let record = record.object()?;
        let number = |key| record.get(key)?.number();
        let text = |key| record.get(key)?.text().map(str::to_owned);
        let is_true = |key| record.get(key)?.bool();
        let file = |file: &Json| match file.items()? {
            [name, size] => Some((name.text()?.to_owned(), size.number()?)),
            _ => None,
        };
        let files = record.get("files").and_then(Json::items).unwrap_or_default();
        number("v").filter(|version| matches!(*version, 1 | RECORD_VERSION))?;
        Some(Self {
            v: RECORD_VERSION,
            text: text("text")?,
            at: number("at")?,
            sequence: number("nth")?,
            attempts: u32::try_from(number("tries")?).ok()?,
            conversation: number("conversation"),
            is_sending: is_true("posting")?,
            newest: number("newest"),
            is_failed: is_true("failed")?,
            reason: text("refusal"),
            files: files.iter().map(file).collect::<Option<_>>()?,
            user: number("user").unwrap_or(0),
        })
    }

    /// The record as JSON.
    #[must_use]
    pub fn to_json(&self) -> String {
        tolerant_json::write(self)
    }

    /// The conversation it was submitted to, if that had begun.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        self.conversation.map(ConversationId)
    }

    /// Restores the message after a reload: a request that was under way has no response any more.
    #[must_use]
    pub fn restore(self, key: RowKey, echo: EchoId, now: Mono) -> OutgoingMessage {
        let state = if self.is_failed {
            DeliveryState::Failed(match self.reason {
                Some(reason) if reason == REASON_FILES_MISSING => Failure::FilesMissing,
                Some(reason) if reason == REASON_CONVERSATION_ENDED => Failure::ConversationEnded,
                Some(reason) => Failure::Rejected(Some(reason).filter(|reason| !reason.is_empty())),
                None => Failure::Unconfirmed,
            })
        } else if self.is_sending {
            DeliveryState::Unconfirmed { newest: self.newest.map(MessageId), since: now, until: now.plus(GRACE_MS) }
        } else {
            DeliveryState::Queued
        };
        OutgoingMessage {
            key,
            echo,
            text: self.text.into(),
            files: self.files.into_iter().map(|(name, size)| OutgoingFile::new(0, &name, size)).collect(),
            at: Wall(self.at),
            sequence: self.sequence,
            user: self.user,
            is_from_here: false,
            state,
            progress: 0,
            attempts: self.attempts,
            matched: None,
            is_unconfirmed: false,
        }
    }
}
