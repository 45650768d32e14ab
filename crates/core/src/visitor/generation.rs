//! Which visitor of this device a record belongs to.
//!
//! The device counts the visitors it has forgotten. That number, the generation, stays when everything else goes, and
//! every record bears the one it was written under. A record of another generation counts for nothing, whoever wrote it
//! and when: a tab that hung while the visitor was forgotten can bring nothing back, and the tab that was told to forget
//! need not live until another has heard of it.

use crate::digits::digits;
use crate::json::{self, Value};

/// What the device keeps the generation under.
pub const KEY: &str = "generation";
/// Records whose text is a JSON object. (Others, such as a draft, are no more than text.)
const RECORDS: [&str; 5] = ["session", "introduction", "preferences", "send/", "answer/"];

/// The generation among all that a device keeps; 0 where nobody was ever forgotten.
#[must_use]
pub fn kept_in(all: &[(String, String)]) -> u64 {
    all.iter().find(|(key, _)| key == KEY).and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

/// A record as the device is to keep it under this generation. The first generation needs no mark.
#[must_use]
pub fn stamp(generation: u64, record: &str) -> String {
    match record.strip_prefix('{') {
        Some(rest) if generation > 0 => ["{\"", KEY, "\":", &digits(generation), ",", rest].concat(),
        Some(_) | None => record.to_owned(),
    }
}

/// Whether what is kept under a key belongs to the visitor of this generation.
#[must_use]
pub fn is_current(generation: u64, key: &str, value: &str) -> bool {
    if !RECORDS.iter().any(|record| key.starts_with(record)) {
        return true;
    }
    let record = json::read(value);
    let written_under = record.as_ref().and_then(Value::object).and_then(|record| record.get(KEY)?.number());
    written_under.unwrap_or(0) == generation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_belongs_to_the_generation_it_was_written_under_and_to_no_other() {
        for generation in [0, 1, 7] {
            let record = stamp(generation, "{\"v\":1}");
            for other in [0, 1, 7] {
                assert_eq!(is_current(other, "send/a", &record), other == generation, "{record} under {other}");
            }
        }
        assert_eq!(stamp(0, "{\"v\":1}"), "{\"v\":1}");
        assert_eq!(stamp(3, "{\"v\":1}"), "{\"generation\":3,\"v\":1}");
    }

    #[test]
    fn what_is_no_record_is_left_alone() {
        assert!(is_current(3, "draft", "{\"generation\":1"));
        assert!(!is_current(3, "session", "broken"));
        let kept = [("draft".to_owned(), "x".to_owned()), (KEY.to_owned(), "12".to_owned())];
        assert_eq!((kept_in(&kept), kept_in(&kept[..1])), (12, 0));
    }
}
