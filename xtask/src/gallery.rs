//! The gallery: every part of the panel in every state, pictured: `cargo xtask gallery`.

use crate::setup::{self, Browser};
use crate::test;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::process::ExitCode;

/// What the gallery's page holds, and a release must not (`natter::gallery::MARK`).
pub const MARK: &str = "natter-gallery";

/// Builds the widget with its gallery, into a folder of its own, and takes the pictures.
pub fn run(bench: &Workbench, browser: &Browser, screens: Option<&str>) -> Result<ExitCode, String> {
    let axe = setup::for_the_gallery(bench)?;
    let folder = folder(bench);
    let mut trunk = bench.command("trunk");
    let trunk = trunk.args(["build", "--skip-version-check", "--features", "gallery", "--dist"]).arg(&folder);
    let status = trunk.status().map_err(|error| format!("trunk can't be started: {error}."))?;
    if !status.success() {
        return Err(format!("trunk did not build the gallery ({status})."));
    }
    let mut cargo = test::end_to_end_command(bench, browser, "end-to-end,gallery")?;
    cargo.args(["gallery::", "--nocapture"]).env("NATTER_SITE", folder).env("NATTER_AXE", axe);
    if let Some(screens) = screens {
        cargo.env("NATTER_SCREENS", screens);
    }
    let status = cargo.status().map_err(|error| format!("cargo can't be started: {error}."))?;
    println!("The pictures are in target/gallery; sheet-….png show many of them side by side.");
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Where the widget with its gallery is built: never where the one for visitors is.
fn folder(bench: &Workbench) -> PathBuf {
    bench.project.join("target/gallery-site")
}
