//! Finds or installs a Rust toolchain that compiles for wasm32: the user's default with the target added, or, where the
//! Rust release servers can't be reached, Debian's with a standard library compiled here.

use super::debian::{self, Debian};
use crate::env::Env;
use crate::files;
use crate::steps::{run_step, stdout_of};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TARGET: &str = "wasm32-unknown-unknown";
/// Debian's toolchain in `rustup toolchain list`.
const LINKED_TOOLCHAIN: &str = "natter-wasm";
/// The target's 20 MB take seconds; a network that drops packets must not block the set-up.
const DOWNLOAD_TIME_MAX: Duration = Duration::from_secs(90);
const DEBIAN_PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy", "rustfmt-web"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// A file beside the compiled standard library, with the version of its compiler: no other can read it.
const COMPILED_BY: &str = "compiled-by";

/// Sets the environment's toolchain to one with the wasm32 target, and installs what is missing for that.
pub fn ensure(env: &mut Env) -> Result<(), String> {
    if compiles_wasm(&mut env.command("rustc")) {
        return Ok(());
    }
    let rustup = env.which("rustup");
    if debian_compiles_wasm() && (rustup.is_none() || is_linked(env)) {
        env.toolchain = rustup.map(|_| LINKED_TOOLCHAIN);
        return Ok(());
    }
    let failure = match &rustup {
        Some(_) => match add_target(env) {
            Ok(()) => return Ok(()),
            Err(failure) => failure,
        },
        None => "rustup, which installs it, is not on PATH".to_owned(),
    };
    let by_hand = format!("The {TARGET} target is missing; type `rustup target add {TARGET}`.");
    let Some(debian) = debian::detect() else {
        return Err(format!("{failure}\n{by_hand}"));
    };
    println!("setup: the release servers don't provide the {TARGET} target; Debian's compiler is used.");
    compile_standard_library(env, &debian).map_err(|failure| format!("{failure}\n{by_hand}"))?;
    if rustup.is_some() {
        let mut link = env.command("rustup");
        run_step(
            "linking Debian's toolchain",
            &env.log("link"),
            None,
            link.args(["toolchain", "link", LINKED_TOOLCHAIN, "/usr"]),
        )?;
        env.toolchain = Some(LINKED_TOOLCHAIN);
    }
    Ok(())
}

fn add_target(env: &Env) -> Result<(), String> {
    let label = format!("adding the {TARGET} target");
    run_step(&label, &env.log("target"), Some(DOWNLOAD_TIME_MAX), rustup(env).args(["target", "add", TARGET]))?;
    if !compiles_wasm(&mut env.command("rustc")) {
        return Err(format!("rustup has added {TARGET}, but the compiler in use does not have it."));
    }
    // They make the release bundle smaller, and are not required.
    let mut sources = rustup(env);
    sources.args(["component", "add", "rust-src"]);
    if run_step("adding Rust's library sources", &env.log("sources"), Some(DOWNLOAD_TIME_MAX), &mut sources).is_err() {
        println!("setup: they can't be downloaded; type `rustup component add rust-src` for a smaller release bundle.");
    }
    Ok(())
}

fn rustup(env: &Env) -> Command {
    let mut rustup = env.command("rustup");
    // By default rustup retries for minutes.
    rustup.env("RUSTUP_MAX_RETRIES", "1").env("RUSTUP_DOWNLOAD_TIMEOUT", "30");
    rustup
}

/// Debian has no package of the standard library for this target, but one of its sources.
fn compile_standard_library(env: &Env, debian: &Debian) -> Result<(), String> {
    let missing: Vec<&str> = DEBIAN_PACKAGES.into_iter().filter(|name| !debian.is_installed(name)).collect();
    debian.install(env, "Debian's Rust", &missing)?;
    // rust-lld is a symbolic link to a file of a package that is only recommended.
    if let Ok(linker) = Path::new("/usr/bin/rust-lld").read_link()
        && !Path::new("/usr/bin").join(&linker).exists()
        && let Some(package) = linker.file_name().and_then(|name| name.to_str())
    {
        debian.install(env, "the linker", &[package])?;
    }
    let crate_folder = env.cache.join("std");
    let _ = std::fs::remove_dir_all(&crate_folder);
    write(&crate_folder.join("src/lib.rs"), "#![no_std]\n")?;
    write(&crate_folder.join("Cargo.toml"), "[package]\nname = \"nothing\"\nedition = \"2024\"\n[workspace]\n")?;
    let mut cargo = env.command("/usr/bin/cargo");
    cargo
        .current_dir(&crate_folder)
        .args(["build", "--release", "--target", TARGET, "-Z", "build-std=std,panic_abort,test"])
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", crate_folder.join("target"))
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        // Fat LTO needs the library's bitcode.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    run_step("compiling the standard library for wasm32 (about a minute)", &env.log("std"), None, &mut cargo)?;
    install_standard_library(debian, &crate_folder)?;
    let _ = std::fs::remove_dir_all(&crate_folder);
    Ok(())
}

/// Copies the libraries that were compiled as dependencies of an empty crate to where the compiler looks for them.
fn install_standard_library(debian: &Debian, crate_folder: &Path) -> Result<(), String> {
    let built = crate_folder.join(format!("target/{TARGET}/release/deps"));
    let lib = debian_lib();
    debian.command("mkdir").arg("-p").arg(&lib).status().map_err(|error| error.to_string())?;
    let rlibs: Vec<PathBuf> = std::fs::read_dir(&built)
        .map_err(|error| format!("{} can't be read: {error}.", built.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "rlib"))
        .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libnothing")))
        .collect();
    // The compiler would choose between them and libraries of an older compiler.
    for old in std::fs::read_dir(&lib).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        debian.run("rm", &["-f".as_ref(), old.as_os_str()])?;
    }
    let mut copy: Vec<_> = rlibs.iter().map(|path| path.as_os_str()).collect();
    copy.push(lib.as_os_str());
    debian.run("cp", &copy)?;
    let version = crate_folder.join(COMPILED_BY);
    write(&version, &debian_compiler().unwrap_or_default())?;
    debian.run("cp", &[version.as_os_str(), lib.as_os_str()])
}

fn compiles_wasm(rustc: &mut Command) -> bool {
    let Some(folder) = stdout_of(rustc.args(["--print", "target-libdir", "--target", TARGET])) else {
        return false;
    };
    let folder = PathBuf::from(folder);
    if folder == debian_lib() {
        return debian_compiles_wasm();
    }
    std::fs::read_dir(folder).is_ok_and(|mut entries| {
        entries.any(|entry| entry.is_ok_and(|entry| entry.file_name().to_string_lossy().starts_with("libstd-")))
    })
}

fn debian_compiles_wasm() -> bool {
    let version = std::fs::read_to_string(debian_lib().join(COMPILED_BY)).ok();
    version.is_some() && version == debian_compiler()
}

fn debian_compiler() -> Option<String> {
    stdout_of(Command::new(DEBIAN_RUSTC).arg("-vV"))
}

fn debian_lib() -> PathBuf {
    Path::new("/usr/lib/rustlib").join(TARGET).join("lib")
}

fn is_linked(env: &Env) -> bool {
    stdout_of(env.command("rustup").args(["toolchain", "list"]))
        .is_some_and(|list| list.lines().any(|line| line.split_whitespace().next() == Some(LINKED_TOOLCHAIN)))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    path.parent().map_or(Ok(()), files::create_dir)?;
    files::write(path, text)
}
