//! A receiver of webhooks.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::Value;
use tokio::sync::mpsc;

/// A server on a port of its own. It hands on all webhooks, and answers them as a test wants.
pub struct Receiver {
    pub address: SocketAddr,
    pub came: mpsc::UnboundedReceiver<(String, Value)>,
    answer: Arc<Mutex<(String, u16)>>,
    secret: Arc<Mutex<Option<String>>>,
}

#[derive(Clone)]
struct Shared {
    came: mpsc::UnboundedSender<(String, Value)>,
    answer: Arc<Mutex<(String, u16)>>,
    secret: Arc<Mutex<Option<String>>>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (sender, came) = mpsc::unbounded_channel();
        let answer = Arc::new(Mutex::new(("/".to_owned(), 200)));
        let secret = Arc::new(Mutex::new(None));
        let shared = Shared { came: sender, answer: answer.clone(), secret: secret.clone() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(take).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, came, answer, secret }
    }

    /// The status with which webhooks are answered from now on; 0 for no response at all.
    pub fn answer_with(&self, status: u16) {
        self.answer_at("/", status);
    }

    /// The same for addresses that begin with `path`; others are answered with 200.
    pub fn answer_at(&self, path: &str, status: u16) {
        *self.answer.lock().unwrap() = (path.to_owned(), status);
    }

    /// From now on all webhooks must be signed with this secret, as a 4.16 signs them.
    pub fn check_signatures(&self, secret: &str) {
        *self.secret.lock().unwrap() = Some(secret.to_owned());
    }

    /// Waits for a message_created at an address that begins with `path`.
    pub async fn await_message(&mut self, path: &str) {
        let until = tokio::time::Instant::now() + Duration::from_secs(10);
        while let Ok(Some((at, body))) = tokio::time::timeout_at(until, self.came.recv()).await {
            if at.starts_with(path) && body["event"] == "message_created" {
                return;
            }
        }
    }
}

async fn take(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path().to_owned();
    let is_json = request.headers().get("content-type").is_some_and(|kind| kind == "application/json");
    assert!(is_json && request.headers()["accept"] == "application/json");
    let headers = request.headers().clone();
    let body: Bytes = axum::body::to_bytes(request.into_body(), 4 << 20).await.unwrap();
    if let Some(secret) = shared.secret.lock().unwrap().as_deref() {
        assert_eq!(headers["x-chatwoot-signature"], signature(secret, &headers["x-chatwoot-timestamp"], &body));
        assert_eq!(headers["x-chatwoot-delivery"].len(), 36);
    }
    let (at, answer) = shared.answer.lock().unwrap().clone();
    // The test may have ended.
    drop(shared.came.send((path.clone(), serde_json::from_slice(&body).unwrap())));
    match if path.starts_with(&at) && path != "/elsewhere" { answer } else { 200 } {
        0 => std::future::pending().await,
        302 => (StatusCode::FOUND, [("location", "/elsewhere")]).into_response(),
        status => StatusCode::from_u16(status).unwrap().into_response(),
    }
}

fn signature(secret: &str, timestamp: &HeaderValue, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    let signed = mac.chain_update(timestamp.as_bytes()).chain_update(b".").chain_update(body).finalize();
    format!("sha256={}", hex::encode(signed.into_bytes()))
}
