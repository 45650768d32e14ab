//! Polling: reads the newest messages from time to time while the socket brings none.
//!
//! A socket may be subscribed and carry pings while no event comes through (a broken broadcast behind a proxy, a
//! subscription lost on the server), or may never open. The visitor's own messages show it: each is broadcast back as a
//! frame. If one is not, or there is no live socket, the newest page is polled until a frame arrives.

use crate::time::{Due, Mono, next_due};

/// A stored message's frame is awaited this long, in ms. It usually arrives before the response to the POST; this
/// leaves time for a slow broadcast.
const ECHO_MS_MAX: u64 = 10_000;
/// The pause before the first poll, in ms; each later one is twice as long, up to the maximum.
const POLL_FIRST_MS: u64 = 5_000;
const POLL_MS_MAX: u64 = 60_000;

/// When to poll.
#[derive(Debug)]
pub struct PollingFallback {
    /// Since when the frame of a stored message is awaited.
    awaited_since: Option<Mono>,
    is_silent: bool,
    next_poll: Option<Mono>,
    wait_ms: u64,
}

impl Default for PollingFallback {
    fn default() -> Self {
        Self { awaited_since: None, is_silent: false, next_poll: None, wait_ms: POLL_FIRST_MS }
    }
}

impl PollingFallback {
    /// A message of the visitor's was stored, and its frame has not arrived yet. Without a live socket the next poll is
    /// soon: an answer is likely.
    pub fn message_stored(&mut self, now: Mono, is_live: bool) {
        if is_live {
            self.awaited_since.get_or_insert(now);
        }
        self.wait_ms = POLL_FIRST_MS;
        self.next_poll = self.next_poll.map(|next_poll| next_poll.min(now.plus(POLL_FIRST_MS)));
    }

    /// A frame brought a message: the socket works. Returns whether it was considered silent.
    pub const fn frame_received(&mut self) -> bool {
        let was_silent = self.is_silent;
        self.reset();
        was_silent
    }

    /// Whether the socket is considered silent: subscribed, but without events.
    #[must_use]
    pub const fn is_silent(&self) -> bool {
        self.is_silent
    }

    /// Forgets what is known of the socket: there is a new one.
    pub const fn reset(&mut self) {
        self.awaited_since = None;
        self.is_silent = false;
    }

    /// Whether the newest page is to be read now; then it counts as read. `is_live` is whether frames are expected.
    pub fn take_due_poll(&mut self, now: Mono, is_live: bool) -> bool {
        if self.awaited_since.is_some_and(|since| now >= since.plus(ECHO_MS_MAX)) {
            self.awaited_since = None;
            self.is_silent = true;
        }
        if is_live && !self.is_silent {
            self.next_poll = None;
            self.wait_ms = POLL_FIRST_MS;
            return false;
        }
        match self.next_poll {
            Some(next_poll) if now >= next_poll => {
                self.wait_ms = (self.wait_ms * 2).min(POLL_MS_MAX);
                self.next_poll = Some(now.plus(self.wait_ms));
                true
            }
            Some(_) => false,
            None => {
                self.next_poll = Some(now.plus(self.wait_ms));
                false
            }
        }
    }

    /// When there may be something to do.
    #[must_use]
    pub fn deadline(&self, now: Mono) -> Option<Due> {
        let echo = self.awaited_since.map(|since| since.plus(ECHO_MS_MAX).due("polling: no frame"));
        let poll = self.next_poll.map(|next_poll| next_poll.due("polling: poll"));
        next_due(now, [echo, poll])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seconds at which the newest page is polled, over ten minutes with this kind of socket.
    fn polls(polling: &mut PollingFallback, is_live: bool) -> Vec<u64> {
        (0..600).filter(|second| polling.take_due_poll(Mono(second * 1_000), is_live)).collect()
    }

    #[test]
    fn polling_is_off_with_a_live_socket() {
        assert_eq!(polls(&mut PollingFallback::default(), true), [0; 0]);
    }

    #[test]
    fn polling_without_a_socket_becomes_less_frequent() {
        assert_eq!(
            polls(&mut PollingFallback::default(), false),
            [5, 15, 35, 75, 135, 195, 255, 315, 375, 435, 495, 555]
        );
    }

    #[test]
    fn polling_is_sooner_after_a_message_was_sent() {
        let mut polling = PollingFallback::default();
        assert_eq!(polls(&mut polling, false).last(), Some(&555));
        polling.message_stored(Mono(560_000), false);
        let after: Vec<u64> = (560..600).filter(|second| polling.take_due_poll(Mono(second * 1_000), false)).collect();
        assert_eq!(after, [565, 575, 595]);
    }

    #[test]
    fn polling_starts_when_a_frame_is_missing_and_ends_with_a_frame() {
        let mut polling = PollingFallback::default();
        polling.message_stored(Mono(0), true);
        assert_eq!(polls(&mut polling, true)[..3], [15, 25, 45]);
        assert!(polling.frame_received());
        assert_eq!(polls(&mut polling, true), [0; 0]);
    }

    #[test]
    fn polling_does_not_start_when_the_frame_arrives_in_time() {
        let mut polling = PollingFallback::default();
        polling.message_stored(Mono(0), true);
        assert!(!polling.take_due_poll(Mono(9_999), true));
        assert!(!polling.frame_received());
        assert!(!polling.take_due_poll(Mono(60_000), true));
    }
}
