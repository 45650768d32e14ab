//! Devices on which storage is full, or IndexedDB never answers: the visitor is told, and messages are sent.

use serde_json::json;

use crate::conversation_harness::TestConversation;
use crate::uploads::{pick, stored};

/// Fills the origin's localStorage to the last byte.
const FILL: &str = "(() => {
  let size = 2 ** 20;
  for (let number = 0; size >= 1; number += 1) {
    try { localStorage.setItem('filler' + number, 'x'.repeat(size)); } catch { size = Math.floor(size / 2); }
  }
  return true;
})()";

const NOTE: &str = "void (window.errors = [], natter.on('error', ({ detail }) => errors.push(detail.name)))";

#[tokio::test(flavor = "multi_thread")]
async fn full_storage_is_reported_and_the_message_is_sent() {
    let mut chat = TestConversation::start().await;
    let browser = &chat.visitor.browser;
    browser.ask(NOTE).await;
    browser.ask(FILL).await;
    chat.network.answer_all_with(Some(crate::fault_proxy::ErrorResponse::Unavailable));
    chat.visitor_sends("Is anybody there?").await;
    chat.visitor
        .browser
        .until("root.querySelector('.problem, .warning, [role=alert]')?.textContent.includes('Keep this page open')")
        .await;
    crate::screenshots::screenshot(&chat.visitor, "storage-full").await;
    chat.network.answer_all_with(None);
    chat.wait_until_settled().await;
    chat.visitor.browser.until("!root.textContent.includes('Keep this page open')").await;
    let told = chat.visitor.browser.ask("errors.filter((name) => name === 'storage-unavailable').length").await;
    assert_eq!(told, json!(1));
    chat.assert_delivered().await;
}

/// Simulates an IndexedDB that never answers, as with a locked profile.
const MUTE: &str = "void (IDBFactory.prototype.open = () => new EventTarget())";

#[tokio::test(flavor = "multi_thread")]
async fn an_indexed_db_that_never_answers_delays_an_upload_by_seconds() {
    let chat = TestConversation::start().await;
    chat.visitor.browser.ask(MUTE).await;
    chat.visitor.browser.ask(NOTE).await;
    pick(&chat, &[("plan.txt", b"The plan is this.")]).await;
    chat.visitor.say("Here").await;
    chat.wait_until_settled().await;
    assert_eq!(stored(&chat).await, [("Here".to_owned(), vec![("plan.txt".to_owned(), 17)])]);
    assert_eq!(chat.visitor.browser.ask("window.errors").await, json!(["storage-unavailable"]));
    chat.visitor.browser.quit().await;
}
