//! What the site wants to know of a visitor before the first message.
//!
//! The answers are kept on the device, so that nobody is asked twice, and told to the server as attributes of the
//! contact. An e-mail address or a phone number is never told as the contact's own: a server takes whoever gives
//! somebody's address for that somebody, without any proof.

use crate::content::{Field, FieldKind};
use crate::digits::digits;
use crate::json::{self, Value};
use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono, Wall};
use crate::visitor::conversation_index::ConversationIndex;
use crate::visitor::identity::Identity;

/// What is asked.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PreChatForm {
    /// What is said over it; empty for the widget's own words.
    pub text: String,
    /// The fields.
    pub fields: Vec<Field>,
    /// What the visitor must agree to.
    pub consent: Option<Consent>,
}

impl PreChatForm {
    /// What of it decides anything, in a line: its fields, with a star where they can't be left out, and the wording to
    /// be agreed to.
    #[must_use]
    pub fn outline(&self) -> String {
        let star = |field: &Field| if field.is_required { "*" } else { "" };
        let mut parts: Vec<String> = self.fields.iter().map(|field| [&field.name, star(field)].concat()).collect();
        parts.extend(self.consent.as_ref().map(|consent| [CONSENT, "=", &consent.version].concat()));
        parts.join(" ")
    }
}

/// What a visitor must agree to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Consent {
    /// What it says, in markdown.
    pub text: String,
    /// Which wording that is: of another one, nobody has been asked yet.
    pub version: String,
}

/// What a consent's box is called in the form.
pub const CONSENT: &str = "consent";

/// What the visitor said.
#[derive(Debug, Default)]
pub struct PreChatAnswers {
    answers: Vec<PreChatAnswer>,
    /// The wording agreed to, and when: seconds since 1970.
    agreed: Option<(String, u64)>,
    is_changed: bool,
    request: RetryingRequest,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct PreChatAnswer {
    name: String,
    value: String,
    shape: AnswerType,
}

/// What an answer is to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum AnswerType {
    Text,
    Number,
    Truth,
    /// The contact's name, which is nobody's secret.
    Name,
}

const KEPT_VERSION: u64 = 1;
/// More than any form asks.
const ANSWERS_MAX: usize = 100;

impl PreChatAnswers {
    /// What of a form is still to be asked; `None` for nothing.
    #[must_use]
    pub fn missing(&self, form: &PreChatForm) -> Option<PreChatForm> {
        let is_known = |field: &&Field| self.answers.iter().all(|given| given.name != field.name);
        let fields: Vec<Field> = form.fields.iter().filter(is_known).cloned().collect();
        let agreed = self.agreed.as_ref().map(|(version, _)| version.as_str());
        let consent = form.consent.clone().filter(|consent| agreed != Some(&*consent.version));
        // Who left out what could be left out is not asked again.
        let is_asked = consent.is_some() || fields.iter().any(|field| field.is_required || self.answers.is_empty());
        is_asked.then(|| PreChatForm { text: form.text.clone(), fields, consent })
    }

    /// The visitor filled the form in: values by name. Tells whether that is all it wants.
    pub fn fill(&mut self, now: Wall, form: &PreChatForm, values: &[(String, String)]) -> bool {
        let value = |name: &str| {
            let (_, value) = values.iter().find(|(other, _)| other == name)?;
            Some(value.trim()).filter(|value| !value.is_empty())
        };
        let is_whole = form.fields.iter().all(|field| !field.is_required || value(&field.name).is_some());
        let is_agreed = form.consent.is_none() || value(CONSENT).is_some();
        if !is_whole || !is_agreed {
            return false;
        }
        for field in form.fields.iter().take(ANSWERS_MAX) {
            let shape = match field.kind {
                FieldKind::Name => AnswerType::Name,
                FieldKind::Number => AnswerType::Number,
                FieldKind::Check => AnswerType::Truth,
                FieldKind::Text
                | FieldKind::Email
                | FieldKind::TextArea
                | FieldKind::Select(_)
                | FieldKind::Phone
                | FieldKind::Link
                | FieldKind::Date => AnswerType::Text,
            };
            let is_unticked = shape == AnswerType::Truth;
            let value = value(&field.name).map(str::to_owned).or_else(|| is_unticked.then(String::new));
            self.answers.retain(|given| given.name != field.name);
            self.answers.extend(value.map(|value| PreChatAnswer { name: field.name.clone(), value, shape }));
        }
        if let Some(consent) = &form.consent {
            self.agreed = Some((consent.version.clone(), now.0 / 1_000));
        }
        self.is_changed = true;
        self.request.request();
        true
    }

    /// Whether there is anything that the server could be told now.
    #[must_use]
    pub fn is_due(&self, now: Mono) -> bool {
        self.request.is_due(now)
    }

    /// Whether to tell the server now. Then its answer is waited for.
    pub fn next(&mut self, now: Mono) -> bool {
        self.request.start_if_due(now)
    }

    /// The server knows, or never will.
    pub const fn answered(&mut self) {
        self.request.answered();
        self.is_changed = true;
    }

    /// The server could not be told.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, chance, at_least_ms);
    }

    /// There is something that a contact is to be told, or to be told as well.
    pub const fn want(&mut self) {
        self.request.request();
    }

    /// Whether the visitor has said anything.
    #[must_use]
    pub const fn is_any_given(&self) -> bool {
        !self.answers.is_empty() || self.agreed.is_some()
    }

    /// Whether a conversation had better begin after this: an agent who is called wants to know by whom. Not for long.
    #[must_use]
    pub const fn blocks_first_message(&self) -> bool {
        self.request.is_outstanding() && !self.request.is_failing()
    }

    /// When `next` may have something to tell.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.request.deadline().map(|until| until.due("introduction: again"))
    }

    /// What a contact is told to be, as JSON: what the visitor says, what the site says, and which conversations it has.
    #[must_use]
    pub fn contact(&self, site: &Identity, listed: Option<&ConversationIndex>) -> String {
        let attribute = |given: &PreChatAnswer| match given.shape {
            AnswerType::Name => None,
            AnswerType::Number if is_number(&given.value) => Some(given.value.clone()),
            AnswerType::Truth => Some(json::truth(!given.value.is_empty())),
            AnswerType::Text | AnswerType::Number => Some(json::string(&given.value)),
        };
        let mut attributes: Vec<(&str, String)> =
            self.answers.iter().filter_map(|given| Some((given.name.as_str(), attribute(given)?))).collect();
        if let Some((version, at)) = &self.agreed {
            attributes.extend([("consent_version", json::string(version)), ("consent_at", digits(*at))]);
        }
        let [own, besides] = site.told();
        attributes.extend(besides);
        let listed = listed.map(ConversationIndex::written).unwrap_or_default();
        attributes.extend(listed.into_iter().map(|(name, all)| (name, json::string(&all))));
        let name = self.answers.iter().find(|given| given.shape == AnswerType::Name);
        let name = name.map(|given| ("name", json::string(&given.value)));
        let mut own: Vec<_> = name.into_iter().chain(own).collect();
        if !attributes.is_empty() {
            own.push(("custom_attributes", json::object(&attributes)));
        }
        json::object(&own)
    }

    /// What the device is to keep, if that has changed.
    pub fn take_record(&mut self) -> Option<String> {
        let one = |given: &PreChatAnswer| {
            let shape = match given.shape {
                AnswerType::Text => "text",
                AnswerType::Number => "number",
                AnswerType::Truth => "truth",
                AnswerType::Name => "name",
            };
            json::list(&[&given.name, &given.value, shape].map(json::string))
        };
        let (version, at) = self.agreed.as_ref().map_or(("", 0), |(version, at)| (version, *at));
        std::mem::take(&mut self.is_changed).then(|| {
            json::object(&[
                ("v", digits(KEPT_VERSION)),
                ("answers", json::list(&self.answers.iter().map(one).collect::<Vec<_>>())),
                ("agreed", json::string(version)),
                ("agreed_at", digits(at)),
                ("told", json::truth(!self.request.is_outstanding())),
            ])
        })
    }

    /// Takes what the device kept; what is broken is as good as nothing.
    pub fn restore(&mut self, kept: &str) {
        let Some(Value::Object(kept)) = json::read(kept) else { return };
        if kept.get("v").and_then(Value::number) != Some(KEPT_VERSION) {
            return;
        }
        let one = |item: &Value| {
            let [name, value, shape] = item.items()? else { return None };
            let shape = match shape.text()? {
                "number" => AnswerType::Number,
                "truth" => AnswerType::Truth,
                "name" => AnswerType::Name,
                _ => AnswerType::Text,
            };
            Some(PreChatAnswer { name: name.text()?.to_owned(), value: value.text()?.to_owned(), shape })
        };
        let answers = kept.get("answers").and_then(Value::items).unwrap_or_default();
        self.answers = answers.iter().filter_map(one).take(ANSWERS_MAX).collect();
        let agreed = kept.get("agreed").and_then(Value::text).filter(|version| !version.is_empty());
        let at = kept.get("agreed_at").and_then(Value::number).unwrap_or(0);
        self.agreed = agreed.map(|version| (version.to_owned(), at));
        if kept.get("told").and_then(Value::truth) == Some(false) {
            self.request.request();
        }
    }
}

/// Whether a text is a number as JSON writes them.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole) && are_digits(fraction) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &str, kind: FieldKind, is_required: bool) -> Field {
        Field { name: name.to_owned(), kind, is_required, ..Field::default() }
    }

    fn form() -> PreChatForm {
        let consent = Consent { text: "See our [terms](https://a.test)".to_owned(), version: "2".to_owned() };
        let fields = vec![
            field("full_name", FieldKind::Name, true),
            field("bikes", FieldKind::Number, false),
            field("mail", FieldKind::Email, false),
            field("news", FieldKind::Check, false),
        ];
        PreChatForm { text: String::new(), fields, consent: Some(consent) }
    }

    fn values(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    fn introduced() -> PreChatAnswers {
        let mut introduction = PreChatAnswers::default();
        let all = values(&[("full_name", " Ana "), ("bikes", "2"), ("mail", "ana@example.test"), (CONSENT, "on")]);
        assert!(introduction.fill(Wall(9_000), &form(), &all));
        introduction
    }

    #[test]
    fn what_is_required_must_be_there() {
        let mut introduction = PreChatAnswers::default();
        for some in [&[("full_name", "Ana")][..], &[(CONSENT, "on")], &[("full_name", "  "), (CONSENT, "on")]] {
            assert!(!introduction.fill(Wall(0), &form(), &values(some)), "{some:?}");
        }
        assert_eq!((introduction.next(Mono(0)), introduction.take_record()), (false, None));
    }

    #[test]
    fn the_server_is_told_attributes_and_never_an_address_as_the_contacts_own() {
        let mut introduction = introduced();
        assert!(introduction.next(Mono(0)) && !introduction.next(Mono(0)), "once");
        let told = r#"{"name":"Ana","custom_attributes":{"bikes":2,"mail":"ana@example.test","news":false,"consent_version":"2","consent_at":9}}"#;
        assert_eq!(introduction.contact(&Identity::default(), None), told);
    }

    #[test]
    fn what_is_known_is_not_asked_again_and_what_changed_is() {
        let introduction = introduced();
        assert_eq!(introduction.missing(&form()), None);
        let mut other = form();
        other.fields.push(field("order", FieldKind::Text, true));
        let missing = introduction.missing(&other).unwrap();
        assert_eq!((missing.fields.len(), missing.consent), (1, None));
        let mut newer = form();
        newer.consent.as_mut().unwrap().version = "3".to_owned();
        assert!(introduction.missing(&newer).unwrap().consent.is_some(), "nobody agreed to this wording");
    }

    #[test]
    fn a_form_that_asks_for_nothing_certain_is_shown_once() {
        let wish = PreChatForm { fields: vec![field("order", FieldKind::Text, false)], ..PreChatForm::default() };
        let mut introduction = PreChatAnswers::default();
        assert!(introduction.missing(&wish).is_some());
        let two = PreChatForm {
            fields: vec![field("order", FieldKind::Text, false), field("a", FieldKind::Text, true)],
            ..wish
        };
        assert!(introduction.fill(Wall(0), &two, &values(&[("a", "b")])));
        assert_eq!(introduction.missing(&two), None, "what could be left out was left out");
    }

    #[test]
    fn a_reload_knows_all_of_it_and_tells_what_was_not_told() {
        let mut introduction = introduced();
        let kept = introduction.take_record().unwrap();
        let mut revived = PreChatAnswers::default();
        revived.restore(&kept);
        assert_eq!(
            (revived.contact(&Identity::default(), None), revived.missing(&form())),
            (introduction.contact(&Identity::default(), None), None)
        );
        assert!(revived.next(Mono(0)), "the server does not know yet");
        revived.answered();
        let kept = revived.take_record().unwrap();
        let mut again = PreChatAnswers::default();
        again.restore(&kept);
        assert!(!again.next(Mono(0)), "now it does");
        for broken in ["", "[]", "{\"v\":2,\"answers\":[[\"a\",\"b\",\"text\"]]}", "{\"v\":1,\"answers\":[[\"a\"],7]}"]
        {
            let mut nobody = PreChatAnswers::default();
            nobody.restore(broken);
            assert!(nobody.answers.is_empty() && !nobody.next(Mono(0)), "{broken}");
        }
    }

    #[test]
    fn a_conversation_waits_for_it_but_not_for_ever() {
        let mut introduction = introduced();
        assert!(introduction.blocks_first_message());
        introduction.next(Mono(0));
        assert!(introduction.blocks_first_message(), "it is on its way");
        introduction.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        assert!(!introduction.blocks_first_message() && introduction.deadline().is_some());
    }

    #[test]
    fn only_numbers_are_numbers() {
        for number in ["0", "-7", "12.50", "0.5"] {
            assert!(is_number(number), "{number}");
        }
        for other in ["", "-", "07", "1e5", "1.", ".5", "1,5", "NaN", "0x1", "1}"] {
            assert!(!is_number(other), "{other}");
        }
    }
}
