//! The website's calls of the chat's API, as `embed/panel.js` hands them over: a JSON list of calls, each a list of
//! strings: the function's name and its arguments. Named arguments are names and values in turn; attributes' values are
//! JSON.

use crate::host::settings::Options;
use crate::tolerant_json::{self, Json};
use crate::visitor::identity::User;

pub use crate::visitor::identity::AttributeTarget;

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
    /// `open`, `close`, or the launcher: the element has opened or closed its panel.
    PanelToggled {
        /// Whether it is open now.
        is_open: bool,
    },
    /// The element's attributes changed.
    Configure(Box<Options>),
}

/// Parses the calls, in their order; anything else is skipped.
#[must_use]
pub fn parse_calls(text: &str) -> Vec<HostCall> {
    let mut calls = Vec::new();
    for call in tolerant_json::read(text).as_ref().and_then(Json::items).unwrap_or_default() {
        calls.extend(parse_call(&call.texts()));
    }
    calls
}

fn parse_call(call: &[&str]) -> Option<HostCall> {
    let [name, arguments @ ..] = call else { return None };
    let first = || Some((*arguments.first()?).to_owned());
    Some(match *name {
        "setUser" => HostCall::SetUser(User::new(&to_pairs(arguments))),
        "setCustomAttributes" => {
            HostCall::SetAttributes { attributes: to_pairs(arguments), target: AttributeTarget::Contact }
        }
        "setConversationCustomAttributes" => {
            HostCall::SetAttributes { attributes: to_pairs(arguments), target: AttributeTarget::Conversation }
        }
        // The server merges attributes: an attribute can be emptied, not removed.
        "deleteCustomAttribute" => HostCall::SetAttributes {
            attributes: vec![(first()?, tolerant_json::write(""))],
            target: AttributeTarget::Contact,
        },
        "prefill" => HostCall::Prefill { text: first()? },
        "prompted" => HostCall::ProactiveMessageShown { text: first()? },
        "send" => HostCall::SendMessage { text: first()? },
        // From the element itself: its panel was opened or closed.
        "opened" => HostCall::PanelToggled { is_open: true },
        "closed" => HostCall::PanelToggled { is_open: false },
        "reset" => HostCall::Reset,
        "forget" => HostCall::Forget,
        _ => return None,
    })
}

/// Names and values in turn, as pairs; a name without a value is skipped.
fn to_pairs(texts: &[&str]) -> Vec<(String, String)> {
    texts.as_chunks().0.iter().map(|[name, value]| ((*name).to_owned(), (*value).to_owned())).collect()
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
            HostCall::SetUser(User::new(&[pair("identifier", "42"), pair("name", "Ana")])),
            HostCall::SetAttributes {
                attributes: vec![pair("plan", "\"team\""), pair("seats", "2.5")],
                target: AttributeTarget::Contact,
            },
            HostCall::SetAttributes { attributes: vec![pair("plan", "\"\"")], target: AttributeTarget::Contact },
            HostCall::SetAttributes { attributes: vec![pair("order", "7")], target: AttributeTarget::Conversation },
            HostCall::Prefill { text: "Hello".to_owned() },
            HostCall::ProactiveMessageShown { text: "Help?".to_owned() },
            HostCall::SendMessage { text: "Hi".to_owned() },
            HostCall::Reset,
            HostCall::Forget,
            HostCall::PanelToggled { is_open: true },
            HostCall::PanelToggled { is_open: false },
        ];
        assert_eq!(parse_calls(calls), expected);
    }

    #[test]
    fn host_calls_that_are_unknown_or_incomplete_are_skipped() {
        for text in ["", "{}", "[]", "[[]]", "[[\"sing\"]]", "[[\"send\"]]", "[[\"send\",7]]", "[7,[[\"send\"]]]"] {
            assert_eq!(parse_calls(text), [], "{text}");
        }
    }
}
