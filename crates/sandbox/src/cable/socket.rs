//! One socket: welcome, pings, commands in, frames out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tokio::sync::{Notify, mpsc};

use super::protocol::{self, Caller, Command};
use crate::presence::Who;
use crate::pubsub::Listener;
use crate::refusal::Refusal;
use crate::state::AppState;
use crate::store::{Broadcast, News};
use crate::store::{Turn, accounts, contacts};

/// The upgrade. Anything else at this address gets the server's own plain 404.
pub async fn connect(
    State(app): State<AppState>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    match upgrade {
        Ok(upgrade) => upgrade
            .protocols(["actioncable-v1-json", "actioncable-unsupported"])
            .max_message_size(COMMAND_BYTES_MAX)
            .read_buffer_size(READ_BYTES)
            .on_upgrade(move |socket| serve(app, socket)),
        Err(_) => (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/plain")], "Page not found").into_response(),
    }
}

/// One beat for all sockets, as the server has: a new socket's first ping comes within three seconds.
pub fn start_pinging(app: AppState) {
    tokio::spawn(async move {
        let mut every = tokio::time::interval(PING_EVERY);
        loop {
            every.tick().await;
            app.beat.send_replace(app.world.clock.now().seconds());
        }
    });
}

const PING_EVERY: Duration = Duration::from_secs(3);
/// A command is a token in some JSON.
const COMMAND_BYTES_MAX: usize = 64 * 1024;
/// The library's own buffer of 128 KiB a socket would be 128 MB for a thousand idle ones.
const READ_BYTES: usize = 4 * 1024;
/// Frames waiting for one socket: several bursts' worth; a socket further behind isn't listening.
const QUEUE_MAX: usize = 256;
/// A peer who takes no byte for this long is gone.
const SEND_MAX: Duration = Duration::from_secs(10);
/// A page needs one or two.
const SUBSCRIPTIONS_MAX: usize = 16;

async fn serve(app: AppState, mut socket: WebSocket) {
    static SOCKETS: AtomicU64 = AtomicU64::new(1);
    let (queue, mut frames) = mpsc::channel(QUEUE_MAX);
    let listener = Listener { socket: SOCKETS.fetch_add(1, Ordering::Relaxed), queue, overflow: Arc::default() };
    let overflow = listener.overflow.clone();
    let mut seats = Seats { app: app.clone(), listener, taken: BTreeMap::new() };
    let mut beat = app.beat.subscribe();
    beat.mark_unchanged();
    let mut stopping = app.stopping.subscribe();
    if say(&mut socket, r#"{"type":"welcome"}"#.into(), &overflow).await.is_err() {
        return;
    }
    loop {
        let alive = tokio::select! {
            received = socket.recv() => match received {
                Some(Ok(Message::Text(text))) => seats.obey(&mut socket, text.as_str()).await,
                // Pongs are made by the library; a binary frame is none of ours.
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Binary(_))) => Ok(()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Gone),
            },
            Some(frame) = frames.recv() => say(&mut socket, frame.to_string(), &overflow).await,
            Ok(()) = beat.changed() => {
                let ping = format!("{{\"type\":\"ping\",\"message\":{}}}", *beat.borrow_and_update());
                say(&mut socket, ping, &overflow).await
            }
            () = overflow.notified() => Err(Gone),
            // The server's way to stop: the connection ends, without a closing frame.
            _ = stopping.changed() => Err(Gone),
        };
        if alive.is_err() {
            return;
        }
    }
}

struct Gone;

/// A peer may be slow to take a frame, but not while its queue overflows.
async fn say(socket: &mut WebSocket, frame: String, overflow: &Notify) -> Result<(), Gone> {
    tokio::select! {
        sent = tokio::time::timeout(SEND_MAX, socket.send(Message::Text(frame.into()))) => match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Gone),
        },
        () = overflow.notified() => Err(Gone),
    }
}

/// A socket's subscriptions; they end with it.
struct Seats {
    app: AppState,
    listener: Listener,
    taken: BTreeMap<String, Seat>,
}

#[derive(Clone)]
struct Seat {
    token: String,
    who: Who,
}

impl Seats {
    async fn obey(&mut self, socket: &mut WebSocket, text: &str) -> Result<(), Gone> {
        match protocol::read(text) {
            Some(Command::Subscribe { identifier }) => self.subscribe(socket, identifier).await,
            Some(Command::Unsubscribe { identifier }) => {
                if let Some(seat) = self.taken.remove(&identifier) {
                    self.app.hub.leave(&seat.token, &identifier, self.listener.socket);
                }
                Ok(())
            }
            Some(Command::UpdatePresence { identifier }) => {
                if let Some(seat) = self.taken.get(&identifier) {
                    self.tell_presence(seat.clone()).await;
                }
                Ok(())
            }
            None => Ok(()),
        }
    }

    async fn subscribe(&mut self, socket: &mut WebSocket, identifier: String) -> Result<(), Gone> {
        if self.taken.contains_key(&identifier) || self.taken.len() >= SUBSCRIPTIONS_MAX {
            return Ok(());
        }
        let Some(caller) = protocol::caller(&identifier) else { return Ok(()) };
        let known = self.app.store.perform(move |turn| recognise(turn, &caller)).await;
        let Ok(Some(seat)) = known else { return Ok(()) };
        self.app.hub.sit(&seat.token, &identifier, self.listener.clone());
        self.taken.insert(identifier.clone(), seat.clone());
        let confirmed = json!({ "identifier": identifier, "type": "confirm_subscription" }).to_string();
        say(socket, confirmed, &self.listener.overflow).await?;
        self.tell_presence(seat).await;
        Ok(())
    }

    /// Whoever asks is here, and hears who else is; so does every subscription of the same token.
    async fn tell_presence(&self, seat: Seat) {
        let told = self.app.store.perform(move |turn| {
            turn.world.presence.saw(seat.who, turn.now);
            let message = presence(turn, seat.who)?;
            turn.tell(News::Frame(Broadcast { tokens: vec![seat.token], message: message.into() }));
            Ok(())
        });
        if let Err(refusal) = told.await {
            tracing::warn!(?refusal, "presence could not be told");
        }
    }
}

impl Drop for Seats {
    fn drop(&mut self) {
        for (identifier, seat) in &self.taken {
            self.app.hub.leave(&seat.token, identifier, self.listener.socket);
        }
    }
}

fn recognise(turn: &mut Turn<'_>, caller: &Caller) -> Result<Option<Seat>, Refusal> {
    match caller {
        Caller::Contact { pubsub_token } => {
            let Some(place) = contacts::contact_inbox_by_pubsub_token(turn.db, pubsub_token)? else { return Ok(None) };
            let contact = contacts::contact(turn.db, place.contact_id)?;
            let who = Who::Contact { account_id: contact.account_id, contact_id: contact.id };
            Ok(Some(Seat { token: pubsub_token.clone(), who }))
        }
        Caller::User { pubsub_token, user_id, account_id } => {
            let user = accounts::user_by_pubsub_token(turn.db, pubsub_token)?
                .filter(|user| user.id == *user_id && user.account_id == *account_id);
            Ok(user.map(|user| Seat {
                token: pubsub_token.clone(),
                who: Who::User { account_id: user.account_id, user_id: user.id },
            }))
        }
    }
}

/// Agents of the account who are here, and for an agent the contacts too.
fn presence(turn: &Turn<'_>, who: Who) -> Result<String, Refusal> {
    let (Who::User { account_id, .. } | Who::Contact { account_id, .. }) = who;
    let users: BTreeMap<String, String> = accounts::users(turn.db, account_id)?
        .into_iter()
        .filter(|user| turn.world.presence.is_here(Who::User { account_id, user_id: user.id }, turn.now))
        .map(|user| (user.id.to_string(), user.availability))
        .collect();
    let mut data = json!({ "account_id": account_id, "users": users });
    if let (Who::User { .. }, Some(fields)) = (who, data.as_object_mut()) {
        let here = turn.world.presence.contacts(account_id, turn.now);
        let here: BTreeMap<String, &str> = here.into_iter().map(|id| (id.to_string(), "online")).collect();
        fields.insert("contacts".into(), json!(here));
    }
    Ok(json!({ "event": "presence.update", "data": data }).to_string())
}
