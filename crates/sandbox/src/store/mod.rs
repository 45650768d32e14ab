//! Where everything is kept: one SQLite database, one thread that talks to it.
//!
//! Promise: when `perform` has answered, what the deed wrote is on disk, and its news has been told. The thread takes
//! whatever deeds are waiting into one transaction, each in a savepoint of its own, commits once, tells the news in
//! order, and only then answers. So a refused deed leaves nothing behind, a deed's frames precede its HTTP answer,
//! and a busy moment costs one disk flush, not one each.

pub mod accounts;
pub mod contacts;
pub mod conversations;
pub mod files;
pub mod messages;
mod opening;
mod transaction;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use rusqlite::{Connection, Transaction, TransactionBehavior};
use tokio::sync::{mpsc, oneshot};

pub use opening::{Place, secret};
pub use transaction::{Broadcast, Callback, Job, News, Turn};

use crate::refusal::Refusal;
use crate::world::World;

/// A handle to the thread; clones share it.
#[derive(Clone)]
pub struct Store {
    commands: mpsc::Sender<Command>,
}

impl Store {
    /// Starts the thread. `herald` is called in the order of commits.
    pub fn start(db: Connection, world: Arc<World>, herald: impl Fn(News) + Send + 'static) -> Result<Self, String> {
        let (commands, inbox) = mpsc::channel(WAITING_MAX);
        std::thread::Builder::new()
            .name("store".into())
            .spawn(move || run(db, inbox, &world, &herald))
            .map_err(|error| format!("the store's thread can't be started: {error}"))?;
        Ok(Self { commands })
    }

    /// Does a deed, all of it or nothing.
    pub async fn perform<T, F>(&self, deed: F) -> Result<T, Refusal>
    where
        T: Send + 'static,
        F: FnOnce(&mut Turn<'_>) -> Result<T, Refusal> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let command: Command = Box::new(move |turn| {
            let result = std::panic::catch_unwind(AssertUnwindSafe(|| whole(turn, deed)))
                .unwrap_or_else(|_| Err(Refusal::fault("a deed panicked")));
            let keep = result.is_ok();
            let reply: Reply = Box::new(move |committed| {
                let result = if committed { result } else { Err(Refusal::fault("the transaction was not committed")) };
                // The caller may have hung up: the deed is done all the same.
                drop(answer.send(result));
            });
            Ran { keep, reply }
        });
        self.commands.send(command).await.map_err(|_| Refusal::fault("the store has stopped"))?;
        answered.await.map_err(|_| Refusal::fault("the store has stopped"))?
    }
}

fn whole<T>(turn: &mut Turn<'_>, deed: impl FnOnce(&mut Turn<'_>) -> Result<T, Refusal>) -> Result<T, Refusal> {
    let value = deed(turn)?;
    turn.settle()?;
    Ok(value)
}

type Command = Box<dyn FnOnce(&mut Turn<'_>) -> Ran + Send>;
type Reply = Box<dyn FnOnce(bool) + Send>;

struct Ran {
    keep: bool,
    reply: Reply,
}

/// Callers beyond this many wait outside.
const WAITING_MAX: usize = 1024;
/// Deeds in one transaction: enough to share a flush, few enough that the first doesn't wait long.
const GROUP_MAX: usize = 64;

fn run(mut db: Connection, mut inbox: mpsc::Receiver<Command>, world: &World, herald: &impl Fn(News)) {
    while let Some(first) = inbox.blocking_recv() {
        let mut replies = Vec::new();
        let outcome = group(&mut db, first, &mut inbox, world, &mut replies);
        let committed = match outcome {
            Ok(news) => {
                news.into_iter().for_each(herald);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a transaction failed");
                false
            }
        };
        for reply in replies {
            reply(committed);
        }
    }
    if let Err((_, error)) = db.close() {
        tracing::error!(%error, "the database can't be closed");
    }
}

fn group(
    db: &mut Connection,
    first: Command,
    inbox: &mut mpsc::Receiver<Command>,
    world: &World,
    replies: &mut Vec<Reply>,
) -> rusqlite::Result<Vec<News>> {
    let mut transaction = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut news = Vec::new();
    let mut next = Some(first);
    while let Some(command) = next {
        replies.push(one(&mut transaction, command, world, &mut news)?);
        next = if replies.len() < GROUP_MAX { inbox.try_recv().ok() } else { None };
    }
    transaction.commit()?;
    Ok(news)
}

fn one(
    transaction: &mut Transaction<'_>,
    command: Command,
    world: &World,
    all_news: &mut Vec<News>,
) -> rusqlite::Result<Reply> {
    let mut news = Vec::new();
    let savepoint = transaction.savepoint()?;
    let ran = command(&mut Turn::new(&savepoint, world, &mut news));
    if ran.keep {
        savepoint.commit()?;
        all_news.append(&mut news);
    } else {
        savepoint.finish()?;
    }
    Ok(ran.reply)
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use super::*;
    use crate::age::Age;
    use crate::clock::Clock;
    use crate::presence::Presence;

    type Told = Arc<Mutex<Vec<String>>>;

    fn store() -> (Store, Told) {
        let (db, _) = Place::Memory.open().unwrap();
        let world = World {
            clock: Clock::with_offset(0),
            public_url: String::new(),
            playground_url: String::new(),
            presence: Arc::new(Presence::of(Age::V4_16)),
            age: Age::V4_16,
            files_late: std::time::Duration::ZERO,
            secret: String::new(),
            limits: true,
        };
        let told = Told::default();
        let ear = told.clone();
        let herald = move |news| {
            if let News::Callback(callback) = news {
                ear.lock().unwrap_or_else(PoisonError::into_inner).push(callback.body);
            }
        };
        (Store::start(db, Arc::new(world), herald).unwrap(), told)
    }

    fn add(turn: &mut Turn<'_>, name: &str) -> Result<i64, Refusal> {
        turn.tell(News::Callback(Callback {
            url: String::new(),
            body: name.to_owned(),
            secret: None,
            bot_conversation_id: None,
            message_id: None,
        }));
        Ok(accounts::insert_account(turn.db, name)?)
    }

    async fn names(store: &Store) -> Vec<String> {
        let listed = store.perform(|turn| {
            let mut select = turn.db.prepare("SELECT name FROM accounts ORDER BY id")?;
            let rows = select.query_map([], |row| row.get(0))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        });
        listed.await.unwrap()
    }

    fn heard(told: &Told) -> Vec<String> {
        told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    #[tokio::test]
    async fn a_refused_deed_leaves_nothing_and_its_news_is_not_told() {
        let (store, told) = store();
        store.perform(|turn| add(turn, "kept")).await.unwrap();
        let refused = store.perform(|turn| add(turn, "refused").and(Err::<(), _>(Refusal::NotFound)));
        assert!(matches!(refused.await, Err(Refusal::NotFound)));
        assert_eq!(names(&store).await, ["kept"]);
        assert_eq!(heard(&told), ["kept"]);
    }

    #[tokio::test]
    async fn a_deed_that_panics_is_refused_and_the_next_one_is_done() {
        let (store, told) = store();
        let panicked = store.perform(|turn| -> Result<(), Refusal> {
            add(turn, "half done")?;
            panic!("a defect")
        });
        assert!(matches!(panicked.await, Err(Refusal::Fault(_))));
        store.perform(|turn| add(turn, "next")).await.unwrap();
        assert_eq!(names(&store).await, ["next"]);
        assert_eq!(heard(&told), ["next"]);
    }

    #[tokio::test]
    async fn news_is_told_before_the_answer_and_in_order() {
        let (store, told) = store();
        for number in 0..50 {
            store.perform(move |turn| add(turn, &number.to_string())).await.unwrap();
            assert_eq!(heard(&told).last(), Some(&number.to_string()));
        }
    }

    #[tokio::test]
    async fn what_is_left_for_afterwards_sees_the_deeds_end_or_does_not_happen() {
        let (store, told) = store();
        let deed = |fails: bool| {
            move |turn: &mut Turn<'_>| {
                turn.afterwards(|turn| {
                    let count: i64 = turn.db.query_row("SELECT count(*) FROM accounts", [], |row| row.get(0))?;
                    let body = count.to_string();
                    turn.tell(News::Callback(Callback {
                        url: String::new(),
                        body,
                        secret: None,
                        bot_conversation_id: None,
                        message_id: None,
                    }));
                    Ok(())
                });
                accounts::insert_account(turn.db, "one")?;
                accounts::insert_account(turn.db, "two")?;
                if fails { Err(Refusal::NotFound) } else { Ok(()) }
            }
        };
        assert!(store.perform(deed(true)).await.is_err());
        assert!(heard(&told).is_empty());
        store.perform(deed(false)).await.unwrap();
        assert_eq!(heard(&told), ["2"]);
    }
}
