//! The format of messages between tabs (JSON). Tabs may run different versions: [`PROTOCOL`] is part of the channel's
//! name, so that only tabs of the same protocol receive each other's messages.

use crate::chatwoot::fields::{number_at, parse_object, str_at};
use crate::chatwoot::write_object;
use crate::digits::digits;
use crate::json;
use crate::tolerant_json;
use crate::model::{ConversationId, EchoId};
use crate::visitor::identity::{AttributeTarget, User};

/// The protocol's version: raised with every change of the messages, their meaning, or an outgoing message's record.
pub const PROTOCOL: u32 = 6;

/// A message between tabs; `messages` has its format.
#[derive(Clone, Debug, Eq, PartialEq)]
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
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct LeaderStatus {
    /// Whether its subscription is live, so that frames arrive.
    pub is_live: bool,
    /// Whether the server can't be reached, and not just for a moment.
    pub is_failing: bool,
}

/// A message as text.
#[must_use]
pub fn encode(message: &TabMessage) -> String {
    let flag = |is_set: bool| if is_set { "1" } else { "0" };
    match message {
        TabMessage::PingLeader => write_object(&[("say", "ask")]),
        TabMessage::Leader(status) => {
            write_object(&[("say", "here"), ("live", flag(status.is_live)), ("failing", flag(status.is_failing))])
        }
        TabMessage::Stored { key, value: Some(value) } => {
            write_object(&[("say", "kept"), ("key", key), ("value", value)])
        }
        TabMessage::Stored { key, value: None } => write_object(&[("say", "kept"), ("key", key)]),
        TabMessage::CableFrame(text) => write_object(&[("say", "frame"), ("text", text)]),
        TabMessage::SendResponse { echo, status, body } => {
            write_object(&[("say", "answered"), ("key", echo), ("status", &digits((*status).into())), ("text", body)])
        }
        TabMessage::RetrySend(echo) => write_object(&[("say", "retry"), ("key", echo)]),
        TabMessage::SendUnconfirmed(echo) => write_object(&[("say", "unconfirmed"), ("key", echo)]),
        TabMessage::DiscardSend(echo) => write_object(&[("say", "discard"), ("key", echo)]),
        TabMessage::OpenConversation(id) => {
            write_object(&[("say", "switch"), ("key", &digits(id.map_or(0, |id| id.0)))])
        }
        TabMessage::ReadHistory => write_object(&[("say", "read")]),
        TabMessage::ForgetVisitor { generation: Some(generation), is_succeeded } => {
            write_object(&[("say", "forget"), ("key", &digits(*generation)), ("live", flag(*is_succeeded))])
        }
        TabMessage::ForgetVisitor { generation: None, is_succeeded } => {
            write_object(&[("say", "forget"), ("live", flag(*is_succeeded))])
        }
        TabMessage::SetUser(user) => write_object(&[
            ("say", "user"),
            ("key", &digits(user.mark)),
            ("live", flag(user.is_proven)),
            ("text", &write_pairs(&user.fields)),
        ]),
        TabMessage::SetAttributes { user, attributes, target } => write_object(&[
            ("say", "attributes"),
            ("key", &digits(*user)),
            ("live", flag(*target == AttributeTarget::Conversation)),
            ("text", &write_pairs(attributes)),
        ]),
    }
}

/// Parses a message; `None` if this version has no such message.
#[must_use]
pub fn decode(text: &str) -> Option<TabMessage> {
    let fields = parse_object(text)?;
    let field = |name| str_at(&fields, name);
    let is_set = |name| field(name) == Some("1");
    Some(match field("say")? {
        "ask" => TabMessage::PingLeader,
        "here" => TabMessage::Leader(LeaderStatus { is_live: is_set("live"), is_failing: is_set("failing") }),
        "kept" => TabMessage::Stored { key: field("key")?.to_owned(), value: field("value").map(str::to_owned) },
        "frame" => TabMessage::CableFrame(field("text")?.to_owned()),
        "answered" => TabMessage::SendResponse {
            echo: field("key")?.into(),
            status: u16::try_from(number_at(&fields, "status")?).ok()?,
            body: field("text")?.to_owned(),
        },
        "retry" => TabMessage::RetrySend(field("key")?.into()),
        "unconfirmed" => TabMessage::SendUnconfirmed(field("key")?.into()),
        "discard" => TabMessage::DiscardSend(field("key")?.into()),
        "switch" => TabMessage::OpenConversation(number_at(&fields, "key").filter(|id| *id > 0).map(ConversationId)),
        "read" => TabMessage::ReadHistory,
        "forget" => TabMessage::ForgetVisitor { generation: number_at(&fields, "key"), is_succeeded: is_set("live") },
        "user" => TabMessage::SetUser(User {
            mark: number_at(&fields, "key")?,
            is_proven: is_set("live"),
            fields: parse_pairs(field("text")?),
        }),
        "attributes" => TabMessage::SetAttributes {
            user: number_at(&fields, "key")?,
            attributes: parse_pairs(field("text")?),
            target: if is_set("live") { AttributeTarget::Conversation } else { AttributeTarget::Contact },
        },
        _ => return None,
    })
}

/// Pairs as a JSON list: names and values in turn.
fn write_pairs(pairs: &[(String, String)]) -> String {
    json::list(&pairs.iter().flat_map(|(name, value)| [name, value]).map(|text| json::string(text)).collect::<Vec<_>>())
}

/// Parses pairs; anything else is skipped.
fn parse_pairs(text: &str) -> Vec<(String, String)> {
    tolerant_json::read(text).map(|list| json::to_pairs(&list.texts())).unwrap_or_default()
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
        let channel = ["tabs/", &digits(PROTOCOL.into()), "`"].concat();
        let call = "postMessage(JSON.stringify({ __proto__: null, say: \"forget\", key }))";
        assert!(embed.contains(&channel) && embed.contains(call), "{channel} {call}");
        for (generation, text) in [(Some(3), "{\"say\":\"forget\",\"key\":\"3\"}"), (None, "{\"say\":\"forget\"}")] {
            assert_eq!(decode(text), Some(TabMessage::ForgetVisitor { generation, is_succeeded: false }));
        }
    }

    #[test]
    fn tab_messages_of_no_known_kind_are_ignored() {
        for text in
            ["", "null", "[]", "{}", "{\"say\":\"sing\"}", "{\"say\":\"frame\"}", "{\"say\":\"kept\",\"key\":3}"]
        {
            assert_eq!(decode(text), None, "{text}");
        }
    }

    #[test]
    fn host_call_pairs_are_parsed_as_they_were_written() {
        let some = vec![("a\"".to_owned(), "\"b\"".to_owned()), (String::new(), "null".to_owned())];
        assert_eq!(parse_pairs(&write_pairs(&some)), some);
        assert_eq!(parse_pairs("nonsense"), []);
    }
}
