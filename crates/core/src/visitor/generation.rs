//! Generations: which of the device's visitors a record belongs to.
//!
//! The device counts the visitors it has forgotten. That number, the generation, is kept when all records are deleted,
//! and every record contains the generation it was written in. A record of another generation is ignored, whichever tab
//! wrote it and when: a tab that hung while the visitor was forgotten can't bring anything back, and the tab that
//! forgets the visitor need not wait until the others have received that.

use crate::tolerant_json::{self, Json};

/// The key of the generation on the device, and its field in records.
pub const KEY: &str = "generation";
/// Key prefixes of records that are JSON objects. (Others, such as the draft, are plain text.)
const RECORDS: [&str; 5] = ["session", "introduction", "preferences", "send/", "answer/"];

/// The generation among the device's records; 0 if no visitor was ever forgotten.
#[must_use]
pub fn stored_generation(all: &[(String, String)]) -> u64 {
    all.iter().find(|(key, _)| key == KEY).and_then(|(_, value)| value.parse().ok()).unwrap_or(0)
}

/// A record with its generation. The first generation (0) needs none.
#[must_use]
pub fn stamp(generation: u64, record: &str) -> String {
    match record.strip_prefix('{') {
        Some(rest) if generation > 0 => format!("{{\"{KEY}\":{generation},{rest}"),
        Some(_) | None => record.to_owned(),
    }
}

/// Whether the record under a key belongs to this generation.
#[must_use]
pub fn is_current(generation: u64, key: &str, value: &str) -> bool {
    if !RECORDS.iter().any(|record| key.starts_with(record)) {
        return true;
    }
    let record = tolerant_json::read(value);
    let written_under = record.as_ref().and_then(Json::object).and_then(|record| record.get(KEY)?.number());
    written_under.unwrap_or(0) == generation
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generation_of_a_record_is_the_one_it_was_written_in() {
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
    fn generation_does_not_apply_to_plain_text() {
        assert!(is_current(3, "draft", "{\"generation\":1"));
        assert!(!is_current(3, "session", "broken"));
        let stored = [("draft".to_owned(), "x".to_owned()), (KEY.to_owned(), "12".to_owned())];
        assert_eq!((stored_generation(&stored), stored_generation(&stored[..1])), (12, 0));
    }
}
