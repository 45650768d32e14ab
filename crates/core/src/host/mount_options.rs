//! What the element hands over when it mounts a chat.

use crate::chatwoot::fields::parse_object;
use crate::host::attributes::read_settings;
use crate::host::calls::{HostCall, read_calls};
use crate::host::settings::{Settings, SettingsError};
use crate::tolerant_json::{Json, Object};

/// What a chat starts with: `{"attributes": {…}, "texts": […], "calls": […]}`.
#[derive(Debug, PartialEq)]
pub struct MountOptions {
    /// The settings in the element's attributes (`host::attributes`).
    pub settings: Settings,
    /// The names of attributes with unusable values.
    pub unusable: Vec<&'static str>,
    /// The texts of the element's language, as a list; `Null` for English.
    pub texts: Json,
    /// The website's calls so far (`host::calls`).
    pub calls: Vec<HostCall>,
}

impl MountOptions {
    /// Parses the options. What is missing is empty.
    ///
    /// # Errors
    /// If a required setting is missing or unusable, or if an attribute has the name of a secret.
    pub fn parse(text: &str) -> Result<Self, SettingsError> {
        let mut options = parse_object(text).unwrap_or_default();
        let none = Object::default();
        let (settings, unusable) = read_settings(options.get("attributes").and_then(Json::object).unwrap_or(&none))?;
        Ok(Self {
            settings,
            unusable,
            texts: options.remove("texts").unwrap_or(Json::Null),
            calls: options.get("calls").map(read_calls).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mount_options_are_attributes_texts_and_calls() {
        let text = r#"{"attributes":{"base-url":"https://chat.example.test","inbox-identifier":"abc","sound":"loud"},
            "texts":["Hallo"],"calls":["opened",{"send":"Hi"}]}"#;
        let options = MountOptions::parse(text).unwrap();
        assert_eq!((options.settings.inbox(), options.unusable), ("abc", vec!["sound"]));
        assert_eq!(options.texts.texts(), ["Hallo"]);
        let sent = HostCall::SendMessage { text: "Hi".to_owned() };
        assert_eq!(options.calls, [HostCall::PanelToggled { is_open: true }, sent]);
    }

    #[test]
    fn mount_options_need_only_the_required_attributes() {
        let text = r#"{"attributes":{"base-url":"https://chat.example.test","inbox-identifier":"abc"},"calls":7}"#;
        let options = MountOptions::parse(text).unwrap();
        assert_eq!((options.texts, options.calls), (Json::Null, vec![]));
        for text in ["", "[]", "{}", r#"{"attributes":[]}"#] {
            assert_eq!(MountOptions::parse(text), Err(SettingsError::BaseUrl), "{text}");
        }
    }
}
