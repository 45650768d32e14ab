//! The receiver of callbacks.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use serde_json::Value;
use tokio::sync::mpsc;

/// A server on a port of its own that keeps every callback.
pub struct Receiver {
    pub address: SocketAddr,
    pub came: mpsc::UnboundedReceiver<(String, Value)>,
    answer: Arc<AtomicU16>,
}

#[derive(Clone)]
struct Shared {
    came: mpsc::UnboundedSender<(String, Value)>,
    answer: Arc<AtomicU16>,
}

impl Receiver {
    pub async fn start() -> Self {
        let (sender, came) = mpsc::unbounded_channel();
        let answer = Arc::new(AtomicU16::new(200));
        let shared = Shared { came: sender, answer: answer.clone() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = Router::new().fallback(take).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { address, came, answer }
    }

    /// What the next callbacks are answered; 0: nothing at all.
    pub fn answer_with(&self, status: u16) {
        self.answer.store(status, Ordering::SeqCst);
    }
}

async fn take(State(shared): State<Shared>, request: Request) -> StatusCode {
    let path = request.uri().path().to_owned();
    let is_json = request.headers().get("content-type").is_some_and(|kind| kind == "application/json");
    assert!(is_json && request.headers()["accept"] == "application/json");
    let body: Bytes = axum::body::to_bytes(request.into_body(), 4 << 20).await.unwrap();
    // The test may be over already.
    drop(shared.came.send((path, serde_json::from_slice(&body).unwrap())));
    match shared.answer.load(Ordering::SeqCst) {
        0 => std::future::pending().await,
        status => StatusCode::from_u16(status).unwrap(),
    }
}
