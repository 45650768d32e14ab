//! Forgetting a visitor: `reset`, `forget`, `consent(false)`, another user and `retention-days`, each in every state of the
//! chat and its tabs. Nothing of the former visitor may stay on the device, on the page or in memory.

use serde_json::{Value, json};
use thirtyfour::WindowHandle;

use crate::browser::Browser;
use crate::identified_users::{arrive_with, user};
use crate::site::{self, tag};
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// A word that all texts of the former visitor contain.
const MARK: &str = "salary";

/// A call that forgets the visitor.
#[derive(Clone, Copy, Debug, PartialEq)]
enum ForgetCall {
    Reset,
    Forget,
    NoConsent,
    OtherUser,
}

impl ForgetCall {
    fn script(self, other: &Value) -> String {
        match self {
            Self::Reset => "natter.reset().then(() => true)".to_owned(),
            Self::Forget => "natter.forget().then(() => true)".to_owned(),
            Self::NoConsent => "natter.consent(false).then(() => true)".to_owned(),
            Self::OtherUser => format!("natter.setUser({other}), true"),
        }
    }
}

/// Everything that the origin stores, and that the page shows, announces or has in its title (JavaScript).
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

/// A fake `Notification` that counts: headless browsers show none.
const NOTICES: &str = "<script>
  window.notices = [];
  window.Notification = class { static permission = 'granted'; static requestPermission = async () => 'granted';
    constructor(title, { body }) { Object.assign(this, { title, body }); notices.push(this); }
    close() { this.closed = true; this.onclose?.(); } };
</script>";

struct PrivacyFixture {
    sandbox: Sandbox,
    visitor: Visitor,
    site: String,
    conversation: i64,
}

impl PrivacyFixture {
    fn ana(sandbox: &Sandbox) -> Value {
        user(sandbox, "ana")
    }

    /// A verified user with a running chat, a message, a reply, a draft and a stored file.
    async fn start(more: &str) -> Self {
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
        // A stored file without a record of its message.
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

    /// Asserts that neither this tab nor the device has anything of the former visitor.
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
        self.has_read().await;
        self.is_forgotten(why).await;
    }

    /// Waits until this tab knows that the next visitor has read everything.
    async fn has_read(&self) {
        self.visitor.browser.until("document.querySelector('natter-chat').unreadCount === 0").await;
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

    async fn forget(&self, call: ForgetCall) {
        let other = user(&self.sandbox, "ben");
        let said = self.visitor.browser.ask(&call.script(&other)).await;
        assert_eq!(said, true, "{call:?}");
        if call == ForgetCall::OtherUser {
            // `setUser` resolves before the files are deleted.
            self.visitor.browser.until(&format!("JSON.parse(await {TRACES}).files.length === 0")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_deletes_everything_in_a_running_chat() {
    for call in [ForgetCall::Reset, ForgetCall::Forget, ForgetCall::NoConsent, ForgetCall::OtherUser] {
        let fixture = PrivacyFixture::start("").await;
        fixture.forget(call).await;
        fixture.is_forgotten(&format!("{call:?}")).await;
        if call != ForgetCall::OtherUser {
            let own = fixture.traces().await["own"].clone();
            assert_eq!(own, json!([]), "{call:?}: at once, when the promise is kept");
        }
        fixture.stays_forgotten(&format!("{call:?}")).await;
        fixture.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_without_a_running_chat_deletes_everything_in_all_tabs() {
    for call in [ForgetCall::Reset, ForgetCall::Forget, ForgetCall::NoConsent] {
        let fixture = PrivacyFixture::start("").await;
        let running = fixture.visitor.browser.page.window().await.unwrap();
        let tab = fixture.other_tab("", None).await;
        // A logout page has a launcher without a running chat.
        let is_manual = "document.querySelector('natter-chat').load = 'manual', natter.isOpen";
        assert_eq!(fixture.visitor.browser.ask(is_manual).await, false);
        fixture.forget(call).await;
        fixture.is_forgotten(&format!("{call:?}, without a chat")).await;
        fixture.look_at(&running).await;
        fixture.stays_forgotten(&format!("{call:?}, in the tab where it runs")).await;
        fixture.look_at(&tab).await;
        fixture.has_read().await;
        fixture.is_forgotten(&format!("{call:?}, later")).await;
        fixture.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_in_one_tab_deletes_everything_in_the_others() {
    for call in [ForgetCall::Reset, ForgetCall::Forget, ForgetCall::NoConsent, ForgetCall::OtherUser] {
        let fixture = PrivacyFixture::start("").await;
        let first = fixture.visitor.browser.page.window().await.unwrap();
        let ana = PrivacyFixture::ana(&fixture.sandbox);
        fixture.other_tab("", Some(&ana)).await;
        fixture.visitor.open().await;
        fixture.visitor.sees(&["about my salary", "your salary is paid"]).await;
        fixture.forget(call).await;
        fixture.is_forgotten(&format!("{call:?}, said here")).await;
        fixture.look_at(&first).await;
        fixture.stays_forgotten(&format!("{call:?}, in the other tab")).await;
        fixture.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leader_that_hangs_or_crashes_does_not_restore_a_forgotten_visitor() {
    for call in [ForgetCall::Reset, ForgetCall::Forget] {
        for dies in [true, false] {
            let why = format!("{call:?}, and the leader {}", if dies { "dies" } else { "hangs" });
            let fixture = PrivacyFixture::start("").await;
            let first = fixture.visitor.browser.page.window().await.unwrap();
            let ana = PrivacyFixture::ana(&fixture.sandbox);
            let second = fixture.other_tab("", Some(&ana)).await;
            fixture.visitor.open().await;
            fixture.visitor.sees(&["about my salary", "your salary is paid"]).await;
            let listen = "void (window.hangs = new Promise((done) => new BroadcastChannel('hang').onmessage = done))";
            fixture.visitor.browser.ask(listen).await;
            fixture.look_at(&first).await;
            let hang = "void setTimeout(() => { new BroadcastChannel('hang').postMessage('now'); \
                        const end = Date.now() + 6_000; while (Date.now() < end); })";
            fixture.visitor.browser.ask(hang).await;
            fixture.look_at(&second).await;
            assert_eq!(fixture.visitor.browser.ask("hangs.then(() => true)").await, true);
            fixture.forget(call).await;
            fixture.is_forgotten(&why).await;
            fixture.look_at(&first).await;
            if dies {
                drop(fixture.visitor.browser.page.cdp().send_raw("Page.crash", json!({})).await);
                fixture.look_at(&second).await;
            }
            fixture.stays_forgotten(&why).await;
            // The next visitor in a new tab.
            fixture.other_tab("", None).await;
            fixture.visitor.open().await;
            fixture.is_forgotten(&why).await;
            fixture.visitor.browser.quit().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn retention_forgets_the_visitor_after_days_without_a_visit() {
    let fixture = PrivacyFixture::start("").await;
    let age = "(() => { const session = Object.keys(localStorage).find((key) => key.endsWith('/session'));
        localStorage.setItem(session.replace(/session$/, 'visited'), '1'); return true; })()";
    fixture.visitor.browser.ask(age).await;
    // The page sets no user.
    let html = [NOTICES, &tag(&fixture.sandbox, "data-retention-days=30")].concat();
    fixture.visitor.goes_to(&fixture.site, &html, None).await;
    fixture.visitor.browser.until("root.querySelector('.launcher')").await;
    fixture.visitor.open().await;
    fixture.visitor.browser.until("!Object.keys(localStorage).some((key) => key.endsWith('/session'))").await;
    fixture.stays_forgotten("retention").await;
    fixture.visitor.browser.quit().await;
}

/// Simulates browsers that block storage.
const BLOCKED: &str = "<script>
  for (const name of ['localStorage', 'indexedDB']) Object.defineProperty(window, name, { get() { throw new DOMException('blocked', 'SecurityError'); } });
</script>";

#[tokio::test(flavor = "multi_thread")]
async fn forgetting_with_blocked_storage_clears_the_memory_of_all_tabs() {
    for call in [ForgetCall::Reset, ForgetCall::Forget, ForgetCall::NoConsent, ForgetCall::OtherUser] {
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
        let fixture = PrivacyFixture { sandbox, visitor, site, conversation };
        let first = fixture.visitor.browser.page.window().await.unwrap();
        fixture.other_tab(&html, Some(&ana)).await;
        fixture.visitor.open().await;
        fixture.forget(call).await;
        fixture.is_forgotten(&format!("{call:?}, blocked")).await;
        fixture.look_at(&first).await;
        if call != ForgetCall::OtherUser {
            fixture.stays_forgotten(&format!("{call:?}, blocked, in the other tab")).await;
        }
        fixture.visitor.browser.quit().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_sent_for_the_user_they_were_written_for() {
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
