//! A conversation over a faulty network. It records what both sides have sent, and compares that with what the server has
//! stored and what the widget shows.

use std::time::Duration;

use serde_json::Value;
use thirtyfour::prelude::*;

use crate::fault_proxy::FaultProxy;
use crate::support::{Sandbox, database_file};
use crate::visitor::Visitor;

/// The time limit where no request is lost.
const SETTLE_TIME_MAX: Duration = Duration::from_secs(40);

/// What the core waits before it posts again a message that the server may have stored: it reads the conversation
/// meanwhile, and posts only what is still not there.
pub const GRACE: Duration = Duration::from_millis(natter_core::conversation::timeline::GRACE_MS);
/// The time in which a message arrives whose first POST was lost: the grace, a request that is aborted after 30 s, and the
/// waits between rounds of reading. A reload may cut a POST that is under way, and the next page can't know whether the
/// server has it; so a test that reloads a page with an unsent message must wait for so long.
pub const RESEND_TIME_MAX: Duration = GRACE.saturating_add(Duration::from_secs(125));

/// Whether the device has a record of an unsent message (JavaScript).
const HAS_UNSENT_RECORDS: &str = "Object.keys(localStorage).some(key => key.includes('/send/'))";

/// A visitor in a browser, a server, and a proxy between them.
pub struct TestConversation {
    pub sandbox: Sandbox,
    pub network: FaultProxy,
    pub visitor: Visitor,
    pub conversation: i64,
    /// The visitor's messages, in their order.
    sent: Vec<String>,
    /// The agents' messages, in their order.
    replies: Vec<String>,
    _folder: Option<tempfile::TempDir>,
}

impl TestConversation {
    /// A conversation in which the visitor has said hello and an agent has replied, without faults.
    pub async fn start() -> Self {
        Self::start_on(|_| ()).await
    }

    /// The same with faults from the start.
    pub async fn start_on(prepare: impl FnOnce(&FaultProxy)) -> Self {
        let (folder, db) = database_file();
        let sandbox = Sandbox::start_with(&["--no-limits", "--db", db.to_str().unwrap()]);
        Self { _folder: Some(folder), ..Self::start_with(sandbox, prepare).await }
    }

    /// The same with this server.
    pub async fn start_with(sandbox: Sandbox, prepare: impl FnOnce(&FaultProxy)) -> Self {
        let network = FaultProxy::start(&sandbox.base_url).await;
        prepare(&network);
        let visitor = Visitor::arrive_by(&network.base_url, &sandbox.inbox_identifier).await;
        // Network faults cause connection trouble.
        visitor.browser.expects_trouble();
        visitor.open().await;
        visitor.say("Hello").await;
        visitor.sees(&["Hello"]).await;
        let conversation = visitor.session().await["conversation"].as_i64().unwrap();
        let sent = vec!["Hello".to_owned()];
        let mut chat = Self { sandbox, network, visitor, conversation, sent, replies: Vec::new(), _folder: None };
        chat.agent_sends("Good morning").await;
        chat.wait_until_shown("Good morning").await;
        chat
    }

    /// The visitor writes a message and presses Enter; it need not arrive.
    pub async fn visitor_sends(&mut self, text: &str) {
        self.visitor.say(text).await;
        self.sent.push(text.to_owned());
    }

    /// The same, with `meanwhile` between the first key and Enter.
    pub async fn visitor_types(&mut self, text: &str, meanwhile: impl AsyncFnOnce(&Self)) {
        let field = self.visitor.find("textarea").await;
        field.send_keys(text).await.unwrap();
        meanwhile(self).await;
        field.send_keys(String::new() + Key::Enter).await.unwrap();
        self.sent.push(text.to_owned());
    }

    /// An agent writes a message, without faults.
    pub async fn agent_sends(&mut self, text: &str) {
        self.sandbox.agent_replies(self.conversation, text).await;
        self.replies.push(text.to_owned());
    }

    /// Kills the server and starts it again with the same data and address.
    pub async fn restart_server(&mut self) {
        self.kill_server_and(async |_| ()).await;
    }

    /// The same, with `meanwhile` while there is no server.
    pub async fn kill_server_and(&mut self, meanwhile: impl AsyncFnOnce(&mut Self)) {
        self.sandbox.kill();
        meanwhile(self).await;
        self.sandbox.restart_on_same_port();
    }

    /// Reloads the page and opens the chat.
    pub async fn reload(&self) {
        self.visitor.reload().await;
        self.visitor.open().await;
    }

    /// Waits until the widget shows this text as a sent message.
    pub async fn wait_until_shown(&self, text: &str) {
        let text = Value::from(text);
        self.visitor
            .browser
            .until(&format!(
                "[...root.querySelectorAll('.row:not(.unsent) .bubble')].some(b => b.textContent === {text})"
            ))
            .await;
    }

    /// Waits until no message is unsent, unconfirmed or failed.
    pub async fn wait_until_settled(&self) {
        self.wait_until_settled_within(SETTLE_TIME_MAX).await;
    }

    /// The same with another time limit.
    pub async fn wait_until_settled_within(&self, limit: Duration) {
        let is_settled = format!("!root.querySelector('.unsent, .failed') && !({HAS_UNSENT_RECORDS})");
        self.visitor.browser.until_within(limit, &is_settled).await;
    }

    /// Whether the device has a record of an unsent or unconfirmed message.
    pub async fn has_unsent_records(&self) -> bool {
        self.visitor.browser.ask(HAS_UNSENT_RECORDS).await == true
    }

    /// Waits until all messages are settled, then asserts that server and widget have each message once and in order.
    pub async fn assert_delivered(self) {
        self.assert_delivered_within(SETTLE_TIME_MAX).await;
    }

    /// The same with another time limit.
    pub async fn assert_delivered_within(self, limit: Duration) {
        self.wait_until_settled_within(limit).await;
        let stored = self.sandbox.messages(self.conversation).await;
        let by = |kind: i64| {
            let of_kind = stored.iter().filter(|message| message["message_type"] == kind);
            of_kind.map(|message| message["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(by(0), self.sent, "the server has the visitor's messages");
        assert_eq!(by(1), self.replies, "the server has the agents' messages");
        assert_eq!(stored.len(), self.sent.len() + self.replies.len(), "and no others");
        self.assert_shows_stored_messages().await;
        self.visitor.browser.quit().await;
    }

    /// Asserts that the widget shows all messages that the server has stored, in their order.
    pub async fn assert_shows_stored_messages(&self) {
        let stored = self.sandbox.messages(self.conversation).await;
        let texts: Vec<&str> = stored.iter().map(|message| message["content"].as_str().unwrap()).collect();
        let is_all_there = "(() => { const more = root.querySelector('.earlier'); more?.click(); return !more; })()";
        self.visitor.browser.until(is_all_there).await;
        self.visitor.sees(&texts).await;
    }
}
