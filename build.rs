//! Before the widget is compiled: English, each sentence in the place it has in `locales/en.json`.
#![allow(clippy::print_stdout, reason = "what is printed is for cargo")]

#[allow(dead_code, reason = "only reading is wanted here")]
#[path = "crates/core/src/json.rs"]
mod json;
#[path = "xtask/src/words.rs"]
mod words;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

const ENGLISH: &str = "locales/en.json";

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed={ENGLISH}");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or("OUT_DIR is not set: only cargo runs this.")?;
    let (path, text) = (out.join("english.rs"), english(&words::Words::read(Path::new(ENGLISH))?)?);
    fs::write(&path, text).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}

/// The sentences in their order, a line each, and the place of each by its key.
fn english(words: &words::Words) -> Result<String, String> {
    let keys: Vec<&str> = words.panels().collect();
    let sentences: Vec<&str> = keys.iter().map(|key| words.get(key).unwrap_or_default()).collect();
    if sentences.iter().any(|sentence| sentence.contains('\n')) {
        return Err(format!("A sentence in {ENGLISH} has more than one line."));
    }
    let mut rust = format!("pub const ENGLISH: &str = {:?};\n", sentences.join("\n"));
    rust.push_str("/// Where a sentence stands.\npub mod at {\n");
    for (place, key) in keys.iter().enumerate() {
        // Writing into a string can't fail.
        let _ = writeln!(rust, "    pub const {}: usize = {place};", key.to_uppercase());
    }
    Ok(rust + "}\n")
}
