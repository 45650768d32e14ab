//! What every deed may look at besides the database.

use std::sync::Arc;

use crate::cable::Presence;
use crate::clock::Clock;

pub struct World {
    pub clock: Clock,
    /// Without a slash at its end.
    pub public_url: String,
    pub presence: Arc<Presence>,
    /// Signs the links to files.
    pub secret: String,
    /// False with `--no-limits`.
    pub limits: bool,
}
