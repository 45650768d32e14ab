//! What tabs say to each other, as text. Both ends are ours, but not always of one version: [`PROTOCOL`] is part of the
//! channel's name, so that only tabs that mean the same hear each other.

use crate::chatwoot::fields::{number, object as read, string};
use crate::chatwoot::write;
use crate::digits::digits;
use crate::host::calls::{pairs, write_pairs};
use crate::model::ConversationId;
use crate::tabs::leader_election::{LeaderStatus, TabMessage};
use crate::visitor::identity::User;

/// Raised with every change of the words, their meaning, or what is kept of a send.
pub const PROTOCOL: u32 = 6;

/// A word's text.
#[must_use]
pub fn say(word: &TabMessage) -> String {
    let flag = |is_set: bool| if is_set { "1" } else { "0" };
    match word {
        TabMessage::Ask => write(&[("say", "ask")]),
        TabMessage::Here(standing) => {
            write(&[("say", "here"), ("live", flag(standing.is_live)), ("failing", flag(standing.is_failing))])
        }
        TabMessage::Kept(key, Some(value)) => write(&[("say", "kept"), ("key", key), ("value", value)]),
        TabMessage::Kept(key, None) => write(&[("say", "kept"), ("key", key)]),
        TabMessage::Frame(text) => write(&[("say", "frame"), ("text", text)]),
        TabMessage::Answered { echo, status, body } => {
            write(&[("say", "answered"), ("key", echo), ("status", &digits((*status).into())), ("text", body)])
        }
        TabMessage::Retry(echo) => write(&[("say", "retry"), ("key", echo)]),
        TabMessage::Unconfirmed(echo) => write(&[("say", "unconfirmed"), ("key", echo)]),
        TabMessage::Discard(echo) => write(&[("say", "discard"), ("key", echo)]),
        TabMessage::Switch(id) => write(&[("say", "switch"), ("key", &digits(id.map_or(0, |id| id.0)))]),
        TabMessage::Read => write(&[("say", "read")]),
        TabMessage::Forget { generation: Some(generation), is_succeeded } => {
            write(&[("say", "forget"), ("key", &digits(*generation)), ("live", flag(*is_succeeded))])
        }
        TabMessage::Forget { generation: None, is_succeeded } => {
            write(&[("say", "forget"), ("live", flag(*is_succeeded))])
        }
        TabMessage::User(user) => write(&[
            ("say", "user"),
            ("key", &digits(user.mark)),
            ("live", flag(user.is_proven)),
            ("text", &write_pairs(&user.fields)),
        ]),
        TabMessage::Attributes { user, said, is_of_conversation } => write(&[
            ("say", "attributes"),
            ("key", &digits(*user)),
            ("live", flag(*is_of_conversation)),
            ("text", &write_pairs(said)),
        ]),
    }
}

/// Reads a word; `None` for anything no tab of this version says.
#[must_use]
pub fn hear(text: &str) -> Option<TabMessage> {
    let said = read(text)?;
    let field = |name| string(&said, name);
    let is_set = |name| field(name) == Some("1");
    Some(match field("say")? {
        "ask" => TabMessage::Ask,
        "here" => TabMessage::Here(LeaderStatus { is_live: is_set("live"), is_failing: is_set("failing") }),
        "kept" => TabMessage::Kept(field("key")?.to_owned(), field("value").map(str::to_owned)),
        "frame" => TabMessage::Frame(field("text")?.to_owned()),
        "answered" => TabMessage::Answered {
            echo: field("key")?.into(),
            status: u16::try_from(number(&said, "status")?).ok()?,
            body: field("text")?.to_owned(),
        },
        "retry" => TabMessage::Retry(field("key")?.into()),
        "unconfirmed" => TabMessage::Unconfirmed(field("key")?.into()),
        "discard" => TabMessage::Discard(field("key")?.into()),
        "switch" => TabMessage::Switch(number(&said, "key").filter(|id| *id > 0).map(ConversationId)),
        "read" => TabMessage::Read,
        "forget" => TabMessage::Forget { generation: number(&said, "key"), is_succeeded: is_set("live") },
        "user" => TabMessage::User(User {
            mark: number(&said, "key")?,
            is_proven: is_set("live"),
            fields: pairs(field("text")?),
        }),
        "attributes" => TabMessage::Attributes {
            user: number(&said, "key")?,
            said: pairs(field("text")?),
            is_of_conversation: is_set("live"),
        },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard() {
        for word in [
            TabMessage::Ask,
            TabMessage::Here(LeaderStatus { is_live: true, is_failing: false }),
            TabMessage::Here(LeaderStatus { is_live: false, is_failing: true }),
            TabMessage::Kept("send/a-b".to_owned(), Some("{\"v\":1,\"text\":\"é \\\"x\\\"\"}".to_owned())),
            TabMessage::Kept("session".to_owned(), None),
            TabMessage::Frame("{\"type\":\"ping\"}".to_owned()),
            TabMessage::Answered { echo: "a-b".into(), status: 422, body: String::new() },
            TabMessage::Retry("a-b".into()),
            TabMessage::Unconfirmed("a-b".into()),
            TabMessage::Discard("a-b".into()),
            TabMessage::Switch(Some(ConversationId(7))),
            TabMessage::Switch(None),
            TabMessage::Read,
            TabMessage::Forget { generation: Some(3), is_succeeded: true },
            TabMessage::Forget { generation: None, is_succeeded: false },
            TabMessage::User(User::new(&[("identifier".to_owned(), "42".to_owned())])),
            TabMessage::User(User::default()),
            TabMessage::Attributes {
                user: 42,
                said: vec![("plan".to_owned(), "\"team\"".to_owned())],
                is_of_conversation: true,
            },
        ] {
            assert_eq!(hear(&say(&word)), Some(word));
        }
    }

    #[test]
    fn a_page_whose_chat_does_not_run_says_it_in_the_same_words() {
        let embed = include_str!("../../../../embed/embed.js");
        let channel = ["tabs/", &digits(PROTOCOL.into()), "`"].concat();
        let word = "postMessage(JSON.stringify({ __proto__: null, say: \"forget\", key }))";
        assert!(embed.contains(&channel) && embed.contains(word), "{channel} {word}");
        for (generation, said) in [(Some(3), "{\"say\":\"forget\",\"key\":\"3\"}"), (None, "{\"say\":\"forget\"}")] {
            assert_eq!(hear(said), Some(TabMessage::Forget { generation, is_succeeded: false }));
        }
    }

    #[test]
    fn what_no_tab_says_is_nothing() {
        for text in
            ["", "null", "[]", "{}", "{\"say\":\"sing\"}", "{\"say\":\"frame\"}", "{\"say\":\"kept\",\"key\":3}"]
        {
            assert_eq!(hear(text), None, "{text}");
        }
    }
}
