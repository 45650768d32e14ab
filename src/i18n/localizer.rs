//! What components need to put the view into words: the locale's texts, dates, and names.

use super::{Formatter, Locale, TextKey, day_title};
use natter_core::content::MessageKind;
use natter_core::model::{Author, Message, Person};
use natter_core::view::excerpt;

/// The visitor's language, their calendar, and what the browser can do.
pub struct Localizer {
    /// The texts.
    pub locale: Locale,
    /// Dates, times, sizes and hosts.
    pub formatter: Box<dyn Formatter>,
    /// The present time, in seconds since 1970.
    pub now: fn() -> u64,
    /// Whether this page may use a microphone.
    pub can_record: bool,
}

impl Localizer {
    /// A text in the visitor's language.
    #[must_use]
    pub fn text(&self, key: &TextKey) -> String {
        self.locale.text(key)
    }

    /// The name of an agent or bot; the team's, if theirs is unknown.
    #[must_use]
    pub fn person_name(&self, person: &Person) -> String {
        if person.name.is_empty() { self.text(&TextKey::Team) } else { person.name.clone() }
    }

    /// The name of an author.
    #[must_use]
    pub fn author_name(&self, author: &Author) -> String {
        match author {
            Author::Visitor => self.text(&TextKey::You),
            Author::Agent(person) | Author::Bot(person) => self.person_name(person),
            Author::Inbox => self.text(&TextKey::Team),
        }
    }

    /// A message in one line of at most this many characters.
    #[must_use]
    pub fn message_line(&self, message: &Message, chars: usize) -> String {
        if message.is_deleted {
            return self.text(&TextKey::Deleted);
        }
        let text = excerpt(message, chars);
        match message.attachments.first() {
            None if text.is_empty() && matches!(message.kind, MessageKind::Rating(_)) => self.text(&TextKey::RatingAsk),
            Some(file) if text.is_empty() => file.name.clone(),
            Some(_) | None => text,
        }
    }

    /// The day of the visitor's calendar, in days since 1970.
    #[must_use]
    pub fn today(&self) -> i64 {
        self.formatter.day((self.now)())
    }

    /// The time of a moment today, the day of any other.
    #[must_use]
    pub fn time_or_day(&self, at: u64) -> String {
        if self.formatter.day(at) == self.today() { self.formatter.time(at) } else { self.day_title(at) }
    }

    /// The title above a day's messages.
    #[must_use]
    pub fn day_title(&self, at: u64) -> String {
        day_title(&self.locale, &*self.formatter, at, (self.now)())
    }
}
