//! Pages around the chat: sites that replace their content or style and patch everything, page caches, CSS zoom, printing,
//! and themes.

use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::site::{self, tag};
use crate::support::Sandbox;
use crate::visitor::Visitor;

async fn arrive(html: &str) -> (Visitor, String) {
    let (site, visitor) = (site::serve().await, Visitor { browser: Browser::start().await });
    visitor.goes_to(&site, html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    (visitor, site)
}

/// Sends an agent's reply in the only conversation.
async fn is_answered(sandbox: &Sandbox, text: &str) {
    let id = sandbox.conversations().await[0]["id"].as_i64().unwrap();
    sandbox.agent_replies(id, text).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_open_when_the_page_replaces_its_body() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, "")).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let replace = "(() => { window.was = natter; const body = document.createElement('body'); \
        body.append(document.createElement('h1')); document.body.replaceWith(body); })()";
    visitor.browser.ask(replace).await;
    visitor.browser.until("natter === window.was && natter.isConnected && natter.isOpen").await;
    is_answered(&sandbox, "still there?").await;
    visitor.sees(&["hello", "still there?"]).await;
    visitor.say("yes").await;
    visitor.sees(&["hello", "still there?", "yes"]).await;
    assert_eq!(visitor.browser.ask("document.querySelectorAll('natter-chat').length").await, 1);
    // A chat that the site destroys does not return.
    visitor.browser.ask("(natter.destroy(), document.body.replaceWith(document.createElement('body')), null)").await;
    assert_eq!(visitor.browser.ask("document.querySelector('natter-chat')").await, Value::Null);
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_stays_across_pages_of_a_turbo_site() {
    let sandbox = Sandbox::start(None);
    let line = tag(&sandbox, "");
    let turbo = "<script type=module src=/turbo.js></script>";
    let (visitor, site) = arrive(&[turbo, &line].concat()).await;
    let browser = &visitor.browser;
    browser.until("window.Turbo").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    browser.ask("(window.was = natter, window.same = true)").await;
    for page in ["second", "third"] {
        let html = [turbo, &line, "<h2>", page, "</h2>"].concat();
        let url = format!(
            "{site}/html?html={}",
            percent_encoding::utf8_percent_encode(&html, percent_encoding::NON_ALPHANUMERIC)
        );
        browser.ask(&format!("void Turbo.visit({})", Value::String(url))).await;
        browser.until(&format!("document.querySelector('h2')?.textContent === '{page}' && window.same")).await;
        browser.until("natter === window.was && natter.isConnected && natter.isOpen").await;
        assert_eq!(browser.ask("document.querySelectorAll('natter-chat').length").await, 1);
    }
    is_answered(&sandbox, "on the third page").await;
    visitor.sees(&["hello", "on the third page"]).await;
    visitor.say("and here").await;
    visitor.sees(&["hello", "on the third page", "and here"]).await;
    browser.quit().await;
}

/// Styles and patches that apply to every element and object of a page.
const HOSTILE: &str = "<style>
  body * { all: revert; position: static !important; display: block !important; color: red !important; transform: rotate(1deg);
      font: 40px fantasy !important; box-sizing: content-box; animation: none; }
  button, textarea, div, p { width: 3px !important; opacity: 0.2; text-transform: uppercase; direction: rtl }
  natter-chat { zoom: 1 }
</style><script>
  Array.prototype.last = function () { return this.at(-1); };
  Object.prototype.extra = 'extra';
  String.prototype.trim2 = String.prototype.trim;
  Array.prototype.toJSON = function () { return 'old library'; };
  delete Array.prototype.toJSON;
  const then = Promise.prototype.then;
  Promise.prototype.then = function (...given) { return then.apply(this, given); };
  const set = Element.prototype.setAttribute;
  Element.prototype.setAttribute = function (...given) { return set.apply(this, given); };
  window.keys = [];
  for (const type of ['keydown', 'keypress', 'keyup']) document.addEventListener(type, (event) => {
    keys.push(type + ' ' + event.key);
    if ('/?kjgn'.includes(event.key)) event.preventDefault();
  });
</script><div id=natterSettings></div><form id=queue></form>";

#[tokio::test(flavor = "multi_thread")]
async fn the_chat_works_on_a_page_that_styles_and_patches_everything() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&[HOSTILE, &tag(&sandbox, "")].concat()).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("jog/king? no").await;
    visitor.sees(&["jog/king? no"]).await;
    assert_eq!(browser.ask("window.keys").await, json!([]), "what is typed is none of the page's business");
    is_answered(&sandbox, "Hi").await;
    visitor.sees(&["jog/king? no", "Hi"]).await;
    let look = "(() => { const [panel, own] = [root.querySelector('.panel'), root.querySelector('.own .bubble')]; \
        const style = getComputedStyle(own); \
        return [Math.round(panel.getBoundingClientRect().width), style.fontSize, style.direction, style.opacity]; })()";
    assert_eq!(browser.ask(look).await, json!([400, "15px", "ltr", "1"]));
    // After the chat was closed by Escape, the page receives its keys again.
    browser.types(Key::Escape + "").await;
    browser.until("!natter.isOpen").await;
    browser.ask("void document.activeElement.blur()").await;
    browser.types("g").await;
    assert_eq!(browser.ask("window.keys").await, json!(["keyup Escape", "keydown g", "keyup g"]));
    assert_eq!(browser.ask("Object.keys(window).filter((name) => /natter/i.test(name))").await, json!(["natter"]));
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_come_neither_from_the_url_nor_from_prototypes() {
    let sandbox = Sandbox::start(None);
    let html = format!(
        "<script>Object.prototype.fallbackUrl = 'https://evil.test/'; Object.prototype['data-theme'] = 'dark';
         natterSettings = {{ inboxIdentifier: '{}', baseUrl: '{}', team: ['Ana'], pageContext: true, sound: false }}</script>
         <script src=/embed.js></script>",
        sandbox.inbox_identifier, sandbox.base_url
    );
    let (visitor, _) = arrive(&html).await;
    let browser = &visitor.browser;
    browser.expects_trouble();
    browser.ask("void history.replaceState(null, '', location.href + '&base-url=https://evil.test&inbox-identifier=x#base-url=https://evil.test')").await;
    let given = "JSON.stringify([...natter.attributes].map(({ name, value }) => [name, value]).sort())";
    let expected = json!([
        ["base-url", sandbox.base_url],
        ["inbox-identifier", sandbox.inbox_identifier],
        ["page-context", ""],
        ["sound", "false"],
        ["team", "[\"Ana\"]"],
    ]);
    assert_eq!(browser.ask(given).await, expected.to_string());
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_launcher_avoids_elements_that_the_site_names() {
    let sandbox = Sandbox::start(None);
    let html = [
        "<style>.bar { position: fixed; inset: auto 0 0; height: 90px; background: gold }</style><div class=bar hidden></div>",
        &tag(&sandbox, "data-avoid=.bar"),
    ]
    .concat();
    let (visitor, _) = arrive(&html).await;
    let browser = &visitor.browser;
    let beneath = "Math.round(innerHeight - root.querySelector('.launcher').getBoundingClientRect().bottom)";
    assert_eq!(browser.ask(beneath).await, 20);
    browser.until("performance.getEntriesByType('resource').some(({ name }) => name.endsWith('collision.js'))").await;
    browser.ask("void (document.querySelector('.bar').hidden = false)").await;
    browser.until(&format!("{beneath} >= 90 && {beneath} < 130")).await;
    visitor.open().await;
    let panel = "root.querySelector('.panel').getBoundingClientRect()";
    browser
        .until(&format!(
            "{panel}.bottom <= root.querySelector('.launcher').getBoundingClientRect().top && {panel}.top >= 0"
        ))
        .await;
    browser.ask("void document.querySelector('.bar').remove()").await;
    browser.until(&format!("{beneath} === 20")).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_theme_follows_the_page_live() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, "data-theme=host")).await;
    visitor.open().await;
    let browser = &visitor.browser;
    let is_dark = "(() => { const [r] = getComputedStyle(root.querySelector('.panel')).backgroundColor.match(/\\d+/g); return r < 100 })()";
    browser.until(&format!("!{is_dark}")).await;
    browser.ask("void (document.documentElement.style.colorScheme = 'dark')").await;
    browser.until(is_dark).await;
    browser.ask("void (document.documentElement.style.colorScheme = 'light')").await;
    browser.until(&format!("!{is_dark}")).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_from_the_back_forward_cache_continues_its_chat() {
    let sandbox = Sandbox::start(None);
    let line = tag(&sandbox, "");
    let (visitor, site) = arrive(&line).await;
    let browser = &visitor.browser;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    browser
        .ask("void (window.mark = 1, addEventListener('pageshow', ({ persisted }) => window.persisted = persisted))")
        .await;
    visitor.goes_to(&site, "<h2>Elsewhere</h2>", None).await;
    is_answered(&sandbox, "while you were away").await;
    browser.page.back().await.unwrap();
    browser.until("root.querySelector('.launcher')").await;
    // Whether the browser has cached the page or loads it again, no message is missing.
    if browser.ask("window.persisted").await != true {
        visitor.open().await;
    }
    visitor.sees(&["hello", "while you were away"]).await;
    is_answered(&sandbox, "live again").await;
    visitor.sees(&["hello", "while you were away", "live again"]).await;
    browser.quit().await;
}

/// Whether the element with this selector in the chat is dark (JavaScript).
fn is_dark(selector: &str) -> String {
    format!(
        "(() => {{ const [r] = getComputedStyle(root.querySelector('{selector}')).backgroundColor.match(/\\d+/g); return r < 100 }})()"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_theme_follows_the_visitors_preference() {
    let sandbox = Sandbox::start(None);
    let (visitor, _) = arrive(&tag(&sandbox, "")).await;
    visitor.open().await;
    let browser = &visitor.browser;
    let panel = is_dark(".panel");
    for (scheme, theme, dark) in [
        ("dark", "null", true),
        ("light", "null", false),
        ("dark", "'light'", false),
        ("light", "'dark'", true),
        ("dark", "null", true),
    ] {
        browser.prefer(scheme).await;
        browser.ask(&format!("natter.setTheme({theme})")).await;
        browser.until(&format!("{panel} === {dark}")).await;
    }
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_printed_page_has_no_launcher_and_no_chat() {
    let sandbox = Sandbox::start(None);
    // With the loader alone, with an open chat, and inline.
    for (more, is_opened) in [("data-load=manual", false), ("", true), ("data-mode=inline", true)] {
        let (visitor, _) = arrive(&tag(&sandbox, more)).await;
        let browser = &visitor.browser;
        if is_opened {
            browser.ask("natter.open()").await;
            browser.until("root.querySelector('textarea')").await;
        }
        let is_seen = "[...root.querySelectorAll('.launcher, .panel')].some((it) => it.checkVisibility())";
        assert_eq!(browser.ask(is_seen).await, true, "{more}");
        browser.devtools("Emulation.setEmulatedMedia", json!({ "media": "print" })).await;
        assert_eq!(browser.ask(is_seen).await, false, "{more}");
        browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_chat_is_visible_on_a_page_with_css_zoom() {
    let sandbox = Sandbox::start(None);
    let page = "<style>.bar { position: fixed; inset: auto 0 0; height: 60px; background: gold }</style>";
    let (visitor, _) = arrive(&[page, &tag(&sandbox, "data-avoid=.bar")].concat()).await;
    let browser = &visitor.browser;
    visitor.open().await;
    let inside = "['.head', 'textarea'].every((one) => { \
        const [box, at] = [root.querySelector(one).getBoundingClientRect(), root.querySelector('.panel').getBoundingClientRect()]; \
        const isIn = (it) => it.top >= -1 && it.left >= -1 && it.right <= innerWidth + 1 && it.bottom <= innerHeight + 1; \
        return box.height > 10 && isIn(box) && isIn(at) \
            && root.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2)?.closest('.panel'); })";
    let menu = "(() => { const box = root.querySelector('.items').getBoundingClientRect(); \
        const at = root.querySelector('.panel').getBoundingClientRect(); \
        const button = root.querySelector('.menu summary').getBoundingClientRect(); \
        return box.height > 40 && box.bottom <= at.bottom && box.left >= at.left && box.right <= at.right \
            && Math.abs(box.top - button.bottom) < 20; })()";
    for (width, height) in [(1100, 820), (1000, 500), (400, 700)] {
        browser.resize(width, height).await;
        for zoom in ["1", "1.25", "1.5", "2"] {
            for of in ["documentElement", "body"] {
                browser.ask(&format!("void (document.{of}.style.zoom = {zoom})")).await;
                browser.until(&format!("{inside} /* {width} {zoom} {of} */")).await;
                browser.ask("void (root.querySelector('.menu').open = true)").await;
                browser.until(&format!("{menu} /* {width} {zoom} {of} */")).await;
                browser.ask("void (root.querySelector('.menu').open = false)").await;
                browser.ask(&format!("void (document.{of}.style.zoom = '')")).await;
            }
        }
    }
    // The zoom applies to the element to avoid, too.
    browser.resize(1100, 820).await;
    browser.ask("void (natter.close(), document.body.style.zoom = 2, document.body.insertAdjacentHTML('beforeend', '<div class=bar></div>'))").await;
    let gap = "document.querySelector('.bar').getBoundingClientRect().top - root.querySelector('.launcher').getBoundingClientRect().bottom";
    browser.until(&format!("Math.abs({gap} - 12) < 2")).await;
    browser.quit().await;
}
