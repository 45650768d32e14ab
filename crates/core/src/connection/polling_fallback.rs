//! Whether the socket can be believed, and what to do while it can't.
//!
//! A socket may be subscribed and carry pings while nothing else comes through (a broken broadcast behind a proxy, a
//! subscription lost on the server), or may never open at all. Our own messages tell: each comes back as a frame. When
//! one doesn't, or there is no live socket, the newest page is read now and then until a frame proves otherwise.

use crate::time::{Due, Mono};

/// An echo usually comes before the answer to the post; this leaves room for a slow broadcast.
const ECHO_MS_MAX: u64 = 10_000;
/// The first look comes soon, the later ones ever more rarely.
const POLL_FIRST_MS: u64 = 5_000;
const POLL_MS_MAX: u64 = 60_000;

/// The machine.
#[derive(Debug)]
pub struct PollingFallback {
    /// Since when an echo is awaited.
    awaited: Option<Mono>,
    is_silent: bool,
    next: Option<Mono>,
    wait_ms: u64,
}

impl Default for PollingFallback {
    fn default() -> Self {
        Self { awaited: None, is_silent: false, next: None, wait_ms: POLL_FIRST_MS }
    }
}

impl PollingFallback {
    /// A message of ours was stored, and its frame has not come yet. People who write are answered soon: without a live
    /// socket the next look is soon, too.
    pub fn stored(&mut self, now: Mono, is_live: bool) {
        if is_live {
            self.awaited.get_or_insert(now);
        }
        self.wait_ms = POLL_FIRST_MS;
        self.next = self.next.map(|next| next.min(now.plus(POLL_FIRST_MS)));
    }

    /// A frame told of a message: the socket works. Whether that is news.
    pub const fn heard(&mut self) -> bool {
        let was_silent = self.is_silent;
        self.started_over();
        was_silent
    }

    /// Whether the socket is thought to keep things to itself.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Another socket, another chance.
    pub const fn started_over(&mut self) {
        self.awaited = None;
        self.is_silent = false;
    }

    /// Whether the newest page is to be read now.
    pub fn tick(&mut self, now: Mono, is_live: bool) -> bool {
        if self.awaited.is_some_and(|since| now >= since.plus(ECHO_MS_MAX)) {
            self.awaited = None;
            self.is_silent = true;
        }
        if is_live && !self.is_silent {
            self.next = None;
            self.wait_ms = POLL_FIRST_MS;
            return false;
        }
        match self.next {
            Some(next) if now >= next => {
                self.wait_ms = (self.wait_ms * 2).min(POLL_MS_MAX);
                self.next = Some(now.plus(self.wait_ms));
                true
            }
            Some(_) => false,
            None => {
                self.next = Some(now.plus(self.wait_ms));
                false
            }
        }
    }

    /// When `tick` has something to do.
    #[must_use]
    pub fn deadline(&self) -> Option<Due> {
        let echo = self.awaited.map(|since| since.plus(ECHO_MS_MAX).due("watch: no echo"));
        let poll = self.next.map(|next| next.due("watch: look"));
        echo.into_iter().chain(poll).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When a watch looks, in seconds, over ten minutes of this kind of socket.
    fn looks(watch: &mut PollingFallback, is_live: bool) -> Vec<u64> {
        (0..600).filter(|second| watch.tick(Mono(second * 1_000), is_live)).collect()
    }

    #[test]
    fn a_live_socket_is_believed() {
        assert_eq!(looks(&mut PollingFallback::default(), true), []);
    }

    #[test]
    fn without_a_socket_it_looks_ever_more_rarely() {
        assert_eq!(
            looks(&mut PollingFallback::default(), false),
            [5, 15, 35, 75, 135, 195, 255, 315, 375, 435, 495, 555]
        );
    }

    #[test]
    fn writing_brings_the_next_look_nearer() {
        let mut watch = PollingFallback::default();
        assert_eq!(looks(&mut watch, false).last(), Some(&555));
        watch.stored(Mono(560_000), false);
        let after: Vec<u64> = (560..600).filter(|second| watch.tick(Mono(second * 1_000), false)).collect();
        assert_eq!(after, [565, 575, 595]);
    }

    #[test]
    fn a_socket_that_does_not_echo_is_doubted_until_it_does() {
        let mut watch = PollingFallback::default();
        watch.stored(Mono(0), true);
        assert_eq!(looks(&mut watch, true)[..3], [15, 25, 45]);
        assert!(watch.heard());
        assert_eq!(looks(&mut watch, true), []);
    }

    #[test]
    fn an_echo_in_time_raises_no_doubt() {
        let mut watch = PollingFallback::default();
        watch.stored(Mono(0), true);
        assert!(!watch.tick(Mono(9_999), true));
        assert!(!watch.heard());
        assert!(!watch.tick(Mono(60_000), true));
    }
}
