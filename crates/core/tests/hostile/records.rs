//! Stored records (outbox, session) and the site's settings.

use natter_core::chatwoot;
use natter_core::conversation::timeline::{DeliveryState, Failure, GRACE_MS, OutgoingMessage, OutgoingRecord, RowKey};
use natter_core::host::settings::{Settings, SettingsError};
use natter_core::model::{Contact, ConversationId, MessageId, OutgoingFile};
use natter_core::rng::Rng;
use natter_core::time::{Mono, Wall};
use natter_core::visitor::session::Session;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::check_property;
use super::generators::{any_text, anything, boundary, short_text};

fn outgoing_message() -> impl Strategy<Value = OutgoingMessage> {
    let newest = prop::option::of(any::<u64>().prop_map(MessageId));
    let stage = prop_oneof![
        Just(DeliveryState::Queued),
        newest.clone().prop_map(|newest| DeliveryState::Sending { newest }),
        (newest.clone(), any::<u64>()).prop_map(|(newest, since)| {
            let since = Mono(since);
            DeliveryState::Unconfirmed { newest, since, until: since }
        }),
        (newest, any::<u64>())
            .prop_map(|(newest, since)| DeliveryState::StoredElsewhere { newest, since: Mono(since) }),
        Just(DeliveryState::Failed(Failure::Unconfirmed)),
        Just(DeliveryState::Failed(Failure::FilesMissing)),
        Just(DeliveryState::Failed(Failure::ConversationEnded)),
        any::<Option<String>>().prop_map(|words| DeliveryState::Failed(Failure::Rejected(words))),
    ];
    let file =
        (any::<String>(), any::<u64>()).prop_map(|(name, size)| OutgoingFile { pick: 0, name, size, local: None });
    let files = prop::collection::vec(file, 0..4);
    let parts = (any::<String>(), any::<u64>(), any::<u64>(), stage, any::<u32>(), files, any::<u64>());
    parts.prop_map(|(text, at, sequence, state, attempts, files, user)| OutgoingMessage {
        files,
        user,
        is_from_here: false,
        progress: 0,
        key: RowKey(1),
        echo: "echo".into(),
        text: text.into(),
        at: Wall(at),
        sequence,
        state,
        attempts,
        matched: None,
        is_unconfirmed: false,
    })
}

fn conversation() -> impl Strategy<Value = Option<ConversationId>> {
    prop::option::of(any::<u64>().prop_map(ConversationId))
}

#[test]
fn outbox_record_round_trips_through_storage() {
    check_property(2_000, (outgoing_message(), conversation()), |(send, conversation)| {
        let now = Mono(9);
        let text = OutgoingRecord::new(&send, conversation).to_json();
        let kept = OutgoingRecord::parse(&text).expect("it was just written");
        assert_eq!(kept.conversation(), conversation);
        let restored = kept.restore(RowKey(1), "echo".into(), now);
        assert_eq!(OutgoingRecord::new(&restored, conversation).to_json(), text, "storing it again does not change it");
        let state = match &send.state {
            // A POST in flight gets no response after a reload.
            DeliveryState::Sending { newest }
            | DeliveryState::Unconfirmed { newest, .. }
            | DeliveryState::StoredElsewhere { newest, .. } => {
                DeliveryState::Unconfirmed { newest: *newest, since: now, until: now.plus(GRACE_MS) }
            }
            DeliveryState::Failed(Failure::Rejected(words)) => {
                DeliveryState::Failed(Failure::Rejected(words.clone().filter(|words| !words.is_empty())))
            }
            DeliveryState::StoringFiles
            | DeliveryState::Queued
            | DeliveryState::Failed(Failure::Unconfirmed | Failure::FilesMissing | Failure::ConversationEnded) => {
                send.state.clone()
            }
        };
        assert_eq!(restored, OutgoingMessage { state, ..send });
    });
}

#[test]
fn truncated_outbox_record_is_rejected() {
    check_property(1_000, (outgoing_message(), conversation(), any::<Index>()), |(send, conversation, at)| {
        let text = OutgoingRecord::new(&send, conversation).to_json();
        let cut = &text[..boundary(&text, at)];
        assert!(cut == text || OutgoingRecord::parse(cut).is_none());
    });
}

#[test]
fn session_record_round_trips_through_storage() {
    let id = "[A-Za-z0-9_-]{1,255}".prop_filter("other scripts leave these", |id| id != "null" && id != "undefined");
    check_property(500, (id.clone(), id, any::<Option<u64>>()), |(source_id, pubsub_token, conversation)| {
        let mut session = new_session();
        session.contact_received(Contact { source_id: source_id.clone(), pubsub_token: pubsub_token.clone() });
        if let Some(id) = conversation {
            session.open_conversation(ConversationId(id));
        }
        let kept = session.take_record().flatten().expect("there is something to keep");
        let mut restored = new_session();
        restored.restore(&kept);
        assert_eq!((restored.source_id(), restored.pubsub_token()), (Some(&*source_id), Some(&*pubsub_token)));
        assert_eq!(restored.conversation(), conversation.map(ConversationId));
    });
}

#[test]
fn session_record_yields_only_valid_ids() {
    let record = (any_text(), any_text(), any::<Option<u64>>()).prop_map(|(source_id, token, conversation)| {
        serde_json::json!({
            "v": 1, "customer_identifier": source_id, "pubsub_token": token, "conversation": conversation,
            "conversations": null, "creating": null,
        })
        .to_string()
    });
    check_property(3_000, prop_oneof![anything(), record], |text| {
        let mut session = new_session();
        session.restore(&text);
        for id in [session.source_id(), session.pubsub_token()].into_iter().flatten() {
            let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            assert!(is_plain && (1..=255).contains(&id.len()) && id != "null" && id != "undefined", "{id}");
        }
        assert!(session.source_id().is_some() || session.pubsub_token().is_none(), "a token needs a source_id");
    });
}

fn new_session() -> Session {
    Session::new(Rng::new([1, 2, 3, 4]))
}

#[test]
fn settings_accept_only_http_base_urls() {
    let scheme =
        select(&["https://", "http://", "HTTPS://", "javascript:", "ftp://", "//", "https:/", "data:", ""][..]);
    let host = prop_oneof![short_text(), "[a-z.:0-9/?#@ \\\\\n\t]{0,20}", Just("chat.example.test".to_owned())];
    let url = (scheme, host).prop_map(|(scheme, host)| format!("{scheme}{host}"));
    check_property(4_000, (prop_oneof![url, any_text()], prop_oneof![short_text(), any_text()]), |(url, inbox)| {
        let settings = match Settings::new(&url, &inbox) {
            Ok(settings) => settings,
            Err(SettingsError::InboxIdentifier) => return assert_eq!(inbox.trim(), ""),
            Err(SettingsError::BaseUrl | SettingsError::Secret(_)) => return,
        };
        let (scheme, host) = settings.base_url().split_once("://").expect("a scheme");
        assert!(matches!(scheme, "http" | "https") && !host.is_empty() && !host.starts_with('/'), "{url:?}");
        assert!(!host.contains(|c: char| "?#@".contains(c) || c.is_control() || c.is_whitespace()), "{url:?}");
        assert_eq!(chatwoot::cable_url(&settings), format!("{}://{host}/cable", scheme.replace("http", "ws")));
        let request = chatwoot::build_request(&settings, "me", &natter_core::ApiRequest::GetContact, "", &[]);
        let path = request.url.strip_prefix(settings.base_url()).expect("on that server");
        let is_plain =
            |segment: &str| segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~%".contains(&byte));
        let segments: Vec<&str> = path.split('/').collect();
        assert!(segments.len() == 8 && segments.into_iter().all(is_plain), "the inbox is one segment: {path}");
    });
}
