//! Messages between tabs, and their format: JSON, as serde writes an enum: the message's name, or an object whose only
//! field has that name. Tabs may run different versions: [`PROTOCOL`] is part of the channel's
//! name, so that only tabs of the same protocol receive each other's messages.

use serde::Serialize;

use crate::chatwoot::fields::{bool_at, number_at, str_at};
use crate::model::{ConversationId, EchoId};
use crate::tolerant_json::{self, Json, Object};
use crate::visitor::identity::{AttributeTarget, User};

/// The protocol's version: raised with every change of the messages, their meaning, or an outgoing message's record.
pub const PROTOCOL: u32 = 7;

/// A message between tabs.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TabMessage {
    /// From a visible tab: asks the leader for a sign of life.
    PingLeader,
    /// From the leader: it leads, and this is the state of its connection.
    Leader(LeaderStatus),
    /// A record was stored, or (`None`) deleted.
    Stored {
        /// The record's key.
        key: String,
        /// The record.
        value: Option<String>,
    },
    /// From the leader: its socket received this frame.
    CableFrame(String),
    /// The server's response to sending this message.
    SendResponse {
        /// The message.
        echo: EchoId,
        /// The HTTP status.
        status: u16,
        /// Its body.
        body: String,
    },
    /// To the leader: the visitor retries this message, which failed or is unconfirmed.
    RetrySend(EchoId),
    /// From the leader: this message is unconfirmed, and the visitor is to be warned.
    SendUnconfirmed(EchoId),
    /// To the leader: the visitor discards this failed message.
    DiscardSend(EchoId),
    /// To the leader: the visitor opens this conversation, or (`None`) will begin another.
    OpenConversation(Option<ConversationId>),
    /// Messages may have been missed: read the newest ones.
    ReadHistory,
    /// The visitor was forgotten on this device.
    ForgetVisitor {
        /// The generation that begins; `None` from a page that can't read the device.
        generation: Option<u64>,
        /// Whether another user follows, who was named before (`SetUser`). Otherwise the next visitor is anonymous.
        is_succeeded: bool,
    },
    /// The website has named the user.
    SetUser(User),
    /// The website has set custom attributes of this user.
    SetAttributes {
        /// The user's mark (`identity`); 0 for none.
        user: u64,
        /// Names, and values as JSON.
        attributes: Vec<(String, String)>,
        /// What they belong to.
        target: AttributeTarget,
    },
}

/// The state of the leader's connection.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
pub struct LeaderStatus {
    /// Whether its subscription is live, so that frames arrive.
    pub is_live: bool,
    /// Whether the server can't be reached, and not just for a moment.
    pub is_failing: bool,
}

/// A message as text.
#[must_use]
pub fn encode(message: &TabMessage) -> String {
    tolerant_json::write(message)
}

/// Parses a message; `None` if this version has no such message.
#[must_use]
pub fn decode(text: &str) -> Option<TabMessage> {
    let message = tolerant_json::read(text)?;
    let Some(message) = message.object() else {
        return match message.text()? {
            "ping_leader" => Some(TabMessage::PingLeader),
            "read_history" => Some(TabMessage::ReadHistory),
            _ => None,
        };
    };
    let name = message.names().next()?;
    let content = message.get(name)?;
    let echo = || content.text().map(EchoId::from);
    let none = Object::default();
    let fields = content.object().unwrap_or(&none);
    let text_at = |name| str_at(fields, name).map(str::to_owned);
    let is_set = |name| bool_at(fields, name) == Some(true);
    Some(match name {
        "leader" => TabMessage::Leader(LeaderStatus { is_live: is_set("is_live"), is_failing: is_set("is_failing") }),
        "stored" => TabMessage::Stored { key: text_at("key")?, value: text_at("value") },
        "cable_frame" => TabMessage::CableFrame(content.text()?.to_owned()),
        "send_response" => TabMessage::SendResponse {
            echo: str_at(fields, "echo")?.into(),
            status: u16::try_from(number_at(fields, "status")?).ok()?,
            body: text_at("body")?,
        },
        "retry_send" => TabMessage::RetrySend(echo()?),
        "send_unconfirmed" => TabMessage::SendUnconfirmed(echo()?),
        "discard_send" => TabMessage::DiscardSend(echo()?),
        "open_conversation" => TabMessage::OpenConversation(content.number().map(ConversationId)),
        "forget_visitor" => TabMessage::ForgetVisitor {
            generation: number_at(fields, "generation"),
            is_succeeded: is_set("is_succeeded"),
        },
        "set_user" => TabMessage::SetUser(User {
            mark: number_at(fields, "mark")?,
            is_proven: is_set("is_proven"),
            fields: pairs_at(fields, "fields"),
        }),
        "set_attributes" => TabMessage::SetAttributes {
            user: number_at(fields, "user")?,
            attributes: pairs_at(fields, "attributes"),
            target: match str_at(fields, "target")? {
                "contact" => AttributeTarget::Contact,
                "conversation" => AttributeTarget::Conversation,
                _ => return None,
            },
        },
        _ => return None,
    })
}

/// The pairs of strings in a field; anything else is skipped.
fn pairs_at(fields: &Object, key: &str) -> Vec<(String, String)> {
    let pair = |item: &Json| match *item.texts() {
        [name, value] => Some((name.to_owned(), value.to_owned())),
        _ => None,
    };
    fields.get(key).and_then(Json::items).unwrap_or_default().iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_messages_are_decoded_as_they_were_encoded() {
        for message in [
            TabMessage::PingLeader,
            TabMessage::Leader(LeaderStatus { is_live: true, is_failing: false }),
            TabMessage::Leader(LeaderStatus { is_live: false, is_failing: true }),
            TabMessage::Stored {
                key: "send/a-b".to_owned(),
                value: Some("{\"v\":1,\"text\":\"é \\\"x\\\"\"}".to_owned()),
            },
            TabMessage::Stored { key: "session".to_owned(), value: None },
            TabMessage::CableFrame("{\"type\":\"ping\"}".to_owned()),
            TabMessage::SendResponse { echo: "a-b".into(), status: 422, body: String::new() },
            TabMessage::RetrySend("a-b".into()),
            TabMessage::SendUnconfirmed("a-b".into()),
            TabMessage::DiscardSend("a-b".into()),
            TabMessage::OpenConversation(Some(ConversationId(7))),
            TabMessage::OpenConversation(None),
            TabMessage::ReadHistory,
            TabMessage::ForgetVisitor { generation: Some(3), is_succeeded: true },
            TabMessage::ForgetVisitor { generation: None, is_succeeded: false },
            TabMessage::SetUser(User::new(&[("identifier".to_owned(), "42".to_owned())])),
            TabMessage::SetUser(User::default()),
            TabMessage::SetAttributes {
                user: 42,
                attributes: vec![("plan".to_owned(), "\"team\"".to_owned())],
                target: AttributeTarget::Conversation,
            },
        ] {
            assert_eq!(decode(&encode(&message)), Some(message));
        }
    }

    #[test]
    fn tab_message_forget_has_the_same_format_in_the_loader() {
        let embed = include_str!("../../../../embed/embed.js");
        let channel = format!("tabs/{PROTOCOL}`");
        let message = "{ __proto__: null, forget_visitor: { __proto__: null, generation } }";
        assert!(embed.contains(&channel) && embed.contains(message), "{channel} {message}");
        for (generation, text) in
            [(Some(3), r#"{"forget_visitor":{"generation":"3"}}"#), (None, r#"{"forget_visitor":{}}"#)]
        {
            assert_eq!(decode(text), Some(TabMessage::ForgetVisitor { generation, is_succeeded: false }));
        }
    }

    #[test]
    fn tab_messages_of_no_known_kind_are_ignored() {
        for text in [
            "",
            "null",
            "[]",
            "{}",
            "\"sing\"",
            "\"cable_frame\"",
            r#"{"sing":1}"#,
            r#"{"cable_frame":{}}"#,
            r#"{"stored":{"key":3}}"#,
            r#"{"set_attributes":{"user":1,"attributes":[],"target":"nobody"}}"#,
        ] {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn tab_message_pairs_that_are_none_are_skipped() {
        let text = r#"{"set_user":{"mark":1,"is_proven":false,"fields":[["name","Ana"],["email"],7,["a","b","c"]]}}"#;
        let fields = vec![("name".to_owned(), "Ana".to_owned())];
        assert_eq!(decode(text), Some(TabMessage::SetUser(User { mark: 1, is_proven: false, fields })));
    }
}
