//! Background jobs: transactions that run a moment after the response, as the real server's Sidekiq jobs do.

use tokio::sync::mpsc;

use crate::store::{Job, Store};

/// Jobs in the queue, far more than a busy sandbox has; beyond, they are dropped and logged.
const WAITING_MAX: usize = 4096;

pub type Queue = mpsc::Sender<Job>;

pub fn queue() -> (Queue, mpsc::Receiver<Job>) {
    mpsc::channel(WAITING_MAX)
}

/// Runs the jobs from the queue, each after its delay, until the queue is closed.
pub fn start(mut queue: mpsc::Receiver<Job>, store: Store) {
    tokio::spawn(async move {
        while let Some(job) = queue.recv().await {
            let store = store.clone();
            tokio::spawn(async move {
                tokio::time::sleep(job.delay).await;
                if let Err(error) = store.transaction(job.run).await {
                    tracing::info!(?error, "a job failed; the record it is about may have been deleted");
                }
            });
        }
    });
}
