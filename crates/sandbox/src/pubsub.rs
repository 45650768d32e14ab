//! Publish and subscribe: which sockets receive the events of which pubsub_token.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Notify, mpsc};

use crate::store::Broadcast;

/// All subscriptions, by pubsub_token.
#[derive(Debug, Default)]
pub struct PubSub {
    by_token: Mutex<HashMap<String, Vec<Subscription>>>,
}

/// A socket, as broadcasts see it.
#[derive(Clone, Debug)]
pub struct Subscriber {
    pub socket_id: u64,
    /// Takes the frames to be sent.
    pub queue: mpsc::Sender<Arc<str>>,
    /// Notified when the queue was full: the socket is then closed.
    pub overflow: Arc<Notify>,
}

#[derive(Debug)]
struct Subscription {
    subscriber: Subscriber,
    /// The identifier as a JSON string, spelt exactly as the client sent it.
    identifier: Arc<str>,
}

impl PubSub {
    /// `identifier` as the client sent it: the same token in another spelling is another subscription, and gets every
    /// frame once more, as recorded.
    pub fn subscribe(&self, token: &str, identifier: &str, subscriber: Subscriber) {
        let identifier: Arc<str> = json_string(identifier).into();
        let mut by_token = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        by_token.entry(token.to_owned()).or_default().push(Subscription { subscriber, identifier });
    }

    pub fn unsubscribe(&self, token: &str, identifier: &str, socket_id: u64) {
        let identifier = json_string(identifier);
        let mut by_token = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(subscriptions) = by_token.get_mut(token) {
            subscriptions.retain(|one| one.subscriber.socket_id != socket_id || *one.identifier != *identifier);
            if subscriptions.is_empty() {
                by_token.remove(token);
            }
        }
    }

    /// Puts the frame into every subscriber's queue. It never waits: a socket whose queue is full is closed.
    pub fn broadcast(&self, broadcast: &Broadcast) {
        let by_token = self.by_token.lock().unwrap_or_else(PoisonError::into_inner);
        for subscription in broadcast.tokens.iter().filter_map(|token| by_token.get(token)).flatten() {
            let frame = format!("{{\"identifier\":{},\"message\":{}}}", subscription.identifier, broadcast.message);
            if let Err(mpsc::error::TrySendError::Full(_)) = subscription.subscriber.queue.try_send(frame.into()) {
                subscription.subscriber.overflow.notify_one();
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

    fn subscriber(socket_id: u64) -> (Subscriber, mpsc::Receiver<Arc<str>>) {
        let (queue, frames) = mpsc::channel(1);
        (Subscriber { socket_id, queue, overflow: Arc::default() }, frames)
    }

    fn broadcast() -> Broadcast {
        Broadcast { tokens: vec!["t".into()], message: "{}".into() }
    }

    #[test]
    fn a_broadcast_frame_has_the_identifier_as_the_client_spelt_it() {
        let pubsub = PubSub::default();
        let (one, mut frames) = subscriber(1);
        pubsub.subscribe("t", r#"{"a": "b"}"#, one);
        pubsub.broadcast(&broadcast());
        assert_eq!(&*frames.try_recv().unwrap(), r#"{"identifier":"{\"a\": \"b\"}","message":{}}"#);
    }

    #[test]
    fn an_unsubscribed_socket_gets_no_broadcast() {
        let pubsub = PubSub::default();
        let (one, mut frames) = subscriber(1);
        pubsub.subscribe("t", "x", one);
        pubsub.unsubscribe("t", "x", 1);
        pubsub.broadcast(&broadcast());
        assert!(frames.try_recv().is_err());
        assert!(pubsub.by_token.lock().unwrap().is_empty(), "a token without subscriptions is removed");
    }

    #[tokio::test]
    async fn a_subscriber_with_a_full_queue_is_notified_and_the_broadcast_does_not_wait() {
        let pubsub = PubSub::default();
        let (slow, _frames) = subscriber(1);
        let overflow = slow.overflow.clone();
        pubsub.subscribe("t", "x", slow);
        pubsub.broadcast(&broadcast());
        pubsub.broadcast(&broadcast());
        overflow.notified().await;
    }
}
