//! The project's own commands: `cargo xtask help` lists them.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "these commands talk to the person who typed them")]

mod bench;
mod bundle;
mod children;
mod csp;
mod css;
mod demo;
mod gallery;
#[allow(dead_code, reason = "the widget uses all of it")]
#[path = "../../crates/core/src/json.rs"]
mod json;
mod minify;
mod pack;
mod pins;
mod process;
mod properties;
mod setup;
mod simulate;
mod slim;
mod soak;
mod stamp;
mod test;
mod words;
mod workbench;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match dispatch(&words) {
        Ok(code) => code,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(words: &[&str]) -> Result<ExitCode, String> {
    match words {
        [] | ["help" | "--help" | "-h", ..] => println!("{}", help()),
        ["setup"] => setup::run(false)?,
        ["setup", "--tests"] => setup::run(true)?,
        ["demo"] => demo::run(&setup::for_building()?, None)?,
        ["demo", "--port", port] => {
            let port = port.parse().map_err(|_| format!("{port} is no port number."))?;
            demo::run(&setup::for_building()?, Some(port))?;
        }
        ["build"] => {
            let bench = setup::for_building()?;
            bundle::build(&bench)?;
            bundle::weigh(&bench)?;
        }
        ["test", rest @ ..] => {
            let (bench, browser) = setup::for_tests()?;
            let name = rest.first().copied();
            return test::run(&bench, &browser, name, rest.get(1..).unwrap_or_default());
        }
        ["bench"] => {
            let (bench, browser) = setup::for_tests()?;
            return bench::run(&bench, &browser);
        }
        ["gallery", rest @ ..] => {
            let (bench, browser) = setup::for_tests()?;
            return gallery::run(&bench, &browser, rest.first().copied());
        }
        ["simulate", rest @ ..] => return simulate::run(&setup::for_building()?, rest),
        ["soak", rest @ ..] => {
            let (bench, browser) = setup::for_tests()?;
            return soak::run(&bench, &browser, rest);
        }
        ["with", program, arguments @ ..] => return run_with_tools(program, arguments),
        ["csp", assets, server, media @ ..] => println!("{}", csp::policy(assets, server, media)?),
        ["stamp"] => stamp::run(&workbench::Workbench::find()?.project)?,
        _ => {
            return Err(format!("`cargo xtask {}` is not known. These are:\n{}", words.join(" "), help()));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The tools are in a cache of their own, out of a shell's sight.
fn run_with_tools(program: &str, arguments: &[&str]) -> Result<ExitCode, String> {
    let status = setup::for_building()?.command(program).args(arguments).status();
    let status = status.map_err(|error| format!("{program} can't be started: {error}."))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn help() -> String {
    format!(
        "\
cargo xtask setup [--tests]         installs what building needs (with --tests: and testing)
cargo xtask demo [--port N]         the sandbox and the page with the chat bubble, until Ctrl-C
cargo xtask build                   the release bundle in target/dist, and what it weighs
cargo xtask test [SUITE [FILTER]]   every suite, or one of: {}
cargo xtask gallery [SCREENS]       pictures of the panel in every state in target/gallery, and what is wrong with them
cargo xtask simulate [--seeds N] [--from S]
                                    the core in bad weather, by seed
cargo xtask soak [--minutes N]      the widget on bad networks, for as long as it takes and N minutes of any weather
cargo xtask bench                   how the core's work grows, what the sandbox takes, and how soon a visitor is connected
cargo xtask with PROGRAM …          a program with the project's tools, as in `with trunk serve`
cargo xtask csp ASSETS SERVER [MEDIA…]
                                    what a page's Content-Security-Policy must allow, for the bundle's address and the
                                    server's, and further origins that pictures and files come from
cargo xtask stamp                   called by trunk after each build
cargo xtask help                    this list",
        test::names()
    )
}
