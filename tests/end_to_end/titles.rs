//! The count in the page's title, beside scripts that write the title, too: it owns what is its own, and no more.

use crate::site::tag;
use crate::support::Sandbox;
use crate::visitor::Visitor;

/// A visitor who has written, and whose chat is closed again.
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

    /// An agent answers, which makes the count one more.
    async fn is_answered(&mut self) {
        let id = self.sandbox.conversations().await[0]["id"].as_i64().unwrap();
        self.answers += 1;
        self.sandbox.agent_replies(id, &format!("answer {}", self.answers)).await;
        self.visitor.browser.until(&format!("natter.unreadCount === {}", self.answers)).await;
    }

    /// Reads them all.
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
async fn a_title_counts_what_is_unread_and_is_the_pages_own_again() {
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
async fn a_count_in_the_sites_own_title_stays_in_it() {
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
    // The site counts from its own title, to what the chat had written a moment ago.
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
async fn a_title_that_a_script_puts_back_keeps_no_count() {
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
    // What a script makes of it, too.
    away.visitor.browser.ask("void (document.title = `★ ${document.title} – Sale`)").await;
    away.is_titled("(2) ★ Shop – Sale").await;
    away.visitor.browser.ask("void (window.kept = document.title, document.title = 'Saving…')").await;
    away.reads().await;
    away.is_titled("Saving…").await;
    // After everything was read.
    away.visitor.browser.ask("void (document.title = kept)").await;
    away.is_titled("★ Shop – Sale").await;
    away.visitor.browser.quit().await;
}

/// What a page does that insists on its title, and what that is.
const INSISTING: [(&str, &str); 4] = [
    // At every change of the title, at once.
    (
        "<script>document.title = 'Mine'; new MutationObserver(() => { if (document.title !== 'Mine') document.title = 'Mine'; })
           .observe(document.head, { childList: true, subtree: true, characterData: true })</script>",
        "Mine",
    ),
    // Again and again.
    ("<script>setInterval(() => { if (document.title !== 'Mine') document.title = 'Mine'; }, 50)</script>", "Mine"),
    // Another count, which wants to be the first thing in the title as well.
    (
        "<script>document.title = '(3) Mine'; new MutationObserver(() => {
             if (!document.title.startsWith('(3) ')) document.title = `(3) ${document.title}`; })
           .observe(document.head, { childList: true, subtree: true, characterData: true })</script>",
        "(3) Mine",
    ),
    // A title that is never the same.
    (
        "<script>let nth = 0; document.title = 'Mine'; new MutationObserver(() => {
             if (document.title !== 'Mine' && !/^Mine \\d+$/.test(document.title)) document.title = `Mine ${nth++}`; })
           .observe(document.head, { childList: true, subtree: true, characterData: true })</script>",
        "Mine",
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_script_that_insists_on_its_title_gets_it_and_the_page_goes_on() {
    for (page, title) in INSISTING {
        let mut away = Away::from(page).await;
        for _ in 0..2 {
            away.is_answered().await;
            away.is_titled(title).await;
        }
        let browser = &away.visitor.browser;
        // Nobody writes any more.
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
