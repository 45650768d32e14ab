//! One WebSocket of the cable: welcome, pings, the client's commands and the events it subscribed to.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::protocol::{self, ChannelIdentifier, Command};
use crate::error::ApiError;
use crate::presence::Participant;
use crate::pubsub::Subscriber;
use crate::state::AppState;
use crate::store::{Transaction, accounts, contacts};

/// Upgrades to a WebSocket; any other request gets the server's plain 404.
pub async fn connect(
    State(state): State<AppState>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => upgrade
            .protocols(["actioncable-v1-json", "actioncable-unsupported"])
            .max_message_size(COMMAND_BYTES_MAX)
            .read_buffer_size(READ_BYTES)
            .on_upgrade(move |socket| serve(state, socket)),
        Err(_) => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], "Page not found").into_response(),
    }
}

/// Pings all sockets at once, as the server does: a new socket's first ping comes within three seconds.
pub fn start_heartbeat(state: AppState) {
    tokio::spawn(async move {
        let mut interval = tokio::time::interval(PING_INTERVAL);
        loop {
            interval.tick().await;
            state.heartbeat.send_replace(state.context.clock.now().seconds());
        }
    });
}

const PING_INTERVAL: Duration = Duration::from_secs(3);
/// Far above a command, which is a token in some JSON.
const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// The library's default of 128 KiB a socket would take 128 MB for a thousand idle ones.
const READ_BYTES: usize = 4 * 1024;
/// Frames waiting for one socket: several bursts of messages. A client further behind doesn't read.
const QUEUE_MAX: usize = 256;
/// A client that takes no byte for this long is disconnected.
const SEND_MAX: Duration = Duration::from_secs(10);
/// A page needs one or two.
const SUBSCRIPTIONS_MAX: usize = 16;

async fn serve(state: AppState, mut socket: WebSocket) {
    static SOCKET_IDS: AtomicU64 = AtomicU64::new(1);
    let (queue, mut frames) = mpsc::channel(QUEUE_MAX);
    let socket_id = SOCKET_IDS.fetch_add(1, Ordering::Relaxed);
    let subscriber = Subscriber { socket_id, queue, overflow: Arc::default() };
    let overflow = subscriber.overflow.clone();
    let mut heartbeat = state.heartbeat.subscribe();
    heartbeat.mark_unchanged();
    let mut shutdown = state.shutdown.subscribe();
    let mut subscriptions = Subscriptions { state, subscriber, by_identifier: BTreeMap::new() };
    if send(&mut socket, r#"{"type":"welcome"}"#.into(), &overflow).await.is_err() {
        return;
    }
    loop {
        let done = tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => subscriptions.handle_command(&mut socket, text.as_str()).await,
                // The library answers pings; the protocol has no binary frames.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Ok(()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Disconnected),
            },
            Some(frame) = frames.recv() => send(&mut socket, frame.to_string(), &overflow).await,
            Ok(()) = heartbeat.changed() => {
                let ping = format!("{{\"type\":\"ping\",\"message\":{}}}", *heartbeat.borrow_and_update());
                send(&mut socket, ping, &overflow).await
            }
            () = overflow.notified() => Err(Disconnected),
            // The recorded server ends connections without a closing frame.
            _ = shutdown.changed() => Err(Disconnected),
        };
        if done.is_err() {
            return;
        }
    }
}

struct Disconnected;

/// Sends a frame. A slow client is waited for, but not while its queue overflows.
async fn send(socket: &mut WebSocket, frame: String, overflow: &Notify) -> Result<(), Disconnected> {
    tokio::select! {
        sent = tokio::time::timeout(SEND_MAX, socket.send(Message::Text(frame.into()))) => match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Disconnected),
        },
        () = overflow.notified() => Err(Disconnected),
    }
}

/// A socket's subscriptions; they end when it is dropped.
struct Subscriptions {
    state: AppState,
    subscriber: Subscriber,
    by_identifier: BTreeMap<String, Authenticated>,
}

/// Whose events a subscription receives.
#[derive(Clone)]
struct Authenticated {
    token: String,
    participant: Participant,
}

impl Subscriptions {
    async fn handle_command(&mut self, socket: &mut WebSocket, text: &str) -> Result<(), Disconnected> {
        match protocol::parse_command(text) {
            Some(Command::Subscribe { identifier }) => return self.subscribe(socket, identifier).await,
            Some(Command::Unsubscribe { identifier }) => {
                if let Some(one) = self.by_identifier.remove(&identifier) {
                    self.state.pubsub.unsubscribe(&one.token, &identifier, self.subscriber.socket_id);
                }
            }
            Some(Command::UpdatePresence { identifier }) => {
                if let Some(one) = self.by_identifier.get(&identifier) {
                    self.update_presence(one.clone()).await;
                }
            }
            None => {}
        }
        Ok(())
    }

    async fn subscribe(&mut self, socket: &mut WebSocket, identifier: String) -> Result<(), Disconnected> {
        if self.by_identifier.contains_key(&identifier) || self.by_identifier.len() >= SUBSCRIPTIONS_MAX {
            return Ok(());
        }
        let Some(channel) = protocol::parse_identifier(&identifier) else { return Ok(()) };
        let authenticated = self.state.store.transaction(move |tx| authenticate(tx, &channel)).await;
        let Ok(Some(authenticated)) = authenticated else { return Ok(()) };
        self.state.pubsub.subscribe(&authenticated.token, &identifier, self.subscriber.clone());
        self.by_identifier.insert(identifier.clone(), authenticated.clone());
        let confirmation = json!({ "identifier": identifier, "type": "confirm_subscription" }).to_string();
        send(socket, confirmation, &self.subscriber.overflow).await?;
        self.update_presence(authenticated).await;
        Ok(())
    }

    /// Marks the participant as online, and tells all subscribers with their token who else is.
    async fn update_presence(&self, Authenticated { token, participant }: Authenticated) {
        let updated = self.state.store.transaction(move |tx| {
            tx.context.presence.mark_seen(participant, tx.now);
            let data = presence_data(tx, participant)?;
            tx.broadcast(vec![token], "presence.update", &data)
        });
        if let Err(error) = updated.await {
            tracing::warn!(?error, "presence could not be broadcast");
        }
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        for (identifier, one) in &self.by_identifier {
            self.state.pubsub.unsubscribe(&one.token, identifier, self.subscriber.socket_id);
        }
    }
}

/// The holder of the identifier's token; `None`: nobody has it.
fn authenticate(tx: &Transaction<'_>, channel: &ChannelIdentifier) -> Result<Option<Authenticated>, ApiError> {
    match channel {
        ChannelIdentifier::Contact { pubsub_token } => {
            let found = contacts::contact_inbox_by_pubsub_token(tx.db, pubsub_token)?;
            let Some(contact_inbox) = found else { return Ok(None) };
            let contact = contacts::contact(tx.db, contact_inbox.contact_id)?;
            let participant = Participant::Contact { account_id: contact.account_id, contact_id: contact.id };
            Ok(Some(Authenticated { token: pubsub_token.clone(), participant }))
        }
        ChannelIdentifier::User { pubsub_token, user_id, account_id } => {
            let user = accounts::user_by_pubsub_token(tx.db, pubsub_token)?
                .filter(|user| user.id == *user_id && user.account_id == *account_id);
            Ok(user.map(|user| Authenticated {
                token: pubsub_token.clone(),
                participant: Participant::User { account_id: user.account_id, user_id: user.id },
            }))
        }
    }
}

/// The account's agents that are online, and for an agent the contacts too.
fn presence_data(tx: &Transaction<'_>, participant: Participant) -> Result<Value, ApiError> {
    let (Participant::User { account_id, .. } | Participant::Contact { account_id, .. }) = participant;
    let presence = &tx.context.presence;
    let users: BTreeMap<String, String> = accounts::users(tx.db, account_id)?
        .into_iter()
        .filter(|user| presence.is_online(Participant::User { account_id, user_id: user.id }, tx.now))
        .map(|user| (user.id.to_string(), user.availability))
        .collect();
    let mut data = json!({ "account_id": account_id, "users": users });
    if let (Participant::User { .. }, Some(fields)) = (participant, data.as_object_mut()) {
        let contacts = presence.online_contacts(account_id, tx.now);
        let contacts: BTreeMap<String, &str> = contacts.into_iter().map(|id| (id.to_string(), "online")).collect();
        fields.insert("contacts".into(), json!(contacts));
    }
    Ok(data)
}
