//! What painters know beside the view: the visitor's language, today, and what the browser can do.

use crate::i18n::{Formatter, Locale, TextKey, day_title};
use natter_core::content::MessageKind;
use natter_core::model::{Author, Message, Person};
use natter_core::view::excerpt;

/// Words, the browser's knowledge of dates, today, and whether there can be a microphone.
pub struct Words {
    /// The sentences.
    pub locale: Locale,
    /// Dates and times.
    pub formatter: Box<dyn Formatter>,
    /// The time, in seconds since 1970.
    pub now: fn() -> u64,
    /// Whether the browser lends this page a microphone, if the visitor has one and lets it.
    pub can_record: bool,
}

impl Words {
    /// A sentence in the visitor's language.
    #[must_use]
    pub fn say(&self, sentence: &TextKey) -> String {
        self.locale.text(sentence)
    }

    /// What somebody of the team is called.
    #[must_use]
    pub fn called(&self, person: &Person) -> String {
        if person.name.is_empty() { self.say(&TextKey::Team) } else { person.name.clone() }
    }

    /// What an author is called.
    #[must_use]
    pub fn author(&self, author: &Author) -> String {
        match author {
            Author::Visitor => self.say(&TextKey::You),
            Author::Agent(person) | Author::Bot(person) => self.called(person),
            Author::Inbox => self.say(&TextKey::Team),
        }
    }

    /// What is shown of a message where there is room for so many characters.
    #[must_use]
    pub fn line(&self, message: &Message, chars: usize) -> String {
        if message.is_deleted {
            return self.say(&TextKey::Deleted);
        }
        let text = excerpt(message, chars);
        match message.attachments.first() {
            None if text.is_empty() && matches!(message.kind, MessageKind::Rating(_)) => self.say(&TextKey::RatingAsk),
            Some(file) if text.is_empty() => file.name.clone(),
            Some(_) | None => text,
        }
    }

    /// When something was: the time, or the day if that is not today.
    #[must_use]
    pub fn lately(&self, at: u64) -> String {
        let is_today = self.formatter.day(at) == self.formatter.day((self.now)());
        if is_today { self.formatter.time(at) } else { self.day(at) }
    }

    /// What is written over a day's messages.
    #[must_use]
    pub fn day(&self, at: u64) -> String {
        day_title(&self.locale, &*self.formatter, at, (self.now)())
    }
}
