//! The website's calls of the chat's API, as `embed/panel.js` hands them over: a JSON list of calls. Each is, as serde writes
//! an enum, the function's name, or an object whose only field has that name, and the function's argument: a string, or an
//! object of strings. The values of custom attributes are JSON text, which the server gets as it is: so a number keeps
//! all its digits.

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
    tolerant_json::read(text).as_ref().map(read_calls).unwrap_or_default()
}

/// Reads a list of calls.
pub(crate) fn read_calls(calls: &Json) -> Vec<HostCall> {
    calls.items().unwrap_or_default().iter().filter_map(read_call).collect()
}

fn read_call(call: &Json) -> Option<HostCall> {
    let Some(call) = call.object() else {
        return Some(match call.text()? {
            // From the element itself: its panel was opened or closed.
            "opened" => HostCall::PanelToggled { is_open: true },
            "closed" => HostCall::PanelToggled { is_open: false },
            "reset" => HostCall::Reset,
            "forget" => HostCall::Forget,
            _ => return None,
        });
    };
    let name = call.names().next()?;
    let argument = call.get(name)?;
    let text = || Some(argument.text()?.to_owned());
    let fields = || {
        let fields = argument.object()?.texts();
        Some(fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>())
    };
    Some(match name {
        "setUser" => HostCall::SetUser(User::new(&fields()?)),
        "setCustomAttributes" => HostCall::SetAttributes { attributes: fields()?, target: AttributeTarget::Contact },
        "setConversationCustomAttributes" => {
            HostCall::SetAttributes { attributes: fields()?, target: AttributeTarget::Conversation }
        }
        // The server merges attributes: an attribute can be emptied, not removed.
        "deleteCustomAttribute" => HostCall::SetAttributes {
            attributes: vec![(text()?, tolerant_json::write(""))],
            target: AttributeTarget::Contact,
        },
        "prefill" => HostCall::Prefill { text: text()? },
        "prompted" => HostCall::ProactiveMessageShown { text: text()? },
        "send" => HostCall::SendMessage { text: text()? },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_calls_are_parsed_in_their_order() {
        let calls = r#"[{"setUser":{"identifier":"42","name":"Ana"}},
            {"setCustomAttributes":{"plan":"\"team\"","seats":"2.5"}},{"deleteCustomAttribute":"plan"},
            {"setConversationCustomAttributes":{"order":"7"}},{"prefill":"Hello"},{"prompted":"Help?"},{"send":"Hi"},
            "reset","forget","opened","closed"]"#;
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
        for text in [
            "",
            "{}",
            "[]",
            "[[],{}]",
            r#"["sing",{"sing":"x"}]"#,
            r#"["send"]"#,
            r#"[{"send":7}]"#,
            r#"[7,["send"]]"#,
            r#"[{"setUser":"42"}]"#,
        ] {
            assert_eq!(parse_calls(text), [], "{text}");
        }
    }
}
