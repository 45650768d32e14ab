//! What the embedding site tells us.

use std::sync::Arc;

use crate::content::Choice;
use crate::digits::digits;
use crate::model::Person;
use crate::tabs::messages::PROTOCOL;
use crate::url::SafeUrl;
use crate::visitor::pre_chat_form::PreChatForm;

/// Where the server is and which inbox is ours; checked once, here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    base_url: String,
    inbox: String,
    /// All else.
    pub options: Options,
}

/// What a site can leave out.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Options {
    /// Whether resolved conversations take no more messages. Else a message opens them again.
    pub closes_resolved: bool,
    /// Who answers here: the faces in the panel's head.
    pub team: Vec<Person>,
    /// How soon they do.
    pub reply: Option<ReplyTime>,
    /// What to ask before the first message.
    pub form: Option<PreChatForm>,
    /// Whether agents are told on which page a conversation began.
    pub tells_page: bool,
    /// Whether the browser's own notifications are offered.
    pub offers_notifications: bool,
    /// Whether the visitor can choose between light and dark.
    pub offers_themes: bool,
    /// Whether nothing is heard until the visitor wants it.
    pub is_silent: bool,
    /// The language the widget begins to speak (BCP 47); empty for English.
    pub language: String,
    /// The languages that the visitor can choose from, by their own names.
    pub languages: Arc<[Choice]>,
    /// After so many days without a visit the device forgets the visitor; 0 for never.
    pub retention_days: u64,
    /// Where else the visitor can turn if there is no chat.
    pub fallback: Option<SafeUrl>,
}

impl Options {
    /// What of them decides anything about the first message, in a line (`Form::outline`).
    #[must_use]
    pub fn outline(&self) -> String {
        self.form.as_ref().map(PreChatForm::outline).unwrap_or_default()
    }
}

/// How soon the team answers.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReplyTime {
    /// Within minutes.
    Minutes,
    /// Within hours.
    Hours,
    /// Within a day.
    Day,
}

/// What is wrong with the settings, for the developer who embeds the widget.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SettingsError {
    /// `base-url` is not an http or https address.
    BaseUrl,
    /// `inbox-identifier` is empty.
    InboxIdentifier,
    /// Something that bears this name is in the page, and such names are those of the server's secrets.
    Secret(String),
}

impl Settings {
    /// Reads the two settings every site must give.
    ///
    /// # Errors
    /// When one of them can't be used; which one is all that is said, never its value.
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

    /// With these options.
    #[must_use]
    pub fn with(mut self, options: Options) -> Self {
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

    /// What the lock and the channel of this visitor's tabs are called.
    #[must_use]
    pub fn tabs_name(&self) -> String {
        [&self.storage_prefix(), "tabs/", &digits(PROTOCOL.into())].concat()
    }

    /// What every storage key of this server and inbox starts with.
    #[must_use]
    pub fn storage_prefix(&self) -> String {
        ["natter/1/", &self.base_url, "/", &self.inbox, "/"].concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_without_its_last_slash() {
        let settings = Settings::new(" https://chat.example.test/ ", " abc ").unwrap();
        assert_eq!((settings.base_url(), settings.inbox()), ("https://chat.example.test", "abc"));
        assert!(Settings::new("http://127.0.0.1:3100/chatwoot", "abc").is_ok());
    }

    #[test]
    fn what_is_no_address_is_refused() {
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
