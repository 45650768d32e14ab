//! Pages that replace browser APIs that the chat uses: `Promise` (zone.js and Bluebird themselves), `fetch`, `WebSocket`,
//! Web Locks. All messages must be sent.

use serde_json::{Value, json};

use crate::site::tag;
use crate::support::Sandbox;
use crate::visitor::Visitor;

const ZONE: &str = "<script src=/zone.js></script>";
const BLUEBIRD: &str = "<script src=/bluebird.js></script><script>window.Promise = window.P ?? Promise</script>";

async fn arrive(html: &str) -> Visitor {
    let visitor = Visitor::arrive_at_page(html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor
}

/// Five messages each way, without any error or trouble.
async fn converses(visitor: &Visitor, sandbox: &Sandbox) {
    let browser = &visitor.browser;
    browser.ask("void (window.errors = [], natter.on('error', ({ detail }) => errors.push(detail.name)))").await;
    visitor.open().await;
    let mut said: Vec<String> = Vec::new();
    for number in 1..=5 {
        visitor.say(&format!("question {number}")).await;
        said.push(format!("question {number}"));
        visitor.sees(&said.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let conversation = sandbox.conversations().await[0]["id"].as_i64().unwrap();
        sandbox.agent_replies(conversation, &format!("answer {number}")).await;
        said.push(format!("answer {number}"));
        visitor.sees(&said.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
    assert_eq!(browser.ask("window.errors").await, json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_with_zone_js_loaded_before_it() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[ZONE, &tag(&sandbox, "")].concat()).await;
    assert_eq!(
        visitor.browser.ask("(async () => {})() instanceof Promise").await,
        Value::Bool(false),
        "it is replaced"
    );
    converses(&visitor, &sandbox).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_with_zone_js_loaded_after_it() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[&tag(&sandbox, ""), ZONE].concat()).await;
    converses(&visitor, &sandbox).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_with_zone_js_loaded_while_it_runs() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&tag(&sandbox, "")).await;
    visitor.open().await;
    visitor.browser.until("natter.shadowRoot.activeElement?.matches('textarea')").await;
    let load = "(() => { const late = document.createElement('script'); late.src = '/zone.js'; document.head.append(late); })()";
    visitor.browser.ask(load).await;
    visitor.browser.until("window.Zone").await;
    visitor.browser.ask("void natter.close()").await;
    converses(&visitor, &sandbox).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_with_bluebird_as_promise() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[BLUEBIRD, &tag(&sandbox, "")].concat()).await;
    assert_eq!(
        visitor.browser.ask("(async () => {})() instanceof Promise").await,
        Value::Bool(false),
        "it is replaced"
    );
    converses(&visitor, &sandbox).await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lazy_modules_work_with_zone_js() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[ZONE, &tag(&sandbox, "")].concat()).await;
    visitor.open().await;
    visitor.find(".attach.emoji").await.click().await.unwrap();
    visitor.browser.until("root.querySelector('.emoji-picker')").await;
    visitor.browser.quit().await;
}

/// Wrappers of `fetch`, as monitoring libraries have them, some with faults.
const WRAPPERS: [(&str, &str); 4] = [
    (
        "takes only text",
        "const own = window.fetch;
         window.fetch = function (address, ...more) { address.toLowerCase(); return own.call(this, address, ...more); };",
    ),
    (
        "throws once for each method before it asks the browser",
        "const own = window.fetch, seen = new Set();
         window.fetch = function (address, options) {
           const method = options?.method ?? 'GET';
           if (/public.api/.test(address) && !seen.has(method)) { seen.add(method); throw TypeError('not ready'); }
           return own.call(this, address, options);
         };",
    ),
    (
        "rejects once for each method before it asks the browser",
        "const own = window.fetch, seen = new Set();
         window.fetch = async function (address, options) {
           const method = options?.method ?? 'GET';
           if (/public.api/.test(address) && !seen.has(method)) { seen.add(method); throw TypeError('not ready'); }
           return own.call(this, address, { ...options });
         };",
    ),
    (
        "makes its own answers",
        "const own = window.fetch;
         window.fetch = async (...given) => {
           const answer = await own(...given);
           if (!/public.api/.test(String(given[0]?.url ?? given[0]))) return answer;
           const text = await answer.text();
           return { ok: answer.ok, status: answer.status, headers: { get: () => null }, text: async () => text };
         };",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_sent_through_a_wrapped_fetch() {
    for (what, wrapper) in WRAPPERS {
        let sandbox = Sandbox::start(None);
        let visitor = arrive(&[&format!("<script>{{{wrapper}}}</script>"), &*tag(&sandbox, "")].concat()).await;
        visitor.open().await;
        visitor.say("hello").await;
        visitor.sees(&["hello"]).await;
        let conversation = sandbox.conversations().await[0]["id"].as_i64().unwrap();
        sandbox.agent_replies(conversation, "hi").await;
        visitor.sees(&["hello", "hi"]).await;
        assert_eq!(sandbox.messages(conversation).await.len(), 2, "{what}: once each");
        visitor.browser.quit().await;
    }
}

const SOCKETS: [&str; 3] = [
    // Drops the subprotocol, as many wrappers do.
    "const Own = window.WebSocket; window.WebSocket = function (address) { return new Own(address); };",
    "window.WebSocket = function () { throw Error('no sockets here'); };",
    // A proxy that passes itself as the receiver: the browser's setters throw.
    "const Own = window.WebSocket; window.WebSocket = function (...given) { return new Proxy(new Own(...given), {}); };",
];

#[tokio::test(flavor = "multi_thread")]
async fn messages_arrive_through_a_wrapped_websocket() {
    for wrapper in SOCKETS {
        let sandbox = Sandbox::start(None);
        let visitor = arrive(&[&format!("<script>{{{wrapper}}}</script>"), &*tag(&sandbox, "")].concat()).await;
        visitor.browser.expects_trouble();
        visitor.open().await;
        visitor.say("hello").await;
        visitor.sees(&["hello"]).await;
        let conversation = sandbox.conversations().await[0]["id"].as_i64().unwrap();
        sandbox.agent_replies(conversation, "hi").await;
        visitor.sees(&["hello", "hi"]).await;
        visitor.browser.quit().await;
    }
}

/// Web Locks whose promises never settle.
const DEAF: &str = "<script>
  LockManager.prototype.query = () => new Promise(() => {});
  LockManager.prototype.request = () => new Promise(() => {});
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_sent_when_web_locks_never_answer() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[DEAF, &tag(&sandbox, "")].concat()).await;
    converses(&visitor, &sandbox).await;
    visitor.reload().await;
    visitor.browser.quit().await;
}

/// Web Locks that reject, as in a frame with an opaque origin, or after a page has added `mode` to Object.prototype.
const REFUSED_LOCKS: &str =
    "<script>LockManager.prototype.request = () => Promise.reject(new DOMException('no', 'SecurityError'))</script>";

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_sent_when_web_locks_reject() {
    let sandbox = Sandbox::start(None);
    let visitor = arrive(&[REFUSED_LOCKS, &*tag(&sandbox, "")].concat()).await;
    converses(&visitor, &sandbox).await;
    visitor.browser.quit().await;
}
