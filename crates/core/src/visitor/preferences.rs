//! What the visitor has chosen: whether anything is heard, whether the browser tells of messages, light or dark.

use crate::digits::digits;
use crate::json::{self, Value};

/// One choice.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Preference {
    /// Nothing is to be heard, or (false) messages are.
    Silent(bool),
    /// The browser is to tell of messages nobody sees, or not to.
    Notices(bool),
    /// How the chat is to look.
    Theme(Theme),
}

/// How the chat looks.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Theme {
    /// As the site has it, or the device.
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

    /// What the style sheets call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// All choices.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Preferences {
    /// Whether nothing is to be heard; `None` for who never said.
    pub silent: Option<bool>,
    /// Whether the browser is to tell of messages; `None` for who was never asked.
    pub notices: Option<bool>,
    /// How the chat is to look.
    pub theme: Theme,
}

const KEPT_VERSION: u64 = 1;

impl Preferences {
    /// The visitor chooses.
    pub const fn choose(&mut self, preference: Preference) {
        match preference {
            Preference::Silent(is_silent) => self.silent = Some(is_silent),
            Preference::Notices(wants) => self.notices = Some(wants),
            Preference::Theme(theme) => self.theme = theme,
        }
    }

    /// What the device is to keep.
    #[must_use]
    pub fn record(self) -> String {
        let truth = |said: Option<bool>| json::or_null(said.map(json::truth));
        json::object(&[
            ("v", digits(KEPT_VERSION)),
            ("silent", truth(self.silent)),
            ("notices", truth(self.notices)),
            ("theme", json::string(self.theme.name())),
        ])
    }

    /// What the device kept; what is broken is as good as nothing.
    #[must_use]
    pub fn read(kept: &str) -> Self {
        let Some(Value::Object(kept)) = json::read(kept) else { return Self::default() };
        if kept.get("v").and_then(Value::number) != Some(KEPT_VERSION) {
            return Self::default();
        }
        let said = |key| kept.get(key).and_then(Value::truth);
        let theme = kept.get("theme").and_then(Value::text);
        let theme = Theme::ALL.into_iter().find(|one| theme == Some(one.name())).unwrap_or_default();
        Self { silent: said("silent"), notices: said("notices"), theme }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_chosen_outlives_the_page() {
        let mut chosen = Preferences::default();
        assert_eq!(Preferences::read(&chosen.record()), chosen);
        let all = [Preference::Silent(true), Preference::Notices(false), Preference::Theme(Theme::Dark)];
        all.into_iter().for_each(|one| chosen.choose(one));
        assert_eq!((chosen.silent, chosen.notices, chosen.theme), (Some(true), Some(false), Theme::Dark));
        assert_eq!(Preferences::read(&chosen.record()), chosen);
    }

    #[test]
    fn what_is_broken_was_never_chosen() {
        for broken in ["", "[]", "{\"v\":2,\"silent\":true}", "{\"v\":1,\"silent\":\"yes\",\"theme\":\"pink\"}"] {
            assert_eq!(Preferences::read(broken), Preferences::default(), "{broken}");
        }
    }
}
