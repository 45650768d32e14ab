//! A request that is made when its result is wanted, one at a time, and again after a pause when it fails.

use crate::backoff::Backoff;
use crate::rng::Rng;
use crate::time::Mono;

/// The state of one such request.
#[derive(Debug)]
pub struct RetryingRequest {
    is_requested: bool,
    is_pending: bool,
    retry: Backoff,
}

impl Default for RetryingRequest {
    fn default() -> Self {
        Self { is_requested: false, is_pending: false, retry: Backoff::new(2_000, 60_000) }
    }
}

impl RetryingRequest {
    /// Requests it: it is sent as soon as it can be.
    pub const fn request(&mut self) {
        self.is_requested = true;
    }

    /// Whether it is to be sent now.
    #[must_use]
    pub fn is_due(&self, now: Mono) -> bool {
        self.is_requested && !self.is_pending && self.retry.is_ready(now)
    }

    /// Whether it is to be sent now; then it counts as sent.
    pub fn start_if_due(&mut self, now: Mono) -> bool {
        let is_due = self.is_due(now);
        if is_due {
            self.is_requested = false;
            self.is_pending = true;
        }
        is_due
    }

    /// It was answered, usefully or not: repeating it would not help.
    pub const fn answered(&mut self) {
        self.is_pending = false;
        self.retry.succeeded();
    }

    /// It failed: it is sent again after a pause of at least this long, in ms.
    pub fn failed(&mut self, now: Mono, rng: &mut Rng, at_least_ms: u64) {
        self.is_pending = false;
        self.is_requested = true;
        self.retry.failed(now, rng, at_least_ms);
    }

    /// Ends the pause and forgets past failures, because it is requested once more.
    pub const fn reset_backoff(&mut self) {
        self.retry.succeeded();
    }

    /// Whether it waits to be sent, or for its answer.
    #[must_use]
    pub const fn is_outstanding(&self) -> bool {
        self.is_requested || self.is_pending
    }

    /// Whether the last attempts failed.
    #[must_use]
    pub const fn is_failing(&self) -> bool {
        self.retry.failures() > 0
    }

    /// When it may be sent, if it waits for that.
    #[must_use]
    pub fn deadline(&self) -> Option<Mono> {
        self.retry.until().filter(|_| self.is_requested)
    }
}
