//! What an earlier version wrote is read: every record on the device, and every message between tabs of one protocol.
//! The fixtures are that version's own text; whoever changes a format reads them, too, or raises the number in it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a step that fails has failed the test")]

use std::collections::BTreeMap;

use natter_core::conversation::timeline::Failure;
use natter_core::event::{PageEvent, PanelEvent};
use natter_core::host::calls::AttributeTarget;
use natter_core::host::settings::Settings;
use natter_core::model::ConversationId;
use natter_core::rng::Seed;
use natter_core::tabs::channel_name;
use natter_core::tabs::leader_election::{LeaderStatus, TabMessage};
use natter_core::tabs::messages::{decode, encode};
use natter_core::time::{Mono, Now, Wall};
use natter_core::view::RowContent;
use natter_core::visitor::identity::User;
use natter_core::{ChatClient, Effect, Event};

const NOW: Now = Now { mono: Mono(1_000), wall: Wall(1_795_223_900_000) };

fn stored() -> BTreeMap<String, String> {
    serde_json::from_str(include_str!("fixtures/stored/device.json")).unwrap()
}

/// A client that has started on a device with these records, and what it wants done.
fn started(stored: &BTreeMap<String, String>) -> (ChatClient, Vec<Effect>) {
    let settings = Settings::new("https://chat.example.test", "inboxMainIdentifier00001").unwrap();
    let mut client = ChatClient::new(settings, Seed { identity: [1, 2, 3, 4], general: [5, 6, 7, 8] }, NOW);
    let stored = stored.clone().into_iter().collect();
    let mut effects = client.update(NOW, Event::Started { stored, has_tab_sync: false }).effects;
    effects.extend(client.update(NOW, Event::Panel(PanelEvent::Toggled { is_open: true })).effects);
    (client, effects)
}

#[test]
fn records_on_the_device_that_an_earlier_version_stored_are_restored() {
    let (client, effects) = started(&stored());
    let asks_for = |end: &str| {
        effects.iter().any(|effect| matches!(effect, Effect::SendRequest { request, .. } if request.url.ends_with(end)))
    };
    assert!(asks_for("/contacts/9e46c098-beaf-4807-8512-94a2614abf55/conversations/6/messages"), "{effects:?}");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::OpenSocket { .. })), "the token is known");
    let deleted: Vec<_> = effects.iter().filter(|effect| matches!(effect, Effect::Delete { .. })).collect();
    assert!(deleted.is_empty(), "nothing is taken for broken or for another visitor's: {deleted:?}");

    let view = client.view();
    assert_eq!(&*view.composer.injected_text.1, "{\"a draft\" may look like a record");
    assert!(!view.panel.settings.is_sound_on, "the preference for silence");
    assert!(view.panel.settings.is_known);
    let outgoing: Vec<_> = view
        .thread
        .rows
        .iter()
        .map(|row| match &row.content {
            RowContent::Outgoing { text, failure, files, .. } => (&**text, failure.clone(), files.len()),
            RowContent::Stored(message) => panic!("nothing is read yet: {message:?}"),
        })
        .collect();
    assert_eq!(
        outgoing,
        [
            ("without files", None, 0),
            ("on its way \"é\"", None, 0),
            ("refused", Some(Failure::Rejected(Some("Too many messages".to_owned()))), 0),
            ("doubtful", Some(Failure::Unconfirmed), 0),
            ("its files are gone", Some(Failure::FilesMissing), 1),
            ("too late", Some(Failure::ConversationEnded), 0),
            ("", None, 2),
        ]
    );
    let state = client.diagnostics();
    assert!(state.contains("\"has_conversation\":\"yes\""), "{state}");
}

/// The contact is told what the pre-chat form was answered with: the record says that it was not told yet.
#[test]
fn pre_chat_answers_and_form_submissions_that_an_earlier_version_stored_are_sent() {
    let mut all = stored();
    all.retain(|key, _| !key.starts_with("send/"));
    let (mut client, effects) = started(&all);
    let bodies = |effects: &[Effect]| format!("{effects:?}");
    let told = r#"{\"name\":\"Ana\",\"custom_attributes\":{\"mail\":\"ana@example.test\",\"bikes\":2,\"news\":true,\"consent_version\":\"2\",\"consent_at\":1795223801}}"#;
    assert!(bodies(&effects).contains(told), "{effects:?}");
    let first = bodies(&effects);
    assert!(first.contains("/messages/2") || first.contains("/messages/9"), "an answer is submitted: {first}");
    // The visitor's own choice of a language is the element's, and left alone.
    let suspended = client.update(NOW, Event::Page(PageEvent::Suspended)).effects;
    assert!(!bodies(&[effects, suspended].concat()).contains("\"language\""));
}

#[test]
fn a_record_of_an_unknown_version_is_as_good_as_none_and_harms_no_other() {
    for key in ["session", "introduction", "preferences", "answer/2", "send/6eb41281-785c-46e3-aedc-abc3a5da150c"] {
        let mut all = stored();
        let record = all[key].replace("\"v\":1", "\"v\":9").replace("\"v\":2", "\"v\":9");
        all.insert(key.to_owned(), record);
        let (client, _) = started(&all);
        let rows = client.view().thread.rows.len();
        assert_eq!(rows, if key.starts_with("send/") { 6 } else { 7 }, "{key}");
    }
}

#[test]
fn tab_messages_of_the_same_protocol_are_understood_and_said_in_the_same_words() {
    let texts: Vec<String> = serde_json::from_str(include_str!("fixtures/stored/tab_messages.json")).unwrap();
    let user = User::new(&[("identifier", "42"), ("identifier_hash", "ab")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    let expected = [
        TabMessage::PingLeader,
        TabMessage::Leader(LeaderStatus { is_live: true, is_failing: false }),
        TabMessage::Stored {
            key: "preferences".to_owned(),
            value: Some(r#"{"v":1,"silent":true,"notices":null,"theme":"auto"}"#.to_owned()),
        },
        TabMessage::Stored { key: "send/a-b".to_owned(), value: None },
        TabMessage::CableFrame(r#"{"type":"ping"}"#.to_owned()),
        TabMessage::SendResponse { echo: "a-b".into(), status: 422, body: "{}".to_owned() },
        TabMessage::RetrySend("a-b".into()),
        TabMessage::SendUnconfirmed("a-b".into()),
        TabMessage::DiscardSend("a-b".into()),
        TabMessage::OpenConversation(Some(ConversationId(7))),
        TabMessage::OpenConversation(None),
        TabMessage::ReadHistory,
        TabMessage::SetUser(User { mark: 42, ..user }),
        TabMessage::SetAttributes {
            user: 42,
            attributes: vec![("plan".to_owned(), "\"team\"".to_owned())],
            target: AttributeTarget::Conversation,
        },
        TabMessage::ForgetVisitor { generation: Some(3), is_succeeded: true },
        TabMessage::ForgetVisitor { generation: None, is_succeeded: false },
    ];
    let decoded: Vec<Option<TabMessage>> = texts.iter().map(|text| decode(text)).collect();
    assert_eq!(decoded, expected.clone().map(Some));
    let encoded: Vec<String> = expected.iter().map(encode).collect();
    // The loader says the last without saying whether anybody follows.
    assert_eq!(encoded[..encoded.len() - 1], texts[..texts.len() - 1]);
}

/// Tabs whose messages differ never meet: the protocol's number is part of the names of their lock and their channel. What
/// a tab of another protocol would say is not understood, and changes nothing.
#[test]
fn tabs_of_another_protocol_are_strangers() {
    let settings = Settings::new("https://chat.example.test", "inboxMainIdentifier00001").unwrap();
    assert!(channel_name(&settings).ends_with("/tabs/7"), "{}", channel_name(&settings));
    assert!(channel_name(&settings).starts_with(&settings.storage_prefix()), "both keep their records in one place");
    for text in ["{\"say\":\"leader\"}", "{\"type\":\"ask\"}", "{\"say\":7}", "{\"say\":\"kept\",\"key\":{}}", "ask"] {
        assert_eq!(decode(text), None, "{text}");
    }
    let former: Vec<String> =
        serde_json::from_str(include_str!("fixtures/stored/tab_messages_protocol_6.json")).unwrap();
    assert_eq!(former.len(), 16);
    for text in former {
        assert_eq!(decode(&text), None, "{text}");
    }
}
