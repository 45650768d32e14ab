//! Long-running commands whose output goes to a log file: `run_step` prints progress, `run_logged` prints nothing.

use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::files;

/// How often progress is printed: to a terminal, where somebody waits, and to a log.
const PROGRESS_INTERVAL_TERMINAL: Duration = Duration::from_secs(10);
const PROGRESS_INTERVAL_LOG: Duration = Duration::from_secs(30);
/// Enough for a compiler's error with its notes.
const TAIL_LINES: usize = 25;

/// Runs one step of the set-up. It prints what it does, at intervals the last line of the program's output, and how long
/// it took. The output goes to `log`; its last lines are in the error of a step that fails. A program that exceeds the
/// limit is killed.
pub fn run_step(label: &str, log: &Path, limit: Option<Duration>, command: &mut Command) -> Result<(), String> {
    println!("setup: {label} …");
    let begun = Instant::now();
    let interval = if std::io::stdout().is_terminal() { PROGRESS_INTERVAL_TERMINAL } else { PROGRESS_INTERVAL_LOG };
    let mut next = interval;
    let status = wait_for(log, limit, command, |elapsed| {
        if elapsed > next {
            next += interval;
            let output = std::fs::read(log).unwrap_or_default();
            let output = String::from_utf8_lossy(&output);
            let last = output.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            println!("setup: {label}: {} … {last}", format_duration(elapsed));
        }
    })?;
    let took = format_duration(begun.elapsed());
    let Some(status) = status else { return Err(format!("{label} gave no result within {took}.")) };
    if status.success() {
        println!("setup: {label}: done in {took}");
        return Ok(());
    }
    let output = std::fs::read(log).unwrap_or_default();
    Err(format!("{label} failed after {took} ({status}). Its last lines:\n{}", tail(&String::from_utf8_lossy(&output))))
}

/// Runs a program with its output in `log`, and returns its exit status: `None` when it exceeded the limit and was killed.
pub fn run_logged(log: &Path, limit: Duration, command: &mut Command) -> Result<Option<ExitStatus>, String> {
    wait_for(log, Some(limit), command, |_| ())
}

/// The standard output of a short command, or `None` when it fails or can't be started.
pub fn stdout_of(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `2 min 5 s`, `7 s`.
pub fn format_duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds / 60 {
        0 => format!("{seconds} s"),
        minutes => format!("{minutes} min {} s", seconds % 60),
    }
}

/// Runs a program with its output in `log`; calls `on_poll` with the elapsed time while it runs.
fn wait_for(
    log: &Path,
    limit: Option<Duration>,
    command: &mut Command,
    mut on_poll: impl FnMut(Duration),
) -> Result<Option<ExitStatus>, String> {
    let begun = Instant::now();
    let unwritable = |error| format!("{} can't be written: {error}.", log.display());
    log.parent().map_or(Ok(()), files::create_dir)?;
    let out = File::create(log).map_err(unwritable)?;
    let err = out.try_clone().map_err(unwritable)?;
    let program = command.get_program().display().to_string();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|error| format!("{program} can't be started: {error}."))?;
    loop {
        if let Some(status) =
            child.try_wait().map_err(|error| format!("The state of {program} can't be read: {error}."))?
        {
            return Ok(Some(status));
        }
        if limit.is_some_and(|limit| begun.elapsed() > limit) {
            // They fail when the program has just ended.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        on_poll(begun.elapsed());
        sleep(Duration::from_millis(50));
    }
}

fn tail(output: &str) -> String {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_minutes_from_sixty_seconds_on() {
        assert_eq!(format_duration(Duration::from_millis(6_700)), "7 s");
        assert_eq!(format_duration(Duration::from_millis(59_900)), "1 min 0 s");
        assert_eq!(format_duration(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn only_the_tail_of_a_long_log_is_shown() {
        let log: Vec<String> = (0..100).map(|line| line.to_string()).collect();
        let shown = tail(&log.join("\n"));
        assert!(shown.starts_with("75\n") && shown.ends_with("\n99"), "{shown}");
        assert_eq!(tail(""), "");
    }
}
