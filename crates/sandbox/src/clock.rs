//! Time in microseconds since 1970, as PostgreSQL stores it, and the three forms in which JSON has it.

use jiff::Timestamp;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlResult, ToSqlOutput, ValueRef};

/// A time in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Micros(pub i64);

impl Micros {
    /// Whole seconds since 1970: most times in JSON.
    pub fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// Seconds with a fraction: a conversation's `updated_at`.
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit a double's 53 bits")]
    pub fn fraction(self) -> f64 {
        self.0 as f64 / 1e6
    }

    /// ISO 8601 with milliseconds: a message's `updated_at`, and times in a webhook's changes.
    pub fn iso(self) -> String {
        Timestamp::from_microsecond(self.0)
            .map(|at| at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string())
            .unwrap_or_default()
    }

    /// This many seconds later (or earlier).
    pub fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }
}

/// Whole seconds, and 0 for never.
pub fn seconds_or_zero(moment: Option<Micros>) -> i64 {
    moment.map_or(0, Micros::seconds)
}

/// The machine's clock plus `--clock-offset`.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    offset_seconds: i64,
}

impl Clock {
    pub fn with_offset(offset_seconds: i64) -> Self {
        Self { offset_seconds }
    }

    pub fn now(self) -> Micros {
        Micros(Timestamp::now().as_microsecond()).plus_seconds(self.offset_seconds)
    }
}

impl ToSql for Micros {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.0.into())
    }
}

impl FromSql for Micros {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        value.as_i64().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_serialized_as_recorded() {
        let moment = Micros(1_795_223_824_877_936);
        assert_eq!(moment.seconds(), 1_795_223_824);
        assert_eq!(moment.iso(), "2026-11-21T01:17:04.877Z");
        assert_eq!(format!("{:.6}", moment.fraction()), "1795223824.877936");
    }
}
