//! DOM clobbering: elements whose `id` or `name` shadows a property of the document, such as `<img name="body">`, which
//! visitors of a page may write into it. The chat must work, and take its settings from its script tag alone.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::site::{self, tag};
use crate::support::Sandbox;

/// The names of all properties of documents, in this browser.
const NAMES: &str = "(() => { const names = new Set(); \
    for (let of = Document.prototype; of; of = Object.getPrototypeOf(of)) { \
      for (const name of Object.getOwnPropertyNames(of)) if (name in document) names.add(name); } \
    return [...names].filter((name) => !/^(constructor|__)/.test(name)); })()";

/// HTML with elements of each of these names: documents find images, forms, frames and embedded objects by name.
fn named_elements(names: &[String]) -> String {
    let one = |(nth, name): (usize, &String)| match nth % 3 {
        0 => format!("<form name={name}></form>"),
        1 => format!("<img name={name} alt=''>"),
        _ => format!("<object id={name}></object>"),
    };
    names.iter().enumerate().map(one).collect()
}

/// A page in a frame of another page, whose document is not clobbered, so that WebDriver works.
pub struct Framed {
    pub browser: Browser,
}

impl Framed {
    pub async fn open(site: &str, html: &str) -> Self {
        let browser = Browser::start().await;
        let framed = Self { browser };
        framed.goes_to(site, html).await;
        framed
    }

    pub async fn goes_to(&self, site: &str, html: &str) {
        let inner = format!("{site}/html?html={}", utf8_percent_encode(html, NON_ALPHANUMERIC));
        let outer = format!(
            "<iframe src='{inner}' style='position:fixed;inset:0;width:100%;height:100%;border:0;background:white'></iframe>"
        );
        let outer = utf8_percent_encode(&outer, NON_ALPHANUMERIC);
        self.browser.page.goto(format!("{site}/html?html={outer}")).await.unwrap();
    }

    fn within(expression: &str) -> String {
        format!(
            "((inner) => {{ const chat = inner.natter; const root = chat?.shadowRoot; return ({expression}); }})\
             (document.querySelector('iframe').contentWindow)"
        )
    }

    pub async fn ask(&self, expression: &str) -> Value {
        self.browser.ask(&Self::within(expression)).await
    }

    pub async fn until(&self, holds: &str) {
        let script = format!(
            "const done = arguments[0];
             const look = () => {{ if ({}) done(true); else setTimeout(look, 25); }};
             look();",
            Self::within(&format!("root && ({holds})"))
        );
        if self.browser.page.execute_async(script, vec![]).await.is_err() {
            panic!("it never came to be that {holds}; the chat shows {}", self.ask("root?.textContent").await);
        }
    }

    /// The position of an element of the chat on the screen.
    async fn place(&self, selector: &str) -> (i64, i64) {
        let place = self
            .ask(&format!(
                "((box) => [box.x + box.width / 2, box.y + box.height / 2])\
                 (root.querySelector('{selector}').getBoundingClientRect())"
            ))
            .await;
        (place[0].as_f64().unwrap() as i64, place[1].as_f64().unwrap() as i64)
    }

    pub async fn clicks(&self, selector: &str) {
        let (x, y) = self.place(selector).await;
        self.browser.page.action_chain().move_to(x, y).click().perform().await.unwrap();
    }

    pub async fn sees(&self, texts: &[&str]) {
        let wanted = Value::String(serde_json::to_string(texts).unwrap());
        self.until(&format!(
            "JSON.stringify([...root.querySelectorAll('.bubble')].map((b) => b.textContent)) === {wanted} \
             && !root.querySelector('.unsent')"
        ))
        .await;
    }
}

/// HTML that a sanitizer lets visitors of a page write: an image that shadows `currentScript`.
const POSING: &str = "<img name=currentScript alt='' src='https://evil.example.test/natter/embed.js' \
    data-base-url='https://evil.example.test' data-inbox-identifier=evil data-name=evil \
    data-onpointerenter='window.pwned = 1' data-onclick='window.pwned = 2' data-style='all: unset'>\
    <form name=natterSettings id=natterSettings><input name=theme value=dark></form>\
    <a id=natter href='https://evil.example.test'></a><a id=natter name=push href='#'></a>";

/// The settings of the chat.
const ATTRIBUTES: &str = "[...chat.attributes].map(({ name, value }) => [name, value]).sort()";

#[tokio::test(flavor = "multi_thread")]
async fn dom_clobbering_of_document_properties_has_no_effect() {
    let (sandbox, site) = (Sandbox::start(None), site::serve().await);
    let framed = Framed::open(&site, "").await;
    let names: Vec<String> = serde_json::from_value(framed.browser.ask(NAMES).await).unwrap();
    for needed in ["currentScript", "body", "head", "documentElement", "createElement", "querySelector", "baseURI"] {
        assert!(names.iter().any(|name| name == needed), "{needed} is not among {names:?}");
    }
    let others: Vec<String> = names.into_iter().filter(|name| name != "currentScript").collect();
    let html = [
        POSING,
        &named_elements(&others),
        "<style>.bar { position: fixed; inset: auto 0 0; height: 60px; background: gold }</style><div class=bar></div>",
        &tag(&sandbox, "data-avoid=.bar data-team='[\"Ana\"]'"),
    ]
    .concat();
    framed.goes_to(&site, &html).await;
    framed.until("root.querySelector('.launcher')").await;
    let own = json!([
        ["avoid", ".bar"],
        ["base-url", sandbox.base_url],
        ["inbox-identifier", sandbox.inbox_identifier],
        ["team", "[\"Ana\"]"],
    ]);
    // The launcher avoids the bar, if `avoid` became its attribute.
    framed.until("innerHeight - root.querySelector('.launcher').getBoundingClientRect().bottom >= 60").await;
    let told =
        "[...chat.attributes].filter(({ name }) => name !== 'style').map(({ name, value }) => [name, value]).sort()";
    assert_eq!(framed.ask(told).await, own);
    assert_eq!(framed.ask("chat.parentNode.localName").await, "body", "not in a picture that is called so");

    framed.clicks(".launcher").await;
    framed.until("root.activeElement?.matches('textarea')").await;
    assert_eq!(framed.ask("root.querySelector('.panel').lang").await, "en", "the page's own");
    framed.browser.types("hello".to_owned() + Key::Enter).await;
    framed.sees(&["hello"]).await;
    let id = sandbox.conversations().await[0]["id"].as_i64().unwrap();
    sandbox.agent_replies(id, "Hi **there**").await;
    framed.sees(&["hello", "Hi there"]).await;

    // Modules that are loaded on first use and create elements.
    framed.clicks(".emoji").await;
    framed.until("root.querySelector('[role=gridcell]')").await;
    framed.clicks("[role=gridcell]").await;
    framed.until("root.querySelector('textarea').value !== ''").await;
    framed.browser.types(Key::Enter + "").await;
    framed.until("root.querySelectorAll('.own .bubble').length === 2 && !root.querySelector('.unsent')").await;
    framed.until("(chat.close(), true)").await;
    sandbox.agent_replies(id, "Still there?").await;
    framed.until("chat.unreadCount === 1").await;
    let title = "Reflect.get(inner.Document.prototype, 'title', inner.document)";
    framed.until(&format!("{title}.startsWith('(1) ')")).await;

    assert_eq!(framed.ask("inner.pwned ?? null").await, Value::Null, "nothing ran on the way");
    let asked = "inner.performance.getEntriesByType('resource').map(({ name, initiatorType }) => [name, initiatorType])\
                 .filter(([name, by]) => name.includes('evil') && by !== 'img')";
    assert_eq!(framed.ask(asked).await, json!([]), "nothing was fetched from where the picture is");
    framed.browser.quit().await;
}

/// `natterSettings` counts if the page has defined that global. An element or frame with that name does not, nor do properties
/// of Object.prototype.
#[tokio::test(flavor = "multi_thread")]
async fn dom_clobbering_can_not_inject_settings_or_attributes() {
    let (sandbox, site) = (Sandbox::start(None), site::serve().await);
    let expected = json!([["base-url", sandbox.base_url], ["inbox-identifier", sandbox.inbox_identifier]]);
    let from_script = |more: &str| tag(&sandbox, more);
    let in_global = format!(
        "<script>Object.prototype.theme = 'dark'; Object.prototype.inboxIdentifier = 'evil';
           natterSettings = {{ baseUrl: '{}', inboxIdentifier: '{}', onclick: 'window.pwned = 1', style: 'top: 0',
             id: 'chat', slot: 'x', __proto__: {{ mode: 'inline' }} }}</script><script src=/embed.js></script>",
        sandbox.base_url, sandbox.inbox_identifier
    );
    let framed = Framed::open(&site, "").await;
    for html in [
        [POSING, &from_script("")].concat(),
        ["<form id=natterSettings><input name=theme value=dark></form>", &from_script("")].concat(),
        ["<a id=natterSettings name=theme></a><a id=natterSettings href='#'></a>", &from_script("")].concat(),
        ["<iframe name=natterSettings src='/embed.js'></iframe><a id=natter></a>", &from_script("")].concat(),
        from_script(
            "data-onpointerenter='window.pwned = 1' data-onfocus='window.pwned = 2' data-id=chat data-class=x \
                     data-is=x data-hidden data-part=launcher data-exportparts=x",
        ),
        in_global,
    ] {
        framed.goes_to(&site, &html).await;
        framed.until("root.querySelector('.launcher')").await;
        assert_eq!(framed.ask(ATTRIBUTES).await, expected, "{html}");
        framed.clicks(".launcher").await;
        framed.until("root.activeElement?.matches('textarea')").await;
        assert_eq!(framed.ask("inner.pwned ?? null").await, Value::Null, "{html}");
    }
    framed.browser.quit().await;
}

/// `load` of the npm package inserts script and chat into the right places, too.
#[tokio::test(flavor = "multi_thread")]
async fn dom_clobbering_does_not_affect_the_npm_package() {
    let (sandbox, site) = (Sandbox::start(None), site::serve().await);
    let framed = Framed::open(&site, "").await;
    let names: Vec<String> = serde_json::from_value(framed.browser.ask(NAMES).await).unwrap();
    let load = format!(
        "<script type=module>import {{ load }} from '/index.js';
           window.loaded = await load({{ assets: '/', baseUrl: '{}', inboxIdentifier: '{}', onclick: 'pwned = 1' }});
         </script>",
        sandbox.base_url, sandbox.inbox_identifier
    );
    framed.goes_to(&site, &[&named_elements(&names), &*load].concat()).await;
    framed.until("inner.loaded === chat && chat.parentNode.localName === 'body'").await;
    let expected = json!([["base-url", sandbox.base_url], ["inbox-identifier", sandbox.inbox_identifier]]);
    assert_eq!(framed.ask(ATTRIBUTES).await, expected);
    framed.clicks(".launcher").await;
    framed.until("root.activeElement?.matches('textarea')").await;
    framed.browser.types("hello".to_owned() + Key::Enter).await;
    framed.sees(&["hello"]).await;
    framed.browser.quit().await;
}
