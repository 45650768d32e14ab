//! What the server does in jobs of its own, a moment after it has answered.

use tokio::sync::mpsc;

use crate::store::{Job, Store};

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
