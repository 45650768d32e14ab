//! `<natter-chat>` as a custom element: attributes and properties, moving and removing it, several on a page, inline mode.

use serde_json::json;

use crate::browser::Browser;
use crate::site;
use crate::support::Sandbox;
use crate::visitor::Visitor;

fn element(sandbox: &Sandbox, more: &str) -> String {
    let (server, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
    format!(r#"<natter-chat base-url="{server}" inbox-identifier="{inbox}" {more}></natter-chat>"#)
}

fn page(elements: &[String]) -> String {
    ["<script src=/embed.js></script>", &elements.concat()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_are_attributes_and_properties_that_apply_live() {
    let sandbox = Sandbox::start(None);
    let visitor = Visitor::arrive_at_page(&page(&[element(&sandbox, "")]), None).await;
    let browser = &visitor.browser;
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    let side = "root.querySelector('.launcher').getBoundingClientRect().left < innerWidth / 2";
    assert_eq!(browser.ask(side).await, false);
    browser.ask("(natter.position = 'left', natter.team = ['Ana', { name: 'Ben' }], null)").await;
    browser.until(&format!("{side} && root.querySelectorAll('.team .avatar').length === 2")).await;
    assert_eq!(browser.ask("natter.getAttribute('team')").await, r#"["Ana",{"name":"Ben"}]"#);
    browser.ask("natter.setTheme('dark')").await;
    browser.until("getComputedStyle(natter).colorScheme === 'dark'").await;
    browser.ask("natter.setLocale('de')").await;
    browser.until("root.querySelector('textarea').placeholder === 'Nachricht schreiben'").await;
    let beneath = "getComputedStyle(root.querySelector('.launcher'))";
    let place = "natter.style.cssText = '--natter-offset-x: 40px; --natter-offset-y: 60px; --natter-z-index: 7'";
    browser.ask(place).await;
    assert_eq!(
        browser.ask(&format!("[{beneath}.left, {beneath}.bottom, {beneath}.zIndex]")).await,
        json!(["40px", "60px", "7"])
    );
    // The messages are still there: the chat was not started again.
    visitor.sees(&["hello"]).await;
    assert_eq!(sandbox.conversations().await.len(), 1);
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn properties_set_before_the_element_is_defined_count() {
    let sandbox = Sandbox::start(None);
    let html = format!(
        "{}<script>document.querySelector('natter-chat').team = ['Ana']</script><script src=/embed.js></script>",
        element(&sandbox, "")
    );
    let visitor = Visitor::arrive_at_page(&html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.browser.until("root.querySelectorAll('.team .avatar').length === 1").await;
    visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moved_element_keeps_its_chat_and_a_removed_one_cleans_up() {
    let sandbox = Sandbox::start(None);
    let count = "<script>(() => {
      const open = window.open_ = { listeners: new Set(), timers: new Set(), sockets: new Set() };
      const id = (on, type, listener, options) => on + type + (typeof options === 'object' ? !!options?.capture : !!options);
      for (const [on, name] of [[window, 'window'], [document, 'document']]) {
        const [add, remove] = [on.addEventListener, on.removeEventListener];
        on.addEventListener = (type, listener, options) => {
          const mark = { type, name, listener };
          open.listeners.add(mark);
          options?.signal?.addEventListener('abort', () => open.listeners.delete(mark));
          return add.call(on, type, listener, options);
        };
        on.removeEventListener = (type, listener, options) => {
          for (const mark of open.listeners) if (mark.listener === listener && mark.type === type) open.listeners.delete(mark);
          return remove.call(on, type, listener, options);
        };
      }
      const [set, clear] = [setTimeout, clearTimeout];
      window.setTimeout = (task, ...more) => {
        const timer = set((...given) => (open.timers.delete(timer), task(...given)), ...more);
        open.timers.add(timer);
        return timer;
      };
      window.clearTimeout = (timer) => (open.timers.delete(timer), clear(timer));
      const Own = WebSocket;
      window.WebSocket = class extends Own {
        constructor(...given) {
          super(...given);
          open.sockets.add(this);
        }
      };
      window.left = async () => ({
        listeners: [...open.listeners].map(({ name, type }) => name + ' ' + type),
        locks: (await navigator.locks.query()).held.map(({ name }) => name),
        nodes: document.querySelectorAll('*').length,
        sockets: [...open.sockets].filter(({ readyState }) => readyState < 2).length,
        timers: open.timers.size,
      });
    })()</script>";
    let visitor = Visitor::arrive_at_page(&[count, &page(&[])].concat(), None).await;
    let browser = &visitor.browser;
    let before = browser.ask("window.left()").await;
    let add =
        format!("document.body.insertAdjacentHTML('beforeend', '{}')", element(&sandbox, "avoid=.bar prompts=[]"));
    browser.ask(&format!("void {add}")).await;
    visitor.open().await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    browser.until("(await document.querySelector('natter-chat').diagnostics()).socket_live === 'yes'").await;

    browser.ask("void document.querySelector('main').append(document.querySelector('natter-chat'))").await;
    visitor.sees(&["hello"]).await;
    let there = browser.ask("window.left()").await;
    assert_eq!((&there["sockets"], there["locks"].as_array().unwrap().len()), (&json!(1), 1), "{there}");

    browser.ask("void (window.gone = natter, natter.destroy())").await;
    let is_gone = format!("JSON.stringify(await window.left()) === {:?}", before.to_string());
    let done = format!(
        "const done = arguments[0]; const look = async () => {{ ({is_gone}) ? done(true) : setTimeout(look, 25) }}; look()"
    );
    // The page has no chat element now.
    let ended = browser.page.execute_async(done, vec![]).await;
    assert!(ended.is_ok(), "before: {before}, after: {}", browser.ask("window.left()").await);
    // Inserted again, it shows all messages.
    browser.ask("void document.body.append(window.gone)").await;
    browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.sees(&["hello"]).await;
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_chats_share_a_conversation_only_with_the_same_inbox() {
    let sandbox = Sandbox::start(None);
    let elements = [element(&sandbox, "name=one"), element(&sandbox, "name=two position=left")];
    let visitor = Visitor::arrive_at_page(&page(&elements), None).await;
    let browser = &visitor.browser;
    browser.expects_trouble();
    browser.until("root.querySelector('.launcher')").await;
    browser.ask("(natter.get('one').open(), natter.get('two').open())").await;
    browser.until("natter.get('two').shadowRoot.querySelector('textarea') && natter.get('one').shadowRoot.querySelector('textarea')").await;
    browser.ask("natter.get('two').send('from the second')").await;
    let said = |name: &str| {
        format!("[...natter.get('{name}').shadowRoot.querySelectorAll('.bubble')].map(it => it.textContent).join()")
    };
    for name in ["one", "two"] {
        let has_arrived = format!("!natter.get('{name}').shadowRoot.querySelector('.unsent')");
        browser.until(&format!("{} === 'from the second' && {has_arrived}", said(name))).await;
    }
    let id = visitor.session().await["conversation"].as_i64().unwrap();
    sandbox.agent_replies(id, "to both").await;
    for name in ["one", "two"] {
        browser.until(&format!("{} === 'from the second,to both'", said(name))).await;
    }
    assert_eq!(sandbox.conversations().await.len(), 1);
    // The second chat gets another inbox.
    browser.ask("void (natter.get('two').inboxIdentifier = 'anotherInbox000000000001')").await;
    browser.ask("natter.get('two').open()").await;
    browser.until("natter.get('two').shadowRoot.querySelector('textarea')").await;
    assert_eq!(browser.ask(&said("two")).await, "");
    assert_eq!(browser.ask(&said("one")).await, "from the second,to both");
    browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inline_chat_opens_when_it_scrolls_into_view() {
    let sandbox = Sandbox::start(None);
    let site = site::serve().await;
    let visitor = Visitor { browser: Browser::start().await };
    let browser = &visitor.browser;
    let inline = element(&sandbox, "mode=inline id=here");
    let html = format!("<div id=above></div><section>{inline}</section><script src=/embed.js></script>");
    visitor.goes_to(&site, &html, None).await;
    let far = "(document.querySelector('#above').style.height = '3000px', document.querySelector('#here').style.height = '420px', scrollTo(0, 0))";
    browser.ask(far).await;
    let wasm = "performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.wasm')).length";
    browser.until("new Promise((done) => requestIdleCallback(() => requestIdleCallback(() => done(true))))").await;
    // It may have been in view before the page was scrolled.
    visitor.browser.page.refresh().await.unwrap();
    browser.ask("document.querySelector('#here').scrollIntoView()").await;
    browser.until("root.querySelector('textarea') && root.querySelector('.panel').role === 'region'").await;
    assert_eq!(browser.ask(wasm).await, 1);
    let shape = "(() => { const [own, panel] = [natter, root.querySelector('.panel')].map(it => it.getBoundingClientRect()); \
        return [Math.round(own.height - panel.height), Math.round(own.width - panel.width), \
        getComputedStyle(root.querySelector('.launcher')).display, document.activeElement === document.body]; })()";
    assert_eq!(browser.ask(shape).await, json!([0, 0, "none", true]), "it takes the room it is given, and no focus");
    let menu = "(() => { root.querySelector('.menu').open = true; const [menu, panel] = ['.items', '.panel'].map((it) => \
        root.querySelector(it).getBoundingClientRect()); return menu.height > 40 && menu.top >= panel.top && \
        menu.bottom <= panel.bottom && menu.left >= panel.left && menu.right <= panel.right; })()";
    assert_eq!(browser.ask(menu).await, json!(true), "its menu stays in it");
    browser.ask("void (root.querySelector('.menu').open = false)").await;
    browser.ask("(natter.close(), natter.shadowRoot.querySelector('textarea').focus(), null)").await;
    browser.types(thirtyfour::Key::Escape + "").await;
    visitor.say("hello").await;
    visitor.sees(&["hello"]).await;
    browser.quit().await;
}
