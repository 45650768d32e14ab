//! What a message holds beside its text: what it asks the visitor, what the visitor answered, and its files.
//!
//! An agent's or a bot's message may ask for something (`content_type` in Chatwoot). Every such question is answered by
//! changing the message itself (`submitted_values`), as often as one likes; only a survey is closed after 14 days.

use crate::model::MessageId;
use crate::url::SafeUrl;

/// What a message is for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Kind {
    /// To be read: text, and whatever this version does not know.
    #[default]
    Plain,
    /// To be filled in: `form`, and `input_email`, `input_text` and `input_textarea` as forms of one field.
    Form(Vec<Field>),
    /// To be chosen from: `input_select`.
    Choice(Vec<Choice>),
    /// Things to look at, with something to do about each: `cards`.
    Cards(Vec<Card>),
    /// Things to read elsewhere: `article`.
    Articles(Vec<Card>),
    /// How was it: `input_csat`.
    Rating(Scale),
}

/// What a rating is given in.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Scale {
    /// Five faces.
    #[default]
    Faces,
    /// One to five stars.
    Stars,
}

/// A field of a form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Field {
    /// What its value is handed in under.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// What is to be written.
    pub kind: FieldKind,
    /// An example of it.
    pub placeholder: String,
    /// What is in it to begin with.
    pub default: String,
    /// Whether it can't be left empty.
    pub is_required: bool,
    /// The regular expression its value must match, if it isn't empty.
    pub pattern: String,
    /// What to say when it doesn't.
    pub pattern_error: String,
}

/// What is to be written into a field. Agents' forms know of the first four.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum FieldKind {
    /// A line.
    #[default]
    Text,
    /// An address of e-mail.
    Email,
    /// Lines.
    TextArea,
    /// One of these.
    Select(Vec<Choice>),
    /// What the visitor is called.
    Name,
    /// A phone number, with its country's code.
    Phone,
    /// A number.
    Number,
    /// An address of a page.
    Link,
    /// A day.
    Date,
    /// Yes or no.
    Check,
}

/// One of several.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choice {
    /// What people read.
    pub title: String,
    /// What is handed in.
    pub value: String,
}

/// Something to look at.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Card {
    /// What it is called.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Its picture.
    pub picture: Option<SafeUrl>,
    /// Where it leads as a whole.
    pub link: Option<SafeUrl>,
    /// What can be done about it.
    pub actions: Vec<Action>,
}

/// What can be done about a card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Action {
    /// Going somewhere.
    Link(String, SafeUrl),
    /// Saying so: the value is handed in.
    Postback(Choice),
}

/// What the visitor answered to one question.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The field's name; empty where there are no fields.
    pub name: String,
    /// What people read.
    pub title: String,
    /// What was handed in.
    pub value: String,
}

/// A survey's answers have these names.
pub const RATING: &str = "rating";
/// What the visitor says about the rating.
pub const FEEDBACK: &str = "feedback_message";

/// The server takes no rating after that, in seconds.
const RATING_S_MAX: u64 = 14 * 86_400;

/// Whether a survey asked for at `asked` still takes answers at `now`, both in seconds since 1970.
#[must_use]
pub const fn is_rating_open(asked: u64, now: u64) -> bool {
    now.saturating_sub(asked) < RATING_S_MAX
}

impl Kind {
    /// Whether the visitor is asked for something.
    #[must_use]
    pub const fn is_question(&self) -> bool {
        match self {
            Self::Plain | Self::Articles(_) => false,
            Self::Form(_) | Self::Choice(_) | Self::Cards(_) | Self::Rating(_) => true,
        }
    }

    /// What was filled in, as answers; fields this message does not have are dropped.
    #[must_use]
    pub fn answers(&self, filled: Vec<(String, String)>) -> Vec<Answer> {
        let is_known = |name: &str| match self {
            Self::Form(fields) => fields.iter().any(|field| field.name == name),
            Self::Rating(_) => name == RATING || name == FEEDBACK,
            Self::Plain | Self::Choice(_) | Self::Cards(_) | Self::Articles(_) => false,
        };
        let title = |name: &str| match self {
            Self::Form(fields) => fields.iter().find(|field| field.name == name).map(|field| field.label.clone()),
            Self::Plain | Self::Choice(_) | Self::Cards(_) | Self::Articles(_) | Self::Rating(_) => None,
        };
        filled
            .into_iter()
            .filter(|(name, _)| is_known(name))
            .map(|(name, value)| Answer { title: title(&name).unwrap_or_default(), name, value })
            .collect()
    }
}

/// The answer of this name.
#[must_use]
pub fn value_of<'a>(answers: &'a [Answer], name: &str) -> Option<&'a str> {
    answers.iter().find(|answer| answer.name == name).map(|answer| answer.value.as_str())
}

/// A file that came with a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attachment {
    /// Its id at the server.
    pub id: u64,
    /// What it is.
    pub kind: AttachmentKind,
    /// Where it is; the server sends one on to an address that ends after 5 minutes.
    pub url: Option<SafeUrl>,
    /// Where a smaller picture of it is.
    pub thumb: Option<SafeUrl>,
    /// What it is called.
    pub name: String,
    /// Whose number it is, where it is a person's and the server says so.
    pub person: String,
    /// Bytes, 0 where nobody knows.
    pub size: u64,
    /// A picture's width and height in pixels, where the server has measured it.
    pub dimensions: Option<(u64, u64)>,
}

/// What a file is, for showing it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttachmentKind {
    /// A picture that can do nothing but be looked at.
    Image,
    /// To be heard.
    Audio,
    /// To be watched.
    Video,
    /// A place; its name says which.
    Location,
    /// A person's number; its name is that.
    Contact,
    /// Something to look at elsewhere: what was shared, an embedded page, a post or a story.
    Link,
    /// Anything else: to be taken away.
    File,
}

impl AttachmentKind {
    /// What a picked file of this media type can be shown as, if browsers show it. A picture that is a document (SVG) is
    /// not shown, as among the server's.
    #[must_use]
    pub fn of_media_type(media_type: &str) -> Option<Self> {
        match media_type.split_once('/')? {
            ("image", "png" | "jpeg" | "gif" | "webp" | "avif" | "bmp") => Some(Self::Image),
            ("audio", _) => Some(Self::Audio),
            ("video", _) => Some(Self::Video),
            _ => None,
        }
    }
}

/// The addresses a picture, sound or film can be loaded from, in the order they are tried.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sources {
    /// The visitor's own file, on this page.
    pub local: Option<String>,
    /// A smaller picture of it at the server.
    pub thumb: Option<String>,
    /// The file at the server; empty as long as it is not there.
    pub original: String,
}

/// How long after each failure a file at the server is asked for again, in milliseconds. Chatwoot tells of a message
/// before its files are in storage: their addresses answer 404, 500 for a thumbnail, for 100 to 500 ms, and longer where
/// storage is remote.
pub const FILE_RETRIES_MS: [u32; 4] = [300, 1_000, 3_000, 10_000];

/// So often a thumbnail is asked for; then the file itself is. Of some files the server can make none.
const THUMB_TRIES: usize = 3;

impl Sources {
    /// The first address.
    #[must_use]
    pub fn first(&self) -> &str {
        self.local.as_deref().unwrap_or_else(|| self.small())
    }

    /// What is to be tried after this many failures, and how long after the last, in milliseconds; `None` when all was
    /// tried.
    #[must_use]
    pub fn after(&self, failures: usize) -> Option<(u32, &str)> {
        if self.original.is_empty() {
            return None;
        }
        let failures = failures - usize::from(self.local.is_some());
        if failures == 0 {
            return Some((0, self.small()));
        }
        let wait = *FILE_RETRIES_MS.get(failures - 1)?;
        Some((wait, if failures < THUMB_TRIES { self.small() } else { &self.original }))
    }

    fn small(&self) -> &str {
        self.thumb.as_deref().unwrap_or(&self.original)
    }
}

/// An answer on its way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FormSubmission {
    /// The message that asked.
    pub message: MessageId,
    /// What was answered.
    pub answers: Vec<Answer>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(local: Option<&str>, thumb: Option<&str>, original: &str) -> Sources {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Sources { local: text(local), thumb: text(thumb), original: original.to_owned() }
    }

    fn tried(sources: &Sources) -> Vec<(u32, &str)> {
        (1..20).map_while(|failures| sources.after(failures)).collect()
    }

    #[test]
    fn a_file_is_asked_for_again_four_times_and_a_thumbnail_gives_way_to_the_file() {
        let plain = sources(None, None, "o");
        assert_eq!((plain.first(), tried(&plain)), ("o", vec![(300, "o"), (1_000, "o"), (3_000, "o"), (10_000, "o")]));
        let small = sources(None, Some("t"), "o");
        assert_eq!((small.first(), tried(&small)), ("t", vec![(300, "t"), (1_000, "t"), (3_000, "o"), (10_000, "o")]));
    }

    #[test]
    fn ones_own_file_is_shown_first_and_gives_way_to_the_servers_at_once() {
        let own = sources(Some("blob"), Some("t"), "o");
        let after = vec![(0, "t"), (300, "t"), (1_000, "t"), (3_000, "o"), (10_000, "o")];
        assert_eq!((own.first(), tried(&own)), ("blob", after));
        let unsent = sources(Some("blob"), None, "");
        assert_eq!((unsent.first(), tried(&unsent)), ("blob", vec![]), "the server has nothing yet");
    }

    #[test]
    fn only_what_browsers_show_is_shown() {
        let kinds =
            ["image/png", "image/svg+xml", "audio/webm;codecs=opus", "video/mp4", "application/pdf", "", "image"];
        let kinds = kinds.map(AttachmentKind::of_media_type);
        use AttachmentKind::{Audio, Image, Video};
        assert_eq!(kinds, [Some(Image), None, Some(Audio), Some(Video), None, None, None]);
    }
}
