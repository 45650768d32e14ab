//! A proven user's conversations on several devices and in several inboxes, found through the conversation index.
//! Responses are those of Chatwoot 4.16.

use natter_core::event::{ConversationsEvent, PanelEvent};
use natter_core::host::calls::HostCall;
use std::collections::BTreeMap;

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::host::settings::Options;
use natter_core::model::ConversationId;
use natter_core::visitor::identity::User;
use serde_json::{Value, json};

use crate::client_harness::{ClientHarness, TOKEN, by_agent, by_visitor, cable_event, contact, created, json_body};

/// Reads a fixture.
macro_rules! fixture {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../fixtures/chatwoot/", $name, ".json"))).unwrap()
    };
}

fn user() -> User {
    let fields = [("identifier", "42"), ("identifier_hash", "hash of 42")];
    User::new(&fields.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

fn page(storage: BTreeMap<String, String>) -> ClientHarness {
    ClientHarness::page_load(Options::default(), storage, [Event::Host(HostCall::SetUser(user()))], false)
}

/// The recorded list: 72 and 73 in this inbox, 74 in another. The contact has these custom attributes.
fn all_inboxes(attributes: &Value) -> Value {
    let mut all = fixture!("conversations_of_all_inboxes");
    for one in all.as_array_mut().unwrap() {
        one["contact"]["custom_attributes"] = attributes.clone();
    }
    all
}

fn listed(conversations: &str) -> Value {
    json!({ "natter_conversations": conversations, "natter_inboxes": "inboxMainIdentifier00001:1" })
}

/// Answers the PATCH that verifies the contact as 4.16 does; returns its body.
fn answer_update(client: &mut ClientHarness) -> Value {
    let (_, request) = client.requests.iter().find(|(_, request)| request.method == Method::Patch).expect("a PATCH");
    let own = request.url.rsplit_once('/').unwrap().1.to_owned();
    json_body(&client.answer(&own, 200, &fixture!("contact_verified")))
}

/// A device without stored records, whose user opens the panel and is verified.
fn another_device() -> ClientHarness {
    let mut client = page(BTreeMap::new());
    // Status requests of any conversation name this inbox.
    client.status_response = r#"{"id":72,"inbox_id":1,"status":"open","agent_last_seen_at":0,"#.to_owned();
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.answer("/contacts", 200, &contact());
    answer_update(&mut client);
    client
}

fn session(client: &ClientHarness) -> Value {
    serde_json::from_str(&client.storage["session"]).unwrap()
}

fn is_patching(client: &ClientHarness) -> bool {
    client.requests.iter().any(|(_, request)| request.method == Method::Patch)
}

fn created_conversation(id: u64, attributes: &Value) -> Value {
    let mut response = fixture!("conversation_created_by_proven");
    response["id"] = json!(id);
    response["contact"]["custom_attributes"] = attributes.clone();
    response
}

/// Advances the clock while pings keep the socket live.
fn wait_live(client: &mut ClientHarness, seconds: u64) {
    for _ in 0..seconds {
        client.wait(1_000);
        client.receive(&json!({ "type": "ping", "message": 1 }));
    }
}

fn in_conversation(mut message: Value, conversation: u64, inbox: u64) -> Value {
    (message["conversation_id"], message["inbox_id"]) = (json!(conversation), json!(inbox));
    message
}

#[test]
fn second_device_finds_the_conversations_of_this_inbox_and_offers_the_list() {
    let mut client = another_device();
    client.answer("/conversations", 200, &all_inboxes(&listed("1:72 1:73 3:74")));
    let stored = session(&client);
    assert_eq!((&stored["inbox"], &stored["conversations"]), (&json!(1), &json!([73, 72])));
    assert_eq!(stored["conversation"], 72, "the conversation with the latest message is open");
    assert!(client.widget.view().panel.actions.can_list);
    client.answer("/72/messages", 200, &json!([in_conversation(by_agent(690, "and this on main"), 72, 1)]));
    assert_eq!(client.texts(), ["and this on main"]);
    client.wait(600_000);
    assert!(!is_patching(&client), "the contact's attributes list all conversations");
}

#[test]
fn outbox_waits_for_the_conversation_lookup_on_a_second_device() {
    let mut client = page(BTreeMap::new());
    client.status_response = r#"{"id":72,"inbox_id":1,"status":"open","agent_last_seen_at":0,"#.to_owned();
    client.submit("hello again");
    client.answer("/contacts", 200, &contact());
    answer_update(&mut client);
    assert!(client.pending(Method::Post, "/conversations").is_none());
    client.answer("/conversations", 200, &all_inboxes(&listed("1:72")));
    client.answer("/72/messages", 200, &json!([]));
    assert!(client.pending(Method::Post, "/conversations/72/messages").is_some());
    // A failed list request does not block the message.
    let mut client = page(BTreeMap::new());
    client.submit("hello");
    client.answer("/contacts", 200, &contact());
    answer_update(&mut client);
    client.answer("/conversations", 502, &Value::Null);
    assert!(client.pending(Method::Post, "/conversations").is_some());
}

#[test]
fn conversation_index_gains_a_new_conversation_and_keeps_the_others() {
    let mut client = another_device();
    client.answer("/conversations", 200, &json!([]));
    assert!(!is_patching(&client) && !client.widget.view().panel.actions.can_list);
    client.submit("hello");
    client.answer("/conversations", 200, &created_conversation(11, &listed("10 3:74")));
    let update = answer_update(&mut client);
    assert_eq!(update["custom_attributes"]["natter_conversations"], "10 3:74 1:11");
    assert_eq!(update["custom_attributes"]["natter_inboxes"], "inboxMainIdentifier00001:1");
    client.wait(600_000);
    assert!(!is_patching(&client), "sent once");
}

#[test]
fn conversation_index_is_not_written_without_knowing_the_stored_one() {
    let mut client = another_device();
    client.answer("/conversations", 200, &json!([]));
    client.submit("hello");
    let mut response = created_conversation(11, &json!({}));
    response["contact"].as_object_mut().unwrap().remove("custom_attributes");
    client.answer("/conversations", 200, &response);
    client.wait(600_000);
    assert!(!is_patching(&client), "a write would replace the index of other devices");
}

#[test]
fn logout_and_login_of_the_same_user_finds_the_conversations_again() {
    let mut client = another_device();
    client.answer("/conversations", 200, &all_inboxes(&listed("1:72")));
    client.dispatch(Event::Host(HostCall::Reset));
    assert!(!client.widget.view().panel.actions.can_list);
    client.dispatch(Event::Host(HostCall::SetUser(user())));
    client.answer("/contacts", 200, &contact());
    answer_update(&mut client);
    client.answer("/conversations", 200, &all_inboxes(&listed("1:72")));
    assert_eq!(session(&client)["conversation"], 72);
    assert!(client.widget.view().panel.actions.can_list);
}

#[test]
fn conversations_are_not_opened_while_the_inbox_id_is_unknown() {
    for attributes in [json!({}), json!({ "natter_conversations": "3:74", "natter_inboxes": "inboxCsat:3" })] {
        let mut client = another_device();
        client.answer("/conversations", 200, &all_inboxes(&attributes));
        assert_eq!(session(&client)["conversation"], Value::Null, "{attributes}");
        client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
        client.answer("/conversations", 200, &all_inboxes(&attributes));
        let list = client.widget.view().thread.list.clone().unwrap();
        assert_eq!(list.all.map(|all| all.len()), Some(0), "{attributes}");
        client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(74)) }));
        assert!(!client.requests.iter().any(|(_, request)| request.url.contains("/conversations/74")));
    }
}

#[test]
fn conversation_index_of_an_earlier_version_reveals_the_inbox_id() {
    let mut client = another_device();
    client.answer("/conversations", 200, &all_inboxes(&json!({ "natter_conversations": "73" })));
    assert_eq!((&session(&client)["inbox"], &session(&client)["conversations"]), (&json!(1), &json!([73, 72])));
}

#[test]
fn conversation_list_shows_this_inbox_only_with_a_session_record_of_an_earlier_version() {
    // The session record as an earlier version wrote it.
    let stored = json!({
        "v": 1, "customer_identifier": "9e46c098-beaf-4807-8512-94a2614abf55", "pubsub_token": TOKEN,
        "conversation": 72, "conversations": [72], "creating": false, "user": user().mark, "proven": true,
    });
    let mut client = page([("session".to_owned(), stored.to_string())].into());
    client.status_response = r#"{"id":72,"inbox_id":1,"status":"open","agent_last_seen_at":0,"#.to_owned();
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    answer_update(&mut client);
    assert!(
        client.pending(Method::Get, "/conversations").is_none(),
        "a device that knows its conversations does not list them"
    );
    client.answer("/72/messages", 200, &json!([]));
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    client.answer("/conversations", 200, &all_inboxes(&json!({})));
    let list = client.widget.view().thread.list.clone().unwrap();
    assert_eq!(list.all.unwrap().iter().map(|(one, _)| one.id.0).collect::<Vec<_>>(), [72, 73]);
    assert_eq!(session(&client)["inbox"], 1);
}

#[test]
fn messages_of_another_inbox_are_ignored() {
    let mut client = another_device();
    client.answer("/conversations", 200, &all_inboxes(&listed("1:72")));
    client.answer("/72/messages", 200, &json!([]));
    client.go_live();
    client.host_events.clear();
    client.receive(&created(&in_conversation(by_agent(700, "on the other site"), 74, 3), None));
    assert_eq!(client.widget.view().panel.actions.unread, 0);
    assert!(client.host_events.is_empty(), "{:?}", client.host_events);
    client.receive(&created(&in_conversation(by_agent(701, "in the older one"), 73, 1), None));
    assert_eq!(client.widget.view().panel.actions.unread, 1);
}

#[test]
fn polling_reads_a_conversation_that_has_had_no_cable_frame() {
    let mut client = another_device();
    client.answer("/conversations", 200, &all_inboxes(&listed("1:72 1:73")));
    client.answer("/72/messages", 200, &json!([]));
    client.go_live();
    client.answer("/72/messages", 200, &json!([]));
    wait_live(&mut client, 6);
    client.answer("/72/messages", 200, &json!([in_conversation(by_agent(700, "are you there?"), 72, 1)]));
    assert_eq!(client.texts(), ["are you there?"]);
    // A first frame of the conversation proves that the cable delivers its frames.
    client.receive(&created(&in_conversation(by_visitor(701, "yes"), 72, 1), None));
    while client.pending(Method::Get, "/72/messages").is_some() {
        client.answer("/72/messages", 200, &json!([]));
    }
    wait_live(&mut client, 120);
    assert!(client.pending(Method::Get, "/72/messages").is_none(), "{:?}", client.requests);
    assert_eq!(session(&client)["unheard"], json!([73]));
}

#[test]
fn lost_conversation_response_is_recovered_from_this_inbox_only() {
    let mut client = another_device();
    client.answer("/conversations", 200, &json!([]));
    client.submit("hello");
    client.answer("/conversations", 502, &Value::Null);
    client.go_live();
    let frame = |inbox: u64, source_id: &str, id: u64| {
        let ours = json!({ "inbox_id": inbox, "source_id": source_id });
        cable_event(
            "conversation.created",
            json!({ "id": id, "inbox_id": inbox, "status": "open", "contact_inbox": ours }),
        )
    };
    client.receive(&frame(3, "f662329a-9802-4a2f-b311-3965cc25f72e", 74));
    assert_eq!(session(&client)["conversation"], Value::Null, "created in another inbox");
    let own = session(&client)["customer_identifier"].as_str().unwrap().to_owned();
    client.receive(&frame(1, &own, 75));
    assert_eq!((&session(&client)["conversation"], &session(&client)["inbox"]), (&json!(75), &json!(1)));
}
