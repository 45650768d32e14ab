//! The website's calls of the chat's API, as `embed/panel.js` hands them over: a JSON list of calls, each a list of
//! strings: the function's name and its arguments. Named arguments are names and values in turn; attributes' values are
//! JSON.

use crate::Event;
use crate::chatwoot::write_list as list;
use crate::event::PanelEvent;
use crate::host::settings::Options;
use crate::json::{self, Value};
use crate::visitor::identity::User;

/// A call of the widget's API by the website.
#[derive(Debug, Eq, PartialEq)]
#[cfg_attr(not(target_arch = "wasm32"), derive(Clone))]
pub enum HostCall {
    /// `setUser`: the visitor is this user.
    SetUser(User),
    /// `setCustomAttributes`, `setConversationCustomAttributes`, `deleteCustomAttribute`: what agents are to know.
    SetAttributes {
        /// Names, and values as JSON.
        attributes: Vec<(String, String)>,
        /// What they are attributes of.
        target: AttributeTarget,
    },
    /// `prefill`: put this into the composer.
    Prefill {
        /// The text.
        text: String,
    },
    /// A proactive message was shown before the visitor opened the panel.
    ProactiveMessageShown {
        /// Its text.
        text: String,
    },
    /// `send`: send this in the visitor's name.
    SendMessage {
        /// The message's text.
        text: String,
    },
    /// `reset`: the visitor has logged out of the website.
    Reset,
    /// `forget`: forget the visitor on this device.
    Forget,
    /// The element's attributes changed.
    Configure(Box<Options>),
}

/// What custom attributes belong to.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttributeTarget {
    /// The contact.
    Contact,
    /// The conversation that begins next.
    Conversation,
}

/// Parses the calls, in their order; anything else is skipped.
#[must_use]
pub fn parse_calls(text: &str) -> Vec<Event> {
    let mut events = Vec::new();
    for call in json::read(text).as_ref().and_then(Value::items).unwrap_or_default() {
        events.extend(parse_call(&texts(call)));
    }
    events
}

fn parse_call(call: &[&str]) -> Option<Event> {
    let [name, arguments @ ..] = call else { return None };
    let first = || Some((*arguments.first()?).to_owned());
    Some(match *name {
        "setUser" => Event::Host(HostCall::SetUser(User::new(&to_pairs(arguments)))),
        "setCustomAttributes" => {
            Event::Host(HostCall::SetAttributes { attributes: to_pairs(arguments), target: AttributeTarget::Contact })
        }
        "setConversationCustomAttributes" => Event::Host(HostCall::SetAttributes {
            attributes: to_pairs(arguments),
            target: AttributeTarget::Conversation,
        }),
        // The server merges attributes: an attribute can be emptied, not removed.
        "deleteCustomAttribute" => Event::Host(HostCall::SetAttributes {
            attributes: vec![(first()?, json::string(""))],
            target: AttributeTarget::Contact,
        }),
        "prefill" => Event::Host(HostCall::Prefill { text: first()? }),
        "prompted" => Event::Host(HostCall::ProactiveMessageShown { text: first()? }),
        "send" => Event::Host(HostCall::SendMessage { text: first()? }),
        // From the element itself: its panel was opened or closed.
        "opened" => Event::Panel(PanelEvent::Toggled { is_open: true }),
        "closed" => Event::Panel(PanelEvent::Toggled { is_open: false }),
        "reset" => Event::Host(HostCall::Reset),
        "forget" => Event::Host(HostCall::Forget),
        _ => return None,
    })
}

fn texts(list: &Value) -> Vec<&str> {
    list.items().unwrap_or_default().iter().filter_map(Value::text).collect()
}

fn to_pairs(texts: &[&str]) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in texts.chunks_exact(2) {
        pairs.push((pair[0].to_owned(), pair[1].to_owned()));
    }
    pairs
}

/// Pairs as a JSON list: names and values in turn.
#[must_use]
pub fn write_pairs(pairs: &[(String, String)]) -> String {
    list(pairs.iter().flat_map(|(name, value)| [&**name, &**value]))
}

/// Parses pairs; anything else is skipped.
#[must_use]
pub fn parse_pairs(text: &str) -> Vec<(String, String)> {
    json::read(text).map(|list| to_pairs(&texts(&list))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_calls_are_parsed_in_their_order() {
        let calls = r#"[["setUser","identifier","42","name","Ana"],["setCustomAttributes","plan","\"team\"","seats","2.5"],
            ["deleteCustomAttribute","plan"],["setConversationCustomAttributes","order","7"],["prefill","Hello"],
            ["prompted","Help?"],["send","Hi"],["reset"],["forget"],["opened"],["closed"]]"#;
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let expected = [
            Event::Host(HostCall::SetUser(User::new(&[pair("identifier", "42"), pair("name", "Ana")]))),
            Event::Host(HostCall::SetAttributes {
                attributes: vec![pair("plan", "\"team\""), pair("seats", "2.5")],
                target: AttributeTarget::Contact,
            }),
            Event::Host(HostCall::SetAttributes {
                attributes: vec![pair("plan", "\"\"")],
                target: AttributeTarget::Contact,
            }),
            Event::Host(HostCall::SetAttributes {
                attributes: vec![pair("order", "7")],
                target: AttributeTarget::Conversation,
            }),
            Event::Host(HostCall::Prefill { text: "Hello".to_owned() }),
            Event::Host(HostCall::ProactiveMessageShown { text: "Help?".to_owned() }),
            Event::Host(HostCall::SendMessage { text: "Hi".to_owned() }),
            Event::Host(HostCall::Reset),
            Event::Host(HostCall::Forget),
            Event::Panel(PanelEvent::Toggled { is_open: true }),
            Event::Panel(PanelEvent::Toggled { is_open: false }),
        ];
        assert_eq!(parse_calls(calls), expected);
    }

    #[test]
    fn host_calls_that_are_unknown_or_incomplete_are_skipped() {
        for text in ["", "{}", "[]", "[[]]", "[[\"sing\"]]", "[[\"send\"]]", "[[\"send\",7]]", "[7,[[\"send\"]]]"] {
            assert_eq!(parse_calls(text), [], "{text}");
        }
    }

    #[test]
    fn host_call_pairs_are_parsed_as_they_were_written() {
        let some = vec![("a\"".to_owned(), "\"b\"".to_owned()), (String::new(), "null".to_owned())];
        assert_eq!(parse_pairs(&write_pairs(&some)), some);
        assert_eq!(parse_pairs("nonsense"), []);
    }
}
