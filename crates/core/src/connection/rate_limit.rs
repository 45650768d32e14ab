//! How fast may be posted: Chatwoot takes 200 messages a minute in a conversation and refuses the rest.

use std::collections::VecDeque;

use crate::time::Mono;

/// The server counts everybody's messages; this leaves room for what agents and other devices say meanwhile.
const POSTS_MAX: usize = 180;
const MINUTE_MS: u64 = 60_000;

/// The machine.
#[derive(Debug, Default)]
pub struct RateLimit {
    posted: VecDeque<Mono>,
}

impl RateLimit {
    /// A post leaves now.
    pub fn posted(&mut self, now: Mono) {
        self.posted.push_back(now);
        if self.posted.len() > POSTS_MAX {
            self.posted.pop_front();
        }
    }

    /// Whether one may leave now.
    #[must_use]
    pub fn allows(&self, now: Mono) -> bool {
        self.opens().is_none_or(|opens| opens <= now)
    }

    /// When the next may leave, if it has to wait for that.
    #[must_use]
    pub fn opens(&self) -> Option<Mono> {
        (self.posted.len() >= POSTS_MAX).then(|| self.posted.front().map(|first| first.plus(MINUTE_MS))).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_minute_holds_so_many_posts_and_no_more() {
        let mut pace = RateLimit::default();
        let mut left = Vec::new();
        for now in (0..300_000).step_by(100).map(Mono) {
            if pace.allows(now) {
                pace.posted(now);
                left.push(now.0);
            }
        }
        let in_minute = |from: u64| left.iter().filter(|at| (from..from + MINUTE_MS).contains(*at)).count();
        assert!((0..240_000).step_by(100).all(|from| in_minute(from) <= POSTS_MAX));
        assert_eq!(left.len(), 5 * POSTS_MAX, "and all it could");
        assert_eq!(RateLimit::default().opens(), None);
    }
}
