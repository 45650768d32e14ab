//! What the browser knows of languages, calendars and addresses.

use super::{Locale, TextKey};

/// Formats values as the visitor's language and calendar have them. The platform implements it by the browser's Intl and
/// URL, tests by something fixed. Moments are seconds since 1970.
pub trait Formatter {
    /// The number of the visitor's calendar day that a moment is in: days since 1970-01-01.
    fn day(&self, at: u64) -> i64;
    /// A date, as shown above a day's messages; with its year if `now` is in another one.
    fn date(&self, at: u64, now: u64) -> String;
    /// A day of the week, standing alone.
    fn weekday(&self, at: u64) -> String;
    /// A time of day.
    fn time(&self, at: u64) -> String;
    /// A moment in ISO 8601, as `<time datetime>` takes it.
    fn machine(&self, at: u64) -> String;
    /// A file size, from bytes.
    fn size(&self, bytes: u64) -> String;
    /// The host of an address, as the browser would connect to it; `None` if it would not.
    fn host(&self, url: &str) -> Option<String>;
}

/// The title above a day's messages, seen from `now`: today, yesterday or the date.
#[must_use]
pub fn day_title(locale: &Locale, formatter: &dyn Formatter, at: u64, now: u64) -> String {
    match formatter.day(now) - formatter.day(at) {
        0 => locale.text(&TextKey::Today),
        1 => locale.text(&TextKey::Yesterday),
        _ => formatter.date(at, now),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Formatter for Fixed {
        fn day(&self, at: u64) -> i64 {
            (at / 86_400) as i64
        }

        fn date(&self, at: u64, now: u64) -> String {
            format!("day {} seen from day {}", self.day(at), self.day(now))
        }

        fn weekday(&self, at: u64) -> String {
            format!("weekday {}", self.day(at) % 7)
        }

        fn time(&self, at: u64) -> String {
            format!("{}:{:02}", at % 86_400 / 3_600, at % 3_600 / 60)
        }

        fn machine(&self, at: u64) -> String {
            at.to_string()
        }

        fn size(&self, bytes: u64) -> String {
            bytes.to_string()
        }

        fn host(&self, _: &str) -> Option<String> {
            None
        }
    }

    #[test]
    fn day_titles_follow_the_visitors_calendar() {
        let english = Locale::english();
        let title = |at| day_title(&english, &Fixed, at, 10 * 86_400 + 60);
        assert_eq!(title(10 * 86_400), "Today");
        assert_eq!(title(10 * 86_400 - 1), "Yesterday");
        assert_eq!(title(8 * 86_400), "day 8 seen from day 10");
    }
}
