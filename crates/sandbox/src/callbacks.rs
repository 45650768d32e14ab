//! The callback URL: each body is posted once, for five seconds at most, and the API never waits for it.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio::sync::{Semaphore, mpsc};

use crate::age::Age;
use crate::rules::{conversations, message_changes};
use crate::signing::hmac_hex;
use crate::store::Callback;
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
pub fn start(mut waiting: mpsc::Receiver<Callback>, store: Store, age: Age) -> Result<(), String> {
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
                post(&client, &store, callback, age).await;
                drop(slot);
            });
        }
    });
    Ok(())
}

async fn post(client: &reqwest::Client, store: &Store, callback: Callback, age: Age) {
    let mut failure = send(client, &callback, age).await;
    if callback.bot_conversation_id.is_some() {
        // A bot in trouble (5xx) is asked thrice.
        for pause in BOT_PAUSES {
            if !failure.as_ref().is_some_and(|failure| failure.is_of_server) {
                break;
            }
            tokio::time::sleep(pause).await;
            failure = send(client, &callback, age).await;
        }
    }
    let Some(Failure { sentence: failure, .. }) = failure else { return };
    tracing::info!(failure, "a callback failed");
    if let Some(conversation_id) = callback.bot_conversation_id {
        let handed_over = store.perform(move |turn| conversations::hand_over(turn, conversation_id));
        if let Err(refusal) = handed_over.await {
            tracing::info!(?refusal, "a bot's conversation could not be handed over");
        }
    }
    let Some(message_id) = callback.message_id else { return };
    let marked = store.perform(move |turn| {
        let message = rows::message(turn.db, message_id)?;
        let conversation = conversation_rows::conversation(turn.db, message.conversation_id)?;
        message_changes::set_status(turn, &conversation, message, "failed", Some(&failure))
    });
    if let Err(refusal) = marked.await {
        tracing::info!(?refusal, "a failed callback's message could not be marked");
    }
}

/// Between a bot's tries: eight seconds in all.
const BOT_PAUSES: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(5)];
/// Redirects that a 4.16 follows, each with the post and its body.
const REDIRECTS_MAX: usize = 10;

struct Failure {
    sentence: String,
    is_of_server: bool,
}

async fn send(client: &reqwest::Client, callback: &Callback, age: Age) -> Option<Failure> {
    let mut url = callback.url.clone();
    for _ in 0..REDIRECTS_MAX {
        let mut request = client
            .post(&url)
            .header("Accept", "application/json")
            .header("Content-Type", "application/json")
            .body(callback.body.clone());
        if age == Age::V4_16 {
            request = request.header("X-Chatwoot-Delivery", uuid::Uuid::new_v4().to_string());
            if let Some(secret) = &callback.secret {
                let timestamp = jiff::Timestamp::now().as_second();
                let signature = hmac_hex(secret, &format!("{timestamp}.{}", callback.body));
                request = request
                    .header("X-Chatwoot-Timestamp", timestamp)
                    .header("X-Chatwoot-Signature", format!("sha256={signature}"));
            }
        }
        let response = match request.send().await {
            Ok(response) if response.status().is_success() => return None,
            Ok(response) => response,
            Err(error) => return Some(Failure { sentence: reason(&error, age), is_of_server: false }),
        };
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let next = location.and_then(|location| response.url().join(location).ok());
        match next.filter(|_| age == Age::V4_16 && response.status().is_redirection()) {
            Some(next) => url = next.into(),
            None => {
                let is_of_server = response.status().is_server_error();
                return Some(Failure { sentence: response.status().to_string(), is_of_server });
            }
        }
    }
    Some(Failure { sentence: format!("Got {REDIRECTS_MAX} redirects fetching {}", callback.url), is_of_server: false })
}

/// Host and port are told, as the server tells them.
fn reason(error: &reqwest::Error, age: Age) -> String {
    if error.is_timeout() {
        return match age {
            Age::V4_0 => "Timed out reading data from server".into(),
            Age::V4_16 => "Net::ReadTimeout with #<TCPSocket:(closed)>".into(),
        };
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
