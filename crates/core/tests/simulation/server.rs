//! A model of Chatwoot's client API and cable broadcasts, as far as the client can tell.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The server's state. It survives restarts.
#[derive(Default)]
pub struct Server {
    pub messages: Vec<Stored>,
    /// Messages of deleted contacts.
    pub deleted: Vec<Stored>,
    /// The ids of conversations, with their contact's source_id.
    conversations: Vec<(u64, String)>,
    last_conversation: u64,
    contacts: BTreeMap<String, String>,
    pub is_down: bool,
    next_message: u64,
    /// The conversation that agents and the visitor's other device write in; 0 if there is none.
    current: u64,
}

/// A stored message.
#[derive(Clone, Debug)]
pub struct Stored {
    pub id: u64,
    pub conversation: u64,
    pub text: String,
    pub is_visitors: bool,
    pub at: u64,
    /// The echo_id of the POST, if it had one.
    pub echo: Option<String>,
    /// The sizes of its attachments in bytes.
    pub files: Vec<u64>,
}

impl Stored {
    /// Whether the client under test posted it.
    pub fn is_this_devices(&self) -> bool {
        self.is_visitors && !self.is_other_devices()
    }

    /// Whether the visitor's other device posted it.
    pub fn is_other_devices(&self) -> bool {
        self.echo.as_ref().is_some_and(|echo| echo.starts_with("foreign-"))
    }
}

/// The response to a request, and the broadcasts it caused.
pub struct Answer {
    pub status: u16,
    pub body: Value,
    /// Frames for all subscribed sockets.
    pub frames: Vec<Value>,
}

impl Server {
    /// Answers a request of the client API.
    pub fn answer(&mut self, method: &str, path: &str, body: &Value, files: Vec<u64>, at: u64) -> Answer {
        let path = path.strip_prefix("/public/api/v1/inboxes/inbox").expect("the client API");
        if path.is_empty() {
            return ok(json!({ "name": "Workshop", "timezone": "UTC", "working_hours_enabled": false }));
        }
        let path = path.strip_prefix("/contacts").expect("the client API");
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let steps: Vec<&str> = path.split('/').skip(1).collect();
        match (method, &steps[..]) {
            ("POST", []) => {
                let source_id = body["source_id"].as_str().expect("the widget draws it").to_owned();
                let token = format!("token-{source_id}");
                self.contacts.insert(source_id.clone(), token.clone());
                ok(json!({ "source_id": source_id, "pubsub_token": token, "id": 1, "name": "icy-brook-588" }))
            }
            (_, [source_id, ..]) if !self.contacts.contains_key(*source_id) => not_found(),
            ("GET", [source_id]) => ok(json!({ "source_id": source_id, "pubsub_token": self.contacts[*source_id] })),
            ("GET", [source_id, "conversations"]) => {
                let own = self.conversations.iter().filter(|(_, owner)| owner == source_id);
                ok(own.map(|(id, _)| json!({ "id": id, "status": "open" })).collect())
            }
            ("POST", [source_id, "conversations"]) => {
                self.last_conversation += 1;
                let id = self.last_conversation;
                self.conversations.push((id, (*source_id).to_owned()));
                let conversation = json!({ "id": id, "status": "open", "messages": [] });
                let frames = vec![event("conversation.created", conversation.clone())];
                Answer { status: 200, body: conversation, frames }
            }
            (_, [source_id, "conversations", id, ..]) if !self.has_conversation(source_id, id) => not_found(),
            ("GET", [_, "conversations", id]) => {
                ok(json!({ "agent_last_seen_at": 0, "id": id.parse::<u64>().unwrap_or_default(), "messages": [] }))
            }
            ("GET", [_, "conversations", id, "messages"]) => {
                let before = query.strip_prefix("before=").and_then(|id| id.parse().ok()).unwrap_or(u64::MAX);
                let is_there = |m: &&Stored| m.id < before && m.conversation.to_string() == *id;
                let mut page: Vec<&Stored> = self.messages.iter().rev().filter(is_there).take(20).collect();
                page.reverse();
                ok(page.into_iter().map(json).collect())
            }
            ("POST", [_, "conversations", id, "messages"]) => {
                self.current = id.parse().expect("a conversation");
                let text = body["content"].as_str().unwrap_or_default().to_owned();
                let echo = body["echo_id"].as_str().map(str::to_owned);
                let stored = self.store(text, true, at, echo, files);
                Answer { status: 200, body: json(&stored), frames: vec![created(&stored)] }
            }
            ("POST", [_, "conversations", _, "toggle_typing" | "update_last_seen"]) => ok(Value::Null),
            _ => panic!("no such route: {method} {path}"),
        }
    }

    /// An agent creates a message; returns its cable frame.
    pub fn create_agent_message(&mut self, text: String, at: u64) -> Option<Value> {
        if self.current == 0 {
            return None;
        }
        let stored = self.store(text, false, at, None, Vec::new());
        Some(created(&stored))
    }

    /// The visitor's other device creates a message; returns its cable frame.
    pub fn create_other_device_message(&mut self, text: String, at: u64, echo: String) -> Option<Value> {
        if self.current == 0 {
            return None;
        }
        let stored = self.store(text, true, at, Some(echo), Vec::new());
        Some(created(&stored))
    }

    /// The team deletes the contact with its conversations and messages.
    pub fn delete_contact(&mut self) {
        self.contacts.clear();
        self.conversations.clear();
        self.deleted.append(&mut self.messages);
        self.current = 0;
    }

    fn has_conversation(&self, source_id: &str, conversation: &str) -> bool {
        self.conversations.iter().any(|(id, owner)| owner == source_id && id.to_string() == conversation)
    }

    /// Whether a subscription with this token is confirmed.
    pub fn is_known_token(&self, token: &str) -> bool {
        self.contacts.values().any(|known| known == token)
    }

    fn store(&mut self, text: String, is_visitors: bool, at: u64, echo: Option<String>, files: Vec<u64>) -> Stored {
        // Messages of other conversations take ids, too.
        self.next_message += 1 + at % 3;
        let stored = Stored { id: self.next_message, conversation: self.current, text, is_visitors, at, echo, files };
        self.messages.push(stored.clone());
        stored
    }
}

fn ok(body: Value) -> Answer {
    Answer { status: 200, body, frames: Vec::new() }
}

fn not_found() -> Answer {
    Answer { status: 404, body: json!({ "status": 404, "error": "Not Found" }), frames: Vec::new() }
}

fn json(stored: &Stored) -> Value {
    let mut message = json!({
        "id": stored.id, "content": stored.text, "message_type": u8::from(!stored.is_visitors), "content_type": "text",
        "content_attributes": {}, "created_at": stored.at, "conversation_id": stored.conversation,
    });
    let file = |size: &u64| json!({ "id": 1, "file_type": "file", "file_size": size });
    message["attachments"] = stored.files.iter().map(file).collect();
    message["sender"] = if stored.is_visitors {
        json!({ "id": 1, "name": "icy-brook-588", "type": "contact" })
    } else {
        json!({ "id": 2, "name": "Noor Haddad", "type": "user" })
    };
    message
}

fn created(stored: &Stored) -> Value {
    let mut data = json(stored);
    if let Some(echo) = &stored.echo {
        data["echo_id"] = json!(echo);
    }
    event("message.created", data)
}

fn event(name: &str, data: Value) -> Value {
    json!({ "identifier": "{}", "message": { "event": name, "data": data } })
}
