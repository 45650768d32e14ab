//! What a rule runs in: the database at one moment, and what is done once its changes are committed.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

use crate::clock::Micros;
use crate::context::Context;
use crate::error::ApiError;
use crate::model::Attachment;
use crate::version::ChatwootVersion;

/// All of it is committed, or none; an error rolls it back.
pub struct Transaction<'a> {
    pub db: &'a Connection,
    /// The same from the transaction's begin to its end.
    pub now: Micros,
    pub context: &'a Context,
    after_commit: &'a mut Vec<AfterCommit>,
    before_commit: Vec<BeforeCommit>,
}

type BeforeCommit = Box<dyn FnOnce(&mut Transaction<'_>) -> Result<(), ApiError>>;

/// One thing to do after the commit.
#[derive(Debug)]
pub enum AfterCommit {
    Broadcast(Broadcast),
    Webhook(Webhook),
    /// Removes an attached file, by its name in the file storage.
    DeleteFile(String),
    Job(Job),
}

/// A frame for every subscriber with one of these tokens.
#[derive(Debug)]
pub struct Broadcast {
    pub tokens: Vec<String>,
    /// `{"event":…,"data":…}`, serialized once for all.
    pub message: Arc<str>,
}

/// A body to be posted to a callback URL.
#[derive(Debug)]
pub struct Webhook {
    pub url: String,
    pub body: String,
    /// Signs the body, where the inbox or bot has one.
    pub secret: Option<String>,
    /// The bot's conversation, which is handed off to agents when the post fails.
    pub bot_conversation_id: Option<i64>,
    /// The message that is marked as failed when the post fails.
    pub message_id: Option<i64>,
}

/// A transaction of its own, run later. One that fails is logged and not repeated.
pub struct Job {
    pub delay: Duration,
    pub run: JobBody,
}

type JobBody = Box<dyn FnOnce(&mut Transaction<'_>) -> Result<(), ApiError> + Send>;

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Job").field("delay", &self.delay).finish_non_exhaustive()
    }
}

/// About how long the recorded server's background jobs took to run.
const JOB_DELAY: Duration = Duration::from_millis(200);

impl<'a> Transaction<'a> {
    pub fn new(db: &'a Connection, context: &'a Context, after_commit: &'a mut Vec<AfterCommit>) -> Self {
        Self { db, now: context.clock.now(), context, after_commit, before_commit: Vec::new() }
    }

    /// Does this after the commit, in the order of these calls; after a rollback, not at all.
    pub fn after_commit(&mut self, action: AfterCommit) {
        self.after_commit.push(action);
    }

    /// Sends an event to the subscribers with these tokens after the commit.
    pub fn broadcast(&mut self, tokens: Vec<String>, event: &str, data: &impl Serialize) -> Result<(), ApiError> {
        #[derive(Serialize)]
        struct Message<'a, D> {
            event: &'a str,
            data: &'a D,
        }
        let message = serde_json::to_string(&Message { event, data })?;
        self.after_commit(AfterCommit::Broadcast(Broadcast { tokens, message: message.into() }));
        Ok(())
    }

    /// Removes the files of deleted attachments after the commit.
    pub fn delete_files(&mut self, attachments: Vec<Attachment>) {
        for attachment in attachments {
            self.after_commit(AfterCommit::DeleteFile(attachment.stored_as));
        }
    }

    /// Runs this at the transaction's end, when all other changes are made: what the server serializes in jobs shows a
    /// record as it is then.
    pub fn before_commit(&mut self, action: impl FnOnce(&mut Transaction<'_>) -> Result<(), ApiError> + 'static) {
        self.before_commit.push(Box::new(action));
    }

    /// Runs this in a transaction of its own, a moment after the commit, as the server's background jobs do.
    pub fn enqueue_job(&mut self, run: impl FnOnce(&mut Transaction<'_>) -> Result<(), ApiError> + Send + 'static) {
        self.after_commit(AfterCommit::Job(Job { delay: JOB_DELAY, run: Box::new(run) }));
    }

    /// Whether the sandbox answers as Chatwoot 4.16; otherwise it answers as 4.0.
    pub fn is_4_16(&self) -> bool {
        self.context.version == ChatwootVersion::V4_16
    }

    /// Runs what was left for the end. The store calls it before it commits.
    pub fn run_before_commit(&mut self) -> Result<(), ApiError> {
        for action in std::mem::take(&mut self.before_commit) {
            action(self)?;
        }
        Ok(())
    }
}
