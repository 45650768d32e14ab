//! Random names: tokens of base 58 as the server draws them, and names for contacts who gave none.

use uuid::Uuid;

/// A random word of this many base-58 characters (no look-alikes).
pub fn random(length: usize) -> String {
    let mut word = String::with_capacity(length);
    while word.len() < length {
        // Six bits at a time; what falls beyond the alphabet is drawn again, so that each letter is equally likely.
        let bytes = Uuid::new_v4().into_bytes();
        // Bytes 6 and 8 of a version 4 UUID hold its version and variant.
        let drawn = bytes.iter().enumerate().filter(|(at, _)| *at != 6 && *at != 8).map(|(_, byte)| byte & 63);
        word.extend(drawn.filter_map(|six| BASE_58.get(usize::from(six))).map(|letter| char::from(*letter)));
    }
    word.truncate(length);
    word
}

/// A token like those of agents, contacts and inboxes.
pub fn token() -> String {
    random(24)
}

/// "icy-brook-588"
pub fn made_up_name() -> String {
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
    fn tokens_have_their_length_and_are_not_alike() {
        let (one, other) = (token(), token());
        assert_eq!(one.len(), 24);
        assert_ne!(one, other);
        assert!(one.bytes().all(|letter| BASE_58.contains(&letter)));
    }

    #[test]
    fn a_made_up_name_has_two_words_and_a_number() {
        let name = made_up_name();
        let parts: Vec<&str> = name.split('-').collect();
        assert_eq!(parts.len(), 3, "{name}");
        assert!(parts[2].parse::<u16>().unwrap() < 1000);
    }
}
