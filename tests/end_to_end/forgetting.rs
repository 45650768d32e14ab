//! Logging out, being forgotten, another user, consent taken back, too long without a visit: whoever comes next finds
//! nothing of the former visitor, whatever state the chat is in. Each way to forget is tried in each state.

use serde_json::{Value, json};
use thirtyfour::WindowHandle;

use crate::accounts::{arrive_with, user};
use crate::browser::Browser;
use crate::site::{self, tag};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// What stands in everything of the former visitor's, wherever it may be.
const MARK: &str = "salary";

/// How somebody is forgotten, as a page says it; it waits for the promise.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Reset,
    Forget,
    NoConsent,
    OtherUser,
}

impl Way {
    fn script(self, other: &Value) -> String {
        match self {
            Self::Reset => "natter.reset().then(() => true)".to_owned(),
            Self::Forget => "natter.forget().then(() => true)".to_owned(),
            Self::NoConsent => "natter.consent(false).then(() => true)".to_owned(),
            Self::OtherUser => format!("natter.setUser({other}), true"),
        }
    }
}

/// Everything that this origin keeps, and all that the page shows, reads aloud or says in its title.
const TRACES: &str = "(async () => {
  const kept = {};
  try { Object.assign(kept, localStorage); } catch {}
  const files = await (async () => {
    let all = [];
    try { all = await indexedDB.databases(); } catch {}
    if (!all.some(({ name }) => name === 'natter')) return [];
    const opened = await new Promise((done, fail) => Object.assign(indexedDB.open('natter', 1), { onsuccess: (e) => done(e.target.result), onerror: fail }));
    const keys = await new Promise((done, fail) => Object.assign(opened.transaction('files').objectStore('files').getAllKeys(), { onsuccess: (e) => done(e.target.result), onerror: fail }));
    opened.close();
    return keys;
  })();
  const own = Object.keys(kept).filter((key) => !key.endsWith('/generation'));
  const shown = (root?.querySelector('.panel')?.textContent ?? '') + (root?.querySelector('.over')?.textContent ?? '') + (root?.querySelector('textarea')?.value ?? '');
  return JSON.stringify({ kept, own, files, shown, title: document.title, unread: document.querySelector('natter-chat')?.unreadCount ?? 0, notices: (window.notices ?? []).filter((one) => !one.closed).length });
})()";

/// A notification that the page can count. (Headless browsers show none.)
const NOTICES: &str = "<script>
  window.notices = [];
  window.Notification = class { static permission = 'granted'; static requestPermission = async () => 'granted';
    constructor(title, { body }) { Object.assign(this, { title, body }); notices.push(this); }
    close() { this.closed = true; this.onclose?.(); } };
</script>";

struct Scene {
    sandbox: Sandbox,
    visitor: Visitor,
    site: String,
    conversation: i64,
}

impl Scene {
    fn ana(sandbox: &Sandbox) -> Value {
        user(sandbox, "ana")
    }

    /// A proven user who has written, has an answer, a draft and a file on its way, in a chat that runs.
    async fn begin(more: &str) -> Self {
        let sandbox = Sandbox::start(None);
        let (site, visitor) = (site::serve().await, Visitor { browser: Browser::start().await });
        let ana = Self::ana(&sandbox);
        arrive_with(&visitor, &site, &sandbox, Some(&ana), &format!("{NOTICES}{more}")).await;
        visitor.open().await;
        visitor.say("about my salary").await;
        visitor.sees(&["about my salary"]).await;
        let conversation = sandbox.conversations().await[0]["id"].as_i64().unwrap();
        sandbox.agent_replies(conversation, "your salary is paid").await;
        visitor.sees(&["about my salary", "your salary is paid"]).await;
        visitor.find("textarea").await.send_keys("my salary is").await.unwrap();
        visitor.browser.until("Object.keys(localStorage).some((key) => key.endsWith('/draft'))").await;
        // A file that a page left behind: its message was never written down.
        visitor
            .browser
            .ask(
                "(async () => {
                   const prefix = Object.keys(localStorage).find((key) => key.endsWith('/session')).slice(0, -'session'.length);
                   const home = performance.getEntriesByType('resource').map(({ name }) => name).find((name) => name.endsWith('/panel.js'));
                   const { store } = await import(new URL('parts/files.js', home));
                   return store(prefix + 'left-behind', [new File(['salary'], 'salary.txt')]);
                 })()",
            )
            .await;
        Self { sandbox, visitor, site, conversation }
    }

    async fn traces(&self) -> Value {
        let traces = self.visitor.browser.ask(TRACES).await;
        serde_json::from_str(traces.as_str().unwrap()).unwrap()
    }

    /// Nothing of the former visitor's is left in this tab or on the device, and stays so.
    async fn is_forgotten(&self, why: &str) {
        let browser = &self.visitor.browser;
        browser.until(&format!("!root.textContent.includes('{MARK}')")).await;
        let traces = self.traces().await;
        assert!(!traces.to_string().contains(MARK), "{why}: {traces}");
        assert_eq!(
            (&traces["files"], &traces["unread"], &traces["notices"]),
            (&json!([]), &json!(0), &json!(0)),
            "{why}: {traces}"
        );
        assert_eq!(traces["title"], "Somebody's website", "{why}");
    }

    /// The thread does not come back: neither by an agent's next message in it, nor when the next visitor writes and is
    /// answered. By then this tab has received and read all that it is ever given, on a socket and by HTTP.
    async fn stays_forgotten(&self, why: &str) {
        self.sandbox.agent_replies(self.conversation, "and your salary next month").await;
        let browser = &self.visitor.browser;
        browser.ask("(natter.consent(), natter.open(), null)").await;
        browser.until("root.querySelector('textarea')?.checkVisibility()").await;
        self.visitor.say("Hello from the next visitor").await;
        self.visitor.sees(&["Hello from the next visitor"]).await;
        let next = self.sandbox.conversations().await.iter().map(|one| one["id"].as_i64().unwrap()).max().unwrap();
        assert_ne!(next, self.conversation, "{why}: the next visitor has a conversation of their own");
        self.sandbox.agent_replies(next, "Hello to the next visitor").await;
        self.visitor.sees(&["Hello from the next visitor", "Hello to the next visitor"]).await;
        self.is_forgotten(why).await;
    }

    async fn other_tab(&self, html: &str, user: Option<&Value>) -> WindowHandle {
        let page = &self.visitor.browser.page;
        let tab = page.new_tab().await.unwrap();
        page.switch_to_window(tab.clone()).await.unwrap();
        arrive_with(&self.visitor, &self.site, &self.sandbox, user, html).await;
        tab
    }

    async fn look_at(&self, tab: &WindowHandle) {
        self.visitor.browser.page.switch_to_window(tab.clone()).await.unwrap();
    }

    async fn says(&self, way: Way) {
        let other = user(&self.sandbox, "ben");
        let said = self.visitor.browser.ask(&way.script(&other)).await;
        assert_eq!(said, true, "{way:?}");
        if way == Way::OtherUser {
            // Nobody waits for a promise here.
            self.visitor.browser.until(&format!("JSON.parse(await {TRACES}).files.length === 0")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_chat_runs_nothing_is_left() {
    for way in [Way::Reset, Way::Forget, Way::NoConsent, Way::OtherUser] {
        let scene = Scene::begin("").await;
        scene.says(way).await;
        scene.is_forgotten(&format!("{way:?}")).await;
        if way != Way::OtherUser {
            let own = scene.traces().await["own"].clone();
            assert_eq!(own, json!([]), "{way:?}: at once, when the promise is kept");
        }
        scene.stays_forgotten(&format!("{way:?}")).await;
        scene.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_chat_runs_yet_nothing_is_left_here_and_in_the_tab_where_one_does() {
    for way in [Way::Reset, Way::Forget, Way::NoConsent] {
        let scene = Scene::begin("").await;
        let running = scene.visitor.browser.page.window().await.unwrap();
        let tab = scene.other_tab("", None).await;
        // The page on which one logs out has a launcher, and no chat.
        let is_manual = "document.querySelector('natter-chat').load = 'manual', natter.isOpen";
        assert_eq!(scene.visitor.browser.ask(is_manual).await, false);
        scene.says(way).await;
        scene.is_forgotten(&format!("{way:?}, without a chat")).await;
        scene.look_at(&running).await;
        scene.stays_forgotten(&format!("{way:?}, in the tab where it runs")).await;
        scene.look_at(&tab).await;
        scene.is_forgotten(&format!("{way:?}, later")).await;
        scene.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_tab_forgets_the_others_do_too() {
    for way in [Way::Reset, Way::Forget, Way::NoConsent, Way::OtherUser] {
        let scene = Scene::begin("").await;
        let first = scene.visitor.browser.page.window().await.unwrap();
        let ana = Scene::ana(&scene.sandbox);
        scene.other_tab("", Some(&ana)).await;
        scene.visitor.open().await;
        scene.visitor.sees(&["about my salary", "your salary is paid"]).await;
        scene.says(way).await;
        scene.is_forgotten(&format!("{way:?}, said here")).await;
        scene.look_at(&first).await;
        scene.stays_forgotten(&format!("{way:?}, in the other tab")).await;
        scene.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_or_dies_brings_nobody_back() {
    for way in [Way::Reset, Way::Forget] {
        for dies in [true, false] {
            let why = format!("{way:?}, and the leader {}", if dies { "dies" } else { "hangs" });
            let scene = Scene::begin("").await;
            let first = scene.visitor.browser.page.window().await.unwrap();
            let ana = Scene::ana(&scene.sandbox);
            let second = scene.other_tab("", Some(&ana)).await;
            scene.visitor.open().await;
            scene.visitor.sees(&["about my salary", "your salary is paid"]).await;
            let listen = "void (window.hangs = new Promise((done) => new BroadcastChannel('hang').onmessage = done))";
            scene.visitor.browser.ask(listen).await;
            scene.look_at(&first).await;
            let hang = "void setTimeout(() => { new BroadcastChannel('hang').postMessage('now'); \
                        const end = Date.now() + 6_000; while (Date.now() < end); })";
            scene.visitor.browser.ask(hang).await;
            scene.look_at(&second).await;
            assert_eq!(scene.visitor.browser.ask("hangs.then(() => true)").await, true);
            scene.says(way).await;
            scene.is_forgotten(&why).await;
            scene.look_at(&first).await;
            if dies {
                drop(scene.visitor.browser.page.cdp().send_raw("Page.crash", json!({})).await);
                scene.look_at(&second).await;
            }
            scene.stays_forgotten(&why).await;
            // Whoever comes next to this device.
            scene.other_tab("", None).await;
            scene.visitor.open().await;
            scene.is_forgotten(&why).await;
            scene.visitor.browser.quit().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_long_without_a_visit_and_nothing_is_left() {
    let scene = Scene::begin("").await;
    let age = "(() => { const session = Object.keys(localStorage).find((key) => key.endsWith('/session'));
        localStorage.setItem(session.replace(/session$/, 'visited'), '1'); return true; })()";
    scene.visitor.browser.ask(age).await;
    // Nobody is named: who comes after so long is nobody in particular.
    let html = [NOTICES, &tag(&scene.sandbox, "data-retention-days=30")].concat();
    scene.visitor.goes_to(&scene.site, &html, None).await;
    scene.visitor.browser.until("root.querySelector('.launcher')").await;
    scene.visitor.open().await;
    scene.visitor.browser.until("!Object.keys(localStorage).some((key) => key.endsWith('/session'))").await;
    scene.stays_forgotten("retention").await;
    scene.visitor.browser.quit().await;
}

/// As browsers do it that block what pages keep.
const BLOCKED: &str = "<script>
  for (const name of ['localStorage', 'indexedDB']) Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_can_be_kept_nothing_is_left_in_memory_and_in_the_other_tab() {
    for way in [Way::Reset, Way::Forget, Way::NoConsent, Way::OtherUser] {
        let sandbox = Sandbox::start(None);
        let (site, visitor) = (site::serve().await, Visitor { browser: Browser::start().await });
        visitor.browser.expects_trouble();
        let ana = user(&sandbox, "ana");
        let html = format!("{NOTICES}{BLOCKED}");
        arrive_with(&visitor, &site, &sandbox, Some(&ana), &html).await;
        visitor.open().await;
        visitor.say("about my salary").await;
        visitor.sees(&["about my salary"]).await;
        let conversation = sandbox.conversations().await[0]["id"].as_i64().unwrap();
        let scene = Scene { sandbox, visitor, site, conversation };
        let first = scene.visitor.browser.page.window().await.unwrap();
        scene.other_tab(&html, Some(&ana)).await;
        scene.visitor.open().await;
        scene.says(way).await;
        scene.is_forgotten(&format!("{way:?}, blocked")).await;
        scene.look_at(&first).await;
        if way != Way::OtherUser {
            scene.stays_forgotten(&format!("{way:?}, blocked, in the other tab")).await;
        }
        scene.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_said_for_one_user_is_never_the_next_ones() {
    let sandbox = Sandbox::start(None);
    let (ana, ben) = (user(&sandbox, "ana"), user(&sandbox, "ben"));
    let html = format!(
        r#"<script>natter = [["setUser", {ana}], ["send", "from Ana"], ["setUser", {ben}], ["send", "from Ben"]]</script>{}"#,
        tag(&sandbox, "")
    );
    let visitor = Visitor::arrive_at_page(&html, None).await;
    visitor.browser.until("root.querySelector('.launcher')").await;
    visitor.open().await;
    visitor.sees(&["from Ben"]).await;
    let all = sandbox.conversations().await;
    assert_eq!(all.len(), 2, "each has their own");
    for conversation in &all {
        let said = sandbox.messages(conversation["id"].as_i64().unwrap()).await;
        let sender = conversation["meta"]["sender"]["id"].as_i64().unwrap();
        let contact =
            sandbox.as_agent("GET", &format!("/contacts/{sender}"), &Value::Null).await.ok()["payload"].clone();
        let expected = if contact["identifier"] == "ana" { "from Ana" } else { "from Ben" };
        assert_eq!(said.len(), 1);
        assert_eq!(said[0]["content"], expected, "{contact}");
    }
    visitor.browser.quit().await;
}
