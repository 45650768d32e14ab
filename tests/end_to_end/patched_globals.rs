//! Pages whose libraries change built-in objects and prototypes, before the chat's script or while the chat runs.

use serde_json::json;

use thirtyfour::prelude::*;

use crate::dom_clobbering::Framed;
use crate::site::{self, tag};
use crate::support::Sandbox;

/// Patches of old and faulty libraries, by name.
const PATCHES: [(&str, &str); 6] = [
    (
        "toJSON of an old library",
        "for (const of of [Array, Object, String, Number, Boolean, Function]) of.prototype.toJSON = function () { return 'old library'; };",
    ),
    (
        "a toJSON that stays",
        "for (const of of [Array, Object]) Object.defineProperty(of.prototype, 'toJSON', { value: () => 'old library' });",
    ),
    (
        "lists of another kind",
        "Array.from = (list) => Array.prototype.slice.call(list ?? []);
         for (const name of ['find', 'filter', 'map', 'includes', 'some', 'every', 'forEach', 'reduce', 'indexOf']) {
           const own = Array.prototype[name];
           Array.prototype[name] = function (...given) { return own.apply(this, given); };
         }",
    ),
    (
        "more on every object",
        "for (const name of ['extend', 'each', 'clone', 'has', 'keys', 'type', 'name', 'detail', 'language', 'load', 'form', 'key', 'url', 'id', 'mode', 'cache'])
           Object.prototype[name] = function () { return name; };",
    ),
    (
        "functions of another kind",
        "
         Function.prototype.bind = function (...given) { const own = this; return function (...more) { return own.apply(given[0], given.slice(1).concat(more)); }; };
         Object.assign = (to, ...all) => { for (const one of all) for (const key in one) to[key] = one[key]; return to; };
         Object.entries = (of) => { const all = []; for (const key in of) all.push([key, of[key]]); return all; };",
    ),
    ("an Element of a library's own", "window.Element = class Element {};"),
];

const SETTINGS: &str = "<script>natterSettings = { team: ['Ana', { name: 'Ben' }] }</script>";

/// Sends and receives messages, with attributes as objects and lists.
async fn converses(framed: &Framed, sandbox: &Sandbox, what: &str) {
    framed
        .ask("void chat.setConversationCustomAttributes(inner.eval(\"({ list: '[1]', count: 2, text: 'plain' })\"))")
        .await;
    framed.clicks(".launcher").await;
    framed.until(&format!("root.activeElement?.matches('textarea') /* {what} */")).await;
    assert_eq!(framed.ask("root.querySelectorAll('.team > *').length").await, 2, "{what}");
    assert_eq!(
        framed.ask("root.querySelector('.head > .team + .whom') !== null").await,
        true,
        "{what}: in their order"
    );
    framed.browser.types("hello".to_owned() + Key::Enter).await;
    framed.sees(&["hello"]).await;
    let conversation = &sandbox.conversations().await[0];
    sandbox.agent_replies(conversation["id"].as_i64().unwrap(), "Hi").await;
    framed.sees(&["hello", "Hi"]).await;
    let given = &sandbox.conversations().await[0]["custom_attributes"];
    assert_eq!(*given, json!({ "list": "[1]", "count": 2, "text": "plain" }), "{what}");
    assert_eq!(framed.ask("chat.diagnostics().then(({ events }) => events.length > 0)").await, true, "{what}");
}

/// Tries each patch on a page of its own. The page is in a frame, because the patches break WebDriver.
async fn each(is_before: bool) {
    let site = site::serve().await;
    for (what, patch) in PATCHES {
        let sandbox = Sandbox::start(None);
        let early = if is_before { format!("<script>{patch}</script>") } else { String::new() };
        let framed = Framed::open(&site, &[&*early, SETTINGS, &*tag(&sandbox, "")].concat()).await;
        framed.until("root.querySelector('.launcher')").await;
        if !is_before {
            framed.ask(&format!("void inner.eval({})", json!(patch))).await;
        }
        converses(&framed, &sandbox, what).await;
        framed.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_with_globals_patched_before_it() {
    each(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_with_globals_patched_after_it() {
    each(false).await;
}
