//! `cargo xtask test`: the test suites, one after the other, and a table of their results.

use crate::bundle;
use crate::env::Env;
use crate::leptos_app;
use crate::setup::{self, Browser, Missing, MissingTools};
use crate::steps::{format_duration, stdout_of};
use crate::subprocess::{self, ProcessGroup};
use crate::test::results::{ResultReader, TestResults};
use clap::ValueEnum;
use serde_json::Value;
use std::cell::Cell;
use std::io::{BufRead, BufReader};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

mod advisories;
mod results;

/// Far longer than a suite takes from nothing on a slow machine: one that exceeds it hangs.
const SUITE_TIME_MAX: Duration = Duration::from_secs(40 * 60);
/// For all tests of one page in a browser.
const WASM_BINDGEN_TEST_SECONDS_MAX: &str = "300";
const WASM_TARGET: &str = "wasm32-unknown-unknown";
const END_TO_END: &str = "end_to_end";
/// The features of the native and the end-to-end tests.
const NATIVE_FEATURES: &str = "end-to-end,component";

/// The results of a suite, or a sentence that says why it has none.
type SuiteResult = Result<TestResults, String>;

/// What one types to run a suite, or several related ones.
#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
pub enum SuiteName {
    /// Format, clippy, documentation, lock files
    Lint,
    /// The types of the JavaScript API
    Types,
    /// Native tests
    Core,
    /// Tests of the view in a browser
    Wasm,
    /// The sizes of the release bundle
    Bundle,
    /// End-to-end tests in a browser
    E2e,
    /// Licences, sources and advisories of dependencies
    Deny,
}

struct Suite {
    name: SuiteName,
    title: &'static str,
    run: fn(&TestRun) -> SuiteResult,
}

const SUITES: [Suite; 14] = [
    Suite { name: SuiteName::Lint, title: "format", run: format },
    Suite { name: SuiteName::Lint, title: "clippy, native", run: clippy_native },
    Suite { name: SuiteName::Lint, title: "clippy, wasm32", run: clippy_wasm },
    Suite { name: SuiteName::Lint, title: "clippy, the gallery", run: clippy_gallery },
    Suite { name: SuiteName::Lint, title: "documentation", run: documentation },
    Suite { name: SuiteName::Lint, title: "lock files", run: lock_files },
    Suite { name: SuiteName::Types, title: "types of the API", run: types },
    Suite { name: SuiteName::Core, title: "native tests", run: native },
    Suite { name: SuiteName::Wasm, title: "tests in a browser", run: in_browser },
    Suite { name: SuiteName::Bundle, title: "release bundle", run: release_bundle },
    Suite { name: SuiteName::E2e, title: "end to end", run: end_to_end },
    Suite { name: SuiteName::E2e, title: "end to end, 4.16", run: end_to_end_chatwoot_4_16 },
    Suite { name: SuiteName::Deny, title: "licences and sources", run: licences },
    Suite { name: SuiteName::Deny, title: "advisories", run: advisories::run },
];

/// What the suites of one run share.
struct TestRun<'a> {
    env: &'a Env,
    browser: &'a Browser,
    missing: MissingTools,
    /// Passed on to the test programs.
    filter: &'a [String],
    is_bundle_built: Cell<bool>,
}

impl TestRun<'_> {
    /// Builds the release bundle, once for all suites.
    fn build_bundle(&self) -> Result<(), String> {
        if !self.is_bundle_built.replace(true) {
            bundle::build(self.env, self.missing).inspect_err(|_| self.is_bundle_built.set(false))?;
        }
        Ok(())
    }

    /// A command that runs the end-to-end tests with all that they need.
    fn end_to_end_command(&self) -> Result<Command, String> {
        self.build_bundle()?;
        let application = leptos_app::build(self.env)?;
        let mut cargo = end_to_end_command(self.env, self.browser, NATIVE_FEATURES)?;
        cargo.env("NATTER_LEPTOS_APP", application);
        Ok(cargo)
    }

    /// Refuses a suite that ran no test, unless there is a filter.
    fn require_tests(&self, results: TestResults) -> SuiteResult {
        if results == TestResults::NONE && self.filter.is_empty() {
            return Err("The suite has run no test.".to_owned());
        }
        Ok(results)
    }

    /// The result of a suite that needs what this machine lacks.
    fn left_out(&self, sentence: &str) -> SuiteResult {
        self.missing.report(&format!("Not run: {sentence}"))?;
        Ok(TestResults::NOT_RUN)
    }

    fn cargo(&self) -> Command {
        self.env.command("cargo")
    }
}

/// Which suites to run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Selection {
    All,
    /// Those for daily work: without a release bundle and without whole conversations in a browser.
    Quick,
    Named(SuiteName),
}

impl Selection {
    fn includes(self, suite: &Suite) -> bool {
        match self {
            Self::All => true,
            Self::Quick => QUICK_SUITES.contains(&suite.title),
            Self::Named(name) => name == suite.name,
        }
    }
}

const QUICK_SUITES: [&str; 5] = ["format", "clippy, native", "clippy, wasm32", "native tests", "tests in a browser"];

/// Runs the selected suites, also when one of them fails. The last line printed is the sum.
pub fn run(
    env: &Env,
    browser: &Browser,
    missing: MissingTools,
    selection: Selection,
    filter: &[String],
) -> Result<ExitCode, String> {
    subprocess::handle_interrupts()?;
    let run = TestRun { env, browser, missing, filter, is_bundle_built: Cell::new(false) };
    let mut rows = Vec::new();
    for suite in SUITES.iter().filter(|suite| selection.includes(suite)) {
        println!("\n── {} ──", suite.title);
        let begun = Instant::now();
        let results = (suite.run)(&run).unwrap_or_else(|sentence| {
            println!("{sentence}");
            TestResults::FAILED
        });
        if subprocess::is_interrupted() {
            return Err("Interrupted.".to_owned());
        }
        rows.push((suite.title, results, begun.elapsed()));
    }
    println!("\n{:<22}  {:>6}  {:>6}  {:>7}  time", "suite", "passed", "failed", "not run");
    for (title, TestResults { passed, failed, not_run }, time) in &rows {
        println!("{title:<22}  {passed:>6}  {failed:>6}  {not_run:>7}  {}", format_duration(*time));
    }
    let sum: TestResults = rows.iter().map(|(_, results, _)| *results).sum();
    println!("\n{sum}");
    Ok(if sum.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn format(run: &TestRun) -> SuiteResult {
    let project = check(run.cargo().args(["fmt", "--all", "--check"]))?;
    Ok(project + check(run.cargo().args(["fmt", "--check", "--manifest-path", leptos_app::MANIFEST]))?)
}

fn clippy_native(run: &TestRun) -> SuiteResult {
    let mut cargo = run.cargo();
    check(cargo.args([
        "clippy",
        "--workspace",
        "--all-targets",
        "--features",
        "soak,gallery,component",
        "--",
        "-D",
        "warnings",
    ]))
}

fn clippy_wasm(run: &TestRun) -> SuiteResult {
    let mut cargo = run.cargo();
    cargo.args(["clippy", "--target", WASM_TARGET, "--package", "natter-core", "--package", "natter-chat", "--lib"]);
    cargo.args(["--bin", "natter", "--features", "component"]);
    for target in test_targets(run.env)?.iter().filter(|target| is_for_browsers(target)) {
        cargo.args(["--test", target]);
    }
    check(cargo.args(["--", "-D", "warnings"]))
}

fn clippy_gallery(run: &TestRun) -> SuiteResult {
    let mut cargo = run.cargo();
    cargo.args(["clippy", "--target", WASM_TARGET, "--features", "gallery", "--lib", "--bin", "natter"]);
    check(cargo.args(["--", "-D", "warnings"]))
}

fn documentation(run: &TestRun) -> SuiteResult {
    let mut cargo = run.cargo();
    cargo.args([
        "doc",
        "--no-deps",
        "--package",
        "natter-core",
        "--package",
        "natter-chat",
        "--lib",
        "--features",
        "component",
        "--document-private-items",
    ]);
    check(cargo.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Checks that the lock files are up to date. The fuzz target and the example application are workspaces of their own.
fn lock_files(run: &TestRun) -> SuiteResult {
    let mut sum = TestResults::NONE;
    for manifest in ["Cargo.toml", leptos_app::MANIFEST, "fuzz/Cargo.toml"] {
        let mut cargo = run.cargo();
        cargo.args(["metadata", "--locked", "--format-version=1", "--manifest-path", manifest]);
        let results = check(cargo.stdout(Stdio::null()))?;
        if results != TestResults::PASSED {
            println!(
                "The lock file beside {manifest} is missing or out of date; `cargo metadata` there writes it anew."
            );
        }
        sum = sum + results;
    }
    Ok(sum)
}

fn native(run: &TestRun) -> SuiteResult {
    // The same packages and features as in the end-to-end suite, so that nothing is compiled again for it.
    let mut cargo = run.cargo();
    cargo.args(["test", "--no-fail-fast", "--workspace", "--features", NATIVE_FEATURES, "--lib", "--bins"]);
    for target in test_targets(run.env)?.iter().filter(|name| !is_for_browsers(name) && *name != END_TO_END) {
        cargo.args(["--test", target]);
    }
    let tests = tests(cargo.arg("--").args(run.filter))?;
    let mut cargo = run.cargo();
    cargo.args(["test", "--no-fail-fast", "--workspace", "--features", NATIVE_FEATURES, "--doc", "--"]);
    run.require_tests(tests + self::tests(cargo.args(run.filter))?)
}

fn in_browser(run: &TestRun) -> SuiteResult {
    let targets = test_targets(run.env)?;
    let mut cargo = run.cargo();
    cargo.args(["test", "--no-fail-fast", "--target", WASM_TARGET, "--features", "component"]);
    for target in targets.iter().filter(|target| is_for_browsers(target)) {
        cargo.args(["--test", target]);
    }
    if !targets.iter().any(|target| is_for_browsers(target)) {
        return Err("tests/ has no browser*.rs: nothing was run in a browser.".to_owned());
    }
    cargo
        .arg("--")
        .args(run.filter)
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .env("CHROMEDRIVER", &run.browser.chromedriver)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", run.browser.capabilities(run.env)?)
        .env("WASM_BINDGEN_TEST_TIMEOUT", WASM_BINDGEN_TEST_SECONDS_MAX);
    run.require_tests(tests(&mut cargo)?)
}

fn release_bundle(run: &TestRun) -> SuiteResult {
    run.build_bundle()?;
    bundle::check_sizes(run.env)?;
    Ok(TestResults::PASSED)
}

fn end_to_end(run: &TestRun) -> SuiteResult {
    let mut cargo = run.end_to_end_command()?;
    run.require_tests(tests(cargo.args(run.filter))?)
}

/// The end-to-end tests whose course depends on Chatwoot's version.
const VERSION_DEPENDENT_TESTS: [&str; 6] =
    ["conversation::", "conversation_list::", "identified_users::", "message_content::", "message_list::", "uploads::"];

/// The version-dependent tests against a sandbox that answers as Chatwoot 4.16; `end_to_end` has 4.0.4.
fn end_to_end_chatwoot_4_16(run: &TestRun) -> SuiteResult {
    let mut cargo = run.end_to_end_command()?;
    if run.filter.is_empty() {
        cargo.args(VERSION_DEPENDENT_TESTS);
    }
    run.require_tests(tests(cargo.args(run.filter).env("SANDBOX_CHATWOOT", "4.16"))?)
}

/// A command that runs the end-to-end tests with this feature; filters may be added. The bundle must be built.
pub fn end_to_end_command(env: &Env, browser: &Browser, feature: &str) -> Result<Command, String> {
    let promises = setup::install_promise_replacements(env)?;
    let turbo = setup::install_turbo(env)?;
    build_sandbox(env)?;
    let mut cargo = env.command("cargo");
    cargo
        .args(["test", "--workspace", "--features", feature, "--test", END_TO_END, "--"])
        .env("NATTER_SITE", bundle::folder(env))
        .env("NATTER_CHROMIUM", &browser.chromium)
        .env("CHROMEDRIVER", &browser.chromedriver)
        .env("NATTER_TURBO", turbo)
        .env("NATTER_ZONE_JS", promises.zone_js)
        .env("NATTER_BLUEBIRD", promises.bluebird)
        .envs(setup::install_page_libraries(env)?);
    Ok(cargo)
}

/// Builds the sandbox into the folder where the end-to-end tests look for it.
pub fn build_sandbox(env: &Env) -> Result<(), String> {
    let status = subprocess::run(env.command("cargo").args(["build", "--package", "natter-sandbox"]))?;
    if status.success() { Ok(()) } else { Err(format!("The sandbox did not build ({status}).")) }
}

/// Compiles right and wrong uses of `embed/natter.d.ts` (`tests/types`). Whether the chat has what the types say is checked
/// in a browser (`tests/end_to_end/javascript_api.rs`).
fn types(run: &TestRun) -> SuiteResult {
    match setup::install_typescript(run.env) {
        Ok(compiler) => check(run.env.command(compiler).args(["-p", "tests/types"])),
        Err(Missing::Unavailable(sentence)) => run.left_out(&sentence),
        Err(Missing::Failed(sentence)) => Err(sentence),
    }
}

fn licences(run: &TestRun) -> SuiteResult {
    check(run.cargo().args(["deny", "check", "licenses", "sources", "bans"]))
}

/// The names of the test targets of all packages, as cargo finds them.
fn test_targets(env: &Env) -> Result<Vec<String>, String> {
    let metadata = stdout_of(env.command("cargo").args(["metadata", "--no-deps", "--format-version=1"]))
        .and_then(|json| serde_json::from_str::<Value>(&json).ok())
        .ok_or("`cargo metadata` failed; type it to see why.")?;
    let packages = metadata["packages"].as_array().into_iter().flatten();
    let targets = packages.flat_map(|package| package["targets"].as_array().into_iter().flatten());
    let tests = targets.filter(|target| target["kind"][0] == "test").filter_map(|target| target["name"].as_str());
    Ok(tests.map(str::to_owned).collect())
}

fn is_for_browsers(target: &str) -> bool {
    target.starts_with("browser")
}

/// A command that is one check as a whole.
fn check(command: &mut Command) -> SuiteResult {
    let mut process = ProcessGroup::spawn("The check", command)?;
    Ok(if wait(&mut process)?.success() { TestResults::PASSED } else { TestResults::FAILED })
}

/// A command that runs test programs, which print result lines.
fn tests(command: &mut Command) -> SuiteResult {
    let mut process = ProcessGroup::spawn("The suite", command.stdout(Stdio::piped()))?;
    let Some(output) = process.take_stdout() else {
        return Err("The suite's output can't be read.".to_owned());
    };
    let thread = std::thread::spawn(move || {
        let mut reader = ResultReader::default();
        for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            reader.read_line(&line);
        }
        reader
    });
    let status = wait(&mut process);
    // A descendant that still runs would keep the pipe open, and the thread reading.
    process.terminate();
    let reader = thread.join().map_err(|_| "The suite's output was lost.".to_owned())?;
    reader.finish(status?.success())
}

fn wait(process: &mut ProcessGroup) -> Result<ExitStatus, String> {
    let begun = Instant::now();
    loop {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        if subprocess::is_interrupted() {
            return Err("Interrupted.".to_owned());
        }
        if begun.elapsed() > SUITE_TIME_MAX {
            return Err(format!("{} hung: ended after {}.", process.name(), format_duration(begun.elapsed())));
        }
        sleep(Duration::from_millis(20));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quick_suites_exist() {
        let quick = SUITES.iter().filter(|suite| Selection::Quick.includes(suite)).count();
        assert_eq!(quick, QUICK_SUITES.len());
    }

    #[test]
    fn test_targets_of_all_packages_are_found() {
        let targets = test_targets(&Env::detect().unwrap()).unwrap();
        assert!(["browser", "end_to_end", "scenarios"].iter().all(|name| targets.iter().any(|target| target == name)));
        assert!(!targets.iter().any(|target| target == "xtask"), "{targets:?}");
    }
}
