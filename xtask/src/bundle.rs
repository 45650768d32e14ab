//! The release bundle in target/dist, and its sizes.

use crate::env::Env;
use crate::files::{files_below, is_javascript, read_bytes, read_text, relative_name, remove_file};
use crate::setup::{Missing, MissingTools};
use crate::{fingerprint, minify, postprocess, setup, subprocess};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The id that the gallery's page has (`natter_chat::gallery::MARK`). No file of a release bundle may contain it.
pub const GALLERY_MARK: &str = "natter-gallery";

/// What a visitor downloads for an open chat, at most, in bytes of brotli: a promise of the project's.
const OPEN_CHAT_BYTES_MAX: usize = 190_000;
/// The same for a visitor who never opens the chat: the loader alone.
const LOADER_BYTES_MAX: usize = 5_120;
const LOADER: &str = "embed.js";
/// The npm package's entry, for bundlers; no page loads it.
const NPM_ENTRY: &str = "index.js";

/// Builds the release bundle.
pub fn build(env: &Env, missing: MissingTools) -> Result<(), String> {
    let folder = folder(env);
    // trunk leaves other files there alone.
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("The old bundle can't be removed: {error}."))?;
    }
    let mut trunk = env.command("trunk");
    trunk.args(["build", "--release", "--skip-version-check", "--dist"]).arg(&folder);
    let has_library_sources = has_library_sources(env);
    if has_library_sources {
        build_standard_library_for_size(&mut trunk);
    } else {
        missing.report(
            "Rust's library sources are not there (`rustup component add rust-src`): the bundle gets the ready-made \
             library and is some 12 kB larger.",
        )?;
    }
    let esbuild = find_esbuild(env, missing)?;
    if let Some(esbuild) = &esbuild {
        // trunk's hook minifies the style sheets with it (crates/assets).
        trunk.env("NATTER_ESBUILD", esbuild);
    }
    let status = subprocess::run(&mut trunk)?;
    if !status.success() {
        return Err(format!("trunk did not build the widget ({status})."));
    }
    refuse_gallery(&folder)?;
    refuse_inner_html(&folder)?;
    if let Err(refusal) = postprocess::run(env, &folder, has_library_sources, missing) {
        missing.report(&format!("The bundle keeps its long names and unused exports, some 10 kB. {refusal}"))?;
    }
    if let Some(esbuild) = &esbuild {
        minify_modules(env, esbuild, &folder)?;
    }
    fingerprint::run(&folder)?;
    copy_npm_files(env, &folder)
}

/// The program that minifies scripts and style sheets; `None` on a machine that can't have it.
fn find_esbuild(env: &Env, missing: MissingTools) -> Result<Option<PathBuf>, String> {
    match setup::install_esbuild(env) {
        Ok(esbuild) => Ok(Some(esbuild)),
        Err(Missing::Failed(sentence)) => Err(sentence),
        Err(Missing::Unavailable(sentence)) => {
            missing.report(&format!("The bundle's JavaScript and CSS are not minified, some 10 kB. {sentence}"))?;
            Ok(None)
        }
    }
}

/// Minifies the scripts. panel.js then contains the glue natter.js, which is removed.
fn minify_modules(env: &Env, esbuild: &Path, folder: &Path) -> Result<(), String> {
    let glue = folder.join("natter.js");
    let mut modules = files_below(folder)?;
    modules.retain(|path| is_javascript(path) && *path != glue);
    minify::minify_javascript(env, esbuild, folder, &modules)?;
    remove_file(&glue)
}

/// The bundle is an npm package, too.
fn copy_npm_files(env: &Env, folder: &Path) -> Result<(), String> {
    [NPM_ENTRY, "natter.d.ts", "package.json"].into_iter().try_for_each(|name| {
        let copied = std::fs::copy(env.project.join("embed").join(name), folder.join(name));
        copied.map(drop).map_err(|error| format!("{name} can't be copied into the bundle: {error}."))
    })
}

/// The gallery is for developers; a release with it is an error.
fn refuse_gallery(folder: &Path) -> Result<(), String> {
    for path in files_below(folder)? {
        if read_bytes(&path)?.windows(GALLERY_MARK.len()).any(|part| part == GALLERY_MARK.as_bytes()) {
            return Err(format!("{} contains the gallery; a release must not.", path.display()));
        }
    }
    Ok(())
}

/// A strict page (`require-trusted-types-for 'script'`) refuses `innerHTML`. Leptos' `view!` compiles elements whose whole
/// content is literal text to it.
fn refuse_inner_html(folder: &Path) -> Result<(), String> {
    if read_text(&folder.join("natter.js"))?.contains("innerHTML") {
        return Err(
            "The glue contains `innerHTML`, which strict pages refuse: some `view!` has an element whose whole \
                    content is literal text."
                .to_owned(),
        );
    }
    Ok(())
}

/// Has cargo compile Rust's standard library with the widget: for size, and without the texts of panics, which nobody
/// reads in a visitor's browser. Equal functions are left to wasm-opt to merge: the compiler gives the one that stays the
/// name of any of them, and `postprocess` goes by names. These options are unstable, so RUSTC_BOOTSTRAP allows them; they work with the compilers
/// that `setup` accepts.
fn build_standard_library_for_size(trunk: &mut Command) {
    trunk
        .env("RUSTC_BOOTSTRAP", "1")
        .env("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort")
        .env("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size")
        .env(
            "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS",
            "-Zunstable-options -Cpanic=immediate-abort -Zlocation-detail=none -Zfmt-debug=none -Zmerge-functions=disabled",
        );
}

fn has_library_sources(env: &Env) -> bool {
    let sysroot = env.command("rustc").args(["--print", "sysroot"]).output();
    sysroot.is_ok_and(|output| {
        let sysroot = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file()
    })
}

/// Prints the sizes of the bundle's files, and fails when a limit is exceeded.
pub fn check_sizes(env: &Env) -> Result<(), String> {
    let files = file_sizes(&folder(env))?;
    println!("{}", table(&files));
    check_limits(&files)
}

/// Where the release bundle is built.
pub fn folder(env: &Env) -> PathBuf {
    env.project.join("target/dist")
}

#[derive(Debug, PartialEq)]
struct FileSize {
    name: String,
    raw: usize,
    brotli: usize,
}

fn file_sizes(folder: &Path) -> Result<Vec<FileSize>, String> {
    let mut sizes = Vec::new();
    for path in files_below(folder)? {
        let name = relative_name(&path, folder);
        if is_for_an_open_chat(&name) {
            let bytes = read_bytes(&path)?;
            let brotli = brotli_length(&bytes).map_err(|error| format!("{name} can't be compressed: {error}."))?;
            sizes.push(FileSize { name, raw: bytes.len(), brotli });
        }
    }
    sizes.sort_by_key(|size| std::cmp::Reverse(size.brotli));
    Ok(sizes)
}

/// Whether a file is downloaded for an open chat: code with styles and English texts. Modules in `parts/` and other
/// languages are downloaded on first use, and the playground never.
fn is_for_an_open_chat(name: &str) -> bool {
    let code = [".wasm", ".js", ".css"].iter().any(|kind| name.ends_with(kind));
    code && !name.contains("parts/") && !name.starts_with("playground") && name != NPM_ENTRY
}

fn brotli_length(bytes: &[u8]) -> std::io::Result<usize> {
    let settings = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    let mut out = Vec::new();
    brotli::BrotliCompress(&mut &*bytes, &mut out, &settings)?;
    Ok(out.len())
}

fn table(files: &[FileSize]) -> String {
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

fn check_limits(files: &[FileSize]) -> Result<(), String> {
    let total = total(files);
    if !files.iter().any(|file| file.name.ends_with(".wasm")) {
        return Err("The bundle has no wasm file.".to_owned());
    }
    if let Some(loader) = files.iter().find(|file| file.name == LOADER && file.brotli > LOADER_BYTES_MAX) {
        return Err(format!(
            "The loader has {} bytes; at most {} are allowed.",
            grouped(loader.brotli),
            grouped(LOADER_BYTES_MAX)
        ));
    }
    if total.brotli > OPEN_CHAT_BYTES_MAX {
        return Err(format!(
            "An open chat has {} bytes; at most {} are allowed.",
            grouped(total.brotli),
            grouped(OPEN_CHAT_BYTES_MAX)
        ));
    }
    Ok(())
}

fn total(files: &[FileSize]) -> FileSize {
    FileSize {
        name: "an open chat".to_owned(),
        raw: files.iter().map(|file| file.raw).sum(),
        brotli: files.iter().map(|file| file.brotli).sum(),
    }
}

/// `1,234,567`.
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

    fn size(name: &str, raw: usize, brotli: usize) -> FileSize {
        FileSize { name: name.to_owned(), raw, brotli }
    }

    #[test]
    fn the_size_table_lines_up_and_ends_with_the_total() {
        let files = [size("natter_bg.wasm", 319_092, 115_768), size("natter.js", 37_000, 900)];
        let lines = [
            "bytes                 raw     brotli",
            "natter_bg.wasm    319,092    115,768",
            "natter.js          37,000        900",
            "an open chat      356,092    116,668",
        ];
        assert_eq!(table(&files), lines.join("\n"));
    }

    #[test]
    fn a_bundle_one_byte_above_the_limit_is_refused() {
        assert_eq!(check_limits(&[size("a.wasm", 1, OPEN_CHAT_BYTES_MAX)]), Ok(()));
        let refused = check_limits(&[size("a.wasm", 1, OPEN_CHAT_BYTES_MAX), size("a.js", 1, 1)]);
        assert_eq!(refused, Err("An open chat has 190,001 bytes; at most 190,000 are allowed.".to_owned()));
    }

    #[test]
    fn a_loader_one_byte_above_its_limit_is_refused() {
        let with = |bytes| check_limits(&[size("a.wasm", 1, 1), size(LOADER, 1, bytes)]);
        assert_eq!(with(LOADER_BYTES_MAX), Ok(()));
        assert_eq!(with(5_121), Err("The loader has 5,121 bytes; at most 5,120 are allowed.".to_owned()));
    }

    #[test]
    fn a_bundle_without_wasm_is_refused() {
        assert!(check_limits(&[size("a.js", 1, 1)]).is_err());
    }

    #[test]
    fn a_bundle_with_the_gallery_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        std::fs::create_dir_all(folder.join("deep")).unwrap();
        std::fs::write(folder.join("natter_bg.wasm"), [0, 97, 115, 109, 255]).unwrap();
        assert_eq!(refuse_gallery(folder), Ok(()));
        std::fs::write(folder.join("deep/natter.js"), "list.id = \"natter-gallery\";").unwrap();
        assert!(refuse_gallery(folder).is_err());
        let gallery = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/gallery/mod.rs");
        assert!(std::fs::read_to_string(gallery).unwrap().contains(&format!("{:?}", GALLERY_MARK)));
    }

    #[test]
    fn a_bundle_whose_glue_sets_inner_html_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let glue = |text: &str| {
            std::fs::write(folder.path().join("natter.js"), text).unwrap();
            refuse_inner_html(folder.path())
        };
        assert_eq!(glue("element.textContent = text;"), Ok(()));
        assert!(glue("element.innerHTML = html;").unwrap_err().contains("`innerHTML`"));
    }

    #[test]
    fn only_the_files_of_an_open_chat_are_counted() {
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
    fn sizes_are_those_of_brotli_at_its_highest_quality() {
        let bytes = "chat ".repeat(1000);
        let length = brotli_length(bytes.as_bytes()).unwrap();
        assert!(length < 30, "{length}");
    }
}
