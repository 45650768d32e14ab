//! A question to the server: put when somebody wants to know, one at a time, and again after a while when it fails.

use crate::backoff::Backoff;
use crate::rng::Rng;
use crate::time::Mono;

/// The question.
#[derive(Debug)]
pub struct RetryingRequest {
    is_wanted: bool,
    is_asking: bool,
    retry: Backoff,
}

impl Default for RetryingRequest {
    fn default() -> Self {
        Self { is_wanted: false, is_asking: false, retry: Backoff::new(2_000, 60_000) }
    }
}

impl RetryingRequest {
    /// Somebody wants to know.
    pub const fn want(&mut self) {
        self.is_wanted = true;
    }

    /// Whether it could be put now.
    #[must_use]
    pub fn is_due(&self, now: Mono) -> bool {
        self.is_wanted && !self.is_asking && self.retry.is_over(now)
    }

    /// Whether to ask now. Then the answer is waited for.
    pub fn next(&mut self, now: Mono) -> bool {
        let asks = self.is_due(now);
        if asks {
            self.is_wanted = false;
            self.is_asking = true;
        }
        asks
    }

    /// It was answered, be it usefully or not: asking again would bring no more.
    pub const fn answered(&mut self) {
        self.is_asking = false;
        self.retry.succeeded();
    }

    /// It was not answered.
    pub fn failed(&mut self, now: Mono, chance: &mut Rng, at_least_ms: u64) {
        self.is_asking = false;
        self.is_wanted = true;
        self.retry.failed(now, chance, at_least_ms);
    }

    /// It need not wait any longer: somebody asks for it once more.
    pub const fn forgive(&mut self) {
        self.retry.succeeded();
    }

    /// Whether it waits to be put, or for its answer.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.is_wanted || self.is_asking
    }

    /// Whether it was put in vain.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        self.retry.tries() > 0
    }

    /// When `next` may ask.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        self.retry.until().filter(|_| self.is_wanted)
    }
}
