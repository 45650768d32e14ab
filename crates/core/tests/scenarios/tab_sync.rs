//! Tab synchronisation and leader election: the outbox, cable frames, unread counts and connection state of one visitor
//! in several tabs.

use natter_core::chatwoot::Method;
use natter_core::event::{ConnectionEvent, ConversationsEvent, PageEvent, ThreadEvent};
use natter_core::host::calls::HostCall;
use natter_core::model::ConversationId;
use natter_core::view::{ConnectionState, Row, RowContent};
use natter_core::{Event, Outcome, TabEvent};
use serde_json::json;

use crate::client_harness::{
    ClientHarness, by_agent, by_visitor, contact, conversation, created, json_body, stored_session,
};
use crate::multi_tab_harness::MultiTabHarness;

/// Two tabs of a returning visitor. The first leads and has a live socket; both have read history.
pub fn two_tabs() -> MultiTabHarness {
    let mut browser = MultiTabHarness::new(stored_session());
    for _ in 0..2 {
        browser.open();
    }
    browser.on(0, |tab| tab.answer("/messages", 200, &json!([by_agent(7, "hi")])));
    browser.on(0, ClientHarness::go_live);
    answer_history_requests(&mut browser);
    browser
}

/// Two tabs: the leader is frozen, and the visitor submits a message in the second tab.
fn frozen_leader() -> MultiTabHarness {
    let mut browser = two_tabs();
    browser.wait(2_000);
    browser.freeze(0);
    browser.on(1, |tab| tab.submit("hello"));
    browser
}

/// Answers every pending history request with the one stored message.
fn answer_history_requests(browser: &mut MultiTabHarness) {
    answer_history(browser, &[by_agent(7, "hi")]);
}

fn answer_history(browser: &mut MultiTabHarness, messages: &[serde_json::Value]) {
    for number in 0..browser.tabs.len() {
        while browser.tabs[number].client.pending(Method::Get, "/messages").is_some() {
            browser.on(number, |tab| tab.answer("/messages", 200, &json!(messages)));
        }
    }
}

fn texts(browser: &MultiTabHarness, number: usize) -> Vec<String> {
    browser.tabs[number].client.texts()
}

fn posts(browser: &MultiTabHarness, number: usize) -> usize {
    browser.tabs[number].client.requests.iter().filter(|(_, request)| request.method == Method::Post).count()
}

fn is_stored(browser: &MultiTabHarness, number: usize, text: &str) -> bool {
    browser.tabs[number].client.is_stored(text)
}

#[test]
fn two_tabs_create_one_contact_and_one_conversation_and_share_them() {
    let mut browser = MultiTabHarness::new(Default::default());
    let (one, other) = (browser.open(), browser.open());
    assert_eq!(browser.on(one, |tab| tab.storage.len()), 0, "nothing is stored before the visitor writes");
    browser.on(other, |tab| tab.submit("from the other"));
    browser.on(one, |tab| tab.submit("from the one"));
    assert_eq!((posts(&browser, one), posts(&browser, other)), (1, 0), "the leader posts for both");
    browser.on(one, |tab| tab.answer("/contacts", 200, &contact()));
    browser.on(one, |tab| tab.answer("/conversations", 200, &conversation(6)));
    assert_eq!(posts(&browser, other), 0);
    let first = browser.on(one, |tab| tab.answer("/messages", 200, &by_visitor(8, "from the other")));
    assert_eq!(json_body(&first)["content"], "from the other", "in the order of submission");
    let second = browser.on(one, |tab| tab.answer("/messages", 200, &by_visitor(9, "from the one")));
    assert_eq!(json_body(&second)["content"], "from the one");
    answer_history(&mut browser, &[by_visitor(8, "from the other"), by_visitor(9, "from the one")]);
    for tab in [one, other] {
        assert_eq!(texts(&browser, tab), ["from the other", "from the one"]);
        assert!(is_stored(&browser, tab, "from the one") && is_stored(&browser, tab, "from the other"));
    }
    assert!(!browser.on(one, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))));
}

#[test]
fn follower_tab_shows_cable_frames_of_the_leader_without_a_socket() {
    let mut browser = two_tabs();
    assert_eq!(browser.tabs[1].client.socket, None);
    browser.on(0, |tab| tab.receive(&created(&by_agent(8, "live"), None)));
    for tab in [0, 1] {
        assert_eq!(texts(&browser, tab), ["hi", "live"]);
    }
    assert!(browser.tabs[1].client.pending(Method::Get, "/messages").is_none(), "without another request");
}

#[test]
fn outbox_row_keeps_its_key_in_every_tab() {
    let mut browser = two_tabs();
    browser.on(1, |tab| tab.submit("hello"));
    let keys: Vec<_> = [0, 1].map(|tab| browser.tabs[tab].client.row_keys("hello")).into();
    assert!(keys.iter().all(|keys| keys.len() == 1), "both tabs show it at once: {keys:?}");
    assert_eq!((posts(&browser, 0), posts(&browser, 1)), (1, 0));
    browser.on(0, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    assert_eq!(keys, [0, 1].map(|tab| browser.tabs[tab].client.row_keys("hello")));
    assert!(is_stored(&browser, 0, "hello") && is_stored(&browser, 1, "hello"));
}

#[test]
fn outbox_of_a_closed_leader_is_sent_once_by_the_next_leader() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.dispatch(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false })));
    browser.on(0, |tab| tab.submit("hello"));
    assert_eq!(texts(&browser, 1), ["hi", "hello"]);
    browser.on(0, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));
    browser.crash(0);
    answer_history_requests(&mut browser);
    let request = browser.on(1, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    assert_eq!(json_body(&request)["content"], "hello");
    assert!(is_stored(&browser, 1, "hello"));
    assert_eq!((texts(&browser, 1), posts(&browser, 1)), (vec!["hi".to_owned(), "hello".to_owned()], 0));
}

#[test]
fn outbox_of_a_crashed_leader_is_looked_up_in_history_before_posting_again() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    assert_eq!(posts(&browser, 0), 1);
    browser.crash(0);
    assert_eq!(posts(&browser, 1), 0, "its POST may be in flight");
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "hello")]);
    assert!(is_stored(&browser, 1, "hello"));
    browser.wait(120_000);
    assert_eq!(posts(&browser, 1), 0);
    assert_eq!(texts(&browser, 1), ["hi", "hello"]);
}

#[test]
fn frozen_leader_loses_leadership_to_a_visible_tab_and_posts_no_more() {
    let mut browser = frozen_leader();
    browser.wait(1_500);
    assert_eq!(posts(&browser, 1), 0);
    browser.wait(1_000);
    answer_history_requests(&mut browser);
    assert_eq!(posts(&browser, 1), 1, "the second tab leads now");
    // The visitor submits in the frozen tab before it handles the loss of its lock.
    browser.on_without_delivery(0, |tab| tab.submit("late"));
    assert_eq!(posts(&browser, 0), 0, "it does not post before its lock is confirmed");
    browser.thaw(0);
    browser.on(1, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    browser.on(1, |tab| tab.answer("/messages", 200, &by_visitor(9, "late")));
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "hello"), by_visitor(9, "late")]);
    for tab in [0, 1] {
        assert_eq!(texts(&browser, tab), ["hi", "hello", "late"]);
        assert!(is_stored(&browser, tab, "late"));
    }
    assert_eq!((posts(&browser, 0), posts(&browser, 1)), (0, 0));
}

#[test]
fn hidden_tab_does_not_steal_the_lock_of_a_frozen_leader() {
    let mut browser = two_tabs();
    browser.on(1, |tab| tab.dispatch(Event::Page(PageEvent::VisibilityChanged { is_visible: false })));
    browser.freeze(0);
    browser.wait(60_000);
    assert_eq!(browser.tabs[1].client.socket, None);
    browser.on(1, |tab| tab.dispatch(Event::Page(PageEvent::VisibilityChanged { is_visible: true })));
    browser.wait(2_500);
    assert!(browser.tabs[1].client.socket.is_some(), "a visible tab queries the leader and steals the lock");
}

#[test]
fn outbox_is_settled_in_all_tabs_by_a_response_to_a_former_leader() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    browser.freeze(0);
    browser.wait(13_000);
    assert!(browser.tabs[1].client.socket.is_some(), "the second tab leads");
    assert_eq!(posts(&browser, 1), 0, "it waits for the POST of the first tab");
    browser.thaw(0);
    browser.on(0, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    assert!(is_stored(&browser, 0, "hello") && is_stored(&browser, 1, "hello"));
    answer_history_requests(&mut browser);
    browser.wait(120_000);
    answer_history_requests(&mut browser);
    assert_eq!((posts(&browser, 0), posts(&browser, 1)), (0, 0));
    assert!(!browser.on(1, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))));
}

#[test]
fn suspended_leader_releases_socket_and_lock_and_catches_up_when_resumed() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));
    assert_eq!(browser.tabs[0].client.socket, None, "an open socket would keep the page out of the back/forward cache");
    browser.on(1, ClientHarness::go_live);
    answer_history_requests(&mut browser);
    browser.on(1, |tab| tab.submit("meanwhile"));
    browser.on(1, |tab| tab.answer("/messages", 200, &by_visitor(8, "meanwhile")));
    browser.on(0, |tab| tab.dispatch(Event::Tick));
    assert_eq!(
        (texts(&browser, 0).len(), browser.tabs[0].client.requests.len()),
        (1, 0),
        "a suspended page does nothing"
    );

    browser.on(0, |tab| {
        let stored = tab.stored();
        tab.dispatch(Event::Page(PageEvent::Resumed { stored }));
    });
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "meanwhile")]);
    assert_eq!(texts(&browser, 0), ["hi", "meanwhile"]);
    browser.on(0, |tab| tab.submit("back"));
    assert_eq!((posts(&browser, 0), posts(&browser, 1)), (0, 1), "the second tab still leads");
}

#[test]
fn outbox_message_in_flight_at_suspension_is_decided_by_history() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    browser.on(0, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));
    browser.on(0, |tab| {
        let stored = tab.stored();
        tab.dispatch(Event::Page(PageEvent::Resumed { stored }));
    });
    assert_eq!(posts(&browser, 0) + posts(&browser, 1), 0);
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "hello")]);
    browser.wait(120_000);
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "hello")]);
    for tab in [0, 1] {
        assert_eq!(texts(&browser, tab), ["hi", "hello"]);
    }
    assert_eq!(posts(&browser, 0) + posts(&browser, 1), 0);
}

#[test]
fn failed_outbox_message_is_retried_and_discarded_from_any_tab() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    let too_many = json!({ "message": "Too many messages" });
    browser.on(0, |tab| tab.answer("/messages", 422, &too_many));
    let failed = |browser: &MultiTabHarness, tab: usize| {
        let rows = browser.tabs[tab].client.rows();
        rows.iter().find(|row| matches!(row.content, RowContent::Outgoing { failure: Some(_), .. })).map(|row| row.key)
    };
    let key = failed(&browser, 1).expect("the follower shows the failure");
    browser.on(1, |tab| tab.dispatch(Event::Thread(ThreadEvent::RetryRequested { row: key })));
    assert_eq!((failed(&browser, 0), failed(&browser, 1), posts(&browser, 0)), (None, None, 1));
    browser.on(0, |tab| tab.answer("/messages", 422, &too_many));
    let key = failed(&browser, 1).expect("failed again");
    browser.on(1, |tab| tab.dispatch(Event::Thread(ThreadEvent::MessageDiscarded { row: key })));
    assert_eq!((texts(&browser, 0), texts(&browser, 1)), (vec!["hi".to_owned()], vec!["hi".to_owned()]));
    assert!(!browser.on(0, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))));
}

#[test]
fn follower_tab_shows_the_connection_state_of_the_leader() {
    let mut browser = two_tabs();
    let connection = |browser: &MultiTabHarness| browser.tabs[1].client.widget.view().panel.connection;
    assert_eq!(connection(&browser), ConnectionState::Connected);
    browser.on(0, |tab| tab.submit("hello"));
    browser.on(0, |tab| tab.end("/messages", Outcome::NotSent));
    browser.wait(3_000);
    browser.on(0, |tab| tab.end("/messages", Outcome::NotSent));
    assert_eq!(connection(&browser), ConnectionState::Unreachable);
    browser.wait(5_000);
    browser.on(0, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    assert_eq!(connection(&browser), ConnectionState::Connected);
}

#[test]
fn deleted_conversation_is_removed_in_all_tabs() {
    let mut browser = two_tabs();
    let not_found = json!({ "status": 404, "error": "Not Found" });
    browser.on(0, ClientHarness::close_socket);
    browser.wait(3_000);
    browser.on(0, ClientHarness::go_live);
    browser.on(0, |tab| tab.answer("/messages", 404, &not_found));
    browser.on(0, |tab| tab.answer("abf55", 404, &not_found));
    assert_eq!((texts(&browser, 0).len(), texts(&browser, 1).len()), (0, 0));
    assert!(!browser.on(1, |tab| tab.storage.contains_key("session")));
}

#[test]
fn follower_tab_reads_history_after_the_leader_polled_new_messages() {
    let mut browser = two_tabs();
    browser.on(0, ClientHarness::close_socket);
    browser.wait(6_000);
    browser.on(0, |tab| tab.answer("/messages", 200, &json!([by_agent(7, "hi"), by_agent(8, "news")])));
    answer_history(&mut browser, &[by_agent(7, "hi"), by_agent(8, "news")]);
    assert_eq!(texts(&browser, 1), ["hi", "news"]);
}

#[test]
fn resumed_leader_shows_another_tabs_message_once_when_its_own_cable_frame_comes_first() {
    let mut browser = frozen_leader();
    browser.wait(2_500);
    answer_history_requests(&mut browser);
    let request = browser.on(1, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    let echo = json_body(&request)["echo_id"].as_str().unwrap().to_owned();
    browser.on_without_delivery(0, |tab| tab.receive(&created(&by_visitor(8, "hello"), Some(&echo))));
    browser.thaw(0);
    answer_history_requests(&mut browser);
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "hello")]);
    for tab in [0, 1] {
        assert_eq!(texts(&browser, tab), ["hi", "hello"]);
    }
}

#[test]
fn resumed_tab_forgets_the_thread_of_a_deleted_contact() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    browser.on(1, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));
    browser.on(0, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    let not_found = json!({ "status": 404, "error": "Not Found" });
    browser.on(0, ClientHarness::close_socket);
    browser.wait(3_000);
    browser.on(0, ClientHarness::go_live);
    browser.on(0, |tab| tab.answer("/messages", 404, &not_found));
    browser.on(0, |tab| tab.answer("abf55", 404, &not_found));
    browser.on(1, |tab| {
        let stored = tab.stored();
        tab.dispatch(Event::Page(PageEvent::Resumed { stored }));
    });
    assert!(texts(&browser, 1).is_empty(), "{:?}", texts(&browser, 1));
}

#[test]
fn resumed_leader_settles_its_outbox_from_storage_with_messages_of_equal_text() {
    let mut browser = MultiTabHarness::new(stored_session());
    browser.open();
    browser.on(0, ClientHarness::go_live);
    answer_history_requests(&mut browser);
    browser.on(0, |tab| tab.submit("ok"));
    browser.on(0, |tab| tab.submit("ok"));
    browser.on(0, |tab| tab.receive(&created(&by_visitor(8, "ok"), Some("another device's"))));
    browser.on(0, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));

    browser.open();
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "ok")]);
    browser.on(1, |tab| tab.answer("/messages", 200, &by_visitor(9, "ok")));
    browser.crash(1);
    assert!(!browser.on(0, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))), "both records are deleted");

    browser.on(0, |tab| {
        let stored = tab.stored();
        tab.dispatch(Event::Page(PageEvent::Resumed { stored }));
    });
    for _ in 0..2 {
        answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "ok"), by_visitor(9, "ok")]);
        browser.wait(120_000);
    }
    let is_unsent = |row: &Row| matches!(row.content, RowContent::Outgoing { .. });
    assert!(!browser.tabs[0].client.rows().iter().any(is_unsent), "no stored message is shown as outgoing");
    assert_eq!((texts(&browser, 0), posts(&browser, 0)), (["hi", "ok", "ok"].map(str::to_owned).to_vec(), 0));
}

#[test]
fn outbox_message_settled_by_another_tab_goes_with_its_deleted_conversation() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("hello"));
    browser.on(0, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "hello")]);
    browser.on(1, |tab| tab.dispatch(Event::Page(PageEvent::Suspended)));

    browser.on(0, |tab| {
        let stored = tab.stored();
        tab.dispatch(Event::Page(PageEvent::Resumed { stored }));
    });
    let not_found = json!({ "status": 404, "error": "Not Found" });
    browser.on(0, |tab| tab.answer("/messages", 404, &not_found));
    browser.on(0, |tab| tab.answer("abf55", 404, &not_found));
    assert_eq!(texts(&browser, 0), Vec::<String>::new());
    assert!(!browser.on(0, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))), "it is not sent again");
}

#[test]
fn outbox_waits_until_a_message_settled_by_another_tab_is_in_history() {
    let mut browser = two_tabs();
    browser.on(0, |tab| tab.submit("ok"));
    browser.on(0, |tab| tab.submit("ok"));
    let (_, request) = browser.tabs[0].client.pending(Method::Post, "/messages").expect("the first is posted").clone();
    let echo = json_body(&request)["echo_id"].as_str().unwrap().to_owned();
    // The response arrived and the record was deleted, but the leader crashed before it could broadcast that.
    assert!(browser.storage.remove(&format!("send/{echo}")).is_some());
    browser.crash(0);
    assert_eq!(posts(&browser, 1), 0, "the first one's message could be matched with the second");
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "ok")]);
    assert_eq!(posts(&browser, 1), 1);
    browser.crash(1);
    browser.open();
    answer_history(&mut browser, &[by_agent(7, "hi"), by_visitor(8, "ok")]);
    assert_eq!(texts(&browser, 2), ["hi", "ok", "ok"], "the second one is not settled yet");
}

#[test]
fn unread_of_another_conversation_is_cleared_in_every_tab_when_one_opens_it() {
    let mut storage = stored_session();
    storage.insert("session".to_owned(), storage["session"].replace("[6]", "[6,9]"));
    let mut browser = MultiTabHarness::new(storage);
    for _ in 0..2 {
        browser.open();
    }
    browser.on(0, ClientHarness::go_live);
    answer_history_requests(&mut browser);
    let mut elsewhere = by_agent(20, "It is ready");
    elsewhere["conversation_id"] = json!(9);
    browser.on(0, |tab| tab.receive(&created(&elsewhere, None)));
    let unread =
        |browser: &MultiTabHarness| [0, 1].map(|tab| browser.tabs[tab].client.widget.view().panel.actions.unread);
    assert_eq!(unread(&browser), [1, 1]);
    browser.on(1, |tab| {
        tab.dispatch(Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(9)) }))
    });
    assert_eq!(unread(&browser), [0, 0]);
}

/// A single tab with these stored records, in a browser that neither grants locks nor answers lock queries.
fn browser_without_lock_answers(storage: std::collections::BTreeMap<String, String>) -> (MultiTabHarness, usize) {
    let mut browser = MultiTabHarness::new(storage);
    browser.ignores_lock_queries = true;
    let tab = browser.open();
    (browser, tab)
}

#[test]
fn leader_election_without_lock_answers_does_not_block_the_outbox() {
    let (mut browser, tab) = browser_without_lock_answers(Default::default());
    browser.on(tab, |tab| tab.submit("hello"));
    browser.wait(4_900);
    assert_eq!(posts(&browser, tab), 0, "the browser may still answer");
    browser.wait(200);
    assert_eq!(posts(&browser, tab), 1);
    browser.on(tab, |tab| tab.answer("/contacts", 200, &contact()));
    browser.on(tab, |tab| tab.answer("/conversations", 200, &conversation(6)));
    browser.on(tab, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    assert!(is_stored(&browser, tab, "hello"));
    assert!(!browser.storage.keys().any(|key| key.starts_with("send/")));
}

#[test]
fn leader_election_with_a_refused_lock_does_not_block_the_outbox() {
    let (mut browser, tab) = browser_without_lock_answers(Default::default());
    browser.on(tab, |tab| tab.submit("hello"));
    browser.on(tab, |tab| tab.dispatch(Event::Tabs(TabEvent::LockRefused)));
    assert!(
        browser.tabs[tab].client.pending(Method::Post, "/contacts").is_some(),
        "the tab works without leadership at once"
    );
    browser.on(tab, |tab| tab.answer("/contacts", 200, &contact()));
    browser.on(tab, |tab| tab.answer("/conversations", 200, &conversation(6)));
    browser.on(tab, |tab| tab.answer("/messages", 200, &by_visitor(8, "hello")));
    assert!(is_stored(&browser, tab, "hello"));
}

#[test]
fn tab_without_a_lock_posts_only_its_own_outbox() {
    let mut storage = stored_session();
    let other = r#"{"v":2,"text":"from another tab","at":1,"nth":1,"tries":0,"conversation":6,"posting":false,"newest":null,"failed":false,"refusal":null,"files":[]}"#;
    storage.insert("send/of-another-tab".to_owned(), other.to_owned());
    let (mut browser, tab) = browser_without_lock_answers(storage);
    browser.on(tab, |tab| tab.submit("from here"));
    browser.wait(6_000);
    answer_history(&mut browser, &[by_agent(7, "hi")]);
    let posted = browser.on(tab, |tab| json_body(&tab.answer("/messages", 200, &by_visitor(8, "from here"))));
    assert_eq!(posted["content"], "from here");
    browser.wait(100_000);
    assert_eq!(posts(&browser, tab), 0, "another tab may be posting that record");
    assert_eq!(browser.storage["send/of-another-tab"], other, "the other tab's record is unchanged");
    let failed = |row: &Row| matches!(&row.content, RowContent::Outgoing { text, .. } if &**text == "from another tab");
    assert!(
        browser.tabs[tab].client.rows().iter().any(failed),
        "the visitor decides about the other message: {:?}",
        browser.tabs[tab].client.rows()
    );
}

#[test]
fn leader_continues_when_lock_queries_are_no_longer_answered() {
    let mut browser = MultiTabHarness::new(stored_session());
    let tab = browser.open();
    browser.on(tab, |tab| tab.answer("/messages", 200, &json!([by_agent(7, "hi")])));
    browser.wait(10_000);
    browser.ignores_lock_queries = true;
    browser.on(tab, |tab| tab.submit("hello"));
    browser.wait(5_100);
    assert_eq!(posts(&browser, tab), 1);
}

#[test]
fn follower_tab_of_an_answering_leader_waits_for_no_lock() {
    let mut browser = two_tabs();
    browser.wait(8_000);
    answer_history_requests(&mut browser);
    browser.on(1, |tab| tab.submit("hello"));
    assert_eq!(posts(&browser, 1), 0);
    assert_eq!(posts(&browser, 0), 1, "the leader holds the lock and posts");
}

#[test]
fn host_message_sent_before_start_reaches_the_leader() {
    let mut browser = two_tabs();
    let third = browser.open_with(vec![Event::Host(HostCall::SendMessage { text: "from a button".to_owned() })]);
    answer_history_requests(&mut browser);
    assert_eq!(posts(&browser, 0), 1);
    assert_eq!(posts(&browser, third), 0);
}
