//! What the website tells about the visitor: the user they are, with a proof or without, and custom attributes.
//!
//! An identifier is proven by its HMAC (`identifier_hash`), which the website's own server computes with the inbox's
//! secret. Without it, neither the identifier nor the e-mail address nor the phone number is sent as the contact's own:
//! Chatwoot takes a contact that has them for the same person. They are sent as custom attributes instead, which agents
//! can read and which identify nobody.

use serde::Serialize;

use crate::tolerant_json;

/// What custom attributes belong to.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttributeTarget {
    /// The contact.
    Contact,
    /// The conversation that begins next.
    Conversation,
}

/// The user that the website has named.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct User {
    /// A number that differs for each identifier and proof; 0 if the website named no user.
    pub mark: u64,
    /// Whether the website gave a proof (`identifier_hash`); only the server can verify it.
    pub is_proven: bool,
    /// The given fields, by Chatwoot's names.
    pub fields: Vec<(String, String)>,
}

/// Fields that identify a contact, and are sent only with a proof.
const IDENTIFYING: [&str; 3] = ["identifier", "email", "phone_number"];
const HASH: &str = "identifier_hash";
/// All fields of a user, by Chatwoot's names.
const FIELDS: [&str; 6] = ["identifier", HASH, "name", "email", "phone_number", "avatar_url"];
/// The most custom attributes: more than any website sets.
const ATTRIBUTES_MAX: usize = 100;

impl User {
    /// A user from the given fields. Blank fields are left out, because some servers fail on them.
    #[must_use]
    pub fn new(given: &[(String, String)]) -> Self {
        let find = |name: &str| {
            let value = given.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.trim());
            value.unwrap_or_default()
        };
        let mut fields = Vec::new();
        for name in FIELDS {
            let value = find(name);
            if !value.is_empty() {
                fields.push((name.to_owned(), value.to_owned()));
            }
        }
        let (identifier, hash) = (find(FIELDS[0]), find(HASH));
        let mark = if identifier.is_empty() { 0 } else { hash_mark(&[identifier, "\0", hash].concat()) };
        Self { mark, is_proven: !identifier.is_empty() && !hash.is_empty(), fields }
    }

    /// The identifier and its proof, by name; empty without a proof.
    #[must_use]
    pub fn proof(&self) -> Vec<(&str, &str)> {
        let mut proof = Vec::new();
        for (name, value) in &self.fields {
            if self.is_proven && (name == IDENTIFYING[0] || name == HASH) {
                proof.push((name.as_str(), value.as_str()));
            }
        }
        proof
    }
}

/// The user and the custom attributes.
#[derive(Debug, Default)]
pub struct Identity {
    user: User,
    /// The contact's custom attributes, with their values as JSON.
    contact_attributes: Vec<(String, String)>,
    /// The next conversation's custom attributes, with their values as JSON.
    conversation_attributes: Vec<(String, String)>,
}

impl Identity {
    /// The user that the website has named.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// Sets the user. Attributes set for another user are dropped; those set before the page named a user are kept.
    pub fn set_user(&mut self, user: User) {
        if self.user.mark != 0 && self.user.mark != user.mark {
            self.contact_attributes.clear();
            self.conversation_attributes.clear();
        }
        self.user = user;
    }

    /// Adds custom attributes: names, and values as JSON.
    pub fn add_attributes(&mut self, attributes: Vec<(String, String)>, target: AttributeTarget) {
        let all = match target {
            AttributeTarget::Contact => &mut self.contact_attributes,
            AttributeTarget::Conversation => &mut self.conversation_attributes,
        };
        for (name, value) in attributes {
            all.retain(|(other, _)| *other != name);
            if all.len() < ATTRIBUTES_MAX && tolerant_json::read(&value).is_some() {
                all.push((name, value));
            }
        }
    }

    /// Whether there is anything to send about the contact.
    #[must_use]
    pub fn has_any(&self) -> bool {
        !self.user.fields.is_empty() || !self.contact_attributes.is_empty()
    }

    /// The contact's own fields, and its custom attributes: names, and values as JSON.
    #[must_use]
    pub fn contact_fields(&self) -> [Vec<(&str, String)>; 2] {
        let (mut own, mut custom) = (Vec::new(), Vec::new());
        for (name, value) in &self.user.fields {
            let identifies = IDENTIFYING.contains(&&**name);
            if self.user.is_proven || !(identifies || name == HASH) {
                own.push((name.as_str(), tolerant_json::write(value)));
            } else if identifies {
                custom.push((name.as_str(), tolerant_json::write(value)));
            }
        }
        for (name, value) in &self.contact_attributes {
            custom.push((name, value.clone()));
        }
        [own, custom]
    }

    /// The contact's custom attributes: names, and values as JSON.
    #[must_use]
    pub fn contact_attributes(&self) -> &[(String, String)] {
        &self.contact_attributes
    }

    /// The custom attributes for the next conversation: names, and values as JSON.
    #[must_use]
    pub fn conversation_attributes(&self) -> &[(String, String)] {
        &self.conversation_attributes
    }
}

/// FNV-1a, cut to the integers that a JavaScript number holds exactly: only compared with others of the same device.
fn hash_mark(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 11).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// The contact's own fields and its custom attributes, as text.
    fn contact_fields(identity: &Identity) -> [String; 2] {
        let all =
            |of: Vec<(&str, String)>| of.iter().map(|(name, value)| [name, "=", value].concat()).collect::<Vec<_>>();
        identity.contact_fields().map(|of| all(of).join(" "))
    }

    #[test]
    fn identity_without_a_proof_sends_identifying_fields_as_custom_attributes() {
        let of = [("identifier", "42"), ("email", "ana@example.test"), ("phone_number", "+49"), ("name", "Ana")];
        let mut identity = Identity::default();
        identity.set_user(User::new(&pairs(&of)));
        let custom = r#"identifier="42" email="ana@example.test" phone_number="+49""#;
        assert_eq!(contact_fields(&identity), [r#"name="Ana""#, custom]);
        assert_eq!(identity.user().proof(), []);
    }

    #[test]
    fn identity_with_a_proof_sends_all_fields_as_the_contacts_own() {
        let of = [("identifier", "42"), ("identifier_hash", "ab"), ("email", "ana@example.test"), ("colour", "red")];
        let mut identity = Identity::default();
        identity.set_user(User::new(&pairs(&of)));
        assert_eq!(contact_fields(&identity), [r#"identifier="42" identifier_hash="ab" email="ana@example.test""#, ""]);
        assert_eq!(identity.user().proof(), [("identifier", "42"), ("identifier_hash", "ab")]);
    }

    #[test]
    fn identity_hash_without_an_identifier_proves_nothing() {
        let user = User::new(&pairs(&[("identifier", "  "), ("identifier_hash", "ab"), ("email", "a@b.test")]));
        assert_eq!((user.mark, user.is_proven), (0, false));
        let mut identity = Identity::default();
        identity.set_user(user);
        assert_eq!(contact_fields(&identity), ["", r#"email="a@b.test""#], "a hash alone is nobody's");
    }

    #[test]
    fn identity_mark_differs_by_identifier_and_hash() {
        let mark = |identifier, hash| User::new(&pairs(&[("identifier", identifier), ("identifier_hash", hash)])).mark;
        assert_eq!(mark("42", "ab"), mark("42", "ab"));
        let others = [mark("42", "ac"), mark("43", "ab"), mark("4", "2ab"), mark("42", "")];
        assert!(others.iter().all(|other| *other != mark("42", "ab") && *other != 0));
    }

    #[test]
    fn identity_attributes_are_json_unique_by_name_and_limited() {
        let mut identity = Identity::default();
        identity
            .add_attributes(pairs(&[("plan", "\"free\""), ("odd", "{"), ("seats", "2.5")]), AttributeTarget::Contact);
        identity.add_attributes(pairs(&[("plan", "\"team\"")]), AttributeTarget::Contact);
        identity.add_attributes(pairs(&[("order", "7")]), AttributeTarget::Conversation);
        assert_eq!(contact_fields(&identity), ["", r#"seats=2.5 plan="team""#]);
        assert_eq!(identity.conversation_attributes(), pairs(&[("order", "7")]));
        identity.add_attributes(
            (0..500).map(|nth: u32| (nth.to_string(), "1".to_owned())).collect(),
            AttributeTarget::Contact,
        );
        assert_eq!(identity.contact_fields()[1].len(), ATTRIBUTES_MAX);
    }
}
