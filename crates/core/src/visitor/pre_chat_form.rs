//! The pre-chat form, which visitors fill in before their first message, and their answers.
//!
//! The answers are stored on the device, so that visitors are asked once, and sent to the server as custom attributes
//! of the contact. An e-mail address or a phone number is never sent as the contact's own: Chatwoot takes a contact
//! that has it for the same person, without any proof.

use crate::content::{Field, FieldKind};
use crate::retrying_request::RetryingRequest;
use crate::rng::Rng;
use crate::time::{Due, Mono, Wall};
use crate::tolerant_json::{self, Json, is_decimal};
use crate::unicode::is_blank;
use crate::visitor::conversation_index::ConversationIndex;
use crate::visitor::identity::Identity;
use serde::Serialize;

/// The form.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct PreChatForm {
    /// The text above the fields, in Markdown; empty for the default text.
    pub text: String,
    /// The fields.
    pub fields: Vec<Field>,
    /// What the visitor must agree to.
    pub consent: Option<Consent>,
}

impl PreChatForm {
    /// The form in one line, for the event log: its field names, required ones with a star, and the version of the
    /// consent.
    #[must_use]
    pub fn outline(&self) -> String {
        let star = |field: &Field| if field.is_required { "*" } else { "" };
        let mut parts: Vec<String> = self.fields.iter().map(|field| [&field.name, star(field)].concat()).collect();
        parts.extend(self.consent.as_ref().map(|consent| [CONSENT, "=", &consent.version].concat()));
        parts.join(" ")
    }
}

/// A text that the visitor must agree to.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Consent {
    /// The text, in Markdown.
    pub text: String,
    /// The version of the text; a consent to another version does not count.
    pub version: String,
}

/// The name of the consent's checkbox in the form's values.
pub const CONSENT: &str = "consent";

/// The visitor's answers.
#[derive(Debug, Default)]
pub struct PreChatAnswers {
    answers: Vec<PreChatAnswer>,
    /// The version of the consent given, and when: seconds since 1970.
    consent: Option<(String, u64)>,
    is_changed: bool,
    request: RetryingRequest,
}

#[derive(Clone, Debug, Eq, PartialEq)]
struct PreChatAnswer {
    name: String,
    value: String,
    kind: AnswerType,
}

impl PreChatAnswer {
    /// Its name, value and type, as in the record.
    fn in_record(&self) -> [&str; 3] {
        let kind = match self.kind {
            AnswerType::Text => "text",
            AnswerType::Number => "number",
            AnswerType::Checkbox => "truth",
            AnswerType::Name => "name",
        };
        [&self.name, &self.value, kind]
    }
}

/// How an answer is sent to the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum AnswerType {
    Text,
    Number,
    Checkbox,
    /// The contact's name, sent as the contact's own field: it identifies no contact.
    Name,
}

/// The record on the device; `answers` are names, values and types.
#[derive(Serialize)]
struct PreChatRecord<'answers> {
    v: u64,
    answers: Vec<[&'answers str; 3]>,
    agreed: &'answers str,
    agreed_at: u64,
    told: bool,
}

const RECORD_VERSION: u64 = 1;
/// The most answers: more than any form asks for.
const ANSWERS_MAX: usize = 100;

impl PreChatAnswers {
    /// The part of a form that is not answered yet; `None` for nothing.
    #[must_use]
    pub fn missing(&self, form: &PreChatForm) -> Option<PreChatForm> {
        let is_known = |field: &&Field| self.answers.iter().all(|answer| answer.name != field.name);
        let fields: Vec<Field> = form.fields.iter().filter(is_known).cloned().collect();
        let agreed = self.consent.as_ref().map(|(version, _)| version.as_str());
        let consent = form.consent.clone().filter(|consent| agreed != Some(&*consent.version));
        // Optional fields that were left out are not shown again.
        let is_form_needed =
            consent.is_some() || fields.iter().any(|field| field.is_required || self.answers.is_empty());
        is_form_needed.then(|| PreChatForm { text: form.text.clone(), fields, consent })
    }

    /// The visitor submits the form: values by field name. Returns whether it is complete.
    pub fn submit(&mut self, now: Wall, form: &PreChatForm, values: &[(String, String)]) -> bool {
        let value = |name: &str| {
            let (_, value) = values.iter().find(|(other, _)| other == name)?;
            let is_phone = form.fields.iter().any(|field| field.name == name && field.kind == FieldKind::Phone);
            Some(value.trim()).filter(|value| !(is_blank(value) || is_phone && is_calling_code(value)))
        };
        let is_complete = form.fields.iter().all(|field| !field.is_required || value(&field.name).is_some());
        let has_consent = form.consent.is_none() || value(CONSENT).is_some();
        if !is_complete || !has_consent {
            return false;
        }
        for field in form.fields.iter().take(ANSWERS_MAX) {
            let kind = match field.kind {
                FieldKind::Name => AnswerType::Name,
                FieldKind::Number => AnswerType::Number,
                FieldKind::Check => AnswerType::Checkbox,
                FieldKind::Text
                | FieldKind::Email
                | FieldKind::TextArea
                | FieldKind::Select(_)
                | FieldKind::Phone
                | FieldKind::Link
                | FieldKind::Date => AnswerType::Text,
            };
            let is_unticked = kind == AnswerType::Checkbox;
            let value = value(&field.name).map(str::to_owned).or_else(|| is_unticked.then(String::new));
            self.answers.retain(|answer| answer.name != field.name);
            self.answers.extend(value.map(|value| PreChatAnswer { name: field.name.clone(), value, kind }));
        }
        if let Some(consent) = &form.consent {
            self.consent = Some((consent.version.clone(), now.0 / 1_000));
        }
        self.is_changed = true;
        self.request.request();
        true
    }

    /// Whether the contact is to be updated now.
    #[must_use]
    pub fn is_due(&self, now: Mono) -> bool {
        self.request.is_due(now)
    }

    /// Whether the contact is to be updated now; then the request counts as sent.
    pub fn start_if_due(&mut self, now: Mono) -> bool {
        self.request.start_if_due(now)
    }

    /// The update was accepted, or rejected for good.
    pub const fn answered(&mut self) {
        self.request.answered();
        self.is_changed = true;
    }

    /// The update failed; the next one waits, at least this long, in ms.
    pub fn failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.request.failed(now, rng, at_least_ms);
    }

    /// Requests an update of the contact: there is something new to send.
    pub const fn request_contact_update(&mut self) {
        self.request.request();
    }

    /// Whether there is any answer.
    #[must_use]
    pub const fn has_any(&self) -> bool {
        !self.answers.is_empty() || self.consent.is_some()
    }

    /// Whether the first message should wait for the contact's update: agents who are notified should see who writes. A
    /// failure ends the wait.
    #[must_use]
    pub const fn blocks_first_message(&self) -> bool {
        self.request.is_outstanding() && !self.request.is_failing()
    }

    /// When the update may be sent again.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        self.request.deadline().map(|until| until.due("pre-chat form: again"))
    }

    /// The body of a contact update, as JSON: the answers, what the website tells, and the conversation index.
    #[must_use]
    pub fn contact_json(&self, identity: &Identity, index: Option<&ConversationIndex>) -> String {
        let attribute = |answer: &PreChatAnswer| match answer.kind {
            AnswerType::Name => None,
            AnswerType::Number if is_decimal(&answer.value) => Some(answer.value.clone()),
            AnswerType::Checkbox => Some(tolerant_json::write(&!answer.value.is_empty())),
            AnswerType::Text | AnswerType::Number => Some(tolerant_json::write(&answer.value)),
        };
        let mut attributes: Vec<(&str, String)> =
            self.answers.iter().filter_map(|answer| Some((answer.name.as_str(), attribute(answer)?))).collect();
        if let Some((version, at)) = &self.consent {
            attributes.extend([("consent_version", tolerant_json::write(version)), ("consent_at", at.to_string())]);
        }
        let [own, custom] = identity.contact_fields();
        attributes.extend(custom);
        let index = index.map(ConversationIndex::attributes).unwrap_or_default();
        attributes.extend(index.into_iter().map(|(name, all)| (name, tolerant_json::write(&all))));
        let name = self.answers.iter().find(|answer| answer.kind == AnswerType::Name);
        let name = name.map(|answer| ("name", tolerant_json::write(&answer.value)));
        let mut own: Vec<_> = name.into_iter().chain(own).collect();
        if !attributes.is_empty() {
            own.push(("custom_attributes", tolerant_json::write_object_of_json(&attributes)));
        }
        tolerant_json::write_object_of_json(&own)
    }

    /// The record to store, if it has changed.
    pub fn take_record(&mut self) -> Option<String> {
        let (version, at) = self.consent.as_ref().map_or(("", 0), |(version, at)| (version, *at));
        std::mem::take(&mut self.is_changed).then(|| {
            tolerant_json::write(&PreChatRecord {
                v: RECORD_VERSION,
                answers: self.answers.iter().map(PreChatAnswer::in_record).collect(),
                agreed: version,
                agreed_at: at,
                told: !self.request.is_outstanding(),
            })
        })
    }

    /// Restores a record; a damaged one changes nothing.
    pub fn restore(&mut self, record: &str) {
        let Some(Json::Object(record)) = tolerant_json::read(record) else { return };
        if record.get("v").and_then(Json::number) != Some(RECORD_VERSION) {
            return;
        }
        let one = |item: &Json| {
            let [name, value, kind] = item.items()? else { return None };
            let kind = match kind.text()? {
                "number" => AnswerType::Number,
                "truth" => AnswerType::Checkbox,
                "name" => AnswerType::Name,
                _ => AnswerType::Text,
            };
            Some(PreChatAnswer { name: name.text()?.to_owned(), value: value.text()?.to_owned(), kind })
        };
        let answers = record.get("answers").and_then(Json::items).unwrap_or_default();
        self.answers = answers.iter().filter_map(one).take(ANSWERS_MAX).collect();
        let version = record.get("agreed").and_then(Json::text).filter(|version| !version.is_empty());
        let at = record.get("agreed_at").and_then(Json::number).unwrap_or(0);
        self.consent = version.map(|version| (version.to_owned(), at));
        if record.get("told").and_then(Json::bool) == Some(false) {
            self.request.request();
        }
    }
}

/// Whether a phone number is a calling code alone (`+1`, `+49`, `+1 684`): the field fills one in before anybody types.
fn is_calling_code(number: &str) -> bool {
    const CODE_DIGITS_MAX: usize = 4;
    number.starts_with('+') && number.bytes().filter(u8::is_ascii_digit).count() <= CODE_DIGITS_MAX
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

    fn answered_form() -> PreChatAnswers {
        let mut pre_chat = PreChatAnswers::default();
        let all = values(&[("full_name", " Ana "), ("bikes", "2"), ("mail", "ana@example.test"), (CONSENT, "on")]);
        assert!(pre_chat.submit(Wall(9_000), &form(), &all));
        pre_chat
    }

    #[test]
    fn pre_chat_form_needs_required_fields_and_consent() {
        let mut pre_chat = PreChatAnswers::default();
        for some in [&[("full_name", "Ana")][..], &[(CONSENT, "on")], &[("full_name", "  "), (CONSENT, "on")]] {
            assert!(!pre_chat.submit(Wall(0), &form(), &values(some)), "{some:?}");
        }
        assert_eq!((pre_chat.start_if_due(Mono(0)), pre_chat.take_record()), (false, None));
    }

    #[test]
    fn pre_chat_answers_are_sent_as_attributes_and_never_as_the_contacts_own_address() {
        let mut pre_chat = answered_form();
        assert!(pre_chat.start_if_due(Mono(0)) && !pre_chat.start_if_due(Mono(0)), "once");
        let body = r#"{"name":"Ana","custom_attributes":{"bikes":2,"mail":"ana@example.test","news":false,"consent_version":"2","consent_at":9}}"#;
        assert_eq!(pre_chat.contact_json(&Identity::default(), None), body);
    }

    #[test]
    fn pre_chat_form_asks_again_only_for_what_changed() {
        let pre_chat = answered_form();
        assert_eq!(pre_chat.missing(&form()), None);
        let mut other = form();
        other.fields.push(field("order", FieldKind::Text, true));
        let missing = pre_chat.missing(&other).unwrap();
        assert_eq!((missing.fields.len(), missing.consent), (1, None));
        let mut newer = form();
        newer.consent.as_mut().unwrap().version = "3".to_owned();
        assert!(pre_chat.missing(&newer).unwrap().consent.is_some(), "nobody agreed to this wording");
    }

    #[test]
    fn pre_chat_form_with_optional_fields_alone_is_shown_once() {
        let optional = PreChatForm { fields: vec![field("order", FieldKind::Text, false)], ..PreChatForm::default() };
        let mut pre_chat = PreChatAnswers::default();
        assert!(pre_chat.missing(&optional).is_some());
        let two = PreChatForm {
            fields: vec![field("order", FieldKind::Text, false), field("a", FieldKind::Text, true)],
            ..optional
        };
        assert!(pre_chat.submit(Wall(0), &two, &values(&[("a", "b")])));
        assert_eq!(pre_chat.missing(&two), None, "what could be left out was left out");
    }

    #[test]
    fn pre_chat_answers_are_restored_and_sent_if_they_were_not_yet() {
        let mut pre_chat = answered_form();
        let record = pre_chat.take_record().unwrap();
        let mut restored = PreChatAnswers::default();
        restored.restore(&record);
        assert_eq!(
            (restored.contact_json(&Identity::default(), None), restored.missing(&form())),
            (pre_chat.contact_json(&Identity::default(), None), None)
        );
        assert!(restored.start_if_due(Mono(0)), "the server does not know yet");
        restored.answered();
        let record = restored.take_record().unwrap();
        let mut again = PreChatAnswers::default();
        again.restore(&record);
        assert!(!again.start_if_due(Mono(0)), "now it does");
        for broken in ["", "[]", "{\"v\":2,\"answers\":[[\"a\",\"b\",\"text\"]]}", "{\"v\":1,\"answers\":[[\"a\"],7]}"]
        {
            let mut empty = PreChatAnswers::default();
            empty.restore(broken);
            assert!(empty.answers.is_empty() && !empty.start_if_due(Mono(0)), "{broken}");
        }
    }

    #[test]
    fn pre_chat_update_delays_the_first_message_until_it_fails() {
        let mut pre_chat = answered_form();
        assert!(pre_chat.blocks_first_message());
        pre_chat.start_if_due(Mono(0));
        assert!(pre_chat.blocks_first_message(), "it is on its way");
        pre_chat.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 0);
        assert!(!pre_chat.blocks_first_message() && pre_chat.deadline().is_some());
    }

    #[test]
    fn pre_chat_numbers_are_those_of_json() {
        for number in ["0", "-7", "12.50", "0.5"] {
            assert!(is_decimal(number), "{number}");
        }
        for other in ["", "-", "07", "1e5", "1.", ".5", "1,5", "NaN", "0x1", "1}"] {
            assert!(!is_decimal(other), "{other}");
        }
    }
}
