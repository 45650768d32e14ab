//! The callback URL: each body is posted once, for five seconds at most, and the API never waits for it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio::sync::{Semaphore, mpsc};

use crate::news::Callback;
use crate::rules::messages as rules;
use crate::store::Store;
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;

/// Where callbacks wait for their turn.
pub type Queue = mpsc::Sender<Callback>;

/// Callbacks waiting: minutes of a busy channel with a dead receiver; beyond, they are dropped and the log says so.
const WAITING_MAX: usize = 4096;
/// Posts at a time.
const AT_ONCE_MAX: usize = 32;
const ANSWER_MAX: Duration = Duration::from_secs(5);

pub fn queue() -> (Queue, mpsc::Receiver<Callback>) {
    mpsc::channel(WAITING_MAX)
}

/// Posts whatever comes into the queue, for as long as there is one.
pub fn start(mut waiting: mpsc::Receiver<Callback>, store: Store) -> Result<(), String> {
    let client = reqwest::Client::builder()
        .timeout(ANSWER_MAX)
        .redirect(Policy::none())
        .user_agent("natter-sandbox")
        .build()
        .map_err(|error| format!("callbacks can't be sent: {error}"))?;
    let slots = Arc::new(Semaphore::new(AT_ONCE_MAX));
    tokio::spawn(async move {
        while let Some(callback) = waiting.recv().await {
            let Ok(slot) = slots.clone().acquire_owned().await else { return };
            let (client, store) = (client.clone(), store.clone());
            tokio::spawn(async move {
                post(&client, &store, callback).await;
                drop(slot);
            });
        }
    });
    Ok(())
}

async fn post(client: &reqwest::Client, store: &Store, callback: Callback) {
    let request = client
        .post(&callback.url)
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
        .body(callback.body);
    let failure = match request.send().await {
        Ok(response) if response.status().is_success() => return,
        Ok(response) => response.status().to_string(),
        Err(error) => reason(&error),
    };
    tracing::info!(failure, "a callback failed");
    let Some(message_id) = callback.message_id else { return };
    let marked = store.perform(move |turn| {
        let message = rows::message(turn.db, message_id)?;
        let conversation = conversation_rows::conversation(turn.db, message.conversation_id)?;
        rules::set_status(turn, &conversation, message, "failed", Some(&failure))
    });
    if let Err(refusal) = marked.await {
        tracing::info!(?refusal, "a failed callback's message could not be marked");
    }
}

/// Host and port are told, as the server tells them.
fn reason(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "Timed out reading data from server".into();
    }
    let place = error.url().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_connect() {
        return format!("Failed to open TCP connection to {} ({cause})", place.unwrap_or_default());
    }
    cause.to_string()
}
