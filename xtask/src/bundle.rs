//! The widget as visitors download it, and what it weighs.

use crate::pack::{self, files_below};
use crate::setup::Missing;
use crate::workbench::Workbench;
use crate::{gallery, minify, properties, setup, slim};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a visitor may have to download for an open chat, and before anybody wants one: promises of the project's.
const OPEN_CHAT_BYTES_MAX: usize = 190_000;
const LOADER_BYTES_MAX: usize = 5_120;
const LOADER: &str = "embed.js";
/// What bundlers begin with; no page loads it.
const NPM_ENTRY: &str = "index.js";

/// Builds the release bundle.
pub fn build(bench: &Workbench) -> Result<(), String> {
    // What trunk finds there it leaves there.
    if folder(bench).exists() {
        std::fs::remove_dir_all(folder(bench)).map_err(|error| format!("The old bundle can't be removed: {error}."))?;
    }
    let mut trunk = bench.command("trunk");
    trunk.args(["build", "--release", "--skip-version-check", "--dist"]).arg(folder(bench));
    if has_library_sources(bench) {
        with_a_small_library(&mut trunk);
    } else {
        println!(
            "Rust's library sources are not there (`rustup component add rust-src`): the bundle gets the ready-made \
             library and is some 12 kB larger."
        );
    }
    match trunk.status() {
        Ok(status) if status.success() => {
            without_gallery(&folder(bench))?;
            slim::run(bench, &folder(bench))?;
            minified(bench)?;
            pack::run(&folder(bench))?;
            as_npm_package(bench)
        }
        Ok(status) => Err(format!("trunk did not build the widget ({status}).")),
        Err(error) => Err(format!("trunk can't be started: {error}.")),
    }
}

fn minified(bench: &Workbench) -> Result<(), String> {
    match setup::for_a_small_bundle(bench) {
        Ok(esbuild) => {
            let (folder, glue) = (folder(bench), folder(bench).join("natter.js"));
            let mut modules = files_below(&folder)?;
            modules.retain(|path| path.extension().is_some_and(|kind| kind == "js") && *path != glue);
            minify::run(bench, &esbuild, &folder, &modules)?;
            properties::run(&modules)?;
            // It is in panel.js now.
            std::fs::remove_file(&glue).map_err(|error| format!("{} can't be removed: {error}.", glue.display()))
        }
        Err(Missing::Failed(sentence)) => Err(sentence),
        Err(Missing::Unavailable(sentence)) => {
            println!("The bundle's JavaScript stays as it was written, and is some 3 kB larger. {sentence}");
            Ok(())
        }
    }
}

/// The bundle is an npm package as well, with what belongs to one.
fn as_npm_package(bench: &Workbench) -> Result<(), String> {
    [NPM_ENTRY, "natter.d.ts", "package.json"].into_iter().try_for_each(|name| {
        let copied = std::fs::copy(bench.project.join("embed").join(name), folder(bench).join(name));
        copied.map(drop).map_err(|error| format!("{name} can't be copied into the bundle: {error}."))
    })
}

/// The gallery is for whoever works on the widget, and no visitor downloads any of it.
fn without_gallery(folder: &Path) -> Result<(), String> {
    for path in files_below(folder)? {
        let bytes = std::fs::read(&path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
        if bytes.windows(gallery::MARK.len()).any(|part| part == gallery::MARK.as_bytes()) {
            return Err(format!("{} holds the gallery; a release must not.", path.display()));
        }
    }
    Ok(())
}

/// Rust's library is built with the widget, for size and without words for panics, which nobody in a visitor's browser
/// reads. Cargo and rustc call that unstable, hence the key to it; the flags are known to work with the compilers that
/// `setup` allows.
fn with_a_small_library(trunk: &mut Command) {
    trunk
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none",
        );
}

fn has_library_sources(bench: &Workbench) -> bool {
    let sysroot = bench.command("rustc").args(["--print", "sysroot"]).output();
    sysroot.is_ok_and(|output| {
        let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    })
}

/// Prints what the built bundle weighs, and fails when an open chat is too heavy.
pub fn weigh(bench: &Workbench) -> Result<(), String> {
    let files = weights(&folder(bench))?;
    println!("{}", table(&files));
    verdict(&files)
}

/// Where the release bundle is built.
pub fn folder(bench: &Workbench) -> PathBuf {
    bench.project.join("target/dist")
}

#[derive(Debug, PartialEq)]
struct Weight {
    name: String,
    raw: usize,
    brotli: usize,
}

fn weights(folder: &Path) -> Result<Vec<Weight>, String> {
    let mut weights = Vec::new();
    for path in files_below(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        if is_for_an_open_chat(&name) {
            let bytes = std::fs::read(&path).map_err(|error| format!("{} can't be read: {error}.", path.display()))?;
            let brotli = compressed_length(&bytes).map_err(|error| format!("{name} can't be compressed: {error}."))?;
            weights.push(Weight { name, raw: bytes.len(), brotli });
        }
    }
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.brotli));
    Ok(weights)
}

/// Code and style are downloaded for an open chat, English in them; `parts` and other languages only where they are
/// used, and the page belongs to the host.
fn is_for_an_open_chat(name: &str) -> bool {
    let code = [".wasm", ".js", ".css"].iter().any(|kind| name.ends_with(kind));
    code && !name.contains("parts/") && !name.starts_with("playground") && name != NPM_ENTRY
}

fn compressed_length(bytes: &[u8]) -> std::io::Result<usize> {
    let settings = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &settings)?;
    Ok(out.len())
}

fn table(files: &[Weight]) -> String {
    let total = total(files);
    let width = files.iter().map(|file| file.name.chars().count()).chain([total.name.len()]).max().unwrap_or_default();
    let mut table = format!("{:width$}  {:>9}  {:>9}\n", "bytes", "raw", "brotli");
    for file in files.iter().chain([&total]) {
        // Writing into a String can't fail.
        let _ = writeln!(table, "{:width$}  {:>9}  {:>9}", file.name, grouped(file.raw), grouped(file.brotli));
    }
    table.truncate(table.trim_end().len());
    table
}

fn verdict(files: &[Weight]) -> Result<(), String> {
    let total = total(files);
    if !files.iter().any(|file| file.name.ends_with(".wasm")) {
        return Err("The bundle has no wasm file: nothing was weighed.".to_owned());
    }
    if let Some(loader) = files.iter().find(|file| file.name == LOADER && file.brotli > LOADER_BYTES_MAX) {
        return Err(format!(
            "The loader weighs {} bytes; at most {} are allowed.",
            grouped(loader.brotli),
            grouped(LOADER_BYTES_MAX)
        ));
    }
    if total.brotli > OPEN_CHAT_BYTES_MAX {
        return Err(format!(
            "An open chat weighs {} bytes; at most {} are allowed.",
            grouped(total.brotli),
            grouped(OPEN_CHAT_BYTES_MAX)
        ));
    }
    Ok(())
}

fn total(files: &[Weight]) -> Weight {
    Weight {
        name: "an open chat".to_owned(),
        raw: files.iter().map(|file| file.raw).sum(),
        brotli: files.iter().map(|file| file.brotli).sum(),
    }
}

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weight(name: &str, raw: usize, brotli: usize) -> Weight {
        Weight { name: name.to_owned(), raw, brotli }
    }

    #[test]
    fn the_table_lines_up_and_ends_with_the_total() {
        let files = [weight("natter_bg.wasm", 319_092, 115_768), weight("natter.js", 37_000, 900)];
        let lines = [
            "bytes                 raw     brotli",
            "natter_bg.wasm    319,092    115,768",
            "natter.js          37,000        900",
            "an open chat      356,092    116,668",
        ];
        assert_eq!(table(&files), lines.join("\n"));
    }

    #[test]
    fn a_bundle_is_refused_from_the_first_byte_above_the_limit() {
        assert_eq!(verdict(&[weight("a.wasm", 1, OPEN_CHAT_BYTES_MAX)]), Ok(()));
        let refused = verdict(&[weight("a.wasm", 1, OPEN_CHAT_BYTES_MAX), weight("a.js", 1, 1)]);
        assert_eq!(refused, Err("An open chat weighs 190,001 bytes; at most 190,000 are allowed.".to_owned()));
    }

    #[test]
    fn a_loader_is_refused_from_the_first_byte_above_its_limit() {
        let with = |bytes| verdict(&[weight("a.wasm", 1, 1), weight(LOADER, 1, bytes)]);
        assert_eq!(with(LOADER_BYTES_MAX), Ok(()));
        assert_eq!(with(5_121), Err("The loader weighs 5,121 bytes; at most 5,120 are allowed.".to_owned()));
    }

    #[test]
    fn a_bundle_without_wasm_is_no_bundle() {
        assert!(verdict(&[weight("a.js", 1, 1)]).is_err());
    }

    #[test]
    fn a_bundle_with_the_gallery_is_none() {
        let folder = std::env::temp_dir().join(format!("natter-bundle-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        std::fs::write(folder.join("natter_bg.wasm"), [0, 97, 115, 109, 255]).unwrap();
        assert_eq!(without_gallery(&folder), Ok(()));
        std::fs::write(folder.join("deep/natter.js"), "list.id = \"natter-gallery\";").unwrap();
        assert!(without_gallery(&folder).is_err());
        std::fs::remove_dir_all(folder).unwrap();
        let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/gallery/mod.rs");
        assert!(std::fs::read_to_string(gallery).unwrap().contains(&format!("{:?}", gallery::MARK)));
    }

    #[test]
    fn what_an_open_chat_does_not_need_is_not_weighed() {
        for name in ["natter_bg.wasm", "natter.js", "embed.js", "widget.css", "snippets/a/inline0.js"] {
            assert!(is_for_an_open_chat(name), "{name}");
        }
        for name in
            ["index.html", "0a1b/parts/emoji.js", "0a1b/locales/de.json", "natter.d.ts", "playground.js", NPM_ENTRY]
        {
            assert!(!is_for_an_open_chat(name), "{name}");
        }
    }

    #[test]
    fn compression_is_brotli_at_its_best() {
        let bytes = "chat ".repeat(1000);
        let length = compressed_length(bytes.as_bytes()).unwrap();
        assert!(length < 30, "{length}");
    }
}
