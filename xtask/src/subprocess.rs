//! Programs that run beside us and never outlive us: each has a process group of its own, which is
//! ended as a whole, so that what it started goes with it.

use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A program that was asked to end has this long before it is ended.
const GRACE: Duration = Duration::from_secs(5);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C (and being told to end) is a fact to be looked up, not our end.
pub fn watch_for_interrupts() -> Result<(), String> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .map_err(|error| format!("Ctrl-C can't be watched for: {error}."))
}

/// Whether the person wants an end.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// A running program with all that it started.
pub struct Running {
    name: &'static str,
    child: Child,
}

impl Running {
    /// Starts a program; `name` is what the person knows it by.
    pub fn start(name: &'static str, command: &mut Command) -> Result<Self, String> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child =
            command.stdin(Stdio::null()).spawn().map_err(|error| format!("{name} can't be started: {error}."))?;
        Ok(Self { name, child })
    }

    /// What the person knows it by.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its standard output, when that was asked for and not yet taken.
    pub fn output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// How it ended, when it has.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>, String> {
        self.child.try_wait().map_err(|error| format!("{} was lost from sight: {error}.", self.name))
    }

    /// Ends it and all that it started.
    pub fn stop(&mut self) {
        let begun = Instant::now();
        self.signal(false);
        while matches!(self.ended(), Ok(None)) && begun.elapsed() < GRACE {
            sleep(Duration::from_millis(20));
        }
        // Also when it has ended by itself: what it started may not have.
        self.signal(true);
        let _ = self.child.wait();
    }

    #[cfg(unix)]
    fn signal(&self, hard: bool) {
        use nix::sys::signal::{Signal, killpg};
        if let Ok(group) = i32::try_from(self.child.id()) {
            // A group without members is what we want.
            let _ = killpg(nix::unistd::Pid::from_raw(group), if hard { Signal::SIGKILL } else { Signal::SIGTERM });
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _hard: bool) {
        let _ = self.child.kill();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop();
    }
}
