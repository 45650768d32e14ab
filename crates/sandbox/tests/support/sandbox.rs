//! A sandbox process for tests: started on a free port, killed, started again where it was.
#![allow(clippy::expect_used, reason = "a test that can't set its scene has failed")]
#![allow(dead_code, reason = "each test binary uses the part it needs")]

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Which Chatwoot the sandbox answers as in a test that names none. `cargo xtask test e2e` runs the stories that depend
/// on it once more with `SANDBOX_CHATWOOT=4.16`.
const VERSION: &str = "4.0";

/// A running sandbox; killed when dropped.
pub struct Sandbox {
    /// `http://127.0.0.1:PORT`
    pub base_url: String,
    pub inbox_identifier: String,
    pub hmac_key: String,
    pub access_token: String,
    /// Of `--seed-thread`.
    pub seeded_contact: Option<String>,
    http: reqwest::Client,
    child: Child,
    arguments: Vec<String>,
}

impl Sandbox {
    /// Over this database file, or in memory.
    pub fn start(db: Option<&Path>) -> Self {
        match db {
            Some(path) => Self::start_with(&["--db", path.to_str().expect("a UTF-8 path")]),
            None => Self::start_with(&["--memory"]),
        }
    }

    /// With these arguments, on a free port.
    pub fn start_with(arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|argument| (*argument).to_owned()).collect();
        Self::spawn(arguments, "127.0.0.1:0")
    }

    /// Kill -9: the process can neither write nor close anything.
    pub fn kill(&mut self) {
        self.child.kill().expect("the sandbox can be killed");
        self.child.wait().expect("a killed process ends");
    }

    /// SIGTERM, as Ctrl-C and init do; waits for the end.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-TERM", &id]).status().expect("kill runs");
        assert!(sent.success(), "the sandbox was not running");
        self.child.wait().expect("a stopped process ends")
    }

    /// After `kill` or `stop`: the same arguments, the same address.
    pub fn restart_on_same_port(&mut self) {
        let listen = self.base_url.trim_start_matches("http://").to_owned();
        let arguments = std::mem::take(&mut self.arguments);
        *self = Self::spawn(arguments, &listen);
    }

    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// The cable's address.
    pub fn cable_url(&self) -> String {
        format!("{}/cable", self.base_url.replace("http://", "ws://"))
    }

    /// An address below the main inbox in the client API.
    pub fn inbox_url(&self, path: &str) -> String {
        format!("{}/public/api/v1/inboxes/{}{path}", self.base_url, self.inbox_identifier)
    }

    pub async fn get(&self, url: &str) -> Reply {
        Reply::of(self.http.get(url).send().await).await
    }

    pub async fn post(&self, url: &str, body: &Value) -> Reply {
        Reply::of(self.http.post(url).json(body).send().await).await
    }

    /// A GET with this access token.
    pub async fn get_as(&self, access_token: &str, path: &str) -> Reply {
        let request = self.http.get(format!("{}{path}", self.base_url));
        Reply::of(request.header("api_access_token", access_token).send().await).await
    }

    /// An agent's request to `/api/v1/accounts/1…`.
    pub async fn as_agent(&self, method: &str, path: &str, body: &Value) -> Reply {
        let method = method.parse().expect("a method");
        let request = self.http.request(method, format!("{}/api/v1/accounts/1{path}", self.base_url));
        Reply::of(request.header("api_access_token", &self.access_token).json(body).send().await).await
    }

    /// An agent's reply in a conversation; returns the message.
    pub async fn agent_replies(&self, conversation_id: i64, text: &str) -> Value {
        let path = format!("/conversations/{conversation_id}/messages");
        self.as_agent("POST", &path, &json!({ "content": text })).await.ok()
    }

    /// All messages of a conversation, as an agent sees them, oldest first.
    pub async fn messages(&self, conversation_id: i64) -> Vec<Value> {
        let (mut messages, mut after) = (Vec::new(), 0);
        loop {
            let path = format!("/conversations/{conversation_id}/messages?after={after}");
            let listed = self.as_agent("GET", &path, &Value::Null).await.ok();
            let page = listed["payload"].as_array().cloned().unwrap_or_default();
            let Some(newest) = page.last().and_then(|message| message["id"].as_i64()) else { return messages };
            messages.extend(page);
            after = newest;
        }
    }

    /// The conversations an agent sees, of whatever status.
    pub async fn conversations(&self) -> Vec<Value> {
        let listed = self.as_agent("GET", "/conversations?status=all", &Value::Null).await.ok();
        listed["data"]["payload"].as_array().cloned().unwrap_or_default()
    }

    /// A new contact in the main inbox.
    pub async fn contact(&self, body: &Value) -> Value {
        self.post(&self.inbox_url("/contacts"), body).await.ok()
    }

    /// A new conversation of a contact; returns its id.
    pub async fn conversation(&self, source_id: &str) -> i64 {
        let made = self.post(&self.inbox_url(&format!("/contacts/{source_id}/conversations")), &json!({})).await.ok();
        made["id"].as_i64().expect("a conversation has an id")
    }

    /// A visitor's message.
    pub async fn say(&self, source_id: &str, conversation_id: i64, text: &str) -> Reply {
        let path = format!("/contacts/{source_id}/conversations/{conversation_id}/messages");
        self.post(&self.inbox_url(&path), &json!({ "content": text })).await
    }

    fn spawn(arguments: Vec<String>, listen: &str) -> Self {
        let has_version = arguments.iter().any(|argument| argument == "--chatwoot");
        let version = std::env::var("SANDBOX_CHATWOOT").unwrap_or_else(|_| VERSION.to_owned());
        let version: &[&str] = if has_version { &[] } else { &["--chatwoot", &version] };
        let mut child = Command::new(program())
            .args(["--listen", listen])
            .args(version)
            .args(&arguments)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the sandbox starts");
        let output = child.stdout.take().expect("its output is piped");
        let mut printed = Vec::new();
        for line in BufReader::new(output).lines() {
            let line = line.expect("its output is text");
            let is_last = line.starts_with("client API");
            printed.push(line);
            if is_last {
                break;
            }
        }
        let find = |name: &str| {
            let line = printed.iter().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
        };
        let value = |name: &str| find(name).unwrap_or_else(|| fail(&printed, name));
        Self {
            base_url: value("client API"),
            inbox_identifier: value("inbox identifier"),
            hmac_key: value("HMAC key"),
            access_token: value("access token"),
            seeded_contact: find("seeded contact"),
            http: reqwest::Client::new(),
            child,
            arguments,
        }
    }
}

/// The program: cargo builds it for the sandbox's own tests; for others it lies beside them when it was built.
fn program() -> PathBuf {
    if let Some(built) = option_env!("CARGO_BIN_EXE_sandbox") {
        return built.into();
    }
    let tests = std::env::current_exe().expect("this program has a path");
    let folder = tests.parent().and_then(Path::parent).expect("a test lies in target/debug/deps");
    let program = folder.join(format!("sandbox{}", std::env::consts::EXE_SUFFIX));
    assert!(program.exists(), "there is no {}: type `cargo build -p natter-sandbox`", program.display());
    program
}

#[expect(clippy::panic, reason = "the test has failed")]
fn fail(printed: &[String], name: &str) -> String {
    panic!("the sandbox printed no line `{name}`: {printed:?}")
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // It may have been killed or stopped by the test itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A response, read whole.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Reply {
    /// The body of a response with status 200, as JSON; an empty one is null.
    pub fn ok(self) -> Value {
        assert_eq!(self.status, 200, "{}", self.text);
        self.json()
    }

    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).expect("the answer is JSON")
    }

    pub async fn of(sent: reqwest::Result<reqwest::Response>) -> Self {
        let response = sent.expect("the sandbox answers");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, text: response.text().await.expect("the answer is text") }
    }
}

/// A folder that is removed with the test, and the path of a database in it.
pub fn database_file() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("sandbox.sqlite3");
    (folder, file)
}
