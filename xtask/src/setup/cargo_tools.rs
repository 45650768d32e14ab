//! Installs tools from Rust packages: trunk, wasm-bindgen's command-line tool, cargo-deny.

use crate::env::Env;
use crate::steps::run_step;
use crate::versions;
use std::path::Path;

/// A Rust package with a program.
pub struct Tool {
    package: &'static str,
    version: String,
    /// A program of the package: if it exists, the package is installed.
    program: &'static str,
    feature_flags: &'static [&'static str],
}

/// The tools that build and serve the widget.
pub fn for_building(env: &Env) -> Result<Vec<Tool>, String> {
    let wasm_bindgen = Tool {
        package: "wasm-bindgen-cli",
        version: versions::wasm_bindgen(env)?,
        program: "wasm-bindgen-test-runner",
        feature_flags: &[],
    };
    let trunk = Tool {
        package: "trunk",
        version: versions::TRUNK.to_owned(),
        program: "trunk",
        // The default features include a check for newer versions on a server.
        feature_flags: &["--no-default-features", "--features", "rustls"],
    };
    Ok(vec![wasm_bindgen, trunk])
}

/// Further tools of the test suites.
pub fn for_tests() -> Vec<Tool> {
    let deny = Tool {
        package: "cargo-deny",
        version: versions::CARGO_DENY.to_owned(),
        program: "cargo-deny",
        feature_flags: &[],
    };
    vec![deny]
}

/// Installs the tools that are missing, and puts all of them on PATH.
pub fn ensure(env: &mut Env, tools: &[Tool]) -> Result<(), String> {
    let mut installed = false;
    for tool in tools {
        let root = env.cache.join(format!("{}-{}", tool.package, tool.version));
        let bin = root.join("bin");
        if !bin.join(format!("{}{}", tool.program, std::env::consts::EXE_SUFFIX)).exists() {
            install(env, tool, &root)?;
            installed = true;
        }
        env.path_prefix.push(bin);
    }
    if installed {
        // After a failure the folder stays, so that the next attempt continues with what is compiled.
        let _ = std::fs::remove_dir_all(env.cache.join("build"));
    }
    Ok(())
}

fn install(env: &Env, tool: &Tool, root: &Path) -> Result<(), String> {
    let name = format!("{}@{}", tool.package, tool.version);
    let log = env.log(tool.package);
    if env.which("cargo-binstall").is_some() {
        let mut binstall = env.command("cargo");
        binstall
            .args(["binstall", "--no-confirm", "--disable-telemetry", "--disable-strategies", "compile", "--root"])
            .arg(root)
            .arg(&name);
        match run_step(&format!("installing {name}, prebuilt"), &log, None, &mut binstall) {
            Ok(()) => return Ok(()),
            Err(_) => println!("setup: {name} is not available as a binary; it will be compiled."),
        }
    }
    let compile = |locked: &[&str]| {
        let mut cargo = env.command("cargo");
        cargo
            .args(["install", &name, "--root"])
            .arg(root)
            .args(tool.feature_flags)
            .args(locked)
            // Another folder than the project's, whose builds would wait for its lock.
            .env("CARGO_TARGET_DIR", env.cache.join("build"))
            .env_remove("RUSTFLAGS")
            // These tools run for milliseconds: compiling them takes the time, so it is done without optimisation.
            .envs([
                ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
                ("CARGO_PROFILE_RELEASE_LTO", "off"),
                ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
                ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
                ("CARGO_PROFILE_RELEASE_STRIP", "true"),
            ]);
        run_step(&format!("compiling {name} (a few minutes)"), &log, None, &mut cargo)
    };
    // A registry mirror may not have a version that the tool's lock file names.
    compile(&["--locked"])
        .or_else(|_| {
            println!("setup: {name} can't be compiled with the versions in its lock file; trying newer ones.");
            compile(&[])
        })
        .map_err(|error| format!("{error}\nType `cargo install {name} --root {}` to see the failure.", root.display()))
}
