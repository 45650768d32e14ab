//! Network faults: delayed, lost and failed requests, duplicated and lost frames, dead sockets.

use natter_core::chatwoot::{Body, HttpRequest, Method};
use natter_core::conversation::timeline::GRACE_MS;
use natter_core::{Outcome, RequestId};
use serde_json::{Value, json};

use crate::simulator::{START_S, ScheduledEvent, Simulator, echo_of};

/// What the network and the server do with a request.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum NetworkOutcome {
    /// Answered; the response takes this many ms.
    Answered { after_ms: u64 },
    /// Stored, but the connection ends without a response.
    ResponseLost,
    /// Chatwoot answers with an internal server error after this many ms. Its transaction may be committed all the
    /// same.
    ServerError { after_ms: u64, committed: Committed },
}

/// What a request that ended with a server error has committed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Committed {
    Nothing,
    Silently,
    WithFrames,
}

/// A socket, as the server sees it.
#[derive(Default)]
pub struct Connection {
    token: Option<String>,
    /// Half-open: no frame gets through, and neither end notices.
    pub is_half_open: bool,
    /// Only pings get through.
    pub is_ping_only: bool,
}

impl Simulator {
    pub fn occurs(&mut self, percent: u64) -> bool {
        !self.is_fault_free && self.rng.below(100) < percent
    }

    /// A random latency in ms.
    pub fn latency(&mut self) -> u64 {
        if self.occurs(8) { self.rng.below(9_000) } else { 5 + self.rng.below(400) }
    }

    pub fn send(&mut self, page: u64, call: RequestId, request: HttpRequest) {
        if let Some(echo) = echo_of(&request) {
            self.posted.insert(echo, request.clone());
        }
        if self.is_offline {
            return self.schedule(1, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::NotSent });
        }
        if self.files_of(&request).is_some_and(|files| files.is_empty()) {
            return self.schedule(1, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::FilesMissing });
        }
        if self.server.is_down {
            // The connection is refused. A page's script can't tell that from a lost connection.
            return self.schedule(1, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::Unknown });
        }
        let there = self.latency();
        if self.occurs(6) {
            // The request is lost: the connection ends, nothing is stored.
            return self.schedule(there, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::Unknown });
        }
        if self.occurs(4) {
            // The request is delayed: its connection ends or a proxy answers, and the server handles it later.
            let status = [500, 502, 504][self.rng.below(3) as usize];
            let page_of_html = Outcome::answered(status, "<html>Something went wrong</html>".to_owned(), None);
            let outcome = if self.rng.below(2) == 0 { page_of_html } else { Outcome::Unknown };
            self.schedule(there, ScheduledEvent::RequestEnds { page, call, outcome });
            let longest = if self.plan.stores_late { 3 * GRACE_MS } else { GRACE_MS - 20_000 };
            let late = there + self.rng.below(longest);
            return self.schedule(
                late,
                ScheduledEvent::RequestArrives { page, call, request, outcome: NetworkOutcome::ResponseLost },
            );
        }
        let back = self.latency();
        let outcome = if self.occurs(8) {
            NetworkOutcome::ResponseLost
        } else if self.occurs(8) {
            let committed = [Committed::Nothing, Committed::Silently, Committed::WithFrames];
            NetworkOutcome::ServerError { after_ms: back, committed: committed[self.rng.below(3) as usize] }
        } else {
            NetworkOutcome::Answered { after_ms: back }
        };
        if outcome == NetworkOutcome::ResponseLost {
            self.schedule(there + back, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::Unknown });
        }
        self.schedule(there, ScheduledEvent::RequestArrives { page, call, request, outcome });
    }

    /// The sizes of the files of an upload: empty if they are not stored. None for other requests.
    fn files_of(&self, request: &HttpRequest) -> Option<Vec<u64>> {
        let Body::Form(_, echo) = &request.body else { return None };
        Some(self.files.get(echo).cloned().unwrap_or_default())
    }

    pub fn handle_request(&mut self, page: u64, call: RequestId, request: &HttpRequest, outcome: NetworkOutcome) {
        if self.server.is_down {
            let ms = self.latency();
            return self.schedule(ms, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::Unknown });
        }
        let method = match request.method {
            Method::Get | Method::Probe => "GET",
            Method::Post => "POST",
            Method::Patch => "PATCH",
        };
        let body = match &request.body {
            Body::None => Value::Null,
            Body::Json(text) => serde_json::from_str(text).expect("JSON"),
            Body::Form(fields, _) => fields.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect(),
        };
        if let NetworkOutcome::ServerError { after_ms: ms, .. } = outcome {
            let fault = json!({ "status": 500, "error": "Internal Server Error" }).to_string();
            self.schedule(ms, ScheduledEvent::RequestEnds { page, call, outcome: Outcome::answered(500, fault, None) });
        }
        if matches!(outcome, NetworkOutcome::ServerError { committed: Committed::Nothing, .. }) {
            return self.note("the server fails and stores nothing");
        }
        let path = request.url.strip_prefix("https://chat.example.test").expect("our server");
        let files = self.files_of(request).unwrap_or_default();
        let answer = self.server.answer(method, path, &body, files, START_S + self.now / 1_000);
        self.note(&format!("the server handles {method} {path} {body}: {}", answer.status));
        // The cable frame usually arrives before the response.
        let is_heard = !matches!(outcome, NetworkOutcome::ServerError { committed: Committed::Silently, .. });
        for frame in answer.frames.iter().filter(|_| is_heard) {
            self.broadcast(frame);
        }
        if let NetworkOutcome::Answered { after_ms: ms } = outcome {
            let mut body = answer.body.to_string();
            let end = request.read_until.and_then(|marker| body.find(marker));
            body.truncate(end.unwrap_or(body.len()));
            let outcome = Outcome::Answered { status: answer.status, body, retry_after_ms: None };
            self.schedule(ms, ScheduledEvent::RequestEnds { page, call, outcome });
        }
    }

    pub fn handle_command(&mut self, page: u64, socket: natter_core::SocketId, text: &str) {
        let command: Value = serde_json::from_str(text).expect("JSON");
        let identifier: Value = serde_json::from_str(command["identifier"].as_str().unwrap_or("{}")).expect("JSON");
        let token = identifier["pubsub_token"].as_str().unwrap_or_default();
        let is_known = self.server.is_known_token(token);
        let Some(connection) = self.connections.get_mut(&(page, socket)).filter(|connection| !connection.is_half_open)
        else {
            return;
        };
        if command["command"] == "subscribe" && is_known {
            connection.token = Some(token.to_owned());
            self.deliver(page, socket, &json!({ "type": "confirm_subscription", "identifier": command["identifier"] }));
        }
    }

    pub fn broadcast(&mut self, frame: &Value) {
        let hears =
            |c: &Connection| !c.is_ping_only && c.token.as_ref().is_some_and(|token| self.server.is_known_token(token));
        let subscribed: Vec<_> = self.connections.iter().filter(|(_, c)| hears(c)).map(|(key, _)| *key).collect();
        for (page, socket) in subscribed {
            self.deliver(page, socket, frame);
            if self.occurs(3) {
                self.deliver(page, socket, frame);
            }
        }
    }

    pub fn deliver(&mut self, page: u64, socket: natter_core::SocketId, frame: &Value) {
        if self.connections.get(&(page, socket)).is_some_and(|connection| !connection.is_half_open) {
            // Chatwoot's worker threads broadcast in no fixed order, so frames overtake each other.
            let ms = 1 + self.rng.below(60);
            self.schedule(ms, ScheduledEvent::FrameArrives { page, socket, text: frame.to_string() });
        }
    }

    /// Ends every socket; pages notice after a random latency.
    pub fn close_sockets(&mut self) {
        let open: Vec<_> = self.connections.keys().copied().collect();
        for (page, socket) in open {
            let ms = self.latency();
            self.schedule(ms, ScheduledEvent::SocketCloses { page, socket });
        }
        self.kill_sockets();
    }

    /// Makes every socket half-open.
    pub fn kill_sockets(&mut self) {
        self.connections.values_mut().for_each(|connection| connection.is_half_open = true);
    }
}
