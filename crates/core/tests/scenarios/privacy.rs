//! Privacy: forget, reset, retention and visitor switches erase storage, memory and pending requests, whichever tab
//! leads, hangs or crashes.

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
use natter_core::{Event, RequestId};
use serde_json::json;

use crate::client_harness::{
    CONVERSATION, ClientHarness, by_agent, by_visitor, contact, conversation, created, json_body, stored_session,
};
use crate::multi_tab_harness::MultiTabHarness;
use crate::tab_sync::two_tabs;

/// Strings that stand in everything the former visitor left.
const MARKS: [&str; 6] = ["9e46c098", "salary", "holiday", "Ana", "hash of", "rating"];

fn user(identifier: &str) -> User {
    let fields = [("identifier", identifier), ("identifier_hash", &format!("hash of {identifier}"))];
    User::new(&fields.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn set_user(identifier: &str) -> Event {
    Event::Host(HostCall::SetUser(user(identifier)))
}

/// Storage of a proven user with a value in every kind of record.
fn storage_of(identifier: &str) -> BTreeMap<String, String> {
    let mut storage = stored_session();
    let session = storage["session"].replace('}', &format!(",\"user\":{},\"proven\":true}}", user(identifier).mark));
    storage.insert("session".to_owned(), session);
    let introduction = r#"{"v":1,"answers":[["full_name","Ana","name"]],"agreed":"","agreed_at":0,"told":true}"#;
    storage.insert("introduction".to_owned(), introduction.to_owned());
    storage.insert("draft".to_owned(), "and my holiday".to_owned());
    let answer = r#"{"v":1,"conversation":6,"survey":true,"answers":[["rating",["rating","1"]]]}"#;
    storage.insert("answer/9".to_owned(), answer.to_owned());
    storage
}

fn answer_history(browser: &mut MultiTabHarness) {
    for number in 0..browser.tabs.len() {
        while browser.tabs[number].client.pending(Method::Get, "/messages").is_some() {
            browser.on(number, |tab| tab.answer("/messages", 200, &json!([by_agent(1, "about your salary")])));
        }
    }
}

/// Two tabs of a proven user. The first leads and has just received a message.
fn two_tabs_of_ana() -> MultiTabHarness {
    let mut browser = MultiTabHarness::new(storage_of("42"));
    for number in 0..2 {
        browser.open();
        browser.on(number, |tab| {
            tab.dispatch(set_user("42"));
            tab.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
        });
    }
    answer_history(&mut browser);
    browser.on(0, ClientHarness::go_live);
    answer_history(&mut browser);
    browser.on(0, |tab| tab.receive(&created(&by_agent(2, "your salary is paid"), None)));
    browser
}

fn debug_state(client: &ClientHarness) -> String {
    format!("{:?}", client.widget)
}

/// Asserts that nothing of the former visitor is in storage, in this tab's memory, in its view or in its requests.
fn assert_forgotten(browser: &MultiTabHarness, number: usize, why: &str) {
    let stored = format!("{:?}", browser.storage);
    let client = &browser.tabs[number].client;
    // Host events already emitted belong to the page and are not checked.
    let memory = debug_state(client);
    for mark in MARKS {
        assert!(!stored.contains(mark), "{why}: {mark} on the device: {stored}");
        assert!(!memory.contains(mark), "{why}: {mark} in tab {number}: {memory}");
    }
    assert!(client.texts().is_empty() && client.requests.is_empty() && client.socket.is_none(), "{why}: tab {number}");
    let view = client.widget.view();
    assert_eq!((view.panel.unread, view.previews.len(), view.panel.announcement.1.is_none()), (0, 0, true), "{why}");
    assert!(client.host_events.contains(&HostEvent::VisitorForgotten), "{why}: the host page is told");
}

#[test]
fn reset_and_forget_leave_nothing_in_any_tab() {
    for (why, event) in
        [("reset", Event::Host(HostCall::Reset)), ("forget", Event::Visitor(VisitorEvent::ForgetRequested))]
    {
        for teller in [0, 1] {
            let mut browser = two_tabs_of_ana();
            browser.on(teller, |tab| tab.submit("my salary, please"));
            browser.on(teller, |tab| tab.dispatch(event.clone()));
            browser.wait(200_000);
            for number in 0..2 {
                assert_forgotten(&browser, number, &format!("{why} in tab {teller}"));
            }
            // The next visitor is anonymous.
            browser.on(1, |tab| tab.submit("hello"));
            let contact_request = browser.on(0, |tab| json_body(&tab.answer("/contacts", 200, &contact())));
            assert_eq!(contact_request.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"], "{why}");
        }
    }
}

#[test]
fn a_message_written_before_its_page_was_in_touch_is_sent_before_the_next_user_follows() {
    let mut browser = two_tabs_of_ana();
    let events = [set_user("42"), Event::Host(HostCall::SendMessage { text: "hi".to_owned() }), set_user("43")];
    browser.open_with(events.to_vec());
    browser.wait(1_000);
    answer_history(&mut browser);
    let sent = browser.on(0, |tab| json_body(&tab.answer("/messages", 200, &by_visitor(11, "hi"))));
    assert_eq!(sent["content"], "hi", "the leader sends it as the former user's");
    browser.wait(20_000);
    for number in 0..3 {
        assert!(!debug_state(&browser.tabs[number].client).contains("\"hi\""), "nothing of it stays in tab {number}");
    }
}

#[test]
fn forget_on_a_page_without_a_running_chat_reaches_the_running_tabs() {
    // Like embed.js, which clears storage and broadcasts the forget, whatever was stored.
    for generation in [Some("1"), None] {
        let mut browser = two_tabs_of_ana();
        browser.storage.clear();
        browser.storage.extend(generation.map(|generation| ("generation".to_owned(), generation.to_owned())));
        let message = json!({ "forget_visitor": { "generation": generation } }).to_string();
        for number in 0..2 {
            browser.on(number, |tab| {
                tab.dispatch(Event::Tabs(natter_core::TabEvent::Received { text: message.clone() }));
            });
        }
        browser.wait(200_000);
        for number in 0..2 {
            assert_forgotten(&browser, number, "a page without a chat");
        }
    }
}

#[test]
fn frozen_leader_forgets_before_it_does_anything_else() {
    for does_another_lead in [false, true] {
        let mut browser = two_tabs_of_ana();
        browser.freeze(0);
        browser.on(1, |tab| tab.dispatch(Event::Host(HostCall::Reset)));
        if does_another_lead {
            browser.wait(20_000);
        } else {
            // The tab with the logout is closed at once.
            browser.crash(1);
        }
        // A cable frame arrives before the other tab's message.
        browser.on_without_delivery(0, |tab| tab.receive(&created(&by_agent(3, "your salary again"), None)));
        browser.thaw(0);
        browser.wait(200_000);
        assert_forgotten(&browser, 0, "the leader hung");
    }
}

#[test]
fn crashed_leader_that_missed_a_forget_restores_nothing() {
    let mut browser = two_tabs_of_ana();
    browser.freeze(0);
    browser.on(1, |tab| tab.dispatch(Event::Visitor(VisitorEvent::ForgetRequested)));
    // Before its crash the leader wrote its records once more.
    let late = storage_of("42");
    browser.storage.extend(late.into_iter().filter(|(key, _)| key != "draft"));
    browser.crash(0);
    let next = browser.open();
    browser.on(next, |tab| tab.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true })));
    browser.wait(200_000);
    assert_forgotten_by_newcomer(&browser, next);
    assert_eq!(browser.storage.keys().collect::<Vec<_>>(), ["generation"], "late writes are erased");
}

fn assert_forgotten_by_newcomer(browser: &MultiTabHarness, number: usize) {
    let client = &browser.tabs[number].client;
    assert!(client.texts().is_empty() && client.socket.is_none());
    let urls: Vec<_> = client.requests.iter().map(|(_, request)| &request.url).collect();
    assert!(urls.is_empty(), "{urls:?}");
}

#[test]
fn identity_change_forgets_in_all_tabs_and_is_known_to_the_leader() {
    let mut browser = two_tabs_of_ana();
    browser.on(1, |tab| tab.dispatch(set_user("43")));
    browser.wait(2_000);
    let stored = format!("{:?}", browser.storage);
    for mark in MARKS {
        assert!(!stored.contains(mark), "{mark}: {stored}");
    }
    for number in 0..2 {
        assert!(browser.tabs[number].client.texts().is_empty());
    }
    let contact_request = browser.on(0, |tab| json_body(&tab.answer("/contacts", 200, &contact())));
    assert_eq!(contact_request["identifier"], "43", "the leader creates the contact of the user named in the follower");
}

#[test]
fn forget_deletes_the_attachments_of_the_outbox() {
    let mut client = ClientHarness::page_load(Options::default(), BTreeMap::new(), [set_user("42")], false);
    client.dispatch(Event::Composer(ComposerEvent::FilesPicked {
        files: vec![OutgoingFile { pick: 1, name: "slip.pdf".to_owned(), size: 9, local: None }],
    }));
    client.submit("my salary slip");
    client.dispatch(Event::Host(HostCall::Reset));
    assert_eq!(client.erasures, [[]]);
    assert!(client.texts().is_empty());
}

#[test]
fn page_without_identity_neither_shows_nor_uses_a_proven_users_session() {
    let mut client = ClientHarness::page_load(
        Options::default(),
        storage_of("42"),
        [Event::Panel(PanelEvent::Toggled { is_open: true })],
        false,
    );
    assert!(client.requests.is_empty() && client.socket.is_none() && client.texts().is_empty());
    assert_eq!(client.widget.view().composer.injected_text.1.as_ref(), "", "the draft is hidden");
    // The site names the user late, and it is the same user.
    client.dispatch(set_user("42"));
    client.answer("/messages", 200, &json!([by_agent(1, "about your salary")]));
    assert_eq!(client.texts(), ["about your salary"]);
    assert_eq!(client.widget.view().composer.injected_text.1.as_ref(), "and my holiday");

    let mut client = ClientHarness::page_load(Options::default(), storage_of("42"), [], false);
    client.submit("I am somebody else");
    let own = json!({ "source_id": "strangers", "pubsub_token": "strangerstoken" });
    let contact_request = json_body(&client.answer("/contacts", 200, &own));
    assert_eq!(contact_request.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"]);
    assert_ne!(contact_request["source_id"], contact()["source_id"], "an anonymous contact of its own");
    assert!(!format!("{:?}", client.storage).contains("9e46c098"));
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
    let mut client = ClientHarness::page_load(
        Options::default(),
        BTreeMap::new(),
        [set_user("42"), plan("gold"), set_user("43")],
        false,
    );
    client.submit("hello");
    assert_eq!(json_body(&client.answer("/contacts", 200, &contact()))["identifier"], "43");
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    let update = json_body(&client.answer(&own, 200, &json!({})));
    assert_eq!(update["custom_attributes"]["plan"], json!(null), "{update}");
    // Attributes that the page set before it named a user belong to that user.
    let mut client =
        ClientHarness::page_load(Options::default(), BTreeMap::new(), [plan("gold"), set_user("43")], false);
    client.submit("hello");
    client.answer("/contacts", 200, &contact());
    assert_eq!(json_body(&client.answer(&own, 200, &json!({})))["custom_attributes"]["plan"], "gold");
}

#[test]
fn outbox_posts_each_users_message_to_their_own_conversation() {
    let send = |text: &str| Event::Host(HostCall::SendMessage { text: text.to_owned() });
    let events = [set_user("42"), send("from 42"), set_user("43"), send("from 43")];
    let mut client = ClientHarness::page_load(Options::default(), BTreeMap::new(), events, false);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    assert!(client.texts().is_empty(), "the messages of user 42 are hidden");
    let first = json_body(&client.answer("/contacts", 200, &contact()));
    assert_eq!(first["identifier"], "42");
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    client.answer(&own, 200, &json!({}));
    client.answer("/conversations", 200, &json!([]));
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    let post = client.answer("/messages", 200, &by_visitor(1, "from 42"));
    assert_eq!(json_body(&post)["content"], "from 42");
    assert!(post.url.contains("/conversations/6/"));
    // The next user gets a contact and a conversation of their own.
    let second =
        json_body(&client.answer("/contacts", 200, &json!({ "source_id": "other", "pubsub_token": "othertoken" })));
    assert_eq!(second["identifier"], "43");
    assert_ne!(second["source_id"], first["source_id"]);
    client.answer("/contacts/other", 200, &json!({}));
    client.answer("/conversations", 200, &json!([]));
    client.answer("/conversations", 200, &conversation(8));
    let post = client.answer("/messages", 200, &by_visitor(2, "from 43"));
    assert_eq!(json_body(&post)["content"], "from 43");
    assert!(post.url.contains("/contacts/other/conversations/8/"), "{}", post.url);
    assert_eq!(client.texts(), ["from 43"]);
}

#[test]
fn leader_outbox_posts_each_users_message_to_their_own_conversation() {
    let send = |text: &str| Event::Host(HostCall::SendMessage { text: text.to_owned() });
    let mut browser = MultiTabHarness::new(BTreeMap::new());
    let tab = browser.open_with(vec![set_user("42"), send("from 42"), set_user("43"), send("from 43")]);
    let first = browser.on(tab, |tab| json_body(&tab.answer("/contacts", 200, &contact())));
    let own = format!("/contacts/{}", contact()["source_id"].as_str().unwrap());
    browser.on(tab, |tab| tab.answer(&own, 200, &json!({})));
    browser.on(tab, |tab| tab.answer("/conversations", 200, &json!([])));
    browser.on(tab, |tab| tab.answer("/conversations", 200, &conversation(CONVERSATION)));
    let post = browser.on(tab, |tab| json_body(&tab.answer("/messages", 200, &by_visitor(1, "from 42"))));
    assert_eq!((&first["identifier"], &post["content"]), (&json!("42"), &json!("from 42")));
    let other = json!({ "source_id": "other", "pubsub_token": "othertoken" });
    let second = browser.on(tab, |tab| json_body(&tab.answer("/contacts", 200, &other)));
    browser.on(tab, |tab| tab.answer("/contacts/other", 200, &json!({})));
    browser.on(tab, |tab| tab.answer("/conversations", 200, &json!([])));
    browser.on(tab, |tab| tab.answer("/conversations", 200, &conversation(8)));
    let post = browser.on(tab, |tab| json_body(&tab.answer("/messages", 200, &by_visitor(2, "from 43"))));
    assert_eq!((&second["identifier"], &post["content"]), (&json!("43"), &json!("from 43")));
}

#[test]
fn outbox_of_a_former_user_is_dropped_after_a_timeout_and_the_host_is_told() {
    let events = [set_user("42"), Event::Host(HostCall::SendMessage { text: "from 42".to_owned() }), set_user("43")];
    let mut client = ClientHarness::page_load(Options::default(), BTreeMap::new(), events, false);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.wait(9_000);
    assert!(client.pending(Method::Post, "/contacts").is_some());
    client.wait(2_000);
    let was_emitted =
        |wanted: &str| client.host_events.iter().any(|event| event.to_json().is_some_and(|json| json.contains(wanted)));
    assert!(was_emitted("unsent-dropped") && !was_emitted("from 42"), "{:?}", client.host_events);
    assert!(!format!("{:?}", client.storage).contains("from 42"));
    let contact_request = json_body(&client.answer("/contacts", 200, &contact()));
    assert_eq!(contact_request["identifier"], "43");
}

#[test]
fn storage_failure_is_reported_once_and_shown_while_the_outbox_is_not_empty() {
    let mut client = ClientHarness::new();
    client.dispatch(Event::Storage(StorageEvent::WriteFailed));
    assert_eq!(client.widget.view().composer.problem, None, "the outbox is empty");
    client.submit("hello");
    client.dispatch(Event::Storage(StorageEvent::WriteFailed));
    assert_eq!(client.widget.view().composer.problem, Some(natter_core::view::ComposerProblem::StorageUnavailable));
    let errors = client.host_events.iter().filter(|event| **event == HostEvent::Error(HostError::StorageUnavailable));
    assert_eq!(errors.count(), 1);
    client.answer("/contacts", 200, &contact());
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    client.answer("/messages", 200, &by_visitor(1, "hello"));
    assert_eq!(client.widget.view().composer.problem, None, "the outbox is empty");
}

#[test]
fn identity_with_proof_shows_the_outbox_while_offline() {
    let mut client = ClientHarness::page_load(
        Options::default(),
        BTreeMap::new(),
        [set_user("42"), Event::Connection(ConnectionEvent::OnlineChanged { is_online: false })],
        false,
    );
    client.submit("hello");
    assert_eq!(client.texts(), ["hello"]);
}

#[test]
fn leader_reads_the_forget_generation_from_storage_before_it_writes() {
    let mut browser = two_tabs_of_ana();
    browser.crash(1);
    // The forgetting tab had no channel, or closed before it could broadcast.
    browser.storage.clear();
    browser.storage.insert("generation".to_owned(), "1".to_owned());
    browser.wait(2_000);
    browser.on(0, |tab| tab.submit("my salary, please"));
    browser.wait(200_000);
    assert_forgotten(&browser, 0, "found on the device");
}

#[test]
fn forget_erases_late_writes_of_a_crashed_leader() {
    let mut browser = two_tabs_of_ana();
    browser.freeze(0);
    browser.on(1, |tab| tab.dispatch(Event::Visitor(VisitorEvent::ForgetRequested)));
    browser.storage.extend(storage_of("42").into_iter().filter(|(key, _)| key != "draft"));
    browser.crash(0);
    browser.wait(20_000);
    assert_eq!(browser.storage.keys().collect::<Vec<_>>(), ["generation"]);
    assert_forgotten(&browser, 1, "the one that follows");
}

#[test]
fn session_stored_after_the_site_cleared_storage_is_kept() {
    let mut browser = two_tabs_of_ana();
    browser.on(0, |tab| tab.dispatch(Event::Host(HostCall::Reset)));
    browser.storage.clear();
    browser.wait(2_000);
    browser.on(0, |tab| tab.submit("hello"));
    browser.on(0, |tab| tab.answer("/contacts", 200, &contact()));
    browser.on(0, |tab| tab.answer("/conversations", 200, &conversation(CONVERSATION)));
    browser.on(0, |tab| tab.answer("/messages", 200, &by_visitor(1, "hello")));
    let next = browser.open();
    assert!(
        browser.tabs[next].client.pending(Method::Get, "/conversations/6/messages").is_some(),
        "{:?}",
        browser.storage
    );
}

#[test]
fn leader_never_posts_an_outbox_record_of_another_user() {
    let mut browser = two_tabs_of_ana();
    let record = format!(
        r#"{{"v":2,"text":"from Ben","at":1,"nth":9,"tries":0,"conversation":null,"posting":false,"newest":null,"failed":false,"refusal":null,"files":[],"user":{}}}"#,
        user("43").mark
    );
    let message = json!({ "stored": { "key": "send/from-ben", "value": record } }).to_string();
    browser.on(0, |tab| tab.dispatch(Event::Tabs(natter_core::TabEvent::Received { text: message })));
    browser.wait(2_000);
    let is_post = |call: &&(RequestId, HttpRequest)| call.1.method == Method::Post && call.1.url.ends_with("/messages");
    assert_eq!(browser.tabs[0].client.requests.iter().find(is_post), None);
    browser.on(0, |tab| tab.submit("from Ana"));
    browser.wait(1_000);
    let posted = browser.tabs[0].client.requests.iter().find(is_post).map(|(_, request)| json_body(request));
    assert_eq!(posted.unwrap()["content"], "from Ana");
}

#[test]
fn identity_change_while_the_leader_is_frozen_or_crashed_forgets_the_former_user() {
    for dies in [false, true] {
        let mut browser = two_tabs_of_ana();
        browser.freeze(0);
        browser.on(1, |tab| tab.dispatch(set_user("43")));
        assert!(browser.tabs[1].client.texts().is_empty(), "at once");
        browser.wait(20_000);
        if dies {
            browser.crash(0);
        } else {
            browser.thaw(0);
        }
        browser.wait(20_000);
        let stored = format!("{:?}", browser.storage);
        for mark in ["9e46c098", "salary", "holiday", "Ana", "rating", "hash of 42"] {
            assert!(!stored.contains(mark), "{mark}, dies: {dies}: {stored}");
            for number in if dies { 1..2 } else { 0..2 } {
                let held = debug_state(&browser.tabs[number].client);
                let at = held.find(mark).map(|at| &held[at.saturating_sub(300)..(at + 60).min(held.len())]);
                assert_eq!(at, None, "{mark} in tab {number}, dies: {dies}");
            }
        }
    }
}

#[test]
fn forget_empties_storage_and_sends_nothing_until_the_visitor_writes() {
    let mut client = ClientHarness::returning(&[by_visitor(1, "hello"), by_agent(2, "hi")]);
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "half a".to_owned() }));
    client.submit("and more");
    assert!(client.widget.view().panel.settings.is_known);
    client.dispatch(Event::Visitor(VisitorEvent::ForgetRequested));
    assert_eq!(client.stored_keys(), ["generation"]);
    assert_eq!((client.texts(), client.socket), (vec![], None), "no row and no socket");
    assert_eq!(client.requests, [], "no request is pending");
    assert!(!client.widget.view().panel.settings.is_known && !client.widget.view().panel.actions.can_list);
    client.wait(200_000);
    assert!(client.requests.is_empty() && client.socket.is_none(), "no contact is created without a message");
    client.submit("somebody new");
    assert!(client.pending(Method::Post, "/contacts").is_some());
}

#[test]
fn forget_in_a_follower_tab_clears_all_tabs() {
    let mut browser = two_tabs();
    let (leader, follower) = (0, 1);
    browser.on(follower, |tab| tab.dispatch(Event::Visitor(VisitorEvent::ForgetRequested)));
    assert_eq!(browser.storage.keys().collect::<Vec<_>>(), ["generation"]);
    for tab in [leader, follower] {
        assert_eq!(browser.tabs[tab].client.texts(), Vec::<String>::new());
        assert!(!browser.tabs[tab].client.widget.view().panel.settings.is_known);
    }
    assert_eq!(browser.tabs[leader].client.socket, None);
}

/// Part of every value that comes from the visitor, or from the server about them.
const MARKER: &str = "zebra";

/// A client that holds the marker in every part of its state.
fn client_with_markers(is_proven: bool) -> ClientHarness {
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
    let mut fields = vec![("identifier".to_owned(), identifier), ("name".to_owned(), marked(" name"))];
    if is_proven {
        fields.push(("identifier_hash".to_owned(), hash));
    }
    let attribute = || vec![("plan".to_owned(), format!("\"{}\"", marked(" plan")))];
    let mut client =
        ClientHarness::page_load(options, stored, [Event::Host(HostCall::SetUser(User::new(&fields)))], false);
    for target in [AttributeTarget::Contact, AttributeTarget::Conversation] {
        client.dispatch(Event::Host(HostCall::SetAttributes { attributes: attribute(), target }));
    }
    client.dispatch(Event::Host(HostCall::ProactiveMessageShown { text: marked(" prompt") }));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    let values = vec![("mail".to_owned(), marked("@example.test"))];
    client.dispatch(Event::Visitor(VisitorEvent::PreChatFormSubmitted { values }));
    client.submit(&marked(" first message"));
    let mut known = contact();
    (known["source_id"], known["pubsub_token"]) = (json!(marked("source")), json!(marked("token")));
    while client.pending(Method::Post, "/contacts").is_some() || client.pending(Method::Get, "/zebrasource").is_some() {
        let path = if client.pending(Method::Post, "/contacts").is_some() { "/contacts" } else { "/zebrasource" };
        client.answer(path, 200, &known);
    }
    while client.pending(Method::Patch, "/zebrasource").is_some() {
        client.answer(
            "/zebrasource",
            200,
            &json!({ "id": 25, "custom_attributes": { "natter_inboxes": marked(":1") } }),
        );
    }
    if client.pending(Method::Get, "/conversations").is_some() {
        client.answer("/conversations", 200, &json!([]));
    }
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    client.answer("/messages", 200, &by_visitor(1, &marked(" first message")));
    client.go_live();
    client.answer("/messages", 200, &json!([by_visitor(1, &marked(" first message"))]));
    let mut form = by_agent(2, &marked(" question"));
    form["content_type"] = json!("input_email");
    form["sender"]["available_name"] = json!(marked(" agent"));
    client.receive(&created(&form, None));
    let fields = vec![("email".to_owned(), marked("@example.test"))];
    client.dispatch(Event::Thread(ThreadEvent::FormSubmitted { message: MessageId(2), fields }));
    client.receive(&json!({ "message": { "event": "conversation.typing_on", "data": {
        "conversation": { "id": CONVERSATION }, "user": { "id": 2, "name": marked(" typist"), "type": "user" },
    } } }));
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    let mut listed = conversation(CONVERSATION);
    listed["messages"] = json!([by_agent(2, &marked(" last words"))]);
    client.answer("/conversations", 200, &json!([listed]));
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: false }));
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: false }));
    client.receive(&created(&by_agent(3, &marked(" preview")), None));
    client.submit(&marked(" on its way"));
    client.submit(&marked(" queued"));
    let files = vec![OutgoingFile::new(1, &marked(".txt"), 5)];
    client.dispatch(Event::Composer(ComposerEvent::FilesPicked { files }));
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: marked(" draft") }));
    client.dispatch(Event::Thread(ThreadEvent::TranscriptRequested));
    client
}

#[test]
fn visitor_switch_leaves_nothing_of_the_former_visitor_in_any_part() {
    let bob = User::new(&[("identifier".to_owned(), "bob".to_owned())]);
    let switches = [Event::Host(HostCall::Reset), Event::Host(HostCall::Forget), Event::Host(HostCall::SetUser(bob))];
    for (switch, is_proven) in switches.iter().flat_map(|switch| [(switch, false), (switch, true)]) {
        let mut client = client_with_markers(is_proven);
        let parts = ["session: Session", "timeline: Timeline", "form_submissions", "conversation_list", "composer"];
        let held = debug_state(&client);
        for part in parts {
            assert!(held.contains(part), "the state names its parts: {part}");
        }
        assert!(held.matches(MARKER).count() > 25, "marked everywhere: {}", held.matches(MARKER).count());
        client.dispatch(switch.clone());
        // The former user's message may still be in flight; then the next user waits for it.
        client.wait(11_000);
        let held = debug_state(&client);
        let around = held.find(MARKER).map(|at| &held[at.saturating_sub(200)..(at + 100).min(held.len())]);
        assert_eq!(around, None, "{switch:?}, proven: {is_proven}");
        assert!(!format!("{:?}", client.storage).contains(MARKER), "{switch:?}: {:?}", client.storage);
    }
}
