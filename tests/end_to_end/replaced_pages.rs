//! Pages that replace their content, body or document element: by scripts, htmx, Turbo and React. The launcher and an open
//! chat must return.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::site::{self, path_of, tag};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// A visitor on a page with this body and head, and the site's URL.
async fn arrive(html: &str, head: &str) -> (Visitor, String) {
    let (site, visitor) = (site::serve().await, Visitor { browser: Browser::start().await });
    visitor.browser.page.goto([&*site, &path_of(html, head)].concat()).await.unwrap();
    visitor.browser.until("root.querySelector('.launcher')").await;
    (visitor, site)
}

/// Sends and receives a message in the open chat, before the page changes and after each change, and asserts that there is
/// one chat.
struct Conversation<'a> {
    visitor: &'a Visitor,
    sandbox: &'a Sandbox,
    said: Vec<String>,
}

impl<'a> Conversation<'a> {
    async fn start(visitor: &'a Visitor, sandbox: &'a Sandbox) -> Self {
        visitor.open().await;
        visitor.browser.ask("void (window.was = natter)").await;
        let mut conversation = Self { visitor, sandbox, said: Vec::new() };
        conversation.goes_on("before").await;
        conversation
    }

    async fn goes_on(&mut self, when: &str) {
        let browser = &self.visitor.browser;
        browser.until("window.natter === window.was && natter.isConnected && natter.isOpen").await;
        assert_eq!(browser.ask("document.querySelectorAll('natter-chat').length").await, 1, "{when}");
        self.visitor.say(&format!("I write {when}")).await;
        self.said.push(format!("I write {when}"));
        self.is_seen().await;
        let id = self.sandbox.conversations().await[0]["id"].as_i64().unwrap();
        self.sandbox.agent_replies(id, &format!("I answer {when}")).await;
        self.said.push(format!("I answer {when}"));
        self.is_seen().await;
    }

    async fn is_seen(&self) {
        self.visitor.sees(&self.said.iter().map(String::as_str).collect::<Vec<_>>()).await;
    }
}

/// Ways in which scripts replace a page.
const REPLACEMENTS: [&str; 8] = [
    "document.body.innerHTML = ''",
    "document.body.replaceChildren(document.createElement('h2'))",
    "document.querySelector('natter-chat').remove()",
    "document.body.replaceWith(document.createElement('body'))",
    "document.documentElement.innerHTML = '<head></head><body><h2>Else</h2></body>'",
    "document.documentElement.replaceWith(new DOMParser().parseFromString('<h2>Else</h2>', 'text/html').documentElement)",
    // For a moment there is no body or no document element.
    "((body) => { body.remove(); setTimeout(() => document.documentElement.append(body), 200); })(document.body)",
    "((html) => { html.remove(); setTimeout(() => document.append(html), 200); })(document.documentElement)",
];

#[tokio::test(flavor = "multi_thread")]
async fn an_open_chat_is_reinserted_however_the_page_is_replaced() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, ""), "").await;
    let mut conversation = Conversation::start(&visitor, &sandbox).await;
    for replacement in REPLACEMENTS {
        visitor.browser.ask(&format!("void ({replacement})")).await;
        conversation.goes_on(&format!("after {replacement}")).await;
    }
    // A chat that the site destroys does not return.
    let gone = "(natter.destroy(), document.body.replaceWith(document.createElement('body')), \
                new Promise((done) => setTimeout(() => done(document.querySelector('natter-chat')))))";
    assert_eq!(visitor.browser.ask(gone).await, Value::Null);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_launcher_is_reinserted_however_the_page_is_replaced() {
    let sandbox = Sandbox::start(None);
    // With the loader alone.
    let (visitor, _) = arrive(&tag(&sandbox, "data-load=manual"), "").await;
    for replacement in REPLACEMENTS {
        visitor.browser.ask(&format!("void (window.was = natter, {replacement})")).await;
        visitor
            .browser
            .until("window.natter === window.was && natter.isConnected && natter.parentNode === document.body")
            .await;
        assert_eq!(visitor.browser.ask("document.querySelectorAll('natter-chat').length").await, 1, "{replacement}");
    }
    Conversation::start(&visitor, &sandbox).await;
    visitor.browser.quit().await;
}

/// The composer keeps the focus, so that no key goes to the page.
#[tokio::test(flavor = "multi_thread")]
async fn the_composer_keeps_the_focus_when_the_page_is_replaced() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, ""), "").await;
    visitor.open().await;
    visitor.browser.types("first ").await;
    visitor.browser.ask("void (document.body.innerHTML = '')").await;
    visitor.browser.until("root.activeElement?.matches('textarea')").await;
    visitor.browser.types("second").await;
    assert_eq!(visitor.browser.ask("root.querySelector('textarea').value").await, "first second");
    // A focus elsewhere on the page stays there.
    visitor
        .browser
        .ask("void (document.body.innerHTML = '<input autofocus>', document.querySelector('input').focus())")
        .await;
    visitor.browser.until("natter.isConnected").await;
    assert_eq!(visitor.browser.ask("document.activeElement.localName").await, "input");
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_of_the_npm_package_is_reinserted_however_the_page_is_replaced() {
    let sandbox = Sandbox::start(None);
    let html = format!(
        "<script type=module>import {{ load }} from '/index.js';
           await load({{ assets: '/', baseUrl: '{}', inboxIdentifier: '{}' }});</script>",
        sandbox.base_url, sandbox.inbox_identifier
    );
    let (visitor, _) = arrive(&html, "").await;
    let mut conversation = Conversation::start(&visitor, &sandbox).await;
    for replacement in [REPLACEMENTS[0], REPLACEMENTS[5]] {
        visitor.browser.ask(&format!("void ({replacement})")).await;
        conversation.goes_on(&format!("after {replacement}")).await;
    }
    visitor.browser.quit().await;
}

/// When a script removes the chat whenever it is inserted, the chat gives up: the page must not hang.
#[tokio::test(flavor = "multi_thread")]
async fn a_site_that_removes_the_chat_repeatedly_wins() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, ""), "").await;
    let browser = &visitor.browser;
    visitor.open().await;
    browser.expects_trouble();
    browser
        .ask(
            "void (window.times = 0, window.was = natter, new MutationObserver(() => { \
                const chat = document.querySelector('natter-chat'); if (chat) { times += 1; chat.remove(); } \
             }).observe(document, { childList: true, subtree: true }), document.body.append('now'))",
        )
        .await;
    // A chat that has ended leaves an empty queue as the global.
    let has_ended = "new Promise((done) => { \
        const look = () => (Array.isArray(window.natter) ? done(true) : requestAnimationFrame(look)); look(); })";
    assert_eq!(browser.ask(has_ended).await, true);
    let times = browser.ask("window.times").await.as_i64().unwrap();
    assert!((2..20).contains(&times), "{times}");
    assert_eq!(browser.ask("[document.querySelector('natter-chat'), window.was.isOpen]").await, json!([null, false]));
    browser.quit().await;
}

fn htmx(version: u8) -> String {
    format!("<script src=/libraries/htmx_{version}/htmx.org/dist/htmx.js></script>")
}

async fn a_boosted_site_keeps_its_chat(version: u8) {
    let sandbox = Sandbox::start(None);
    // With the script tag on each page, and on the first page alone.
    for line in [tag(&sandbox, ""), String::new()] {
        let page = |title: &str, links: &str| {
            path_of(
                &format!("<div hx-boost=true hx-boost:inherited=true><h2>{title}</h2>{links}</div>{line}"),
                &htmx(version),
            )
        };
        let third = page("third", "");
        let second = page("second", &format!("<a href='{third}'>on</a>"));
        let first = format!(
            "<div hx-boost=true hx-boost:inherited=true><h2>first</h2><a href='{second}'>on</a></div>{}",
            tag(&sandbox, "")
        );
        let (visitor, _) = arrive(&first, &htmx(version)).await;
        let browser = &visitor.browser;
        let mut conversation = Conversation::start(&visitor, &sandbox).await;
        browser.ask("void (window.same = true)").await;
        for title in ["second", "third"] {
            browser.ask("void document.querySelector('div > a').click()").await;
            browser.until(&format!("document.querySelector('h2')?.textContent === '{title}' && window.same")).await;
            conversation.goes_on(&format!("on the {title} page")).await;
        }
        // Snapshots of htmx contain a copy of the element.
        browser.page.back().await.unwrap();
        browser.until("document.querySelector('h2')?.textContent === 'second' && window.same").await;
        conversation.goes_on("on the second page again").await;
        browser.quit().await;
        sandbox.conversations().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_across_pages_of_htmx_2() {
    a_boosted_site_keeps_its_chat(2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_across_pages_of_htmx_4() {
    a_boosted_site_keeps_its_chat(4).await;
}

async fn a_turbo_site_keeps_its_chat(script: &str) {
    let sandbox = Sandbox::start(None);
    let head = format!("<script src={script}></script><meta name=turbo-refresh-method content=morph>");
    let line = tag(&sandbox, "");
    let (visitor, site) = arrive(&["<h2>first</h2>", &*line].concat(), &head).await;
    let browser = &visitor.browser;
    browser.until("window.Turbo").await;
    let mut conversation = Conversation::start(&visitor, &sandbox).await;
    browser.ask("void (window.same = true)").await;
    // A visit to the same page is morphed.
    browser
        .ask(
            "void (document.addEventListener('turbo:render', ({ detail }) => window.how = detail.renderMethod), \
              document.querySelector('h2').textContent = 'changed', Turbo.visit(location.href, { action: 'replace' }))",
        )
        .await;
    browser
        .until("document.querySelector('h2').textContent === 'first' && window.how === 'morph' && window.same")
        .await;
    conversation.goes_on("after morphing").await;
    let second = [&*site, &path_of(&["<h2>second</h2>", &*line].concat(), &head)].concat();
    browser.ask(&format!("void Turbo.visit({})", Value::String(second))).await;
    browser.until("document.querySelector('h2')?.textContent === 'second' && window.same").await;
    conversation.goes_on("on the second page").await;
    // Snapshots of Turbo contain a copy of the element.
    browser.page.back().await.unwrap();
    browser.until("document.querySelector('h2')?.textContent === 'first' && window.same").await;
    conversation.goes_on("on the first page again").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_when_turbo_8_0_4_morphs_the_page() {
    a_turbo_site_keeps_its_chat("/libraries/turbo_older/@hotwired/turbo/dist/turbo.es2017-umd.js").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_when_the_newest_turbo_morphs_the_page() {
    a_turbo_site_keeps_its_chat("/turbo.js").await;
}

const REACT_18: &str = "<script src=/libraries/react_18/react/umd/react.production.min.js></script>\
    <script src=/libraries/react_18/react-dom/umd/react-dom.production.min.js></script>";

/// A loader for React, which is published as CommonJS modules only.
const REACT_19: &str = "<script>(() => {
    const files = { react: 'react/cjs/react', scheduler: 'scheduler/cjs/scheduler', 'react-dom': 'react-dom/cjs/react-dom',
      'react-dom/client': 'react-dom/cjs/react-dom-client' };
    const modules = {};
    const require = (name) => {
      if (!modules[name]) {
        const module = modules[name] = { exports: {} };
        const request = new XMLHttpRequest();
        request.open('GET', `/libraries/react_19/${files[name]}.production.js`, false);
        request.send();
        Function('require', 'module', 'exports', request.responseText)(require, module, module.exports);
      }
      return modules[name].exports;
    };
    [window.React, window.ReactDOM] = [require('react'), require('react-dom/client')];
  })()</script>";

/// React components that match the page's HTML, and others.
const ELEMENTS: &str = "<script>
  const h = React.createElement;
  const names = { class: 'className', charset: 'charSet' };
  const asTheyStand = (node, nth) => node.nodeType === 3 ? node.data : node.nodeType !== 1 || node.localName === 'natter-chat' ? null
    : h(node.localName, { key: nth, ...Object.fromEntries([...node.attributes].map(({ name, value }) => [names[name] ?? name, value])),
        ...(node.localName === 'script' ? { dangerouslySetInnerHTML: { __html: node.textContent } } : node.firstChild && { children: [...node.childNodes].map(asTheyStand) }) });
  const page = (title) => h('html', { key: title, lang: 'en' }, h('head', null, h('title', null, title)), h('body', null, h('h2', null, title)));
  </script>";

async fn a_page_that_is_reacts_keeps_its_chat(react: &str) {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, ""), &[react, ELEMENTS].concat()).await;
    let browser = &visitor.browser;
    // React logs mismatches as errors before it corrects them.
    browser.expects_trouble();
    let mut conversation = Conversation::start(&visitor, &sandbox).await;
    browser.ask("void (window.hydrated = ReactDOM.hydrateRoot(document, asTheyStand(document.documentElement)))").await;
    browser.until("Object.keys(document.body ?? {}).some((name) => name.startsWith('__react'))").await;
    conversation.goes_on("after it was hydrated").await;
    for title in ["rendered", "again"] {
        browser.ask(&format!("void hydrated.render(page('{title}'))")).await;
        browser.until(&format!("document.querySelector('h2')?.textContent === '{title}'")).await;
        conversation.goes_on(&format!("after it was {title}")).await;
    }
    browser.ask("void hydrated.unmount()").await;
    browser.ask("void ReactDOM.createRoot(document).render(page('anew'))").await;
    browser.until("document.querySelector('h2')?.textContent === 'anew'").await;
    conversation.goes_on("after it was made anew").await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_in_a_document_of_react_18() {
    a_page_that_is_reacts_keeps_its_chat(REACT_18).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_in_a_document_of_react_19() {
    a_page_that_is_reacts_keeps_its_chat(REACT_19).await;
}

/// After a hydration mismatch React renders the whole document again.
#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_when_react_can_not_hydrate_the_page() {
    for react in [REACT_18, REACT_19] {
        let sandbox = Sandbox::start(None);
        let (visitor, _) = arrive(&tag(&sandbox, ""), &[react, ELEMENTS].concat()).await;
        let browser = &visitor.browser;
        browser.expects_trouble();
        let mut conversation = Conversation::start(&visitor, &sandbox).await;
        browser.ask("void ReactDOM.hydrateRoot(document, page('mismatched'))").await;
        browser.until("document.querySelector('h2')?.textContent === 'mismatched'").await;
        conversation.goes_on("after it was rendered anew").await;
        browser.quit().await;
    }
}
