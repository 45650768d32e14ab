//! What the device keeps and the site says.

use natter_core::chance::Chance;
use natter_core::model::{Contact, ConversationId, Enclosed, MessageId};
use natter_core::session::Session;
use natter_core::settings::{Settings, Unusable};
use natter_core::time::{Mono, Wall};
use natter_core::timeline::{Failure, GRACE_MS, KeptSend, RowKey, Send, Stage};
use natter_core::wire;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::holds;
use super::inputs::{anything, boundary, nonsense, words};

fn send() -> impl Strategy<Value = Send> {
    let newest = prop::option::of(any::<u64>().prop_map(MessageId));
    let stage = prop_oneof![
        Just(Stage::Unsent),
        newest.clone().prop_map(|newest| Stage::Posting { newest }),
        (newest.clone(), any::<u64>()).prop_map(|(newest, since)| {
            let since = Mono(since);
            Stage::Unclear { newest, since, until: since }
        }),
        (newest, any::<u64>()).prop_map(|(newest, since)| Stage::Settled { newest, since: Mono(since) }),
        Just(Stage::Failed(Failure::Doubtful)),
        Just(Stage::Failed(Failure::FilesGone)),
        Just(Stage::Failed(Failure::Ended)),
        any::<Option<String>>().prop_map(|words| Stage::Failed(Failure::Refused(words))),
    ];
    let file = (any::<String>(), any::<u64>()).prop_map(|(name, size)| Enclosed { pick: 0, name, size, local: None });
    let files = prop::collection::vec(file, 0..4);
    let parts = (any::<String>(), any::<u64>(), any::<u64>(), stage, any::<u32>(), files, any::<u64>());
    parts.prop_map(|(text, at, nth, stage, tries, files, user)| Send {
        files,
        user,
        is_from_here: false,
        progress: 0,
        key: RowKey(1),
        echo: "echo".into(),
        text: text.into(),
        at: Wall(at),
        nth,
        stage,
        tries,
        guess: None,
        is_unconfirmed: false,
    })
}

fn conversation() -> impl Strategy<Value = Option<ConversationId>> {
    prop::option::of(any::<u64>().prop_map(ConversationId))
}

#[test]
fn a_send_that_was_kept_is_the_same_after_a_reload() {
    holds(2_000, (send(), conversation()), |(send, conversation)| {
        let now = Mono(9);
        let text = KeptSend::of(&send, conversation).write();
        let kept = KeptSend::read(&text).expect("it was just written");
        assert_eq!(kept.conversation(), conversation);
        let revived = kept.revive(RowKey(1), "echo".into(), now);
        assert_eq!(KeptSend::of(&revived, conversation).write(), text, "nor does keeping it again change it");
        let stage = match &send.stage {
            // Whatever was under way has no answer any more.
            Stage::Posting { newest } | Stage::Unclear { newest, .. } | Stage::Settled { newest, .. } => {
                Stage::Unclear { newest: *newest, since: now, until: now.plus(GRACE_MS) }
            }
            Stage::Failed(Failure::Refused(words)) => {
                Stage::Failed(Failure::Refused(words.clone().filter(|words| !words.is_empty())))
            }
            Stage::Gathering
            | Stage::Unsent
            | Stage::Failed(Failure::Doubtful | Failure::FilesGone | Failure::Ended) => send.stage.clone(),
        };
        assert_eq!(revived, Send { stage, ..send });
    });
}

#[test]
fn a_kept_send_that_was_cut_off_is_none() {
    holds(1_000, (send(), conversation(), any::<Index>()), |(send, conversation, at)| {
        let text = KeptSend::of(&send, conversation).write();
        let cut = &text[..boundary(&text, at)];
        assert!(cut == text || KeptSend::read(cut).is_none());
    });
}

#[test]
fn who_we_are_is_read_as_it_was_kept() {
    let id = "[A-Za-z0-9_-]{1,255}".prop_filter("other scripts leave these", |id| id != "null" && id != "undefined");
    holds(500, (id.clone(), id, any::<Option<u64>>()), |(source_id, pubsub_token, conversation)| {
        let mut session = nobody();
        session.contact_is(Contact { source_id: source_id.clone(), pubsub_token: pubsub_token.clone() });
        if let Some(id) = conversation {
            session.conversation_is(ConversationId(id));
        }
        let kept = session.take_kept().flatten().expect("there is something to keep");
        let mut revived = nobody();
        revived.revive(&kept);
        assert_eq!((revived.source_id(), revived.pubsub_token()), (Some(&*source_id), Some(&*pubsub_token)));
        assert_eq!(revived.conversation(), conversation.map(ConversationId));
    });
}

#[test]
fn whatever_was_kept_nobody_goes_by_a_name_that_none_can_have() {
    let record = (nonsense(), nonsense(), any::<Option<u64>>()).prop_map(|(source_id, token, conversation)| {
        serde_json::json!({
            "v": 1, "customer_identifier": source_id, "pubsub_token": token, "conversation": conversation,
            "conversations": null, "creating": null,
        })
        .to_string()
    });
    holds(3_000, prop_oneof![anything(), record], |text| {
        let mut session = nobody();
        session.revive(&text);
        for id in [session.source_id(), session.pubsub_token()].into_iter().flatten() {
            let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
            assert!(is_plain && (1..=255).contains(&id.len()) && id != "null" && id != "undefined", "{id}");
        }
        assert!(session.source_id().is_some() || session.pubsub_token().is_none(), "a token is somebody's");
    });
}

fn nobody() -> Session {
    Session::new(Chance::new([1, 2, 3, 4]))
}

#[test]
fn only_an_address_of_the_web_is_a_server() {
    let scheme =
        select(&["https://", "http://", "HTTPS://", "javascript:", "ftp://", "//", "https:/", "data:", ""][..]);
    let host = prop_oneof![words(), "[a-z.:0-9/?#@ \\\\\n\t]{0,20}", Just("chat.example.test".to_owned())];
    let url = (scheme, host).prop_map(|(scheme, host)| format!("{scheme}{host}"));
    holds(4_000, (prop_oneof![url, nonsense()], prop_oneof![words(), nonsense()]), |(url, inbox)| {
        let settings = match Settings::new(&url, &inbox) {
            Ok(settings) => settings,
            Err(Unusable::InboxIdentifier) => return assert_eq!(inbox.trim(), ""),
            Err(Unusable::BaseUrl | Unusable::Secret(_)) => return,
        };
        let (scheme, host) = settings.base_url().split_once("://").expect("a scheme");
        assert!(matches!(scheme, "http" | "https") && !host.is_empty() && !host.starts_with('/'), "{url:?}");
        assert!(!host.contains(|c: char| "?#@".contains(c) || c.is_control() || c.is_whitespace()), "{url:?}");
        assert_eq!(wire::cable_url(&settings), format!("{}://{host}/cable", scheme.replace("http", "ws")));
        let request = wire::request(&settings, "me", &natter_core::Call::ReadContact, "", &[]);
        let path = request.url.strip_prefix(settings.base_url()).expect("on that server");
        let is_plain =
            |segment: &str| segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~%".contains(&byte));
        let segments: Vec<&str> = path.split('/').collect();
        assert!(segments.len() == 8 && segments.into_iter().all(is_plain), "the inbox is one segment: {path}");
    });
}
