//! What the server does in jobs of its own, a moment after it has answered.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::refusal::Refusal;
use crate::store::{Store, Turn};

/// A deed for later. One that finds nothing left to do is refused, and nobody hears of it.
pub struct Job {
    pub after: Duration,
    pub deed: Deed,
}

type Deed = Box<dyn FnOnce(&mut Turn<'_>) -> Result<(), Refusal> + Send>;

impl std::fmt::Debug for Job {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Job").field("after", &self.after).finish_non_exhaustive()
    }
}

/// How long the recorded server's queue took about these.
pub const A_MOMENT: Duration = Duration::from_millis(200);

/// More than a busy sandbox has under way; beyond, the oldest are waited for.
const WAITING_MAX: usize = 4096;

pub type Queue = mpsc::Sender<Job>;

pub fn queue() -> (Queue, mpsc::Receiver<Job>) {
    mpsc::channel(WAITING_MAX)
}

/// Does whatever comes into the queue, each at its time.
pub fn start(mut waiting: mpsc::Receiver<Job>, store: Store) {
    tokio::spawn(async move {
        while let Some(job) = waiting.recv().await {
            let store = store.clone();
            tokio::spawn(async move {
                tokio::time::sleep(job.after).await;
                if let Err(refusal) = store.perform(job.deed).await {
                    tracing::info!(?refusal, "a job found nothing to do");
                }
            });
        }
    });
}
