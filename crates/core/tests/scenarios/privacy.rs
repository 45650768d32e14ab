//! Forgetting: who says it, where the chat runs, and what anybody finds afterwards.

use natter_core::content::{Field, FieldKind};
use natter_core::event::{
    ComposerEvent, ConnectionEvent, ConversationsEvent, PanelEvent, StorageEvent, ThreadEvent, VisitorEvent,
};
use natter_core::host::calls::{AttributeTarget, HostCall};
use natter_core::host::events::{HostError, HostEvent};
use std::collections::BTreeMap;

use natter_core::chatwoot::{HttpRequest, Method};
use natter_core::host::settings::Options;
use natter_core::model::{MessageId, OutgoingFile};
use natter_core::visitor::identity::User;
use natter_core::visitor::pre_chat_form::PreChatForm;
use natter_core::{Event, RequestId, TranscriptFormat};
use serde_json::json;

use crate::client_harness::{
    Bench, CONVERSATION, agents, contact, conversation, created, json_body, kept_session, visitors,
};
use crate::multi_tab_harness::Household;
use crate::tab_sync::two_tabs;

/// What stands in every place where the former visitor left something.
const MARKS: [&str; 6] = ["9e46c098", "salary", "holiday", "Ana", "hash of", "rating"];

fn user(identifier: &str) -> User {
    let said = [("identifier", identifier), ("identifier_hash", &format!("hash of {identifier}"))];
    User::new(&said.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn is(identifier: &str) -> Event {
    Event::Host(HostCall::SetUser(user(identifier)))
}

/// A device that keeps something of a proven user everywhere.
fn kept_of(identifier: &str) -> BTreeMap<String, String> {
    let mut storage = kept_session();
    let session = storage["session"].replace('}', &format!(",\"user\":{},\"proven\":true}}", user(identifier).mark));
    storage.insert("session".to_owned(), session);
    let introduction = r#"{"v":1,"answers":[["full_name","Ana","name"]],"agreed":"","agreed_at":0,"told":true}"#;
    storage.insert("introduction".to_owned(), introduction.to_owned());
    storage.insert("draft".to_owned(), "and my holiday".to_owned());
    let answer = r#"{"v":1,"conversation":6,"survey":true,"answers":[["rating",["rating","1"]]]}"#;
    storage.insert("answer/9".to_owned(), answer.to_owned());
    storage
}

fn read(house: &mut Household) {
    for number in 0..house.tabs.len() {
        while house.tabs[number].bench.asked(Method::Get, "/messages").is_some() {
            house.on(number, |tab| tab.answer("/messages", 200, &json!([agents(1, "about your salary")])));
        }
    }
}

/// Two tabs of a proven user; the first leads, and somebody has just heard of a message.
fn two_tabs_of_ana() -> Household {
    let mut house = Household::new(kept_of("42"));
    for number in 0..2 {
        house.open();
        house.on(number, |tab| {
            tab.event(is("42"));
            tab.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
        });
    }
    read(&mut house);
    house.on(0, Bench::go_live);
    read(&mut house);
    house.on(0, |tab| tab.frame(&created(&agents(2, "your salary is paid"), None)));
    house
}

fn memory(bench: &Bench) -> String {
    format!("{:?}", bench.widget)
}

/// Nothing of the former visitor is on the device, in this tab's memory, or to be seen, heard or asked for.
fn assert_forgotten(house: &Household, number: usize, why: &str) {
    let kept = format!("{:?}", house.storage);
    let bench = &house.tabs[number].bench;
    // What the page has been told before is its own.
    let memory = memory(bench);
    for mark in MARKS {
        assert!(!kept.contains(mark), "{why}: {mark} on the device: {kept}");
        assert!(!memory.contains(mark), "{why}: {mark} in tab {number}: {memory}");
    }
    assert!(bench.texts().is_empty() && bench.calls.is_empty() && bench.link.is_none(), "{why}: tab {number}");
    let view = bench.widget.view();
    assert_eq!((view.panel.unread, view.previews.len(), view.panel.announcement.1.is_none()), (0, 0, true), "{why}");
    assert!(bench.told.contains(&HostEvent::VisitorForgotten), "{why}: what the page shows beside goes, too");
}

#[test]
fn reset_and_forget_leave_nothing_in_any_tab() {
    for (why, event) in
        [("reset", Event::Host(HostCall::Reset)), ("forget", Event::Visitor(VisitorEvent::ForgetRequested))]
    {
        for teller in [0, 1] {
            let mut house = two_tabs_of_ana();
            house.on(teller, |tab| tab.submit("my salary, please"));
            house.on(teller, |tab| tab.event(event.clone()));
            house.wait(200_000);
            for number in 0..2 {
                assert_forgotten(&house, number, &format!("{why} in tab {teller}"));
            }
            // Whoever comes next is nobody in particular.
            house.on(1, |tab| tab.submit("hello"));
            let made = house.on(0, |tab| json_body(&tab.answer("/contacts", 200, &contact())));
            assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"], "{why}");
        }
    }
}

#[test]
fn forget_on_a_page_without_a_running_chat_reaches_the_running_tabs() {
    // As embed.js does it: it empties the device and says so, whatever it found there.
    for generation in [Some("1"), None] {
        let mut house = two_tabs_of_ana();
        house.storage.clear();
        house.storage.extend(generation.map(|generation| ("generation".to_owned(), generation.to_owned())));
        let word = json!({ "say": "forget", "key": generation }).to_string();
        for number in 0..2 {
            house.on(number, |tab| {
                tab.event(Event::Tabs(natter_core::TabEvent::Received { text: word.clone() }));
            });
        }
        house.wait(200_000);
        for number in 0..2 {
            assert_forgotten(&house, number, "a page without a chat");
        }
    }
}

#[test]
fn frozen_leader_forgets_before_it_does_anything_else() {
    for does_another_lead in [false, true] {
        let mut house = two_tabs_of_ana();
        house.freeze(0);
        house.on(1, |tab| tab.event(Event::Host(HostCall::Reset)));
        if does_another_lead {
            house.wait(20_000);
        } else {
            // The page on which one logs out is gone the next moment.
            house.crash(1);
        }
        // Its socket is faster than what other tabs said.
        house.alone(0, |tab| tab.frame(&created(&agents(3, "your salary again"), None)));
        house.thaw(0);
        house.wait(200_000);
        assert_forgotten(&house, 0, "the leader hung");
    }
}

#[test]
fn crashed_leader_that_missed_a_forget_restores_nothing() {
    let mut house = two_tabs_of_ana();
    house.freeze(0);
    house.on(1, |tab| tab.event(Event::Visitor(VisitorEvent::ForgetRequested)));
    // Before it died, it wrote once more what it knew.
    let late = kept_of("42");
    house.storage.extend(late.into_iter().filter(|(key, _)| key != "draft"));
    house.crash(0);
    let next = house.open();
    house.on(next, |tab| tab.event(Event::Panel(PanelEvent::Toggled { is_open: true })));
    house.wait(200_000);
    assert_forgotten_by_newcomer(&house, next);
    assert_eq!(house.storage.keys().collect::<Vec<_>>(), ["generation"], "what was written late is erased");
}

fn assert_forgotten_by_newcomer(house: &Household, number: usize) {
    let bench = &house.tabs[number].bench;
    assert!(bench.texts().is_empty() && bench.link.is_none());
    let asked: Vec<_> = bench.calls.iter().map(|(_, request)| &request.url).collect();
    assert!(asked.is_empty(), "{asked:?}");
}

#[test]
fn identity_change_forgets_in_all_tabs_and_is_known_to_the_leader() {
    let mut house = two_tabs_of_ana();
    house.on(1, |tab| tab.event(is("43")));
    house.wait(2_000);
    let kept = format!("{:?}", house.storage);
    for mark in MARKS {
        assert!(!kept.contains(mark), "{mark}: {kept}");
    }
    for number in 0..2 {
        assert!(house.tabs[number].bench.texts().is_empty());
    }
    let made = house.on(0, |tab| json_body(&tab.answer("/contacts", 200, &contact())));
    assert_eq!(made["identifier"], "43", "the one that leads makes the contact of the user the other was told of");
}

#[test]
fn forget_deletes_the_attachments_of_the_outbox() {
    let mut bench = Bench::on_a_page(Options::default(), BTreeMap::new(), [is("42")], false);
    bench.event(Event::Composer(ComposerEvent::FilesPicked {
        files: vec![OutgoingFile { pick: 1, name: "slip.pdf".to_owned(), size: 9, local: None }],
    }));
    bench.submit("my salary slip");
    bench.event(Event::Host(HostCall::Reset));
    assert_eq!(bench.forgotten, [[]]);
    assert!(bench.texts().is_empty());
}

#[test]
fn page_without_identity_neither_shows_nor_uses_a_proven_users_session() {
    let mut bench = Bench::on_a_page(
        Options::default(),
        kept_of("42"),
        [Event::Panel(PanelEvent::Toggled { is_open: true })],
        false,
    );
    assert!(bench.calls.is_empty() && bench.link.is_none() && bench.texts().is_empty());
    assert_eq!(bench.widget.view().composer.injected_text.1.as_ref(), "", "nor what they were writing");
    // The page's user is named late, and is the same.
    bench.event(is("42"));
    bench.answer("/messages", 200, &json!([agents(1, "about your salary")]));
    assert_eq!(bench.texts(), ["about your salary"]);
    assert_eq!(bench.widget.view().composer.injected_text.1.as_ref(), "and my holiday");

    let mut bench = Bench::on_a_page(Options::default(), kept_of("42"), [], false);
    bench.submit("I am somebody else");
    let own = json!({ "source_id": "strangers", "pubsub_token": "strangerstoken" });
    let made = json_body(&bench.answer("/contacts", 200, &own));
    assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"]);
    assert_ne!(made["source_id"], contact()["source_id"], "a stranger's own contact");
    assert!(!format!("{:?}", bench.storage).contains("9e46c098"));
}

#[test]
fn custom_attributes_of_one_user_are_not_sent_for_the_next() {
    let plan = |name: &str| {
        let value = format!("\"{name}\"");
        Event::Host(HostCall::SetAttributes {
            attributes: vec![("plan".to_owned(), value)],
            target: AttributeTarget::Contact,
        })
    };
    let mut bench = Bench::on_a_page(Options::default(), BTreeMap::new(), [is("42"), plan("gold"), is("43")], false);
    bench.submit("hello");
    assert_eq!(json_body(&bench.answer("/contacts", 200, &contact()))["identifier"], "43");
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    let told = json_body(&bench.answer(&own, 200, &json!({})));
    assert_eq!(told["custom_attributes"]["plan"], json!(null), "{told}");
    // What was said before the page named anybody is the user's.
    let mut bench = Bench::on_a_page(Options::default(), BTreeMap::new(), [plan("gold"), is("43")], false);
    bench.submit("hello");
    bench.answer("/contacts", 200, &contact());
    assert_eq!(json_body(&bench.answer(&own, 200, &json!({})))["custom_attributes"]["plan"], "gold");
}

#[test]
fn outbox_posts_each_users_message_to_their_own_conversation() {
    let said = |text: &str| Event::Host(HostCall::SendMessage { text: text.to_owned() });
    let asked = [is("42"), said("from 42"), is("43"), said("from 43")];
    let mut bench = Bench::on_a_page(Options::default(), BTreeMap::new(), asked, false);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert!(bench.texts().is_empty(), "nobody sees what 42 said");
    let first = json_body(&bench.answer("/contacts", 200, &contact()));
    assert_eq!(first["identifier"], "42");
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    bench.answer(&own, 200, &json!({}));
    bench.answer("/conversations", 200, &json!([]));
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    let post = bench.answer("/messages", 200, &visitors(1, "from 42"));
    assert_eq!(json_body(&post)["content"], "from 42");
    assert!(post.url.contains("/conversations/6/"));
    // Now the next user has a contact and a conversation of their own.
    let second =
        json_body(&bench.answer("/contacts", 200, &json!({ "source_id": "other", "pubsub_token": "othertoken" })));
    assert_eq!(second["identifier"], "43");
    assert_ne!(second["source_id"], first["source_id"]);
    bench.answer("/contacts/other", 200, &json!({}));
    bench.answer("/conversations", 200, &json!([]));
    bench.answer("/conversations", 200, &conversation(8));
    let post = bench.answer("/messages", 200, &visitors(2, "from 43"));
    assert_eq!(json_body(&post)["content"], "from 43");
    assert!(post.url.contains("/contacts/other/conversations/8/"), "{}", post.url);
    assert_eq!(bench.texts(), ["from 43"]);
}

#[test]
fn leader_outbox_posts_each_users_message_to_their_own_conversation() {
    let said = |text: &str| Event::Host(HostCall::SendMessage { text: text.to_owned() });
    let mut house = Household::new(BTreeMap::new());
    let tab = house.open_with(vec![is("42"), said("from 42"), is("43"), said("from 43")]);
    let first = house.on(tab, |tab| json_body(&tab.answer("/contacts", 200, &contact())));
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    house.on(tab, |tab| tab.answer(&own, 200, &json!({})));
    house.on(tab, |tab| tab.answer("/conversations", 200, &json!([])));
    house.on(tab, |tab| tab.answer("/conversations", 200, &conversation(CONVERSATION)));
    let post = house.on(tab, |tab| json_body(&tab.answer("/messages", 200, &visitors(1, "from 42"))));
    assert_eq!((&first["identifier"], &post["content"]), (&json!("42"), &json!("from 42")));
    let other = json!({ "source_id": "other", "pubsub_token": "othertoken" });
    let second = house.on(tab, |tab| json_body(&tab.answer("/contacts", 200, &other)));
    house.on(tab, |tab| tab.answer("/contacts/other", 200, &json!({})));
    house.on(tab, |tab| tab.answer("/conversations", 200, &json!([])));
    house.on(tab, |tab| tab.answer("/conversations", 200, &conversation(8)));
    let post = house.on(tab, |tab| json_body(&tab.answer("/messages", 200, &visitors(2, "from 43"))));
    assert_eq!((&second["identifier"], &post["content"]), (&json!("43"), &json!("from 43")));
}

#[test]
fn outbox_of_a_former_user_is_dropped_after_a_timeout_and_the_host_is_told() {
    let asked = [is("42"), Event::Host(HostCall::SendMessage { text: "from 42".to_owned() }), is("43")];
    let mut bench = Bench::on_a_page(Options::default(), BTreeMap::new(), asked, false);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.wait(9_000);
    assert!(bench.asked(Method::Post, "/contacts").is_some());
    bench.wait(2_000);
    let told = |wanted: &str| bench.told.iter().any(|tell| tell.to_json().is_some_and(|event| event.contains(wanted)));
    assert!(told("unsent-dropped") && !told("from 42"), "{:?}", bench.told);
    assert!(!format!("{:?}", bench.storage).contains("from 42"));
    let made = json_body(&bench.answer("/contacts", 200, &contact()));
    assert_eq!(made["identifier"], "43");
}

#[test]
fn storage_failure_is_reported_once_and_shown_while_the_outbox_is_not_empty() {
    let mut bench = Bench::new();
    bench.event(Event::Storage(StorageEvent::WriteFailed));
    assert_eq!(bench.widget.view().composer.problem, None, "nothing would be lost");
    bench.submit("hello");
    bench.event(Event::Storage(StorageEvent::WriteFailed));
    assert_eq!(bench.widget.view().composer.problem, Some(natter_core::view::ComposerProblem::StorageUnavailable));
    let told = bench.told.iter().filter(|tell| **tell == HostEvent::Error(HostError::StorageUnavailable));
    assert_eq!(told.count(), 1);
    bench.answer("/contacts", 200, &contact());
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    bench.answer("/messages", 200, &visitors(1, "hello"));
    assert_eq!(bench.widget.view().composer.problem, None, "it is sent");
}

#[test]
fn identity_with_proof_shows_the_outbox_while_offline() {
    let mut bench = Bench::on_a_page(
        Options::default(),
        BTreeMap::new(),
        [is("42"), Event::Connection(ConnectionEvent::OnlineChanged { is_online: false })],
        false,
    );
    bench.submit("hello");
    assert_eq!(bench.texts(), ["hello"]);
}

#[test]
fn leader_reads_the_forget_generation_from_storage_before_it_writes() {
    let mut house = two_tabs_of_ana();
    house.crash(1);
    // A tab that has no channel, or did not live to say so.
    house.storage.clear();
    house.storage.insert("generation".to_owned(), "1".to_owned());
    house.wait(2_000);
    house.on(0, |tab| tab.submit("my salary, please"));
    house.wait(200_000);
    assert_forgotten(&house, 0, "found on the device");
}

#[test]
fn forget_erases_late_writes_of_a_crashed_leader() {
    let mut house = two_tabs_of_ana();
    house.freeze(0);
    house.on(1, |tab| tab.event(Event::Visitor(VisitorEvent::ForgetRequested)));
    house.storage.extend(kept_of("42").into_iter().filter(|(key, _)| key != "draft"));
    house.crash(0);
    house.wait(20_000);
    assert_eq!(house.storage.keys().collect::<Vec<_>>(), ["generation"]);
    assert_forgotten(&house, 1, "the one that follows");
}

#[test]
fn session_stored_after_the_site_cleared_storage_is_kept() {
    let mut house = two_tabs_of_ana();
    house.on(0, |tab| tab.event(Event::Host(HostCall::Reset)));
    house.storage.clear();
    house.wait(2_000);
    house.on(0, |tab| tab.submit("hello"));
    house.on(0, |tab| tab.answer("/contacts", 200, &contact()));
    house.on(0, |tab| tab.answer("/conversations", 200, &conversation(CONVERSATION)));
    house.on(0, |tab| tab.answer("/messages", 200, &visitors(1, "hello")));
    let next = house.open();
    assert!(house.tabs[next].bench.asked(Method::Get, "/conversations/6/messages").is_some(), "{:?}", house.storage);
}

#[test]
fn leader_never_posts_an_outbox_record_of_another_user() {
    let mut house = two_tabs_of_ana();
    let record = format!(
        r#"{{"v":2,"text":"from Ben","at":1,"nth":9,"tries":0,"conversation":null,"posting":false,"newest":null,"failed":false,"refusal":null,"files":[],"user":{}}}"#,
        user("43").mark
    );
    let word = json!({ "say": "kept", "key": "send/from-ben", "value": record }).to_string();
    house.on(0, |tab| tab.event(Event::Tabs(natter_core::TabEvent::Received { text: word })));
    house.wait(2_000);
    let is_post = |call: &&(RequestId, HttpRequest)| call.1.method == Method::Post && call.1.url.ends_with("/messages");
    assert_eq!(house.tabs[0].bench.calls.iter().find(is_post), None);
    house.on(0, |tab| tab.submit("from Ana"));
    house.wait(1_000);
    let posted = house.tabs[0].bench.calls.iter().find(is_post).map(|(_, request)| json_body(request));
    assert_eq!(posted.unwrap()["content"], "from Ana");
}

#[test]
fn identity_change_while_the_leader_is_frozen_or_crashed_forgets_the_former_user() {
    for dies in [false, true] {
        let mut house = two_tabs_of_ana();
        house.freeze(0);
        house.on(1, |tab| tab.event(is("43")));
        assert!(house.tabs[1].bench.texts().is_empty(), "at once");
        house.wait(20_000);
        if dies {
            house.crash(0);
        } else {
            house.thaw(0);
        }
        house.wait(20_000);
        let kept = format!("{:?}", house.storage);
        for mark in ["9e46c098", "salary", "holiday", "Ana", "rating", "hash of 42"] {
            assert!(!kept.contains(mark), "{mark}, dies: {dies}: {kept}");
            for number in if dies { 1..2 } else { 0..2 } {
                let held = memory(&house.tabs[number].bench);
                let at = held.find(mark).map(|at| &held[at.saturating_sub(300)..(at + 60).min(held.len())]);
                assert_eq!(at, None, "{mark} in tab {number}, dies: {dies}");
            }
        }
    }
}

#[test]
fn forget_empties_storage_and_sends_nothing_until_the_visitor_writes() {
    let mut bench = Bench::returning(&[visitors(1, "hello"), agents(2, "hi")]);
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "half a".to_owned() }));
    bench.submit("and more");
    assert!(bench.widget.view().panel.settings.is_known);
    bench.event(Event::Visitor(VisitorEvent::ForgetRequested));
    assert_eq!(bench.kept_keys(), ["generation"]);
    assert_eq!((bench.texts(), bench.link), (vec![], None), "nothing is shown, no socket stays");
    assert_eq!(bench.calls, [], "nothing is on its way any more");
    assert!(!bench.widget.view().panel.settings.is_known && !bench.widget.view().panel.choices.list);
    bench.wait(200_000);
    assert!(bench.calls.is_empty() && bench.link.is_none(), "and nobody comes back by themselves");
    bench.submit("somebody new");
    assert!(bench.asked(Method::Post, "/contacts").is_some());
}

#[test]
fn forget_in_a_follower_tab_clears_all_tabs() {
    let mut house = two_tabs();
    let (leader, follower) = (0, 1);
    house.on(follower, |tab| tab.event(Event::Visitor(VisitorEvent::ForgetRequested)));
    assert_eq!(house.storage.keys().collect::<Vec<_>>(), ["generation"]);
    for tab in [leader, follower] {
        assert_eq!(house.tabs[tab].bench.texts(), Vec::<String>::new());
        assert!(!house.tabs[tab].bench.widget.view().panel.settings.is_known);
    }
    assert_eq!(house.tabs[leader].bench.link, None);
}

/// In every value that comes from the visitor, or from the server about them.
const MARKER: &str = "zebra";

/// A visitor of whom every part of the state holds something.
fn marked_everywhere(is_proven: bool) -> Bench {
    let marked = |text: &str| [MARKER, text].concat();
    let form = PreChatForm {
        fields: vec![Field { name: "mail".to_owned(), kind: FieldKind::Email, is_required: true, ..Field::default() }],
        ..PreChatForm::default()
    };
    let options =
        Options { form: Some(form), sends_page_context: true, offers_notifications: true, ..Options::default() };
    let mut stored = BTreeMap::new();
    stored.insert("draft".to_owned(), marked(" draft of an earlier page"));
    let identifier = marked(" id");
    let hash = marked(" hash");
    let mut said = vec![("identifier".to_owned(), identifier), ("name".to_owned(), marked(" name"))];
    if is_proven {
        said.push(("identifier_hash".to_owned(), hash));
    }
    let attribute = || vec![("plan".to_owned(), format!("\"{}\"", marked(" plan")))];
    let mut bench = Bench::on_a_page(options, stored, [Event::Host(HostCall::SetUser(User::new(&said)))], false);
    for target in [AttributeTarget::Contact, AttributeTarget::Conversation] {
        bench.event(Event::Host(HostCall::SetAttributes { attributes: attribute(), target }));
    }
    bench.event(Event::Host(HostCall::ProactiveMessageShown { text: marked(" prompt") }));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let values = vec![("mail".to_owned(), marked("@example.test"))];
    bench.event(Event::Visitor(VisitorEvent::PreChatFormSubmitted { values }));
    bench.submit(&marked(" first message"));
    let mut known = contact();
    (known["source_id"], known["pubsub_token"]) = (json!(marked("source")), json!(marked("token")));
    while bench.asked(Method::Post, "/contacts").is_some() || bench.asked(Method::Get, "/zebrasource").is_some() {
        let path = if bench.asked(Method::Post, "/contacts").is_some() { "/contacts" } else { "/zebrasource" };
        bench.answer(path, 200, &known);
    }
    while bench.asked(Method::Patch, "/zebrasource").is_some() {
        bench.answer(
            "/zebrasource",
            200,
            &json!({ "id": 25, "custom_attributes": { "natter_inboxes": marked(":1") } }),
        );
    }
    if bench.asked(Method::Get, "/conversations").is_some() {
        bench.answer("/conversations", 200, &json!([]));
    }
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    bench.answer("/messages", 200, &visitors(1, &marked(" first message")));
    bench.go_live();
    bench.answer("/messages", 200, &json!([visitors(1, &marked(" first message"))]));
    let mut form = agents(2, &marked(" question"));
    form["content_type"] = json!("input_email");
    form["sender"]["available_name"] = json!(marked(" agent"));
    bench.frame(&created(&form, None));
    let fields = vec![("email".to_owned(), marked("@example.test"))];
    bench.event(Event::Thread(ThreadEvent::FormSubmitted { message: MessageId(2), fields }));
    bench.frame(&json!({ "message": { "event": "conversation.typing_on", "data": {
        "conversation": { "id": CONVERSATION }, "user": { "id": 2, "name": marked(" typist"), "type": "user" },
    } } }));
    bench.event(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    let mut listed = conversation(CONVERSATION);
    listed["messages"] = json!([agents(2, &marked(" last words"))]);
    bench.answer("/conversations", 200, &json!([listed]));
    bench.event(Event::Conversations(ConversationsEvent::ListToggled { is_shown: false }));
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: false }));
    bench.frame(&created(&agents(3, &marked(" preview")), None));
    bench.submit(&marked(" on its way"));
    bench.submit(&marked(" queued"));
    let files = vec![OutgoingFile::new(1, &marked(".txt"), 5)];
    bench.event(Event::Composer(ComposerEvent::FilesPicked { files }));
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: marked(" draft") }));
    bench.event(Event::Thread(ThreadEvent::TranscriptRequested { format: TranscriptFormat::Text }));
    bench
}

#[test]
fn visitor_switch_leaves_nothing_of_the_former_visitor_in_any_part() {
    let bob = User::new(&[("identifier".to_owned(), "bob".to_owned())]);
    let switches = [Event::Host(HostCall::Reset), Event::Host(HostCall::Forget), Event::Host(HostCall::SetUser(bob))];
    for (switch, is_proven) in switches.iter().flat_map(|switch| [(switch, false), (switch, true)]) {
        let mut bench = marked_everywhere(is_proven);
        let parts = ["session: Session", "timeline: Timeline", "form_submissions", "conversation_list", "composer"];
        let held = memory(&bench);
        for part in parts {
            assert!(held.contains(part), "the state names its parts: {part}");
        }
        assert!(held.matches(MARKER).count() > 25, "marked everywhere: {}", held.matches(MARKER).count());
        bench.event(switch.clone());
        // The former user's message may still be under way; then the next user waits for it.
        bench.wait(11_000);
        let held = memory(&bench);
        let around = held.find(MARKER).map(|at| &held[at.saturating_sub(200)..(at + 100).min(held.len())]);
        assert_eq!(around, None, "{switch:?}, proven: {is_proven}");
        assert!(!format!("{:?}", bench.storage).contains(MARKER), "{switch:?}: {:?}", bench.storage);
    }
}
