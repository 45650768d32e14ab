//! Who listens to what: tokens to subscriptions.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc;

use crate::store::Broadcast;

/// Every socket's subscriptions, by pubsub_token.
#[derive(Debug, Default)]
pub struct Hub {
    rooms: Mutex<HashMap<String, Vec<Seat>>>,
}

/// One socket's end: frames go in here. `queue` is dropped with the socket.
#[derive(Clone, Debug)]
pub struct Listener {
    pub socket: u64,
    pub queue: mpsc::Sender<Arc<str>>,
    /// Told once when the queue was full: the socket is to be dropped.
    pub overflow: Arc<tokio::sync::Notify>,
}

#[derive(Debug)]
struct Seat {
    listener: Listener,
    /// The identifier string as a JSON string, exactly as the client spelt it.
    identifier: Arc<str>,
}

impl Hub {
    /// `identifier` as the client sent it: the same token under another spelling is another seat.
    pub fn sit(&self, token: &str, identifier: &str, listener: Listener) {
        let identifier: Arc<str> = json_string(identifier).into();
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        rooms.entry(token.to_owned()).or_default().push(Seat { listener, identifier });
    }

    pub fn leave(&self, token: &str, identifier: &str, socket: u64) {
        let identifier = json_string(identifier);
        let mut rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seats) = rooms.get_mut(token) {
            seats.retain(|seat| seat.listener.socket != socket || *seat.identifier != *identifier);
            if seats.is_empty() {
                rooms.remove(token);
            }
        }
    }

    /// Puts the frame into every listener's queue. Never waits: who can't take it is dropped.
    pub fn broadcast(&self, news: &Broadcast) {
        let rooms = self.rooms.lock().unwrap_or_else(PoisonError::into_inner);
        for seat in news.tokens.iter().filter_map(|token| rooms.get(token)).flatten() {
            let frame = format!("{{\"identifier\":{},\"message\":{}}}", seat.identifier, news.message);
            if let Err(mpsc::error::TrySendError::Full(_)) = seat.listener.queue.try_send(frame.into()) {
                seat.listener.overflow.notify_one();
            }
        }
    }
}

fn json_string(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(socket: u64) -> (Listener, mpsc::Receiver<Arc<str>>) {
        let (queue, frames) = mpsc::channel(1);
        (Listener { socket, queue, overflow: Arc::default() }, frames)
    }

    fn news() -> Broadcast {
        Broadcast { tokens: vec!["t".into()], message: "{}".into() }
    }

    #[test]
    fn a_frame_carries_the_identifier_as_the_client_spelt_it() {
        let hub = Hub::default();
        let (one, mut frames) = listener(1);
        hub.sit("t", r#"{"a": "b"}"#, one);
        hub.broadcast(&news());
        assert_eq!(&*frames.try_recv().unwrap(), r#"{"identifier":"{\"a\": \"b\"}","message":{}}"#);
    }

    #[test]
    fn who_left_hears_nothing() {
        let hub = Hub::default();
        let (one, mut frames) = listener(1);
        hub.sit("t", "x", one);
        hub.leave("t", "x", 1);
        hub.broadcast(&news());
        assert!(frames.try_recv().is_err());
        assert!(hub.rooms.lock().unwrap().is_empty(), "an empty room is removed");
    }

    #[tokio::test]
    async fn a_full_queue_drops_its_socket_and_nobody_waits() {
        let hub = Hub::default();
        let (slow, _frames) = listener(1);
        let overflow = slow.overflow.clone();
        hub.sit("t", "x", slow);
        hub.broadcast(&news());
        hub.broadcast(&news());
        overflow.notified().await;
    }
}
