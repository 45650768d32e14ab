//! Identity: what the server is told of a user named by the site, and that no user sees another's data.

use natter_core::event::{ComposerEvent, PanelEvent};
use natter_core::host::calls::{AttributeTarget, HostCall};
use natter_core::host::events::HostEvent;
use std::collections::BTreeMap;

use natter_core::chatwoot::Method;
use natter_core::host::settings::Options;
use natter_core::visitor::identity::User;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{
    CONVERSATION, ClientHarness, TOKEN, by_agent, contact, conversation, json_body, stored_session,
};
use crate::multi_tab_harness::MultiTabHarness;

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A user with an identifier and its HMAC.
fn user(identifier: &str) -> User {
    let hash = ["hash of ", identifier].concat();
    User::new(&pairs(&[("identifier", identifier), ("identifier_hash", &hash), ("email", "ana@example.test")]))
}

fn set_user(identifier: &str) -> Event {
    Event::Host(HostCall::SetUser(user(identifier)))
}

/// Storage of this user's session, with a draft and pre-chat form answers.
fn storage_of(identifier: &str) -> BTreeMap<String, String> {
    let mut storage = stored_session();
    let mut session: Value = serde_json::from_str(&storage["session"]).unwrap();
    session["user"] = user(identifier).mark.into();
    storage.insert("session".to_owned(), session.to_string());
    storage.insert("draft".to_owned(), "my salary is".to_owned());
    storage
        .insert("introduction".to_owned(), r#"{"v":1,"answers":[["mail","a@b.test","text"]],"told":true}"#.to_owned());
    storage
}

fn page(storage: BTreeMap<String, String>, events: impl IntoIterator<Item = Event>) -> ClientHarness {
    ClientHarness::page_load(Options::default(), storage, events, false)
}

/// Answers the PATCH that updates the contact with these custom attributes; returns its body.
fn answer_update(client: &mut ClientHarness, attributes: &Value) -> Value {
    let (_, request) = client.requests.iter().find(|(_, request)| request.method == Method::Patch).expect("a PATCH");
    let own = request.url.rsplit_once('/').unwrap().1.to_owned();
    json_body(&client.answer(&own, 200, &json!({ "id": 25, "custom_attributes": attributes })))
}

#[test]
fn identity_proof_creates_and_verifies_the_contact_before_the_conversation() {
    let mut client = page(BTreeMap::new(), [set_user("42")]);
    assert!(client.requests.is_empty(), "no request before the visitor uses the chat");
    client.submit("hello");
    let created = json_body(&client.answer("/contacts", 200, &contact()));
    assert_eq!((&created["identifier"], &created["identifier_hash"]), (&json!("42"), &json!("hash of 42")));
    assert_eq!(created["email"], Value::Null, "the e-mail address is sent with the verification");
    assert!(client.pending(Method::Post, "/conversations").is_none());
    let update = answer_update(&mut client, &json!({}));
    let expected = json!({ "identifier": "42", "identifier_hash": "hash of 42", "email": "ana@example.test" });
    assert_eq!(update, expected);
    assert!(client.pending(Method::Post, "/conversations").is_none(), "the contact may have conversations already");
    client.answer("/conversations", 200, &json!([]));
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    let update = answer_update(&mut client, &json!({}));
    let listed = json!({ "natter_conversations": "1:6", "natter_inboxes": "inboxMainIdentifier00001:1" });
    assert_eq!(update["custom_attributes"], listed, "for the user's other devices");
    client.wait(600_000);
    assert!(!client.requests.iter().any(|(_, request)| request.method == Method::Patch), "sent once");
}

#[test]
fn identity_without_proof_is_sent_as_custom_attributes_only() {
    let fields =
        pairs(&[("identifier", "42"), ("email", "ana@example.test"), ("name", "Ana"), ("phone_number", "+49")]);
    let mut client = page(BTreeMap::new(), [Event::Host(HostCall::SetUser(User::new(&fields)))]);
    client.submit("hello");
    let created = json_body(&client.answer("/contacts", 200, &contact()));
    assert_eq!(created.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"]);
    let update = answer_update(&mut client, &json!({ "natter_conversations": "1 2 3" }));
    let attributes = json!({ "identifier": "42", "email": "ana@example.test", "phone_number": "+49" });
    assert_eq!(update, json!({ "name": "Ana", "custom_attributes": attributes }));
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    assert!(
        client.pending(Method::Get, "/conversations/1/messages").is_none(),
        "an unproven user may not see those conversations"
    );
}

#[test]
fn identity_of_a_returning_user_restores_history_and_draft() {
    let mut client = page(storage_of("42"), [set_user("42")]);
    client.answer("/messages", 200, &json!([by_agent(1, "hi")]));
    assert_eq!(client.texts(), ["hi"]);
    assert_eq!(client.widget.view().composer.injected_text.1.as_ref(), "my salary is");
}

#[test]
fn identity_change_or_new_proof_forgets_the_former_user() {
    let other_proof = User::new(&pairs(&[("identifier", "42"), ("identifier_hash", "another")]));
    let unproven = User::new(&pairs(&[("identifier", "43")]));
    for now in [user("43"), other_proof, unproven] {
        // The site names the user at once, or late: after a page of history was read.
        for is_late in [false, true] {
            let first = if is_late { user("42") } else { now.clone() };
            let mut client = page(storage_of("42"), [Event::Host(HostCall::SetUser(first))]);
            if is_late {
                client.answer("/messages", 200, &json!([by_agent(1, "about your salary")]));
                client.go_live();
                client.dispatch(Event::Host(HostCall::SetUser(now.clone())));
            }
            assert_eq!((client.texts().len(), client.widget.view().composer.injected_text.1.as_ref()), (0, ""));
            assert!(client.requests.is_empty() && client.socket.is_none(), "no request uses the former session");
            let stored = format!("{:?}", client.storage);
            assert!(!stored.contains("9e46c098") && !stored.contains(TOKEN) && !stored.contains("salary"), "{stored}");
            assert!(!client.storage.contains_key("introduction"));
            client.submit("hello");
            let created = json_body(&client.answer("/contacts", 200, &contact()));
            assert_ne!(created["source_id"], contact()["source_id"]);
        }
    }
}

#[test]
fn tab_waiting_for_leadership_reads_no_history_of_a_former_user() {
    let client = ClientHarness::page_load(Options::default(), storage_of("42"), [set_user("43")], true);
    assert!(client.requests.is_empty(), "{:?}", client.requests);
    let client = ClientHarness::page_load(Options::default(), storage_of("42"), [set_user("42")], true);
    assert!(client.pending(Method::Get, "/messages").is_some(), "a returning user reads history at once");
}

#[test]
fn anonymous_visitor_who_logs_in_becomes_a_new_contact_and_keeps_the_outbox() {
    let mut client = page(stored_session(), []);
    client.answer("/messages", 200, &json!([by_agent(1, "hi")]));
    client.submit("on its way when they logged in");
    client.dispatch(set_user("42"));
    assert!(!client.is_stored("hi"), "that message belongs to the anonymous contact");
    let created = json_body(&client.answer("/contacts", 200, &contact()));
    assert_eq!(created["identifier"], "42");
    answer_update(&mut client, &json!({}));
    client.answer("/conversations", 200, &json!([]));
    client.answer("/conversations", 200, &conversation(8));
    client.answer("/messages", 200, &json!([]));
    let posts = client.requests.iter().filter(|(_, request)| request.url.ends_with("/conversations/8/messages"));
    assert!(posts.count() <= 1, "at most one POST, to the new conversation");
}

#[test]
fn identity_without_proof_keeps_the_anonymous_conversation() {
    let mut client =
        page(stored_session(), [Event::Host(HostCall::SetUser(User::new(&pairs(&[("identifier", "42")]))))]);
    client.answer("/messages", 200, &json!([by_agent(1, "hi")]));
    assert_eq!(client.texts(), ["hi"]);
}

#[test]
fn logout_leaves_no_stored_data() {
    let mut client = page(storage_of("42"), [set_user("42")]);
    client.answer("/messages", 200, &json!([by_agent(1, "hi")]));
    client.dispatch(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("plan", "\"team\"")]),
        target: AttributeTarget::Contact,
    }));
    client.dispatch(Event::Host(HostCall::Reset));
    assert_eq!((client.texts().len(), client.stored_keys()), (0, vec!["generation"]));
    client.submit("hello");
    let created = json_body(&client.answer("/contacts", 200, &contact()));
    assert_eq!(created.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"], "the next contact is anonymous");
    assert!(
        !client.requests.iter().any(|(_, request)| request.method == Method::Patch),
        "no attributes are sent for the next contact"
    );
}

#[test]
fn second_device_finds_conversations_in_the_contacts_attributes() {
    let mut client = page(BTreeMap::new(), [set_user("42")]);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.answer("/contacts", 200, &contact());
    answer_update(&mut client, &json!({ "natter_conversations": "4 6 x -1" }));
    // Chatwoot 4.0.4 answers the list request of a verified contact with a server error.
    client.answer("/conversations", 500, &json!({ "status": 500, "error": "Internal Server Error" }));
    assert!(
        !client.host_events.iter().any(|event| matches!(event, HostEvent::ConnectionChanged { issue: _ })),
        "no connection issue is reported: {:?}",
        client.host_events
    );
    client.answer("/messages", 200, &json!([by_agent(1, "hi")]));
    assert_eq!(client.texts(), ["hi"]);
    let stored: Value = serde_json::from_str(&client.storage["session"]).unwrap();
    assert_eq!((&stored["conversation"], &stored["conversations"]), (&json!(6), &json!([4, 6])));
    client.wait(600_000);
    assert!(
        !client.requests.iter().any(|(_, request)| request.method == Method::Patch),
        "the contact's attributes list all conversations"
    );
}

#[test]
fn conversation_index_is_merged_and_never_replaced() {
    let mut client = page(storage_of("42"), [set_user("42")]);
    let update = answer_update(&mut client, &json!({ "natter_conversations": "6 9" }));
    assert_eq!(update["custom_attributes"].get("natter_conversations"), None, "the stored index is read first");
    client.wait(60_000);
    assert!(
        !client.requests.iter().any(|(_, request)| request.method == Method::Patch),
        "the stored index has all conversations"
    );
    let mut client = page(storage_of("42"), [set_user("42")]);
    answer_update(&mut client, &json!({ "natter_conversations": "9" }));
    assert_eq!(answer_update(&mut client, &json!({}))["custom_attributes"]["natter_conversations"], "9 6");
}

const NOT_FOUND: &str = r#"{"status":404,"error":"Not Found"}"#;

/// A visitor whose conversation returns 404, which makes the client request the contact. Inbox requests get this status
/// and body.
fn client_with_missing_conversation(user: Option<Event>, inbox_status: u16, inbox: Value) -> ClientHarness {
    let mut client = page(if user.is_some() { storage_of("42") } else { stored_session() }, user);
    (client.inbox_status, client.inbox_response) = (inbox_status, inbox);
    client.end("/messages", Outcome::answered(404, NOT_FOUND.to_owned(), None));
    client
}

/// The URL of the pending contact request after the source_id: its query, or "". None if there is no such request.
fn pending_contact_query(client: &ClientHarness) -> Option<&str> {
    let urls =
        client.requests.iter().filter(|(_, request)| request.method == Method::Get).map(|(_, request)| &request.url);
    urls.filter(|url| !url.contains("/conversations")).find_map(|url| url.split_once("/contacts/")?.1.get(36..))
}

#[test]
fn identity_proof_is_in_a_url_only_where_the_inbox_enforces_validation() {
    let query = "?identifier=42&identifier_hash=hash%20of%2042";
    for (demands, expected) in [(json!(true), query), (json!(false), ""), (json!(null), "")] {
        let client = client_with_missing_conversation(
            Some(set_user("42")),
            200,
            json!({ "name": "Workshop", "identity_validation_enabled": demands }),
        );
        assert_eq!((pending_contact_query(&client), client.inbox_requests), (Some(expected), 1), "{demands}");
    }
}

#[test]
fn identity_proof_is_in_no_url_while_the_inbox_can_not_be_read() {
    let client =
        client_with_missing_conversation(Some(set_user("42")), 404, json!({ "status": 404, "error": "Not Found" }));
    assert_eq!((pending_contact_query(&client), client.inbox_requests), (Some(""), 1));
    // A 503 tells nothing of the inbox: the contact request waits for a readable inbox.
    let mut client = client_with_missing_conversation(Some(set_user("42")), 503, json!({}));
    assert_eq!((pending_contact_query(&client), client.inbox_requests), (None, 1));
    (client.inbox_status, client.inbox_response) =
        (200, json!({ "name": "Workshop", "identity_validation_enabled": true }));
    client.wait(120_000);
    assert!(
        pending_contact_query(&client).is_some_and(|query| query.starts_with("?identifier=42")),
        "{:?}",
        client.requests
    );
}

#[test]
fn identity_without_proof_requests_no_inbox() {
    let client =
        client_with_missing_conversation(None, 200, json!({ "name": "Workshop", "identity_validation_enabled": true }));
    assert_eq!((pending_contact_query(&client), client.inbox_requests), (Some(""), 0));
}

#[test]
fn custom_attributes_are_sent_after_contact_creation_and_with_a_new_conversation() {
    let mut client = page(BTreeMap::new(), []);
    client.dispatch(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("plan", "\"team\""), ("seats", "2.5")]),
        target: AttributeTarget::Contact,
    }));
    client.dispatch(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("order", "7")]),
        target: AttributeTarget::Conversation,
    }));
    client.wait(60_000);
    assert!(client.requests.is_empty() && client.storage.is_empty(), "attributes create no contact");
    client.submit("hello");
    client.answer("/contacts", 200, &contact());
    let update = answer_update(&mut client, &json!({}));
    assert_eq!(update, json!({ "custom_attributes": { "plan": "team", "seats": 2.5 } }));
    let request = client.answer("/conversations", 200, &conversation(CONVERSATION));
    assert_eq!(json_body(&request), json!({ "custom_attributes": { "order": 7 } }));
    client.dispatch(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("plan", "\"\"")]),
        target: AttributeTarget::Contact,
    }));
    assert_eq!(
        answer_update(&mut client, &json!({}))["custom_attributes"]["plan"],
        "",
        "an attribute is emptied, since it can't be deleted"
    );
}

#[test]
fn host_send_message_leaves_the_draft_alone() {
    let mut client = page(BTreeMap::new(), []);
    client.dispatch(Event::Composer(ComposerEvent::DraftChanged { text: "half a sen".to_owned() }));
    client.dispatch(Event::Host(HostCall::SendMessage { text: "I need help with order 7".to_owned() }));
    assert_eq!(client.texts(), ["I need help with order 7"]);
    assert!(client.widget.view().composer.has_text);
    assert_eq!(client.storage["draft"], "half a sen");
    client.dispatch(Event::Host(HostCall::Prefill { text: "My order is ".to_owned() }));
    assert_eq!(
        (client.widget.view().composer.injected_text.1.as_ref(), &*client.storage["draft"]),
        ("My order is ", "My order is ")
    );
}

#[test]
fn retention_forgets_the_visitor_after_days_without_a_visit() {
    let days = |days| Options { retention_days: days, ..Options::default() };
    let with = |visited: Option<u64>| {
        let mut storage = storage_of("42");
        storage.insert("send/a-b".to_owned(), r#"{"v":1,"text":"late"}"#.to_owned());
        storage.extend(visited.map(|day| ("visited".to_owned(), day.to_string())));
        storage
    };
    let today = u64::from(crate::client_harness::START as u32) / 86_400;
    for (visited, is_kept) in [(None, true), (Some(today - 30), true), (Some(today - 31), false)] {
        let client = ClientHarness::page_load(days(30), with(visited), [], false);
        assert_eq!(client.storage.contains_key("session"), is_kept, "{visited:?}");
        assert_eq!(client.storage.get("visited"), is_kept.then(|| today.to_string()).as_ref());
        assert!(is_kept || (client.stored_keys() == ["generation"] && client.erasures == [[]]), "{:?}", client.storage);
    }
    let client = ClientHarness::page_load(days(0), with(Some(1)), [], false);
    assert!(client.storage.contains_key("session"), "no retention by default");
    assert!(
        ClientHarness::page_load(days(30), BTreeMap::new(), [], false).storage.is_empty(),
        "a first visit stores nothing"
    );
}

#[test]
fn identity_change_in_a_follower_tab_reaches_the_leader() {
    let mut browser = MultiTabHarness::new(storage_of("42"));
    let (leader, follower) = (browser.open(), browser.open());
    browser.wait(1_000);
    browser.on(follower, |tab| tab.dispatch(set_user("43")));
    browser.wait(1_000);
    for tab in [leader, follower] {
        let texts = browser.on(tab, |tab| tab.texts().len());
        assert_eq!(texts, 0);
    }
    browser.on(leader, |tab| {
        let stored = format!("{:?}", tab.storage);
        assert!(!stored.contains("9e46c098"), "{stored}");
    });
}
