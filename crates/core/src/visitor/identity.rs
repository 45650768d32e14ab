//! What the site says of the visitor: who they are, with proof or without, and what agents may like to know.
//!
//! An identifier is proven by its HMAC, which the site's own server reckons with the inbox's secret. Without it, neither
//! identifier nor e-mail address nor phone number is ever told as the contact's own: a server takes whoever gives them
//! for that somebody. They become custom attributes then, which agents can read and nobody is identified by.

use crate::host::calls::AttributeTarget;
use crate::json;

/// Whom the site takes the visitor for.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct User {
    /// Another for each identifier and proof; 0 for nobody in particular.
    pub mark: u64,
    /// Whether the site gave a proof (`identifier_hash`); whether it is good, the server knows.
    pub is_proven: bool,
    /// What is known of them, by Chatwoot's names for it.
    pub fields: Vec<(String, String)>,
}

/// What identifies somebody, and is told with a proof alone.
const IDENTIFYING: [&str; 3] = ["identifier", "email", "phone_number"];
const HASH: &str = "identifier_hash";
/// All that a user has.
const FIELDS: [&str; 6] = ["identifier", HASH, "name", "email", "phone_number", "avatar_url"];
/// More than any site says of anybody.
const ATTRIBUTES_MAX: usize = 100;

impl User {
    /// Takes what a site says, by name; what it leaves blank is not said, since servers stumble over that.
    #[must_use]
    pub fn new(said: &[(String, String)]) -> Self {
        let find = |wanted: &str| {
            let value = said.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value.trim());
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
        let mark = if identifier.is_empty() { 0 } else { mark(&[identifier, "\0", hash].concat()) };
        Self { mark, is_proven: !identifier.is_empty() && !hash.is_empty(), fields }
    }

    /// What proves who it is, by name; nothing without a proof.
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

/// All that the site says.
#[derive(Debug, Default)]
pub struct Identity {
    user: User,
    /// The contact's attributes, with their values as JSON.
    attributes: Vec<(String, String)>,
    /// The next conversation's.
    of_conversation: Vec<(String, String)>,
}

impl Identity {
    /// Whom the site takes the visitor for.
    #[must_use]
    pub const fn user(&self) -> &User {
        &self.user
    }

    /// The visitor is this user from now on. What was said of another user is not this one's; what was said before the
    /// page had named any, is.
    pub fn set_user(&mut self, user: User) {
        if self.user.mark != 0 && self.user.mark != user.mark {
            self.attributes.clear();
            self.of_conversation.clear();
        }
        self.user = user;
    }

    /// Adds custom attributes: names, and values as JSON.
    pub fn add(&mut self, said: Vec<(String, String)>, target: AttributeTarget) {
        let all = match target {
            AttributeTarget::Contact => &mut self.attributes,
            AttributeTarget::Conversation => &mut self.of_conversation,
        };
        for (name, value) in said {
            all.retain(|(other, _)| *other != name);
            if all.len() < ATTRIBUTES_MAX && json::read(&value).is_some() {
                all.push((name, value));
            }
        }
    }

    /// Whether there is anything that a contact could be told.
    #[must_use]
    pub fn is_any_given(&self) -> bool {
        !self.user.fields.is_empty() || !self.attributes.is_empty()
    }

    /// What is the contact's own, and what agents may know of it besides: JSON by name.
    #[must_use]
    pub fn told(&self) -> [Vec<(&str, String)>; 2] {
        let (mut own, mut besides) = (Vec::new(), Vec::new());
        for (name, value) in &self.user.fields {
            let identifies = IDENTIFYING.contains(&&**name);
            if self.user.is_proven || !(identifies || name == HASH) {
                own.push((name.as_str(), json::string(value)));
            } else if identifies {
                besides.push((name.as_str(), json::string(value)));
            }
        }
        for (name, value) in &self.attributes {
            besides.push((name, value.clone()));
        }
        [own, besides]
    }

    /// What agents may know of the contact: names, and values as JSON.
    #[must_use]
    pub fn of_contact(&self) -> &[(String, String)] {
        &self.attributes
    }

    /// What agents may know of a conversation that begins now: names, and values as JSON.
    #[must_use]
    pub fn of_conversation(&self) -> &[(String, String)] {
        &self.of_conversation
    }
}

/// FNV-1a, as much of it as a number of JavaScript's holds: only ever compared with another of this device's.
fn mark(text: &str) -> u64 {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    (hash >> 11).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(of: &[(&str, &str)]) -> Vec<(String, String)> {
        of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    /// What is the contact's own, and what agents may know besides.
    fn told(identity: &Identity) -> [String; 2] {
        let all =
            |of: Vec<(&str, String)>| of.iter().map(|(name, value)| [name, "=", value].concat()).collect::<Vec<_>>();
        identity.told().map(|of| all(of).join(" "))
    }

    #[test]
    fn without_a_proof_nothing_that_identifies_is_the_contacts_own() {
        let of = [("identifier", "42"), ("email", "ana@example.test"), ("phone_number", "+49"), ("name", "Ana")];
        let mut identity = Identity::default();
        identity.set_user(User::new(&said(&of)));
        let besides = r#"identifier="42" email="ana@example.test" phone_number="+49""#;
        assert_eq!(told(&identity), [r#"name="Ana""#, besides]);
        assert_eq!(identity.user().proof(), []);
    }

    #[test]
    fn with_a_proof_all_of_it_is() {
        let of = [("identifier", "42"), ("identifier_hash", "ab"), ("email", "ana@example.test"), ("colour", "red")];
        let mut identity = Identity::default();
        identity.set_user(User::new(&said(&of)));
        assert_eq!(told(&identity), [r#"identifier="42" identifier_hash="ab" email="ana@example.test""#, ""]);
        assert_eq!(identity.user().proof(), [("identifier", "42"), ("identifier_hash", "ab")]);
    }

    #[test]
    fn a_hash_without_an_identifier_proves_nothing() {
        let user = User::new(&said(&[("identifier", "  "), ("identifier_hash", "ab"), ("email", "a@b.test")]));
        assert_eq!((user.mark, user.is_proven), (0, false));
        let mut identity = Identity::default();
        identity.set_user(user);
        assert_eq!(told(&identity), ["", r#"email="a@b.test""#], "a hash alone is nobody's");
    }

    #[test]
    fn another_identifier_or_another_hash_is_another_mark() {
        let mark = |identifier, hash| User::new(&said(&[("identifier", identifier), ("identifier_hash", hash)])).mark;
        assert_eq!(mark("42", "ab"), mark("42", "ab"));
        let others = [mark("42", "ac"), mark("43", "ab"), mark("4", "2ab"), mark("42", "")];
        assert!(others.iter().all(|other| *other != mark("42", "ab") && *other != 0));
    }

    #[test]
    fn attributes_are_json_the_last_of_a_name_counts_and_there_is_an_end_to_them() {
        let mut identity = Identity::default();
        identity.add(said(&[("plan", "\"free\""), ("odd", "{"), ("seats", "2.5")]), AttributeTarget::Contact);
        identity.add(said(&[("plan", "\"team\"")]), AttributeTarget::Contact);
        identity.add(said(&[("order", "7")]), AttributeTarget::Conversation);
        assert_eq!(told(&identity), ["", r#"seats=2.5 plan="team""#]);
        assert_eq!(identity.of_conversation(), said(&[("order", "7")]));
        identity.add((0..500).map(|nth: u32| (nth.to_string(), "1".to_owned())).collect(), AttributeTarget::Contact);
        assert_eq!(identity.told()[1].len(), ATTRIBUTES_MAX);
    }
}
