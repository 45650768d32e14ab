//! How fast messages may be sent: Chatwoot accepts 200 messages a minute in a conversation and rejects the rest.

use std::collections::VecDeque;

use crate::time::Mono;

/// How many messages are sent in a minute. The server counts everyone's; this leaves room for agents and other devices.
const MESSAGES_PER_MINUTE: usize = 180;
const MINUTE_MS: u64 = 60_000;

/// When the latest messages were sent.
#[derive(Debug, Default)]
pub struct RateLimit {
    sent: VecDeque<Mono>,
}

impl RateLimit {
    /// Counts a message that is sent now.
    pub fn count(&mut self, now: Mono) {
        self.sent.push_back(now);
        if self.sent.len() > MESSAGES_PER_MINUTE {
            self.sent.pop_front();
        }
    }

    /// Whether a message may be sent now.
    #[must_use]
    pub fn allows(&self, now: Mono) -> bool {
        self.next_allowed_at().is_none_or(|next_allowed_at| next_allowed_at <= now)
    }

    /// When the next message may be sent, if it has to wait for that.
    #[must_use]
    pub fn next_allowed_at(&self) -> Option<Mono> {
        (self.sent.len() >= MESSAGES_PER_MINUTE).then(|| self.sent.front().map(|first| first.plus(MINUTE_MS))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_limit_holds_in_any_minute() {
        let mut rate_limit = RateLimit::default();
        let mut sent = Vec::new();
        for now in (0..300_000).step_by(100).map(Mono) {
            if rate_limit.allows(now) {
                rate_limit.count(now);
                sent.push(now.0);
            }
        }
        let in_minute = |from: u64| sent.iter().filter(|at| (from..from + MINUTE_MS).contains(*at)).count();
        assert!((0..240_000).step_by(100).all(|from| in_minute(from) <= MESSAGES_PER_MINUTE));
        assert_eq!(sent.len(), 5 * MESSAGES_PER_MINUTE, "and all it could");
        assert_eq!(RateLimit::default().next_allowed_at(), None);
    }
}
