//! Exponential backoff with full jitter: the pause grows after each failure, and visitors don't retry at the same
//! moment.

use crate::rng::Rng;
use crate::time::Mono;

/// The pause before the next attempt: a random time within a window that doubles with each failure.
#[derive(Clone, Debug)]
pub struct Backoff {
    first_ms: u64,
    max_ms: u64,
    failures: u32,
    until: Option<Mono>,
}

impl Backoff {
    /// The pause is at most `first_ms` after the first failure, twice that after the second, and never more than
    /// `max_ms`.
    #[must_use]
    pub const fn new(first_ms: u64, max_ms: u64) -> Self {
        Self { first_ms, max_ms, failures: 0, until: None }
    }

    /// Counts a failure and starts the pause; `at_least_ms` is how long the server asks to wait (`Retry-After`).
    pub fn failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        // The window reaches every maximum in use before 2^16, and the shift can't overflow.
        let window = self.first_ms.saturating_mul(1 << self.failures.min(16)).min(self.max_ms);
        self.failures = self.failures.saturating_add(1);
        // At least 1 ms: a deadline that equals the present time would be skipped.
        self.until = Some(now.plus(at_least_ms.saturating_add(1 + rng.below(window))));
    }

    /// Forgets all failures: the next window is the first again.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
        self.until = None;
    }

    /// Ends the pause, because the network may be back; the next failure still counts on top of the earlier ones.
    pub const fn retry_now(&mut self) {
        self.until = None;
    }

    /// Whether an attempt may be made now.
    #[must_use]
    pub fn is_ready(&self, now: Mono) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// When the pause ends, if there is one.
    #[must_use]
    pub const fn until(&self) -> Option<Mono> {
        self.until
    }

    /// How many attempts failed since the last success.
    #[must_use]
    pub const fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_windows_double_up_to_the_maximum_and_start_over_after_a_success() {
        let mut rng = Rng::new([3, 1, 4, 1]);
        let mut longest = [0; 8];
        for _ in 0..400 {
            let mut backoff = Backoff::new(1_000, 30_000);
            for (index, longest) in longest.iter_mut().enumerate() {
                backoff.failed(Mono(50), &mut rng, 0);
                let wait = backoff.until().map_or(0, |until| until.since(Mono(50)));
                assert!(wait > 0 && wait <= (1_000 << index).min(30_000));
                *longest = wait.max(*longest);
            }
            backoff.succeeded();
            assert!(backoff.is_ready(Mono(50)));
            backoff.failed(Mono(50), &mut rng, 0);
            assert!(backoff.until() <= Some(Mono(1_050)));
        }
        assert!(longest[3] > 7_000 && longest[7] > 28_000, "the whole window is used: {longest:?}");
    }

    #[test]
    fn backoff_waits_at_least_as_long_as_the_server_asks() {
        let mut backoff = Backoff::new(1_000, 30_000);
        backoff.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 20_000);
        assert!(!backoff.is_ready(Mono(19_999)));
        backoff.retry_now();
        assert!(backoff.is_ready(Mono(0)));
        assert_eq!(backoff.failures(), 1);
    }
}
