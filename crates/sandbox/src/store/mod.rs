//! The database: one SQLite file, and one thread that talks to it.
//!
//! When `transaction` returns a value, its changes are on disk and its broadcasts are sent. The thread takes all waiting
//! transactions into one commit, each in a savepoint of its own, then does what they left for after the commit, in
//! order, and only then returns their values. So a failed transaction changes nothing, a request's frames precede its
//! HTTP response, and a burst costs one flush to disk instead of one each.

pub mod accounts;
pub mod attachments;
pub mod contacts;
pub mod conversations;
mod database;
pub mod messages;
pub mod notifications;
mod transaction;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

pub use database::{DatabaseLocation, secret};
pub use transaction::{AfterCommit, Broadcast, Job, Transaction, Webhook};

use crate::context::Context;
use crate::error::ApiError;

/// A handle to the thread; clones share it.
#[derive(Clone)]
pub struct Store {
    commands: mpsc::Sender<Command>,
}

impl Store {
    /// Starts the thread. It calls `on_commit` in the order of commits.
    pub fn start(
        db: Connection,
        context: Arc<Context>,
        on_commit: impl Fn(AfterCommit) + Send + 'static,
    ) -> Result<Self, String> {
        let (commands, queue) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || run(db, queue, &context, &on_commit))
            .map_err(|error| format!("the store's thread can't be started: {error}"))?;
        Ok(Self { commands })
    }

    /// Runs `body` and commits what it wrote; an error or a panic in it undoes all.
    pub async fn transaction<T, F>(&self, body: F) -> Result<T, ApiError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Transaction<'_>) -> Result<T, ApiError> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let command: Command = Box::new(move |tx| {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| run_to_its_end(tx, body)))
                .unwrap_or_else(|_| Err(ApiError::internal("a transaction panicked")));
            let is_ok = result.is_ok();
            let reply: Reply = Box::new(move |is_committed| {
                let not_committed = || ApiError::internal("the transaction was not committed");
                let result = if is_committed { result } else { Err(not_committed()) };
                // The client may have disconnected: the change stands all the same.
                drop(sender.send(result));
            });
            Outcome { is_ok, reply }
        });
        self.commands.send(command).await.map_err(|_| ApiError::internal("the store has stopped"))?;
        receiver.await.map_err(|_| ApiError::internal("the store has stopped"))?
    }
}

fn run_to_its_end<T>(
    tx: &mut Transaction<'_>,
    body: impl FnOnce(&mut Transaction<'_>) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    let value = body(tx)?;
    tx.run_before_commit()?;
    Ok(value)
}

type Command = Box<dyn FnOnce(&mut Transaction<'_>) -> Outcome + Send>;
/// Sends a transaction's result to its caller; the argument says whether it was committed.
type Reply = Box<dyn FnOnce(bool) + Send>;

struct Outcome {
    is_ok: bool,
    reply: Reply,
}

/// Transactions in the queue; further callers wait for room in it.
const WAITING_MAX: usize = 1024;
/// Transactions in one commit: enough to share a flush, few enough that the first doesn't wait long.
const BATCH_MAX: usize = 64;

fn run(mut db: Connection, mut queue: mpsc::Receiver<Command>, context: &Context, on_commit: &impl Fn(AfterCommit)) {
    while let Some(first) = queue.blocking_recv() {
        let mut replies = Vec::new();
        let is_committed = match commit_batch(&mut db, first, &mut queue, context, &mut replies) {
            Ok(actions) => {
                actions.into_iter().for_each(on_commit);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a commit failed");
                false
            }
        };
        for reply in replies {
            reply(is_committed);
        }
    }
    if let Err((_, error)) = db.close() {
        tracing::error!(%error, "the database can't be closed");
    }
}

fn commit_batch(
    db: &mut Connection,
    first: Command,
    queue: &mut mpsc::Receiver<Command>,
    context: &Context,
    replies: &mut Vec<Reply>,
) -> rusqlite::Result<Vec<AfterCommit>> {
    let mut batch = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut actions = Vec::new();
    let mut next = Some(first);
    while let Some(command) = next {
        replies.push(run_one(&mut batch, command, context, &mut actions)?);
        next = if replies.len() < BATCH_MAX { queue.try_recv().ok() } else { None };
    }
    batch.commit()?;
    Ok(actions)
}

fn run_one(
    batch: &mut rusqlite::Transaction<'_>,
    command: Command,
    context: &Context,
    batch_actions: &mut Vec<AfterCommit>,
) -> rusqlite::Result<Reply> {
    let mut actions = Vec::new();
    let savepoint = batch.savepoint()?;
    let outcome = command(&mut Transaction::new(&savepoint, context, &mut actions));
    if outcome.is_ok {
        savepoint.commit()?;
        batch_actions.append(&mut actions);
    } else {
        savepoint.finish()?;
    }
    Ok(outcome.reply)
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::clock::Clock;
    use crate::presence::Presence;
    use crate::version::ChatwootVersion;

    /// The bodies of the webhooks that were sent after a commit.
    type Sent = Arc<Mutex<Vec<String>>>;

    fn store() -> (Store, Sent) {
        let (db, _) = DatabaseLocation::Memory.open().unwrap();
        let context = Context {
            clock: Clock::with_offset(0),
            public_url: String::new(),
            playground_url: String::new(),
            presence: Arc::new(Presence::new(ChatwootVersion::V4_16)),
            version: ChatwootVersion::V4_16,
            files_delay: std::time::Duration::ZERO,
            secret: String::new(),
            has_limits: true,
        };
        let sent = Sent::default();
        let sent_by_store = sent.clone();
        let on_commit = move |action| {
            if let AfterCommit::Webhook(webhook) = action {
                sent_by_store.lock().unwrap_or_else(PoisonError::into_inner).push(webhook.body);
            }
        };
        (Store::start(db, Arc::new(context), on_commit).unwrap(), sent)
    }

    fn webhook(body: &str) -> AfterCommit {
        let body = body.to_owned();
        AfterCommit::Webhook(Webhook {
            url: String::new(),
            body,
            secret: None,
            bot_conversation_id: None,
            message_id: None,
        })
    }

    fn insert(tx: &mut Transaction<'_>, name: &str) -> Result<i64, ApiError> {
        tx.after_commit(webhook(name));
        Ok(accounts::insert_account(tx.db, name)?)
    }

    async fn names(store: &Store) -> Vec<String> {
        let listed = store.transaction(|tx| {
            let mut select = tx.db.prepare("SELECT name FROM accounts ORDER BY id")?;
            let rows = select.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        });
        listed.await.unwrap()
    }

    fn bodies(sent: &Sent) -> Vec<String> {
        sent.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[tokio::test]
    async fn a_failed_transaction_changes_nothing_and_sends_nothing() {
        let (store, sent) = store();
        store.transaction(|tx| insert(tx, "kept")).await.unwrap();
        let failed = store.transaction(|tx| insert(tx, "failed").and(Err::<(), _>(ApiError::NotFound)));
        assert!(matches!(failed.await, Err(ApiError::NotFound)));
        assert_eq!(names(&store).await, ["kept"]);
        assert_eq!(bodies(&sent), ["kept"]);
    }

    #[tokio::test]
    async fn a_transaction_that_panics_is_rolled_back_and_the_next_one_runs() {
        let (store, sent) = store();
        let panicked = store.transaction(|tx| -> Result<(), ApiError> {
            insert(tx, "half done")?;
            panic!("a defect")
        });
        assert!(matches!(panicked.await, Err(ApiError::Internal(_))));
        store.transaction(|tx| insert(tx, "next")).await.unwrap();
        assert_eq!(names(&store).await, ["next"]);
        assert_eq!(bodies(&sent), ["next"]);
    }

    #[tokio::test]
    async fn after_commit_actions_run_in_order_and_before_the_transaction_returns() {
        let (store, sent) = store();
        for number in 0..50 {
            store.transaction(move |tx| insert(tx, &number.to_string())).await.unwrap();
            assert_eq!(bodies(&sent).last(), Some(&number.to_string()));
        }
    }

    #[tokio::test]
    async fn before_commit_actions_see_the_transactions_end_or_do_not_run() {
        let (store, sent) = store();
        let body = |fails: bool| {
            move |tx: &mut Transaction<'_>| {
                tx.before_commit(|tx| {
                    let count: i64 = tx.db.query_row("SELECT count(*) FROM accounts", [], |row| row.get(0))?;
                    tx.after_commit(webhook(&count.to_string()));
                    Ok(())
                });
                accounts::insert_account(tx.db, "one")?;
                accounts::insert_account(tx.db, "two")?;
                if fails { Err(ApiError::NotFound) } else { Ok(()) }
            }
        };
        assert!(store.transaction(body(true)).await.is_err());
        assert!(bodies(&sent).is_empty());
        store.transaction(body(false)).await.unwrap();
        assert_eq!(bodies(&sent), ["2"]);
    }
}
