//! What tabs say to each other, as text. Both ends are ours, but not always of one version: [`PROTOCOL`] is part of the
//! channel's name, so that only tabs that mean the same hear each other.

use super::asked::{pairs, write_pairs};
use super::fields::{number, object as read, string};
use super::outgoing::object as write;
use crate::digits::digits;
use crate::identity::User;
use crate::model::ConversationId;
use crate::tabs::{Standing, Word};

/// Raised with every change of the words, their meaning, or what is kept of a send.
pub const PROTOCOL: u32 = 6;

/// A word's text.
#[must_use]
pub fn say(word: &Word) -> String {
    let flag = |is_set: bool| if is_set { "1" } else { "0" };
    match word {
        Word::Ask => write(&[("say", "ask")]),
        Word::Here(standing) => {
            write(&[("say", "here"), ("live", flag(standing.is_live)), ("failing", flag(standing.is_failing))])
        }
        Word::Kept(key, Some(value)) => write(&[("say", "kept"), ("key", key), ("value", value)]),
        Word::Kept(key, None) => write(&[("say", "kept"), ("key", key)]),
        Word::Frame(text) => write(&[("say", "frame"), ("text", text)]),
        Word::Answered { echo, status, body } => {
            write(&[("say", "answered"), ("key", echo), ("status", &digits((*status).into())), ("text", body)])
        }
        Word::Retry(echo) => write(&[("say", "retry"), ("key", echo)]),
        Word::Unconfirmed(echo) => write(&[("say", "unconfirmed"), ("key", echo)]),
        Word::Discard(echo) => write(&[("say", "discard"), ("key", echo)]),
        Word::Switch(id) => write(&[("say", "switch"), ("key", &digits(id.map_or(0, |id| id.0)))]),
        Word::Read => write(&[("say", "read")]),
        Word::Forget { generation: Some(generation), is_succeeded } => {
            write(&[("say", "forget"), ("key", &digits(*generation)), ("live", flag(*is_succeeded))])
        }
        Word::Forget { generation: None, is_succeeded } => write(&[("say", "forget"), ("live", flag(*is_succeeded))]),
        Word::User(user) => write(&[
            ("say", "user"),
            ("key", &digits(user.mark)),
            ("live", flag(user.is_proven)),
            ("text", &write_pairs(&user.fields)),
        ]),
        Word::Attributes { user, said, is_of_conversation } => write(&[
            ("say", "attributes"),
            ("key", &digits(*user)),
            ("live", flag(*is_of_conversation)),
            ("text", &write_pairs(said)),
        ]),
    }
}

/// Reads a word; `None` for anything no tab of this version says.
#[must_use]
pub fn hear(text: &str) -> Option<Word> {
    let said = read(text)?;
    let field = |name| string(&said, name);
    let is_set = |name| field(name) == Some("1");
    Some(match field("say")? {
        "ask" => Word::Ask,
        "here" => Word::Here(Standing { is_live: is_set("live"), is_failing: is_set("failing") }),
        "kept" => Word::Kept(field("key")?.to_owned(), field("value").map(str::to_owned)),
        "frame" => Word::Frame(field("text")?.to_owned()),
        "answered" => Word::Answered {
            echo: field("key")?.into(),
            status: u16::try_from(number(&said, "status")?).ok()?,
            body: field("text")?.to_owned(),
        },
        "retry" => Word::Retry(field("key")?.into()),
        "unconfirmed" => Word::Unconfirmed(field("key")?.into()),
        "discard" => Word::Discard(field("key")?.into()),
        "switch" => Word::Switch(number(&said, "key").filter(|id| *id > 0).map(ConversationId)),
        "read" => Word::Read,
        "forget" => Word::Forget { generation: number(&said, "key"), is_succeeded: is_set("live") },
        "user" => {
            Word::User(User { mark: number(&said, "key")?, is_proven: is_set("live"), fields: pairs(field("text")?) })
        }
        "attributes" => Word::Attributes {
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
            Word::Ask,
            Word::Here(Standing { is_live: true, is_failing: false }),
            Word::Here(Standing { is_live: false, is_failing: true }),
            Word::Kept("send/a-b".to_owned(), Some("{\"v\":1,\"text\":\"é \\\"x\\\"\"}".to_owned())),
            Word::Kept("session".to_owned(), None),
            Word::Frame("{\"type\":\"ping\"}".to_owned()),
            Word::Answered { echo: "a-b".into(), status: 422, body: String::new() },
            Word::Retry("a-b".into()),
            Word::Unconfirmed("a-b".into()),
            Word::Discard("a-b".into()),
            Word::Switch(Some(ConversationId(7))),
            Word::Switch(None),
            Word::Read,
            Word::Forget { generation: Some(3), is_succeeded: true },
            Word::Forget { generation: None, is_succeeded: false },
            Word::User(User::new(&[("identifier".to_owned(), "42".to_owned())])),
            Word::User(User::default()),
            Word::Attributes {
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
            assert_eq!(hear(said), Some(Word::Forget { generation, is_succeeded: false }));
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
