//! The project's command line: `cargo xtask help` lists the commands.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a command-line program")]

mod bench;
mod bundle;
mod csp;
mod demo;
mod env;
mod fingerprint;
mod gallery;
mod leptos_app;
mod minify;
mod postprocess;
mod setup;
mod simulate;
mod soak;
mod steps;
mod subprocess;
mod test;
mod versions;

use clap::{Parser, Subcommand};
use natter_assets::files;
use std::process::{ExitCode, ExitStatus};

use crate::setup::MissingTools;

#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", about = "Builds, tests and shows the chat bubble.")]
#[command(arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, PartialEq, Subcommand)]
enum Task {
    /// Installs what building needs
    Setup {
        /// Also what the tests need
        #[arg(long)]
        tests: bool,
    },
    /// Starts the sandbox and a page with the chat bubble, until Ctrl-C
    Demo {
        /// The page's port; by default 8080 or the next free one
        #[arg(long, value_name = "N")]
        port: Option<u16>,
    },
    /// Builds the release bundle in target/dist, and prints its sizes
    Build,
    /// Runs every test suite, or one of them
    Test {
        /// Only what takes a few minutes: format, clippy, native tests, tests of the view in a browser
        #[arg(long, conflicts_with = "suite")]
        quick: bool,
        /// Leaves out what this machine lacks, and says so; by default that is a failure
        #[arg(long)]
        allow_missing: bool,
        suite: Option<test::SuiteName>,
        /// Passed on to the test programs: parts of the names of tests
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        filter: Vec<String>,
    },
    /// Takes screenshots of the panel in every state, in target/gallery, and checks their accessibility
    Gallery {
        /// A part of the names of the screens to take
        screens: Option<String>,
    },
    /// Runs the core's simulation of bad networks with many seeds
    Simulate {
        #[arg(long, value_name = "N", default_value_t = 20_000)]
        seeds: u64,
        /// The first seed
        #[arg(long, value_name = "S", default_value_t = 1)]
        from: u64,
    },
    /// Runs the long end-to-end tests on bad networks
    Soak {
        /// How long the test with random faults takes
        #[arg(long, value_name = "N", default_value_t = 5)]
        minutes: u32,
    },
    /// Runs the benchmarks of the core, of the sandbox, and of the first connection in a browser
    Bench,
    /// Runs a program with the project's tools on PATH, as in `with trunk serve`
    With {
        #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Prints what a page's Content-Security-Policy must allow
    Csp {
        /// The bundle's address
        assets: String,
        /// The Chatwoot server's address
        server: String,
        /// Further origins of pictures and files, such as a storage bucket
        media: Vec<String>,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode, String> {
    match task {
        Task::Setup { tests } => setup::run(tests)?,
        Task::Demo { port } => demo::run(&setup::build_env()?, port)?,
        Task::Build => {
            let env = setup::build_env()?;
            bundle::build(&env, MissingTools::LeaveOut)?;
            bundle::check_sizes(&env)?;
        }
        Task::Test { quick, allow_missing, suite, filter } => {
            let (env, browser) = setup::test_env()?;
            let missing = if allow_missing { MissingTools::LeaveOut } else { MissingTools::Fail };
            let selection = match suite {
                Some(name) => test::Selection::Named(name),
                None if quick => test::Selection::Quick,
                None => test::Selection::All,
            };
            return test::run(&env, &browser, missing, selection, &filter);
        }
        Task::Gallery { screens } => {
            let (env, browser) = setup::test_env()?;
            return gallery::run(&env, &browser, screens.as_deref());
        }
        Task::Simulate { seeds, from } => return simulate::run(&setup::build_env()?, seeds, from),
        Task::Soak { minutes } => {
            let (env, browser) = setup::test_env()?;
            return soak::run(&env, &browser, minutes);
        }
        Task::Bench => {
            let (env, browser) = setup::test_env()?;
            return bench::run(&env, &browser);
        }
        Task::With { command } => {
            let [program, arguments @ ..] = &command[..] else { return Ok(ExitCode::SUCCESS) };
            return subprocess::run(setup::build_env()?.command(program).args(arguments)).map(exit_code);
        }
        Task::Csp { assets, server, media } => {
            let media: Vec<&str> = media.iter().map(String::as_str).collect();
            println!("{}", csp::policy(&assets, &server, &media)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The exit code of a command that only starts another program.
fn exit_code(status: ExitStatus) -> ExitCode {
    if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that can't go on has failed")]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn parsed(line: &str) -> Option<Task> {
        Cli::try_parse_from(["cargo xtask"].into_iter().chain(line.split_whitespace())).ok().map(|cli| cli.task)
    }

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_suite_and_a_filter_are_told_apart() {
        let filter = words("uploads:: --nocapture");
        let suite = Some(test::SuiteName::E2e);
        let test = |suite, filter| Some(Task::Test { quick: false, allow_missing: false, suite, filter });
        assert_eq!(parsed("test"), test(None, Vec::new()));
        assert_eq!(parsed("test e2e uploads:: --nocapture"), test(suite, filter));
        let quick = Task::Test { quick: true, allow_missing: true, suite: None, filter: Vec::new() };
        assert_eq!(parsed("test --quick --allow-missing"), Some(quick));
        assert_eq!(parsed("test --quick core"), None);
        assert_eq!(parsed("test no-such-suite"), None);
    }

    #[test]
    fn options_of_a_program_started_by_with_are_its_own() {
        let command = words("cargo test --features end-to-end -- --help");
        assert_eq!(parsed("with cargo test --features end-to-end -- --help"), Some(Task::With { command }));
        assert_eq!(parsed("with"), None);
    }

    #[test]
    fn simulate_and_soak_have_defaults_and_refuse_what_is_not_a_number() {
        assert_eq!(parsed("simulate"), Some(Task::Simulate { seeds: 20_000, from: 1 }));
        assert_eq!(parsed("simulate --from 7 --seeds 3"), Some(Task::Simulate { seeds: 3, from: 7 }));
        assert_eq!(parsed("soak"), Some(Task::Soak { minutes: 5 }));
        assert_eq!(parsed("soak --minutes 30"), Some(Task::Soak { minutes: 30 }));
        for wrong in ["simulate --seeds", "simulate --seeds many", "simulate --sedes 3", "soak --hours 1"] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }
}
