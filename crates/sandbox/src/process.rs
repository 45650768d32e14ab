//! The operating system's side of the process: its limit of open files, its signals.

use tokio::signal::unix::{SignalKind, signal};

/// Raises the limit of open files to the hard limit: a thousand sockets need more than many shells allow by default.
pub fn raise_open_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }) {
        tracing::warn!(%error, "the limit of open files can't be raised");
    }
}

/// Waits for SIGTERM or SIGINT (Ctrl-C).
pub async fn stop_signal() -> Result<(), String> {
    let listen = |kind| signal(kind).map_err(|error| format!("signals can't be received: {error}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
