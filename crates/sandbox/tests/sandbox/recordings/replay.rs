//! Replays a recording step by step, and compares all that comes back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::callbacks::Receiver;
use super::pattern::Names;
use crate::multipart::{CONTENT_TYPE, Multipart};
use crate::sandbox::Sandbox;

/// For how long frames and webhooks of a step are waited for; only failing tests wait so long.
const DEADLINE: Duration = Duration::from_secs(15);
/// For how long steps that need presence to expire (20 s) are repeated.
const PATIENCE: Duration = Duration::from_secs(45);
const ORIGIN: &str = "http://127.0.0.1:8080";

pub async fn replay(fixture: &str) {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let mut replay = Replay::start(&fixture).await;
    for step in fixture["steps"].as_array().unwrap() {
        replay.run_step(step).await;
    }
    replay.end().await;
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Replay {
    sandbox: Sandbox,
    _folder: tempfile::TempDir,
    receiver: Receiver,
    names: Names,
    http: reqwest::Client,
    sockets: BTreeMap<String, SplitSink<Socket, Message>>,
    received: mpsc::UnboundedReceiver<(String, Received)>,
    sender: mpsc::UnboundedSender<(String, Received)>,
    /// Frames and webhooks that no step has expected yet.
    unexpected: Vec<Arrival>,
    problems: Vec<String>,
}

enum Received {
    Frame(Value),
    Ping,
    Pong(Vec<u8>),
}

/// A frame on a connection, or a webhook at a path.
#[derive(Clone, Debug)]
struct Arrival {
    at: String,
    value: Value,
}

impl Replay {
    async fn start(fixture: &Value) -> Self {
        let receiver = Receiver::start().await;
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("recorded.toml");
        let text = include_str!("../../fixtures/recorded.toml");
        std::fs::write(&config, text.replace("127.0.0.1:3999", &receiver.address.to_string())).unwrap();
        let files = folder.path().join("files");
        let sandbox = Sandbox::start_with(&[
            "--memory",
            "--chatwoot",
            "4.0",
            "--config",
            config.to_str().unwrap(),
            "--files",
            files.to_str().unwrap(),
        ]);
        let mut names = Names::default();
        names.set("base", sandbox.base_url.clone().into());
        names.set("callbacks", format!("http://{}", receiver.address).into());
        let (sender, received) = mpsc::unbounded_channel();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut replay = Self {
            sandbox,
            _folder: folder,
            receiver,
            names,
            http,
            sockets: BTreeMap::new(),
            received,
            sender,
            unexpected: Vec::new(),
            problems: Vec::new(),
        };
        if fixture["agent_here"] == true {
            replay.bring_agent_online().await;
        }
        replay
    }

    /// Brings the agent online, as at the beginning of the recording.
    async fn bring_agent_online(&mut self) {
        let identifier = json!({
            "channel": "RoomChannel", "pubsub_token": "awtD2sduBTSAHbGKPYPH3Vb7", "account_id": 1, "user_id": 2
        });
        let mut cable = crate::cable_client::Cable::connect(&self.sandbox.cable_url()).await;
        cable.subscribe(&identifier.to_string()).await;
        cable.event("presence.update").await;
    }

    async fn run_step(&mut self, step: &Value) {
        let title = step["call"]["label"].as_str().map_or_else(|| step.to_string(), str::to_owned);
        let answer = step["called_back"][0]["answer"].as_u64().unwrap_or(200);
        self.receiver.answer_with(u16::try_from(answer).unwrap());
        let until = Instant::now() + PATIENCE;
        loop {
            let mut names = self.names.clone();
            let done = self.perform(step, &mut names).await;
            let followed = match done {
                Ok(()) => self.await_expected(step, &mut names).await,
                Err(problem) => Err(problem),
            };
            match followed {
                Ok(()) => {
                    self.names = names;
                    return;
                }
                Err(_) if step["patient"] == true && Instant::now() < until => {
                    self.unexpected.clear();
                    self.await_ping().await;
                }
                Err(problem) => {
                    self.names = names;
                    self.problems.push(format!("{title}\n    {problem}"));
                    return;
                }
            }
        }
    }

    async fn perform(&mut self, step: &Value, names: &mut Names) -> Result<(), String> {
        if step.get("call").is_some() {
            return self.call(&step["call"], &step["answer"], names).await;
        }
        if let Some(name) = step["connect"].as_str() {
            return self.connect(name, step).await;
        }
        let (name, message) = if let Some(name) = step["send"].as_str() {
            (name, Message::text(names.fill(step["text"].as_str().unwrap())))
        } else if let Some(name) = step["ping"].as_str() {
            (name, Message::Ping(step["payload"].as_str().unwrap().to_owned().into()))
        } else if let Some(name) = step["binary"].as_str() {
            (name, Message::Binary(vec![0, 1, 2].into()))
        } else {
            let name = step["close"].as_str().unwrap();
            let mut socket = self.sockets.remove(name).ok_or("no such socket")?;
            return socket.close().await.map_err(|error| error.to_string());
        };
        self.sockets.get_mut(name).ok_or("no such socket")?.send(message).await.map_err(|error| error.to_string())?;
        if let Some(payload) = step["payload"].as_str() {
            return self.await_pong(name, payload).await;
        }
        Ok(())
    }

    async fn call(&self, call: &Value, answer: &Value, names: &mut Names) -> Result<(), String> {
        let path = names.fill(call["path"].as_str().unwrap());
        let url = if path.starts_with("http") { path } else { format!("{}{path}", self.sandbox.base_url) };
        let mut headers = HeaderMap::new();
        if call["without_origin"] != true && call["path"].as_str().unwrap().starts_with("/public") {
            headers.insert("origin", HeaderValue::from_static(ORIGIN));
        }
        for (name, value) in call["headers"].as_object().into_iter().flatten() {
            let value = names.fill(value.as_str().unwrap());
            headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        let mut request = self.http.request(call["method"].as_str().unwrap().parse().unwrap(), url);
        if let Some(body) = call.get("json") {
            request = request.json(&names.fill_tree(body));
        } else if let Some(text) = call["text"].as_str() {
            request = request.body(text.to_owned());
        } else if let Some(bytes) = call["hex"].as_str() {
            request = request.body(hex::decode(bytes).unwrap());
        } else if let Some(parts) = call["multipart"].as_array() {
            headers.insert("content-type", HeaderValue::from_static(CONTENT_TYPE));
            request = request.body(multipart(parts));
        }
        let response = request.headers(headers).send().await.map_err(|error| error.to_string())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if u64::from(status) != answer["status"].as_u64().unwrap() {
            return Err(format!("recorded status {}, came {status}: {text}", answer["status"]));
        }
        let is_json =
            answer["bare"] == true || answer["type"].as_str().is_some_and(|kind| kind.starts_with("application/json"));
        let body = if is_json && !text.is_empty() {
            serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?
        } else {
            Value::from(text)
        };
        let same = if answer["more"] == true {
            names.unify_at_least(&answer["body"], &body)
        } else {
            names.unify(&answer["body"], &body)
        };
        if let Some(location) = answer.get("location") {
            let came = headers.get("location").and_then(|value| value.to_str().ok());
            names.unify(location, &came.into())?;
        }
        if answer["bare"] == true { same } else { check_headers(answer, &headers).and(same) }
    }

    async fn connect(&mut self, name: &str, step: &Value) -> Result<(), String> {
        let url = format!("{}{}", self.sandbox.base_url.replace("http://", "ws://"), step["path"].as_str().unwrap());
        let mut request = url.into_client_request().unwrap();
        for (header, key) in [("sec-websocket-protocol", "protocols"), ("origin", "origin")] {
            if let Some(value) = step[key].as_str() {
                request.headers_mut().insert(header, value.parse().unwrap());
            }
        }
        match (connect_async(request).await, step["refused"].as_u64()) {
            (Ok((socket, response)), None) => {
                let protocol = response.headers().get("sec-websocket-protocol").map(|value| value.to_str().unwrap());
                if protocol != step["protocol"].as_str() {
                    return Err(format!("recorded protocol {}, came {protocol:?}", step["protocol"]));
                }
                let (sink, stream) = socket.split();
                self.sockets.insert(name.to_owned(), sink);
                tokio::spawn(listen(name.to_owned(), stream, self.sender.clone()));
                Ok(())
            }
            (Err(Error::Http(response)), Some(status)) if u64::from(response.status().as_u16()) == status => Ok(()),
            (Err(error), _) => Err(error.to_string()),
            (Ok(_), Some(status)) => Err(format!("recorded {status}, came a socket")),
        }
    }

    /// Waits for the next ping, which paces repeated steps.
    async fn await_ping(&mut self) {
        while let Ok(Some((at, received))) = tokio::time::timeout(DEADLINE, self.received.recv()).await {
            match received {
                Received::Ping => return,
                Received::Frame(value) => self.unexpected.push(Arrival { at, value }),
                Received::Pong(_) => {}
            }
        }
        panic!("no ping came");
    }

    async fn await_pong(&mut self, name: &str, payload: &str) -> Result<(), String> {
        loop {
            match tokio::time::timeout(DEADLINE, self.received.recv()).await {
                Ok(Some((at, Received::Pong(came)))) if at == name && came == payload.as_bytes() => return Ok(()),
                Ok(Some((at, Received::Frame(value)))) => self.unexpected.push(Arrival { at, value }),
                Ok(Some((_, Received::Ping | Received::Pong(_)))) => {}
                Ok(None) | Err(_) => return Err("no pong came".into()),
            }
        }
    }

    /// Waits for all frames and webhooks of the step.
    async fn await_expected(&mut self, step: &Value, names: &mut Names) -> Result<(), String> {
        let mut missing = expected(step);
        let until = tokio::time::Instant::now() + DEADLINE;
        let mut nearest = BTreeMap::new();
        self.unexpected.retain(|came| !match_expected(&mut missing, came, names, &mut nearest));
        while !missing.is_empty() {
            let came = tokio::select! {
                received = self.received.recv() => match received {
                    Some((at, Received::Frame(value))) => Arrival { at, value },
                    Some((_, Received::Ping | Received::Pong(_))) => continue,
                    None => return Err("all sockets are closed".into()),
                },
                Some((at, value)) = self.receiver.came.recv() => Arrival { at, value },
                () = tokio::time::sleep_until(until) => {
                    let missing: Vec<_> = missing.iter().map(|one| format!("{}: {}", one.at, title(&one.value))).collect();
                    return Err(format!("did not come: {missing:?}\n    nearest: {nearest:#?}"));
                }
            };
            if !match_expected(&mut missing, &came, names, &mut nearest) {
                self.unexpected.push(came);
            }
            if step["patient"] == true && !missing.is_empty() {
                return Err("not yet".into());
            }
        }
        Ok(())
    }

    /// Waits for a further ping on each socket, after which nothing of the steps can come; nothing may be left over.
    async fn end(mut self) {
        let mut waiting: Vec<String> = self.sockets.keys().cloned().collect();
        while !waiting.is_empty() {
            match tokio::time::timeout(DEADLINE, self.received.recv()).await {
                Ok(Some((at, Received::Ping))) => waiting.retain(|name| *name != at),
                Ok(Some((at, Received::Frame(value)))) => self.unexpected.push(Arrival { at, value }),
                Ok(Some((_, Received::Pong(_)))) => {}
                Ok(None) | Err(_) => panic!("no ping came on {waiting:?}"),
            }
        }
        while let Ok((at, value)) = self.receiver.came.try_recv() {
            self.unexpected.push(Arrival { at, value });
        }
        for came in &self.unexpected {
            self.problems.push(format!("left over at {}: {}", came.at, came.value));
        }
        assert!(self.problems.is_empty(), "\n{}", self.problems.join("\n"));
    }
}

fn expected(step: &Value) -> Vec<Arrival> {
    let mut expected = Vec::new();
    for hears in step["hears"].as_array().into_iter().flatten() {
        let value = match hears.get("frame") {
            Some(frame) => frame.clone(),
            None => json!({ "identifier": "⟨string⟩", "message": { "event": hears["event"], "data": hears["data"] } }),
        };
        expected.push(Arrival { at: hears["on"].as_str().unwrap().to_owned(), value });
    }
    for callback in step["called_back"].as_array().into_iter().flatten() {
        expected.push(Arrival { at: callback["path"].as_str().unwrap().to_owned(), value: callback["body"].clone() });
    }
    expected
}

/// Removes the first expectation that matches.
fn match_expected(
    missing: &mut Vec<Arrival>,
    came: &Arrival,
    names: &mut Names,
    nearest: &mut BTreeMap<String, String>,
) -> bool {
    for (index, one) in missing.iter().enumerate() {
        if one.at != came.at || title(&one.value) != title(&came.value) {
            continue;
        }
        let mut learnt = names.clone();
        match learnt.unify(&one.value, &came.value) {
            Ok(()) => {
                *names = learnt;
                missing.remove(index);
                return true;
            }
            Err(problem) => drop(nearest.insert(format!("{}: {}", one.at, title(&one.value)), problem)),
        }
    }
    false
}

/// The event name or type of a frame or webhook.
fn title(value: &Value) -> String {
    let name = [&value["message"]["event"], &value["event"], &value["type"]].into_iter().find_map(Value::as_str);
    name.unwrap_or("?").to_owned()
}

async fn listen(name: String, mut stream: SplitStream<Socket>, sender: mpsc::UnboundedSender<(String, Received)>) {
    while let Some(Ok(message)) = stream.next().await {
        let received = match message {
            Message::Text(text) => {
                let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                if frame["type"] == "ping" { Received::Ping } else { Received::Frame(frame) }
            }
            Message::Pong(payload) => Received::Pong(payload.to_vec()),
            Message::Binary(_) | Message::Ping(_) | Message::Close(_) | Message::Frame(_) => continue,
        };
        if sender.send((name.clone(), received)).is_err() {
            return;
        }
    }
}

fn check_headers(answer: &Value, headers: &HeaderMap) -> Result<(), String> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let kind = header("content-type");
    let recorded = answer["type"].as_str();
    let is_same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
    if kind.is_some() != recorded.is_some() || !kind.zip(recorded).is_none_or(|(one, other)| is_same(one, other)) {
        return Err(format!("recorded type {recorded:?}, came {kind:?}"));
    }
    let is_open = answer["open"] == true;
    let names = ["allow-origin", "allow-methods", "expose-headers", "max-age"];
    let values = is_open.then_some(["*", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "", "7200"]);
    for (index, name) in names.into_iter().enumerate() {
        let (came, wanted) = (header(&format!("access-control-{name}")), values.map(|values| values[index]));
        if came != wanted {
            return Err(format!("access-control-{name}: recorded {wanted:?}, came {came:?}"));
        }
    }
    if (answer["etag"] == true) != header("etag").is_some() {
        return Err(format!("recorded etag {}, came {:?}", answer["etag"], header("etag")));
    }
    Ok(())
}

/// A body of the recorded parts; files have the recorded length, and pictures a recorded size.
pub fn multipart(parts: &[Value]) -> Vec<u8> {
    let parts = parts.iter().fold(Multipart::default(), |body, part| {
        let name = part["name"].as_str().unwrap();
        match part["filename"].as_str() {
            Some(file_name) => body.file(name, file_name, part["content_type"].as_str(), &file_bytes(part)),
            None => body.field(name, part["value"].as_str().unwrap()),
        }
    });
    parts.into_body()
}

fn file_bytes(part: &Value) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(part["bytes"].as_u64().unwrap()).unwrap()];
    if part["content_type"] == "image/png" {
        let head = [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice(), &[0, 0, 0, 64, 0, 0, 0, 48]].concat();
        bytes[..head.len()].copy_from_slice(&head);
    }
    bytes
}
