//! Every suite of tests, one after the other, and what came of them.

use crate::bundle;
use crate::children::{self, Running};
use crate::process::duration;
use crate::setup::{self, Browser, Missing};
use crate::test::tally::Tally;
use crate::workbench::Workbench;
use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod advisories;
mod tally;

/// Far above what a suite takes from nothing on a slow machine: only a hung one gets there.
const SUITE_TIME_MAX: Duration = Duration::from_secs(40 * 60);
/// A page of tests in a browser that has not ended by then never will.
const BROWSER_SECONDS_MAX: &str = "300";
const WASM: &str = "wasm32-unknown-unknown";
const END_TO_END: &str = "end_to_end";

/// What came of a suite, or the sentence that says why nothing did.
type Outcome = Result<Tally, String>;

struct Suite {
    /// What one types to run it (with its kin) alone.
    name: &'static str,
    title: &'static str,
    run: fn(&Stage) -> Outcome,
}

const SUITES: [Suite; 14] = [
    Suite { name: "lint", title: "format", run: format },
    Suite { name: "lint", title: "clippy, native", run: clippy_native },
    Suite { name: "lint", title: "clippy, wasm32", run: clippy_wasm },
    Suite { name: "lint", title: "clippy, the gallery", run: clippy_gallery },
    Suite { name: "lint", title: "documentation", run: documentation },
    Suite { name: "lint", title: "lock files", run: lock_files },
    Suite { name: "types", title: "types of the API", run: types },
    Suite { name: "core", title: "native tests", run: native },
    Suite { name: "wasm", title: "tests in a browser", run: in_browser },
    Suite { name: "bundle", title: "release bundle", run: release_bundle },
    Suite { name: "e2e", title: "end to end", run: end_to_end },
    Suite { name: "e2e", title: "end to end, 4.16", run: end_to_end_on_the_newer_chatwoot },
    Suite { name: "deny", title: "licences and sources", run: licences },
    Suite { name: "deny", title: "advisories", run: advisories::run },
];

struct Stage<'a> {
    bench: &'a Workbench,
    browser: &'a Browser,
    /// Passed through to the test programs.
    filter: &'a [&'a str],
    bundle_is_built: Cell<bool>,
}

impl Stage<'_> {
    /// Builds the release bundle, once for all suites that want it.
    fn build_bundle(&self) -> Result<(), String> {
        if !self.bundle_is_built.replace(true) {
            bundle::build(self.bench).inspect_err(|_| self.bundle_is_built.set(false))?;
        }
        Ok(())
    }

    /// A suite that runs nothing proves nothing, unless a filter left it nothing to run.
    fn some(&self, tally: Tally) -> Outcome {
        if tally == Tally::NOTHING && self.filter.is_empty() {
            return Err("The suite has run no test.".to_owned());
        }
        Ok(tally)
    }
}

/// Runs the suites, all or those of one name, and tells what came of them; the last line is the
/// sum. A suite that fails doesn't keep the others from running.
pub fn run(bench: &Workbench, browser: &Browser, name: Option<&str>, filter: &[&str]) -> Result<ExitCode, String> {
    let suites: Vec<&Suite> = SUITES.iter().filter(|suite| name.is_none_or(|name| name == suite.name)).collect();
    if suites.is_empty() {
        return Err(format!("There is no suite {}; there are {}.", name.unwrap_or_default(), names()));
    }
    children::watch_for_interrupts()?;
    let stage = Stage { bench, browser, filter, bundle_is_built: Cell::new(false) };
    let mut results = Vec::new();
    for suite in suites {
        println!("\n── {} ──", suite.title);
        let begun = Instant::now();
        let tally = (suite.run)(&stage).unwrap_or_else(|sentence| {
            println!("{sentence}");
            Tally::FAILED
        });
        if children::interrupted() {
            return Err("Interrupted.".to_owned());
        }
        results.push((suite.title, tally, begun.elapsed()));
    }
    println!("\n{:<22}  {:>6}  {:>6}  {:>7}  time", "suite", "passed", "failed", "not run");
    for (title, Tally { passed, failed, not_run }, time) in &results {
        println!("{title:<22}  {passed:>6}  {failed:>6}  {not_run:>7}  {}", duration(*time));
    }
    let sum: Tally = results.iter().map(|(_, tally, _)| *tally).sum();
    println!("\n{sum}");
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The names of the suites, for people.
pub fn names() -> String {
    let mut names: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
    names.dedup();
    names.join(", ")
}

fn format(stage: &Stage) -> Outcome {
    check(stage.bench.command("cargo").args(["fmt", "--all", "--check"]))
}

fn clippy_native(stage: &Stage) -> Outcome {
    let mut cargo = stage.bench.command("cargo");
    check(cargo.args(["clippy", "--workspace", "--all-targets", "--features", "soak,gallery", "--", "-D", "warnings"]))
}

fn clippy_wasm(stage: &Stage) -> Outcome {
    let mut cargo = stage.bench.command("cargo");
    cargo.args(["clippy", "--target", WASM, "--package", "natter-core", "--package", "natter-chat", "--lib"]);
    cargo.args(["--bin", "natter"]);
    for target in test_targets(stage.bench)?.iter().filter(|target| is_for_browsers(target)) {
        cargo.args(["--test", target]);
    }
    check(cargo.args(["--", "-D", "warnings"]))
}

fn clippy_gallery(stage: &Stage) -> Outcome {
    let mut cargo = stage.bench.command("cargo");
    cargo.args(["clippy", "--target", WASM, "--features", "gallery", "--lib", "--bin", "natter"]);
    check(cargo.args(["--", "-D", "warnings"]))
}

fn documentation(stage: &Stage) -> Outcome {
    let mut cargo = stage.bench.command("cargo");
    cargo.args([
        "doc",
        "--no-deps",
        "--package",
        "natter-core",
        "--package",
        "natter-chat",
        "--lib",
        "--document-private-items",
    ]);
    check(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// That the lock files need no change. The fuzz target is a workspace of its own, which no other suite builds.
fn lock_files(stage: &Stage) -> Outcome {
    let mut sum = Tally::NOTHING;
    for manifest in ["Cargo.toml", "fuzz/Cargo.toml"] {
        let mut cargo = stage.bench.command("cargo");
        cargo.args(["metadata", "--locked", "--format-version=1", "--manifest-path", manifest]);
        let tally = check(cargo.stdout(Stdio::null()))?;
        if tally != Tally::PASSED {
            println!(
                "The lock file beside {manifest} is missing or out of date; `cargo metadata` there writes it anew."
            );
        }
        sum = sum + tally;
    }
    Ok(sum)
}

fn native(stage: &Stage) -> Outcome {
    // The same packages and features as in the end-to-end suite, so that nothing is compiled again for it.
    let mut cargo = stage.bench.command("cargo");
    cargo.args(["test", "--no-fail-fast", "--workspace", "--features", "end-to-end", "--lib", "--bins"]);
    for target in test_targets(stage.bench)?.iter().filter(|name| !is_for_browsers(name) && *name != END_TO_END) {
        cargo.args(["--test", target]);
    }
    let tests = tests(cargo.arg("--").args(stage.filter))?;
    let mut cargo = stage.bench.command("cargo");
    cargo.args(["test", "--no-fail-fast", "--workspace", "--features", "end-to-end", "--doc", "--"]);
    stage.some(tests + self::tests(cargo.args(stage.filter))?)
}

fn in_browser(stage: &Stage) -> Outcome {
    let targets = test_targets(stage.bench)?;
    let mut cargo = stage.bench.command("cargo");
    cargo.args(["test", "--no-fail-fast", "--target", WASM]);
    for target in targets.iter().filter(|target| is_for_browsers(target)) {
        cargo.args(["--test", target]);
    }
    if !targets.iter().any(|target| is_for_browsers(target)) {
        return Err("tests/ has no browser*.rs: nothing was run in a browser.".to_owned());
    }
    cargo
        .arg("--")
        .args(stage.filter)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("CHROMEDRIVER", &stage.browser.chromedriver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", stage.browser.capabilities(stage.bench)?)
        .env("WASM_BINDGEN_TEST_TIMEOUT", BROWSER_SECONDS_MAX);
    stage.some(tests(&mut cargo)?)
}

fn release_bundle(stage: &Stage) -> Outcome {
    stage.build_bundle()?;
    bundle::weigh(stage.bench)?;
    Ok(Tally::PASSED)
}

fn end_to_end(stage: &Stage) -> Outcome {
    stage.build_bundle()?;
    let mut cargo = end_to_end_command(stage.bench, stage.browser, "end-to-end")?;
    stage.some(tests(cargo.args(stage.filter))?)
}

/// The stories whose course depends on the server's age: who somebody is, files, content, lists, and life with a server.
const STORIES_OF_AN_AGE: [&str; 6] =
    ["accounts::", "content::", "conversations::", "stories::", "threads::", "uploads::"];

/// Those stories once more, against a sandbox that answers as Chatwoot 4.16. (The others have an older one.)
fn end_to_end_on_the_newer_chatwoot(stage: &Stage) -> Outcome {
    stage.build_bundle()?;
    let mut cargo = end_to_end_command(stage.bench, stage.browser, "end-to-end")?;
    let filter = if stage.filter.is_empty() { &STORIES_OF_AN_AGE[..] } else { stage.filter };
    stage.some(tests(cargo.args(filter).env("SANDBOX_CHATWOOT", "4.16"))?)
}

/// Runs the end-to-end tests of this feature; filters may follow. The bundle must be built.
pub fn end_to_end_command(bench: &Workbench, browser: &Browser, feature: &str) -> Result<Command, String> {
    let promises = setup::for_promise_replacements(bench)?;
    let turbo = setup::for_a_turbo_site(bench)?;
    build_sandbox(bench)?;
    let mut cargo = bench.command("cargo");
    cargo
        .args(["test", "--workspace", "--features", feature, "--test", END_TO_END, "--"])
        .env("NATTER_SITE", bundle::folder(bench))
        .env("NATTER_CHROMIUM", &browser.chromium)
        .env("CHROMEDRIVER", &browser.chromedriver)
        .env("NATTER_TURBO", turbo)
        .env("NATTER_ZONE_JS", promises.zone_js)
        .env("NATTER_BLUEBIRD", promises.bluebird)
        .envs(setup::for_host_pages(bench)?);
    Ok(cargo)
}

/// The stories find the program beside their own.
pub fn build_sandbox(bench: &Workbench) -> Result<(), String> {
    match bench.command("cargo").args(["build", "--package", "natter-sandbox"]).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("The sandbox did not build ({status}).")),
        Err(error) => Err(format!("cargo can't be started: {error}.")),
    }
}

/// `tests/types` says with right and wrong uses what `embed/natter.d.ts` promises; that it names what is there, a browser
/// tells (`tests/end_to_end/api.rs`).
fn types(stage: &Stage) -> Outcome {
    match setup::for_types(stage.bench) {
        Ok(compiler) => check(stage.bench.command(compiler).args(["-p", "tests/types"])),
        Err(Missing::Unavailable(sentence)) => {
            println!("Not run: {sentence}");
            Ok(Tally::NOT_RUN)
        }
        Err(Missing::Failed(sentence)) => Err(sentence),
    }
}

fn licences(stage: &Stage) -> Outcome {
    check(stage.bench.command("cargo").args(["deny", "check", "licenses", "sources", "bans"]))
}

/// The names of the test targets: what cargo finds below tests/, the project's and its crates'.
fn test_targets(bench: &Workbench) -> Result<Vec<String>, String> {
    let mut folders = vec![bench.project.join("tests")];
    folders.extend(listed(&bench.project.join("crates"))?.into_iter().map(|package| package.join("tests")));
    let mut targets = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        for path in listed(folder)? {
            let is_target = path.extension().is_some_and(|kind| kind == "rs") || path.join("main.rs").exists();
            if let Some(name) = path.file_stem().and_then(|name| name.to_str()).filter(|_| is_target) {
                targets.push(name.to_owned());
            }
        }
    }
    targets.sort();
    Ok(targets)
}

fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error| format!("{} can't be read: {error}.", folder.display());
    let entries = std::fs::read_dir(folder).map_err(unreadable)?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(unreadable)).collect()
}

fn is_for_browsers(target: &str) -> bool {
    target.starts_with("browser")
}

/// A program that is one check as a whole.
fn check(command: &mut Command) -> Outcome {
    let mut running = Running::start("The check", command)?;
    if wait(&mut running)?.success() { Ok(Tally::PASSED) } else { Ok(Tally::FAILED) }
}

/// A program that runs tests and tells what came of them.
fn tests(command: &mut Command) -> Outcome {
    let mut running = Running::start("The suite", command.stdout(Stdio::piped()))?;
    let Some(output) = running.output() else {
        return Err("The suite's output can't be read.".to_owned());
    };
    let reader = std::thread::spawn(move || {
        let mut words = tally::Reader::default();
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            words.read(&line);
        }
        words
    });
    let status = wait(&mut running);
    // What the program left behind would keep its output open.
    running.stop();
    let words = reader.join().map_err(|_| "The suite's output was lost.".to_owned())?;
    words.verdict(status?.success())
}

fn wait(running: &mut Running) -> Result<std::process::ExitStatus, String> {
    let begun = Instant::now();
    loop {
        if let Some(status) = running.ended()? {
            return Ok(status);
        }
        if children::interrupted() {
            return Err("Interrupted.".to_owned());
        }
        if begun.elapsed() > SUITE_TIME_MAX {
            return Err(format!("{} hung: ended after {}.", running.name(), duration(begun.elapsed())));
        }
        sleep(Duration::from_millis(20));
    }
}
