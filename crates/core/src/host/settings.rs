//! The website's settings: the server, the inbox, and the options.

use std::sync::Arc;

use crate::content::Choice;
use crate::model::Person;
use crate::url::SafeUrl;
use crate::visitor::pre_chat_form::PreChatForm;

/// The server's address and the inbox identifier, both checked, and the options.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    base_url: String,
    inbox: String,
    /// Everything else.
    pub options: Options,
}

/// Optional settings, and their values where the website gives none.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Options {
    /// Whether resolved conversations take no more messages. Otherwise a message reopens them.
    pub closes_resolved: bool,
    /// The agents shown in the panel's header.
    pub team: Vec<Person>,
    /// How soon the team usually replies.
    pub reply: Option<ReplyTime>,
    /// The pre-chat form.
    pub form: Option<PreChatForm>,
    /// Whether a new conversation is created with the page's address, referrer and language.
    pub sends_page_context: bool,
    /// Whether the browser's own notifications are offered.
    pub offers_notifications: bool,
    /// Whether the visitor can choose between light and dark.
    pub offers_themes: bool,
    /// Whether sound is off until the visitor turns it on.
    pub is_silent: bool,
    /// The language at the start (BCP 47); empty for English.
    pub language: String,
    /// The languages that the visitor can choose, named in themselves.
    pub languages: Arc<[Choice]>,
    /// The device forgets the visitor after this many days without a visit; 0 for never.
    pub retention_days: u64,
    /// Another way to reach the team, shown when the chat can't connect.
    pub fallback: Option<SafeUrl>,
}

impl Options {
    /// The options that decide about the first message, in one line for the event log (`PreChatForm::outline`).
    #[must_use]
    pub fn outline(&self) -> String {
        self.form.as_ref().map(PreChatForm::outline).unwrap_or_default()
    }
}

/// How soon the team usually replies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyTime {
    /// Within minutes.
    Minutes,
    /// Within hours.
    Hours,
    /// Within a day.
    Day,
}

/// An error in the settings, for the developer who embeds the chat.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SettingsError {
    /// `base-url` is not an http or https address.
    BaseUrl,
    /// `inbox-identifier` is empty.
    InboxIdentifier,
    /// The page gives something with this name, which is that of a secret of the server's.
    Secret(String),
}

impl Settings {
    /// Checks the two required settings.
    pub fn new(base_url: &str, inbox_identifier: &str) -> Result<Self, SettingsError> {
        let base_url = base_url.trim().trim_end_matches('/');
        let host = ["https://", "http://"].iter().find_map(|scheme| base_url.strip_prefix(scheme));
        let inbox = inbox_identifier.trim();
        let is_odd = |c: char| matches!(c, '?' | '#' | '@') || c.is_whitespace() || c.is_control();
        if host.is_none_or(|host| host.is_empty() || host.starts_with('/') || host.contains(is_odd)) {
            return Err(SettingsError::BaseUrl);
        }
        if inbox.is_empty() {
            return Err(SettingsError::InboxIdentifier);
        }
        Ok(Self { base_url: base_url.to_owned(), inbox: inbox.to_owned(), options: Options::default() })
    }

    /// These settings with other options.
    #[must_use]
    pub fn with_options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// The server's address, without a slash at its end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The inbox identifier.
    #[must_use]
    pub fn inbox(&self) -> &str {
        &self.inbox
    }

    /// The prefix of every storage key of this server and inbox.
    #[must_use]
    pub fn storage_prefix(&self) -> String {
        ["natter/1/", &self.base_url, "/", &self.inbox, "/"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_take_an_address_without_its_last_slash() {
        let settings = Settings::new(" https://chat.example.test/ ", " abc ").unwrap();
        assert_eq!((settings.base_url(), settings.inbox()), ("https://chat.example.test", "abc"));
        assert!(Settings::new("http://127.0.0.1:3100/chatwoot", "abc").is_ok());
    }

    #[test]
    fn settings_refuse_what_is_no_address() {
        for bad in [
            "",
            "chat.example.test",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "ftp://a",
            "//a",
            "https://u@h",
            "https://a?b",
            "https://a\nb",
        ] {
            assert_eq!(Settings::new(bad, "abc"), Err(SettingsError::BaseUrl), "{bad}");
        }
        assert_eq!(Settings::new("https://a", "  "), Err(SettingsError::InboxIdentifier));
    }
}
