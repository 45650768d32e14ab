//! Webhook delivery: posts bodies to callback URLs and bots in the background, with a time-out of five seconds.
//!
//! A failed post marks the message as failed, and hands a bot's conversation off to agents; nothing else is retried.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use tokio::sync::{Semaphore, mpsc};

use crate::rules::{conversations, message_updates};
use crate::signing::hmac_hex;
use crate::store::conversations as conversation_rows;
use crate::store::messages as rows;
use crate::store::{Store, Webhook};
use crate::version::ChatwootVersion;

pub type Queue = mpsc::Sender<Webhook>;

/// Webhooks in the queue: minutes of a busy channel with a dead receiver; beyond, they are dropped and logged.
const WAITING_MAX: usize = 4096;
/// Posts at the same time.
const CONCURRENT_MAX: usize = 32;
/// As the real server's.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Before a bot's second and third try.
const BOT_RETRY_DELAYS: [Duration; 2] = [Duration::from_secs(3), Duration::from_secs(5)];
/// Redirects that a 4.16 follows, each with the body.
const REDIRECTS_MAX: usize = 10;

pub fn queue() -> (Queue, mpsc::Receiver<Webhook>) {
    mpsc::channel(WAITING_MAX)
}

/// Posts the webhooks from the queue until it is closed.
pub fn start(mut queue: mpsc::Receiver<Webhook>, store: Store, version: ChatwootVersion) -> Result<(), String> {
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .redirect(Policy::none())
        .user_agent("natter-sandbox")
        .build()
        .map_err(|error| format!("webhooks can't be sent: {error}"))?;
    let permits = Arc::new(Semaphore::new(CONCURRENT_MAX));
    tokio::spawn(async move {
        while let Some(webhook) = queue.recv().await {
            let Ok(permit) = permits.clone().acquire_owned().await else { return };
            let (client, store) = (client.clone(), store.clone());
            tokio::spawn(async move {
                deliver(&client, &store, webhook, version).await;
                drop(permit);
            });
        }
    });
    Ok(())
}

async fn deliver(client: &reqwest::Client, store: &Store, webhook: Webhook, version: ChatwootVersion) {
    let mut result = post(client, &webhook, version).await;
    if webhook.bot_conversation_id.is_some() {
        for delay in BOT_RETRY_DELAYS {
            if !result.as_ref().is_err_and(|failure| failure.is_server_error) {
                break;
            }
            tokio::time::sleep(delay).await;
            result = post(client, &webhook, version).await;
        }
    }
    if let Err(failure) = result {
        tracing::info!(failure.sentence, "a webhook failed");
        record_failure(store, &webhook, failure.sentence).await;
    }
}

async fn record_failure(store: &Store, webhook: &Webhook, sentence: String) {
    if let Some(conversation_id) = webhook.bot_conversation_id {
        let handed_off = store.transaction(move |tx| conversations::hand_off_to_agents(tx, conversation_id));
        if let Err(error) = handed_off.await {
            tracing::info!(?error, "a bot's conversation could not be handed off");
        }
    }
    let Some(message_id) = webhook.message_id else { return };
    let marked = store.transaction(move |tx| {
        let message = rows::message(tx.db, message_id)?;
        let conversation = conversation_rows::conversation(tx.db, message.conversation_id)?;
        message_updates::set_status(tx, &conversation, message, "failed", Some(&sentence))
    });
    if let Err(error) = marked.await {
        tracing::info!(?error, "the message of a failed webhook could not be marked as failed");
    }
}

/// Why a post failed. The sentence is shown to agents, and to the visitor as `external_error`.
struct Failure {
    sentence: String,
    /// The receiver answered with 5xx.
    is_server_error: bool,
}

/// Posts once, and follows redirects as a 4.16 does.
async fn post(client: &reqwest::Client, webhook: &Webhook, version: ChatwootVersion) -> Result<(), Failure> {
    let mut url = webhook.url.clone();
    for _ in 0..REDIRECTS_MAX {
        let response = match request(client, &url, webhook, version).send().await {
            Ok(response) if response.status().is_success() => return Ok(()),
            Ok(response) => response,
            Err(error) => return Err(Failure { sentence: reason(&error, version), is_server_error: false }),
        };
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let next = location.and_then(|location| response.url().join(location).ok());
        match next.filter(|_| version == ChatwootVersion::V4_16 && response.status().is_redirection()) {
            Some(next) => url = next.into(),
            None => {
                let is_server_error = response.status().is_server_error();
                return Err(Failure { sentence: response.status().to_string(), is_server_error });
            }
        }
    }
    let sentence = format!("Got {REDIRECTS_MAX} redirects fetching {}", webhook.url);
    Err(Failure { sentence, is_server_error: false })
}

/// The request; a 4.16 signs the body and numbers its deliveries.
fn request(
    client: &reqwest::Client,
    url: &str,
    webhook: &Webhook,
    version: ChatwootVersion,
) -> reqwest::RequestBuilder {
    let request = client
        .post(url)
        .header("Accept", "application/json")
        .header("Content-Type", "application/json")
        .body(webhook.body.clone());
    if version != ChatwootVersion::V4_16 {
        return request;
    }
    let request = request.header("X-Chatwoot-Delivery", uuid::Uuid::new_v4().to_string());
    let Some(secret) = &webhook.secret else { return request };
    let timestamp = jiff::Timestamp::now().as_second();
    let signature = hmac_hex(secret, &format!("{timestamp}.{}", webhook.body));
    request.header("X-Chatwoot-Timestamp", timestamp).header("X-Chatwoot-Signature", format!("sha256={signature}"))
}

/// A failure in the words of the recorded server, host and port included.
fn reason(error: &reqwest::Error, version: ChatwootVersion) -> String {
    if error.is_timeout() {
        return match version {
            ChatwootVersion::V4_0 => "Timed out reading data from server".into(),
            ChatwootVersion::V4_16 => "Net::ReadTimeout with #<TCPSocket:(closed)>".into(),
        };
    }
    let target = error.url().and_then(|url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?)));
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.is_connect() {
        return format!("Failed to open TCP connection to {} ({cause})", target.unwrap_or_default());
    }
    cause.to_string()
}
