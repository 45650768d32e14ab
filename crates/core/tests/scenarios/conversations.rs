//! Conversations: resolving, creating, listing and switching.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::conversation::timeline::Failure;
use natter_core::event::{ConnectionEvent, ConversationsEvent, PanelEvent, ThreadEvent};
use natter_core::model::ConversationId;
use natter_core::view::{ConversationEnd, RowContent};
use serde_json::{Value, json};

use crate::client_harness::{
    CONVERSATION, ClientHarness, by_agent, by_visitor, cable_event, conversation, created, json_body,
};

const OTHER: ConversationId = ConversationId(9);

fn with_open_panel() -> ClientHarness {
    let mut client = ClientHarness::returning(&[by_agent(1, "hi"), by_visitor(2, "hello")]);
    client.dispatch(Event::Panel(PanelEvent::Toggled { is_open: true }));
    client.answer("/update_last_seen", 200, &Value::Null);
    client
}

fn resolve(client: &mut ClientHarness) {
    let mut data = conversation(CONVERSATION);
    data["status"] = json!("resolved");
    client.receive(&cable_event("conversation.status_changed", data));
}

/// A visitor who has just created a second conversation.
fn in_second_conversation() -> ClientHarness {
    let mut client = with_open_panel();
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    client.submit("something else");
    client.answer("/conversations", 200, &conversation(OTHER.0));
    client.answer(&format!("/{}/messages", OTHER.0), 200, &by_visitor(20, "something else"));
    client
}

#[test]
fn resolved_conversation_is_reopened_by_a_message() {
    let mut client = with_open_panel();
    assert!(client.widget.view().panel.actions.can_end);
    let jumps = client.widget.view().thread.jumps;
    client.dispatch(Event::Conversations(ConversationsEvent::Resolved));
    client.dispatch(Event::Conversations(ConversationsEvent::Resolved));
    assert_eq!(client.requests.len(), 1, "once");
    assert_eq!(client.widget.view().thread.jumps, jumps + 1, "to where the end will be");
    client.answer("/toggle_status", 200, &Value::Null);
    resolve(&mut client);
    assert_eq!(client.widget.view().thread.end, Some(ConversationEnd { can_reopen: true, can_begin: true }));
    assert!(!client.widget.view().panel.actions.can_end && !client.widget.view().composer.is_covered);
    client.submit("one more thing");
    assert!(client.pending(Method::Post, "/messages").is_some());
}

#[test]
fn resolved_conversation_takes_no_message_where_the_site_closes_it() {
    let mut client = ClientHarness::with_closed_resolved();
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    client.submit("before I knew");
    resolve(&mut client);
    client.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    assert!(client.pending(Method::Post, "/messages").is_none());
    let row = client.rows().last().unwrap();
    assert!(matches!(row.content, RowContent::Outgoing { failure: Some(Failure::ConversationEnded), .. }), "{row:?}");
    let key = row.key;
    client.dispatch(Event::Thread(ThreadEvent::RetryRequested { row: key }));
    client.submit("and after");
    assert!(client.pending(Method::Post, "/messages").is_none(), "a retry does not reopen the conversation");
    let view = client.widget.view();
    assert_eq!(view.thread.end, Some(ConversationEnd { can_reopen: false, can_begin: false }));
    assert_eq!((view.composer.is_covered, &*view.composer.injected_text.1), (true, "and after"));
    client.dispatch(Event::Thread(ThreadEvent::MessageDiscarded { row: key }));
    assert_eq!(client.widget.view().thread.end, Some(ConversationEnd { can_reopen: false, can_begin: true }));
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    assert!(!client.widget.view().composer.is_covered);
    client.submit("anew");
    assert!(client.pending(Method::Post, "/conversations").is_some());
}

#[test]
fn new_conversation_is_created_by_its_first_message_and_the_session_keeps_the_old_one() {
    let mut client = with_open_panel();
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    assert!(client.texts().is_empty() && client.requests.is_empty(), "{:?}", client.requests);
    let mut reloaded = client.reload(9);
    reloaded.submit("something else");
    let client = &mut in_second_conversation();
    assert_eq!(client.texts(), ["something else"]);
    let session: Value = serde_json::from_str(&client.storage["session"]).unwrap();
    assert_eq!((&session["conversation"], &session["conversations"]), (&json!(9), &json!([CONVERSATION, 9])));
    client.receive(&created(&by_agent(21, "in the old one"), None));
    assert_eq!(client.texts(), ["something else"]);
}

#[test]
fn outbox_keeps_its_conversation_open() {
    let mut client = with_open_panel();
    client.submit("on its way");
    assert!(!client.widget.view().panel.actions.can_begin);
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: Some(OTHER) }));
    assert_eq!(client.texts(), ["hi", "hello", "on its way"]);
}

#[test]
fn conversation_list_is_newest_first_with_unread_counts_and_reopens_a_conversation() {
    let mut client = in_second_conversation();
    let mut message = by_agent(21, "**Good** news");
    message["conversation_id"] = json!(CONVERSATION);
    client.receive(&created(&message, None));
    assert_eq!(client.widget.view().panel.actions.unread, 1);
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    assert!(client.widget.view().composer.is_covered);
    let (mut old, mut new) = (conversation(CONVERSATION), conversation(OTHER.0));
    old["messages"] = json!([by_agent(1, "hi"), by_visitor(2, "hello"), message]);
    new["messages"] = json!([by_visitor(20, "something else")]);
    client.answer("/conversations", 200, &json!([old, new]));
    let list = client.widget.view().thread.list.clone().unwrap();
    let shown: Vec<_> =
        list.all.unwrap().into_iter().map(|(one, unread)| (one.id.0, one.last.unwrap().text.clone(), unread)).collect();
    let expected = [(CONVERSATION, "**Good** news".to_owned(), 1), (OTHER.0, "something else".to_owned(), 0)];
    assert_eq!(shown, expected);

    client.dispatch(Event::Conversations(ConversationsEvent::Opened {
        conversation: Some(ConversationId(CONVERSATION)),
    }));
    let view = client.widget.view();
    assert_eq!((view.thread.list.is_none(), view.panel.actions.unread, view.thread.is_loading), (true, 0, true));
    client.answer(
        &format!("/{CONVERSATION}/messages"),
        200,
        &json!([by_agent(1, "hi"), by_visitor(2, "hello"), message]),
    );
    assert_eq!(client.texts(), ["hi", "hello", "**Good** news"]);
    client.submit("thanks");
    let request = client.answer(&format!("/{CONVERSATION}/messages"), 200, &by_visitor(22, "thanks"));
    assert_eq!(json_body(&request)["content"], "thanks");
}

#[test]
fn conversation_list_failure_is_shown_and_retried() {
    let mut client = with_open_panel();
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    client.answer("/conversations", 500, &json!({ "error": "Internal Server Error" }));
    let list = client.widget.view().thread.list.clone().unwrap();
    assert!(list.is_failing && list.all.is_none());
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    assert!(client.pending(Method::Get, "/conversations").is_some());
    client.dispatch(Event::Conversations(ConversationsEvent::ListToggled { is_shown: false }));
    assert!(client.widget.view().thread.list.is_none() && !client.widget.view().composer.is_covered);
}

#[test]
fn unknown_conversation_is_not_opened() {
    let mut client = with_open_panel();
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(4_711)) }));
    assert_eq!(client.texts(), ["hi", "hello"]);
}

#[test]
fn single_conversation_inbox_returns_the_existing_conversation_with_its_history() {
    let mut client = with_open_panel();
    client.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    client.submit("something else");
    client.answer("/conversations", 200, &conversation(CONVERSATION));
    client.answer("/messages", 200, &json!([by_agent(1, "hi"), by_visitor(2, "hello")]));
    client.answer("/messages", 200, &by_visitor(3, "something else"));
    assert_eq!(client.texts(), ["hi", "hello", "something else"]);
}
