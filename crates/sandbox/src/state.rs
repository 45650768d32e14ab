//! What every request handler shares.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::watch;

use crate::pubsub::Hub;
use crate::store::Store;
use crate::uploads::FilesFolder;
use crate::world::World;

/// Cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

pub struct Shared {
    pub store: Store,
    pub hub: Arc<Hub>,
    pub world: Arc<World>,
    pub files: Arc<FilesFolder>,
    /// The cable's heartbeat: seconds since 1970, every three seconds.
    pub beat: watch::Sender<i64>,
    /// Turns true when the server stops.
    pub stopping: watch::Sender<bool>,
}

impl AppState {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
