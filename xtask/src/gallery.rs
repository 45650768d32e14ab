//! `cargo xtask gallery`: screenshots of every part of the panel in every state, with an accessibility check.

use crate::env::Env;
use crate::setup::{self, Browser};
use crate::{exit_code, subprocess, test};
use std::process::ExitCode;

/// Builds the widget with the gallery in a folder of its own, and takes the screenshots: all, or those whose names
/// contain `screens`.
pub fn run(env: &Env, browser: &Browser, screens: Option<&str>) -> Result<ExitCode, String> {
    let axe = setup::install_axe(env)?;
    let folder = env.project.join("target/gallery-site");
    let mut trunk = env.command("trunk");
    trunk.args(["build", "--skip-version-check", "--features", "gallery", "--dist"]).arg(&folder);
    let status = subprocess::run(&mut trunk)?;
    if !status.success() {
        return Err(format!("trunk did not build the gallery ({status})."));
    }
    let mut cargo = test::end_to_end_command(env, browser, "end-to-end,gallery")?;
    cargo.args(["gallery::", "--nocapture"]).env("NATTER_SITE", folder).env("NATTER_AXE", axe);
    if let Some(screens) = screens {
        cargo.env("NATTER_SCREENS", screens);
    }
    let status = subprocess::run(&mut cargo)?;
    println!("The screenshots are in target/gallery; sheet-….png show many of them side by side.");
    Ok(exit_code(status))
}
