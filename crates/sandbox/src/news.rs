//! What is told to others once a deed is on disk: frames for sockets, and bodies for callback URLs.

use std::sync::Arc;

use serde::Serialize;

use crate::later::Job;
use crate::refusal::Refusal;

/// One thing to tell.
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

impl News {
    pub fn frame(tokens: Vec<String>, event: &str, data: &impl Serialize) -> Result<Self, Refusal> {
        #[derive(Serialize)]
        struct Message<'a, D> {
            event: &'a str,
            data: &'a D,
        }
        let message = serde_json::to_string(&Message { event, data })?;
        Ok(Self::Frame(Broadcast { tokens, message: message.into() }))
    }
}
