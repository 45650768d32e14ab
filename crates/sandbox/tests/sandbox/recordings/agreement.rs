//! How far the sandbox agrees with each Chatwoot that was recorded: every request is made again, and its answer must
//! have the recorded status, the recorded keys and values of the recorded JSON types.
//!
//! The strict replays beside this compare values, frames and callbacks too, of some recordings of 4.0.4; this counts all
//! recordings of both. In a fixture `shapes` holds each object once, `shape` names one by its number, `learn` keeps a
//! value of the answer under a name for later requests. `frames` counts the events that came to each socket, `posted` the
//! callbacks, over a whole recording: within one, their order is no more certain at a real server than here, but for the
//! one rule that a change of status is told before the conversation that has it. A step without `say` was made while recording but not written
//! down, and isn't counted. `left_out` tells what isn't made again, and why.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::callbacks::Receiver;
use super::pattern::Names;
use super::replay::multipart;
use crate::multipart::CONTENT_TYPE;
use crate::sandbox::Sandbox;

macro_rules! recordings {
    ($age:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../fixtures/recordings/", $age, "/", $name, ".json")))),*]
    };
}

/// What was recorded of both, and what besides.
macro_rules! recordings_of_both_and {
    ($age:literal: $($more:literal)*) => {
        recordings! { $age:
            "01-inbox-show"
            "02-contacts"
            "03-hmac-optional"
            "04-hmac-mandatory"
            "05-conversations"
            "06-typing-and-last-seen"
            "07-messages"
            "08-attachments"
            "09-paging"
            "10-bad-requests"
            "11-cable-basics"
            "12-presence"
            "13-agent-messages"
            "14-status"
            "15-interactive"
            "16-csat-and-greeting"
            "17-out-of-office"
            "18-single-conversation"
            "19-broken-webhook"
            "19b-webhook-500-and-slow"
            "20-hmac-two-devices"
            "21-flood-limit"
            "22-agent-api"
            "23-agent-bot"
            "24-rack-attack"
            "25-server-restart"
            "26-order-and-burst"
            $($more)*
        }
    };
}

const V4_0: &[(&str, &str)] = recordings_of_both_and! { "4.0": };

const V4_16: &[(&str, &str)] = recordings_of_both_and! { "4.16":
    "30-csat-config"
    "31-verified-conversations-list"
    "32-voice-call"
    "33-bot-assignee"
    "34-late-attachment"
    "35-deleted-conversation"
    "36-presence"
    "37-typing-and-last-seen"
    "38-callback-headers"
    "39-not-public-callback"
};

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_agrees_with_4_0() {
    let seed = include_str!("../../fixtures/recorded.toml");
    agree("4.0", seed, "127.0.0.1:3999", V4_0, 405, 0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sandbox_agrees_with_4_16() {
    let seed = include_str!("../../fixtures/recorded-4.16.toml");
    agree("4.16", seed, "127.0.0.1:4999", V4_16, 602, HEARD_4_16).await;
}

/// Of the kinds of frames and callbacks. The rest are the real server's background jobs, whose work it tells once, twice
/// or never: the assignment of old conversations, and with it whether an assignee's notifications come.
const HEARD_4_16: usize = 215;

/// What is read again until it agrees (a survey comes by a job) has this long.
const PATIENCE: Duration = Duration::from_secs(2);
/// Where a callback is answered late or badly, the server waits for it first.
const PATIENCE_WITH_CALLBACKS: Duration = Duration::from_secs(12);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Tally {
    agreed: usize,
    differed: Vec<String>,
    left_out: BTreeMap<String, usize>,
    /// The same of what came to sockets and callback addresses, by kind.
    heard: usize,
    misheard: Vec<String>,
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
async fn agree(
    age: &'static str,
    seed: &str,
    callbacks: &str,
    fixtures: &'static [(&str, &str)],
    at_least: usize,
    heard_at_least: usize,
) {
    let running: Vec<_> = fixtures
        .iter()
        .map(|(name, fixture)| {
            let (seed, callbacks) = (seed.to_owned(), callbacks.to_owned());
            tokio::spawn(async move { scenario(age, name, fixture, &seed, &callbacks).await })
        })
        .collect();
    let mut whole = Tally::default();
    for tally in running {
        let tally = tally.await.unwrap();
        whole.agreed += tally.agreed;
        whole.differed.extend(tally.differed);
        whole.heard += tally.heard;
        whole.misheard.extend(tally.misheard);
        for (why, count) in tally.left_out {
            *whole.left_out.entry(why).or_default() += count;
        }
    }
    let tried = whole.agreed + whole.differed.len();
    println!("Chatwoot {age}: {} of {tried} steps agree", whole.agreed);
    for step in &whole.differed {
        println!("  differs: {step}");
    }
    for (why, count) in &whole.left_out {
        println!("  left out: {count}, {why}");
    }
    println!("  {} of {} kinds of frames and callbacks agree", whole.heard, whole.heard + whole.misheard.len());
    for kind in &whole.misheard {
        println!("  differs: {kind}");
    }
    assert!(whole.heard >= heard_at_least, "{} kinds of frames and callbacks, at least {heard_at_least}", whole.heard);
    assert!(whole.agreed >= at_least, "{} of {tried}, at least {at_least}", whole.agreed);
}

async fn scenario(age: &str, scenario: &str, fixture: &str, seed: &str, callbacks: &str) -> Tally {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let mut tally = Tally::default();
    for step in fixture["left_out"].as_array().unwrap() {
        *tally.left_out.entry(step["why"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let mut receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("recorded.toml");
    std::fs::write(&config, seed.replace(callbacks, &receiver.address.to_string())).unwrap();
    let files = folder.path().join("files");
    let (config, files) = (config.to_str().unwrap(), files.to_str().unwrap());
    let arguments = ["--memory", "--chatwoot", age, "--config", config, "--files", files];
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut names = Names::default();
    names.set("callbacks", format!("http://{}", receiver.address).into());
    let sandbox = Sandbox::start_with(&arguments);
    let steps = fixture["steps"].as_array().unwrap();
    let has_bad_callbacks = steps.iter().any(|step| step.get("callbacks").is_some());
    let patience = if has_bad_callbacks { PATIENCE_WITH_CALLBACKS } else { PATIENCE };
    let (sockets, shapes) = (BTreeMap::new(), fixture["shapes"].clone());
    let mut stage = Stage { sandbox, http, names, sockets, frames: Arc::default(), shapes, patience };
    for step in steps {
        let bad = step["callbacks"].as_object().and_then(|answers| answers.iter().next());
        if let Some((path, answer)) = bad {
            receiver.answer_at(path, u16::try_from(answer.as_u64().unwrap()).unwrap());
        }
        let done = stage.perform(step).await;
        if let Some((path, _)) = bad {
            receiver.await_message(path).await;
        }
        match (step["say"].as_str(), done) {
            (Some(_), Ok(())) => tally.agreed += 1,
            (Some(say), Err(problem)) => tally.differed.push(format!("{scenario}: {say}: {problem}")),
            // What a set-up lacks shows in the steps that need it.
            (None, _) => {}
        }
    }
    let wanted = heard(&fixture);
    let until = Instant::now() + stage.patience;
    let mut came = BTreeMap::new();
    loop {
        while let Ok((_, callback)) = receiver.came.try_recv() {
            *came.entry(("callbacks".to_owned(), callback["event"].as_str().unwrap().to_owned())).or_default() += 1;
        }
        let all: Counts = came.clone().into_iter().chain(stage.frames.lock().unwrap().counts.clone()).collect();
        if all == wanted || Instant::now() >= until {
            for kind in wanted.keys().chain(all.keys().filter(|kind| !wanted.contains_key(*kind))) {
                let of = |counts: &Counts| counts.get(kind).copied().unwrap_or_default();
                // A socket that was not written down, or a recording without callbacks.
                let is_recorded = wanted.keys().any(|(place, _)| *place == kind.0);
                match (of(&wanted), of(&all)) {
                    _ if !is_recorded => {}
                    (recorded, came) if recorded == came => tally.heard += 1,
                    (recorded, came) => {
                        tally
                            .misheard
                            .push(format!("{scenario}: {} {}: recorded {recorded}, came {came}", kind.0, kind.1));
                    }
                }
            }
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let disordered = stage.frames.lock().unwrap().disordered.clone();
    assert_eq!(disordered, Vec::<String>::new(), "{scenario}: a conversation with a status that was not told of");
    tally
}

/// How often what was told, by socket, or "callbacks", and event.
type Counts = BTreeMap<(String, String), u64>;

fn heard(fixture: &Value) -> Counts {
    let of = |place: &str, events: &Value| -> Vec<((String, String), u64)> {
        let count = |(event, count): (&String, &Value)| ((place.to_owned(), event.clone()), count.as_u64().unwrap());
        events.as_object().into_iter().flatten().map(count).collect()
    };
    let frames = fixture["frames"].as_object().into_iter().flatten().flat_map(|(socket, events)| of(socket, events));
    frames.chain(of("callbacks", &fixture["posted"])).collect()
}

/// What sockets were told.
#[derive(Default)]
struct Frames {
    counts: Counts,
    /// By socket and conversation.
    statuses: BTreeMap<(String, u64), String>,
    /// Conversations that came with another status than was told last.
    disordered: Vec<String>,
}

impl Frames {
    fn take(&mut self, socket: &str, frame: &Value) {
        let Some(event) = frame["message"]["event"].as_str().filter(|event| *event != "presence.update") else {
            return;
        };
        *self.counts.entry((socket.to_owned(), event.to_owned())).or_default() += 1;
        let data = &frame["message"]["data"];
        let Some((id, status)) = data["id"].as_u64().zip(data["status"].as_str()) else { return };
        let place = (socket.to_owned(), id);
        match event {
            "conversation.created" | "conversation.status_changed" => {
                self.statuses.insert(place, status.to_owned());
            }
            "conversation.updated" if self.statuses.get(&place).is_some_and(|told| told != status) => {
                self.disordered.push(format!("{socket}: {id} is {status}"));
            }
            _ => {}
        }
    }
}

/// Reads a socket to its end.
async fn listen(
    name: String,
    mut stream: SplitStream<Socket>,
    frames: Arc<Mutex<Frames>>,
    is_present: watch::Sender<bool>,
) {
    while let Some(Ok(message)) = stream.next().await {
        let Message::Text(text) = message else { continue };
        let Ok(frame) = serde_json::from_str::<Value>(text.as_str()) else { continue };
        frames.lock().unwrap().take(&name, &frame);
        if frame["message"]["event"] == "presence.update" {
            is_present.send_replace(true);
        }
    }
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

struct Stage {
    sandbox: Sandbox,
    http: reqwest::Client,
    names: Names,
    /// What they are written to by, and whether anybody's presence came yet.
    sockets: BTreeMap<String, (SplitSink<Socket, Message>, watch::Receiver<bool>)>,
    frames: Arc<Mutex<Frames>>,
    shapes: Value,
    patience: Duration,
}

impl Stage {
    async fn perform(&mut self, step: &Value) -> Result<(), String> {
        if step.get("call").is_some() {
            return self.call(step).await;
        }
        if let Some(name) = step["find"].as_str() {
            return self.find(name, step).await;
        }
        if let Some(name) = step["open"].as_str() {
            let mut request = self.sandbox.cable_url().into_client_request().unwrap();
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static("actioncable-v1-json"));
            let (socket, _) = connect_async(request).await.map_err(|error| error.to_string())?;
            let (sink, stream) = socket.split();
            let (sender, is_present) = watch::channel(false);
            tokio::spawn(listen(name.to_owned(), stream, Arc::clone(&self.frames), sender));
            self.sockets.insert(name.to_owned(), (sink, is_present));
        } else if let Some(name) = step["send"].as_str() {
            let text = self.names.fill(step["text"].as_str().unwrap());
            let (socket, is_present) = self.sockets.get_mut(name).ok_or("no such socket")?;
            socket.send(Message::text(text)).await.map_err(|error| error.to_string())?;
            // Presence follows the confirmation; a request made after it finds them here.
            if step["confirmed"] == true {
                let came = tokio::time::timeout(self.patience, is_present.wait_for(|is_so| *is_so)).await;
                drop(came.ok().and_then(Result::ok).ok_or("no confirmation came")?);
            }
        } else if let Some(name) = step["close"].as_str() {
            drop(self.sockets.remove(name));
        }
        Ok(())
    }

    async fn call(&mut self, step: &Value) -> Result<(), String> {
        for _ in 1..step["times"].as_u64().unwrap_or(1) {
            self.once(step).await?;
        }
        let until = Instant::now() + self.patience;
        let is_reading = step["call"].as_str().unwrap().starts_with("GET ");
        loop {
            match self.once(step).await {
                Err(_) if is_reading && Instant::now() < until => tokio::time::sleep(PAUSE).await,
                done => return done,
            }
        }
    }

    async fn once(&mut self, step: &Value) -> Result<(), String> {
        let call = self.names.fill(step["call"].as_str().unwrap());
        let (method, path) = call.split_once(' ').unwrap();
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.sandbox.base_url) };
        let mut headers = HeaderMap::new();
        if path.starts_with("/public") {
            headers.insert("origin", HeaderValue::from_static("http://127.0.0.1:8080"));
        }
        for (name, value) in step["headers"].as_object().into_iter().flatten() {
            let value = self.names.fill(value.as_str().unwrap());
            headers.insert(name.parse::<HeaderName>().unwrap(), value.parse().map_err(|_| "a header is missing")?);
        }
        let mut request = self.http.request(method.parse().unwrap(), url);
        if let Some(body) = step.get("json") {
            request = request.json(&self.body(body));
        } else if let Some(text) = step["text"].as_str() {
            request = request.body(text.to_owned());
        } else if let Some(bytes) = step["hex"].as_str() {
            request = request.body(hex::decode(bytes).unwrap());
        } else if let Some(parts) = step["parts"].as_array() {
            headers.insert("content-type", HeaderValue::from_static(CONTENT_TYPE));
            request = request.body(multipart(parts));
        }
        let response = request.headers(headers).send().await.map_err(|error| error.to_string())?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.map_err(|error| error.to_string())?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        for (name, place) in step["learn"].as_object().into_iter().flatten() {
            let place = place.as_str().unwrap();
            let of_header = headers.get(place).and_then(|value| value.to_str().ok()).map(Value::from);
            if let Some(value) = of_header.or_else(|| body.pointer(place).cloned()) {
                self.names.set(name, value);
            }
        }
        let Some(recorded) = step["status"].as_u64() else { return Ok(()) };
        if u64::from(status) != recorded {
            return Err(format!("recorded {recorded}, came {status}"));
        }
        match step["shape"].as_str() {
            Some("nothing") if bytes.is_empty() => Ok(()),
            Some("words") if !bytes.is_empty() && !body.is_object() && !body.is_array() => Ok(()),
            // The recorder kept the beginning only.
            Some("cut") if !body.is_null() => Ok(()),
            Some(kind) => Err(format!("recorded {kind}, came {} bytes", bytes.len())),
            None => compare(&self.shapes, "", &step["shape"], &body),
        }
    }

    /// `{"⟨repeated⟩": ["x", 3]}` is a text.
    fn body(&self, body: &Value) -> Value {
        match body {
            Value::Object(fields) => match fields.get("⟨repeated⟩") {
                Some(said) => {
                    said[0].as_str().unwrap().repeat(usize::try_from(said[1].as_u64().unwrap()).unwrap()).into()
                }
                None => fields.iter().map(|(key, value)| (key.clone(), self.body(value))).collect(),
            },
            Value::Array(items) => items.iter().map(|item| self.body(item)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => self.names.fill_tree(body),
        }
    }

    /// A message that the visitor learnt of from a frame, by its kind.
    async fn find(&mut self, name: &str, step: &Value) -> Result<(), String> {
        let conversation = self.names.fill(step["conversation"].as_str().unwrap());
        let until = Instant::now() + self.patience;
        loop {
            let path = format!("/conversations/{conversation}/messages");
            let listed = self.sandbox.as_agent("GET", &path, &Value::Null).await.json();
            let messages = listed["payload"].as_array().cloned().unwrap_or_default();
            let found = messages.iter().rev().find(|message| message["content_type"] == step["content_type"]);
            if let Some(message) = found {
                self.names.set(name, message["id"].clone());
                return Ok(());
            }
            if Instant::now() >= until {
                return Err("no such message".into());
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}

/// Same keys, same types, and as many of everything.
fn compare(shapes: &Value, path: &str, shape: &Value, came: &Value) -> Result<(), String> {
    let kind = match came {
        Value::Null => "null",
        Value::Bool(_) => "flag",
        Value::Number(number) if number.is_i64() => "integer",
        Value::Number(_) => "fraction",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    match (shape, came) {
        (Value::Array(recorded), Value::Array(items)) if recorded.len() == items.len() => {
            let mut pairs = recorded.iter().zip(items).enumerate();
            pairs.try_for_each(|(index, (shape, item))| compare(shapes, &format!("{path}/{index}"), shape, item))
        }
        (Value::Number(number), Value::Object(came)) => {
            let number = usize::try_from(number.as_u64().unwrap()).unwrap();
            let fields = shapes[number - 1].as_object().unwrap();
            let missing: Vec<_> = fields.keys().filter(|key| !came.contains_key(*key)).collect();
            let added: Vec<_> = came.keys().filter(|key| !fields.contains_key(*key)).collect();
            if !missing.is_empty() || !added.is_empty() {
                return Err(format!("{path}: missing {missing:?}, added {added:?}"));
            }
            fields.iter().try_for_each(|(key, shape)| compare(shapes, &format!("{path}/{key}"), shape, &came[key]))
        }
        (Value::String(recorded), _) if recorded == kind => Ok(()),
        (Value::Array(recorded), _) => {
            Err(format!("{path}: recorded a list of {}, came {kind} {came}", recorded.len()))
        }
        (Value::Number(_), _) => Err(format!("{path}: recorded an object, came {kind}")),
        _ => Err(format!("{path}: recorded {shape}, came {kind}")),
    }
}

#[test]
fn a_difference_of_keys_types_or_number_is_seen() {
    let shapes = json!([{ "a": "integer" }]);
    assert!(compare(&shapes, "", &json!([1]), &json!([{ "a": 2 }])).is_ok());
    for other in [
        json!([]),
        json!([{}]),
        json!([{ "a": "2" }]),
        json!([{ "a": 2.5 }]),
        json!([{ "a": 2, "b": 1 }]),
        json!([{ "a": null }]),
    ] {
        assert!(compare(&shapes, "", &json!([1]), &other).is_err(), "{other}");
    }
}
