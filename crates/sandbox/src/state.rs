//! What all request handlers share.

use std::ops::Deref;
use std::sync::Arc;

use tokio::sync::watch;

use crate::context::Context;
use crate::pubsub::PubSub;
use crate::store::Store;
use crate::uploads::FileStorage;

/// axum's state; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

pub struct Shared {
    pub store: Store,
    pub pubsub: Arc<PubSub>,
    pub context: Arc<Context>,
    pub files: Arc<FileStorage>,
    /// The time of the cable's last ping, in seconds since 1970.
    pub heartbeat: watch::Sender<i64>,
    /// True once the process is stopping.
    pub shutdown: watch::Sender<bool>,
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
