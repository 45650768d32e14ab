//! Ending a conversation, beginning another, going back to an earlier one.

use natter_core::Event;
use natter_core::chatwoot::Method;
use natter_core::conversation::timeline::Failure;
use natter_core::event::{ConnectionEvent, ConversationsEvent, PanelEvent, ThreadEvent};
use natter_core::model::ConversationId;
use natter_core::view::{ConversationEnd, RowContent};
use serde_json::{Value, json};

use crate::client_harness::{Bench, CONVERSATION, agents, conversation, created, event, json_body, visitors};

const OTHER: ConversationId = ConversationId(9);

fn talking() -> Bench {
    let mut bench = Bench::returning(&[agents(1, "hi"), visitors(2, "hello")]);
    bench.event(Event::Panel(PanelEvent::Toggled { is_open: true }));
    bench.answer("/update_last_seen", 200, &Value::Null);
    bench
}

fn resolved(bench: &mut Bench) {
    let mut data = conversation(CONVERSATION);
    data["status"] = json!("resolved");
    bench.frame(&event("conversation.status_changed", data));
}

/// A visitor whose second conversation has just begun.
fn in_a_second() -> Bench {
    let mut bench = talking();
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    bench.submit("something else");
    bench.answer("/conversations", 200, &conversation(OTHER.0));
    bench.answer(&format!("/{}/messages", OTHER.0), 200, &visitors(20, "something else"));
    bench
}

#[test]
fn resolved_conversation_is_reopened_by_a_message() {
    let mut bench = talking();
    assert!(bench.widget.view().panel.actions.can_end);
    bench.event(Event::Conversations(ConversationsEvent::Resolved));
    bench.event(Event::Conversations(ConversationsEvent::Resolved));
    assert_eq!(bench.calls.len(), 1, "once");
    bench.answer("/toggle_status", 200, &Value::Null);
    resolved(&mut bench);
    assert_eq!(bench.widget.view().thread.end, Some(ConversationEnd { can_reopen: true, can_begin: true }));
    assert!(!bench.widget.view().panel.actions.can_end && !bench.widget.view().composer.is_covered);
    bench.submit("one more thing");
    assert!(bench.asked(Method::Post, "/messages").is_some());
}

#[test]
fn resolved_conversation_takes_no_message_where_the_site_closes_it() {
    let mut bench = Bench::closing();
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false }));
    bench.submit("before I knew");
    resolved(&mut bench);
    bench.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: true }));
    assert!(bench.asked(Method::Post, "/messages").is_none());
    let row = bench.rows().last().unwrap();
    assert!(matches!(row.content, RowContent::Outgoing { failure: Some(Failure::ConversationEnded), .. }), "{row:?}");
    let key = row.key;
    bench.event(Event::Thread(ThreadEvent::RetryRequested { row: key }));
    bench.submit("and after");
    assert!(bench.asked(Method::Post, "/messages").is_none(), "nor does trying again open it");
    let view = bench.widget.view();
    assert_eq!(view.thread.end, Some(ConversationEnd { can_reopen: false, can_begin: false }));
    assert_eq!((view.composer.is_covered, &*view.composer.injected_text.1), (true, "and after"));
    bench.event(Event::Thread(ThreadEvent::MessageDiscarded { row: key }));
    assert_eq!(bench.widget.view().thread.end, Some(ConversationEnd { can_reopen: false, can_begin: true }));
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    assert!(!bench.widget.view().composer.is_covered);
    bench.submit("anew");
    assert!(bench.asked(Method::Post, "/conversations").is_some());
}

#[test]
fn new_conversation_is_created_by_its_first_message_and_the_session_keeps_the_old_one() {
    let mut bench = talking();
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    assert!(bench.texts().is_empty() && bench.calls.is_empty(), "{:?}", bench.calls);
    let mut reloaded = bench.reload(9);
    reloaded.submit("something else");
    let bench = &mut in_a_second();
    assert_eq!(bench.texts(), ["something else"]);
    let kept: Value = serde_json::from_str(&bench.storage["session"]).unwrap();
    assert_eq!((&kept["conversation"], &kept["conversations"]), (&json!(9), &json!([CONVERSATION, 9])));
    bench.frame(&created(&agents(21, "in the old one"), None));
    assert_eq!(bench.texts(), ["something else"]);
}

#[test]
fn outbox_keeps_its_conversation_open() {
    let mut bench = talking();
    bench.submit("on its way");
    assert!(!bench.widget.view().panel.actions.can_begin);
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: Some(OTHER) }));
    assert_eq!(bench.texts(), ["hi", "hello", "on its way"]);
}

#[test]
fn conversation_list_is_newest_first_with_unread_counts_and_reopens_a_conversation() {
    let mut bench = in_a_second();
    let mut news = agents(21, "**Good** news");
    news["conversation_id"] = json!(CONVERSATION);
    bench.frame(&created(&news, None));
    assert_eq!(bench.widget.view().panel.actions.unread, 1);
    bench.event(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    assert!(bench.widget.view().composer.is_covered);
    let (mut old, mut new) = (conversation(CONVERSATION), conversation(OTHER.0));
    old["messages"] = json!([agents(1, "hi"), visitors(2, "hello"), news]);
    new["messages"] = json!([visitors(20, "something else")]);
    bench.answer("/conversations", 200, &json!([old, new]));
    let list = bench.widget.view().thread.list.clone().unwrap();
    let shown: Vec<_> =
        list.all.unwrap().into_iter().map(|(one, unread)| (one.id.0, one.last.unwrap().text.clone(), unread)).collect();
    let expected = [(CONVERSATION, "**Good** news".to_owned(), 1), (OTHER.0, "something else".to_owned(), 0)];
    assert_eq!(shown, expected);

    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(CONVERSATION)) }));
    let view = bench.widget.view();
    assert_eq!((view.thread.list.is_none(), view.panel.actions.unread, view.thread.is_loading), (true, 0, true));
    bench.answer(&format!("/{CONVERSATION}/messages"), 200, &json!([agents(1, "hi"), visitors(2, "hello"), news]));
    assert_eq!(bench.texts(), ["hi", "hello", "**Good** news"]);
    bench.submit("thanks");
    let request = bench.answer(&format!("/{CONVERSATION}/messages"), 200, &visitors(22, "thanks"));
    assert_eq!(json_body(&request)["content"], "thanks");
}

#[test]
fn conversation_list_failure_is_shown_and_retried() {
    let mut bench = talking();
    bench.event(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    bench.answer("/conversations", 500, &json!({ "error": "Internal Server Error" }));
    let list = bench.widget.view().thread.list.clone().unwrap();
    assert!(list.is_failing && list.all.is_none());
    bench.event(Event::Conversations(ConversationsEvent::ListToggled { is_shown: true }));
    assert!(bench.asked(Method::Get, "/conversations").is_some());
    bench.event(Event::Conversations(ConversationsEvent::ListToggled { is_shown: false }));
    assert!(bench.widget.view().thread.list.is_none() && !bench.widget.view().composer.is_covered);
}

#[test]
fn unknown_conversation_is_not_opened() {
    let mut bench = talking();
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(4_711)) }));
    assert_eq!(bench.texts(), ["hi", "hello"]);
}

#[test]
fn single_conversation_inbox_returns_the_existing_conversation_with_its_history() {
    let mut bench = talking();
    bench.event(Event::Conversations(ConversationsEvent::Opened { conversation: None }));
    bench.submit("something else");
    bench.answer("/conversations", 200, &conversation(CONVERSATION));
    bench.answer("/messages", 200, &json!([agents(1, "hi"), visitors(2, "hello")]));
    bench.answer("/messages", 200, &visitors(3, "something else"));
    assert_eq!(bench.texts(), ["hi", "hello", "something else"]);
}
