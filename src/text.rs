//! Every sentence a visitor can read, as one enum; the words themselves are in `locales/`.

#[cfg(feature = "gallery")]
pub(crate) use english::ENGLISH;
#[cfg(not(feature = "gallery"))]
use english::ENGLISH;
use english::at;
use natter_core::digits::digits;
use natter_core::json::{self, Value};

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
    /// The same of a message that is still being looked for, and what sending it again can lead to.
    NotConfirmed,
    /// Sends a failed message again.
    TryAgain,
    /// Sends a message again that nobody knows of.
    SendAgain,
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
    /// Where else the visitor can turn.
    Fallback,
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
    /// Somebody of the team is there.
    PresenceOnline,
    /// Nobody is, and nobody knows when somebody will be.
    PresenceAway,
    /// The team is back later today, at this time.
    BackToday(String),
    /// The team is back tomorrow, at this time.
    BackTomorrow(String),
    /// The team is back on this day of the week, at this time.
    BackOn(String, String),
    /// How soon the team answers: within minutes.
    ReplyMinutes,
    /// How soon the team answers: within hours.
    ReplyHours,
    /// How soon the team answers: within a day.
    ReplyDay,
    /// Hides what is shown of new messages over the launcher.
    PreviewsDismiss,
    /// Whether new messages are heard.
    Sound,
    /// Whether the browser tells of answers while nobody looks.
    Notify,
    /// Offers that.
    NotifyAsk,
    /// Takes the offer.
    NotifyYes,
    /// Declines it.
    NotifyNo,
    /// The browser was told not to.
    NotifyDenied,
    /// What is written will not outlive the page.
    NotKept,
    /// How the chat looks, as a choice.
    Theme,
    /// Light or dark as the device is.
    ThemeAuto,
    /// Light.
    ThemeLight,
    /// Dark.
    ThemeDark,
    /// Which language the chat speaks, as a choice.
    Language,
    /// Saves the conversation as a text file.
    TranscriptText,
    /// Saves the conversation as a JSON file.
    TranscriptJson,
    /// It could not be read to its beginning.
    TranscriptFailed,
    /// Makes the device forget the visitor.
    Forget,
    /// What that means.
    ForgetAsk,
    /// Does it.
    ForgetYes,
    /// Over the form before the first message.
    IntroText,
    /// Hands that form in.
    IntroStart,
    /// Of a field that can be left empty.
    IntroOptional,
    /// A field for the visitor's name.
    FieldName,
    /// A field for the visitor's e-mail address.
    FieldEmail,
    /// A field for the visitor's phone number.
    FieldPhone,
    /// For ears: somebody wrote this.
    AnnounceMessage(String, String),
    /// For ears: somebody sent a file.
    AnnounceFile(String),
    /// For ears: the connection is back.
    Connected,
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
    /// Its place among the sentences of `locales/`.
    const fn place(&self) -> usize {
        match self {
            Self::PanelLabel => at::PANEL_LABEL,
            Self::Close => at::CLOSE,
            Self::GreetingTitle => at::GREETING_TITLE,
            Self::GreetingText => at::GREETING_TEXT,
            Self::ThreadLabel => at::THREAD_LABEL,
            Self::ThreadLoading => at::THREAD_LOADING,
            Self::Earlier => at::EARLIER,
            Self::EarlierLoading => at::EARLIER_LOADING,
            Self::Today => at::TODAY,
            Self::Yesterday => at::YESTERDAY,
            Self::You => at::YOU,
            Self::Team => at::TEAM,
            Self::ComposerLabel => at::COMPOSER_LABEL,
            Self::ComposerPlaceholder => at::COMPOSER_PLACEHOLDER,
            Self::Send => at::SEND,
            Self::Sending => at::SENDING,
            Self::NotSent => at::NOT_SENT,
            Self::NotSentBecause(..) => at::NOT_SENT_BECAUSE,
            Self::MaybeSent => at::MAYBE_SENT,
            Self::NotConfirmed => at::NOT_CONFIRMED,
            Self::TryAgain => at::TRY_AGAIN,
            Self::SendAgain => at::SEND_AGAIN,
            Self::TakeBack => at::TAKE_BACK,
            Self::Offline => at::OFFLINE,
            Self::Unreachable => at::UNREACHABLE,
            Self::Busy => at::BUSY,
            Self::Barred => at::BARRED,
            Self::Fallback => at::FALLBACK,
            Self::TooLong(..) => at::TOO_LONG,
            Self::TooMany => at::TOO_MANY,
            Self::CharactersLeft(..) => at::CHARACTERS_LEFT,
            Self::CharactersFew(..) => at::CHARACTERS_FEW,
            Self::Attach => at::ATTACH,
            Self::Emoji => at::EMOJI,
            Self::Voice => at::VOICE,
            Self::Attached => at::ATTACHED,
            Self::RemoveFile(..) => at::REMOVE_FILE,
            Self::Cancel => at::CANCEL,
            Self::FileTooLarge(..) => at::FILE_TOO_LARGE,
            Self::TooManyFiles(..) => at::TOO_MANY_FILES,
            Self::FilesGone => at::FILES_GONE,
            Self::ShowMore => at::SHOW_MORE,
            Self::ShowLess => at::SHOW_LESS,
            Self::Unread => at::UNREAD,
            Self::Newest => at::NEWEST,
            Self::Typing(..) => at::TYPING,
            Self::Menu => at::MENU,
            Self::Back => at::BACK,
            Self::Conversations => at::CONVERSATIONS,
            Self::ListLoading => at::LIST_LOADING,
            Self::ListFailed => at::LIST_FAILED,
            Self::NewConversation => at::NEW_CONVERSATION,
            Self::EndConversation => at::END_CONVERSATION,
            Self::ConversationOver => at::CONVERSATION_OVER,
            Self::Ended => at::ENDED,
            Self::EndedForGood => at::ENDED_FOR_GOOD,
            Self::NotSentInTime => at::NOT_SENT_IN_TIME,
            Self::Seen => at::SEEN,
            Self::Submit => at::SUBMIT,
            Self::Choose => at::CHOOSE,
            Self::RatingAsk => at::RATING_ASK,
            Self::RatingThanks => at::RATING_THANKS,
            Self::RatingClosed => at::RATING_CLOSED,
            Self::FeedbackAsk => at::FEEDBACK_ASK,
            Self::AnswerNotSaved => at::ANSWER_NOT_SAVED,
            Self::Picture(..) => at::PICTURE,
            Self::PictureViewer => at::PICTURE_VIEWER,
            Self::PicturePrevious => at::PICTURE_PREVIOUS,
            Self::PictureNext => at::PICTURE_NEXT,
            Self::PictureOriginal => at::PICTURE_ORIGINAL,
            Self::FileGone => at::FILE_GONE,
            Self::Deleted => at::DELETED,
            Self::PresenceOnline => at::PRESENCE_ONLINE,
            Self::PresenceAway => at::PRESENCE_AWAY,
            Self::BackToday(..) => at::BACK_TODAY,
            Self::BackTomorrow(..) => at::BACK_TOMORROW,
            Self::BackOn(..) => at::BACK_ON,
            Self::ReplyMinutes => at::REPLY_MINUTES,
            Self::ReplyHours => at::REPLY_HOURS,
            Self::ReplyDay => at::REPLY_DAY,
            Self::PreviewsDismiss => at::PREVIEWS_DISMISS,
            Self::Sound => at::SOUND,
            Self::Notify => at::NOTIFY,
            Self::NotifyAsk => at::NOTIFY_ASK,
            Self::NotifyYes => at::NOTIFY_YES,
            Self::NotifyNo => at::NOTIFY_NO,
            Self::NotifyDenied => at::NOTIFY_DENIED,
            Self::NotKept => at::NOT_KEPT,
            Self::Theme => at::THEME,
            Self::ThemeAuto => at::THEME_AUTO,
            Self::ThemeLight => at::THEME_LIGHT,
            Self::ThemeDark => at::THEME_DARK,
            Self::Language => at::LANGUAGE,
            Self::TranscriptText => at::TRANSCRIPT_TEXT,
            Self::TranscriptJson => at::TRANSCRIPT_JSON,
            Self::TranscriptFailed => at::TRANSCRIPT_FAILED,
            Self::Forget => at::FORGET,
            Self::ForgetAsk => at::FORGET_ASK,
            Self::ForgetYes => at::FORGET_YES,
            Self::IntroText => at::INTRO_TEXT,
            Self::IntroStart => at::INTRO_START,
            Self::IntroOptional => at::INTRO_OPTIONAL,
            Self::FieldName => at::FIELD_NAME,
            Self::FieldEmail => at::FIELD_EMAIL,
            Self::FieldPhone => at::FIELD_PHONE,
            Self::AnnounceMessage(..) => at::ANNOUNCE_MESSAGE,
            Self::AnnounceFile(..) => at::ANNOUNCE_FILE,
            Self::Connected => at::CONNECTED,
            Self::Rating1 => at::RATING_1,
            Self::Rating2 => at::RATING_2,
            Self::Rating3 => at::RATING_3,
            Self::Rating4 => at::RATING_4,
            Self::Rating5 => at::RATING_5,
        }
    }

    /// What stands in its placeholders.
    fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::NotSentBecause(words) => vec![("words", words.clone())],
            Self::TooLong(count) => vec![("count", digits((*count).into()))],
            Self::CharactersLeft(count) | Self::CharactersFew(count) => {
                let sign = if *count < 0 { "-" } else { "" };
                vec![("count", [sign, &digits(count.unsigned_abs().into())].concat())]
            }
            Self::TooManyFiles(count) => vec![("count", digits(*count as u64))],
            Self::RemoveFile(name)
            | Self::FileTooLarge(name)
            | Self::Typing(name)
            | Self::Picture(name)
            | Self::AnnounceFile(name) => vec![("name", name.clone())],
            Self::BackToday(time) | Self::BackTomorrow(time) => vec![("time", time.clone())],
            Self::BackOn(day, time) => vec![("day", day.clone()), ("time", time.clone())],
            Self::AnnounceMessage(name, text) => vec![("name", name.clone()), ("text", text.clone())],
            Self::PanelLabel
            | Self::Close
            | Self::GreetingTitle
            | Self::GreetingText
            | Self::ThreadLabel
            | Self::ThreadLoading
            | Self::Earlier
            | Self::EarlierLoading
            | Self::Today
            | Self::Yesterday
            | Self::You
            | Self::Team
            | Self::ComposerLabel
            | Self::ComposerPlaceholder
            | Self::Send
            | Self::Sending
            | Self::NotSent
            | Self::MaybeSent
            | Self::NotConfirmed
            | Self::TryAgain
            | Self::SendAgain
            | Self::TakeBack
            | Self::Offline
            | Self::Unreachable
            | Self::Busy
            | Self::Barred
            | Self::Fallback
            | Self::TooMany
            | Self::Attach
            | Self::Emoji
            | Self::Voice
            | Self::Attached
            | Self::Cancel
            | Self::FilesGone
            | Self::ShowMore
            | Self::ShowLess
            | Self::Unread
            | Self::Newest
            | Self::Menu
            | Self::Back
            | Self::Conversations
            | Self::ListLoading
            | Self::ListFailed
            | Self::NewConversation
            | Self::EndConversation
            | Self::ConversationOver
            | Self::Ended
            | Self::EndedForGood
            | Self::NotSentInTime
            | Self::Seen
            | Self::Submit
            | Self::Choose
            | Self::RatingAsk
            | Self::RatingThanks
            | Self::RatingClosed
            | Self::FeedbackAsk
            | Self::AnswerNotSaved
            | Self::PictureViewer
            | Self::PicturePrevious
            | Self::PictureNext
            | Self::PictureOriginal
            | Self::FileGone
            | Self::Deleted
            | Self::PresenceOnline
            | Self::PresenceAway
            | Self::ReplyMinutes
            | Self::ReplyHours
            | Self::ReplyDay
            | Self::PreviewsDismiss
            | Self::Sound
            | Self::Notify
            | Self::NotifyAsk
            | Self::NotifyYes
            | Self::NotifyNo
            | Self::NotifyDenied
            | Self::NotKept
            | Self::Theme
            | Self::ThemeAuto
            | Self::ThemeLight
            | Self::ThemeDark
            | Self::Language
            | Self::TranscriptText
            | Self::TranscriptJson
            | Self::TranscriptFailed
            | Self::Forget
            | Self::ForgetAsk
            | Self::ForgetYes
            | Self::IntroText
            | Self::IntroStart
            | Self::IntroOptional
            | Self::FieldName
            | Self::FieldEmail
            | Self::FieldPhone
            | Self::Connected
            | Self::Rating1
            | Self::Rating2
            | Self::Rating3
            | Self::Rating4
            | Self::Rating5 => Vec::new(),
        }
    }
}

/// A sentence's words, with these values in its placeholders; what looks like a placeholder in a value is none.
fn fill(words: &str, values: &[(&str, String)]) -> String {
    let mut filled = String::new();
    for part in words.split_inclusive('}') {
        let value = |(text, name): (&str, &str)| {
            let (_, value) = values.iter().find(|(other, _)| *other == name)?;
            Some([text, value].concat())
        };
        let known = part.strip_suffix('}').and_then(|part| part.rsplit_once('{')).and_then(value);
        filled.push_str(known.as_deref().unwrap_or(part));
    }
    filled
}

/// What the browser knows of languages, calendars and addresses; the shell implements it with Intl and URL, tests with
/// something fixed.
pub trait Speech {
    /// The number of the visitor's calendar day that this moment (seconds since 1970) is in.
    fn day(&self, at: u64) -> i64;
    /// A date, as written over a day's messages.
    fn date(&self, at: u64) -> String;
    /// A day of the week, standing alone.
    fn weekday(&self, at: u64) -> String;
    /// A time of day.
    fn time(&self, at: u64) -> String;
    /// A moment for machines: what `<time datetime>` takes.
    fn machine(&self, at: u64) -> String;
    /// So many bytes, as people say it.
    fn size(&self, bytes: u64) -> String;
    /// The host of an address, as the browser would connect to it; nothing if it would not.
    fn host(&self, url: &str) -> Option<String>;
}

/// English, and where each sentence stands: `build.rs` makes it of `locales/en.json`.
mod english {
    include!(concat!(env!("OUT_DIR"), "/english.rs"));
}

/// One language's words, each in its sentence's place; where it has none, English.
#[derive(Debug)]
pub struct Catalogue(Vec<String>);

impl Catalogue {
    /// English, which is always there.
    #[must_use]
    pub fn english() -> Self {
        Self(ENGLISH.lines().map(str::to_owned).collect())
    }

    /// Reads a language: a JSON list of its sentences. Anything else is English.
    #[must_use]
    pub fn read(words: &str) -> Self {
        let mut catalogue = Self::english();
        if let Some(Value::List(words)) = json::read(words)
            && words.len() == catalogue.0.len()
        {
            for (sentence, words) in catalogue.0.iter_mut().zip(words) {
                if let Value::Text(words) = words {
                    *sentence = words;
                }
            }
        }
        catalogue
    }

    /// The sentence in this language.
    #[must_use]
    pub fn say(&self, sentence: &Sentence) -> String {
        fill(self.0.get(sentence.place()).map_or("", String::as_str), &sentence.values())
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

    const ALL: [Sentence; 102] = [
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
        Sentence::NotConfirmed,
        Sentence::TryAgain,
        Sentence::SendAgain,
        Sentence::TakeBack,
        Sentence::Offline,
        Sentence::Unreachable,
        Sentence::Busy,
        Sentence::Barred,
        Sentence::Fallback,
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
        Sentence::PresenceOnline,
        Sentence::PresenceAway,
        Sentence::ReplyMinutes,
        Sentence::ReplyHours,
        Sentence::ReplyDay,
        Sentence::PreviewsDismiss,
        Sentence::Sound,
        Sentence::Notify,
        Sentence::NotifyAsk,
        Sentence::NotifyYes,
        Sentence::NotifyNo,
        Sentence::NotifyDenied,
        Sentence::NotKept,
        Sentence::Theme,
        Sentence::ThemeAuto,
        Sentence::ThemeLight,
        Sentence::ThemeDark,
        Sentence::Language,
        Sentence::TranscriptText,
        Sentence::TranscriptJson,
        Sentence::TranscriptFailed,
        Sentence::Forget,
        Sentence::ForgetAsk,
        Sentence::ForgetYes,
        Sentence::IntroText,
        Sentence::IntroStart,
        Sentence::IntroOptional,
        Sentence::FieldName,
        Sentence::FieldEmail,
        Sentence::FieldPhone,
        Sentence::Connected,
        Sentence::Rating1,
        Sentence::Rating2,
        Sentence::Rating3,
        Sentence::Rating4,
        Sentence::Rating5,
    ];

    #[test]
    fn a_language_is_as_many_sentences_and_nothing_else_is_one() {
        let close = |words: &str| Catalogue::read(words).say(&Sentence::Close);
        let mut words = vec![json::string("x"); ENGLISH.lines().count()];
        assert_eq!(close(&json::list(&words)), "x");
        words[at::CLOSE] = "7".to_owned();
        assert_eq!(close(&json::list(&words)), "Close", "what is missing is said in English");
        words.pop();
        for other in [json::list(&words), String::new(), "{}".to_owned()] {
            assert_eq!(close(&other), "Close", "of another version, or none at all");
        }
    }

    #[test]
    fn a_value_that_looks_like_a_placeholder_is_none() {
        let values = [("name", "{text}".to_owned()), ("text", "{name} }{".to_owned())];
        assert_eq!(fill("{name} says: {text}, {other} {", &values), "{text} says: {name} }{, {other} {");
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
