//! The loader `embed.js`: when it loads what, integrity checks, consent, queued calls, secrets among settings, fallbacks.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::csp;
use crate::site::{self, tag};
use crate::support::Sandbox;
use crate::visitor::{NOTHING_IS_KEPT, Visitor};

/// The file names of the page's requests.
const FETCHED: &str = "performance.getEntriesByType('resource').map(({ name }) => name.split('/').at(-1))\
     .filter((name) => name !== 'playground.css').sort()";
/// Resolves when the browser is idle (JavaScript).
const IDLE: &str = "new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done(true))))";
const FIELD: &str = "root.activeElement?.matches('textarea')";

#[tokio::test(flavor = "multi_thread")]
async fn a_page_view_costs_one_request_and_stores_nothing() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_at_page(&tag(&sandbox, ""), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    // `setUser` does not load the chat.
    browser.ask("void natter.setUser({ identifier: '42', identifier_hash: 'ab', name: 'Ana' })").await;
    browser.until(IDLE).await;
    assert_eq!(browser.ask(FETCHED).await, json!(["embed.js"]));
    let kept = "Promise.all([localStorage.length, sessionStorage.length, document.cookie, indexedDB.databases(), \
                navigator.locks.query().then(({ held }) => held)])";
    assert_eq!(browser.ask(kept).await, json!([0, 0, "", [], []]));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_calls_are_performed_in_their_order() {
    let sandbox = Sandbox::start(None);
    let html = format!(
        "<script>natter = [['prefill', 'My order is'], ['on', 'ready', () => window.ready = true], ['open']]</script>{}",
        tag(&sandbox, "")
    );
    let visitor = Visitor::arrive_at_page(&html, None).await;
    let browser = &visitor.browser;
    browser.until(&format!("{FIELD} && window.ready")).await;
    browser.until("root.querySelector('textarea').value === 'My order is'").await;
    // Closing and opening again loads nothing.
    browser.ask("(natter.close(), natter.toggle())").await;
    browser.until(FIELD).await;
    let wasm = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length";
    assert_eq!(browser.ask(wasm).await, 1);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_skeleton_shows_at_once_and_no_click_is_lost() {
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
async fn two_script_tags_make_one_chat() {
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
async fn the_load_setting_decides_when_the_chat_loads() {
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
async fn nothing_loads_or_is_stored_without_consent() {
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
    browser.until(&format!("{NOTHING_IS_KEPT} && getComputedStyle(natter).display === 'none'")).await;
    let is_over = "!root.querySelector('textarea') && !(await navigator.locks.query()).held.length";
    browser.until(is_over).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_fails_the_integrity_check_does_not_run_and_the_fallback_shows() {
    let sandbox = Sandbox::start(None);
    let site = site::serve().await;
    let visitor = Visitor { browser: Browser::start().await };
    visitor.browser.expects_trouble();
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
        browser.until("root.querySelector('.sorry ~ a')").await;
        let way = browser.ask("[root.querySelector('a').pathname, root.querySelector('.sorry').role]").await;
        assert_eq!(way, json!(["/contact", "alert"]), "{name}");
        assert_eq!(browser.ask("root.querySelector('textarea')").await, Value::Null);
        let name = browser.ask("root.querySelector('a').textContent").await;
        assert!(!name.as_str().unwrap().is_empty(), "a way has a name");
    }
    // The same bundle unchanged works.
    visitor
        .goes_to(&site, &tag(&sandbox, "data-language=de").replace("/embed.js", "/altered/nothing/embed.js"), None)
        .await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    browser.quit().await;
}

/// Simulates WebKit, which loads modulepreload links without integrity checks.
const UNCHECKED_PRELOADS: &str = "Object.defineProperty(navigator, 'vendor', { value: 'Apple Computer, Inc.' });
    Object.defineProperty(HTMLLinkElement.prototype, 'integrity', { set() {}, get: () => '' });";

#[tokio::test(flavor = "multi_thread")]
async fn modules_have_integrity_checks_without_modulepreload_checks() {
    let sandbox = Sandbox::start(None);
    let (site, browser) = (site::serve().await, Browser::start().await);
    let visitor = Visitor { browser };
    let browser = &visitor.browser;
    browser.expects_trouble();
    browser.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": UNCHECKED_PRELOADS })).await;
    let line = |name: &str| {
        let line = tag(&sandbox, "data-fallback-url=/contact");
        line.replace("/embed.js", &format!("/altered/{name}/embed.js"))
    };
    let server = &sandbox.base_url;
    let strict = format!(
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self' {server} {}; \
         img-src data: {server}; require-trusted-types-for 'script'",
        server.replace("http:", "ws:")
    );
    for policy in [None, Some(&*strict)] {
        visitor.goes_to(&site, &line("panel.js"), policy).await;
        browser.until("root.querySelector('.launcher')").await;
        visitor.find(".launcher").await.click().await.unwrap();
        browser.until("root.querySelector('.sorry ~ a')?.pathname === '/contact'").await;
        assert_eq!(browser.ask("root.querySelector('textarea')").await, Value::Null, "it has not run");
        // diagnostics.js: without it, a report has no events.
        for (name, has_events) in [("diagnostics.js", false), ("nothing", true)] {
            visitor.goes_to(&site, &line(name), policy).await;
            browser.until("root.querySelector('.launcher')").await;
            browser.ask("void addEventListener('securitypolicyviolation', (event) => window.violated = event.violatedDirective)").await;
            visitor.open().await;
            let events = browser.ask("natter.diagnostics().then(({ events }) => Boolean(events))").await;
            assert_eq!(events, json!(has_events), "{name}");
            assert_eq!(browser.ask("window.violated").await, Value::Null);
            assert_eq!(
                browser.ask("document.querySelectorAll('script[type=module], link[rel=modulepreload]').length").await,
                0
            );
        }
    }
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fallback_shows_when_the_policy_forbids_wasm() {
    let sandbox = Sandbox::start(None);
    let line = tag(&sandbox, "data-fallback-url=mailto:shop@example.test");
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; img-src data:";
    let visitor = Visitor::arrive_at_page(&line, Some(policy)).await;
    visitor.browser.expects_trouble();
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    browser.ask("void natter.on('error', ({ detail }) => window.failed = detail)").await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.sorry ~ a')?.href === 'mailto:shop@example.test'").await;
    assert_eq!(browser.ask("window.failed").await, json!({ "v": 1, "name": "load-failed" }));
    // A `javascript:` URL is not shown as a link.
    let site = site::serve().await;
    visitor.goes_to(&site, &tag(&sandbox, "data-fallback-url=javascript:alert(1)"), Some(policy)).await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.sorry')").await;
    assert_eq!(browser.ask("root.querySelector('a')").await, Value::Null);
    browser.quit().await;
}

/// After a failed load the panel can be closed, and the launcher loads again.
#[tokio::test(flavor = "multi_thread")]
async fn the_fallback_shows_in_browsers_without_the_colour_notations_of_the_style() {
    let sandbox = Sandbox::start(None);
    for notation in ["light-dark", "oklch(from"] {
        // A browser that does not know a notation says so by `CSS.supports`; it has no other sign.
        let old = format!(
            "<script>const known = CSS.supports; CSS.supports = (name, value) => !value.startsWith('{notation}') && \
             known.call(CSS, name, value)</script>"
        );
        let html = format!("{old}{}", tag(&sandbox, "data-fallback-url=/contact"));
        let visitor = Visitor::arrive_at_page(&html, None).await;
        let browser = &visitor.browser;
        browser.expects_trouble();
        browser.until("root.querySelector('.launcher')").await;
        browser.ask("void natter.on('error', ({ detail }) => window.failed = detail)").await;
        visitor.find(".launcher").await.click().await.unwrap();
        browser.until("root.querySelector('.sorry ~ a')?.pathname === '/contact'").await;
        assert_eq!(browser.ask("window.failed").await, json!({ "v": 1, "name": "load-failed" }));
        let colours = "['.panel', '.launcher'].map((one) => root.querySelector(one).style.background)";
        assert_eq!(browser.ask(colours).await, json!(["canvas", "canvas"]));
        browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_load_can_be_closed_and_retried() {
    let sandbox = Sandbox::start(None);
    for (file, width) in [("*panel.js*", 1100), ("*natter_bg.wasm*", 1100), ("*natter_bg.wasm*", 400)] {
        let (site, visitor) = (site::serve().await, Visitor { browser: Browser::start().await });
        let browser = &visitor.browser;
        browser.expects_trouble();
        browser.resize(width, 700).await;
        browser.devtools("Network.enable", json!({})).await;
        browser.devtools("Network.setBlockedURLs", json!({ "urls": [file] })).await;
        visitor.goes_to(&site, &tag(&sandbox, "data-fallback-url=/contact data-load=manual"), None).await;
        browser.until("root.querySelector('.launcher')").await;
        for _ in 0..2 {
            visitor.find(".launcher").await.click().await.unwrap();
            browser.until("root.querySelector('.sorry ~ a')?.pathname === '/contact'").await;
            // Everything is visible, and nothing covers the buttons.
            let is_seen = "['.sorry', '.sorry ~ a', '.sorry ~ button'].every((one) => { \
                const { x, y, width, height } = root.querySelector(one).getBoundingClientRect(); \
                return root.elementFromPoint(x + width / 2, y + height / 2)?.matches(one); })";
            assert_eq!(browser.ask(is_seen).await, true, "{file}");
            assert_eq!(browser.ask("root.querySelector('.sorry ~ button').textContent").await, "Close");
            visitor.find(".sorry ~ button").await.click().await.unwrap();
            browser.until("!natter.isOpen && root.activeElement?.matches('button.launcher')").await;
        }
        browser.devtools("Network.setBlockedURLs", json!({ "urls": [] })).await;
        visitor.open().await;
        visitor.say("hello").await;
        visitor.sees(&["hello"]).await;
        browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fallback_shows_when_the_server_is_forbidden() {
    let sandbox = Sandbox::start(None);
    let line = tag(&sandbox, "data-fallback-url=/contact").replace(&sandbox.inbox_identifier, "unknown");
    let visitor = Visitor::arrive_at_page(&line, None).await;
    let browser = &visitor.browser;
    browser.expects_trouble();
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.say("hello").await;
    browser
        .until("root.querySelector('.trouble').textContent && root.querySelector('.top > a')?.pathname === '/contact'")
        .await;
    assert_eq!(browser.ask("root.querySelector('.top > a').textContent").await, "Contact us another way");
    visitor.find(".head > .tool:last-child").await.click().await.unwrap();
    browser.until("!natter.isOpen").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_policy_of_csp_is_sufficient_and_equals_that_of_xtask() {
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

/// Records console messages.
const NOTE: &str = "<script>window.said = []; \
    for (const kind of ['error', 'warn', 'log']) console[kind] = (...words) => said.push(words.join(' '));</script>";

/// Asserts that the opened chat has ended, and has logged the name of the secret setting without its value.
async fn is_refused(visitor: &Visitor, name: &str) {
    let browser = &visitor.browser;
    browser.until(&format!("window.said.some((words) => words.includes({}))", json!(name))).await;
    let said = browser.ask("said.join('\\n')").await;
    assert!(!said.as_str().unwrap().contains("s3cr3t"), "{said}");
    browser.until("root.querySelector('.sorry') && !root.querySelector('textarea')").await;
    browser.until("!(await navigator.locks.query()).held.length").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_among_the_settings_ends_the_chat_and_is_not_logged() {
    let (sandbox, site) = (Sandbox::start(None), site::serve().await);
    let (server, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    let in_global = |setting: &str| format!("<script>natterSettings = {{ {setting}: 's3cr3t' }}</script>");
    let element = |attribute: &str| {
        format!(
            "<natter-chat base-url='{server}' inbox-identifier='{inbox}' {attribute}=s3cr3t></natter-chat><script src=/embed.js></script>"
        )
    };
    let load = format!(
        "<script type=module>import {{ load }} from '/index.js'; \
         load({{ assets: '/', baseUrl: '{server}', inboxIdentifier: '{inbox}', apiKey: 's3cr3t' }})</script>"
    );
    let property = [&*tag(&sandbox, ""), "<script>natter.hmacKey = 's3cr3t'</script>"].concat();
    let visitor = Visitor { browser: Browser::start().await };
    for (html, name) in [
        (tag(&sandbox, "data-api-access-token=s3cr3t"), "api-access-token"),
        (tag(&sandbox, "data-hmac-token=s3cr3t"), "hmac-token"),
        (tag(&sandbox, "data-hmac_token=s3cr3t"), "hmac_token"),
        (tag(&sandbox, "data-access-token=s3cr3t"), "access-token"),
        ([in_global("webhookSecret"), tag(&sandbox, "")].concat(), "webhook-secret"),
        ([in_global("'api_key'"), tag(&sandbox, "")].concat(), "api_key"),
        (element("access-token"), "access-token"),
        (element("data-webhook-secret"), "data-webhook-secret"),
        (load, "api-key"),
        (property, "hmacKey"),
    ] {
        visitor.goes_to(&site, &[NOTE, &html].concat(), None).await;
        visitor.browser.until("root.querySelector('.launcher')").await;
        visitor.find(".launcher").await.click().await.unwrap();
        is_refused(&visitor, name).await;
        let shown = "[...natter.attributes].filter(({ name }) => !/^(base-url|inbox-identifier)$/.test(name)).length";
        let is_in_element = html.starts_with("<natter-chat");
        assert_eq!(visitor.browser.ask(shown).await, json!(usize::from(is_in_element)), "{name} is shown nowhere else");
    }
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_set_while_the_chat_runs_ends_it() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_at_page(&[NOTE, &tag(&sandbox, "")].concat(), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    browser.ask("void natter.on('error', ({ detail }) => window.failed = detail.name)").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    // Other attributes don't matter.
    browser
        .ask("(natter.className = 'x', natter.setAttribute('data-website-token', 'x'), natter.id = 'chat', null)")
        .await;
    visitor.say("still there").await;
    visitor.sees(&["hello", "still there"]).await;
    browser.ask("natter.setAttribute('platform-token', 's3cr3t')").await;
    is_refused(&visitor, "platform-token").await;
    browser.until("window.failed === 'load-failed' && natter.isOpen").await;
    assert_eq!(browser.ask("natter.diagnostics()").await, json!({}), "nothing runs any more");
    // Without the secret the chat works again.
    browser.ask("(natter.removeAttribute('platform-token'), natter.close(), null)").await;
    visitor.open().await;
    visitor.sees(&["hello", "still there"]).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn send_waits_for_consent() {
    let (sandbox, site) = (Sandbox::start(None), site::serve().await);
    let visitor = Visitor { browser: Browser::start().await };
    let browser = &visitor.browser;
    let line = tag(&sandbox, "data-needs-consent");
    let send = "void (window.became = [], natter.send('hello').then(() => became.push('sent'), (error) => became.push(error.message)))";

    visitor.goes_to(&site, &line, None).await;
    browser.until("root.querySelector('.launcher')").await;
    browser.ask(send).await;
    assert_eq!(browser.ask("natter.diagnostics()").await, json!({}), "which is at once");
    browser.until(IDLE).await;
    assert_eq!(browser.ask("window.became").await, json!([]));
    assert_eq!(browser.ask(FETCHED).await, json!(["embed.js"]), "nothing is fetched before");
    browser.ask("natter.consent()").await;
    browser.until("window.became.length").await;
    assert_eq!(browser.ask("window.became").await, json!(["sent"]));
    visitor.open().await;
    visitor.sees(&["hello"]).await;

    // When consent is refused or the chat removed, the promise rejects, and the message is not sent later.
    for end in ["natter.consent(false)", "natter.destroy()"] {
        browser.ask("localStorage.clear()").await;
        visitor.goes_to(&site, &line, None).await;
        browser.until("root.querySelector('.launcher')").await;
        browser.ask("void (window.chat = natter)").await;
        browser.ask(send).await;
        browser.ask(&format!("({end}, null)")).await;
        let became = "new Promise((done) => { const look = () => window.became.length ? done(became) : setTimeout(look, 25); look(); })";
        let became = browser.ask(became).await;
        let sentence = became[0].as_str().unwrap();
        assert!(sentence.starts_with("natter: send was not done: ") && !sentence.contains("hello"), "{sentence}");
        browser.ask("(document.body.append(chat), chat.consent(), null)").await;
        visitor.open().await;
        visitor.say("only this").await;
        visitor.sees(&["only this"]).await;
    }
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_has_an_integrity_check_locales_of_modules_too() {
    let sandbox = Sandbox::start(None);
    let note = "<script>window.unchecked = []; window.words = 0; const own = window.fetch; window.fetch = (...given) => { \
        const [url, how] = given; \
        if (String(url.url ?? url).startsWith(location.origin)) { \
          window.words += /locales.en/.test(url); \
          if (!how?.integrity) unchecked.push(String(url)); } \
        return own(...given); };</script>";
    let visitor = Visitor::arrive_at_page(&[note, &*tag(&sandbox, "")].concat(), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.find(".emoji").await.click().await.unwrap();
    browser.until("root.querySelector('[role=gridcell]')").await;
    browser.types("\u{e00c}").await;
    browser.until("!root.querySelector('[role=gridcell]') && natter.isOpen").await;
    browser
        .ask("(root.querySelector('.attach:last-child, .attach:not(.emoji) ~ .attach:not(.emoji)').click(), null)")
        .await;
    browser.until("root.querySelector('.recording')").await;
    assert_eq!(browser.ask("[window.words, window.unchecked]").await, json!([1, []]), "once, and checked");
    browser.quit().await;
}

/// Modules that are not bundled import others, for which browsers have no integrity checks.
#[tokio::test(flavor = "multi_thread")]
async fn imports_of_a_module_have_integrity_checks() {
    let sandbox = Sandbox::start(None);
    let site = site::serve().await;
    let visitor = Visitor { browser: Browser::start().await };
    visitor.browser.expects_trouble();
    let browser = &visitor.browser;
    let line = tag(&sandbox, "data-fallback-url=/contact").replace("/embed.js", "/importing/embed.js");
    visitor.goes_to(&site, &line, None).await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.find(".launcher").await.click().await.unwrap();
    browser.until("root.querySelector('.sorry ~ a')?.pathname === '/contact'").await;
    assert_eq!(browser.ask("root.querySelector('textarea')").await, Value::Null);
    browser.quit().await;
}
