//! wasm-opt, from the npm package `binaryen`; without npm, trunk downloads it by itself.

use super::debian;
use super::npm::Package;
use crate::pins;
use crate::workbench::Workbench;
use std::path::Path;

pub(super) const BINARYEN: Package = Package { name: "binaryen", version: pins::BINARYEN, file: ".bin/wasm-opt" };

/// Installs wasm-opt when it is missing and puts it on the bench.
pub fn ensure(bench: &mut Workbench) -> Result<(), String> {
    if !BINARYEN.is_there(bench) {
        if bench.which("npm").is_none() {
            // Where the toolchain is Debian's, trunk's own download is out of reach as well.
            match debian::found() {
                Some(debian) if bench.toolchain.is_some() => debian.install(bench, "npm", &["npm"])?,
                Some(_) | None => return Ok(()),
            }
        }
        BINARYEN.install(bench, None)?;
    }
    bench.bins.extend(BINARYEN.path(bench).parent().map(Path::to_owned));
    Ok(())
}
