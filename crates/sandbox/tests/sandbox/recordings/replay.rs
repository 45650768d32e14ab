//! Doing again what was recorded.

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

/// What follows a step must have come by then; only failing tests wait so long.
const DEADLINE: Duration = Duration::from_secs(15);
/// Steps that wait for presence to expire (20 s) are tried again until then.
const PATIENCE: Duration = Duration::from_secs(45);
const ORIGIN: &str = "http://127.0.0.1:8080";

pub async fn replay(fixture: &str) {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let mut stage = Stage::set(&fixture).await;
    for step in fixture["steps"].as_array().unwrap() {
        stage.act(step).await;
    }
    stage.end().await;
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Stage {
    sandbox: Sandbox,
    _folder: tempfile::TempDir,
    receiver: Receiver,
    names: Names,
    http: reqwest::Client,
    sockets: BTreeMap<String, SplitSink<Socket, Message>>,
    heard: mpsc::UnboundedReceiver<(String, Heard)>,
    ear: mpsc::UnboundedSender<(String, Heard)>,
    /// What came before it was asked for.
    early: Vec<Came>,
    problems: Vec<String>,
}

enum Heard {
    Frame(Value),
    Ping,
    Pong(Vec<u8>),
}

/// A frame on a connection, or a callback at a path.
#[derive(Clone, Debug)]
struct Came {
    at: String,
    what: Value,
}

impl Stage {
    async fn set(fixture: &Value) -> Self {
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
        let (ear, heard) = mpsc::unbounded_channel();
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut stage = Self {
            sandbox,
            _folder: folder,
            receiver,
            names,
            http,
            sockets: BTreeMap::new(),
            heard,
            ear,
            early: Vec::new(),
            problems: Vec::new(),
        };
        if fixture["agent_here"] == true {
            stage.bring_agent().await;
        }
        stage
    }

    /// The recording began with the agent still counted as present.
    async fn bring_agent(&mut self) {
        let identifier = json!({
            "channel": "RoomChannel", "pubsub_token": "awtD2sduBTSAHbGKPYPH3Vb7", "account_id": 1, "user_id": 2
        });
        let mut cable = crate::cable_client::Cable::connect(&self.sandbox.cable_url()).await;
        cable.subscribe(&identifier.to_string()).await;
        cable.event("presence.update").await;
    }

    async fn act(&mut self, step: &Value) {
        let title = step["call"]["label"].as_str().map_or_else(|| step.to_string(), str::to_owned);
        let answer = step["called_back"][0]["answer"].as_u64().unwrap_or(200);
        self.receiver.answer_with(u16::try_from(answer).unwrap());
        let until = Instant::now() + PATIENCE;
        loop {
            let mut names = self.names.clone();
            let done = self.perform(step, &mut names).await;
            let followed = match done {
                Ok(()) => self.await_what_follows(step, &mut names).await,
                Err(problem) => Err(problem),
            };
            match followed {
                Ok(()) => {
                    self.names = names;
                    return;
                }
                Err(_) if step["patient"] == true && Instant::now() < until => {
                    self.early.clear();
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
                tokio::spawn(listen(name.to_owned(), stream, self.ear.clone()));
                Ok(())
            }
            (Err(Error::Http(response)), Some(status)) if u64::from(response.status().as_u16()) == status => Ok(()),
            (Err(error), _) => Err(error.to_string()),
            (Ok(_), Some(status)) => Err(format!("recorded {status}, came a socket")),
        }
    }

    /// The cable's beat paces steps that are tried again.
    async fn await_ping(&mut self) {
        while let Ok(Some((at, heard))) = tokio::time::timeout(DEADLINE, self.heard.recv()).await {
            match heard {
                Heard::Ping => return,
                Heard::Frame(what) => self.early.push(Came { at, what }),
                Heard::Pong(_) => {}
            }
        }
        panic!("no ping came");
    }

    async fn await_pong(&mut self, name: &str, payload: &str) -> Result<(), String> {
        loop {
            match tokio::time::timeout(DEADLINE, self.heard.recv()).await {
                Ok(Some((at, Heard::Pong(came)))) if at == name && came == payload.as_bytes() => return Ok(()),
                Ok(Some((at, Heard::Frame(what)))) => self.early.push(Came { at, what }),
                Ok(Some((_, Heard::Ping | Heard::Pong(_)))) => {}
                Ok(None) | Err(_) => return Err("no pong came".into()),
            }
        }
    }

    /// Waits for every frame and callback of the step.
    async fn await_what_follows(&mut self, step: &Value, names: &mut Names) -> Result<(), String> {
        let mut missing = expected(step);
        let until = tokio::time::Instant::now() + DEADLINE;
        let mut nearest = BTreeMap::new();
        self.early.retain(|came| !take(&mut missing, came, names, &mut nearest));
        while !missing.is_empty() {
            let came = tokio::select! {
                heard = self.heard.recv() => match heard {
                    Some((at, Heard::Frame(what))) => Came { at, what },
                    Some((_, Heard::Ping | Heard::Pong(_))) => continue,
                    None => return Err("nobody listens".into()),
                },
                Some((at, what)) = self.receiver.came.recv() => Came { at, what },
                () = tokio::time::sleep_until(until) => {
                    let missing: Vec<_> = missing.iter().map(|one| format!("{}: {}", one.at, title(&one.what))).collect();
                    return Err(format!("did not come: {missing:?}\n    nearest: {nearest:#?}"));
                }
            };
            if !take(&mut missing, &came, names, &mut nearest) {
                self.early.push(came);
            }
            if step["patient"] == true && !missing.is_empty() {
                return Err("not yet".into());
            }
        }
        Ok(())
    }

    /// After a further ping on each socket nothing more can come of what was done; nothing may be left over.
    async fn end(mut self) {
        let mut waiting: Vec<String> = self.sockets.keys().cloned().collect();
        while !waiting.is_empty() {
            match tokio::time::timeout(DEADLINE, self.heard.recv()).await {
                Ok(Some((at, Heard::Ping))) => waiting.retain(|name| *name != at),
                Ok(Some((at, Heard::Frame(what)))) => self.early.push(Came { at, what }),
                Ok(Some((_, Heard::Pong(_)))) => {}
                Ok(None) | Err(_) => panic!("no ping came on {waiting:?}"),
            }
        }
        while let Ok((at, what)) = self.receiver.came.try_recv() {
            self.early.push(Came { at, what });
        }
        for came in &self.early {
            self.problems.push(format!("left over at {}: {}", came.at, came.what));
        }
        assert!(self.problems.is_empty(), "\n{}", self.problems.join("\n"));
    }
}

fn expected(step: &Value) -> Vec<Came> {
    let mut expected = Vec::new();
    for hears in step["hears"].as_array().into_iter().flatten() {
        let what = match hears.get("frame") {
            Some(frame) => frame.clone(),
            None => json!({ "identifier": "⟨string⟩", "message": { "event": hears["event"], "data": hears["data"] } }),
        };
        expected.push(Came { at: hears["on"].as_str().unwrap().to_owned(), what });
    }
    for callback in step["called_back"].as_array().into_iter().flatten() {
        expected.push(Came { at: callback["path"].as_str().unwrap().to_owned(), what: callback["body"].clone() });
    }
    expected
}

/// Crosses the first fitting expectation off.
fn take(missing: &mut Vec<Came>, came: &Came, names: &mut Names, nearest: &mut BTreeMap<String, String>) -> bool {
    for (index, one) in missing.iter().enumerate() {
        if one.at != came.at || title(&one.what) != title(&came.what) {
            continue;
        }
        let mut learnt = names.clone();
        match learnt.unify(&one.what, &came.what) {
            Ok(()) => {
                *names = learnt;
                missing.remove(index);
                return true;
            }
            Err(problem) => drop(nearest.insert(format!("{}: {}", one.at, title(&one.what)), problem)),
        }
    }
    false
}

/// What kind of frame or callback it is.
fn title(what: &Value) -> String {
    let name = [&what["message"]["event"], &what["event"], &what["type"]].into_iter().find_map(Value::as_str);
    name.unwrap_or("?").to_owned()
}

async fn listen(name: String, mut stream: SplitStream<Socket>, ear: mpsc::UnboundedSender<(String, Heard)>) {
    while let Some(Ok(message)) = stream.next().await {
        let heard = match message {
            Message::Text(text) => {
                let frame: Value = serde_json::from_str(text.as_str()).unwrap();
                if frame["type"] == "ping" { Heard::Ping } else { Heard::Frame(frame) }
            }
            Message::Pong(payload) => Heard::Pong(payload.to_vec()),
            Message::Binary(_) | Message::Ping(_) | Message::Close(_) | Message::Frame(_) => continue,
        };
        if ear.send((name.clone(), heard)).is_err() {
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

/// A body of these parts; files have the recorded length, and a picture a recorded size.
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
