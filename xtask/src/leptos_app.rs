//! The example application that contains the chat (`examples/leptos-app`), for the end-to-end tests.

use crate::env::Env;
use crate::subprocess;
use std::path::PathBuf;

/// Its manifest: it is a workspace of its own.
pub const MANIFEST: &str = "examples/leptos-app/Cargo.toml";

/// Builds the application; the folder with it. The bundle, which it copies, must be built.
pub fn build(env: &Env) -> Result<PathBuf, String> {
    let folder = env.project.join("target/leptos-app");
    let mut trunk = env.command("trunk");
    trunk.args(["build", "--locked", "--skip-version-check", "--config", "examples/leptos-app/Trunk.toml", "--dist"]);
    // By default it would be a folder of the example's own.
    trunk.arg(&folder).env("CARGO_TARGET_DIR", env.target_dir());
    let status = subprocess::run(&mut trunk)?;
    if status.success() { Ok(folder) } else { Err(format!("trunk did not build the example application ({status}).")) }
}
