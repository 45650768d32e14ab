//! What a visitor does and sees.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::https;
use crate::site;
use crate::support::Sandbox;

/// That the device keeps nothing of anybody: how many were forgotten on it says nothing of them.
pub const NOTHING_IS_KEPT: &str = "Object.keys(localStorage).every((key) => key.endsWith('/generation'))";

/// A person at a browser, on a website with the bubble.
pub struct Visitor {
    pub browser: Browser,
}

impl Visitor {
    /// Comes to the website.
    pub async fn arrive(sandbox: &Sandbox) -> Self {
        Self::arrive_at(sandbox, &sandbox.inbox_identifier).await
    }

    /// Comes to a website whose bubble leads to this inbox.
    pub async fn arrive_at(sandbox: &Sandbox, inbox: &str) -> Self {
        Self::arrive_by(&sandbox.base_url, inbox).await
    }

    /// Comes to a website whose bubble has these attributes besides.
    pub async fn arrive_with(sandbox: &Sandbox, attributes: &str) -> Self {
        let (base_url, inbox) = (&sandbox.base_url, &sandbox.inbox_identifier);
        Self::arrive_to(&format!("base_url={base_url}&inbox={inbox}&attributes={attributes}")).await
    }

    /// Comes to a website whose bubble looks for the server at this address.
    pub async fn arrive_by(base_url: &str, inbox: &str) -> Self {
        Self::arrive_to(&format!("base_url={base_url}&inbox={inbox}")).await
    }

    /// Comes to a website that is what this query says.
    pub async fn arrive_to(query: &str) -> Self {
        Self::arrive_under(None, query).await
    }

    /// The same, under this https address if there is one.
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

    /// Comes to a website whose page holds this, under this policy if there is one.
    pub async fn arrive_at_page(html: &str, policy: Option<&str>) -> Self {
        let (site, browser) = (site::serve().await, Browser::start().await);
        let visitor = Self { browser };
        visitor.goes_to(&site, html, policy).await;
        visitor
    }

    /// Goes to such a page of this website.
    pub async fn goes_to(&self, site: &str, html: &str, policy: Option<&str>) {
        let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let policy = policy.map(|policy| format!("&policy={}", encoded(policy))).unwrap_or_default();
        self.browser.page.goto(format!("{site}/html?html={}{policy}", encoded(html))).await.unwrap();
    }

    /// Opens the chat by its bubble and waits for the field.
    pub async fn open(&self) {
        self.find(".launcher").await.click().await.unwrap();
        self.browser.until("root.activeElement?.matches('textarea')").await;
    }

    /// Writes and sends by Enter.
    pub async fn say(&self, text: &str) {
        self.find("textarea").await.send_keys(text.to_owned() + Key::Enter).await.unwrap();
    }

    /// Waits until the bubbles say exactly this, in this order, and all of it has arrived.
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

    /// Loads the page again.
    pub async fn reload(&self) {
        self.browser.page.refresh().await.unwrap();
        self.browser.until("root.querySelector('.launcher')").await;
    }

    /// What the widget keeps on the device of who the visitor is.
    pub async fn session(&self) -> Value {
        let kept =
            self.browser.ask("Object.entries(localStorage).find(([key]) => key.endsWith('/session'))?.[1]").await;
        kept.as_str().map_or(Value::Null, |kept| serde_json::from_str(kept).unwrap())
    }

    /// What the page's developer gets to see.
    pub async fn diagnostics(&self) -> Value {
        self.browser.ask("document.querySelector('natter-chat').diagnostics()").await
    }

    /// An element of the widget's.
    pub async fn find(&self, selector: &str) -> WebElement {
        let host = self.browser.page.find(By::Css("natter-chat")).await.unwrap();
        let root = host.get_shadow_root().await.unwrap();
        root.find(By::Css(selector)).await.unwrap_or_else(|error| panic!("{selector}: {error}"))
    }
}
