//! Parses what Chatwoot 4.0.4 and 4.16 send, and checks the requests of the client API. The fixtures have the shapes of
//! a running server, with other people in them.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that can't go on says so")]

use natter_core::availability::WorkingHours;
use natter_core::chatwoot::requests::{ApiRequest, ListPurpose};
use natter_core::chatwoot::{self, Body, ContactAnswer, Frame, Method, ServerEvent};
use natter_core::content::Answer;
use natter_core::host::settings::Settings;
use natter_core::model::Queue;
use natter_core::model::{Author, ConversationId, Message, MessageId, Status};
use natter_core::visitor::conversation_index::ConversationIndex;
use serde_json::{Value, json};

/// Reads a fixture as compact JSON, as a server sends it.
macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("fixtures/chatwoot/", $name, ".json"))).unwrap().to_string()
    };
}

#[test]
fn contact_is_parsed_with_its_source_id_and_pubsub_token() {
    let ContactAnswer::Known(contact) = chatwoot::parse_contact(&fixture!("contact_created")) else {
        panic!("it is one")
    };
    assert_eq!(contact.source_id, "7ad9d219-00cb-466d-8f3e-ad5b74b54663");
    assert_eq!(contact.pubsub_token, "k3yForTheCableOfIda00001");
    for useless in [json!({}), json!({ "source_id": "abc" }), json!({ "source_id": 4, "pubsub_token": "x" }), json!([])]
    {
        assert_eq!(chatwoot::parse_contact(&useless.to_string()), ContactAnswer::Unusable, "{useless}");
    }
}

#[test]
fn conversations_are_parsed_singly_and_as_a_list() {
    let conversation = chatwoot::parse_conversation(&fixture!("conversation_created")).unwrap();
    assert_eq!((conversation.id, conversation.status), (ConversationId(3), Status::Open));
    let all = chatwoot::parse_conversations(&fixture!("conversations")).unwrap();
    assert_eq!(all.iter().map(|conversation| conversation.id.0).collect::<Vec<_>>(), [3, 4]);
    assert_eq!(chatwoot::parse_conversations("{}"), None, "an error is not an empty list");
}

#[test]
fn conversation_index_is_parsed_from_contact_attributes_only() {
    assert_eq!(chatwoot::parse_conversation_index(&fixture!("contact_verified")), None, "Chatwoot 4.16 does not say");
    assert_eq!(
        chatwoot::parse_conversation_index(&fixture!("conversation_created_by_proven")),
        Some(ConversationIndex::default())
    );
    let listing = chatwoot::parse_listing(&fixture!("conversations_of_all_inboxes")).unwrap();
    let all: Vec<_> = listing.all.iter().map(|(one, inbox)| (one.id.0, *inbox, one.last.is_some())).collect();
    assert_eq!(all, [(73, Some(1), true), (74, Some(3), true), (72, Some(1), true)]);
    assert_eq!(listing.index, Some(ConversationIndex::default()));
    let attributes = json!({ "natter_conversations": "1:72 4", "natter_inboxes": "inboxMain:1" });
    let listed = Some(ConversationIndex::parse("1:72 4", "inboxMain:1"));
    assert_eq!(
        chatwoot::parse_conversation_index(&json!({ "id": 25, "custom_attributes": attributes }).to_string()),
        listed
    );
    let of_conversation = json!({ "plan": "a conversation's own" });
    let made =
        json!({ "id": 72, "custom_attributes": of_conversation, "contact": { "custom_attributes": attributes } });
    assert_eq!(chatwoot::parse_conversation_index(&made.to_string()), listed);
    assert_eq!(
        chatwoot::parse_conversation_index(&json!({ "id": 72, "contact": {}, "custom_attributes": {} }).to_string()),
        None
    );
}

#[test]
fn conversation_head_is_parsed_without_its_messages() {
    let whole = fixture!("conversation_created");
    let (head, _) = whole.split_once("\"messages\":").unwrap();
    assert_eq!(chatwoot::parse_conversation_head(head), chatwoot::parse_conversation(&whole));
    assert_eq!(chatwoot::parse_conversation_head("{"), None, "its messages came first");
}

#[test]
fn history_page_is_parsed_with_authors() {
    let page = chatwoot::parse_messages(&fixture!("messages_with_greeting")).unwrap();
    let authors: Vec<(u64, &str)> = page.iter().map(|message| (message.id.0, author(message))).collect();
    assert_eq!(
        authors,
        [(130, "visitor"), (131, "inbox"), (132, "visitor"), (133, "agent Noor Haddad"), (135, "inbox")]
    );
    assert_eq!(page[3].at, 1_795_224_105);
    assert_eq!(page[0].conversation, Some(ConversationId(14)));
}

#[test]
fn post_response_is_parsed_as_the_message() {
    let message = chatwoot::parse_message(&fixture!("message_posted")).unwrap();
    assert_eq!((message.id, &*message.text), (MessageId(8), "hello **world** <b>x</b> 😀"));
}

#[test]
fn cable_protocol_frames_are_told_apart() {
    assert_eq!(chatwoot::parse_frame(&fixture!("frame_welcome")), Frame::Welcome);
    assert_eq!(chatwoot::parse_frame(&fixture!("frame_ping")), Frame::Ping);
    assert_eq!(chatwoot::parse_frame(&fixture!("frame_confirm")), Frame::Confirmed);
    let check = |frame: Value, expected| assert_eq!(chatwoot::parse_frame(&frame.to_string()), expected, "{frame}");
    check(json!({ "type": "reject_subscription", "identifier": "{}" }), Frame::Rejected);
    check(
        json!({ "type": "disconnect", "reason": "unauthorized", "reconnect": false }),
        Frame::Disconnect { reconnect: false },
    );
    check(
        json!({ "type": "disconnect", "reason": "server_restart", "reconnect": true }),
        Frame::Disconnect { reconnect: true },
    );
    check(json!({ "type": "disconnect" }), Frame::Disconnect { reconnect: true });
    check(json!({ "type": "brand_new" }), Frame::Unknown);
    check(json!([]), Frame::Unknown);
    assert_eq!(chatwoot::parse_frame("{\"type\":"), Frame::Unknown);
}

#[test]
fn message_created_frame_is_parsed_with_its_echo_id() {
    let (own, echo) = created(&fixture!("frame_message_created_own"));
    assert_eq!((own.id.0, author(&own), echo.as_deref()), (8, "visitor", Some("3f1c9a52-0000-4000-8000-00000000000a")));
    let (_, echo) = created(&fixture!("frame_message_created_numeric_echo"));
    assert_eq!(echo.as_deref(), Some("42"));
    let (agents, echo) = created(&fixture!("frame_message_created_agent"));
    assert_eq!((author(&agents), echo), ("agent Noor Haddad", None));
    let (greeting, _) = created(&fixture!("frame_message_created_greeting"));
    assert_eq!(author(&greeting), "inbox");
    let (bots, _) = created(&fixture!("frame_message_created_bot"));
    assert_eq!(author(&bots), "bot Botty");
}

#[test]
fn captain_assistant_is_a_bot_and_a_frame_without_conversation_is_parsed() {
    let mut frame: Value = serde_json::from_str(&fixture!("frame_message_created_bot")).unwrap();
    frame["message"]["data"]["sender"]["type"] = json!("captain_assistant");
    frame["message"]["data"]["conversation"] = Value::Null;
    let (bots, _) = created(&frame.to_string());
    assert_eq!(author(&bots), "bot Botty");
    assert!(bots.conversation.is_some());
}

#[test]
fn deleted_message_frame_does_not_show_the_old_text() {
    let frame = fixture!("frame_message_deleted");
    assert!(frame.contains("Hello **there**, see <https://127.0.0.1/"), "the server does tell");
    let ServerEvent::MessageUpdated { message, is_read: _ } = server_event(&frame) else { panic!("an update") };
    assert!(message.is_deleted);
    assert_eq!(message.text, "This message was deleted");
}

#[test]
fn conversation_frames_carry_the_status() {
    let status = |text: &str| {
        let ServerEvent::ConversationChanged(conversation) = server_event(text) else {
            panic!("a conversation's: {text}")
        };
        (conversation.id.0, conversation.status)
    };
    assert_eq!(status(&fixture!("frame_conversation_created")), (3, Status::Open));
    assert_eq!(status(&fixture!("frame_conversation_resolved")), (3, Status::Resolved));
}

#[test]
fn typing_frame_of_a_private_note_is_dropped() {
    assert_eq!(server_event(&fixture!("frame_typing_on")), ServerEvent::Other, "over a private note");
}

#[test]
fn presence_frame_tells_whether_any_agent_is_online() {
    assert_eq!(server_event(&fixture!("frame_presence")), ServerEvent::PresenceChanged { is_online: true });
    let presence = |users: Value| {
        server_event(&json!({ "message": { "event": "presence.update", "data": { "users": users } } }).to_string())
    };
    assert_eq!(presence(json!({ "2": "busy", "3": "offline" })), ServerEvent::PresenceChanged { is_online: false });
    assert_eq!(
        (presence(json!({})), presence(json!(null))),
        (ServerEvent::PresenceChanged { is_online: false }, ServerEvent::Other)
    );
}

#[test]
fn inbox_is_parsed_with_name_time_zone_and_working_hours() {
    let day = |day: u64, of: Value| {
        let mut all = json!({ "day_of_week": day, "closed_all_day": false, "open_all_day": false, "open_hour": 9,
            "open_minutes": 30, "close_hour": 17, "close_minutes": 0 });
        of.as_object().unwrap().iter().for_each(|(key, value)| all[key] = value.clone());
        all
    };
    let closed = json!({ "closed_all_day": true, "open_hour": null, "open_minutes": null });
    let days = [
        day(0, closed),
        day(1, json!({})),
        day(2, json!({ "open_all_day": true })),
        day(3, json!({ "close_hour": 23, "close_minutes": 59 })),
        json!({ "day_of_week": 4 }),
        json!(7),
    ];
    let mut inbox = json!({ "identifier": "x", "name": "Main API inbox", "timezone": "Europe/Berlin",
        "working_hours": days, "working_hours_enabled": true, "csat_survey_enabled": false });
    let read = |inbox: &Value| chatwoot::parse_inbox(&inbox.to_string()).unwrap();
    let hours = |day, opens, closes| WorkingHours { day, opens, closes };
    let expected = vec![hours(1, 570, 1_020), hours(2, 0, 1_440), hours(3, 570, 1_440)];
    let parsed = read(&inbox);
    assert_eq!(
        (parsed.name.as_str(), parsed.zone.as_str(), parsed.hours),
        ("Main API inbox", "Europe/Berlin", Some(expected))
    );
    inbox["working_hours_enabled"] = json!(false);
    assert_eq!(read(&inbox).hours, None);
    assert_eq!(chatwoot::parse_inbox("{\"error\":\"Not Found\"}"), None);
}

#[test]
fn odd_json_values_in_any_field_are_no_failure() {
    let oddities = [json!(null), json!(true), json!(-1), json!(1e300), json!("x"), json!([[]]), json!({ "id": {} })];
    let mut tried = 0;
    for text in [
        fixture!("frame_message_created_agent"),
        fixture!("frame_conversation_resolved"),
        fixture!("messages_with_greeting"),
        fixture!("contact_created"),
    ] {
        let whole: Value = serde_json::from_str(&text).unwrap();
        for path in paths(&whole) {
            for odd in &oddities {
                let mut broken = whole.clone();
                *broken.pointer_mut(&path).unwrap() = odd.clone();
                let broken = broken.to_string();
                let _ = chatwoot::parse_frame(&broken);
                let _ = chatwoot::parse_contact(&broken);
                let _ = chatwoot::parse_conversation(&broken);
                if let Some(messages) = chatwoot::parse_messages(&broken) {
                    let is_known = |message: &Message| (130..=135).contains(&message.id.0) || path.ends_with("/id");
                    assert!(messages.iter().all(is_known), "{path}: {odd}");
                    assert!(messages.len() >= 4, "one odd message does not hide the others: {path}: {odd}");
                }
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn rejection_reason_is_the_servers_message() {
    let words = |body: Value| chatwoot::parse_error_text(&body.to_string());
    assert_eq!(
        words(json!({ "message": "Email Invalid email", "attributes": ["email"] })).as_deref(),
        Some("Email Invalid email")
    );
    assert_eq!(words(json!({ "status": 404, "error": "Not Found" })).as_deref(), Some("Not Found"));
    assert_eq!(chatwoot::parse_error_text("<html>"), None);
}

#[test]
fn requests_match_the_client_api_guide() {
    let settings = Settings::new("https://chat.example.test/", "in/box ?").unwrap();
    let check = |call: &ApiRequest, method, path: &str, body: Option<Value>| {
        let request = chatwoot::build_request(&settings, "a/../b", call, "", &[]);
        assert_eq!(
            request.url,
            format!("https://chat.example.test/public/api/v1/inboxes/in%2Fbox%20%3F/contacts{path}")
        );
        assert_eq!(request.method, method);
        let sent = match &request.body {
            Body::None => None,
            Body::Json(text) => Some(serde_json::from_str::<Value>(text).unwrap()),
            Body::Form(fields, _) => Some(json!(fields)),
        };
        assert_eq!(sent, body);
    };
    let conversation = ConversationId(6);
    let base = "/a%2F%2E%2E%2Fb";
    check(&ApiRequest::CreateContact, Method::Post, "", Some(json!({ "source_id": "a/../b" })));
    check(&ApiRequest::GetContact, Method::Get, base, None);
    check(&ApiRequest::CreateConversation, Method::Post, &format!("{base}/conversations"), Some(json!({})));
    let inbox = chatwoot::build_request(&settings, "a/../b", &ApiRequest::GetInbox, "", &[]);
    assert_eq!(inbox.url, "https://chat.example.test/public/api/v1/inboxes/in%2Fbox%20%3F");
    let about = r#"{"name":"Ana","custom_attributes":{"bikes":2}}"#.to_owned();
    let body = json!({ "name": "Ana", "custom_attributes": { "bikes": 2 } });
    check(&ApiRequest::UpdateContact { about, index: None }, Method::Patch, base, Some(body));
    check(&ApiRequest::ListConversations(ListPurpose::Show), Method::Get, &format!("{base}/conversations"), None);
    let messages = format!("{base}/conversations/6/messages");
    check(&ApiRequest::ListMessages { conversation, before: None }, Method::Get, &messages, None);
    let before = Some(MessageId(95));
    check(&ApiRequest::ListMessages { conversation, before }, Method::Get, &format!("{messages}?before=95"), None);
    let post = ApiRequest::CreateMessage {
        conversation,
        echo: "e-1".into(),
        text: "a \"quoted\"\nline".into(),
        queue: Queue::Text,
    };
    check(&post, Method::Post, &messages, Some(json!({ "content": "a \"quoted\"\nline", "echo_id": "e-1" })));
    let upload =
        ApiRequest::CreateMessage { conversation, echo: "e-2".into(), text: "plans".into(), queue: Queue::Upload };
    check(&upload, Method::Post, &messages, Some(json!([["content", "plans"], ["echo_id", "e-2"]])));
    let answers = vec![Answer { name: "email".into(), title: String::new(), value: "a@b.test".into() }];
    let answer = ApiRequest::SubmitForm { conversation, message: MessageId(7), answers, is_survey: false };
    let values = json!({ "submitted_values": [{ "name": "email", "value": "a@b.test" }] });
    check(&answer, Method::Patch, &format!("{messages}/7"), Some(values));
    assert_eq!(chatwoot::cable_url(&settings), "wss://chat.example.test/cable");
    assert_eq!(chatwoot::cable_url(&Settings::new("http://127.0.0.1:3100", "x").unwrap()), "ws://127.0.0.1:3100/cable");
}

#[test]
fn cable_commands_carry_their_identifier_as_json_text() {
    let subscribe: Value = serde_json::from_str(&chatwoot::subscribe_command("tok")).unwrap();
    assert_eq!(subscribe["command"], "subscribe");
    let identifier = subscribe["identifier"].as_str().unwrap();
    let channel: Value = serde_json::from_str(identifier).unwrap();
    assert_eq!(channel, json!({ "channel": "RoomChannel", "pubsub_token": "tok" }));

    let presence: Value = serde_json::from_str(&chatwoot::presence_command("tok")).unwrap();
    assert_eq!(presence["identifier"], identifier, "the same words, or it is another subscription");
    assert_eq!(
        (&presence["command"], &presence["data"]),
        (&json!("message"), &json!("{\"action\":\"update_presence\"}"))
    );
}

fn created(frame: &str) -> (Message, Option<std::sync::Arc<str>>) {
    let ServerEvent::MessageCreated { message, echo } = server_event(frame) else { panic!("a new message: {frame}") };
    (message, echo)
}

fn author(message: &Message) -> &'static str {
    match &message.author {
        Author::Visitor => "visitor",
        Author::Inbox => "inbox",
        Author::Agent(person) if person.name == "Noor Haddad" => "agent Noor Haddad",
        Author::Bot(person) if person.name == "Botty" => "bot Botty",
        Author::Agent(_) | Author::Bot(_) => "somebody else",
    }
}

/// The JSON pointers of all values in a value.
fn paths(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, child)| (format!("/{key}"), child)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, child)| (format!("/{at}"), child)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    let below = children.into_iter().flat_map(|(step, child)| {
        let mut all: Vec<String> = paths(child).into_iter().map(|path| format!("{step}{path}")).collect();
        all.push(step);
        all
    });
    below.collect()
}

fn server_event(frame: &str) -> ServerEvent {
    let Frame::Event(server_event) = chatwoot::parse_frame(frame) else { panic!("no event: {frame}") };
    *server_event
}
