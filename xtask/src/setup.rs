//! Installing what is missing, on two kinds of machine: one that reaches the release servers of
//! Rust and its tools, and a Debian machine that reaches only package registries. Nothing is asked
//! and nothing is done twice; what is there is found in well under a second.

mod axe;
mod browser;
mod cargo_tools;
mod debian;
mod esbuild;
mod host_libraries;
mod npm;
mod promise_replacements;
mod toolchain;
mod turbo;
mod typescript;
mod wasm_opt;

pub use browser::Browser;
pub use npm::Missing;
pub use promise_replacements::PromiseReplacements;

use crate::workbench::Workbench;
use std::fs::File;
use std::path::PathBuf;

/// The setup as a command of its own.
pub fn run(with_tests: bool) -> Result<(), String> {
    let bench = if with_tests { for_tests()?.0 } else { for_building()? };
    let mut more = vec![for_a_small_bundle(&bench)];
    if with_tests {
        for_promise_replacements(&bench)?;
        for_host_pages(&bench)?;
        more.extend([for_the_gallery(&bench), for_a_turbo_site(&bench), for_types(&bench)]);
    }
    let mut missing = Vec::new();
    for one in more {
        match one {
            Ok(_) => {}
            Err(Missing::Unavailable(sentence)) => missing.push(sentence),
            Err(Missing::Failed(sentence)) => return Err(sentence),
        }
    }
    if missing.is_empty() {
        println!("setup: all is there.");
    } else {
        println!("setup: all that is needed is there. {}", missing.join(" "));
    }
    Ok(())
}

/// A bench with all that building and serving the widget needs.
pub fn for_building() -> Result<Workbench, String> {
    let mut bench = Workbench::find()?;
    let _lock = lock(&bench)?;
    toolchain::ensure(&mut bench)?;
    let tools = cargo_tools::for_building(&bench)?;
    cargo_tools::ensure(&mut bench, &tools)?;
    wasm_opt::ensure(&mut bench)?;
    Ok(bench)
}

/// The program that minifies a release bundle, or why it is not there.
pub fn for_a_small_bundle(bench: &Workbench) -> Result<PathBuf, Missing> {
    let _lock = lock(bench).map_err(Missing::Failed)?;
    esbuild::ensure(bench)
}

/// A bench for building, with all that the suites of tests need.
pub fn for_tests() -> Result<(Workbench, Browser), String> {
    let mut bench = for_building()?;
    let _lock = lock(&bench)?;
    cargo_tools::ensure(&mut bench, &cargo_tools::for_tests())?;
    let browser = browser::ensure(&bench)?;
    Ok((bench, browser))
}

/// The script that looks over the gallery, or why it is not there.
pub fn for_the_gallery(bench: &Workbench) -> Result<PathBuf, Missing> {
    let _lock = lock(bench).map_err(Missing::Failed)?;
    axe::ensure(bench)
}

/// The script of a site that changes its pages without loading them, or why it is not there.
pub fn for_a_turbo_site(bench: &Workbench) -> Result<PathBuf, Missing> {
    let _lock = lock(bench).map_err(Missing::Failed)?;
    turbo::ensure(bench)
}

/// The scripts of libraries that replace a page's `Promise`, or why one is not there.
pub fn for_promise_replacements(bench: &Workbench) -> Result<PromiseReplacements, Missing> {
    let _lock = lock(bench).map_err(Missing::Failed)?;
    promise_replacements::ensure(bench)
}

/// The libraries of the websites that the chat is tried on, or why one is not there: for each, the variable by which the
/// tests know it, and its folder.
pub fn for_host_pages(bench: &Workbench) -> Result<Vec<(String, PathBuf)>, Missing> {
    let _lock = lock(bench).map_err(Missing::Failed)?;
    host_libraries::ensure(bench)
}

/// TypeScript's compiler, or why it is not there.
pub fn for_types(bench: &Workbench) -> Result<PathBuf, Missing> {
    let _lock = lock(bench).map_err(Missing::Failed)?;
    typescript::ensure(bench)
}

/// Two commands started at once would install into the same folders.
fn lock(bench: &Workbench) -> Result<File, String> {
    let path = bench.cache.join("lock");
    let unusable = |error| format!("{} can't be locked: {error}.", path.display());
    std::fs::create_dir_all(&bench.cache).map_err(unusable)?;
    let file = File::create(&path).map_err(unusable)?;
    if file.try_lock().is_err() {
        println!("setup: waiting for another setup to end …");
        file.lock().map_err(unusable)?;
    }
    Ok(file)
}
