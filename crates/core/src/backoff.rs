//! Waiting longer after each failure, never in step with the other visitors.

use crate::rng::Rng;
use crate::time::Mono;

/// How long to wait before trying again: full jitter over a window that doubles.
#[derive(Clone, Debug)]
pub struct Backoff {
    first_ms: u64,
    cap_ms: u64,
    tries: u32,
    until: Option<Mono>,
}

impl Backoff {
    /// Waits up to `first_ms` after the first failure, twice that after the second, never over `cap_ms`.
    #[must_use]
    pub const fn new(first_ms: u64, cap_ms: u64) -> Self {
        Self { first_ms, cap_ms, tries: 0, until: None }
    }

    /// Notes a failure and sets the next try; `at_least_ms` is what the other side asked for (`Retry-After`).
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        // 2^16 windows are past any cap we use, and the shift can't overflow.
        let window = self.first_ms.saturating_mul(1 << self.tries.min(16)).min(self.cap_ms);
        self.tries = self.tries.saturating_add(1);
        // Never at once: a deadline that is now has passed before anybody is asked about it.
        self.until = Some(now.plus(at_least_ms.saturating_add(1 + chance.below(window))));
    }

    /// Forgets all failures: the next window is the first again.
    pub const fn succeeded(&mut self) {
        self.tries = 0;
        self.until = None;
    }

    /// The network is thought to be back: try now, but stay as careful as before if that fails.
    pub const fn hurry(&mut self) {
        self.until = None;
    }

    /// Whether a try may be made now.
    #[must_use]
    pub fn is_over(&self, now: Mono) -> bool {
        self.until.is_none_or(|until| until <= now)
    }

    /// When the wait ends, if one is on.
    #[must_use]
    pub const fn until(&self) -> Option<Mono> {
        self.until
    }

    /// Failures since the last success.
    #[must_use]
    pub const fn tries(&self) -> u32 {
        self.tries
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_double_up_to_the_cap_and_success_starts_over() {
        let mut chance = Rng::new([3, 1, 4, 1]);
        let mut longest = [0; 8];
        for _ in 0..400 {
            let mut backoff = Backoff::new(1_000, 30_000);
            for (nth, longest) in longest.iter_mut().enumerate() {
                backoff.failed(Mono(50), &mut chance, 0);
                let wait = backoff.until().map_or(0, |until| until.since(Mono(50)));
                assert!(wait > 0 && wait <= (1_000 << nth).min(30_000));
                *longest = wait.max(*longest);
            }
            backoff.succeeded();
            assert!(backoff.is_over(Mono(50)));
            backoff.failed(Mono(50), &mut chance, 0);
            assert!(backoff.until() <= Some(Mono(1_050)));
        }
        assert!(longest[3] > 7_000 && longest[7] > 28_000, "the whole window is used: {longest:?}");
    }

    #[test]
    fn the_other_sides_wish_is_a_floor() {
        let mut backoff = Backoff::new(1_000, 30_000);
        backoff.failed(Mono(0), &mut Rng::new([1, 2, 3, 4]), 20_000);
        assert!(!backoff.is_over(Mono(19_999)));
        backoff.hurry();
        assert!(backoff.is_over(Mono(0)));
        assert_eq!(backoff.tries(), 1);
    }
}
