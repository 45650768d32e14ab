//! A message's content besides its text: interactive content, the visitor's answers, and attachments.
//!
//! An agent's or bot's message may ask for something (`content_type` in Chatwoot). Every such message is answered by
//! updating the message itself (`submitted_values`), as often as the visitor likes; only a survey closes, after 14
//! days.

use crate::url::SafeUrl;

/// The kind of a message (`content_type`).
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum MessageKind {
    /// Text, and kinds that this version does not know.
    #[default]
    Plain,
    /// A form: `form`, and `input_email`, `input_text` and `input_textarea` as forms of one field.
    Form(Vec<Field>),
    /// A choice: `input_select`.
    Choice(Vec<Choice>),
    /// Cards with actions: `cards`.
    Cards(Vec<Card>),
    /// Links to help articles: `article`.
    Articles(Vec<Card>),
    /// A satisfaction survey: `input_csat`.
    Rating(RatingScale),
}

/// How a survey's ratings are shown.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum RatingScale {
    /// Five faces.
    #[default]
    Faces,
    /// One to five stars.
    Stars,
}

/// A field of a form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Field {
    /// The name of its value in a submission.
    pub name: String,
    /// Its label or name.
    pub label: String,
    /// Its type.
    pub kind: FieldKind,
    /// The placeholder.
    pub placeholder: String,
    /// The initial value.
    pub default: String,
    /// Whether a value is required.
    pub is_required: bool,
    /// The regular expression that a value must match; empty for none.
    pub pattern: String,
    /// The message if it does not match.
    pub pattern_error: String,
}

/// The type of a field. Agents' forms have the first four.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum FieldKind {
    /// One line of text.
    #[default]
    Text,
    /// An e-mail address.
    Email,
    /// Several lines of text.
    TextArea,
    /// One of these options.
    Select(Vec<Choice>),
    /// The visitor's name.
    Name,
    /// A phone number, with its country's code.
    Phone,
    /// A number.
    Number,
    /// A URL.
    Link,
    /// A date.
    Date,
    /// A checkbox.
    Check,
}

/// An option of a choice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Choice {
    /// The visible text.
    pub title: String,
    /// The submitted value.
    pub value: String,
}

/// A card.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Card {
    /// Its label or name.
    pub title: String,
    /// What it is.
    pub description: String,
    /// Its picture.
    pub picture: Option<SafeUrl>,
    /// The link of the whole card.
    pub link: Option<SafeUrl>,
    /// Its actions.
    pub actions: Vec<CardAction>,
}

/// An action of a card.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum CardAction {
    /// A link, with its title.
    Link(String, SafeUrl),
    /// A button: its value is submitted.
    Postback(Choice),
}

/// An answer of the visitor's.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// The field's name; empty if the message has no fields.
    pub name: String,
    /// The visible text.
    pub title: String,
    /// The submitted value.
    pub value: String,
}

/// The name of a survey's rating among its answers.
pub const RATING: &str = "rating";
/// The name of a survey's feedback text among its answers.
pub const FEEDBACK: &str = "feedback_message";

/// How long Chatwoot accepts a rating, in seconds.
const RATING_OPEN_SECONDS: u64 = 14 * 86_400;

/// Whether a survey created at `created_at` still accepts answers at `now`, both in seconds since 1970.
#[must_use]
pub const fn is_rating_open(created_at: u64, now: u64) -> bool {
    now.saturating_sub(created_at) < RATING_OPEN_SECONDS
}

impl MessageKind {
    /// Whether it asks the visitor for something.
    #[must_use]
    pub const fn is_question(&self) -> bool {
        match self {
            Self::Plain | Self::Articles(_) => false,
            Self::Form(_) | Self::Choice(_) | Self::Cards(_) | Self::Rating(_) => true,
        }
    }

    /// The values of the submitted fields, as answers; fields that the message does not have are dropped.
    #[must_use]
    pub fn answers(&self, values: Vec<(String, String)>) -> Vec<Answer> {
        let is_known = |name: &str| match self {
            Self::Form(fields) => fields.iter().any(|field| field.name == name),
            Self::Rating(_) => name == RATING || name == FEEDBACK,
            Self::Plain | Self::Choice(_) | Self::Cards(_) | Self::Articles(_) => false,
        };
        let title = |name: &str| match self {
            Self::Form(fields) => fields.iter().find(|field| field.name == name).map(|field| field.label.clone()),
            Self::Plain | Self::Choice(_) | Self::Cards(_) | Self::Articles(_) | Self::Rating(_) => None,
        };
        values
            .into_iter()
            .filter(|(name, _)| is_known(name))
            .map(|(name, value)| Answer { title: title(&name).unwrap_or_default(), name, value })
            .collect()
    }
}

/// The value of the answer with this name.
#[must_use]
pub fn value_of<'a>(answers: &'a [Answer], name: &str) -> Option<&'a str> {
    answers.iter().find(|answer| answer.name == name).map(|answer| answer.value.as_str())
}

/// An attachment of a message.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Attachment {
    /// Its id at the server.
    pub id: u64,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its URL; the server redirects to a URL that expires after 5 minutes.
    pub url: Option<SafeUrl>,
    /// The URL of its thumbnail.
    pub thumb: Option<SafeUrl>,
    /// Its label or name.
    pub name: String,
    /// The contact's name, for a shared contact that has one.
    pub person: String,
    /// Its size in bytes; 0 if unknown.
    pub size: u64,
    /// An image's width and height in pixels, if the server has measured it.
    pub dimensions: Option<(u64, u64)>,
}

/// How an attachment is shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AttachmentKind {
    /// An image that can't contain scripts.
    Image,
    /// A sound.
    Audio,
    /// A video.
    Video,
    /// A location; its name is the address.
    Location,
    /// A contact; its name is the phone number.
    Contact,
    /// A link: shared content, an embedded page, a post or a story.
    Link,
    /// Anything else: offered for download.
    File,
}

impl AttachmentKind {
    /// How a picked file of this media type is shown, if browsers can show it. SVG images are not shown, as with the
    /// server's.
    #[must_use]
    pub fn from_media_type(media_type: &str) -> Option<Self> {
        match media_type.split_once('/')? {
            ("image", "png" | "jpeg" | "gif" | "webp" | "avif" | "bmp") => Some(Self::Image),
            ("audio", _) => Some(Self::Audio),
            ("video", _) => Some(Self::Video),
            _ => None,
        }
    }
}

/// The URLs from which an image, sound or video can be loaded, in the order of attempts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Sources {
    /// The visitor's own file on this page (`blob:`).
    pub local: Option<String>,
    /// The thumbnail at the server.
    pub thumb: Option<String>,
    /// The file at the server; empty until it is there.
    pub original: String,
}

/// The pauses before a file is requested again after each failure, in ms. Chatwoot broadcasts a message before its
/// files are stored: their URLs answer 404, or 500 for a thumbnail, for 100 to 500 ms, and longer with remote storage.
pub const FILE_RETRIES_MS: [u32; 4] = [300, 1_000, 3_000, 10_000];

/// How often the thumbnail is requested; then the file itself. The server can't make thumbnails of some files.
const THUMBNAIL_ATTEMPTS: usize = 3;

impl Sources {
    /// The first URL.
    #[must_use]
    pub fn first(&self) -> &str {
        self.local.as_deref().unwrap_or_else(|| self.thumbnail_or_original())
    }

    /// The URL to try after this many failures, and the pause before it in ms; `None` if all were tried.
    #[must_use]
    pub fn next_after(&self, failures: usize) -> Option<(u32, &str)> {
        if self.original.is_empty() {
            return None;
        }
        let failures = failures - usize::from(self.local.is_some());
        if failures == 0 {
            return Some((0, self.thumbnail_or_original()));
        }
        let pause_ms = *FILE_RETRIES_MS.get(failures - 1)?;
        Some((pause_ms, if failures < THUMBNAIL_ATTEMPTS { self.thumbnail_or_original() } else { &self.original }))
    }

    fn thumbnail_or_original(&self) -> &str {
        self.thumb.as_deref().unwrap_or(&self.original)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(local: Option<&str>, thumb: Option<&str>, original: &str) -> Sources {
        let text = |text: Option<&str>| text.map(str::to_owned);
        Sources { local: text(local), thumb: text(thumb), original: original.to_owned() }
    }

    fn tried(sources: &Sources) -> Vec<(u32, &str)> {
        (1..20).map_while(|failures| sources.next_after(failures)).collect()
    }

    #[test]
    fn attachment_is_requested_again_four_times_and_a_thumbnail_gives_way_to_the_file() {
        let plain = sources(None, None, "o");
        assert_eq!((plain.first(), tried(&plain)), ("o", vec![(300, "o"), (1_000, "o"), (3_000, "o"), (10_000, "o")]));
        let with_thumbnail = sources(None, Some("t"), "o");
        assert_eq!(
            (with_thumbnail.first(), tried(&with_thumbnail)),
            ("t", vec![(300, "t"), (1_000, "t"), (3_000, "o"), (10_000, "o")])
        );
    }

    #[test]
    fn attachment_of_ones_own_is_shown_from_the_page_first() {
        let own = sources(Some("blob"), Some("t"), "o");
        let after = vec![(0, "t"), (300, "t"), (1_000, "t"), (3_000, "o"), (10_000, "o")];
        assert_eq!((own.first(), tried(&own)), ("blob", after));
        let unsent = sources(Some("blob"), None, "");
        assert_eq!((unsent.first(), tried(&unsent)), ("blob", vec![]), "the server has nothing yet");
    }

    #[test]
    fn attachment_kinds_are_those_that_browsers_show() {
        let kinds =
            ["image/png", "image/svg+xml", "audio/webm;codecs=opus", "video/mp4", "application/pdf", "", "image"];
        let kinds = kinds.map(AttachmentKind::from_media_type);
        use AttachmentKind::{Audio, Image, Video};
        assert_eq!(kinds, [Some(Image), None, Some(Audio), Some(Video), None, None, None]);
    }
}
