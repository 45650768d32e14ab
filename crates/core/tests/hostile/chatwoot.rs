//! Properties of the parsers of Chatwoot's responses and cable frames.

use natter_core::chatwoot::{self, ContactAnswer, Frame, ServerEvent};
use natter_core::model::{Author, ConversationId, Message, MessageId, Person};
use natter_core::spoofing::without_bidi_controls;
use natter_core::{Outcome, chatwoot::requests::ApiResponse};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::generators::{anything, boundary, json, real, short_text, sound_json};
use super::{check_property, fuzz_harness};

/// The fields of an object, each with its value as JSON.
type Fields = Vec<(String, String)>;

/// A message as JSON, field by field, and as it must be parsed.
#[derive(Clone, Debug)]
struct Sample {
    fields: Fields,
    sender: Option<Fields>,
    message: Message,
}

impl Sample {
    fn text(&self) -> String {
        let mut fields = self.fields.clone();
        if let Some(sender) = &self.sender {
            fields.push(("sender".to_owned(), object(sender)));
        }
        object(&fields)
    }
}

/// An id that every JSON parser reads exactly; larger ones are rejected.
fn number() -> std::ops::Range<u64> {
    0..1 << 53
}

fn sample() -> impl Strategy<Value = Sample> {
    let sender = (any::<u32>(), short_text(), short_text(), select(&["user", "agent_bot", "contact"][..]));
    let parts = (number(), any::<String>(), 0..4_u64, number(), prop::option::of(number()), any::<bool>());
    (parts, prop::option::of(sender)).prop_map(|((id, text, kind, at, conversation, is_deleted), sender)| {
        let person = |id: u32, name: &str, url: &str| Person {
            id: Some(u64::from(id)),
            name: without_bidi_controls(name),
            avatar_url: url.to_owned(),
        };
        let author = match &sender {
            _ if kind == 0 => Author::Visitor,
            None => Author::Inbox,
            Some((id, name, url, "agent_bot")) => Author::Bot(person(*id, name, url)),
            Some((id, name, url, _)) => Author::Agent(person(*id, name, url)),
        };
        let mut fields = fields(&json!({
            "id": id,
            "content": text,
            "message_type": kind,
            "created_at": at,
            "content_attributes": { "deleted": is_deleted },
        }));
        fields.extend(conversation.map(|id| ("conversation_id".to_owned(), id.to_string())));
        let sender = sender.map(|(id, name, url, kind)| {
            self::fields(&json!({ "id": id, "name": name, "avatar_url": url, "type": kind }))
        });
        let conversation = conversation.map(ConversationId);
        let plain = Message::plain(MessageId(id), author, &text, at);
        Sample { fields, sender, message: Message { conversation, is_deleted, ..plain } }
    })
}

fn fields(object: &Value) -> Fields {
    object.as_object().unwrap().iter().map(|(name, value)| (name.clone(), value.to_string())).collect()
}

fn object(fields: &[(String, String)]) -> String {
    let field = |(name, value): &(String, String)| format!("{}:{value}", Value::String(name.clone()));
    format!("{{{}}}", fields.iter().map(field).collect::<Vec<_>>().join(","))
}

/// Fields that servers send and the core ignores, and some that no server sends yet.
fn unknown() -> impl Strategy<Value = Vec<(Index, (String, String))>> {
    const UNREAD: [&str; 7] =
        ["private", "content_type", "processed_message_content", "previous_changes", "performer", "Id", "id "];
    let name =
        prop_oneof![select(&UNREAD[..]).prop_map(str::to_owned), short_text().prop_map(|word| format!("new_{word}"))];
    prop::collection::vec((any::<Index>(), (name, sound_json())), 0..6)
}

fn insert_fields(fields: &mut Fields, more: Vec<(Index, (String, String))>) {
    for (at, field) in more {
        fields.insert(at.index(fields.len() + 1), field);
    }
}

fn created(data: &str) -> String {
    format!(r#"{{"identifier":"{{}}","message":{{"event":"message.created","data":{data}}}}}"#)
}

#[test]
fn parsers_accept_any_text() {
    check_property(6_000, anything(), |text| {
        for (_, read) in fuzz_harness::PARSERS {
            read(&text);
        }
    });
}

#[test]
fn unknown_json_fields_are_ignored() {
    check_property(1_000, (sample(), unknown(), unknown(), unknown()), |(mut sample, around, within, outside)| {
        insert_fields(&mut sample.fields, around);
        if let Some(sender) = &mut sample.sender {
            insert_fields(sender, within);
        }
        let text = sample.text();
        assert_eq!(chatwoot::parse_message(&text), Some(sample.message.clone()));
        assert_eq!(chatwoot::parse_messages(&format!("[{text},{text}]")), Some(vec![sample.message.clone(); 2]));
        let mut frame = vec![("message".to_owned(), format!(r#"{{"event":"message.created","data":{text}}}"#))];
        insert_fields(&mut frame, outside);
        assert_eq!(
            chatwoot::parse_frame(&object(&frame)),
            Frame::Event(ServerEvent::MessageCreated { message: sample.message, echo: None }.into())
        );
    });
}

#[test]
fn message_keeps_its_id_and_text_with_odd_values_in_other_fields() {
    const OTHERS: [&str; 6] =
        ["message_type", "created_at", "content_attributes", "conversation_id", "sender", "echo_id"];
    let odd = prop::collection::vec((select(&OTHERS[..]).prop_map(str::to_owned), sound_json()), 1..6);
    check_property(1_500, (sample(), odd), |(mut sample, odd)| {
        sample.fields.retain(|(name, _)| odd.iter().all(|(other, _)| other != name));
        sample.fields.extend(odd);
        let text = sample.text();
        let read = chatwoot::parse_message(&text).expect("it has an id");
        assert_eq!((read.id, &read.text), (sample.message.id, &sample.message.text));
        let Frame::Event(event) = chatwoot::parse_frame(&created(&text)) else { panic!("an event") };
        let ServerEvent::MessageCreated { message: read, .. } = *event else { panic!("a created message") };
        assert_eq!((read.id, read.text), (sample.message.id, sample.message.text));
    });
}

#[test]
fn odd_message_does_not_hide_its_history_page() {
    let is_odd = |text: &String| chatwoot::parse_message(text).is_none();
    let item = prop_oneof![
        sample().prop_map(|sample| (sample.text(), Some(sample.message))),
        sound_json().prop_filter("it has an id", is_odd).prop_map(|odd| (odd, None)),
    ];
    check_property(1_000, prop::collection::vec(item, 0..25), |items| {
        let (texts, messages): (Vec<_>, Vec<_>) = items.into_iter().unzip();
        let page = format!("[{}]", texts.join(","));
        assert_eq!(chatwoot::parse_messages(&page), Some(messages.into_iter().flatten().collect()));
    });
}

#[test]
fn json_whitespace_and_escapes_do_not_change_what_is_parsed() {
    check_property(1_000, prop_oneof![real(), sample().prop_map(|sample| created(&sample.text()))], |text| {
        let spelled = spelled(&serde_json::from_str(&text).unwrap());
        assert_eq!(chatwoot::parse_frame(&spelled), chatwoot::parse_frame(&text));
        assert_eq!(chatwoot::parse_message(&spelled), chatwoot::parse_message(&text));
        assert_eq!(chatwoot::parse_messages(&spelled), chatwoot::parse_messages(&text));
        assert_eq!(chatwoot::parse_contact(&spelled), chatwoot::parse_contact(&text));
        assert_eq!(chatwoot::parse_conversation(&spelled), chatwoot::parse_conversation(&text));
        assert_eq!(chatwoot::parse_conversations(&spelled), chatwoot::parse_conversations(&text));
    });
}

/// JSON with whitespace wherever it is allowed and every character escaped.
fn spelled(value: &Value) -> String {
    let escaped = |text: &str| {
        let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
        format!("\"{units}\"")
    };
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => format!(" {value}\n"),
        Value::String(text) => format!("\t{}\r", escaped(text)),
        Value::Array(items) => format!(" [ {} ] ", items.iter().map(spelled).collect::<Vec<_>>().join(",")),
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| format!(" {} :{}", escaped(name), spelled(value));
            format!("\n{{{} }} ", fields.iter().map(field).collect::<Vec<_>>().join(","))
        }
    }
}

#[test]
fn truncated_json_is_rejected() {
    let json = prop_oneof![
        real(),
        sample().prop_map(|sample| sample.text()),
        sample().prop_map(|sample| created(&sample.text()))
    ];
    check_property(2_000, (json, any::<Index>()), |(text, at)| {
        let cut = &text[..boundary(&text, at)];
        if cut.len() < text.len() {
            assert_eq!(chatwoot::parse_frame(cut), Frame::Unknown);
            assert_eq!((chatwoot::parse_message(cut), chatwoot::parse_messages(cut)), (None, None));
            assert_eq!((chatwoot::parse_conversation(cut), chatwoot::parse_conversations(cut)), (None, None));
            assert_eq!(
                (chatwoot::parse_contact(cut), chatwoot::parse_error_text(cut)),
                (ContactAnswer::Unusable, None)
            );
        }
    });
}

#[test]
fn rejection_reason_is_passed_on_verbatim() {
    check_property(500, (any::<String>(), sound_json()), |(reason, more)| {
        let json = Value::String(reason.clone());
        let expected = Some(reason).filter(|reason| !reason.is_empty());
        assert_eq!(chatwoot::parse_error_text(&format!(r#"{{"attributes":{more},"message":{json}}}"#)), expected);
        assert_eq!(chatwoot::parse_error_text(&format!(r#"{{"error":{json},"status":{more}}}"#)), expected);
    });
}

#[test]
fn http_status_has_one_meaning_with_any_body() {
    let status = prop_oneof![any::<u16>(), 199..600_u16, select(&[200_u16, 404, 408, 422, 429, 503][..])];
    check_property(
        2_000,
        (status, prop_oneof![anything(), json()], any::<Option<u64>>()),
        |(status, body, retry_after_ms)| {
            let outcome = Outcome::Answered { status, body: body.clone(), retry_after_ms };
            let is_right = match outcome.response() {
                ApiResponse::Success(answer) => (200..300).contains(&status) && answer == body,
                ApiResponse::Busy { retry_after_ms: ms } => matches!(status, 429 | 503) && ms <= 600_000,
                ApiResponse::NotFound => status == 404 && chatwoot::parse_error_text(&body).is_some(),
                ApiResponse::Rejected(reason) => {
                    (400..500).contains(&status)
                        && !matches!(status, 404 | 408 | 429)
                        && reason == chatwoot::parse_error_text(&body)
                }
                ApiResponse::ServerError => status == 500 && chatwoot::is_server_error(&body),
                ApiResponse::Unknown => !matches!(status, 200..300 | 429 | 503),
                ApiResponse::NotSent => false,
            };
            assert!(is_right, "{status} is taken for {:?}", outcome.response());
        },
    );
}
