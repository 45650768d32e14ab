//! What every deed may look at besides the database.

use std::sync::Arc;
use std::time::Duration;

use crate::age::Age;
use crate::clock::Clock;
use crate::presence::Presence;

pub struct World {
    pub clock: Clock,
    /// Without a slash at its end.
    pub public_url: String,
    /// Where a page with the chat bubble is.
    pub playground_url: String,
    pub presence: Arc<Presence>,
    /// Signs the links to files.
    pub secret: String,
    /// Which Chatwoot is answering.
    pub age: Age,
    /// How long after its message an attached file can be had.
    pub files_late: Duration,
    /// False with `--no-limits`.
    pub limits: bool,
}
