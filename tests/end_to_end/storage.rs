//! Devices that keep nothing more: the browser's storage is full, or its database never answers. Whoever writes is told
//! what that means, and what is written is sent.

use serde_json::json;

use crate::talk::Talk;
use crate::uploads::{pick, stored};

/// Fills what this origin may keep, to the last byte.
const FILL: &str = "(() => {
  let size = 2 ** 20;
  for (let number = 0; size >= 1; number += 1) {
    try { localStorage.setItem('filler' + number, 'x'.repeat(size)); } catch { size = Math.floor(size / 2); }
  }
  return true;
})()";

const NOTE: &str = "void (window.errors = [], natter.on('error', ({ detail }) => errors.push(detail.name)))";

#[tokio::test(flavor = "multi_thread")]
async fn a_full_device_says_so_while_a_message_waits_and_the_message_is_sent() {
    let mut talk = Talk::begin().await;
    let browser = &talk.visitor.browser;
    browser.ask(NOTE).await;
    browser.ask(FILL).await;
    talk.network.refuse_all(Some(crate::bad_network::Refusal::Unavailable));
    talk.visitor_says("Is anybody there?").await;
    talk.visitor
        .browser
        .until("root.querySelector('.problem, .warning, [role=alert]')?.textContent.includes('Leave this page open')")
        .await;
    crate::looks::shoot(&talk.visitor, "storage-full").await;
    talk.network.refuse_all(None);
    talk.until_settled().await;
    talk.visitor.browser.until("!root.textContent.includes('Leave this page open')").await;
    let told = talk.visitor.browser.ask("errors.filter((name) => name === 'storage-unavailable').length").await;
    assert_eq!(told, json!(1));
    talk.ends_well().await;
}

/// A database that never says anything, as when the browser's profile is locked.
const MUTE: &str = "void (IDBFactory.prototype.open = () => new EventTarget())";

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_never_answers_delays_a_file_by_seconds_and_no_more() {
    let talk = Talk::begin().await;
    talk.visitor.browser.ask(MUTE).await;
    talk.visitor.browser.ask(NOTE).await;
    pick(&talk, &[("plan.txt", b"The plan is this.")]).await;
    talk.visitor.say("Here").await;
    talk.until_settled().await;
    assert_eq!(stored(&talk).await, [("Here".to_owned(), vec![("plan.txt".to_owned(), 17)])]);
    assert_eq!(talk.visitor.browser.ask("window.errors").await, json!(["storage-unavailable"]));
    talk.visitor.browser.quit().await;
}
