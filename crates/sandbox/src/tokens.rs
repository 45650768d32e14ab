//! Random tokens in base 58, as the server makes them, and names for contacts without one.

use uuid::Uuid;

/// A random text of this many base-58 characters (without 0, O, I and l).
pub fn random(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        // Six bits a letter; numbers beyond the alphabet are skipped, so that all letters are equally likely.
        let bytes = Uuid::new_v4().into_bytes();
        // Bytes 6 and 8 of a version 4 UUID hold its version and variant.
        let numbers = bytes.iter().enumerate().filter(|(at, _)| *at != 6 && *at != 8).map(|(_, byte)| byte & 63);
        text.extend(numbers.filter_map(|number| BASE_58.get(usize::from(number))).map(|letter| char::from(*letter)));
    }
    text.truncate(length);
    text
}

/// A token of 24 letters, like those of users, contacts and inboxes.
pub fn token() -> String {
    random(24)
}

/// A name like "icy-brook-588", as the server gives a contact without one.
pub fn random_name() -> String {
    let [first, second, third, fourth, ..] = Uuid::new_v4().into_bytes();
    let pick = |words: [&'static str; 16], byte: u8| words.get(usize::from(byte % 16)).copied().unwrap_or("quiet");
    let number = u16::from_be_bytes([third, fourth]) % 1000;
    format!("{}-{}-{number}", pick(ADJECTIVES, first), pick(NOUNS, second))
}

const BASE_58: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const ADJECTIVES: [&str; 16] = [
    "amber", "brave", "calm", "dusty", "early", "fresh", "gentle", "hidden", "keen", "lively", "mellow", "nimble",
    "quiet", "sunny", "tidy", "warm",
];
const NOUNS: [&str; 16] = [
    "bay", "cedar", "creek", "dune", "ember", "fern", "grove", "harbor", "lake", "meadow", "moss", "otter", "pine",
    "reef", "sparrow", "willow",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_tokens_have_their_length_and_differ() {
        let (one, other) = (token(), token());
        assert_eq!(one.len(), 24);
        assert_ne!(one, other);
        assert!(one.bytes().all(|letter| BASE_58.contains(&letter)));
    }

    #[test]
    fn a_random_name_has_two_words_and_a_number() {
        let name = random_name();
        let parts: Vec<&str> = name.split('-').collect();
        assert_eq!(parts.len(), 3, "{name}");
        assert!(parts[2].parse::<u16>().unwrap() < 1000);
    }
}
