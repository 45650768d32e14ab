//! How the visitor learns of new messages: previews over the closed launcher, the badge, the title, sounds, and notifications
//! of the browser.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::support::Sandbox;
use crate::visitor::{Visitor, only_conversation};

const TITLE: &str = "document.title";
/// Counts played notes in localStorage, for all tabs that run this script.
const COUNT_NOTES: &str = "(() => { const own = AudioContext.prototype.createOscillator; \
    AudioContext.prototype.createOscillator = function () { \
    localStorage.notes = Number(localStorage.notes ?? 0) + 1; return own.call(this); }; })()";

#[tokio::test(flavor = "multi_thread")]
async fn a_preview_badge_and_title_count_show_a_reply_until_it_is_read() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = Visitor::returning(&sandbox, "").await;
    for text in ["It is,", "two of them.", "Shall I put **one** aside?", "Until Saturday?"] {
        sandbox.agent_replies(id, text).await;
    }
    let browser = &visitor.browser;
    browser.until("root.querySelectorAll('.preview').length === 3").await;
    browser.until(&format!("{TITLE} === \"(4) Somebody's website\"")).await;
    let shown = browser.ask("[...root.querySelectorAll('.preview .excerpt')].map(it => it.textContent)").await;
    assert_eq!(shown, json!(["two of them.", "Shall I put one aside?", "Until Saturday?"]));
    let name = browser.ask("root.querySelector('.launcher').getAttribute('aria-label')").await;
    assert_eq!(name, "Chat, 4 new messages");

    // Single-page sites change the title.
    browser.ask("void (document.title = 'Another page')").await;
    browser.until(&format!("{TITLE} === '(4) Another page'")).await;

    visitor.find(".dismiss").await.click().await.unwrap();
    browser.until("root.querySelectorAll('.preview').length === 0").await;
    assert_eq!(browser.ask(TITLE).await, "(4) Another page", "waved away is not read");
    sandbox.agent_replies(id, "Or Monday?").await;
    browser.until("root.querySelector('.preview')").await;
    visitor.find(".preview").await.click().await.unwrap();
    browser.until("root.activeElement?.matches('textarea')").await;
    browser.until(&format!("{TITLE} === 'Another page'")).await;
    assert_eq!(browser.ask("root.querySelectorAll('.preview').length").await, 0);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn read_receipts_clear_the_badge_on_another_device() {
    let sandbox = Sandbox::start(None);
    let (one, id) = Visitor::returning(&sandbox, "").await;
    let kept = one.browser.ask("JSON.stringify({ ...localStorage })").await;
    let other = Visitor::arrive(&sandbox).await;
    let give = format!("void Object.entries(JSON.parse({kept})).forEach(pair => localStorage.setItem(...pair))");
    other.browser.ask(&give).await;
    other.reload().await;
    for visitor in [&one, &other] {
        visitor
            .browser
            .until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'")
            .await;
    }
    sandbox.agent_replies(id, "It is.").await;
    for visitor in [&one, &other] {
        visitor.browser.until("root.querySelector('.badge').textContent === '1'").await;
    }
    other.open().await;
    one.browser.until("root.querySelector('.badge').hidden").await;
    assert_eq!(one.browser.ask(TITLE).await, "Somebody's website");
    one.browser.quit().await;
    other.browser.quit().await;
}

/// Simulates WebKit: an audio context is silent unless it was created or resumed in the handler of a gesture.
const GESTURES_ONLY: &str = "(() => {
  let inGesture = false;
  for (const name of ['pointerdown', 'mousedown', 'click', 'keydown', 'touchend']) addEventListener(name, () => {
    inGesture = true;
    setTimeout(() => inGesture = false);
  }, true);
  const Own = AudioContext, free = new WeakSet();
  const { resume } = Own.prototype;
  window.AudioContext = class extends Own {
    constructor(...given) { super(...given); if (inGesture) free.add(this); else this.suspend(); }
  };
  Own.prototype.resume = function () {
    if (inGesture) free.add(this);
    return free.has(this) ? resume.call(this) : new Promise(() => {});
  };
  const { start } = OscillatorNode.prototype;
  window.notes = [];
  OscillatorNode.prototype.start = function (...given) {
    const { context } = this;
    this.addEventListener('ended', () => notes.push(context.currentTime));
    return start.apply(this, given);
  };
})();";

#[tokio::test(flavor = "multi_thread")]
async fn a_gesture_unlocks_the_sound_of_later_messages() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = Visitor::returning(&sandbox, "").await;
    let browser = &visitor.browser;
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": GESTURES_ONLY })).await;
    visitor.reload().await;
    browser.until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'").await;
    // A click anywhere on the page.
    browser.page.find(By::Css("h1")).await.unwrap().click().await.unwrap();
    sandbox.agent_replies(id, "It is.").await;
    browser.until("root.querySelector('.badge').textContent === '1'").await;
    browser.until("notes.length === 2").await;
    // Typing in the composer, too; the context is suspended between sounds.
    visitor.reload().await;
    visitor.open().await;
    browser.types("Thank you").await;
    browser.ask("natter.close()").await;
    sandbox.agent_replies(id, "You are welcome.").await;
    browser.until("notes.length === 2").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_sound_off_no_audio_context_is_created() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "sound=off").await;
    let browser = &visitor.browser;
    browser.ask("void (window.made = 0, window.AudioContext = class extends AudioContext { constructor() { super(); made += 1; } })").await;
    visitor.open().await;
    visitor.say("Hello").await;
    visitor.sees(&["Hello"]).await;
    assert_eq!(browser.ask("made").await, 0);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_tabs_plays_the_sound_and_none_when_muted() {
    let sandbox = Sandbox::start(None);
    let (visitor, id) = Visitor::returning(&sandbox, "").await;
    let page = &visitor.browser.page;
    let first = page.window().await.unwrap();
    let url = page.current_url().await.unwrap();
    let second = page.new_tab().await.unwrap();
    page.switch_to_window(second.clone()).await.unwrap();
    page.goto(url.as_str()).await.unwrap();
    visitor.browser.until("root.querySelector('.launcher')").await;
    for tab in [&first, &second] {
        page.switch_to_window(tab.clone()).await.unwrap();
        visitor.browser.ask(COUNT_NOTES).await;
        // Browsers allow no sound before a gesture on the page.
        page.find(By::Css("h1")).await.unwrap().click().await.unwrap();
    }
    // The lock is released after every tab has requested it.
    let settled = "localStorage.notes && \
                   !(await navigator.locks.query()).held.some(({ name }) => name.includes('arrived'))";
    sandbox.agent_replies(id, "It is.").await;
    for tab in [&first, &second] {
        page.switch_to_window(tab.clone()).await.unwrap();
        visitor.browser.until("root.querySelector('.preview')").await;
    }
    visitor.browser.until(settled).await;
    assert_eq!(visitor.browser.ask("localStorage.notes").await, "2", "two notes, in one of them");

    visitor.open().await;
    visitor.find(".menu summary").await.click().await.unwrap();
    let sound = visitor.find(".switch").await;
    assert_eq!(sound.attr("aria-checked").await.unwrap().as_deref(), Some("true"));
    sound.click().await.unwrap();
    visitor.browser.until("root.querySelector('.switch').getAttribute('aria-checked') === 'false'").await;
    visitor.find(".head > .tool").await.click().await.unwrap();
    sandbox.agent_replies(id, "Both of them.").await;
    for tab in [&first, &second] {
        page.switch_to_window(tab.clone()).await.unwrap();
        visitor.browser.until("root.querySelector('.badge').textContent >= '1'").await;
    }
    sandbox.agent_replies(id, "Really.").await;
    visitor.browser.until("root.querySelector('.badge').textContent >= '2'").await;
    visitor.browser.until(settled).await;
    assert_eq!(visitor.browser.ask("localStorage.notes").await, "2");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_notification_shows_a_reply_once_turned_on() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_with(&sandbox, "notifications").await;
    let browser = &visitor.browser;
    let grant = json!({ "permission": { "name": "notifications" }, "setting": "granted" });
    browser.devtools("Browser.setPermission", grant).await;
    visitor.open().await;
    assert_eq!(browser.ask("root.querySelector('.offer')").await, Value::Null, "there is nothing to wait for yet");
    visitor.say("Is the rack in stock?").await;
    browser.until("root.querySelector('.offer')").await;
    visitor.find(".offer .link").await.click().await.unwrap();
    browser.until("!root.querySelector('.offer')").await;
    let watch = "(() => { const Own = Notification; window.Notification = class extends Own { \
        constructor(title, options) { super(title, options); localStorage.noticed = title + ': ' + options.body; } }; })()";
    browser.ask(watch).await;
    // Another tab without a chat is visible now.
    let there = browser.ask("location.origin + '/playground.css'").await;
    let other = browser.page.new_tab().await.unwrap();
    browser.page.switch_to_window(other).await.unwrap();
    browser.page.goto(there.as_str().unwrap()).await.unwrap();
    let id = only_conversation(&sandbox).await["id"].as_i64().unwrap();
    let said = sandbox.agent_replies(id, "It is, *two* of them.").await;
    let look =
        "const look = () => localStorage.noticed ? arguments[0](localStorage.noticed) : setTimeout(look, 25); look()";
    let noticed = browser.page.execute_async(look, vec![]).await.unwrap();
    let name = said["sender"]["name"].as_str().unwrap();
    assert_eq!(noticed.json(), &json!(format!("{name}: It is, two of them.")));
    browser.quit().await;
}
