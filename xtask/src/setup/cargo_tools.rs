//! Tools that come as Rust packages: trunk, wasm-bindgen's command-line tool, cargo-deny.

use crate::pins;
use crate::process::step;
use crate::workbench::Workbench;
use std::path::Path;

/// A Rust package that brings a program.
pub struct Tool {
    package: &'static str,
    version: String,
    /// A program that is there when the tool is.
    program: &'static str,
    features: &'static [&'static str],
}

/// What building and serving the widget needs.
pub fn for_building(bench: &Workbench) -> Result<Vec<Tool>, String> {
    let wasm_bindgen = Tool {
        package: "wasm-bindgen-cli",
        version: pins::wasm_bindgen(&bench.project)?,
        program: "wasm-bindgen-test-runner",
        features: &[],
    };
    let trunk = Tool {
        package: "trunk",
        version: pins::TRUNK.to_owned(),
        program: "trunk",
        // Without the default feature that asks a server for newer versions.
        features: &["--no-default-features", "--features", "rustls"],
    };
    Ok(vec![wasm_bindgen, trunk])
}

/// What the suites of tests need beside that.
pub fn for_tests() -> Vec<Tool> {
    let deny =
        Tool { package: "cargo-deny", version: pins::CARGO_DENY.to_owned(), program: "cargo-deny", features: &[] };
    vec![deny]
}

/// Installs those of the tools that are missing and puts all on the bench.
pub fn ensure(bench: &mut Workbench, tools: &[Tool]) -> Result<(), String> {
    let mut installed = false;
    for tool in tools {
        let root = bench.cache.join(format!("{}-{}", tool.package, tool.version));
        let bin = root.join("bin");
        if !bin.join(format!("{}{}", tool.program, std::env::consts::EXE_SUFFIX)).exists() {
            install(bench, tool, &root)?;
            installed = true;
        }
        bench.bins.push(bin);
    }
    if installed {
        // Kept while a tool fails, so that the next try goes on from there.
        let _ = std::fs::remove_dir_all(bench.cache.join("build"));
    }
    Ok(())
}

fn install(bench: &Workbench, tool: &Tool, root: &Path) -> Result<(), String> {
    let name = format!("{}@{}", tool.package, tool.version);
    let log = bench.cache.join("logs").join(format!("{}.log", tool.package));
    if bench.which("cargo-binstall").is_some() {
        let mut binstall = bench.command("cargo");
        binstall
            .args(["binstall", "--no-confirm", "--disable-telemetry", "--disable-strategies", "compile", "--root"])
            .arg(root)
            .arg(&name);
        match step(&format!("installing {name}, prebuilt"), &log, None, &mut binstall) {
            Ok(()) => return Ok(()),
            Err(_) => println!("setup: {name} can't be had prebuilt; it will be compiled."),
        }
    }
    let compile = |locked: &[&str]| {
        let mut cargo = bench.command("cargo");
        cargo
            .args(["install", &name, "--root"])
            .arg(root)
            .args(tool.features)
            .args(locked)
            // Away from the project's own builds, which would wait for the lock.
            .env("CARGO_TARGET_DIR", bench.cache.join("build"))
            .env_remove("RUSTFLAGS")
            // They work for milliseconds; compiling them is what takes time.
            .envs([
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
                ("CARGO_PROFILE_RELEASE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
                ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
                ("CARGO_PROFILE_RELEASE_STRIP", "true"),
            ]);
        step(&format!("compiling {name} (a few minutes)"), &log, None, &mut cargo)
    };
    // A registry mirror may lack a version that the tool's own lock file names.
    compile(&["--locked"])
        .or_else(|_| {
            println!("setup: {name} can't be compiled with the versions it was tested with; trying newer ones.");
            compile(&[])
        })
        .map_err(|words| format!("{words}\nType `cargo install {name} --root {}` to see it alone.", root.display()))
}
