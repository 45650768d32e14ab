//! The style sheets and texts of the bundle. trunk's hook (`main.rs`) injects them into the scripts after each build, and
//! the widget's build script reads the English texts.

mod design_tokens;
pub mod files;
mod inject;
mod locale_file;
mod minify;

pub use inject::inject_assets;
pub use locale_file::{LocaleFile, MODULES};
pub use minify::ESBUILD_OPTIONS;
