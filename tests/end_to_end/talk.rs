//! A conversation over a bad network: what both sides have said, to be held against what the server has and what the
//! widget shows.

use std::time::Duration;

use serde_json::Value;
use thirtyfour::prelude::*;

use crate::bad_network::BadNetwork;
use crate::support::{Sandbox, database_file};
use crate::visitor::Visitor;

/// Nothing here takes longer unless it fails.
const SHORT: Duration = Duration::from_secs(40);

/// What the core waits before it posts again a message that the server may have stored: it reads the conversation
/// meanwhile, and posts only what is still not there.
pub const GRACE: Duration = Duration::from_millis(natter_core::timeline::GRACE_MS);
/// The time in which a message arrives whose first POST was lost: the grace, a request that is aborted after 30 s, and the
/// waits between rounds of reading. A reload may cut a POST that is under way, and the next page can't know whether the
/// server has it; so a test that reloads a page with an unsent message must wait for so long.
pub const RESEND_TIME_MAX: Duration = GRACE.saturating_add(Duration::from_secs(125));

const HOLDS_SENDS: &str = "Object.keys(localStorage).some(key => key.includes('/send/'))";

pub struct Talk {
    pub sandbox: Sandbox,
    pub network: BadNetwork,
    pub visitor: Visitor,
    pub conversation: i64,
    /// What the visitor has said, in this order.
    said: Vec<String>,
    /// What agents have said, in this order.
    answered: Vec<String>,
    _folder: Option<tempfile::TempDir>,
}

impl Talk {
    /// A visitor has said hello and an agent has greeted back, while the network was good.
    pub async fn begin() -> Self {
        Self::begin_on(|_| ()).await
    }

    /// The same on a network that is somehow from the start.
    pub async fn begin_on(prepare: impl FnOnce(&BadNetwork)) -> Self {
        let (folder, db) = database_file();
        let sandbox = Sandbox::start_with(&["--no-limits", "--db", db.to_str().unwrap()]);
        Self { _folder: Some(folder), ..Self::begin_with(sandbox, prepare).await }
    }

    /// The same with this server.
    pub async fn begin_with(sandbox: Sandbox, prepare: impl FnOnce(&BadNetwork)) -> Self {
        let network = BadNetwork::before(&sandbox.base_url).await;
        prepare(&network);
        let visitor = Visitor::arrive_by(&network.base_url, &sandbox.inbox_identifier).await;
        // What a bad network does is trouble.
        visitor.browser.expects_trouble();
        visitor.open().await;
        visitor.say("Hello").await;
        visitor.sees(&["Hello"]).await;
        let conversation = visitor.session().await["conversation"].as_i64().unwrap();
        let said = vec!["Hello".to_owned()];
        let mut talk = Self { sandbox, network, visitor, conversation, said, answered: Vec::new(), _folder: None };
        talk.agent_says("Good morning").await;
        talk.until_shown("Good morning").await;
        talk
    }

    /// The visitor writes; what becomes of it is the network's affair.
    pub async fn visitor_says(&mut self, text: &str) {
        self.visitor.say(text).await;
        self.said.push(text.to_owned());
    }

    /// The same, slowly: something happens between the first key and the last.
    pub async fn visitor_writes(&mut self, text: &str, meanwhile: impl AsyncFnOnce(&Self)) {
        let field = self.visitor.find("textarea").await;
        field.send_keys(text).await.unwrap();
        meanwhile(self).await;
        field.send_keys(String::new() + Key::Enter).await.unwrap();
        self.said.push(text.to_owned());
    }

    /// An agent writes, on a network of their own that is good.
    pub async fn agent_says(&mut self, text: &str) {
        self.sandbox.agent_replies(self.conversation, text).await;
        self.answered.push(text.to_owned());
    }

    /// Kill -9 and a new start on the same data, at the same address.
    pub async fn restart_server(&mut self) {
        self.kill_server_and(async |_| ()).await;
    }

    /// The same, with something done while there is no server.
    pub async fn kill_server_and(&mut self, meanwhile: impl AsyncFnOnce(&mut Self)) {
        self.sandbox.kill();
        meanwhile(self).await;
        self.sandbox.restart_on_same_port();
    }

    /// The visitor loads the page again and opens the chat.
    pub async fn reload(&self) {
        self.visitor.reload().await;
        self.visitor.open().await;
    }

    /// Waits until the widget shows this, as something that was said.
    pub async fn until_shown(&self, text: &str) {
        let text = Value::from(text);
        self.visitor
            .browser
            .until(&format!(
                "[...root.querySelectorAll('.row:not(.unsent) .bubble')].some(b => b.textContent === {text})"
            ))
            .await;
    }

    /// Waits until the widget holds nothing for unsent, undecided or failed.
    pub async fn until_settled(&self) {
        self.until_settled_within(SHORT).await;
    }

    /// The same, where it takes its time.
    pub async fn until_settled_within(&self, patience: Duration) {
        let is_settled = format!("!root.querySelector('.unsent, .failed') && !({HOLDS_SENDS})");
        self.visitor.browser.until_within(patience, &is_settled).await;
    }

    /// Whether the device keeps a message that is unsent or undecided, and might be sent again later.
    pub async fn holds_sends(&self) -> bool {
        self.visitor.browser.ask(HOLDS_SENDS).await == true
    }

    /// The end of every story: nothing lost, nothing twice, everything in its order, at the server and on the screen.
    pub async fn ends_well(self) {
        self.ends_well_within(SHORT).await;
    }

    /// The same, where it takes its time.
    pub async fn ends_well_within(self, patience: Duration) {
        self.until_settled_within(patience).await;
        let stored = self.sandbox.messages(self.conversation).await;
        let by = |kind: i64| {
            let of_kind = stored.iter().filter(|message| message["message_type"] == kind);
            of_kind.map(|message| message["content"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(by(0), self.said, "the server has what the visitor said");
        assert_eq!(by(1), self.answered, "the server has what the agents said");
        assert_eq!(stored.len(), self.said.len() + self.answered.len(), "and nothing else");
        self.shows_what_is_stored().await;
        self.visitor.browser.quit().await;
    }

    /// The widget shows what the server has, from the first message to the last.
    pub async fn shows_what_is_stored(&self) {
        let stored = self.sandbox.messages(self.conversation).await;
        let texts: Vec<&str> = stored.iter().map(|message| message["content"].as_str().unwrap()).collect();
        let is_all_there = "(() => { const more = root.querySelector('.earlier'); more?.click(); return !more; })()";
        self.visitor.browser.until(is_all_there).await;
        self.visitor.sees(&texts).await;
    }
}
