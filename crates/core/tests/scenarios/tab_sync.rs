//! One visitor in several tabs.

use natter_core::chatwoot::Method;
use natter_core::event::{ConnectionEvent, ConversationsEvent, PageEvent, ThreadEvent};
use natter_core::host::calls::HostCall;
use natter_core::model::ConversationId;
use natter_core::view::{ConnectionState, Row, RowContent};
use natter_core::{Event, Outcome, TabEvent};
use serde_json::json;

use crate::client_harness::{Bench, agents, contact, conversation, created, json_body, kept_session, visitors};
use crate::multi_tab_harness::Household;

/// Two tabs of a returning visitor; the first leads, its socket is live, and both have read what was said.
pub fn two_tabs() -> Household {
    let mut house = Household::new(kept_session());
    for _ in 0..2 {
        house.open();
    }
    house.on(0, |tab| tab.answer("/messages", 200, &json!([agents(7, "hi")])));
    house.on(0, Bench::go_live);
    settle_reads(&mut house);
    house
}

/// The same; the first hangs, and somebody writes in the second.
fn a_leader_that_hangs() -> Household {
    let mut house = two_tabs();
    house.wait(2_000);
    house.freeze(0);
    house.on(1, |tab| tab.submit("hello"));
    house
}

/// Answers every open request for messages with the one thing that was said.
fn settle_reads(house: &mut Household) {
    read(house, &[agents(7, "hi")]);
}

fn read(house: &mut Household, said: &[serde_json::Value]) {
    for number in 0..house.tabs.len() {
        while house.tabs[number].bench.asked(Method::Get, "/messages").is_some() {
            house.on(number, |tab| tab.answer("/messages", 200, &json!(said)));
        }
    }
}

fn texts(house: &Household, number: usize) -> Vec<String> {
    house.tabs[number].bench.texts()
}

fn posts(house: &Household, number: usize) -> usize {
    house.tabs[number].bench.calls.iter().filter(|(_, request)| request.method == Method::Post).count()
}

fn is_said(house: &Household, number: usize, text: &str) -> bool {
    house.tabs[number].bench.is_said(text)
}

#[test]
fn two_tabs_create_one_contact_and_one_conversation_and_share_them() {
    let mut house = Household::new(Default::default());
    let (one, other) = (house.open(), house.open());
    assert_eq!(house.on(one, |tab| tab.storage.len()), 0, "nothing is kept before anybody writes");
    house.on(other, |tab| tab.submit("from the other"));
    house.on(one, |tab| tab.submit("from the one"));
    assert_eq!((posts(&house, one), posts(&house, other)), (1, 0), "one tab asks for both");
    house.on(one, |tab| tab.answer("/contacts", 200, &contact()));
    house.on(one, |tab| tab.answer("/conversations", 200, &conversation(6)));
    assert_eq!(posts(&house, other), 0);
    let first = house.on(one, |tab| tab.answer("/messages", 200, &visitors(8, "from the other")));
    assert_eq!(json_body(&first)["content"], "from the other", "in the order they were written");
    let second = house.on(one, |tab| tab.answer("/messages", 200, &visitors(9, "from the one")));
    assert_eq!(json_body(&second)["content"], "from the one");
    read(&mut house, &[visitors(8, "from the other"), visitors(9, "from the one")]);
    for tab in [one, other] {
        assert_eq!(texts(&house, tab), ["from the other", "from the one"]);
        assert!(is_said(&house, tab, "from the one") && is_said(&house, tab, "from the other"));
    }
    assert!(!house.on(one, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))));
}

#[test]
fn follower_tab_shows_cable_frames_of_the_leader_without_a_socket() {
    let mut house = two_tabs();
    assert_eq!(house.tabs[1].bench.link, None);
    house.on(0, |tab| tab.frame(&created(&agents(8, "live"), None)));
    for tab in [0, 1] {
        assert_eq!(texts(&house, tab), ["hi", "live"]);
    }
    assert!(house.tabs[1].bench.asked(Method::Get, "/messages").is_none(), "without another request");
}

#[test]
fn outbox_row_keeps_its_key_in_every_tab() {
    let mut house = two_tabs();
    house.on(1, |tab| tab.submit("hello"));
    let keys: Vec<_> = [0, 1].map(|tab| house.tabs[tab].bench.keys_of("hello")).into();
    assert!(keys.iter().all(|keys| keys.len() == 1), "both show it at once: {keys:?}");
    assert_eq!((posts(&house, 0), posts(&house, 1)), (1, 0));
    house.on(0, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    assert_eq!(keys, [0, 1].map(|tab| house.tabs[tab].bench.keys_of("hello")));
    assert!(is_said(&house, 0, "hello") && is_said(&house, 1, "hello"));
}

#[test]
fn outbox_of_a_closed_leader_is_sent_once_by_the_next_leader() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.event(Event::Connection(ConnectionEvent::OnlineChanged { is_online: false })));
    house.on(0, |tab| tab.submit("hello"));
    assert_eq!(texts(&house, 1), ["hi", "hello"]);
    house.on(0, |tab| tab.event(Event::Page(PageEvent::Suspended)));
    house.crash(0);
    settle_reads(&mut house);
    let request = house.on(1, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    assert_eq!(json_body(&request)["content"], "hello");
    assert!(is_said(&house, 1, "hello"));
    assert_eq!((texts(&house, 1), posts(&house, 1)), (vec!["hi".to_owned(), "hello".to_owned()], 0));
}

#[test]
fn outbox_of_a_crashed_leader_is_looked_up_in_history_before_posting_again() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    assert_eq!(posts(&house, 0), 1);
    house.crash(0);
    assert_eq!(posts(&house, 1), 0, "it may be on its way");
    read(&mut house, &[agents(7, "hi"), visitors(8, "hello")]);
    assert!(is_said(&house, 1, "hello"));
    house.wait(120_000);
    assert_eq!(posts(&house, 1), 0);
    assert_eq!(texts(&house, 1), ["hi", "hello"]);
}

#[test]
fn frozen_leader_loses_leadership_to_a_visible_tab_and_posts_no_more() {
    let mut house = a_leader_that_hangs();
    house.wait(1_500);
    assert_eq!(posts(&house, 1), 0);
    house.wait(1_000);
    settle_reads(&mut house);
    assert_eq!(posts(&house, 1), 1, "the other leads now");
    // The first one wakes up; before it hears of its loss, somebody writes in it.
    house.alone(0, |tab| tab.submit("late"));
    assert_eq!(posts(&house, 0), 0, "its post did not leave: another's name is on the device");
    house.thaw(0);
    house.on(1, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    house.on(1, |tab| tab.answer("/messages", 200, &visitors(9, "late")));
    read(&mut house, &[agents(7, "hi"), visitors(8, "hello"), visitors(9, "late")]);
    for tab in [0, 1] {
        assert_eq!(texts(&house, tab), ["hi", "hello", "late"]);
        assert!(is_said(&house, tab, "late"));
    }
    assert_eq!((posts(&house, 0), posts(&house, 1)), (0, 0));
}

#[test]
fn hidden_tab_does_not_steal_the_lock_of_a_frozen_leader() {
    let mut house = two_tabs();
    house.on(1, |tab| tab.event(Event::Page(PageEvent::VisibilityChanged { is_visible: false })));
    house.freeze(0);
    house.wait(60_000);
    assert_eq!(house.tabs[1].bench.link, None);
    house.on(1, |tab| tab.event(Event::Page(PageEvent::VisibilityChanged { is_visible: true })));
    house.wait(2_500);
    assert!(house.tabs[1].bench.link.is_some(), "once it is looked at it asks, and takes the lock");
}

#[test]
fn outbox_is_settled_in_all_tabs_by_a_response_to_a_former_leader() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    house.freeze(0);
    house.wait(13_000);
    assert!(house.tabs[1].bench.link.is_some(), "the other leads");
    assert_eq!(posts(&house, 1), 0, "and waits for what the first was posting");
    house.thaw(0);
    house.on(0, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    assert!(is_said(&house, 0, "hello") && is_said(&house, 1, "hello"));
    settle_reads(&mut house);
    house.wait(120_000);
    settle_reads(&mut house);
    assert_eq!((posts(&house, 0), posts(&house, 1)), (0, 0));
    assert!(!house.on(1, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))));
}

#[test]
fn suspended_leader_releases_socket_and_lock_and_catches_up_when_resumed() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.event(Event::Page(PageEvent::Suspended)));
    assert_eq!(house.tabs[0].bench.link, None, "an open socket would keep it from coming back");
    house.on(1, Bench::go_live);
    settle_reads(&mut house);
    house.on(1, |tab| tab.submit("meanwhile"));
    house.on(1, |tab| tab.answer("/messages", 200, &visitors(8, "meanwhile")));
    house.on(0, |tab| tab.event(Event::Tick));
    assert_eq!((texts(&house, 0).len(), house.tabs[0].bench.calls.len()), (1, 0), "it does nothing while away");

    house.on(0, |tab| {
        let kept = tab.kept();
        tab.event(Event::Page(PageEvent::Resumed { stored: kept }));
    });
    read(&mut house, &[agents(7, "hi"), visitors(8, "meanwhile")]);
    assert_eq!(texts(&house, 0), ["hi", "meanwhile"]);
    house.on(0, |tab| tab.submit("back"));
    assert_eq!((posts(&house, 0), posts(&house, 1)), (0, 1), "the other leads still");
}

#[test]
fn outbox_message_in_flight_at_suspension_is_decided_by_history() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    house.on(0, |tab| tab.event(Event::Page(PageEvent::Suspended)));
    house.on(0, |tab| {
        let kept = tab.kept();
        tab.event(Event::Page(PageEvent::Resumed { stored: kept }));
    });
    assert_eq!(posts(&house, 0) + posts(&house, 1), 0);
    read(&mut house, &[agents(7, "hi"), visitors(8, "hello")]);
    house.wait(120_000);
    read(&mut house, &[agents(7, "hi"), visitors(8, "hello")]);
    for tab in [0, 1] {
        assert_eq!(texts(&house, tab), ["hi", "hello"]);
    }
    assert_eq!(posts(&house, 0) + posts(&house, 1), 0);
}

#[test]
fn failed_outbox_message_is_retried_and_discarded_from_any_tab() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    let too_many = json!({ "message": "Too many messages" });
    house.on(0, |tab| tab.answer("/messages", 422, &too_many));
    let failed = |house: &Household, tab: usize| {
        let rows = house.tabs[tab].bench.rows();
        rows.iter().find(|row| matches!(row.content, RowContent::Outgoing { failure: Some(_), .. })).map(|row| row.key)
    };
    let key = failed(&house, 1).expect("the follower shows it failed");
    house.on(1, |tab| tab.event(Event::Thread(ThreadEvent::RetryRequested { row: key })));
    assert_eq!((failed(&house, 0), failed(&house, 1), posts(&house, 0)), (None, None, 1));
    house.on(0, |tab| tab.answer("/messages", 422, &too_many));
    let key = failed(&house, 1).expect("failed again");
    house.on(1, |tab| tab.event(Event::Thread(ThreadEvent::MessageDiscarded { row: key })));
    assert_eq!((texts(&house, 0), texts(&house, 1)), (vec!["hi".to_owned()], vec!["hi".to_owned()]));
    assert!(!house.on(0, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))));
}

#[test]
fn follower_tab_shows_the_connection_state_of_the_leader() {
    let mut house = two_tabs();
    let connection = |house: &Household| house.tabs[1].bench.widget.view().panel.connection;
    assert_eq!(connection(&house), ConnectionState::Connected);
    house.on(0, |tab| tab.submit("hello"));
    house.on(0, |tab| tab.end("/messages", Outcome::NotSent));
    house.wait(3_000);
    house.on(0, |tab| tab.end("/messages", Outcome::NotSent));
    assert_eq!(connection(&house), ConnectionState::Unreachable);
    house.wait(5_000);
    house.on(0, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    assert_eq!(connection(&house), ConnectionState::Connected);
}

#[test]
fn deleted_conversation_is_removed_in_all_tabs() {
    let mut house = two_tabs();
    let not_found = json!({ "status": 404, "error": "Not Found" });
    house.on(0, Bench::close_socket);
    house.wait(3_000);
    house.on(0, Bench::go_live);
    house.on(0, |tab| tab.answer("/messages", 404, &not_found));
    house.on(0, |tab| tab.answer("abf55", 404, &not_found));
    assert_eq!((texts(&house, 0).len(), texts(&house, 1).len()), (0, 0));
    assert!(!house.on(1, |tab| tab.storage.contains_key("session")));
}

#[test]
fn follower_tab_reads_history_after_the_leader_polled_new_messages() {
    let mut house = two_tabs();
    house.on(0, Bench::close_socket);
    house.wait(6_000);
    house.on(0, |tab| tab.answer("/messages", 200, &json!([agents(7, "hi"), agents(8, "news")])));
    read(&mut house, &[agents(7, "hi"), agents(8, "news")]);
    assert_eq!(texts(&house, 1), ["hi", "news"]);
}

#[test]
fn resumed_leader_shows_another_tabs_message_once_when_its_own_cable_frame_comes_first() {
    let mut house = a_leader_that_hangs();
    house.wait(2_500);
    settle_reads(&mut house);
    let request = house.on(1, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    let echo = json_body(&request)["echo_id"].as_str().unwrap().to_owned();
    house.alone(0, |tab| tab.frame(&created(&visitors(8, "hello"), Some(&echo))));
    house.thaw(0);
    settle_reads(&mut house);
    read(&mut house, &[agents(7, "hi"), visitors(8, "hello")]);
    for tab in [0, 1] {
        assert_eq!(texts(&house, tab), ["hi", "hello"]);
    }
}

#[test]
fn resumed_tab_forgets_the_thread_of_a_deleted_contact() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    house.on(1, |tab| tab.event(Event::Page(PageEvent::Suspended)));
    house.on(0, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    let not_found = json!({ "status": 404, "error": "Not Found" });
    house.on(0, Bench::close_socket);
    house.wait(3_000);
    house.on(0, Bench::go_live);
    house.on(0, |tab| tab.answer("/messages", 404, &not_found));
    house.on(0, |tab| tab.answer("abf55", 404, &not_found));
    house.on(1, |tab| {
        let kept = tab.kept();
        tab.event(Event::Page(PageEvent::Resumed { stored: kept }));
    });
    assert!(texts(&house, 1).is_empty(), "{:?}", texts(&house, 1));
}

#[test]
fn resumed_leader_settles_its_outbox_from_storage_with_messages_of_equal_text() {
    let mut house = Household::new(kept_session());
    house.open();
    house.on(0, Bench::go_live);
    settle_reads(&mut house);
    house.on(0, |tab| tab.submit("ok"));
    house.on(0, |tab| tab.submit("ok"));
    house.on(0, |tab| tab.frame(&created(&visitors(8, "ok"), Some("another device's"))));
    house.on(0, |tab| tab.event(Event::Page(PageEvent::Suspended)));

    house.open();
    read(&mut house, &[agents(7, "hi"), visitors(8, "ok")]);
    house.on(1, |tab| tab.answer("/messages", 200, &visitors(9, "ok")));
    house.crash(1);
    assert!(!house.on(0, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))), "both are thought sent");

    house.on(0, |tab| {
        let kept = tab.kept();
        tab.event(Event::Page(PageEvent::Resumed { stored: kept }));
    });
    for _ in 0..2 {
        read(&mut house, &[agents(7, "hi"), visitors(8, "ok"), visitors(9, "ok")]);
        house.wait(120_000);
    }
    let is_unsent = |row: &Row| matches!(row.content, RowContent::Outgoing { .. });
    assert!(!house.tabs[0].bench.rows().iter().any(is_unsent), "nobody is asked about what is there already");
    assert_eq!((texts(&house, 0), posts(&house, 0)), (["hi", "ok", "ok"].map(str::to_owned).to_vec(), 0));
}

#[test]
fn outbox_message_settled_by_another_tab_goes_with_its_deleted_conversation() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("hello"));
    house.on(0, |tab| tab.event(Event::Page(PageEvent::Suspended)));
    read(&mut house, &[agents(7, "hi"), visitors(8, "hello")]);
    house.on(1, |tab| tab.event(Event::Page(PageEvent::Suspended)));

    house.on(0, |tab| {
        let kept = tab.kept();
        tab.event(Event::Page(PageEvent::Resumed { stored: kept }));
    });
    let not_found = json!({ "status": 404, "error": "Not Found" });
    house.on(0, |tab| tab.answer("/messages", 404, &not_found));
    house.on(0, |tab| tab.answer("abf55", 404, &not_found));
    assert_eq!(texts(&house, 0), Vec::<String>::new());
    assert!(!house.on(0, |tab| tab.storage.keys().any(|key| key.starts_with("send/"))), "it is not sent again");
}

#[test]
fn outbox_waits_until_a_message_settled_by_another_tab_is_in_history() {
    let mut house = two_tabs();
    house.on(0, |tab| tab.submit("ok"));
    house.on(0, |tab| tab.submit("ok"));
    let (_, request) = house.tabs[0].bench.asked(Method::Post, "/messages").expect("the first is posted").clone();
    let echo = json_body(&request)["echo_id"].as_str().unwrap().to_owned();
    // The answer came, the record was erased, and then the leader was gone before it could say so.
    assert!(house.storage.remove(&format!("send/{echo}")).is_some());
    house.crash(0);
    assert_eq!(posts(&house, 1), 0, "the first one's message could be taken for the second's");
    read(&mut house, &[agents(7, "hi"), visitors(8, "ok")]);
    assert_eq!(posts(&house, 1), 1);
    house.crash(1);
    house.open();
    read(&mut house, &[agents(7, "hi"), visitors(8, "ok")]);
    assert_eq!(texts(&house, 2), ["hi", "ok", "ok"], "the second is still to be decided");
}

#[test]
fn unread_of_another_conversation_is_cleared_in_every_tab_when_one_opens_it() {
    let mut kept = kept_session();
    kept.insert("session".to_owned(), kept["session"].replace("[6]", "[6,9]"));
    let mut house = Household::new(kept);
    for _ in 0..2 {
        house.open();
    }
    house.on(0, Bench::go_live);
    settle_reads(&mut house);
    let mut elsewhere = agents(20, "It is ready");
    elsewhere["conversation_id"] = json!(9);
    house.on(0, |tab| tab.frame(&created(&elsewhere, None)));
    let unread = |house: &Household| [0, 1].map(|tab| house.tabs[tab].bench.widget.view().panel.actions.unread);
    assert_eq!(unread(&house), [1, 1]);
    house.on(1, |tab| {
        tab.event(Event::Conversations(ConversationsEvent::Opened { conversation: Some(ConversationId(9)) }))
    });
    assert_eq!(unread(&house), [0, 0]);
}

/// A visitor's only tab, in a browser that answers no question about locks; nothing is on the device yet but what is here.
fn in_a_browser_without_answers(storage: std::collections::BTreeMap<String, String>) -> (Household, usize) {
    let mut house = Household::new(storage);
    house.answers_no_question = true;
    let tab = house.open();
    (house, tab)
}

#[test]
fn leader_election_without_lock_answers_does_not_block_the_outbox() {
    let (mut house, tab) = in_a_browser_without_answers(Default::default());
    house.on(tab, |tab| tab.submit("hello"));
    house.wait(4_900);
    assert_eq!(posts(&house, tab), 0, "it may still answer");
    house.wait(200);
    assert_eq!(posts(&house, tab), 1);
    house.on(tab, |tab| tab.answer("/contacts", 200, &contact()));
    house.on(tab, |tab| tab.answer("/conversations", 200, &conversation(6)));
    house.on(tab, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    assert!(is_said(&house, tab, "hello"));
    assert!(!house.storage.keys().any(|key| key.starts_with("send/")));
}

#[test]
fn leader_election_with_a_refused_lock_does_not_block_the_outbox() {
    let (mut house, tab) = in_a_browser_without_answers(Default::default());
    house.on(tab, |tab| tab.submit("hello"));
    house.on(tab, |tab| tab.event(Event::Tabs(TabEvent::LockRefused)));
    assert!(house.tabs[tab].bench.asked(Method::Post, "/contacts").is_some(), "it works alone at once");
    house.on(tab, |tab| tab.answer("/contacts", 200, &contact()));
    house.on(tab, |tab| tab.answer("/conversations", 200, &conversation(6)));
    house.on(tab, |tab| tab.answer("/messages", 200, &visitors(8, "hello")));
    assert!(is_said(&house, tab, "hello"));
}

#[test]
fn tab_without_a_lock_posts_only_its_own_outbox() {
    let mut storage = kept_session();
    let other = r#"{"v":2,"text":"from another tab","at":1,"nth":1,"tries":0,"conversation":6,"posting":false,"newest":null,"failed":false,"refusal":null,"files":[]}"#;
    storage.insert("send/of-another-tab".to_owned(), other.to_owned());
    let (mut house, tab) = in_a_browser_without_answers(storage);
    house.on(tab, |tab| tab.submit("from here"));
    house.wait(6_000);
    read(&mut house, &[agents(7, "hi")]);
    let posted = house.on(tab, |tab| json_body(&tab.answer("/messages", 200, &visitors(8, "from here"))));
    assert_eq!(posted["content"], "from here");
    house.wait(100_000);
    assert_eq!(posts(&house, tab), 0, "another tab may be posting it");
    assert_eq!(house.storage["send/of-another-tab"], other, "whose record it is");
    let failed = |row: &Row| matches!(&row.content, RowContent::Outgoing { text, .. } if &**text == "from another tab");
    assert!(house.tabs[tab].bench.rows().iter().any(failed), "the visitor decides: {:?}", house.tabs[tab].bench.rows());
}

#[test]
fn leader_continues_when_lock_queries_are_no_longer_answered() {
    let mut house = Household::new(kept_session());
    let tab = house.open();
    house.on(tab, |tab| tab.answer("/messages", 200, &json!([agents(7, "hi")])));
    house.wait(10_000);
    house.answers_no_question = true;
    house.on(tab, |tab| tab.submit("hello"));
    house.wait(5_100);
    assert_eq!(posts(&house, tab), 1);
}

#[test]
fn follower_tab_of_an_answering_leader_waits_for_no_lock() {
    let mut house = two_tabs();
    house.wait(8_000);
    settle_reads(&mut house);
    house.on(1, |tab| tab.submit("hello"));
    assert_eq!(posts(&house, 1), 0);
    assert_eq!(posts(&house, 0), 1, "its lock is another's, and that is no fault");
}

#[test]
fn host_message_sent_before_start_reaches_the_leader() {
    let mut house = two_tabs();
    let third = house.open_with(vec![Event::Host(HostCall::SendMessage { text: "from a button".to_owned() })]);
    settle_reads(&mut house);
    assert_eq!(posts(&house, 0), 1);
    assert_eq!(posts(&house, third), 0);
}
