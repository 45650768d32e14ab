//! The one line on a website: what is loaded when, what is left behind, and what happens where something is amiss.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::csp;
use crate::site::{self, tag};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// The names of what the page has fetched, without where from.
const FETCHED: &str = "performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1))\
     .filter((name) => name !== 'playground.css').sort()";
/// By then the browser has had nothing to do for a while.
const IDLE: &str = "new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done(true))))";
const FIELD: &str = "root.activeElement?.matches('textarea')";

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_costs_one_request_and_nothing_is_kept() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_at_page(&tag(&sandbox, ""), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    // What a page says of whoever it is, is no reason to load anything.
    browser.ask("void natter.setUser({ identifier: '42', identifier_hash: 'ab', name: 'Ana' })").await;
    browser.until(IDLE).await;
    assert_eq!(browser.ask(FETCHED).await, json!(["embed.js"]));
    let kept = "Promise.all([localStorage.length, sessionStorage.length, document.cookie, indexedDB.databases(), \
                navigator.locks.query().then(({ held }) => held)])";
    assert_eq!(browser.ask(kept).await, json!([0, 0, "", [], []]));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_asks_before_anything_is_there_is_done_in_its_order() {
    let sandbox = Sandbox::start(None);
    let html = format!(
        "<script>natter = [['prefill', 'My order is'], ['on', 'ready', () => window.ready = true], ['open']]</script>{}",
        tag(&sandbox, "")
    );
    let visitor = Visitor::arrive_at_page(&html, None).await;
    let browser = &visitor.browser;
    browser.until(&format!("{FIELD} && window.ready")).await;
    browser.until("root.querySelector('textarea').value === 'My order is'").await;
    // Closed and opened again, nothing is loaded a second time.
    browser.ask("(natter.close(), natter.toggle())").await;
    browser.until(FIELD).await;
    let wasm = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length";
    assert_eq!(browser.ask(wasm).await, 1);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_skeleton_is_there_at_once_and_a_click_is_never_lost() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_at_page(&tag(&sandbox, ""), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    let at_once = "(root.querySelector('.launcher').click(), [natter.isOpen, root.querySelectorAll('.skeleton i').length, \
                   root.activeElement?.className])";
    assert_eq!(browser.ask(at_once).await, json!([true, 4, "panel"]));
    browser.until(FIELD).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pasted_twice_it_is_one_chat() {
    let sandbox = Sandbox::start(None);
    let html = [tag(&sandbox, ""), tag(&sandbox, ""), "<script src=/embed.js></script>".to_owned()].concat();
    let visitor = Visitor::arrive_at_page(&html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    assert_eq!(visitor.browser.ask("document.querySelectorAll('natter-chat').length").await, 1);
    assert_eq!(sandbox.conversations().await.len(), 1);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_loads_when_the_site_wants_it_to() {
    let sandbox = Sandbox::start(None);
    let is_loaded = "natter.shadowRoot.querySelector('textarea') !== null";
    for (load, loads_alone) in [("now", true), ("idle", true), ("intent", false), ("manual", false)] {
        let visitor = Visitor::arrive_at_page(&tag(&sandbox, &format!("data-load={load}")), None).await;
        let browser = &visitor.browser;
        browser.until("root.querySelector('.launcher')").await;
        if loads_alone {
            browser.until(is_loaded).await;
        } else {
            browser.until(IDLE).await;
            assert_eq!(browser.ask(FETCHED).await, json!(["embed.js"]), "{load}");
            visitor
                .browser
                .page
                .action_chain()
                .move_to_element_center(&visitor.find(".launcher").await)
                .perform()
                .await
                .unwrap();
            browser.until(IDLE).await;
            let fetched = browser.ask(FETCHED).await;
            assert_eq!(fetched.as_array().unwrap().len() > 1, load == "intent", "{load}: {fetched}");
        }
        visitor.open().await;
        browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_there_before_the_visitor_agrees_and_nothing_after_they_disagree() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_at_page(&tag(&sandbox, "data-needs-consent data-load=now"), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    browser.until(IDLE).await;
    assert_eq!(browser.ask("[getComputedStyle(natter).display, natter.open(), natter.isOpen]").await[0], "none");
    assert_eq!(browser.ask(FETCHED).await, json!(["embed.js"]));
    browser.ask("natter.consent()").await;
    browser.until("root.querySelector('textarea')").await;
    browser.ask("(natter.close(), null)").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    browser.ask("natter.consent(false)").await;
    browser.until("localStorage.length === 0 && getComputedStyle(natter).display === 'none'").await;
    let is_over = "!root.querySelector('textarea') && !(await navigator.locks.query()).held.length";
    browser.until(is_over).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_not_what_it_was_is_not_run_and_the_launcher_leads_elsewhere() {
    let sandbox = Sandbox::start(None);
    let site = site::serve().await;
    let visitor = Visitor { browser: Browser::start().await };
    let browser = &visitor.browser;
    for (name, has_chat) in [("panel.js", false), ("natter_bg.wasm", false), ("de.json", true), ("list.json", true)] {
        let line = tag(&sandbox, "data-fallback-url=/contact data-language=de");
        visitor.goes_to(&site, &line.replace("/embed.js", &format!("/altered/{name}/embed.js")), None).await;
        browser.until("root.querySelector('.launcher')").await;
        visitor.find(".launcher").await.click().await.unwrap();
        if has_chat {
            browser.until("root.querySelector('textarea')?.placeholder === 'Write a message'").await;
            continue;
        }
        browser.until("root.querySelector('a.launcher')").await;
        let way = browser.ask("[root.querySelector('a.launcher').pathname, root.querySelector('.sorry').role]").await;
        assert_eq!(way, json!(["/contact", "alert"]), "{name}");
        assert_eq!(browser.ask("root.querySelector('textarea')").await, Value::Null);
        let name = browser.ask("root.querySelector('a.launcher').ariaLabel").await;
        assert!(!name.as_str().unwrap().is_empty(), "a way has a name");
    }
    // The same bundle, as it should be: it was not the way that was wrong.
    visitor
        .goes_to(&site, &tag(&sandbox, "data-language=de").replace("/embed.js", "/altered/nothing/embed.js"), None)
        .await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_wasm_is_forbidden_the_launcher_leads_elsewhere() {
    let sandbox = Sandbox::start(None);
    let line = tag(&sandbox, "data-fallback-url=mailto:shop@example.test");
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src data:";
    let visitor = Visitor::arrive_at_page(&line, Some(policy)).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    browser.ask("void natter.on('error', ({ detail }) => window.failed = detail)").await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('a.launcher')?.href === 'mailto:shop@example.test'").await;
    assert_eq!(browser.ask("window.failed").await, json!({ "v": 1, "name": "load-failed" }));
    // A way that would run something is none.
    let site = site::serve().await;
    visitor.goes_to(&site, &tag(&sandbox, "data-fallback-url=javascript:alert(1)"), Some(policy)).await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.sorry')").await;
    assert_eq!(browser.ask("root.querySelector('a')").await, Value::Null);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_it_asks_for_is_enough_and_its_own_word() {
    let sandbox = Sandbox::start(None);
    let site = site::serve().await;
    let visitor = Visitor { browser: Browser::start().await };
    let browser = &visitor.browser;
    visitor.goes_to(&site, &tag(&sandbox, ""), None).await;
    browser.until("root.querySelector('.launcher')").await;
    let policy = browser.ask("natter.csp()").await;
    let policy = policy.as_str().unwrap();
    assert_eq!(policy, csp::policy(&site, &sandbox.base_url, &[]).unwrap(), "`cargo xtask csp` says the same");

    let strict = format!("default-src 'none'; style-src 'self'; require-trusted-types-for 'script'; {policy} data:");
    visitor.goes_to(&site, &tag(&sandbox, "data-language=de"), Some(&strict)).await;
    browser
        .ask("(window.violations = [], addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => violations.push([violatedDirective, blockedURI])))")
        .await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let id = visitor.session().await["conversation"].as_i64().unwrap();
    sandbox.agent_replies(id, "Hi **there**").await;
    visitor.sees(&["hello", "Hi there"]).await;
    visitor.find(".emoji").await.click().await.unwrap();
    browser.until("root.querySelector('[role=dialog] [role=grid], .picker, .emojis')").await;
    assert_eq!(browser.ask("window.violations").await, json!([]));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_in_the_page_is_refused_and_not_repeated() {
    let sandbox = Sandbox::start(None);
    for secret in ["data-api-access-token", "data-hmac-token", "data-hmac_token"] {
        let visitor = Visitor::arrive_at_page(&tag(&sandbox, &format!("{secret}=s3cr3t")), None).await;
        let browser = &visitor.browser;
        browser.until("root.querySelector('.launcher')").await;
        browser.ask("(window.said = [], console.error = (...words) => said.push(words.join(' ')))").await;
        visitor.find(".launcher").await.click().await.unwrap();
        browser.until("window.said.length").await;
        let said = browser.ask("said.join()").await;
        let said = said.as_str().unwrap();
        assert!(said.contains("hmac_token") && !said.contains("s3cr3t"), "{said}");
        browser.until("root.querySelector('.sorry')").await;
        browser.quit().await;
    }
}
