//! How far the sandbox agrees with each recorded Chatwoot: all requests of all recordings are sent again, and each
//! response must have the recorded status, keys and JSON types.
//!
//! `replay.rs` compares values, frames and webhooks as well, in some recordings of 4.0.4. In a fixture of
//! `fixtures/recordings`, `shapes` has each kind of object once and `shape` is the number of one; `learn` keeps a value of
//! the response under a name for later requests. `frames` has how many events of each kind came to each socket, `posted`
//! how many webhooks, over the whole recording: their order isn't certain at a real server either, except that a change
//! of status comes before the conversation that has it. A step without `say` was sent while recording but not written
//! down, and isn't counted. `left_out` has the steps that aren't sent again, with the reason.

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
    ($version:literal: $($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../fixtures/recordings/", $version, "/", $name, ".json")))),*]
    };
}

/// The recordings of both versions, and those of this one only.
macro_rules! recordings_of_both_and {
    ($version:literal: $($more:literal)*) => {
        recordings! { $version:
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
    agree("4.16", seed, "127.0.0.1:4999", V4_16, 602, COUNTS_4_16).await;
}

/// Kinds of frames and webhooks. The others depend on the real server's background jobs, which assign old conversations,
/// and so notify assignees, once, twice or never.
const COUNTS_4_16: usize = 215;

/// For how long a GET is repeated until it agrees: a job may have to run first.
const PATIENCE: Duration = Duration::from_secs(2);
/// The same where a webhook is answered late or with an error, for which the server waits.
const PATIENCE_WITH_CALLBACKS: Duration = Duration::from_secs(12);
/// Between two tries.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Default)]
struct Agreement {
    agreed: usize,
    differed: Vec<String>,
    left_out: BTreeMap<String, usize>,
    /// The same of events on sockets and webhooks, by kind.
    right_counts: usize,
    wrong_counts: Vec<String>,
}

#[expect(clippy::print_stdout, reason = "the figures are what this test is for")]
async fn agree(
    version: &'static str,
    seed: &str,
    callbacks: &str,
    fixtures: &'static [(&str, &str)],
    at_least: usize,
    counts_at_least: usize,
) {
    let running: Vec<_> = fixtures
        .iter()
        .map(|(name, fixture)| {
            let (seed, callbacks) = (seed.to_owned(), callbacks.to_owned());
            tokio::spawn(async move { scenario(version, name, fixture, &seed, &callbacks).await })
        })
        .collect();
    let mut whole = Agreement::default();
    for agreement in running {
        let agreement = agreement.await.unwrap();
        whole.agreed += agreement.agreed;
        whole.differed.extend(agreement.differed);
        whole.right_counts += agreement.right_counts;
        whole.wrong_counts.extend(agreement.wrong_counts);
        for (why, count) in agreement.left_out {
            *whole.left_out.entry(why).or_default() += count;
        }
    }
    let tried = whole.agreed + whole.differed.len();
    println!("Chatwoot {version}: {} of {tried} steps agree", whole.agreed);
    for step in &whole.differed {
        println!("  differs: {step}");
    }
    for (why, count) in &whole.left_out {
        println!("  left out: {count}, {why}");
    }
    println!(
        "  {} of {} kinds of frames and webhooks agree",
        whole.right_counts,
        whole.right_counts + whole.wrong_counts.len()
    );
    for kind in &whole.wrong_counts {
        println!("  differs: {kind}");
    }
    assert!(
        whole.right_counts >= counts_at_least,
        "{} kinds of frames and webhooks, at least {counts_at_least}",
        whole.right_counts
    );
    assert!(whole.agreed >= at_least, "{} of {tried}, at least {at_least}", whole.agreed);
}

async fn scenario(version: &str, scenario: &str, fixture: &str, seed: &str, callbacks: &str) -> Agreement {
    let fixture: Value = serde_json::from_str(fixture).unwrap();
    let mut agreement = Agreement::default();
    for step in fixture["left_out"].as_array().unwrap() {
        *agreement.left_out.entry(step["why"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let mut receiver = Receiver::start().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("recorded.toml");
    std::fs::write(&config, seed.replace(callbacks, &receiver.address.to_string())).unwrap();
    let files = folder.path().join("files");
    let (config, files) = (config.to_str().unwrap(), files.to_str().unwrap());
    let arguments = ["--memory", "--chatwoot", version, "--config", config, "--files", files];
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut names = Names::default();
    names.set("callbacks", format!("http://{}", receiver.address).into());
    let sandbox = Sandbox::start_with(&arguments);
    let steps = fixture["steps"].as_array().unwrap();
    let has_bad_callbacks = steps.iter().any(|step| step.get("callbacks").is_some());
    let patience = if has_bad_callbacks { PATIENCE_WITH_CALLBACKS } else { PATIENCE };
    let (sockets, shapes) = (BTreeMap::new(), fixture["shapes"].clone());
    let mut scenario_run = Scenario { sandbox, http, names, sockets, frames: Arc::default(), shapes, patience };
    for step in steps {
        let bad = step["callbacks"].as_object().and_then(|answers| answers.iter().next());
        if let Some((path, answer)) = bad {
            receiver.answer_at(path, u16::try_from(answer.as_u64().unwrap()).unwrap());
        }
        let result = scenario_run.perform(step).await;
        if let Some((path, _)) = bad {
            receiver.await_message(path).await;
        }
        match (step["say"].as_str(), result) {
            (Some(_), Ok(())) => agreement.agreed += 1,
            (Some(say), Err(problem)) => agreement.differed.push(format!("{scenario}: {say}: {problem}")),
            // If a step of the set-up fails, those that need it fail, too.
            (None, _) => {}
        }
    }
    let wanted = recorded_counts(&fixture);
    let until = Instant::now() + scenario_run.patience;
    let mut came = BTreeMap::new();
    loop {
        while let Ok((_, callback)) = receiver.came.try_recv() {
            *came.entry(("callbacks".to_owned(), callback["event"].as_str().unwrap().to_owned())).or_default() += 1;
        }
        let all: Counts = came.clone().into_iter().chain(scenario_run.frames.lock().unwrap().counts.clone()).collect();
        if all == wanted || Instant::now() >= until {
            for kind in wanted.keys().chain(all.keys().filter(|kind| !wanted.contains_key(*kind))) {
                let of = |counts: &Counts| counts.get(kind).copied().unwrap_or_default();
                // A socket that is not in the recording, or a recording without webhooks.
                let is_recorded = wanted.keys().any(|(place, _)| *place == kind.0);
                match (of(&wanted), of(&all)) {
                    _ if !is_recorded => {}
                    (recorded, came) if recorded == came => agreement.right_counts += 1,
                    (recorded, came) => {
                        agreement
                            .wrong_counts
                            .push(format!("{scenario}: {} {}: recorded {recorded}, came {came}", kind.0, kind.1));
                    }
                }
            }
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    let disordered = scenario_run.frames.lock().unwrap().disordered.clone();
    assert_eq!(disordered, Vec::<String>::new(), "{scenario}: a conversation has a status that was not broadcast");
    agreement
}

/// How many events came, by socket (or "callbacks") and event name.
type Counts = BTreeMap<(String, String), u64>;

fn recorded_counts(fixture: &Value) -> Counts {
    let of = |place: &str, events: &Value| -> Vec<((String, String), u64)> {
        let count = |(event, count): (&String, &Value)| ((place.to_owned(), event.clone()), count.as_u64().unwrap());
        events.as_object().into_iter().flatten().map(count).collect()
    };
    let frames = fixture["frames"].as_object().into_iter().flatten().flat_map(|(socket, events)| of(socket, events));
    frames.chain(of("callbacks", &fixture["posted"])).collect()
}

/// The events that came to sockets.
#[derive(Default)]
struct Frames {
    counts: Counts,
    /// By socket and conversation.
    statuses: BTreeMap<(String, u64), String>,
    /// Conversations whose status is not that of the last change of status.
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

/// Reads a socket until it is closed.
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

struct Scenario {
    sandbox: Sandbox,
    http: reqwest::Client,
    names: Names,
    /// The sending half of each, and whether a presence.update has come.
    sockets: BTreeMap<String, (SplitSink<Socket, Message>, watch::Receiver<bool>)>,
    frames: Arc<Mutex<Frames>>,
    shapes: Value,
    patience: Duration,
}

impl Scenario {
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
            // Presence follows the confirmation; later requests find the agent online.
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
            self.send_request(step).await?;
        }
        let until = Instant::now() + self.patience;
        let is_reading = step["call"].as_str().unwrap().starts_with("GET ");
        loop {
            match self.send_request(step).await {
                Err(_) if is_reading && Instant::now() < until => tokio::time::sleep(PAUSE).await,
                result => return result,
            }
        }
    }

    async fn send_request(&mut self, step: &Value) -> Result<(), String> {
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
            // The recording has the beginning only.
            Some("cut") if !body.is_null() => Ok(()),
            Some(kind) => Err(format!("recorded {kind}, came {} bytes", bytes.len())),
            None => compare(&self.shapes, "", &step["shape"], &body),
        }
    }

    /// Fills in names; `{"⟨repeated⟩": ["x", 3]}` is a text.
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

    /// Waits for a message of a content type, and keeps its id under a name.
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

/// An error unless the value has the keys and types of the shape, and lists are as long.
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
fn compare_finds_differences_of_keys_types_and_length() {
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
