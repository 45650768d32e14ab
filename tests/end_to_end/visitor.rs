//! What a visitor does in the browser, and what they see.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::https;
use crate::site;
use crate::support::Sandbox;

/// Whether the device has no record of a visitor (JavaScript). The count of forgotten visitors is none.
pub const NOTHING_IS_KEPT: &str = "Object.keys(localStorage).every((key) => key.endsWith('/generation'))";

/// The one conversation at the server.
pub async fn only_conversation(sandbox: &Sandbox) -> Value {
    let all = sandbox.conversations().await;
    assert_eq!(all.len(), 1);
    all[0].clone()
}

/// A visitor in a browser on a page with the chat.
pub struct Visitor {
    pub browser: Browser,
}

impl Visitor {
    /// Opens a page with the chat.
    pub async fn arrive(sandbox: &Sandbox) -> Self {
        Self::arrive_at(sandbox, &sandbox.inbox_identifier).await
    }

    /// Opens a page whose chat has this inbox.
    pub async fn arrive_at(sandbox: &Sandbox, inbox: &str) -> Self {
        Self::arrive_by(&sandbox.base_url, inbox).await
    }

    /// Opens a page whose chat has further attributes.
    pub async fn arrive_with(sandbox: &Sandbox, attributes: &str) -> Self {
        let (base_url, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
        Self::arrive_to(&format!("base_url={base_url}&inbox={inbox}&attributes={attributes}")).await
    }

    /// A visitor who has written on another page of the site, where the chat was closed afterwards, and the conversation's id.
    pub async fn returning(sandbox: &Sandbox, attributes: &str) -> (Self, i64) {
        let visitor = Self::arrive_with(sandbox, attributes).await;
        visitor.open().await;
        visitor.say("Is the rack in stock?").await;
        visitor.sees(&["Is the rack in stock?"]).await;
        let id = only_conversation(sandbox).await["id"].as_i64().unwrap();
        visitor.reload().await;
        (visitor, id)
    }

    /// Opens a page whose chat has this server.
    pub async fn arrive_by(base_url: &str, inbox: &str) -> Self {
        Self::arrive_to(&format!("base_url={base_url}&inbox={inbox}")).await
    }

    /// Opens a page with this query (`site::page`).
    pub async fn arrive_to(query: &str) -> Self {
        Self::arrive_under(None, query).await
    }

    /// The same, under this https origin if there is one.
    pub async fn arrive_under(https: Option<&str>, query: &str) -> Self {
        let site = site::serve().await;
        let browser = Browser::start().await;
        if let Some(https) = https {
            https::serve(&browser, https, &site).await;
        }
        let url = format!("{}/page?{query}", https.unwrap_or(&site));
        browser.page.goto(url).await.unwrap();
        browser.until("root.querySelector('.launcher')").await;
        Self { browser }
    }

    /// Opens a page with this HTML, and this Content-Security-Policy if there is one.
    pub async fn arrive_at_page(html: &str, policy: Option<&str>) -> Self {
        let (site, browser) = (site::serve().await, Browser::start().await);
        let visitor = Self { browser };
        visitor.goes_to(&site, html, policy).await;
        visitor
    }

    /// Goes to such a page of this site.
    pub async fn goes_to(&self, site: &str, html: &str, policy: Option<&str>) {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let policy = policy.map(|policy| format!("&policy={}", encoded(policy))).unwrap_or_default();
        self.browser.page.goto(format!("{site}/html?html={}{policy}", encoded(html))).await.unwrap();
    }

    /// Opens the chat by the launcher and waits for the composer.
    pub async fn open(&self) {
        self.find(".launcher").await.click().await.unwrap();
        self.browser.until("root.activeElement?.matches('textarea')").await;
    }

    /// Types a message and presses Enter.
    pub async fn say(&self, text: &str) {
        self.find("textarea").await.send_keys(text.to_owned() + Key::Enter).await.unwrap();
    }

    /// Waits until the thread has exactly these messages, in this order, and all are sent.
    pub async fn sees(&self, texts: &[&str]) {
        let wanted = serde_json::to_string(texts).unwrap();
        self.browser
            .until(&format!(
                "JSON.stringify([...root.querySelectorAll('.bubble')].map(b => b.textContent)) === {} \
                 && !root.querySelector('.unsent')",
                Value::String(wanted)
            ))
            .await;
    }

    /// Reloads the page.
    pub async fn reload(&self) {
        self.browser.page.refresh().await.unwrap();
        self.browser.until("root.querySelector('.launcher')").await;
    }

    /// The stored session record.
    pub async fn session(&self) -> Value {
        let kept =
            self.browser.ask("Object.entries(localStorage).find(([key]) => key.endsWith('/session'))?.[1]").await;
        kept.as_str().map_or(Value::Null, |kept| serde_json::from_str(kept).unwrap())
    }

    /// The diagnostics report.
    pub async fn diagnostics(&self) -> Value {
        self.browser.ask("document.querySelector('natter-chat').diagnostics()").await
    }

    /// An element in the widget's shadow root.
    pub async fn find(&self, selector: &str) -> WebElement {
        let host = self.browser.page.find(By::Css("natter-chat")).await.unwrap();
        let root = host.get_shadow_root().await.unwrap();
        root.find(By::Css(selector)).await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }
}
