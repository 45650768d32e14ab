//! A Rust toolchain that compiles for wasm32: the user's own with its target added, or, where the
//! Rust release servers can't be reached, Debian's with its standard library compiled here.

use super::debian::{self, Debian};
use crate::process::{answer, step};
use crate::workbench::Workbench;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const TARGET: &str = "wasm32-unknown-unknown";
/// The name under which rustup knows Debian's toolchain.
const LINKED: &str = "natter-wasm";
/// The target's 20 MB take seconds; a network that swallows requests must not hold us for long.
const ADD_SECONDS_MAX: Duration = Duration::from_secs(90);
const DEBIAN_PACKAGES: [&str; 6] =
    ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "rust-web-clippy", "rustfmt-web"];
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
/// Beside a compiled standard library: the compiler it was compiled by, as no other can read it.
const COMPILED_BY: &str = "compiled-by";

/// Finds or makes a toolchain with the wasm32 target and puts it on the bench.
pub fn ensure(bench: &mut Workbench) -> Result<(), String> {
    if compiles_wasm(&mut bench.command("rustc")) {
        return Ok(());
    }
    let rustup = bench.which("rustup");
    if debian_compiles_wasm() && (rustup.is_none() || is_linked(bench)) {
        bench.toolchain = rustup.map(|_| LINKED);
        return Ok(());
    }
    let refused = match &rustup {
        Some(_) => match add_target(bench) {
            Ok(()) => return Ok(()),
            Err(words) => words,
        },
        None => "rustup, which installs it, is not on PATH".to_owned(),
    };
    let by_hand = format!("The {TARGET} target is missing; type `rustup target add {TARGET}`.");
    let Some(debian) = debian::found() else {
        return Err(format!("{refused}\n{by_hand}"));
    };
    println!("setup: the release servers don't give the {TARGET} target; Debian's compiler will do.");
    compile_standard_library(bench, &debian).map_err(|words| format!("{words}\n{by_hand}"))?;
    if rustup.is_some() {
        let mut link = bench.command("rustup");
        step(
            "linking Debian's toolchain",
            &log(bench, "link"),
            None,
            link.args(["toolchain", "link", LINKED, "/usr"]),
        )?;
        bench.toolchain = Some(LINKED);
    }
    Ok(())
}

fn add_target(bench: &Workbench) -> Result<(), String> {
    let label = format!("adding the {TARGET} target");
    step(&label, &log(bench, "target"), Some(ADD_SECONDS_MAX), rustup(bench).args(["target", "add", TARGET]))?;
    if !compiles_wasm(&mut bench.command("rustc")) {
        return Err(format!("rustup said it added {TARGET}, yet the compiler in use doesn't have it."));
    }
    // The release bundle is smaller with them, but can do without.
    let mut sources = rustup(bench);
    sources.args(["component", "add", "rust-src"]);
    if step("adding Rust's library sources", &log(bench, "sources"), Some(ADD_SECONDS_MAX), &mut sources).is_err() {
        println!("setup: they can't be had; type `rustup component add rust-src` for a smaller release bundle.");
    }
    Ok(())
}

fn rustup(bench: &Workbench) -> Command {
    let mut rustup = bench.command("rustup");
    // Without these, an unreachable server is asked again and again for minutes.
    rustup.env("RUSTUP_MAX_RETRIES", "1").env("RUSTUP_DOWNLOAD_TIMEOUT", "30");
    rustup
}

/// Debian packages no library for this target but does package the sources.
fn compile_standard_library(bench: &Workbench, debian: &Debian) -> Result<(), String> {
    let missing: Vec<&str> = DEBIAN_PACKAGES.into_iter().filter(|name| !debian.has(name)).collect();
    debian.install(bench, "Debian's Rust", &missing)?;
    // The linker is a link into a package that only a recommendation names.
    if let Ok(linker) = Path::new("/usr/bin/rust-lld").read_link()
        && !Path::new("/usr/bin").join(&linker).exists()
        && let Some(package) = linker.file_name().and_then(|name| name.to_str())
    {
        debian.install(bench, "the linker", &[package])?;
    }
    let crate_folder = bench.cache.join("std");
    let _ = std::fs::remove_dir_all(&crate_folder);
    write(&crate_folder.join("src/lib.rs"), "#![no_std]\n")?;
    write(&crate_folder.join("Cargo.toml"), "[package]\nname = \"nothing\"\nedition = \"2024\"\n[workspace]\n")?;
    let mut cargo = bench.command("/usr/bin/cargo");
    cargo
        .current_dir(&crate_folder)
        .args(["build", "--release", "--target", TARGET, "-Z", "build-std=std,panic_abort,test"])
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("RUSTC", DEBIAN_RUSTC)
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_TARGET_DIR", crate_folder.join("target"))
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "1")
        // A bundle with fat LTO needs the library's bitcode.
        .env("RUSTFLAGS", "-Cembed-bitcode=yes")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("CARGO_ENCODED_RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET");
    step("compiling the standard library for wasm32 (about a minute)", &log(bench, "std"), None, &mut cargo)?;
    let built = crate_folder.join(format!("target/{TARGET}/release/deps"));
    let lib = debian_lib();
    debian.command("mkdir").arg("-p").arg(&lib).status().map_err(|error| error.to_string())?;
    let rlibs: Vec<PathBuf> = std::fs::read_dir(&built)
        .map_err(|error| format!("{} can't be read: {error}.", built.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|kind| kind == "rlib"))
        .filter(|path| !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("libnothing")))
        .collect();
    // Another compiler's libraries beside them would be taken for candidates.
    for old in std::fs::read_dir(&lib).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())) {
        debian.run("rm", &["-f".as_ref(), old.as_os_str()])?;
    }
    let mut copy: Vec<_> = rlibs.iter().map(|path| path.as_os_str()).collect();
    copy.push(lib.as_os_str());
    debian.run("cp", &copy)?;
    let mark = crate_folder.join(COMPILED_BY);
    write(&mark, &debian_compiler().unwrap_or_default())?;
    debian.run("cp", &[mark.as_os_str(), lib.as_os_str()])?;
    let _ = std::fs::remove_dir_all(&crate_folder);
    Ok(())
}

fn compiles_wasm(rustc: &mut Command) -> bool {
    let Some(folder) = answer(rustc.args(["--print", "target-libdir", "--target", TARGET])) else {
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
    let mark = std::fs::read_to_string(debian_lib().join(COMPILED_BY)).ok();
    mark.is_some() && mark == debian_compiler()
}

fn debian_compiler() -> Option<String> {
    answer(Command::new(DEBIAN_RUSTC).arg("-vV"))
}

fn debian_lib() -> PathBuf {
    Path::new("/usr/lib/rustlib").join(TARGET).join("lib")
}

fn is_linked(bench: &Workbench) -> bool {
    answer(bench.command("rustup").args(["toolchain", "list"]))
        .is_some_and(|list| list.lines().any(|line| line.split_whitespace().next() == Some(LINKED)))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    path.parent()
        .map_or(Ok(()), std::fs::create_dir_all)
        .and_then(|()| std::fs::write(path, text))
        .map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

fn log(bench: &Workbench, name: &str) -> PathBuf {
    bench.cache.join("logs").join(format!("{name}.log"))
}
