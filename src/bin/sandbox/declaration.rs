//! What a fresh database starts with: the TOML of `--config`, or a small demo.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::working_hours::{self, Week};

/// One account with its people and inboxes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    pub account: Account,
    pub agents: Vec<Agent>,
    pub inboxes: Vec<Inbox>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    pub name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    pub name: String,
    pub email: String,
    #[serde(default)]
    pub role: Role,
    pub access_token: String,
    pub pubsub_token: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Administrator,
    #[default]
    Agent,
}

impl Role {
    pub fn word(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }
}

/// An API inbox. Every field but the first two has the value that Chatwoot gives a new inbox.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inbox {
    pub identifier: String,
    pub name: String,
    pub hmac_token: String,
    #[serde(default)]
    pub hmac_mandatory: bool,
    #[serde(default)]
    pub callback_url: Option<String>,
    /// Sent after a visitor's first message.
    #[serde(default)]
    pub greeting: Option<String>,
    /// Ask for a rating once a conversation is resolved.
    #[serde(default)]
    pub csat: bool,
    /// Sent outside the working hours.
    #[serde(default)]
    pub out_of_office: Option<String>,
    #[serde(default)]
    pub working_hours_enabled: bool,
    /// Day names (`mon`) to `09:00-17:00`, `closed` or `open`; days left out are Chatwoot's own.
    #[serde(default)]
    pub hours: BTreeMap<String, String>,
    #[serde(default = "utc")]
    pub timezone: String,
    #[serde(default)]
    pub single_conversation: bool,
    /// E-mail addresses of the agents who belong to it; everyone when left out.
    #[serde(default)]
    pub members: Option<Vec<String>>,
}

impl Inbox {
    pub fn week(&self) -> Result<Week, String> {
        working_hours::parse(&self.hours).map_err(|error| format!("inbox {}: {error}", self.identifier))
    }
}

impl Declaration {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub fn demo() -> Result<Self, String> {
        Self::parse(DEMO)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let declaration: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if declaration.inboxes.is_empty() || declaration.agents.is_empty() {
            return Err("at least one agent and one inbox are needed".into());
        }
        for inbox in &declaration.inboxes {
            inbox.week()?;
            jiff::tz::TimeZone::get(&inbox.timezone).map_err(|error| format!("inbox {}: {error}", inbox.identifier))?;
        }
        Ok(declaration)
    }
}

/// The demo. Its tokens are fixed so that examples and tests can name them.
const DEMO: &str = include_str!("demo.toml");

fn utc() -> String {
    "UTC".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_can_be_read_and_keeps_its_documented_tokens() {
        let demo = Declaration::demo().unwrap();
        assert_eq!(demo.inboxes[0].identifier, "demoInboxIdentifier00001");
        assert_eq!(demo.agents[0].access_token, "demoAgentToken0000000001");
    }

    #[test]
    fn a_misspelt_setting_is_refused() {
        let error = Declaration::parse("[account]\nname='x'\ncolour='red'\n").unwrap_err();
        assert!(error.contains("colour"), "{error}");
    }

    #[test]
    fn an_unknown_time_zone_is_refused_at_start() {
        let text = DEMO.replace("hmac_token", "timezone = 'Mars/Olympus'\nhmac_token");
        assert!(Declaration::parse(&text).unwrap_err().contains("Mars"));
    }
}
