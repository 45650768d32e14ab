//! The element's JavaScript API: members, events, stored records and errors are those that `embed/natter.d.ts` and the
//! docs declare.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::support::Sandbox;
use crate::visitor::Visitor;

const TYPES: &str = include_str!("../../embed/natter.d.ts");

/// The lines of an interface's body.
fn interface(name: &str) -> Vec<&'static str> {
    let (_, rest) = TYPES.split_once(&format!("interface {name} ")).unwrap_or_else(|| panic!("no interface {name}"));
    rest.split_once("\n}").unwrap().0.lines().skip(1).map(str::trim).collect()
}

/// The name in the declaration of a member.
fn name_of(line: &str) -> Option<&str> {
    let line = ["readonly ", "get ", "set "].iter().fold(line, |line, word| line.strip_prefix(word).unwrap_or(line));
    let name = line.split(['(', ':', '?', '<']).next()?.trim_matches(['"', ' ']);
    let is_name = name.chars().next()?.is_ascii_alphabetic() && !line.starts_with(['/', '*']);
    is_name.then_some(name)
}

fn members(interface_name: &str) -> BTreeSet<&'static str> {
    interface(interface_name).into_iter().filter_map(name_of).collect()
}

/// The fields of every event's detail, by the event's name.
fn promised() -> BTreeMap<String, BTreeSet<String>> {
    let event = |line: &str| {
        let (name, kind) = line.trim_matches('"').split_once("\": CustomEvent<")?;
        let fields = members(kind.trim_end_matches([';', '>'])).into_iter().chain(["v"]);
        Some((name.trim_start_matches('"').to_owned(), fields.map(str::to_owned).collect()))
    };
    interface("NatterEventMap").into_iter().filter_map(event).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_types_declare_exactly_the_elements_members() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let there = visitor.browser.ask("Object.getOwnPropertyNames(Object.getPrototypeOf(natter)).sort()").await;
    let inner = ["constructor", "connectedCallback", "disconnectedCallback", "attributeChangedCallback", "_wasm"];
    let there: BTreeSet<&str> = there
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
        .filter(|name| !inner.contains(name))
        .collect();
    let inherited = ["addEventListener", "removeEventListener"];
    let typed: BTreeSet<&str> = members("NatterChat").into_iter().filter(|name| !inherited.contains(name)).collect();
    assert_eq!(typed, there);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_have_the_declared_fields() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    let promised = promised();
    let names = json!(promised.keys().collect::<Vec<_>>());
    let listen = format!(
        "void (window.told = [], {names}.forEach((name) => natter.addEventListener(name, ({{ type, detail }}) => \
         told.push([type, detail, Object.isFrozen(detail)]))))"
    );
    browser.ask(&listen).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let session = visitor.session().await;
    let id = session["conversation"].as_i64().unwrap();
    browser.until("(await natter.diagnostics()).socket_live === 'yes'").await;
    let typing = |status: &str| format!("/conversations/{id}/toggle_typing_status?typing_status={status}");
    sandbox.as_agent("POST", &typing("on"), &Value::Null).await.ok();
    browser.until("told.some(([name, { isTyping }]) => name === 'natter-typing' && isTyping)").await;
    let choice = json!({ "content": "Which?", "content_type": "input_select",
        "content_attributes": { "items": [{ "title": "Blue", "value": "blue" }] } });
    sandbox.as_agent("POST", &format!("/conversations/{id}/messages"), &choice).await.ok();
    browser.until("root.querySelector('.chip')").await;
    visitor.find(".chip").await.click().await.unwrap();
    browser.ask("natter.close()").await;
    sandbox.agent_replies(id, "Still there?").await;
    browser.until("natter.unreadCount === 1").await;
    sandbox
        .as_agent("POST", &format!("/conversations/{id}/toggle_status"), &json!({ "status": "resolved" }))
        .await
        .ok();
    browser.until("told.some(([name]) => name === 'natter-status')").await;

    let told = browser.ask("told").await;
    let text = told.to_string();
    for secret in ["customer_identifier", "pubsub_token"] {
        assert!(!text.contains(session[secret].as_str().unwrap()), "{secret} is nobody's business");
    }
    let mut seen = BTreeSet::new();
    for event in told.as_array().unwrap() {
        let (name, detail) = (event[0].as_str().unwrap(), event[1].as_object().unwrap());
        let fields: BTreeSet<String> = detail.keys().cloned().collect();
        assert_eq!(fields, promised[name], "{name}");
        assert_eq!((&detail["v"], &event[2]), (&json!(1), &json!(true)), "{name}");
        seen.insert(name.trim_start_matches("natter-").to_owned());
    }
    let expected = "closed conversation-started message opened postback ready status typing unread";
    let expected: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
    assert!(seen.is_superset(&expected), "{seen:?}");
    // Each message once, in order.
    let said: Vec<&Value> = told
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event[0] == "natter-message")
        .map(|event| &event[1]["text"])
        .collect();
    assert_eq!(said, ["hello", "Which?", "Still there?"]);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn invalid_calls_are_rejected_and_valid_ones_performed() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    visitor.open().await;
    for wrong in ["setUser(null)", "setCustomAttributes('plan')", "send(7)", "prefill()", "deleteCustomAttribute({})"] {
        let refused = browser.ask(&format!("natter.{wrong}.then(() => 'done', (error) => error.name)")).await;
        assert_eq!(refused, "TypeError", "{wrong}");
    }
    let right = "natter.setCustomAttributes({ plan: 'team', seats: 2.5, none: undefined })\
        .then(() => natter.setConversationCustomAttributes({ order: 7 })).then(() => natter.send('Hello from the page'))\
        .then(() => natter.prefill('And my order'))";
    browser.ask(right).await;
    visitor.sees(&["Hello from the page"]).await;
    browser.until("root.querySelector('textarea').value === 'And my order'").await;
    let all = sandbox.conversations().await;
    assert_eq!(all[0]["custom_attributes"]["order"], 7);
    browser.ask("natter.setUser('42', { name: 'Ana' }).then(() => natter.deleteCustomAttribute('plan'))").await;
    let id = all[0]["meta"]["sender"]["id"].as_i64().unwrap();
    let mut contact = Value::Null;
    for _ in 0..2_000 {
        contact = sandbox.as_agent("GET", &format!("/contacts/{id}"), &Value::Null).await.ok()["payload"].clone();
        if contact["custom_attributes"]["plan"] == "" && contact["name"] == "Ana" {
            break;
        }
    }
    let told = &contact["custom_attributes"];
    assert_eq!(
        (&contact["name"], &told["plan"], &told["seats"]),
        (&json!("Ana"), &json!(""), &json!(2.5)),
        "{contact}"
    );
    browser.quit().await;
}

/// The names of stored records, as docs/embedding.md lists them.
const RECORDS: [&str; 10] = [
    "session",
    "send/",
    "answer/",
    "draft",
    "introduction",
    "preferences",
    "language",
    "prompts/",
    "visited",
    "generation",
];

#[tokio::test(flavor = "multi_thread")]
async fn stored_records_are_those_in_the_docs_and_forget_deletes_them() {
    let sandbox = Sandbox::start(None);
    let attributes = "languages='en de' theme-choice retention-days=30 notifications";
    let visitor = Visitor::arrive_with(&sandbox, attributes).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    visitor.find("textarea").await.send_keys("half a sen").await.unwrap();
    visitor.find(".menu summary").await.click().await.unwrap();
    visitor.find(".choice:last-child").await.click().await.unwrap();
    browser.until("Object.keys(localStorage).some((key) => key.endsWith('/preferences'))").await;
    visitor.reload().await;
    visitor.open().await;
    visitor.sees(&["hello"]).await;
    let keys = browser.ask("Object.keys(localStorage)").await;
    let keys: Vec<&str> = keys.as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let prefix = format!("natter/1/{}/{}/", sandbox.base_url, sandbox.inbox_identifier);
    let docs = include_str!("../../docs/embedding.md");
    for key in &keys {
        let key = key.strip_prefix(&prefix).unwrap_or_else(|| panic!("{key} is not under {prefix}"));
        let name = RECORDS.iter().find(|name| key.starts_with(**name)).unwrap_or_else(|| panic!("nobody says {key}"));
        assert!(docs.contains(&format!("| `{name}")), "the docs say nothing of {name}");
    }
    assert!(keys.len() >= 4, "{keys:?}");
    let elsewhere = "Promise.all([sessionStorage.length, document.cookie, caches.keys(), navigator.serviceWorker.getRegistrations()])";
    assert_eq!(browser.ask(elsewhere).await, json!([0, "", [], []]));
    browser.ask("natter.forget()").await;
    let left = browser.ask("JSON.stringify(Object.entries(localStorage))").await;
    assert_eq!(left, json!([[format!("{prefix}generation"), "1"]]).to_string(), "once the promise is kept");
    browser.quit().await;
}

/// A mistake in `setUser` must not silently lose the user: the promise rejects and names the mistake.
#[tokio::test(flavor = "multi_thread")]
async fn set_user_rejects_an_invalid_user_and_names_the_mistake() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    let refusal = async |call: &str| browser.ask(&format!("natter.{call}.then(() => 'done', String)")).await;
    for is_running in [false, true] {
        if is_running {
            visitor.open().await;
        } else {
            // panel.js, which checks calls, is loaded with the first call that doesn't wait for the chat.
            browser.ask("natter.csp()").await;
        }
        for (call, named) in [
            ("setUser(5)", "identifier"),
            ("setUser(5, { name: 'Ana' })", "identifier"),
            ("setUser('')", "identifier"),
            ("setUser('  ', { name: 'Ana' })", "identifier"),
            ("setUser({ identifier: 5 })", "identifier"),
            ("setUser({ identifier: {} })", "identifier"),
            ("setUser(true)", "identifier"),
            ("setUser()", "identifier"),
            ("setUser(undefined, { name: 'Ana' })", "identifier"),
            ("setUser(['42'])", "object"),
            ("setUser('42', 'Ana')", "object"),
            ("setUser('42', { hmac_token: 'abc' })", "hmac_token"),
            ("setUser({ identifier: '42', hmacToken: 'abc' })", "hmacToken"),
            ("setUser('42', { api_access_token: 'abc' })", "api_access_token"),
            ("setUser('42', { identifierHash: 'abc' })", "identifier_hash"),
            ("setUser('42', { identifier_hash: 5 })", "identifier_hash"),
            ("setUser('42', { name: {} })", "name"),
            ("setUser('42', { custom_attributes: 'plan' })", "custom_attributes"),
            ("setCustomAttributes(['plan'])", "object"),
        ] {
            let refused = refusal(call).await;
            let refused = refused.as_str().unwrap();
            assert!(refused.starts_with("TypeError: natter: ") && refused.contains(named), "{call}: {refused}");
            assert!(!refused.contains("abc"), "a secret is told nobody: {refused}");
        }
        for right in
            ["setUser({ name: 'Ana' })", "setUser('42', { phone_number: null, name: undefined })", "setUser('42')"]
        {
            if is_running {
                assert_eq!(refusal(right).await, "done", "{right}");
            }
        }
    }
    browser.quit().await;
}

/// A click handler of the page that calls `open` or `close` continues, whatever fails in the chat.
#[tokio::test(flavor = "multi_thread")]
async fn open_and_close_never_throw() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    browser.expects_trouble();
    let thrown = async |calls: &str| {
        let all = format!("(() => {{ try {{ {calls} }} catch (error) {{ return String(error); }} return 'none'; }})()");
        browser.ask(&all).await
    };
    let all =
        "natter.open(); natter.close(); natter.toggle(); natter.toggle(); natter.open(); natter.hide(); natter.show();";
    // A page has replaced `focus` by a function that throws, before the chat has loaded and while it runs.
    browser.ask("void (window.focused = HTMLElement.prototype.focus, HTMLElement.prototype.focus = () => { throw Error('broken'); })").await;
    assert_eq!(thrown(all).await, "none");
    browser.ask("void natter.open()").await;
    browser.until("root.querySelector('.composer textarea')").await;
    assert_eq!(thrown(all).await, "none");
    browser.ask("void (HTMLElement.prototype.focus = focused)").await;
    // The call into the wasm throws, as after a panic.
    let broken = format!(
        "const stringify = JSON.stringify; JSON.stringify = () => {{ throw Error('broken'); }}; try {{ {all} }} finally {{ JSON.stringify = stringify; }}"
    );
    assert_eq!(thrown(&broken).await, "none");
    browser.ask("void natter.open()").await;
    browser.until("!root.querySelector('.panel').hidden && root.activeElement?.matches('textarea')").await;
    // An invalid URL, and a removed chat.
    assert_eq!(thrown("natter.baseUrl = 'http://'; natter.open(); natter.close(); const gone = natter; gone.destroy(); gone.open(); gone.close(); gone.toggle();").await, "none");
    browser.quit().await;
}

/// Names are compared as strings, not used as CSS selectors.
#[tokio::test(flavor = "multi_thread")]
async fn get_finds_a_chat_by_any_name() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive(&sandbox).await;
    let browser = &visitor.browser;
    for strange in ["a\"b", r#"x"], body"#, r#"x"],body,["#, "\"]", "\\", "", " "] {
        let name = json!(strange);
        assert_eq!(browser.ask(&format!("natter.get({name})")).await, Value::Null, "{strange}");
        let is_found = browser.ask(&format!("(natter.name = {name}, natter.get({name}) === natter)")).await;
        assert_eq!(is_found, true, "{strange}");
        browser.ask("void (natter.name = null)").await;
    }
    browser.quit().await;
}
