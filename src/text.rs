//! Every sentence a visitor can read, as one enum; the words themselves are in `locales/`.

use crate::json::{self, Object, Value};

/// A sentence, with what it speaks of.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Sentence {
    /// The panel's name.
    PanelLabel,
    /// Closes the panel.
    Close,
    /// Over an empty conversation.
    GreetingTitle,
    /// Under that: what to expect.
    GreetingText,
    /// The list of messages' name.
    ThreadLabel,
    /// While the first messages are on their way.
    ThreadLoading,
    /// Asks for older messages.
    Earlier,
    /// While they are on their way.
    EarlierLoading,
    /// A day separator.
    Today,
    /// A day separator.
    Yesterday,
    /// The visitor, as the author of a message.
    You,
    /// The inbox or an agent without a name, as the author of a message.
    Team,
    /// The writing field's name.
    ComposerLabel,
    /// In the empty writing field.
    ComposerPlaceholder,
    /// Sends what was written.
    Send,
    /// A message on its way.
    Sending,
    /// A message the server refused.
    NotSent,
    /// The same, with the server's own words.
    NotSentBecause(String),
    /// A message that may or may not be at the server.
    MaybeSent,
    /// Sends a failed message again.
    TryAgain,
    /// Puts a failed message back into the writing field.
    TakeBack,
    /// The device has no network.
    Offline,
    /// The server can't be reached.
    Unreachable,
    /// The server asks for a pause.
    Busy,
    /// The page itself keeps the visitor from the server, or leads elsewhere.
    Barred,
    /// A text longer than the server takes.
    TooLong(u32),
    /// Too many messages wait.
    TooMany,
    /// So many characters fit in yet; below zero, so many are too many.
    CharactersLeft(i32),
    /// The same for ears, which are not told at each key: no more than that.
    CharactersFew(i32),
    /// Adds files to a message.
    Attach,
    /// Offers emoji.
    Emoji,
    /// Begins to record a voice note.
    Voice,
    /// The files that go with a message, as a list.
    Attached,
    /// Leaves a file out.
    RemoveFile(String),
    /// Stops an upload.
    Cancel,
    /// A file larger than the server takes.
    FileTooLarge(String),
    /// More files than one message takes.
    TooManyFiles(usize),
    /// An upload whose files the device no longer has.
    FilesGone,
    /// Shows the rest of a long message.
    ShowMore,
    /// Shows only its beginning again.
    ShowLess,
    /// Where reading stopped; with their number, the way to what came below.
    Unread,
    /// The way down to the newest message.
    Newest,
    /// Who is writing.
    Typing(String),
    /// What else one can do.
    Menu,
    /// Leads from all conversations to the open one.
    Back,
    /// All of the visitor's conversations.
    Conversations,
    /// They are on their way.
    ListLoading,
    /// They can't be had.
    ListFailed,
    /// Begins another conversation.
    NewConversation,
    /// Ends the conversation.
    EndConversation,
    /// Of a conversation in the list: it has ended.
    ConversationOver,
    /// The conversation has ended, and a message opens it again.
    Ended,
    /// The conversation has ended, and takes no more messages.
    EndedForGood,
    /// The conversation had ended before the message could be sent.
    NotSentInTime,
    /// Agents have seen the visitor's message.
    Seen,
    /// Hands in what was filled in.
    Submit,
    /// In a list to choose from, before anything is chosen.
    Choose,
    /// Asks how the conversation was.
    RatingAsk,
    /// After that was answered.
    RatingThanks,
    /// A survey that takes no answers any more.
    RatingClosed,
    /// Asks for more about a rating; its field's name.
    FeedbackAsk,
    /// An answer the server refused.
    AnswerNotSaved,
    /// Opens a picture.
    Picture(String),
    /// Which of several pictures is looked at; `{number}` and `{count}` are filled in there.
    PictureViewer,
    /// To the picture before.
    PicturePrevious,
    /// To the picture after.
    PictureNext,
    /// To the picture as it was sent.
    PictureOriginal,
    /// A file that can't be had.
    FileGone,
    /// A message that was deleted.
    Deleted,
    /// The worst of five ratings.
    Rating1,
    /// The second worst.
    Rating2,
    /// The one in the middle.
    Rating3,
    /// The second best.
    Rating4,
    /// The best of five ratings.
    Rating5,
}

impl Sentence {
    /// Its key in `locales/`, and what stands in its placeholder.
    fn parts(&self) -> (&'static str, Option<(&'static str, String)>) {
        match self {
            Self::PanelLabel => ("panel_label", None),
            Self::Close => ("close", None),
            Self::GreetingTitle => ("greeting_title", None),
            Self::GreetingText => ("greeting_text", None),
            Self::ThreadLabel => ("thread_label", None),
            Self::ThreadLoading => ("thread_loading", None),
            Self::Earlier => ("earlier", None),
            Self::EarlierLoading => ("earlier_loading", None),
            Self::Today => ("today", None),
            Self::Yesterday => ("yesterday", None),
            Self::You => ("you", None),
            Self::Team => ("team", None),
            Self::ComposerLabel => ("composer_label", None),
            Self::ComposerPlaceholder => ("composer_placeholder", None),
            Self::Send => ("send", None),
            Self::Sending => ("sending", None),
            Self::NotSent => ("not_sent", None),
            Self::NotSentBecause(words) => ("not_sent_because", Some(("{words}", words.clone()))),
            Self::MaybeSent => ("maybe_sent", None),
            Self::TryAgain => ("try_again", None),
            Self::TakeBack => ("take_back", None),
            Self::Offline => ("offline", None),
            Self::Unreachable => ("unreachable", None),
            Self::Busy => ("busy", None),
            Self::Barred => ("barred", None),
            Self::TooLong(count) => ("too_long", Some(("{count}", count.to_string()))),
            Self::TooMany => ("too_many", None),
            Self::CharactersLeft(count) => ("characters_left", Some(("{count}", count.to_string()))),
            Self::CharactersFew(count) => ("characters_few", Some(("{count}", count.to_string()))),
            Self::Attach => ("attach", None),
            Self::Emoji => ("emoji", None),
            Self::Voice => ("voice", None),
            Self::Attached => ("attached", None),
            Self::RemoveFile(name) => ("remove_file", Some(("{name}", name.clone()))),
            Self::Cancel => ("cancel", None),
            Self::FileTooLarge(name) => ("file_too_large", Some(("{name}", name.clone()))),
            Self::TooManyFiles(count) => ("too_many_files", Some(("{count}", count.to_string()))),
            Self::FilesGone => ("files_gone", None),
            Self::ShowMore => ("show_more", None),
            Self::ShowLess => ("show_less", None),
            Self::Unread => ("unread", None),
            Self::Newest => ("newest", None),
            Self::Typing(name) => ("typing", Some(("{name}", name.clone()))),
            Self::Menu => ("menu", None),
            Self::Back => ("back", None),
            Self::Conversations => ("conversations", None),
            Self::ListLoading => ("list_loading", None),
            Self::ListFailed => ("list_failed", None),
            Self::NewConversation => ("new_conversation", None),
            Self::EndConversation => ("end_conversation", None),
            Self::ConversationOver => ("conversation_over", None),
            Self::Ended => ("ended", None),
            Self::EndedForGood => ("ended_for_good", None),
            Self::NotSentInTime => ("not_sent_in_time", None),
            Self::Seen => ("seen", None),
            Self::Submit => ("submit", None),
            Self::Choose => ("choose", None),
            Self::RatingAsk => ("rating_ask", None),
            Self::RatingThanks => ("rating_thanks", None),
            Self::RatingClosed => ("rating_closed", None),
            Self::FeedbackAsk => ("feedback_ask", None),
            Self::AnswerNotSaved => ("answer_not_saved", None),
            Self::Picture(name) => ("picture", Some(("{name}", name.clone()))),
            Self::PictureViewer => ("picture_viewer", None),
            Self::PicturePrevious => ("picture_previous", None),
            Self::PictureNext => ("picture_next", None),
            Self::PictureOriginal => ("picture_original", None),
            Self::FileGone => ("file_gone", None),
            Self::Deleted => ("deleted", None),
            Self::Rating1 => ("rating_1", None),
            Self::Rating2 => ("rating_2", None),
            Self::Rating3 => ("rating_3", None),
            Self::Rating4 => ("rating_4", None),
            Self::Rating5 => ("rating_5", None),
        }
    }
}

/// What the browser knows of languages and calendars; the shell implements it with Intl, tests with something fixed.
pub trait Speech {
    /// The number of the visitor's calendar day that this moment (seconds since 1970) is in.
    fn day(&self, at: u64) -> i64;
    /// A date, as written over a day's messages.
    fn date(&self, at: u64) -> String;
    /// A time of day.
    fn time(&self, at: u64) -> String;
    /// A moment for machines: what `<time datetime>` takes.
    fn machine(&self, at: u64) -> String;
    /// So many bytes, as people say it.
    fn size(&self, bytes: u64) -> String;
}

/// One language's words.
#[derive(Debug)]
pub struct Catalogue(Value);

impl Catalogue {
    /// English, which is always there.
    #[must_use]
    pub fn english() -> Self {
        Self(json::read(include_str!("../locales/en.json")).unwrap_or(Value::Null))
    }

    /// A language that is known from this JSON alone.
    #[cfg(feature = "gallery")]
    #[must_use]
    pub fn read(words: &str) -> Self {
        Self(json::read(words).unwrap_or(Value::Null))
    }

    /// The words of a module that is fetched when it is needed: those whose key begins with its name, by the rest of it.
    pub fn words_of(&self, module: &str) -> impl Iterator<Item = (&str, &str)> {
        let all = self.0.object();
        let keys = all.into_iter().flat_map(Object::names);
        keys.filter_map(move |key| Some((key.strip_prefix(module)?.strip_prefix('_')?, all?.get(key)?.text()?)))
    }

    /// The sentence in this language.
    #[must_use]
    pub fn say(&self, sentence: &Sentence) -> String {
        let (key, value) = sentence.parts();
        let words = self.0.object().and_then(|words| words.get(key)?.text()).unwrap_or(key);
        match value {
            Some((placeholder, value)) => words.replace(placeholder, &value),
            None => words.to_owned(),
        }
    }
}

/// What is written over a day's messages, seen from `now`.
#[must_use]
pub fn day_title(catalogue: &Catalogue, speech: &dyn Speech, at: u64, now: u64) -> String {
    match speech.day(now) - speech.day(at) {
        0 => catalogue.say(&Sentence::Today),
        1 => catalogue.say(&Sentence::Yesterday),
        _ => speech.date(at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed;

    impl Speech for Fixed {
        fn day(&self, at: u64) -> i64 {
            (at / 86_400) as i64
        }

        fn date(&self, at: u64) -> String {
            format!("day {}", self.day(at))
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
    }

    const ALL: [Sentence; 68] = [
        Sentence::PanelLabel,
        Sentence::Close,
        Sentence::GreetingTitle,
        Sentence::GreetingText,
        Sentence::ThreadLabel,
        Sentence::ThreadLoading,
        Sentence::Earlier,
        Sentence::EarlierLoading,
        Sentence::Today,
        Sentence::Yesterday,
        Sentence::You,
        Sentence::Team,
        Sentence::ComposerLabel,
        Sentence::ComposerPlaceholder,
        Sentence::Send,
        Sentence::Sending,
        Sentence::NotSent,
        Sentence::MaybeSent,
        Sentence::TryAgain,
        Sentence::TakeBack,
        Sentence::Offline,
        Sentence::Unreachable,
        Sentence::Busy,
        Sentence::Barred,
        Sentence::TooLong(3),
        Sentence::TooMany,
        Sentence::PicturePrevious,
        Sentence::PictureNext,
        Sentence::PictureOriginal,
        Sentence::CharactersLeft(3),
        Sentence::CharactersFew(3),
        Sentence::Attach,
        Sentence::Emoji,
        Sentence::Voice,
        Sentence::Attached,
        Sentence::Cancel,
        Sentence::TooManyFiles(3),
        Sentence::FilesGone,
        Sentence::ShowMore,
        Sentence::ShowLess,
        Sentence::Unread,
        Sentence::Newest,
        Sentence::Menu,
        Sentence::Back,
        Sentence::Conversations,
        Sentence::ListLoading,
        Sentence::ListFailed,
        Sentence::NewConversation,
        Sentence::EndConversation,
        Sentence::ConversationOver,
        Sentence::Ended,
        Sentence::EndedForGood,
        Sentence::NotSentInTime,
        Sentence::Seen,
        Sentence::Submit,
        Sentence::Choose,
        Sentence::RatingAsk,
        Sentence::RatingThanks,
        Sentence::RatingClosed,
        Sentence::FeedbackAsk,
        Sentence::AnswerNotSaved,
        Sentence::FileGone,
        Sentence::Deleted,
        Sentence::Rating1,
        Sentence::Rating2,
        Sentence::Rating3,
        Sentence::Rating4,
        Sentence::Rating5,
    ];

    #[test]
    fn every_sentence_has_its_words_and_every_word_its_sentence() {
        let english = Catalogue::english();
        let mut said: Vec<&str> = ALL.iter().map(|sentence| sentence.parts().0).collect();
        let told = [Sentence::NotSentBecause, Sentence::Picture, Sentence::FileTooLarge, Sentence::RemoveFile];
        said.extend(told.map(|sentence| sentence(String::new()).parts().0));
        said.push(Sentence::Typing(String::new()).parts().0);
        said.push(Sentence::PictureViewer.parts().0);
        let words = english.0.object().unwrap();
        for sentence in &ALL {
            assert!(words.get(sentence.parts().0).is_some(), "{sentence:?}");
        }
        let of_others = ["launcher_", "emoji_", "voice_"];
        for key in words.names().filter(|key| !of_others.iter().any(|other| key.starts_with(other))) {
            assert!(said.contains(&key), "nobody says {key}");
        }
    }

    #[test]
    fn a_module_gets_its_own_words() {
        let english = Catalogue::english();
        let words: Vec<(&str, &str)> = english.words_of("emoji").filter(|(key, _)| *key == "food").collect();
        assert_eq!(words, [("food", "Food and drink")]);
        assert!(english.words_of("voice").all(|(key, words)| !key.is_empty() && !words.is_empty()));
        assert_eq!(english.words_of("emo").count(), 0);
    }

    #[test]
    fn placeholders_are_filled() {
        let english = Catalogue::english();
        for sentence in ALL.iter().chain([&Sentence::NotSentBecause("no {x}".to_owned())]) {
            let said = english.say(sentence);
            assert!(!said.contains("{words}") && !said.contains("{count}") && !said.is_empty(), "{said}");
        }
        assert!(english.say(&Sentence::NotSentBecause("Too many messages".to_owned())).ends_with("Too many messages"));
    }

    #[test]
    fn days_are_named_from_the_readers_calendar() {
        let english = Catalogue::english();
        let title = |at| day_title(&english, &Fixed, at, 10 * 86_400 + 60);
        assert_eq!(title(10 * 86_400), "Today");
        assert_eq!(title(10 * 86_400 - 1), "Yesterday");
        assert_eq!(title(8 * 86_400), "day 8");
    }
}
