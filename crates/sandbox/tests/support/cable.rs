//! A client of the cable for tests. It waits for frames with a deadline, and never sleeps.
#![allow(clippy::expect_used, clippy::panic, reason = "a test that can't set its scene has failed")]
#![allow(dead_code, reason = "each test binary uses the part it needs")]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Long enough for a busy machine, short enough to be noticed.
pub const DEADLINE: Duration = Duration::from_secs(20);

pub struct Cable {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Cable {
    /// Connects and waits for the welcome.
    pub async fn connect(url: &str) -> Self {
        let mut request = url.into_client_request().expect("an address");
        let protocols = "actioncable-v1-json, actioncable-unsupported".parse().expect("a header");
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocols);
        let (stream, response) = connect_async(request).await.expect("the cable connects");
        assert_eq!(response.headers()["Sec-WebSocket-Protocol"], "actioncable-v1-json");
        let mut cable = Self { stream };
        assert_eq!(cable.next().await, Some(json!({ "type": "welcome" })));
        cable
    }

    /// Connects and subscribes as a contact.
    pub async fn subscribed(url: &str, pubsub_token: &str) -> Self {
        let mut cable = Self::connect(url).await;
        cable.subscribe(&json!({ "channel": "RoomChannel", "pubsub_token": pubsub_token }).to_string()).await;
        cable
    }

    pub async fn subscribe(&mut self, identifier: &str) {
        self.send(&json!({ "command": "subscribe", "identifier": identifier }).to_string()).await;
        self.until(|frame| frame["type"] == "confirm_subscription" && frame["identifier"] == identifier).await;
    }

    pub async fn send(&mut self, text: &str) {
        self.stream.send(Message::text(text)).await.expect("the cable takes a frame");
    }

    /// The next frame that is no ping; `None` when the connection has ended.
    pub async fn next(&mut self) -> Option<Value> {
        loop {
            let received =
                tokio::time::timeout(DEADLINE, self.stream.next()).await.expect("a frame within the deadline");
            match received {
                Some(Ok(Message::Text(text))) => {
                    let frame: Value = serde_json::from_str(text.as_str()).expect("a frame is JSON");
                    if frame["type"] != "ping" {
                        return Some(frame);
                    }
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Binary(_) | Message::Frame(_))) => panic!("a frame that is no text"),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
            }
        }
    }

    /// Waits for the connection's end, which must have no close frame.
    pub async fn ends_without_close_frame(&mut self) {
        loop {
            match tokio::time::timeout(DEADLINE, self.stream.next()).await.expect("an end within the deadline") {
                Some(Ok(Message::Close(_))) => panic!("a close frame came"),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return,
            }
        }
    }

    /// The next ping's time.
    pub async fn next_ping(&mut self) -> i64 {
        loop {
            let received =
                tokio::time::timeout(DEADLINE, self.stream.next()).await.expect("a ping within the deadline");
            let Some(Ok(Message::Text(text))) = received else { panic!("the connection ended") };
            let frame: Value = serde_json::from_str(text.as_str()).expect("a frame is JSON");
            if frame["type"] == "ping" {
                return frame["message"].as_i64().expect("a ping says the time");
            }
        }
    }

    /// The next frame; `None` if a ping comes first.
    pub async fn next_before_ping(&mut self) -> Option<Value> {
        loop {
            let received =
                tokio::time::timeout(DEADLINE, self.stream.next()).await.expect("a frame within the deadline");
            if let Some(Ok(Message::Text(text))) = received {
                let frame: Value = serde_json::from_str(text.as_str()).expect("a frame is JSON");
                return (frame["type"] != "ping").then_some(frame);
            }
        }
    }

    /// Skips frames up to the first that fits.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let frame = self.next().await.expect("the cable is connected");
            if fits(&frame) {
                return frame;
            }
        }
    }

    /// The data of the next event of this name.
    pub async fn event(&mut self, name: &str) -> Value {
        self.until(|frame| frame["message"]["event"] == name).await["message"]["data"].clone()
    }

    /// All events up to the next of this name, with their data: for a test that another did not come.
    pub async fn events_until(&mut self, name: &str) -> Vec<(String, Value)> {
        let mut events = Vec::new();
        loop {
            let frame = self.next().await.expect("the cable is connected");
            let Some(event) = frame["message"]["event"].as_str() else { continue };
            events.push((event.to_owned(), frame["message"]["data"].clone()));
            if event == name {
                return events;
            }
        }
    }
}
