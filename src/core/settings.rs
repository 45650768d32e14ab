//! What the embedding site tells us.

use super::wire::PROTOCOL;

/// Where the server is and which inbox is ours; checked once, here.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Settings {
    base_url: String,
    inbox: String,
    closes_resolved: bool,
}

/// What is wrong with the settings, for the developer who embeds the widget.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Unusable {
    /// `base-url` is not an http or https address.
    BaseUrl,
    /// `inbox-identifier` is empty.
    InboxIdentifier,
}

impl Settings {
    /// Reads the two settings every site must give.
    ///
    /// # Errors
    /// When one of them can't be used; which one is all that is said, never its value.
    pub fn new(base_url: &str, inbox_identifier: &str) -> Result<Self, Unusable> {
        let base_url = base_url.trim().trim_end_matches('/');
        let host = ["https://", "http://"].iter().find_map(|scheme| base_url.strip_prefix(scheme));
        let inbox = inbox_identifier.trim();
        let is_odd = |c: char| matches!(c, '?' | '#' | '@') || c.is_whitespace() || c.is_control();
        if host.is_none_or(|host| host.is_empty() || host.starts_with('/') || host.contains(is_odd)) {
            return Err(Unusable::BaseUrl);
        }
        if inbox.is_empty() {
            return Err(Unusable::InboxIdentifier);
        }
        Ok(Self { base_url: base_url.to_owned(), inbox: inbox.to_owned(), closes_resolved: false })
    }

    /// With conversations that take no more messages once they are resolved. Without, a message opens them again.
    #[must_use]
    pub const fn closing_resolved(mut self, closes: bool) -> Self {
        self.closes_resolved = closes;
        self
    }

    /// Whether resolved conversations take no more messages.
    #[must_use]
    pub const fn closes_resolved(&self) -> bool {
        self.closes_resolved
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
        format!("{}tabs/{PROTOCOL}", self.storage_prefix())
    }

    /// What every storage key of this server and inbox starts with.
    #[must_use]
    pub fn storage_prefix(&self) -> String {
        format!("natter/1/{}/{}/", self.base_url, self.inbox)
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
            assert_eq!(Settings::new(bad, "abc"), Err(Unusable::BaseUrl), "{bad}");
        }
        assert_eq!(Settings::new("https://a", "  "), Err(Unusable::InboxIdentifier));
    }
}
