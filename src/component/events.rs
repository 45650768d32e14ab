//! The events of the element, with types. docs/embedding.md describes them.

use js_sys::Reflect;
use natter_core::model::Status;
use wasm_bindgen::JsValue;

/// A new message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Message {
    /// The id.
    pub id: u64,
    /// The conversation's id, as agents see it.
    pub conversation: Option<u64>,
    /// Who has written it.
    pub from: Sender,
    /// The name of the agent or bot; else empty.
    pub name: String,
    /// The text; an agent's is Markdown.
    pub text: String,
    /// The number of its attachments.
    pub files: u32,
    /// The Unix time in seconds.
    pub at: u64,
}

/// Who has written a message.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Sender {
    /// The visitor.
    Visitor,
    /// An agent.
    Agent,
    /// A bot.
    Bot,
    /// Chatwoot itself: automatic messages, such as a greeting.
    Inbox,
}

/// The conversation's status has changed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct StatusChange {
    /// The conversation's id, as agents see it.
    pub conversation: u64,
    /// Its status now.
    pub status: Status,
}

/// An agent has started or stopped typing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Typing {
    /// Whether they are typing.
    pub is_typing: bool,
    /// Their name.
    pub name: String,
}

/// The connection problem has changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Connection {
    /// The problem's name, as in docs/embedding.md; `None` when there is none.
    pub trouble: Option<String>,
}

/// The visitor has clicked a postback button of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Postback {
    /// The message's id.
    pub message: u64,
    /// The button's title.
    pub title: String,
    /// Its value.
    pub value: String,
}

/// An error.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChatError {
    /// The error's name, as in docs/embedding.md: that of a connection problem, `load-failed`, `storage-unavailable` or
    /// `unsent-dropped`.
    pub name: String,
}

/// The fields of an event.
#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively there are no events"))]
pub(super) struct Detail(pub JsValue);

#[cfg_attr(not(target_arch = "wasm32"), allow(dead_code, reason = "natively there are no events"))]
impl Detail {
    fn get(&self, name: &str) -> JsValue {
        Reflect::get(&self.0, &JsValue::from_str(name)).unwrap_or_default()
    }

    fn text(&self, name: &str) -> String {
        self.get(name).as_string().unwrap_or_default()
    }

    /// Ids and times are whole numbers below 2^53.
    pub(super) fn number(&self, name: &str) -> u64 {
        self.get(name).as_f64().unwrap_or_default() as u64
    }

    pub(super) fn message(&self) -> Message {
        Message {
            id: self.number("id"),
            conversation: self.get("conversation").as_f64().map(|id| id as u64),
            from: match &*self.text("from") {
                "visitor" => Sender::Visitor,
                "agent" => Sender::Agent,
                "bot" => Sender::Bot,
                _ => Sender::Inbox,
            },
            name: self.text("name"),
            text: self.text("text"),
            files: self.number("files") as u32,
            at: self.number("at"),
        }
    }

    pub(super) fn status(&self) -> StatusChange {
        let status = self.text("status");
        let all = [Status::Resolved, Status::Pending, Status::Snoozed];
        let status = all.into_iter().find(|one| one.name() == status).unwrap_or(Status::Open);
        StatusChange { conversation: self.number("conversation"), status }
    }

    pub(super) fn typing(&self) -> Typing {
        Typing { is_typing: self.get("isTyping").is_truthy(), name: self.text("name") }
    }

    pub(super) fn connection(&self) -> Connection {
        Connection { trouble: self.get("trouble").as_string() }
    }

    pub(super) fn postback(&self) -> Postback {
        Postback { message: self.number("message"), title: self.text("title"), value: self.text("value") }
    }

    pub(super) fn error(&self) -> ChatError {
        ChatError { name: self.text("name") }
    }
}
