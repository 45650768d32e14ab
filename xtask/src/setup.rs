//! Installs the tools that are missing, on two kinds of machine: one that reaches the release servers of Rust and its
//! tools, and a Debian machine that reaches only package registries. It asks nothing, and takes well under a second when
//! everything is installed.

mod browser;
mod cargo_tools;
mod debian;
mod npm;
mod npm_packages;
mod toolchain;

pub use browser::Browser;
pub use npm::Missing;

use crate::env::Env;
use crate::files::create_dir;
use crate::setup::npm::Package;
use std::fs::File;
use std::path::{Path, PathBuf};

/// What a command does when this machine lacks something that it can do without.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum MissingTools {
    /// It fails: a test that was left out must not look like one that passed.
    Fail,
    /// It goes on, and says what is left out.
    LeaveOut,
}

impl MissingTools {
    /// Says what is missing and what that means.
    pub fn report(self, sentence: &str) -> Result<(), String> {
        match self {
            Self::Fail => Err(format!("{sentence} `--allow-missing` leaves out what this machine lacks.")),
            Self::LeaveOut => {
                println!("{sentence}");
                Ok(())
            }
        }
    }
}

/// `cargo xtask setup`: also installs what a build or a suite can do without, and prints what can't be had.
pub fn run(with_tests: bool) -> Result<(), String> {
    let env = if with_tests { test_env()?.0 } else { build_env()? };
    let mut optional = vec![install_esbuild(&env)];
    if with_tests {
        install_promise_replacements(&env)?;
        install_page_libraries(&env)?;
        optional.extend([install_axe(&env), install_turbo(&env), install_typescript(&env)]);
    }
    let mut missing = Vec::new();
    for package in optional {
        match package {
            Ok(_) => {}
            Err(Missing::Unavailable(sentence)) => missing.push(sentence),
            Err(Missing::Failed(sentence)) => return Err(sentence),
        }
    }
    if missing.is_empty() {
        println!("setup: everything is installed.");
    } else {
        println!("setup: everything that is needed is installed. {}", missing.join(" "));
    }
    Ok(())
}

/// An environment with the toolchain and the tools that build and serve the widget.
pub fn build_env() -> Result<Env, String> {
    let mut env = Env::detect()?;
    let _lock = lock(&env)?;
    toolchain::ensure(&mut env)?;
    let tools = cargo_tools::for_building(&env)?;
    cargo_tools::ensure(&mut env, &tools)?;
    ensure_wasm_opt(&mut env)?;
    Ok(env)
}

/// The same with the tools of the test suites, and a browser.
pub fn test_env() -> Result<(Env, Browser), String> {
    let mut env = build_env()?;
    let _lock = lock(&env)?;
    cargo_tools::ensure(&mut env, &cargo_tools::for_tests())?;
    let browser = browser::ensure(&env)?;
    Ok((env, browser))
}

/// wasm-opt comes from the npm package `binaryen`. Where there is no npm, trunk downloads wasm-opt by itself.
fn ensure_wasm_opt(env: &mut Env) -> Result<(), String> {
    let binaryen = npm_packages::BINARYEN;
    if !binaryen.is_installed(env) {
        if env.which("npm").is_none() {
            // A machine that uses Debian's toolchain does not reach the server that trunk downloads from.
            match debian::detect() {
                Some(debian) if env.toolchain.is_some() => debian.install(env, "npm", &["npm"])?,
                Some(_) | None => return Ok(()),
            }
        }
        binaryen.install(env, None)?;
    }
    env.path_prefix.extend(binaryen.path(env).parent().map(Path::to_owned));
    Ok(())
}

/// The program that minifies a release bundle.
pub fn install_esbuild(env: &Env) -> Result<PathBuf, Missing> {
    install(env, &npm_packages::ESBUILD)
}

/// axe-core's script, which checks the gallery's accessibility.
pub fn install_axe(env: &Env) -> Result<PathBuf, Missing> {
    install(env, &npm_packages::AXE_CORE)
}

/// TypeScript's compiler, which checks the types of the API.
pub fn install_typescript(env: &Env) -> Result<PathBuf, Missing> {
    install(env, &npm_packages::TYPESCRIPT)
}

/// The script of Turbo, with which the end-to-end tests navigate.
pub fn install_turbo(env: &Env) -> Result<PathBuf, Missing> {
    install(env, &npm_packages::TURBO)
}

/// The classic scripts of libraries that replace the global `Promise`.
pub struct PromiseReplacements {
    /// zone.js.
    pub zone_js: PathBuf,
    /// Bluebird.
    pub bluebird: PathBuf,
}

/// Installs the libraries that replace the global `Promise`.
pub fn install_promise_replacements(env: &Env) -> Result<PromiseReplacements, Missing> {
    let (zone_js, bluebird) = (install(env, &npm_packages::ZONE_JS)?, install(env, &npm_packages::BLUEBIRD)?);
    Ok(PromiseReplacements { zone_js, bluebird })
}

/// Installs the other libraries of the tests' web pages: for each, the environment variable in which the tests expect it,
/// and its node_modules folder.
pub fn install_page_libraries(env: &Env) -> Result<Vec<(String, PathBuf)>, Missing> {
    npm_packages::PAGE_LIBRARIES
        .iter()
        .map(|(name, package)| {
            install(env, package)?;
            Ok((format!("NATTER_LIBRARY_{name}"), package.node_modules(env)))
        })
        .collect()
}

/// Installs an npm package when it is missing; its file, or why it can't be installed.
fn install(env: &Env, package: &Package) -> Result<PathBuf, Missing> {
    let _lock = lock(env).map_err(Missing::Failed)?;
    package.ensure(env)
}

/// Two commands that run at once must not install into the same folders.
fn lock(env: &Env) -> Result<File, String> {
    create_dir(&env.cache)?;
    let path = env.cache.join("lock");
    let unusable = |error| format!("{} can't be locked: {error}.", path.display());
    let file = File::create(&path).map_err(unusable)?;
    if file.try_lock().is_err() {
        println!("setup: waiting for another setup to end …");
        file.lock().map_err(unusable)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_tools_fail_unless_they_may_be_left_out() {
        let refused = MissingTools::Fail.report("There is no esbuild.").unwrap_err();
        assert_eq!(refused, "There is no esbuild. `--allow-missing` leaves out what this machine lacks.");
        assert_eq!(MissingTools::LeaveOut.report("There is no esbuild."), Ok(()));
    }
}
