//! The commands that clients send on the cable. A malformed or unknown one is `None`, and gets no answer.

use serde_json::Value;

/// A client's command. `identifier` is the string as the client sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Subscribe { identifier: String },
    Unsubscribe { identifier: String },
    UpdatePresence { identifier: String },
}

pub fn parse_command(text: &str) -> Option<Command> {
    let frame: Value = serde_json::from_str(text).ok()?;
    let identifier = frame.get("identifier")?.as_str()?.to_owned();
    match frame.get("command")?.as_str()? {
        "subscribe" => Some(Command::Subscribe { identifier }),
        "unsubscribe" => Some(Command::Unsubscribe { identifier }),
        "message" => {
            let data: Value = serde_json::from_str(frame.get("data")?.as_str()?).ok()?;
            (data.get("action")?.as_str()? == "update_presence").then_some(Command::UpdatePresence { identifier })
        }
        _ => None,
    }
}

/// Participant wants to listen. An agent names themselves, a contact doesn't; a mixture is nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChannelIdentifier {
    Contact { pubsub_token: String },
    User { pubsub_token: String, user_id: i64, account_id: i64 },
}

pub fn parse_identifier(identifier: &str) -> Option<ChannelIdentifier> {
    let identifier: Value = serde_json::from_str(identifier).ok()?;
    if identifier.get("channel")?.as_str()? != "RoomChannel" {
        return None;
    }
    let pubsub_token = identifier.get("pubsub_token")?.as_str().filter(|token| !token.is_empty())?.to_owned();
    match identifier.get("user_id").and_then(number) {
        None => Some(ChannelIdentifier::Contact { pubsub_token }),
        Some(user_id) => {
            let account_id = identifier.get("account_id").and_then(number)?;
            Some(ChannelIdentifier::User { pubsub_token, user_id, account_id })
        }
    }
}

/// Ids are numbers, or numbers as text.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_cable_commands_are_ignored() {
        for text in ["", "[]", "\"hi\"", "{\"command\":", r#"{"identifier":"x"}"#, r#"{"command":"subscribe"}"#] {
            assert_eq!(parse_command(text), None, "{text}");
        }
        let odd = [r#"{"action":"nope"}"#, "{}", "zzz"];
        for data in odd {
            let text = serde_json::json!({"command":"message","identifier":"x","data":data}).to_string();
            assert_eq!(parse_command(&text), None, "{data}");
        }
    }

    #[test]
    fn a_channel_identifier_is_a_contacts_or_an_agents() {
        let contact = parse_identifier(r#"{"channel":"RoomChannel","pubsub_token":"t"}"#);
        assert_eq!(contact, Some(ChannelIdentifier::Contact { pubsub_token: "t".into() }));
        let agent = parse_identifier(r#"{"channel":"RoomChannel","pubsub_token":"t","account_id":1,"user_id":2}"#);
        assert_eq!(agent, Some(ChannelIdentifier::User { pubsub_token: "t".into(), user_id: 2, account_id: 1 }));
        for unknown in [
            r#"{"channel":"RoomChannel"}"#,
            r#"{"channel":"RoomChannel","pubsub_token":null}"#,
            r#"{"channel":"RoomChannel","pubsub_token":""}"#,
            r#"{"channel":"NoSuchChannel"}"#,
            "xyz",
        ] {
            assert_eq!(parse_identifier(unknown), None, "{unknown}");
        }
    }
}
