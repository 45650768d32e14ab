//! The format of messages between tabs (JSON). Tabs may run different versions: [`PROTOCOL`] is part of the channel's
//! name, so that only tabs of the same protocol receive each other's messages.

use crate::chatwoot::fields::{number, object as read, string};
use crate::chatwoot::write;
use crate::digits::digits;
use crate::host::calls::{AttributeTarget, parse_pairs, write_pairs};
use crate::model::ConversationId;
use crate::tabs::leader_election::{LeaderStatus, TabMessage};
use crate::visitor::identity::User;

/// The protocol's version: raised with every change of the messages, their meaning, or an outgoing message's record.
pub const PROTOCOL: u32 = 6;

/// A message as text.
#[must_use]
pub fn encode(message: &TabMessage) -> String {
    let flag = |is_set: bool| if is_set { "1" } else { "0" };
    match message {
        TabMessage::PingLeader => write(&[("say", "ask")]),
        TabMessage::Leader(status) => {
            write(&[("say", "here"), ("live", flag(status.is_live)), ("failing", flag(status.is_failing))])
        }
        TabMessage::Stored { key, value: Some(value) } => write(&[("say", "kept"), ("key", key), ("value", value)]),
        TabMessage::Stored { key, value: None } => write(&[("say", "kept"), ("key", key)]),
        TabMessage::CableFrame(text) => write(&[("say", "frame"), ("text", text)]),
        TabMessage::SendResponse { echo, status, body } => {
            write(&[("say", "answered"), ("key", echo), ("status", &digits((*status).into())), ("text", body)])
        }
        TabMessage::RetrySend(echo) => write(&[("say", "retry"), ("key", echo)]),
        TabMessage::SendUnconfirmed(echo) => write(&[("say", "unconfirmed"), ("key", echo)]),
        TabMessage::DiscardSend(echo) => write(&[("say", "discard"), ("key", echo)]),
        TabMessage::OpenConversation(id) => write(&[("say", "switch"), ("key", &digits(id.map_or(0, |id| id.0)))]),
        TabMessage::ReadHistory => write(&[("say", "read")]),
        TabMessage::ForgetVisitor { generation: Some(generation), is_succeeded } => {
            write(&[("say", "forget"), ("key", &digits(*generation)), ("live", flag(*is_succeeded))])
        }
        TabMessage::ForgetVisitor { generation: None, is_succeeded } => {
            write(&[("say", "forget"), ("live", flag(*is_succeeded))])
        }
        TabMessage::SetUser(user) => write(&[
            ("say", "user"),
            ("key", &digits(user.mark)),
            ("live", flag(user.is_proven)),
            ("text", &write_pairs(&user.fields)),
        ]),
        TabMessage::SetAttributes { user, attributes, target } => write(&[
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
    let fields = read(text)?;
    let field = |name| string(&fields, name);
    let is_set = |name| field(name) == Some("1");
    Some(match field("say")? {
        "ask" => TabMessage::PingLeader,
        "here" => TabMessage::Leader(LeaderStatus { is_live: is_set("live"), is_failing: is_set("failing") }),
        "kept" => TabMessage::Stored { key: field("key")?.to_owned(), value: field("value").map(str::to_owned) },
        "frame" => TabMessage::CableFrame(field("text")?.to_owned()),
        "answered" => TabMessage::SendResponse {
            echo: field("key")?.into(),
            status: u16::try_from(number(&fields, "status")?).ok()?,
            body: field("text")?.to_owned(),
        },
        "retry" => TabMessage::RetrySend(field("key")?.into()),
        "unconfirmed" => TabMessage::SendUnconfirmed(field("key")?.into()),
        "discard" => TabMessage::DiscardSend(field("key")?.into()),
        "switch" => TabMessage::OpenConversation(number(&fields, "key").filter(|id| *id > 0).map(ConversationId)),
        "read" => TabMessage::ReadHistory,
        "forget" => TabMessage::ForgetVisitor { generation: number(&fields, "key"), is_succeeded: is_set("live") },
        "user" => TabMessage::SetUser(User {
            mark: number(&fields, "key")?,
            is_proven: is_set("live"),
            fields: parse_pairs(field("text")?),
        }),
        "attributes" => TabMessage::SetAttributes {
            user: number(&fields, "key")?,
            attributes: parse_pairs(field("text")?),
            target: if is_set("live") { AttributeTarget::Conversation } else { AttributeTarget::Contact },
        },
        _ => return None,
    })
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
}
