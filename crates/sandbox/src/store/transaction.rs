//! What a rule runs in: the database at one moment, and what is to be done once its changes are committed.

use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;
use serde::Serialize;

use crate::age::Age;
use crate::clock::Micros;
use crate::model::Attachment;
use crate::refusal::Refusal;
use crate::world::World;

/// What a deed sees: the database as it is now, one moment in time, and a place to leave news.
pub struct Turn<'a> {
    pub db: &'a Connection,
    pub now: Micros,
    pub world: &'a World,
    news: &'a mut Vec<News>,
    afterwards: Vec<Afterwards>,
}

type Afterwards = Box<dyn FnOnce(&mut Turn<'_>) -> Result<(), Refusal>>;

/// One thing to do after the commit.
#[derive(Debug)]
pub enum News {
    Frame(Broadcast),
    Callback(Callback),
    /// An attached file that nothing names any more.
    FileGone(String),
    /// What is done in a moment.
    Later(Job),
}

/// A frame for everyone who is subscribed with one of these tokens.
#[derive(Debug)]
pub struct Broadcast {
    pub tokens: Vec<String>,
    /// `{"event":…,"data":…}`, ready to go: it is the same for all.
    pub message: Arc<str>,
}

/// A body to be posted, once.
#[derive(Debug)]
pub struct Callback {
    pub url: String,
    pub body: String,
    /// Signs the body, where the inbox or bot has one.
    pub secret: Option<String>,
    /// The bot's conversation, which is handed to people when the bot's URL fails.
    pub bot_conversation_id: Option<i64>,
    /// The message to be marked failed when the post fails.
    pub message_id: Option<i64>,
}

/// A deed for later. One that finds nothing left to do is refused, and nobody hears of it.
pub struct Job {
    pub after: Duration,
    pub deed: Deed,
}

type Deed = Box<dyn FnOnce(&mut Turn<'_>) -> Result<(), Refusal> + Send>;

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Job").field("after", &self.after).finish_non_exhaustive()
    }
}

/// How long the recorded server's queue took about its jobs.
const A_MOMENT: Duration = Duration::from_millis(200);

impl<'a> Turn<'a> {
    pub fn new(db: &'a Connection, world: &'a World, news: &'a mut Vec<News>) -> Self {
        Self { db, now: world.clock.now(), world, news, afterwards: Vec::new() }
    }

    /// News is told once the deed is on disk; a refused deed's news is never told.
    pub fn tell(&mut self, news: News) {
        self.news.push(news);
    }

    /// A frame for the subscribers with these tokens.
    pub fn broadcast(&mut self, tokens: Vec<String>, event: &str, data: &impl Serialize) -> Result<(), Refusal> {
        #[derive(Serialize)]
        struct Message<'a, D> {
            event: &'a str,
            data: &'a D,
        }
        let message = serde_json::to_string(&Message { event, data })?;
        self.tell(News::Frame(Broadcast { tokens, message: message.into() }));
        Ok(())
    }

    /// Removes files that nothing names any more, once that is on disk.
    pub fn delete_files(&mut self, orphans: Vec<Attachment>) {
        for orphan in orphans {
            self.tell(News::FileGone(orphan.stored_as));
        }
    }

    /// Does this at the deed's end, when all it changes has changed: the server does so in jobs of its own.
    pub fn afterwards(&mut self, deed: impl FnOnce(&mut Turn<'_>) -> Result<(), Refusal> + 'static) {
        self.afterwards.push(Box::new(deed));
    }

    /// Done a moment after this deed, as the server's background jobs are.
    pub fn in_a_moment(&mut self, deed: impl FnOnce(&mut Turn<'_>) -> Result<(), Refusal> + Send + 'static) {
        self.tell(News::Later(Job { after: A_MOMENT, deed: Box::new(deed) }));
    }

    /// Whether a 4.16 answers; else a 4.0.
    pub fn is_4_16(&self) -> bool {
        self.world.age == Age::V4_16
    }

    /// Does what was left for the end.
    pub fn settle(&mut self) -> Result<(), Refusal> {
        for deed in std::mem::take(&mut self.afterwards) {
            deed(self)?;
        }
        Ok(())
    }
}
