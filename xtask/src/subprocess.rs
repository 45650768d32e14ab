//! Child processes that run while xtask does. Each has a process group of its own, which is terminated as a whole, so no
//! grandchild outlives it. Ctrl-C sets a flag here and does not end xtask.

use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// From SIGTERM to SIGKILL.
const TERMINATION_TIME_MAX: Duration = Duration::from_secs(5);

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// From now on Ctrl-C and SIGTERM only make `is_interrupted` true.
pub fn handle_interrupts() -> Result<(), String> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .map_err(|error| format!("Ctrl-C can't be watched for: {error}."))
}

/// Whether Ctrl-C was pressed, or xtask was told to terminate.
pub fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Runs a command in the foreground; a status other than success is the command's failure, not an error.
pub fn run(command: &mut Command) -> Result<ExitStatus, String> {
    command.status().map_err(|error| format!("{} can't be started: {error}.", command.get_program().display()))
}

/// A running process with all its descendants.
pub struct ProcessGroup {
    name: &'static str,
    child: Child,
}

impl ProcessGroup {
    /// Starts a program; `name` is used in messages.
    pub fn spawn(name: &'static str, command: &mut Command) -> Result<Self, String> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child =
            command.stdin(Stdio::null()).spawn().map_err(|error| format!("{name} can't be started: {error}."))?;
        Ok(Self { name, child })
    }

    /// Its name in messages.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Its standard output, if that is piped and not yet taken.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Its exit status, once it has ended.
    pub fn try_wait(&mut self) -> Result<Option<ExitStatus>, String> {
        self.child.try_wait().map_err(|error| format!("The state of {} can't be read: {error}.", self.name))
    }

    /// Terminates it and all its descendants.
    pub fn terminate(&mut self) {
        let begun = Instant::now();
        self.signal(false);
        while matches!(self.try_wait(), Ok(None)) && begun.elapsed() < TERMINATION_TIME_MAX {
            sleep(Duration::from_millis(20));
        }
        // Descendants may still run when the process itself has ended.
        self.signal(true);
        let _ = self.child.wait();
    }

    #[cfg(unix)]
    fn signal(&self, is_kill: bool) {
        use nix::sys::signal::{Signal, killpg};
        if let Ok(group) = i32::try_from(self.child.id()) {
            // It fails when the group has no member any more.
            let _ = killpg(nix::unistd::Pid::from_raw(group), if is_kill { Signal::SIGKILL } else { Signal::SIGTERM });
        }
    }

    #[cfg(not(unix))]
    fn signal(&mut self, _is_kill: bool) {
        let _ = self.child.kill();
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        self.terminate();
    }
}
