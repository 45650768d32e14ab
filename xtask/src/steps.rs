//! Running other programs: quietly with signs of life, or for their answer.

use std::fs::File;
use std::io::IsTerminal;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A terminal's reader waits less patiently than a log's.
const SIGN_OF_LIFE_TERMINAL: Duration = Duration::from_secs(10);
const SIGN_OF_LIFE_LOG: Duration = Duration::from_secs(30);
/// Enough to hold a compiler's error with its notes.
const TAIL_LINES: usize = 25;

/// Runs one long step: says what it does, gives signs of life with the last line of the program's
/// own words, and says how long it took. What the program says is kept in `log` and shown in part
/// when it fails. With a limit, a program that exceeds it is ended.
pub fn step(label: &str, log: &Path, limit: Option<Duration>, command: &mut Command) -> Result<(), String> {
    println!("setup: {label} …");
    let begun = Instant::now();
    let status = watched(label, log, limit, command, begun)?;
    let took = duration(begun.elapsed());
    let Some(status) = status else { return Err(format!("{label} gave no result within {took}.")) };
    if status.success() {
        println!("setup: {label}: done in {took}");
        return Ok(());
    }
    let words = std::fs::read(log).unwrap_or_default();
    Err(format!("{label} failed after {took} ({status}). Its last words:\n{}", tail(&String::from_utf8_lossy(&words))))
}

/// Runs a program and keeps what it says to itself, in `log`. How it ended: `None` when it exceeded the limit.
pub fn quiet(log: &Path, limit: Duration, command: &mut Command) -> Result<Option<ExitStatus>, String> {
    watched("", log, Some(limit), command, Instant::now())
}

/// The standard output of a program that answers at once, or None when it can't be had.
pub fn answer(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// `2 min 5 s`, `7 s`.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds / 60 {
        0 => format!("{seconds} s"),
        minutes => format!("{minutes} min {} s", seconds % 60),
    }
}

fn watched(
    label: &str,
    log: &Path,
    limit: Option<Duration>,
    command: &mut Command,
    begun: Instant,
) -> Result<Option<ExitStatus>, String> {
    let unusable = |error| format!("{} can't be written: {error}.", log.display());
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).map_err(unusable)?;
    }
    let out = File::create(log).map_err(unusable)?;
    let err = out.try_clone().map_err(unusable)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out)
        .stderr(err)
        .spawn()
        .map_err(|error| format!("{} can't be started: {error}.", command.get_program().display()))?;
    let pause = if std::io::stdout().is_terminal() { SIGN_OF_LIFE_TERMINAL } else { SIGN_OF_LIFE_LOG };
    let mut next = pause;
    loop {
        if let Some(status) = child.try_wait().map_err(|error| format!("{label} was lost from sight: {error}."))? {
            return Ok(Some(status));
        }
        let elapsed = begun.elapsed();
        if limit.is_some_and(|limit| elapsed > limit) {
            // Already gone is as good as ended.
            let _ = child.kill();
            let _ = child.wait();
            return Ok(None);
        }
        if elapsed > next && !label.is_empty() {
            next += pause;
            let words = std::fs::read(log).unwrap_or_default();
            let words = String::from_utf8_lossy(&words);
            let last = words.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            println!("setup: {label}: {} … {last}", duration(elapsed));
        }
        sleep(Duration::from_millis(50));
    }
}

fn tail(words: &str) -> String {
    let lines: Vec<&str> = words.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_in_minutes_from_the_first_whole_one() {
        assert_eq!(duration(Duration::from_millis(6_700)), "7 s");
        assert_eq!(duration(Duration::from_millis(59_900)), "1 min 0 s");
        assert_eq!(duration(Duration::from_secs(125)), "2 min 5 s");
    }

    #[test]
    fn only_the_last_lines_of_a_long_log_are_shown() {
        let log: Vec<String> = (0..100).map(|line| line.to_string()).collect();
        let shown = tail(&log.join("\n"));
        assert!(shown.starts_with("75\n") && shown.ends_with("\n99"), "{shown}");
        assert_eq!(tail(""), "");
    }
}
