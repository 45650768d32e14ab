//! A visitor and an agent in one conversation: sending, receiving, reloading, restarts, and refused messages.

use serde_json::json;

use crate::support::{Sandbox, database_file};
use crate::visitor::Visitor;

#[tokio::test(flavor = "multi_thread")]
async fn a_conversation_survives_a_reload() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    assert_eq!(visitor.browser.ask("localStorage.length").await, json!(0), "nothing is kept before intent");

    visitor.open().await;
    visitor.say("Do you fit child seats?").await;
    visitor.sees(&["Do you fit child seats?"]).await;
    let all = sandbox.conversations().await;
    assert_eq!(all.len(), 1);
    let conversation = all[0]["id"].as_i64().unwrap();

    sandbox.agent_replies(conversation, "We do, bring the bicycle along.").await;
    visitor.sees(&["Do you fit child seats?", "We do, bring the bicycle along."]).await;

    let before = visitor.session().await;
    visitor.reload().await;
    visitor.open().await;
    visitor.sees(&["Do you fit child seats?", "We do, bring the bicycle along."]).await;
    visitor.say("Thank you").await;
    visitor.sees(&["Do you fit child seats?", "We do, bring the bicycle along.", "Thank you"]).await;
    let after = visitor.session().await;
    assert_eq!(after["customer_identifier"], before["customer_identifier"]);
    assert_eq!(after["conversation"], json!(conversation));
    assert_eq!(sandbox.conversations().await.len(), 1, "no second conversation");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_visitors_do_not_see_each_others_conversations() {
    let sandbox = Sandbox::start(None);
    let (one, other) = (Visitor::arrive(&sandbox).await, Visitor::arrive(&sandbox).await);
    one.open().await;
    other.open().await;
    one.say("I am one").await;
    one.sees(&["I am one"]).await;
    other.say("I am the other").await;
    other.sees(&["I am the other"]).await;

    let all = sandbox.conversations().await;
    assert_eq!(all.len(), 2);
    let of = async |visitor: &Visitor| visitor.session().await["conversation"].as_i64().unwrap();
    let (ones, others) = (of(&one).await, of(&other).await);
    assert_ne!(ones, others);
    sandbox.agent_replies(ones, "Hello, one").await;
    sandbox.agent_replies(others, "Hello, other").await;
    one.sees(&["I am one", "Hello, one"]).await;
    other.sees(&["I am the other", "Hello, other"]).await;
    one.browser.quit().await;
    other.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn missed_messages_appear_once_after_a_server_restart() {
    let (_folder, db) = database_file();
    let mut sandbox = Sandbox::start(Some(&db));
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.browser.expects_trouble();
    visitor.open().await;
    visitor.say("one").await;
    visitor.sees(&["one"]).await;
    let conversation = visitor.session().await["conversation"].as_i64().unwrap();

    sandbox.kill();
    visitor.say("two").await;
    visitor.browser.until("root.querySelector('.unsent')").await;
    sandbox.restart_on_same_port();
    // Sent before the widget has reconnected: only history has it.
    sandbox.agent_replies(conversation, "while you were away").await;
    sandbox.agent_replies(conversation, "and again").await;
    visitor
        .browser
        .until(
            "['while you were away', 'and again'].every(text => \
             [...root.querySelectorAll('.bubble')].filter(b => b.textContent === text).length === 1)",
        )
        .await;
    sandbox.agent_replies(conversation, "live again").await;
    visitor
        .browser
        .until("[...root.querySelectorAll('.bubble')].filter(b => b.textContent === 'live again').length === 1")
        .await;
    assert_eq!(
        visitor.browser.ask("[...root.querySelectorAll('.bubble')].filter(b => b.textContent === 'two').length").await,
        json!(1),
        "what was written meanwhile is there, once"
    );
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_contact_is_created_again_with_the_message() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let before = visitor.session().await;
    // As after the team has deleted the contact.
    visitor
        .browser
        .ask(
            "Object.keys(localStorage).filter(key => key.endsWith('/session')).forEach(key => localStorage.setItem(key, \
             localStorage[key].replace(/[0-9a-f]{8}-[0-9a-f]{4}/, '00000000-0000').replace(/(pubsub_token\":\")\\w+/, '$1gone')))",
        )
        .await;
    visitor.reload().await;
    visitor.open().await;
    visitor.say("are you still there?").await;
    visitor.sees(&["are you still there?"]).await;
    let after = visitor.session().await;
    assert_ne!(after["customer_identifier"], before["customer_identifier"]);
    assert!(!after["customer_identifier"].as_str().unwrap().starts_with("00000000"));
    assert_eq!(sandbox.conversations().await.len(), 2, "a new conversation of a new contact");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_can_be_sent_again() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let session = visitor.session().await;
    let (source_id, conversation) =
        (session["customer_identifier"].as_str().unwrap(), session["conversation"].as_i64().unwrap());
    // Chatwoot refuses more than 200 messages a minute in a conversation.
    let mut refused = false;
    for _ in 0..250 {
        refused |= sandbox.say(source_id, conversation, "flood").await.status == 422;
    }
    assert!(refused);
    visitor.say("one more").await;
    visitor.browser.until("root.querySelector('.failed')?.textContent.includes('Too many messages')").await;
    visitor.find(".failed .link:last-child").await.click().await.unwrap();
    visitor
        .browser
        .until("root.querySelector('textarea').value === 'one more' && !root.querySelector('.failed')")
        .await;
    visitor.browser.until("root.activeElement?.matches('textarea')").await;
    visitor.browser.quit().await;
}
