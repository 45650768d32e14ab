//! Whom the site takes the visitor for: what the server is told of it, and that nobody sees what another said.

use natter_core::event::{ComposerEvent, PanelEvent};
use natter_core::host::calls::{AttributeTarget, HostCall};
use natter_core::host::events::HostEvent;
use std::collections::BTreeMap;

use natter_core::chatwoot::Method;
use natter_core::host::settings::Options;
use natter_core::visitor::identity::User;
use natter_core::{Event, Outcome};
use serde_json::{Value, json};

use crate::client_harness::{Bench, CONVERSATION, TOKEN, agents, contact, conversation, json_body, kept_session};
use crate::multi_tab_harness::Household;

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A user with a proof.
fn user(identifier: &str) -> User {
    let hash = ["hash of ", identifier].concat();
    User::new(&pairs(&[("identifier", identifier), ("identifier_hash", &hash), ("email", "ana@example.test")]))
}

fn is(identifier: &str) -> Event {
    Event::Host(HostCall::SetUser(user(identifier)))
}

/// What a device keeps of this user's chat, a draft and more included.
fn kept_of(identifier: &str) -> BTreeMap<String, String> {
    let mut storage = kept_session();
    let mut session: Value = serde_json::from_str(&storage["session"]).unwrap();
    session["user"] = user(identifier).mark.into();
    storage.insert("session".to_owned(), session.to_string());
    storage.insert("draft".to_owned(), "my salary is".to_owned());
    storage
        .insert("introduction".to_owned(), r#"{"v":1,"answers":[["mail","a@b.test","text"]],"told":true}"#.to_owned());
    storage
}

fn page(storage: BTreeMap<String, String>, asked: impl IntoIterator<Item = Event>) -> Bench {
    Bench::on_a_page(Options::default(), storage, asked, false)
}

/// The PATCH that tells who the contact is, answered with these attributes.
fn verified(bench: &mut Bench, attributes: &Value) -> Value {
    let (_, request) = bench.calls.iter().find(|(_, request)| request.method == Method::Patch).expect("a PATCH");
    let own = request.url.rsplit_once('/').unwrap().1.to_owned();
    json_body(&bench.answer(&own, 200, &json!({ "id": 25, "custom_attributes": attributes })))
}

#[test]
fn identity_proof_creates_and_verifies_the_contact_before_the_conversation() {
    let mut bench = page(BTreeMap::new(), [is("42")]);
    assert!(bench.calls.is_empty(), "nobody is told before anybody wants the chat");
    bench.submit("hello");
    let made = json_body(&bench.answer("/contacts", 200, &contact()));
    assert_eq!((&made["identifier"], &made["identifier_hash"]), (&json!("42"), &json!("hash of 42")));
    assert_eq!(made["email"], Value::Null, "that comes with the verification");
    assert!(bench.asked(Method::Post, "/conversations").is_none());
    let told = verified(&mut bench, &json!({}));
    let expected = json!({ "identifier": "42", "identifier_hash": "hash of 42", "email": "ana@example.test" });
    assert_eq!(told, expected);
    assert!(bench.asked(Method::Post, "/conversations").is_none(), "there may be some already");
    bench.answer("/conversations", 200, &json!([]));
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    let told = verified(&mut bench, &json!({}));
    let listed = json!({ "natter_conversations": "1:6", "natter_inboxes": "inboxMainIdentifier00001:1" });
    assert_eq!(told["custom_attributes"], listed, "for the user's other devices");
    bench.wait(600_000);
    assert!(!bench.calls.iter().any(|(_, request)| request.method == Method::Patch), "told once");
}

#[test]
fn identity_without_proof_is_sent_as_custom_attributes_only() {
    let said = pairs(&[("identifier", "42"), ("email", "ana@example.test"), ("name", "Ana"), ("phone_number", "+49")]);
    let mut bench = page(BTreeMap::new(), [Event::Host(HostCall::SetUser(User::new(&said)))]);
    bench.submit("hello");
    let made = json_body(&bench.answer("/contacts", 200, &contact()));
    assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"]);
    let told = verified(&mut bench, &json!({ "natter_conversations": "1 2 3" }));
    let attributes = json!({ "identifier": "42", "email": "ana@example.test", "phone_number": "+49" });
    assert_eq!(told, json!({ "name": "Ana", "custom_attributes": attributes }));
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    assert!(bench.asked(Method::Get, "/conversations/1/messages").is_none(), "nobody has shown whose those are");
}

#[test]
fn identity_of_a_returning_user_restores_history_and_draft() {
    let mut bench = page(kept_of("42"), [is("42")]);
    bench.answer("/messages", 200, &json!([agents(1, "hi")]));
    assert_eq!(bench.texts(), ["hi"]);
    assert_eq!(bench.widget.view().composer.injected_text.1.as_ref(), "my salary is");
}

#[test]
fn identity_change_or_new_proof_forgets_the_former_user() {
    let other_proof = User::new(&pairs(&[("identifier", "42"), ("identifier_hash", "another")]));
    let unproven = User::new(&pairs(&[("identifier", "43")]));
    for now in [user("43"), other_proof, unproven] {
        // Whether the site says it at once or later, after a page of history was read.
        for is_late in [false, true] {
            let first = if is_late { user("42") } else { now.clone() };
            let mut bench = page(kept_of("42"), [Event::Host(HostCall::SetUser(first))]);
            if is_late {
                bench.answer("/messages", 200, &json!([agents(1, "about your salary")]));
                bench.go_live();
                bench.event(Event::Host(HostCall::SetUser(now.clone())));
            }
            assert_eq!((bench.texts().len(), bench.widget.view().composer.injected_text.1.as_ref()), (0, ""));
            assert!(bench.calls.is_empty() && bench.link.is_none(), "nothing of the former is asked for");
            let kept = format!("{:?}", bench.storage);
            assert!(!kept.contains("9e46c098") && !kept.contains(TOKEN) && !kept.contains("salary"), "{kept}");
            assert!(!bench.storage.contains_key("introduction"));
            bench.submit("hello");
            let made = json_body(&bench.answer("/contacts", 200, &contact()));
            assert_ne!(made["source_id"], contact()["source_id"]);
        }
    }
}

#[test]
fn tab_waiting_for_leadership_reads_no_history_of_a_former_user() {
    let bench = Bench::on_a_page(Options::default(), kept_of("42"), [is("43")], true);
    assert!(bench.calls.is_empty(), "{:?}", bench.calls);
    let bench = Bench::on_a_page(Options::default(), kept_of("42"), [is("42")], true);
    assert!(bench.asked(Method::Get, "/messages").is_some(), "who comes back reads at once");
}

#[test]
fn anonymous_visitor_who_logs_in_becomes_a_new_contact_and_keeps_the_outbox() {
    let mut bench = page(kept_session(), []);
    bench.answer("/messages", 200, &json!([agents(1, "hi")]));
    bench.submit("on its way when they logged in");
    bench.event(is("42"));
    assert!(!bench.is_said("hi"), "that was said to a stranger");
    let made = json_body(&bench.answer("/contacts", 200, &contact()));
    assert_eq!(made["identifier"], "42");
    verified(&mut bench, &json!({}));
    bench.answer("/conversations", 200, &json!([]));
    bench.answer("/conversations", 200, &conversation(8));
    bench.answer("/messages", 200, &json!([]));
    let posts = bench.calls.iter().filter(|(_, request)| request.url.ends_with("/conversations/8/messages"));
    assert!(posts.count() <= 1, "once, and to the new conversation");
}

#[test]
fn identity_without_proof_keeps_the_anonymous_conversation() {
    let mut bench = page(kept_session(), [Event::Host(HostCall::SetUser(User::new(&pairs(&[("identifier", "42")]))))]);
    bench.answer("/messages", 200, &json!([agents(1, "hi")]));
    assert_eq!(bench.texts(), ["hi"]);
}

#[test]
fn logout_leaves_no_stored_data() {
    let mut bench = page(kept_of("42"), [is("42")]);
    bench.answer("/messages", 200, &json!([agents(1, "hi")]));
    bench.event(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("plan", "\"team\"")]),
        target: AttributeTarget::Contact,
    }));
    bench.event(Event::Host(HostCall::Reset));
    assert_eq!((bench.texts().len(), bench.kept_keys()), (0, vec!["generation"]));
    bench.submit("hello");
    let made = json_body(&bench.answer("/contacts", 200, &contact()));
    assert_eq!(made.as_object().unwrap().keys().collect::<Vec<_>>(), ["source_id"], "nobody in particular");
    assert!(!bench.calls.iter().any(|(_, request)| request.method == Method::Patch), "and nothing is known of them");
}

#[test]
fn second_device_finds_conversations_in_the_contacts_attributes() {
    let mut bench = page(BTreeMap::new(), [is("42")]);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.answer("/contacts", 200, &contact());
    verified(&mut bench, &json!({ "natter_conversations": "4 6 x -1" }));
    // So Chatwoot 4.0.4 answers whoever is verified.
    bench.answer("/conversations", 500, &json!({ "status": 500, "error": "Internal Server Error" }));
    assert!(
        !bench.told.iter().any(|tell| matches!(tell, HostEvent::ConnectionChanged { issue: _ })),
        "that is no trouble: {:?}",
        bench.told
    );
    bench.answer("/messages", 200, &json!([agents(1, "hi")]));
    assert_eq!(bench.texts(), ["hi"]);
    let kept: Value = serde_json::from_str(&bench.storage["session"]).unwrap();
    assert_eq!((&kept["conversation"], &kept["conversations"]), (&json!(6), &json!([4, 6])));
    bench.wait(600_000);
    assert!(!bench.calls.iter().any(|(_, request)| request.method == Method::Patch), "the contact knows all of them");
}

#[test]
fn conversation_index_is_merged_and_never_replaced() {
    let mut bench = page(kept_of("42"), [is("42")]);
    let told = verified(&mut bench, &json!({ "natter_conversations": "6 9" }));
    assert_eq!(told["custom_attributes"].get("natter_conversations"), None, "first it listens");
    bench.wait(60_000);
    assert!(!bench.calls.iter().any(|(_, request)| request.method == Method::Patch), "9 was added, nothing is missing");
    let mut bench = page(kept_of("42"), [is("42")]);
    verified(&mut bench, &json!({ "natter_conversations": "9" }));
    assert_eq!(verified(&mut bench, &json!({}))["custom_attributes"]["natter_conversations"], "9 6");
}

const NOT_FOUND: &str = r#"{"status":404,"error":"Not Found"}"#;

/// A visitor whose conversation is not found any more: the contact is asked for then. The inbox is answered like this.
fn contact_in_question(user: Option<Event>, inbox_status: u16, inbox: Value) -> Bench {
    let mut bench = page(if user.is_some() { kept_of("42") } else { kept_session() }, user);
    (bench.inbox_status, bench.inbox) = (inbox_status, inbox);
    bench.end("/messages", Outcome::answered(404, NOT_FOUND.to_owned(), None));
    bench
}

/// The address at which the contact is asked for, after its own id, if it is.
fn contact_question(bench: &Bench) -> Option<&str> {
    let urls = bench.calls.iter().filter(|(_, request)| request.method == Method::Get).map(|(_, request)| &request.url);
    urls.filter(|url| !url.contains("/conversations")).find_map(|url| url.split_once("/contacts/")?.1.get(36..))
}

#[test]
fn identity_proof_is_in_a_url_only_where_the_inbox_enforces_validation() {
    let query = "?identifier=42&identifier_hash=hash%20of%2042";
    for (demands, expected) in [(json!(true), query), (json!(false), ""), (json!(null), "")] {
        let bench = contact_in_question(
            Some(is("42")),
            200,
            json!({ "name": "Workshop", "identity_validation_enabled": demands }),
        );
        assert_eq!((contact_question(&bench), bench.inboxes_asked), (Some(expected), 1), "{demands}");
    }
}

#[test]
fn identity_proof_is_in_no_url_while_the_inbox_can_not_be_read() {
    let bench = contact_in_question(Some(is("42")), 404, json!({ "status": 404, "error": "Not Found" }));
    assert_eq!((contact_question(&bench), bench.inboxes_asked), (Some(""), 1));
    // A server that is starting says nothing of its inbox: the question waits for that.
    let mut bench = contact_in_question(Some(is("42")), 503, json!({}));
    assert_eq!((contact_question(&bench), bench.inboxes_asked), (None, 1));
    (bench.inbox_status, bench.inbox) = (200, json!({ "name": "Workshop", "identity_validation_enabled": true }));
    bench.wait(120_000);
    assert!(contact_question(&bench).is_some_and(|query| query.starts_with("?identifier=42")), "{:?}", bench.calls);
}

#[test]
fn identity_without_proof_requests_no_inbox() {
    let bench = contact_in_question(None, 200, json!({ "name": "Workshop", "identity_validation_enabled": true }));
    assert_eq!((contact_question(&bench), bench.inboxes_asked), (Some(""), 0));
}

#[test]
fn custom_attributes_are_sent_after_contact_creation_and_with_a_new_conversation() {
    let mut bench = page(BTreeMap::new(), []);
    bench.event(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("plan", "\"team\""), ("seats", "2.5")]),
        target: AttributeTarget::Contact,
    }));
    bench.event(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("order", "7")]),
        target: AttributeTarget::Conversation,
    }));
    bench.wait(60_000);
    assert!(bench.calls.is_empty() && bench.storage.is_empty(), "they make nobody");
    bench.submit("hello");
    bench.answer("/contacts", 200, &contact());
    let told = verified(&mut bench, &json!({}));
    assert_eq!(told, json!({ "custom_attributes": { "plan": "team", "seats": 2.5 } }));
    let begun = bench.answer("/conversations", 200, &conversation(CONVERSATION));
    assert_eq!(json_body(&begun), json!({ "custom_attributes": { "order": 7 } }));
    bench.event(Event::Host(HostCall::SetAttributes {
        attributes: pairs(&[("plan", "\"\"")]),
        target: AttributeTarget::Contact,
    }));
    assert_eq!(verified(&mut bench, &json!({}))["custom_attributes"]["plan"], "", "emptied, since it can't be deleted");
}

#[test]
fn host_send_message_leaves_the_draft_alone() {
    let mut bench = page(BTreeMap::new(), []);
    bench.event(Event::Composer(ComposerEvent::DraftChanged { text: "half a sen".to_owned() }));
    bench.event(Event::Host(HostCall::SendMessage { text: "I need help with order 7".to_owned() }));
    assert_eq!(bench.texts(), ["I need help with order 7"]);
    assert!(bench.widget.view().composer.has_text);
    assert_eq!(bench.storage["draft"], "half a sen");
    bench.event(Event::Host(HostCall::Prefill { text: "My order is ".to_owned() }));
    assert_eq!(
        (bench.widget.view().composer.injected_text.1.as_ref(), &*bench.storage["draft"]),
        ("My order is ", "My order is ")
    );
}

#[test]
fn retention_forgets_the_visitor_after_days_without_a_visit() {
    let days = |days| Options { retention_days: days, ..Options::default() };
    let with = |visited: Option<u64>| {
        let mut storage = kept_of("42");
        storage.insert("send/a-b".to_owned(), r#"{"v":1,"text":"late"}"#.to_owned());
        storage.extend(visited.map(|day| ("visited".to_owned(), day.to_string())));
        storage
    };
    let today = u64::from(crate::client_harness::DAWN as u32) / 86_400;
    for (visited, is_kept) in [(None, true), (Some(today - 30), true), (Some(today - 31), false)] {
        let bench = Bench::on_a_page(days(30), with(visited), [], false);
        assert_eq!(bench.storage.contains_key("session"), is_kept, "{visited:?}");
        assert_eq!(bench.storage.get("visited"), is_kept.then(|| today.to_string()).as_ref());
        assert!(is_kept || (bench.kept_keys() == ["generation"] && bench.forgotten == [[]]), "{:?}", bench.storage);
    }
    let bench = Bench::on_a_page(days(0), with(Some(1)), [], false);
    assert!(bench.storage.contains_key("session"), "who sets no term keeps");
    assert!(Bench::on_a_page(days(30), BTreeMap::new(), [], false).storage.is_empty(), "a stranger leaves nothing");
}

#[test]
fn identity_change_in_a_follower_tab_reaches_the_leader() {
    let mut house = Household::new(kept_of("42"));
    let (leader, follower) = (house.open(), house.open());
    house.wait(1_000);
    house.on(follower, |tab| tab.event(is("43")));
    house.wait(1_000);
    for tab in [leader, follower] {
        let texts = house.on(tab, |tab| tab.texts().len());
        assert_eq!(texts, 0);
    }
    house.on(leader, |tab| {
        let kept = format!("{:?}", tab.storage);
        assert!(!kept.contains("9e46c098"), "{kept}");
    });
}
