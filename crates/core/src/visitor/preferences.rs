//! The visitor's preferences: sound, notifications and theme, stored on the device.

use crate::tolerant_json::{self, Json};
use serde::Serialize;

/// A preference that the visitor sets.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Preference {
    /// Whether new messages make no sound.
    Silent(bool),
    /// Whether the browser shows notifications of messages that are out of view.
    Notifications(bool),
    /// The theme.
    Theme(Theme),
}

/// The colours of the chat.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// The website's theme, or the device's.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// Its name in the style sheets and in the record.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// All preferences.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Preferences {
    /// Whether new messages make no sound; `None` if the visitor has not chosen.
    pub is_silent: Option<bool>,
    /// Whether the browser shows notifications; `None` if the visitor was not asked.
    pub notifications: Option<bool>,
    /// The theme.
    pub theme: Theme,
}

/// The record on the device.
#[derive(Serialize)]
struct PreferencesRecord {
    v: u64,
    silent: Option<bool>,
    notices: Option<bool>,
    theme: &'static str,
}

const RECORD_VERSION: u64 = 1;

impl Preferences {
    /// Sets a preference.
    pub const fn set(&mut self, preference: Preference) {
        match preference {
            Preference::Silent(is_silent) => self.is_silent = Some(is_silent),
            Preference::Notifications(is_on) => self.notifications = Some(is_on),
            Preference::Theme(theme) => self.theme = theme,
        }
    }

    /// The record for the device.
    #[must_use]
    pub fn record(self) -> String {
        tolerant_json::write(&PreferencesRecord {
            v: RECORD_VERSION,
            silent: self.is_silent,
            notices: self.notifications,
            theme: self.theme.name(),
        })
    }

    /// Restores a record; a damaged one gives the defaults.
    #[must_use]
    pub fn from_record(record: &str) -> Self {
        let Some(Json::Object(record)) = tolerant_json::read(record) else { return Self::default() };
        if record.get("v").and_then(Json::number) != Some(RECORD_VERSION) {
            return Self::default();
        }
        let bool_at = |key| record.get(key).and_then(Json::bool);
        let theme = record.get("theme").and_then(Json::text);
        let theme = Theme::ALL.into_iter().find(|one| theme == Some(one.name())).unwrap_or_default();
        Self { is_silent: bool_at("silent"), notifications: bool_at("notices"), theme }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_restored_from_their_record() {
        let mut chosen = Preferences::default();
        assert_eq!(Preferences::from_record(&chosen.record()), chosen);
        let all = [Preference::Silent(true), Preference::Notifications(false), Preference::Theme(Theme::Dark)];
        all.into_iter().for_each(|one| chosen.set(one));
        assert_eq!((chosen.is_silent, chosen.notifications, chosen.theme), (Some(true), Some(false), Theme::Dark));
        assert_eq!(Preferences::from_record(&chosen.record()), chosen);
    }

    #[test]
    fn preferences_ignore_a_damaged_record() {
        for broken in ["", "[]", "{\"v\":2,\"silent\":true}", "{\"v\":1,\"silent\":\"yes\",\"theme\":\"pink\"}"] {
            assert_eq!(Preferences::from_record(broken), Preferences::default(), "{broken}");
        }
    }
}
