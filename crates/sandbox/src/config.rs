//! The configuration: the account, agents and inboxes that a new database starts with, from the TOML of `--config` or
//! of a small demo.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::tokens;
use crate::working_hours::{self, Week};

/// One account with its agents and inboxes. Unknown keys are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub account: AccountConfig,
    pub agents: Vec<AgentConfig>,
    pub inboxes: Vec<InboxConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountConfig {
    pub name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    pub name: String,
    pub email: String,
    #[serde(default)]
    pub role: Role,
    /// Random where it is left out, as is the next.
    #[serde(default = "tokens::token")]
    pub access_token: String,
    #[serde(default = "tokens::token")]
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
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Agent => "agent",
        }
    }
}

/// An API inbox. All fields but the first two default to what Chatwoot gives a new inbox; tokens are random.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxConfig {
    pub identifier: String,
    pub name: String,
    #[serde(default = "tokens::token")]
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
    /// Since 4.3: the survey's own question.
    #[serde(default)]
    pub csat_question: Option<String>,
    /// Since 4.3: `emoji` or `star`.
    #[serde(default)]
    pub csat_display_type: Option<String>,
    /// Signs what is posted to the callback URL, since 4.14.
    #[serde(default = "tokens::token")]
    pub callback_secret: String,
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

impl InboxConfig {
    /// As a 4.16 stores it; a 4.0 has none.
    pub fn csat_config(&self) -> Map<String, Value> {
        if !self.csat {
            return Map::new();
        }
        let config = json!({
            "message": self.csat_question.clone().unwrap_or_default(),
            "language": "en",
            "button_text": "Please rate us",
            "display_type": self.csat_display_type.as_deref().unwrap_or("emoji"),
            "survey_rules": { "values": [], "operator": "contains" }
        });
        config.as_object().cloned().unwrap_or_default()
    }

    pub fn week(&self) -> Result<Week, String> {
        working_hours::parse(&self.hours).map_err(|error| format!("inbox {}: {error}", self.identifier))
    }
}

impl Config {
    pub fn read(path: &Path) -> Result<Self, String> {
        let text =
            std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?;
        Self::parse(&text).map_err(|error| format!("{}: {error}", path.display()))
    }

    pub fn demo() -> Result<Self, String> {
        Self::parse(DEMO)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        if config.inboxes.is_empty() || config.agents.is_empty() {
            return Err("at least one agent and one inbox are needed".into());
        }
        for inbox in &config.inboxes {
            inbox.week()?;
            jiff::tz::TimeZone::get(&inbox.timezone).map_err(|error| format!("inbox {}: {error}", inbox.identifier))?;
        }
        Ok(config)
    }
}

/// The demo. The inbox's identifier, which every visitor knows, is fixed, so that examples can use it. Tokens and keys
/// are random in each database: with a published token any website could use the sandbox as an agent.
const DEMO: &str = include_str!("demo.toml");

fn utc() -> String {
    "UTC".into()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_demo_config_has_a_fixed_inbox_and_random_tokens() {
        let secrets = |demo: Config| {
            let agents = demo.agents.into_iter().flat_map(|agent| [agent.access_token, agent.pubsub_token]);
            agents.chain(demo.inboxes.into_iter().map(|inbox| inbox.hmac_token)).collect::<BTreeSet<String>>()
        };
        let (one, other) = (Config::demo().unwrap(), Config::demo().unwrap());
        assert_eq!(one.inboxes[0].identifier, "demoInboxIdentifier00001");
        let (one, other) = (secrets(one), secrets(other));
        assert_eq!((one.len(), other.len()), (5, 5));
        assert!(one.is_disjoint(&other) && one.iter().all(|token| token.len() == 24), "{one:?} {other:?}");
    }

    #[test]
    fn an_unknown_config_key_is_refused() {
        let error = Config::parse("[account]\nname='x'\ncolour='red'\n").unwrap_err();
        assert!(error.contains("colour"), "{error}");
    }

    #[test]
    fn an_unknown_time_zone_in_the_config_is_refused() {
        let text = DEMO.replace("[[inboxes]]", "[[inboxes]]\ntimezone = 'Mars/Olympus'");
        assert!(Config::parse(&text).unwrap_err().contains("Mars"));
    }
}
