//! What a message holds beside its text: what it asks the visitor, what the visitor answered, and its files.
//!
//! An agent's or a bot's message may ask for something (`content_type` in Chatwoot). Every such question is answered by
//! changing the message itself (`submitted_values`), as often as one likes; only a survey is closed after 14 days.

use super::model::MessageId;
use super::url::SafeUrl;

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
    pub measures: Option<(u64, u64)>,
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

/// An answer on its way.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Given {
    /// The message that asked.
    pub message: MessageId,
    /// What was answered.
    pub answers: Vec<Answer>,
}
