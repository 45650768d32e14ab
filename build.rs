//! Before the widget is compiled: the panel's style as it goes into the wasm, in the words of `style/widget.css` and none
//! of its whitespace and comments.
#![allow(clippy::print_stdout, reason = "what is printed is for cargo")]

#[path = "xtask/src/css.rs"]
mod css;

use std::path::PathBuf;
use std::{env, fs};

const PANEL_SHEET: &str = "style/widget.css";

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed={PANEL_SHEET}");
    let out = env::var_os("OUT_DIR").map(PathBuf::from).ok_or("OUT_DIR is not set: only cargo runs this.")?;
    let sheet = fs::read_to_string(PANEL_SHEET).map_err(|error| format!("{PANEL_SHEET} can't be read: {error}."))?;
    let path = out.join("widget.css");
    fs::write(&path, css::minified(&sheet)).map_err(|error| format!("{} can't be written: {error}.", path.display()))
}
