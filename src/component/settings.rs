//! The values of the component's props, and how they become attributes of the element.

use std::collections::BTreeMap;

use leptos::prelude::{Get, MaybeProp};
use natter_core::tolerant_json;
use serde::Serialize;

/// A setting whose values are words.
pub trait Word {
    /// The attribute's value.
    fn word(&self) -> &'static str;
}

/// An enum whose variants are words of an attribute.
macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$variant_about:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum $name {
            $($(#[$variant_about])* $variant,)*
        }

        impl Word for $name {
            fn word(&self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                }
            }
        }
    };
}

words!(
    /// When the chat is loaded.
    Load {
        /// At once.
        Now = "now",
        /// When the page has nothing else to do.
        Idle = "idle",
        /// When the visitor is about to open it.
        Intent = "intent",
        /// When it is opened.
        Manual = "manual",
    }
);

words!(
    /// Where the chat is.
    Mode {
        /// In the page's layout.
        Inline = "inline",
    }
);

words!(
    /// The side of the page.
    Position {
        /// Left.
        Left = "left",
        /// Right.
        Right = "right",
    }
);

words!(
    /// Light or dark.
    Theme {
        /// Light.
        Light = "light",
        /// Dark.
        Dark = "dark",
        /// As the page's `color-scheme`.
        Host = "host",
    }
);

words!(
    /// How soon the team usually replies.
    ReplyTime {
        /// Within minutes.
        Minutes = "minutes",
        /// Within hours.
        Hours = "hours",
        /// Within a day.
        Day = "day",
    }
);

words!(
    /// Whether there are sounds.
    Sound {
        /// Sounds, until the visitor turns them off.
        On = "on",
        /// No sound until the visitor turns it on.
        Off = "off",
    }
);

/// A team member in the panel's header.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Person {
    /// The name.
    pub name: String,
    /// The URL of an avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

impl From<&str> for Person {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), avatar: None }
    }
}

/// The pre-chat form, which is shown before the first message.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct PreChatForm {
    /// The text above the form; by default the widget's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The fields.
    pub fields: Vec<FormField>,
    /// What the visitor has to agree to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentText>,
}

/// A field of the pre-chat form.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct FormField {
    /// The name of the contact's custom attribute that gets the answer.
    pub name: String,
    /// The kind.
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// The label; by default the widget's own or the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The placeholder.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// What it contains at first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// Whether it must be filled in.
    pub required: bool,
    /// A regular expression that the whole answer has to match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// The error text for an answer that does not match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern_error: Option<String>,
    /// The choices of a [`FieldKind::Select`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<FieldOption>,
}

/// The kind of a field.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    /// The visitor's name.
    Name,
    /// An e-mail address.
    Email,
    /// A phone number.
    Phone,
    /// A line.
    #[default]
    Text,
    /// Several lines.
    TextArea,
    /// A number.
    Number,
    /// A URL.
    Link,
    /// A date.
    Date,
    /// One of several choices.
    Select,
    /// Yes or no.
    Checkbox,
}

/// A choice of a [`FieldKind::Select`].
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct FieldOption {
    /// What the visitor sees.
    pub label: String,
    /// The value that agents see; by default the label.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What the visitor has to agree to before the first message.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct ConsentText {
    /// A text in Markdown.
    pub text: String,
    /// When it changes, every visitor is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A prompt (proactive message), which is shown over the launcher before the visitor opens the chat.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Prompt {
    /// The text.
    pub text: String,
    /// The id by which a dismissal is stored on the device; by default the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// A pattern for the page's URL, in which `*` stands for any text; by default every page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The seconds on that page before it is shown; by default 10.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<u32>,
    /// The hours at which it is shown, from and to, on the visitor's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<(u8, u8)>,
    /// The days of the week on which it is shown, on the visitor's clock; 0 is Sunday. None for all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub days: Vec<u8>,
}

/// Custom attributes, which agents see, by name.
pub type Attributes = BTreeMap<String, AttributeValue>;

/// The value of a custom attribute.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum AttributeValue {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// Yes or no.
    Bool(bool),
    /// Nothing.
    Null,
}

impl From<&str> for AttributeValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for AttributeValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<f64> for AttributeValue {
    fn from(number: f64) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for AttributeValue {
    fn from(is_true: bool) -> Self {
        Self::Bool(is_true)
    }
}

/// The visitor as the application knows them. Without `identifier_hash`, the identifier, the e-mail address and the phone
/// number become custom attributes, and identify nobody.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct User {
    /// The site's id of the user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier: Option<String>,
    /// HMAC-SHA256 of the identifier under the inbox's HMAC token, in hex. The site's server computes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identifier_hash: Option<String>,
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The e-mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// With the country code, such as +4934112345.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    /// The URL of an avatar.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar_url: Option<String>,
    /// Custom attributes of the contact.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_attributes: Attributes,
}

/// What reads an attribute's value.
type Value = Box<dyn Fn() -> Option<String>>;

pub(super) fn text(setting: MaybeProp<String>) -> Value {
    Box::new(move || setting.get())
}

pub(super) fn word<T: Word + Clone + Send + Sync + 'static>(setting: MaybeProp<T>) -> Value {
    Box::new(move || setting.get().map(|value| value.word().to_owned()))
}

/// An attribute that is present is on, unless its value is `false`.
pub(super) fn flag(setting: MaybeProp<bool>) -> Value {
    Box::new(move || setting.get().map(|is_on| is_on.to_string()))
}

pub(super) fn number(setting: MaybeProp<u32>) -> Value {
    Box::new(move || setting.get().map(|number| number.to_string()))
}

pub(super) fn json<T: Serialize + Clone + Send + Sync + 'static>(setting: MaybeProp<T>) -> Value {
    Box::new(move || setting.get().map(|value| tolerant_json::write(&value)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
mod tests {
    use super::*;
    use natter_core::host::attributes::parse_settings;

    /// The attributes with one more, whose value is this.
    fn parsed(name: &str, value: Value) -> (natter_core::host::settings::Options, Vec<&'static str>) {
        let value = value().unwrap();
        let fields = [("base-url", "https://chat.example.test"), ("inbox-identifier", "abc"), (name, &*value)];
        let (settings, unusable) = parse_settings(&natter_core::chatwoot::write_object(&fields)).unwrap();
        (settings.options, unusable)
    }

    #[test]
    fn typed_settings_are_read_as_attributes() {
        let (options, unusable) = parsed("reply-time", word(ReplyTime::Hours.into()));
        assert_eq!((options.reply, unusable), (Some(natter_core::host::settings::ReplyTime::Hours), vec![]));
        let (options, unusable) = parsed("sound", word(Sound::Off.into()));
        assert!(options.is_silent && unusable.is_empty());
        let (options, unusable) = parsed("page-context", flag(false.into()));
        assert!(!options.sends_page_context && unusable.is_empty());
        let (options, unusable) = parsed("retention-days", number(30.into()));
        assert_eq!((options.retention_days, unusable), (30, vec![]));
        let ana = Person { name: "Ana".to_owned(), avatar: Some("https://a.test/ana.png".to_owned()) };
        let (options, unusable) = parsed("team", json(vec![ana, "Ben".into()].into()));
        let names: Vec<_> = options.team.iter().map(|one| (&*one.name, &*one.avatar_url)).collect();
        assert_eq!((names, unusable), (vec![("Ana", "https://a.test/ana.png"), ("Ben", "")], vec![]));
    }

    #[test]
    fn a_typed_form_is_read_as_an_attribute() {
        let kinds = [
            FieldKind::Name,
            FieldKind::Email,
            FieldKind::Phone,
            FieldKind::Text,
            FieldKind::TextArea,
            FieldKind::Number,
            FieldKind::Link,
            FieldKind::Date,
            FieldKind::Select,
            FieldKind::Checkbox,
        ];
        let field = |kind| FormField {
            name: "field".to_owned(),
            kind,
            required: true,
            options: vec![FieldOption { label: "Small".to_owned(), value: None }],
            ..FormField::default()
        };
        let form = PreChatForm {
            text: Some("Hi".to_owned()),
            fields: kinds.map(field).into(),
            consent: Some(ConsentText { text: "I agree".to_owned(), version: Some("7".to_owned()) }),
        };
        let (options, unusable) = parsed("form", json(form.into()));
        let form = options.form.unwrap();
        assert_eq!((&*form.text, unusable), ("Hi", vec![]));
        assert_eq!(
            form.consent.map(|consent| (consent.text, consent.version)).unwrap(),
            ("I agree".to_owned(), "7".to_owned())
        );
        let kinds: Vec<String> = form.fields.iter().map(|field| format!("{:?}", field.kind)).collect();
        assert_eq!(kinds.len(), 10);
        assert_eq!(
            kinds.iter().collect::<std::collections::BTreeSet<_>>().len(),
            10,
            "each kind is another: {kinds:?}"
        );
        assert!(form.fields.iter().all(|field| field.is_required));
    }

    #[test]
    fn what_a_user_does_not_have_is_left_out() {
        let attributes = [
            ("plan".to_owned(), "team".into()),
            ("seats".to_owned(), 3.0.into()),
            ("trial".to_owned(), false.into()),
            ("until".to_owned(), AttributeValue::Null),
        ];
        let user = User { name: Some("Ana".to_owned()), custom_attributes: attributes.into(), ..User::default() };
        let expected = r#"{"name":"Ana","custom_attributes":{"plan":"team","seats":3.0,"trial":false,"until":null}}"#;
        assert_eq!(tolerant_json::write(&user), expected);
        assert_eq!(
            tolerant_json::write(&Prompt { text: "Hi".to_owned(), hours: Some((9, 17)), ..Prompt::default() }),
            r#"{"text":"Hi","hours":[9,17]}"#
        );
    }
}
