//! What every transaction may read besides the database.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::presence::Presence;
use crate::version::ChatwootVersion;

/// Fixed at start, but for `presence`.
pub struct Context {
    pub clock: Clock,
    /// Where others reach the sandbox, without a slash at the end.
    pub public_url: String,
    /// Where a page with the chat bubble is.
    pub playground_url: String,
    pub presence: Arc<Presence>,
    /// Signs the links to files.
    pub secret: String,
    pub version: ChatwootVersion,
    /// How long after its message an attached file can be downloaded.
    pub files_delay: Duration,
    /// Whether requests and messages a minute are limited; not with `--no-limits`.
    pub has_limits: bool,
}
