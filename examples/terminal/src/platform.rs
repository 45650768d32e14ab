//! The platform: performs the client's effects with reqwest and tokio-tungstenite, and keeps its records in a file.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use futures_util::{SinkExt, StreamExt};
use natter_core::chatwoot::{Body, HttpRequest, Method};
use natter_core::event::{ConnectionEvent, StorageEvent};
use natter_core::rng::Seed;
use natter_core::time::{Due, Mono, Now, Wall};
use natter_core::visitor::generation;
use natter_core::{Effect, Event, Outcome, RequestId, SocketEvent, SocketId};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::http::header::SEC_WEBSOCKET_PROTOCOL;

/// What a browser does for the widget, a process does for the terminal.
pub struct Platform {
    begun: Instant,
    http: reqwest::Client,
    report: UnboundedSender<Event>,
    requests: BTreeMap<RequestId, AbortHandle>,
    sockets: BTreeMap<SocketId, (UnboundedSender<String>, AbortHandle)>,
    records: BTreeMap<String, String>,
    /// Where the records are kept; `None` to forget them with the process.
    file: Option<PathBuf>,
}

/// Two independent streams of random numbers, from the system.
pub fn seed() -> Result<Seed, String> {
    let mut numbers = [0_u64; 8];
    for number in &mut numbers {
        *number = getrandom::u64().map_err(|error| format!("The system gives no random numbers: {error}."))?;
    }
    let [a, b, c, d, e, f, g, h] = numbers;
    Ok(Seed { identity: [a, b, c, d], general: [e, f, g, h] })
}

impl Platform {
    /// Reads the records of an earlier run, if there is a file of them.
    pub fn new(file: Option<PathBuf>, report: UnboundedSender<Event>) -> Result<Self, String> {
        let records = match &file {
            Some(path) if path.exists() => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
                serde_json::from_str(&text).map_err(|error| format!("{} holds no records: {error}.", path.display()))?
            }
            Some(_) | None => BTreeMap::new(),
        };
        let (begun, http) = (Instant::now(), reqwest::Client::new());
        Ok(Self { begun, http, report, requests: BTreeMap::new(), sockets: BTreeMap::new(), records, file })
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Now { mono: Mono(milliseconds(self.begun.elapsed())), wall: Wall(milliseconds(wall)) }
    }

    /// Ends at the deadline; never where there is none.
    pub async fn wait_until(&self, due: Option<Due>) {
        match due {
            Some(due) => tokio::time::sleep_until((self.begun + Duration::from_millis(due.at.0)).into()).await,
            None => std::future::pending().await,
        }
    }

    /// The device's records.
    pub fn records(&self) -> Vec<(String, String)> {
        self.records.clone().into_iter().collect()
    }

    /// Performs one effect.
    pub fn perform(&mut self, effect: Effect) {
        match effect {
            Effect::SendRequest { id, request } => {
                let (http, report) = (self.http.clone(), self.report.clone());
                let task = tokio::spawn(async move {
                    let outcome = send(&http, request).await;
                    _ = report.send(Event::Connection(ConnectionEvent::RequestEnded { request: id, outcome }));
                });
                self.requests.retain(|_, request| !request.is_finished());
                self.requests.insert(id, task.abort_handle());
            }
            Effect::AbortRequest { id } => {
                if let Some(request) = self.requests.remove(&id) {
                    request.abort();
                }
            }
            Effect::Probe { url } => {
                let (http, report) = (self.http.clone(), self.report.clone());
                tokio::spawn(async move {
                    let is_reachable = http.get(url).send().await.is_ok();
                    _ = report.send(Event::Connection(ConnectionEvent::ProbeEnded { is_reachable }));
                });
            }
            Effect::OpenSocket { socket, url } => {
                let (sender, frames) = unbounded_channel();
                let task = tokio::spawn(run_socket(socket, url, frames, self.report.clone()));
                self.sockets.insert(socket, (sender, task.abort_handle()));
            }
            Effect::Transmit { socket, text } => {
                if let Some((sender, _)) = self.sockets.get(&socket) {
                    _ = sender.send(text);
                }
            }
            Effect::CloseSocket { socket } => {
                if let Some((_, task)) = self.sockets.remove(&socket) {
                    task.abort();
                }
            }
            Effect::Save { key, value } => {
                self.records.insert(key, value);
                self.write_records();
            }
            Effect::Delete { key } => {
                self.records.remove(&key);
                self.write_records();
            }
            Effect::EraseDevice { generation, .. } => {
                self.records = [(generation::KEY.to_owned(), generation.to_string())].into();
                self.write_records();
            }
            // Nothing here picks files, asks for another program's windows, or shows working hours.
            Effect::StoreFiles { message, .. } => {
                _ = self.report.send(Event::Storage(StorageEvent::FilesMissing { message }));
            }
            Effect::DeleteFiles { .. } | Effect::Tabs(_) | Effect::LookUpTimeZone { .. } | Effect::Host(_) => {}
        }
    }

    fn write_records(&self) {
        let Some(file) = &self.file else { return };
        let text = serde_json::to_string_pretty(&self.records).unwrap_or_default();
        // Whole or not at all: a process that is killed between the two leaves the former records.
        let new = file.with_extension("new");
        if std::fs::write(&new, text).and_then(|()| std::fs::rename(&new, file)).is_err() {
            _ = self.report.send(Event::Storage(StorageEvent::WriteFailed));
        }
    }
}

/// Makes a request.
async fn send(http: &reqwest::Client, request: HttpRequest) -> Outcome {
    let method = match request.method {
        Method::Get | Method::Probe => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Patch => reqwest::Method::PATCH,
    };
    let mut http = http.request(method, request.url);
    match request.body {
        Body::None => {}
        Body::Json(text) => http = http.header(CONTENT_TYPE, "application/json").body(text),
        Body::Form(..) => return Outcome::FilesMissing,
    }
    let response = match http.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => return Outcome::NotSent,
        Err(_) => return Outcome::Unknown,
    };
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    match response.text().await {
        Ok(body) => Outcome::answered(status, body, retry_after.as_deref()),
        Err(_) => Outcome::Unknown,
    }
}

/// A WebSocket for as long as it is open, with Action Cable's sub-protocol.
async fn run_socket(
    socket: SocketId,
    url: String,
    mut frames: UnboundedReceiver<String>,
    report: UnboundedSender<Event>,
) {
    let happened = |event| Event::Connection(ConnectionEvent::Socket { socket, event });
    if let Ok(mut request) = url.into_client_request() {
        let protocol = HeaderValue::from_static("actioncable-v1-json");
        request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, protocol);
        if let Ok((mut stream, _)) = connect_async(request).await {
            loop {
                tokio::select! {
                    received = stream.next() => match received {
                        Some(Ok(Message::Text(text))) => {
                            _ = report.send(happened(SocketEvent::Frame(text.to_string())));
                        }
                        Some(Ok(Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    },
                    Some(text) = frames.recv() => {
                        if stream.send(Message::text(text)).await.is_err() {
                            break;
                        }
                    }
                }
            }
        }
    }
    _ = report.send(happened(SocketEvent::Closed));
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
