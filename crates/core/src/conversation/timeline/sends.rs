//! What the visitor submitted and the server is not yet known to have.

use std::sync::Arc;

use super::{GRACE_MS, RowKey, UNCONFIRMED_MS};
use crate::digits::digits;
use crate::json::{self, Value};
use crate::model::{ConversationId, EchoId, Message, MessageId, OutgoingFile, Queue};
use crate::time::{Mono, Wall};

/// A message the visitor submitted.
#[derive(Clone, Debug, PartialEq)]
pub struct OutgoingMessage {
    /// The key of its row.
    pub key: RowKey,
    /// Our mark on it, unique across tabs and reloads.
    pub echo: EchoId,
    /// What it says.
    pub text: Arc<str>,
    /// The files that go with it.
    pub files: Vec<OutgoingFile>,
    /// When it was submitted.
    pub at: Wall,
    /// Its place among the sends known where it was submitted.
    pub nth: u64,
    /// The mark of the user it was said for (`identity`); 0 where the page had named nobody.
    pub user: u64,
    /// Whether it was submitted in this page. Others may be another tab's to post.
    pub is_from_here: bool,
    /// How far it has come.
    pub stage: DeliveryState,
    /// How much of it is on its way, in percent; of text nobody can tell.
    pub progress: u8,
    /// How often it was posted without being found at the server afterwards.
    pub tries: u32,
    /// A message that looks like this send while its fate is open: it stands in the send's row.
    pub guess: Option<MessageId>,
    /// Whether the person is told that nobody knows of it, and can have it sent again.
    pub is_unconfirmed: bool,
}

/// How far a send has come.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum DeliveryState {
    /// Its files are being put where a reload or another tab finds them. Nobody else knows of it yet.
    StoringFiles,
    /// Waits its turn.
    Queued,
    /// Its request is under way. `newest` was the newest message known when it left.
    Sending {
        /// Only messages above this can be the send.
        newest: Option<MessageId>,
    },
    /// Its request ended without an answer: it may be stored now, within the grace time, or never.
    Unconfirmed {
        /// Only messages above this can be the send.
        newest: Option<MessageId>,
        /// When the connection ended, or the person last wanted it sent again.
        since: Mono,
        /// A page of history asked for from then on decides.
        until: Mono,
    },
    /// Another tab knew it to be at the server: it waits for its message alone, and is never posted again. Until that is
    /// here, an equal one behind it could be taken for it.
    StoredElsewhere {
        /// Only messages above this can be the send.
        newest: Option<MessageId>,
        /// When we were told.
        since: Mono,
    },
    /// It waits for the person's decision.
    Failed(Failure),
}

/// Why a send waits for the person's decision.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Failure {
    /// The server refused it, perhaps with words of its own.
    Rejected(Option<String>),
    /// It was posted several times and not seen at the server, or nobody could look: it may or may not be there.
    Unconfirmed,
    /// The device no longer has its files.
    FilesMissing,
    /// Its conversation has ended, and the site wants no more in it.
    ConversationEnded,
}

impl DeliveryState {
    /// The newest message known when the send was posted, if it was and its message is not here.
    #[must_use]
    pub const fn posted_after(&self) -> Option<Option<MessageId>> {
        match self {
            Self::Sending { newest } | Self::Unconfirmed { newest, .. } | Self::StoredElsewhere { newest, .. } => {
                Some(*newest)
            }
            Self::StoringFiles | Self::Queued | Self::Failed(_) => None,
        }
    }
}

impl OutgoingMessage {
    /// Whether this message may be the send: only one that came after it left, says the same, and holds files of the
    /// same sizes.
    #[must_use]
    pub fn could_match(&self, message: &Message) -> bool {
        let Some(newest) = self.stage.posted_after() else {
            return false;
        };
        self.guess.is_none()
            && newest.is_none_or(|newest| message.id > newest)
            && *self.text == *message.text
            && sorted(self.files.iter().map(|file| file.size)) == sorted(message.attachments.iter().map(|it| it.size))
    }

    /// Whether it stays when another visitor follows: one that was said for that user, or before the page had named any.
    /// Nothing goes along with a follower who is nobody's (`None`), and nothing whose request has left.
    #[must_use]
    pub fn passes_on_to(&self, user: Option<u64>) -> bool {
        user.is_some_and(|user| self.user == 0 || self.user == user) && !self.blocks_its_queue()
    }

    /// Which sends it waits for.
    #[must_use]
    pub const fn queue(&self) -> Queue {
        if self.files.is_empty() { Queue::Text } else { Queue::Upload }
    }

    /// Whether it keeps the ones behind it waiting.
    #[must_use]
    pub const fn blocks_its_queue(&self) -> bool {
        self.stage.posted_after().is_some()
    }

    /// When the person is to be told that nobody knows of it, if they are not told yet.
    #[must_use]
    pub fn overdue_from(&self) -> Option<Mono> {
        let DeliveryState::Unconfirmed { since, .. } = self.stage else { return None };
        (!self.is_unconfirmed).then(|| since.plus(UNCONFIRMED_MS))
    }

    /// Whether the server may have it, for all we know.
    #[must_use]
    pub const fn may_be_stored(&self) -> bool {
        matches!(self.stage, DeliveryState::Sending { .. } | DeliveryState::Unconfirmed { .. })
    }
}

fn sorted(sizes: impl Iterator<Item = u64>) -> Vec<u64> {
    let mut sizes: Vec<u64> = sizes.collect();
    sizes.sort_unstable();
    sizes
}

/// A send as storage keeps it, one key each: the outbox survives a reload, and two tabs can't overwrite each other's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OutgoingRecord {
    text: String,
    at: u64,
    nth: u64,
    tries: u32,
    conversation: Option<u64>,
    /// Whether a request may be under way; it is written before the request leaves.
    posting: bool,
    newest: Option<u64>,
    failed: bool,
    refusal: Option<String>,
    /// Names and sizes; the bytes are kept elsewhere.
    files: Vec<(String, u64)>,
    user: u64,
}

/// 1 knew no files.
const KEPT_VERSION: u64 = 2;
/// What the record says of why it failed, where the server said nothing.
const FILES_GONE: &str = "\u{0}files gone";
const ENDED: &str = "\u{0}ended";

impl OutgoingRecord {
    /// What to keep of a send in this conversation.
    #[must_use]
    pub fn of(send: &OutgoingMessage, conversation: Option<ConversationId>) -> Self {
        let posted_after = send.stage.posted_after();
        let (failed, refusal) = match &send.stage {
            DeliveryState::Failed(Failure::Rejected(words)) => (true, Some(words.clone().unwrap_or_default())),
            DeliveryState::Failed(Failure::Unconfirmed) => (true, None),
            DeliveryState::Failed(Failure::FilesMissing) => (true, Some(FILES_GONE.to_owned())),
            DeliveryState::Failed(Failure::ConversationEnded) => (true, Some(ENDED.to_owned())),
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Sending { .. }
            | DeliveryState::Unconfirmed { .. }
            | DeliveryState::StoredElsewhere { .. } => (false, None),
        };
        Self {
            text: (*send.text).to_owned(),
            at: send.at.0,
            nth: send.nth,
            tries: send.tries,
            conversation: conversation.map(|id| id.0),
            posting: posted_after.is_some(),
            newest: posted_after.flatten().map(|id| id.0),
            failed,
            refusal,
            files: send.files.iter().map(|file| (file.name.clone(), file.size)).collect(),
            user: send.user,
        }
    }

    /// Reads a record; `None` when it is broken or of another version.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let record = json::read(text)?;
        let record = record.object()?;
        let number = |key| record.get(key)?.number();
        let text = |key| record.get(key)?.text().map(str::to_owned);
        let is_true = |key| record.get(key)?.truth();
        let file = |file: &Value| match file.items()? {
            [name, size] => Some((name.text()?.to_owned(), size.number()?)),
            _ => None,
        };
        let files = record.get("files").and_then(Value::items).unwrap_or_default();
        number("v").filter(|version| matches!(*version, 1 | KEPT_VERSION))?;
        Some(Self {
            text: text("text")?,
            at: number("at")?,
            nth: number("nth")?,
            tries: u32::try_from(number("tries")?).ok()?,
            conversation: number("conversation"),
            posting: is_true("posting")?,
            newest: number("newest"),
            failed: is_true("failed")?,
            refusal: text("refusal"),
            files: files.iter().map(file).collect::<Option<_>>()?,
            user: number("user").unwrap_or(0),
        })
    }

    /// The record's text.
    #[must_use]
    pub fn write(&self) -> String {
        let file = |(name, size): &(String, u64)| json::list(&[json::string(name), digits(*size)]);
        let number = |number: Option<u64>| number.map(digits);
        json::object(&[
            ("v", digits(KEPT_VERSION)),
            ("text", json::string(&self.text)),
            ("at", digits(self.at)),
            ("nth", digits(self.nth)),
            ("tries", digits(self.tries.into())),
            ("conversation", json::or_null(number(self.conversation))),
            ("posting", json::truth(self.posting)),
            ("newest", json::or_null(number(self.newest))),
            ("failed", json::truth(self.failed)),
            ("refusal", json::or_null(self.refusal.as_deref().map(json::string))),
            ("files", json::list(&self.files.iter().map(file).collect::<Vec<_>>())),
            ("user", digits(self.user)),
        ])
    }

    /// The conversation it was submitted to, if that had begun.
    #[must_use]
    pub fn conversation(&self) -> Option<ConversationId> {
        self.conversation.map(ConversationId)
    }

    /// The send again, after a reload: a request that was under way then has no answer any more.
    #[must_use]
    pub fn restore(self, key: RowKey, echo: EchoId, now: Mono) -> OutgoingMessage {
        let stage = if self.failed {
            DeliveryState::Failed(match self.refusal {
                Some(words) if words == FILES_GONE => Failure::FilesMissing,
                Some(words) if words == ENDED => Failure::ConversationEnded,
                Some(words) => Failure::Rejected(Some(words).filter(|words| !words.is_empty())),
                None => Failure::Unconfirmed,
            })
        } else if self.posting {
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
            nth: self.nth,
            user: self.user,
            is_from_here: false,
            stage,
            progress: 0,
            tries: self.tries,
            guess: None,
            is_unconfirmed: false,
        }
    }
}
