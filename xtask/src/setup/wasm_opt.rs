//! wasm-opt, from the npm package `binaryen`; without npm, trunk downloads it by itself.

use super::debian;
use crate::pins;
use crate::process::step;
use crate::workbench::Workbench;
use std::path::Path;

/// Installs wasm-opt when it is missing and puts it on the bench.
pub fn ensure(bench: &mut Workbench) -> Result<(), String> {
    let root = bench.cache.join(format!("binaryen-{}", pins::BINARYEN));
    let bin = root.join("node_modules/.bin");
    if !bin.join("wasm-opt").exists() {
        if bench.which("npm").is_none() {
            // Where the toolchain is Debian's, trunk's own download is out of reach as well.
            match debian::found() {
                Some(debian) if bench.toolchain.is_some() => debian.install(bench, "npm", &["npm"])?,
                Some(_) | None => return Ok(()),
            }
        }
        install(bench, &root)?;
    }
    bench.bins.push(bin);
    Ok(())
}

fn install(bench: &Workbench, root: &Path) -> Result<(), String> {
    let package = format!("binaryen@{}", pins::BINARYEN);
    // npm takes the nearest package.json above for the project; this one ends its search.
    std::fs::create_dir_all(root)
        .and_then(|()| std::fs::write(root.join("package.json"), "{ \"private\": true }\n"))
        .map_err(|error| format!("{} can't be written: {error}.", root.display()))?;
    let mut npm = bench.command("npm");
    npm.current_dir(root).args([
        "install",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--loglevel=error",
        &package,
    ]);
    step(&format!("installing wasm-opt ({package})"), &bench.cache.join("logs/npm.log"), None, &mut npm)
        .map_err(|words| format!("{words}\nType `npm install {package}` in {} to see it alone.", root.display()))
}
