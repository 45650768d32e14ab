//! The unread count in the page's title, on pages whose scripts write the title, too.

use crate::site::tag;
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// A visitor who has written and closed the chat.
struct Away {
    visitor: Visitor,
    sandbox: Sandbox,
    answers: i64,
}

impl Away {
    async fn from(page: &str) -> Self {
        let sandbox = Sandbox::start(None);
        let visitor = Visitor::arrive_at_page(&[&*tag(&sandbox, ""), page].concat(), None).await;
        visitor.browser.until("root.querySelector('.launcher')").await;
        visitor.open().await;
        visitor.say("hello").await;
        visitor.sees(&["hello"]).await;
        visitor.browser.ask("void natter.close()").await;
        Self { visitor, sandbox, answers: 0 }
    }

    /// Sends a reply, and waits until the count is one higher.
    async fn is_answered(&mut self) {
        let id = self.sandbox.conversations().await[0]["id"].as_i64().unwrap();
        self.answers += 1;
        self.sandbox.agent_replies(id, &format!("answer {}", self.answers)).await;
        self.visitor.browser.until(&format!("natter.unreadCount === {}", self.answers)).await;
    }

    /// Opens the chat, so that all messages are read.
    async fn reads(&mut self) {
        self.visitor.open().await;
        self.visitor.browser.until("natter.unreadCount === 0").await;
        self.visitor.browser.ask("void natter.close()").await;
        self.answers = 0;
    }

    async fn is_titled(&self, title: &str) {
        self.visitor.browser.until(&format!("document.title === '{title}'")).await;
    }

    async fn titles(&self, title: &str) {
        self.visitor.browser.ask(&format!("void (document.title = '{title}')")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_title_counts_unread_messages_and_is_restored() {
    let mut away = Away::from("").await;
    away.is_answered().await;
    away.is_titled("(1) Somebody\\'s website").await;
    away.is_answered().await;
    away.is_titled("(2) Somebody\\'s website").await;
    away.titles("Elsewhere").await;
    away.is_titled("(2) Elsewhere").await;
    away.visitor.browser.ask("void document.head.replaceWith(document.createElement('head'))").await;
    away.titles("In another head").await;
    away.is_titled("(2) In another head").await;
    away.reads().await;
    away.is_titled("In another head").await;
    away.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_count_in_the_sites_title_stays() {
    let mut away = Away::from("").await;
    away.titles("(1) Inbox").await;
    away.is_answered().await;
    away.is_titled("(1) (1) Inbox").await;
    away.titles("(1) Sent").await;
    away.is_titled("(1) (1) Sent").await;
    away.titles("Drafts").await;
    away.is_titled("(1) Drafts").await;
    away.is_answered().await;
    away.is_titled("(2) Drafts").await;
    // The site's own count gives the same text that the chat wrote just before.
    away.titles("(1) Drafts").await;
    away.is_titled("(2) (1) Drafts").await;
    away.reads().await;
    away.is_titled("(1) Drafts").await;
    away.titles("Inbox").await;
    away.titles("(1) Inbox").await;
    away.visitor.browser.ask("new Promise(requestAnimationFrame)").await;
    away.is_titled("(1) Inbox").await;
    away.visitor.browser.quit().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_title_restored_by_a_script_has_no_stale_count() {
    let mut away = Away::from("").await;
    away.titles("Shop").await;
    away.is_answered().await;
    away.is_titled("(1) Shop").await;
    away.visitor.browser.ask("void (window.kept = document.title, document.title = 'Saving…')").await;
    away.is_titled("(1) Saving…").await;
    away.is_answered().await;
    away.is_titled("(2) Saving…").await;
    away.visitor.browser.ask("void (document.title = kept)").await;
    away.is_titled("(2) Shop").await;
    // A title that a script derives from it, too.
    away.visitor.browser.ask("void (document.title = `★ ${document.title} – Sale`)").await;
    away.is_titled("(2) ★ Shop – Sale").await;
    away.visitor.browser.ask("void (window.kept = document.title, document.title = 'Saving…')").await;
    away.reads().await;
    away.is_titled("Saving…").await;
    // After all messages were read.
    away.visitor.browser.ask("void (document.title = kept)").await;
    away.is_titled("★ Shop – Sale").await;
    away.visitor.browser.quit().await;
}

/// Scripts that insist on their title, with that title.
const INSISTING: [(&str, &str); 4] = [
    // At once after every change.
    (
        "<script>document.title = 'Mine'; new MutationObserver(() => { if (document.title !== 'Mine') document.title = 'Mine'; })
           .observe(document.head, { childList: true, subtree: true, characterData: true })</script>",
        "Mine",
    ),
    // At intervals.
    ("<script>setInterval(() => { if (document.title !== 'Mine') document.title = 'Mine'; }, 50)</script>", "Mine"),
    // Another count at the beginning of the title.
    (
        "<script>document.title = '(3) Mine'; new MutationObserver(() => {
             if (!document.title.startsWith('(3) ')) document.title = `(3) ${document.title}`; })
           .observe(document.head, { childList: true, subtree: true, characterData: true })</script>",
        "(3) Mine",
    ),
    // A title that changes with every write.
    (
        "<script>let nth = 0; document.title = 'Mine'; new MutationObserver(() => {
             if (document.title !== 'Mine' && !/^Mine \\d+$/.test(document.title)) document.title = `Mine ${nth++}`; })
           .observe(document.head, { childList: true, subtree: true, characterData: true })</script>",
        "Mine",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_insists_on_its_title_wins() {
    for (page, title) in INSISTING {
        let mut away = Away::from(page).await;
        for _ in 0..2 {
            away.is_answered().await;
            away.is_titled(title).await;
        }
        let browser = &away.visitor.browser;
        // The chat does not write the title any more.
        let writes = "new Promise((done) => { let writes = 0; \
              const watch = new MutationObserver((all) => writes += all.length); \
              watch.observe(document.head, { childList: true, subtree: true, characterData: true }); \
              setTimeout(() => done(writes), 500); })";
        browser.until(&format!("({writes}).then((writes) => writes === 0)")).await;
        assert_eq!(browser.ask("document.title").await, title, "{page}");
        away.reads().await;
        assert_eq!(away.visitor.browser.ask("document.title").await, title, "{page}");
        away.visitor.browser.quit().await;
    }
}
